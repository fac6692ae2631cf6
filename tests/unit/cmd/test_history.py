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


import json
import pathlib
import typing

import pytest

from cdm_graph.cmd import client
from cdm_graph.cmd import history
from tests.unit.cmd import commands

_ROW: typing.Final = {
    'run': 'x',
    'sequence': 7,
    'at': '2026-11-14T22:13:20.250Z',
    'kind': 'Flavor',
    'id': 'flavor/small',
    'name': 'small',
    'what': 'created',
    'cause': 'poll',
    'request_id': None,
    'changed': {},
    'related': [],
    'unrelated': [],
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Answer as a daemon does, and return what it is asked for."""
    wanted: list[tuple[str, str]] = []

    def answer(
        _client: client.DaemonClient, told: list[tuple[str, str]]
    ) -> dict[str, typing.Any]:
        wanted.extend(told)
        return {
            'began_at': 1_800_000_000.25,
            'gaps': [{'since': 'A', 'until': 'B', 'reason': 'away'}],
            'has_more': True,
            'changes': [_ROW],
        }

    monkeypatch.setattr(client.DaemonClient, 'history', answer)
    return wanted


def test_changes_are_told_and_what_is_not_known(
    asked: list[tuple[str, str]],
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert (
        commands.run(
            history.History,
            tmp_path,
            *('small', '--kind', 'Flavor', '--limit', '5'),
            *('--since', '2026-01-31T12:00:00Z', '--until', '1769860801'),
        )
        == 0
    )
    assert asked == [
        ('kind', 'Flavor'),
        ('element', 'small'),
        ('since', '1769860800.0'),
        ('until', '1769860801.0'),
        ('limit', '5'),
    ]
    shown = capsys.readouterr()
    assert shown.out == (
        '2026-11-14T22:13:20.250Z  Flavor small  created  (poll)\n'
    )
    assert shown.err == (
        'What happened from A to B is not known: no daemon ran, or it had no '
        'model yet.\n1 change; there are older ones; the daemon remembers '
        'since 2027-01-15T08:00:00.250Z.\n'
    )


def test_they_are_objects_of_json_too(
    asked: list[tuple[str, str]],
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert commands.run(history.History, tmp_path, '--json') == 0
    assert asked == [('limit', '100')]
    assert json.loads(capsys.readouterr().out) == [_ROW]
