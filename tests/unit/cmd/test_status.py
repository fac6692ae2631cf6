#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""A status in words."""

import copy
import time
import typing

import pytest

from cdm_graph.cmd import status

_NOW: typing.Final = 1_800_000_000.0
_STATUS: typing.Final[dict[str, typing.Any]] = {
    'state': 'ready',
    'uptime': 42.0,
    'bus': {'configured': False},
    'notifications': {
        'received': 5,
        'outcomes': {'applied': 3, 'stale': 0, 'failed': 2},
        'lag': {'count': 0, 'p50': None, 'p99': None, 'largest': None},
    },
    'collectors': {
        'nova': {
            'state': 'ready',
            'sequence': 17,
            'age': 3.0,
            'synchronized_at': _NOW - 90.0,
            'dirty': 4,
            'listing_since': None,
            'microversion': '2.96',
            'partial': [],
            'last_synchronize': None,
            'last_poll': None,
            'health': {'failures': 0, 'last_error': None},
            'poll_health': {'failures': 0, 'last_error': None},
            'elements': {'Instance': 40},
            'relations': {'HOSTED_ON': 39},
        }
    },
}


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status.time, 'time', lambda: _NOW)


def _described(**changes: typing.Any) -> list[list[str]]:
    """Describe a status whose collector differs in something."""
    changed = copy.deepcopy(_STATUS)
    changed['collectors']['nova'].update(changes)
    return [line.split() for line in status.describe(changed).splitlines()]


def test_what_is_known_is_told() -> None:
    lines = _described()
    assert ['state', 'ready'] in lines
    assert ['uptime', '42.0', 's'] in lines
    assert [
        'notifications',
        '5',
        'received:',
        '3',
        'applied,',
        '2',
        'failed',
    ] in lines
    assert ['lag', 'p50,', 'p99', '-'] in lines
    assert ['age', '3.0', 's'] in lines
    assert ['last', 'complete', 'synchronize', '90.0', 's', 'ago'] in lines
    assert ['to', 'be', 'read', '4'] in lines
    assert ['microversion', '2.96'] in lines
    assert ['Instance', '40'] in lines
    assert ['HOSTED_ON', '39'] in lines
    assert not any('failed' in line and 'row' in line for line in lines)
    assert not any('drift' in line for line in lines)


def test_a_synchronize_that_is_running_is_told() -> None:
    line = ['synchronizes', 'since', '5.0', 's', 'ago']
    assert line in _described(listing_since=_NOW - 5)
    assert line not in _described()


@pytest.mark.parametrize(
    ('bus', 'words'),
    [
        ({'configured': False}, 'not configured'),
        ({'configured': True}, 'unknown'),
        (
            {'configured': True, 'alive': None, 'interruptions': 0},
            'connecting',
        ),
        (
            {'configured': True, 'alive': True, 'interruptions': 2},
            'delivers, 2 interruptions',
        ),
        (
            {'configured': True, 'alive': False, 'interruptions': 0},
            'AWAY, 0 interruptions',
        ),
    ],
)
def test_the_bus_is_told(bus: dict[str, typing.Any], words: str) -> None:
    lines = status.describe({**_STATUS, 'bus': bus}).splitlines()
    [line] = [line for line in lines if line.startswith('bus')]
    assert line.split(maxsplit=1)[1] == words


def test_what_is_wrong_is_told() -> None:
    lines = _described(
        age=None,
        synchronized_at=None,
        partial=['3 servers are in cells that are down'],
        health={'failures': 7, 'last_error': 'It is away.'},
        last_synchronize={'drift': {'missed Flavor': 2}, 'seconds': 0.5},
    )
    assert ['last', 'complete', 'synchronize', 'never'] in lines
    assert ['age', 'never'] in lines
    assert ['synchronizes', 'failed', 'in', 'a', 'row', '7'] in lines
    assert not any(line[:2] == ['polls', 'failed'] for line in lines)
    assert ['last', 'error', 'It', 'is', 'away.'] in lines
    assert ['its', 'drift', '2', 'missed', 'Flavor'] in lines
    assert ['it', 'took', '500.0', 'ms'] in lines
    assert any(line[:2] == ['partial', '3'] for line in lines)


def test_the_lag_is_told() -> None:
    notifications = {
        **_STATUS['notifications'],
        'lag': {'count': 9, 'p50': 0.01, 'p99': 1.5, 'largest': 2.0},
    }
    text = status.describe({**_STATUS, 'notifications': notifications})
    assert '10.0 ms, 1.5 s' in text


