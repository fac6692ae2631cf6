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


import argparse
import typing

import pytest

from cdm_graph.cmd import periods
from cdm_graph.history import source

_NOW: typing.Final = 1_800_000_000.0


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periods.time, 'time', lambda: _NOW)


def _options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    periods.add_period(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize(
    ('words', 'seconds'),
    [
        ('2026-11-26T10:00:00', 1_795_687_200.0),
        ('2026-11-26T11:00:00+01:00', 1_795_687_200.0),
        ('1795687200', 1_795_687_200.0),
        ('90s', _NOW - 90),
        ('30m', _NOW - 1800),
        ('1.5h', _NOW - 5400),
        ('7d', _NOW - 7 * 86_400),
        ('1w', _NOW - 7 * 86_400),
        ('999999d', 0.0),
    ],
)
def test_when_is_a_moment_or_a_duration(words: str, seconds: float) -> None:
    assert periods.period(_options('--since', words)) == [
        ('since', str(seconds))
    ]


def test_both_ends_are_what_the_daemon_is_asked_for() -> None:
    assert periods.period(_options()) == []
    assert periods.period(_options('--since', '2m', '--until', '1m')) == [
        ('since', str(_NOW - 120)),
        ('until', str(_NOW - 60)),
    ]


@pytest.mark.parametrize(
    ('words', 'sentence'),
    [
        ('yesterday', 'yesterday is no moment, such as'),
        ('2y', 'and no duration, such as 2h'),
        ('-1', 'is no moment'),
        ('2040-01-01', 'is still to come; without a zone it is UTC'),
    ],
)
def test_a_mistake_is_told(
    words: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        _options(f'--since={words}')
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize('reason', source.Reason)
def test_each_gap_is_told_in_words(reason: source.Reason) -> None:
    told: dict[str, typing.Any] = {
        'since': 'SINCE',
        'until': 'UNTIL',
        'reason': reason.value,
    }
    assert 'from SINCE to UNTIL' in periods.gap(told)
    assert 'from SINCE on' in periods.gap({**told, 'until': None})
