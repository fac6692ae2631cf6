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

from cdm_graph import exceptions
from cdm_graph.cmd import client
from cdm_graph.cmd import diff
from cdm_graph.export import files
from cdm_graph.export import formats
from cdm_graph.model import live_model
from cdm_graph.model import schema
from tests.support import elements
from tests.unit.cmd import commands

_NODE = elements.node(1, hostname='alpha')
_OTHER = elements.node(2, hostname='beta')
_SERVER = elements.hosted(11, _NODE, name='web')


@pytest.fixture
def exports(tmp_path: pathlib.Path) -> tuple[str, str]:
    paths = str(tmp_path / 'before.json'), str(tmp_path / 'after.jsonl.gz')
    moved = schema.replace(_SERVER, node='beta')
    for path, server in zip(paths, (_SERVER, moved), strict=True):
        format_ = pathlib.Path(path).suffixes[0][1:]
        model = live_model.LiveModel([_NODE, _OTHER, server])
        files.write(path, formats.chunks(format_, model))
    return paths


def test_differences_are_told_and_counted(
    exports: tuple[str, str],
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert commands.run(diff.Diff, tmp_path, *exports) == 1
    shown = capsys.readouterr()
    assert shown.out == 'Instance web  node: alpha -> beta\n'
    assert '1 changed' in shown.err


def test_they_are_objects_of_json_too(
    exports: tuple[str, str],
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert commands.run(diff.Diff, tmp_path, *exports, '--json') == 1
    (row,) = json.loads(capsys.readouterr().out)
    assert row['changed'] == {'node': {'before': 'alpha', 'after': 'beta'}}


def test_only_kinds_that_are_wanted_count(
    exports: tuple[str, str], tmp_path: pathlib.Path
) -> None:
    kind = ('--kind', 'ComputeNode')
    assert commands.run(diff.Diff, tmp_path, *exports, *kind) == 0


def test_the_same_is_not_different(
    exports: tuple[str, str],
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert commands.run(diff.Diff, tmp_path, exports[0], exports[0]) == 0
    assert 'Nothing is different' in capsys.readouterr().err


def test_a_file_that_is_not_there_is_an_error(
    exports: tuple[str, str],
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    missing = str(tmp_path / 'missing.json')
    assert commands.run(diff.Diff, tmp_path, exports[0], missing) == 2
    assert 'missing.json cannot be read' in capsys.readouterr().err


# -- between two moments ---

_SINCE: typing.Final = ('--since', '2026-01-31T12:00:00Z')
_CHANGED: typing.Final = {
    'kind': 'Instance',
    'id': 'x',
    'name': 'web',
    'what': 'changed',
    'changed': {'node': {'before': 'alpha', 'after': 'beta'}},
    'related': [],
    'unrelated': [],
}


class _Daemon:
    """What a daemon answers, and what it was asked for."""

    def __init__(self) -> None:
        self.differences: list[typing.Any] = [_CHANGED]
        self.gaps: list[typing.Any] = []
        self.is_complete = True
        self.error: exceptions.DaemonError | None = None
        self.asked: list[tuple[str, str]] = []

    def answer(
        self, _client: client.DaemonClient, wanted: list[tuple[str, str]]
    ) -> dict[str, typing.Any]:
        if self.error is not None:
            raise self.error
        self.asked = wanted
        return {
            'differences': self.differences,
            'gaps': self.gaps,
            'is_complete': self.is_complete,
        }


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> _Daemon:
    answering = _Daemon()
    monkeypatch.setattr(
        client.DaemonClient,
        'differences',
        lambda *wanted: answering.answer(*wanted),
    )
    return answering


def test_a_daemon_is_asked_for_moments(
    daemon: _Daemon,
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    until = ('--until', '1769860801')
    options = (*_SINCE, *until, '--kind', 'Instance')
    assert commands.run(diff.Diff, tmp_path, *options) == 1
    assert daemon.asked == [
        ('kind', 'Instance'),
        ('since', '1769860800.0'),
        ('until', '1769860801.0'),
    ]
    shown = capsys.readouterr()
    assert shown.out == 'Instance web  node: alpha -> beta\n'
    assert shown.err == '1 changed\n'
    assert commands.run(diff.Diff, tmp_path, *_SINCE, '--json') == 1
    assert json.loads(capsys.readouterr().out) == [_CHANGED]


def test_where_nothing_is_different_it_returns_0(
    daemon: _Daemon, tmp_path: pathlib.Path
) -> None:
    daemon.differences = []
    assert commands.run(diff.Diff, tmp_path, *_SINCE) == 0
    # Something happened meanwhile that no daemon saw, but all is known.
    daemon.gaps = [{'since': 'A', 'until': 'B', 'reason': 'summed up'}]
    assert commands.run(diff.Diff, tmp_path, *_SINCE) == 0


@pytest.mark.parametrize('as_json', [False, True])
def test_what_may_be_missing_is_trouble(
    daemon: _Daemon,
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    as_json: bool,
) -> None:
    daemon.gaps = [{'since': 'A', 'until': None, 'reason': 'away'}]
    daemon.is_complete = False
    options = (*_SINCE, *(['--json'] if as_json else []))
    assert commands.run(diff.Diff, tmp_path, *options) == 2
    shown = capsys.readouterr()
    assert 'web' in shown.out
    assert 'What happened from A on is not known' in shown.err
    assert 'There may be other differences.' in shown.err


def test_a_history_that_is_too_short_is_trouble(
    daemon: _Daemon,
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    daemon.error = exceptions.DaemonError('It does not reach back that far.')
    assert commands.run(diff.Diff, tmp_path, *_SINCE) == 2
    assert 'does not reach back' in capsys.readouterr().err


@pytest.mark.parametrize(
    'options',
    [(), ('a',), ('a', 'b', 'c'), ('a', 'b', *_SINCE), ('--until', '1h')],
    ids=str,
)
def test_it_has_to_be_told_between_what(
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
) -> None:
    assert commands.run(diff.Diff, tmp_path, *options) == 2
    assert 'Name two exports, or a moment' in capsys.readouterr().err