def test_polls_are_told() -> None:
    lines = _described(
        poll_health={'failures': 2, 'last_error': 'It is slow.'},
        last_poll={'drift': {}, 'seconds': 0.5},
    )
    assert ['drift', 'of', 'the', 'last', 'poll', 'none'] in lines
    assert ['polls', 'failed', 'in', 'a', 'row', '2'] in lines
    assert ['last', 'error', 'It', 'is', 'slow.'] in lines
    lines = _described(
        last_poll={
            'drift': {'missed Instance': 2, 'phantom Instance': 1},
            'seconds': 0.5,
        }
    )
    assert [
        *('drift', 'of', 'the', 'last', 'poll'),
        *('2', 'missed', 'Instance,', '1', 'phantom', 'Instance'),
    ] in lines


def test_a_clock_that_was_set_back_is_no_time_from_now() -> None:
    lines = _described(synchronized_at=_NOW + 5)
    assert ['last', 'complete', 'synchronize', '0.0', 'ms', 'ago'] in lines


_STORE: typing.Final[dict[str, typing.Any]] = {
    'address': 'the embedded engine in /data',
    'state': 'following',
    'behind': 3,
    'lag': 0.5,
    'backlog': 2,
    'reconciled_at': _NOW - 60.0,
    'drift': None,
    'refused': 0,
    'refused_names': [],
    'last_error': None,
    'last_error_at': None,
}


def _of_store(**changes: typing.Any) -> list[str]:
    text = status.describe({**_STATUS, 'store': {**_STORE, **changes}})
    head, _, rows = text.partition('\n\nstore\n')
    assert head
    return [' '.join(line.split()) for line in rows.splitlines()]


def test_the_store_is_told_where_there_is_one() -> None:
    assert _of_store() == [
        'database the embedded engine in /data',
        'state following',
        'changes behind 3',
        'lag 500.0 ms',
        'elements to be written 2',
        'last compared 60.0 s ago',
    ]
    assert 'store' not in status.describe(_STATUS).splitlines()
    assert 'store' not in status.describe({**_STATUS, 'store': None})


def test_what_is_wrong_with_the_store_is_told() -> None:
    lines = _of_store(
        state='unavailable',
        behind=None,
        reconciled_at=None,
        drift=4,
        refused=2,
        refused_names=['Flavor flavor/a', 'Port b'],
        last_error='It is away.',
        last_error_at=_NOW - 5.0,
    )
    assert 'changes behind -' in lines
    assert 'last compared never' in lines
    assert 'drift found then 4' in lines
    assert 'cannot be held 2: Flavor flavor/a, Port b' in lines
    assert 'last error 5.0 s ago: It is away.' in lines


def test_a_stale_model_tells_of_when_it_is() -> None:
    nova = {
        **_STATUS['collectors']['nova'],
        'state': 'stale',
        'synchronized_at': None,
        'recalled_at': time.time() - 90.0,
    }
    text = status.describe({**_STATUS, 'collectors': {'nova': nova}})
    (line,) = (
        line for line in text.splitlines() if 'complete synchronize' in line
    )
    assert line.endswith('s ago, before the restart')


_HISTORY: typing.Final[dict[str, typing.Any]] = {
    'file': '/var/lib/history.sqlite',
    'state': 'recording',
    'changes': 17,
    'behind': 2,
    'missed': 0,
    'began_at': _NOW - 60.0,
    'last_error': None,
    'last_error_at': None,
}


def _of_history(**changes: typing.Any) -> list[str]:
    described = status.describe(
        {**_STATUS, 'history': {**_HISTORY, **changes}}
    )
    lines = described.splitlines()
    rows = lines[lines.index('history') + 1 :]
    return [' '.join(line.split()) for line in rows]


def test_the_file_of_the_history_is_told() -> None:
    assert _of_history() == [
        'file /var/lib/history.sqlite',
        'state recording',
        'changes in it 17',
        'changes behind 2',
        'known since 60.0 s ago',
    ]
    assert 'history' not in status.describe({**_STATUS, 'history': None})


def test_what_is_wrong_with_that_file_is_told() -> None:
    lines = _of_history(
        state='unavailable',
        missed=5,
        began_at=None,
        last_error='It is full.',
        last_error_at=_NOW - 5.0,
    )
    assert 'known since never' in lines
    assert 'changes that are missing 5' in lines
    assert 'last error 5.0 s ago: It is full.' in lines
