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
from cdm_graph.cmd import query
from cdm_graph.model import answer
from cdm_graph.store import contract
from cdm_graph.store import questions
from cdm_graph.store import stores
from tests.support import store as memory
from tests.unit.cmd import commands

_TEXT: typing.Final = 'MATCH (n) RETURN n.id AS id'
_FOUND: typing.Final = answer.Answer(('id', 'n'), (('a', 1), ('b', None)))


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> memory.MemoryStore:
    """Have that store opened, whatever is wanted."""
    opened = memory.MemoryStore(answers={_TEXT: _FOUND})
    monkeypatch.setattr(
        stores, 'open_store', lambda _conf, name: opened if name else None
    )
    return opened


class _Daemon:
    """Answers what a daemon would, and notes what it is asked."""

    asked: typing.ClassVar[list[dict[str, typing.Any]]] = []
    timeouts: typing.ClassVar[list[float]] = []

    def __init__(self, path: str, timeout: float) -> None:
        assert path.endswith('.sock')
        self.timeouts.append(timeout)

    def query(self, asked: dict[str, typing.Any]) -> dict[str, typing.Any]:
        json.dumps(asked)
        self.asked.append(asked)
        if asked.get('explain'):
            return {'plan': 'a plan'}
        return {'columns': ['id'], 'rows': [['a'], ['b']], 'truncated': True}


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> type[_Daemon]:
    monkeypatch.setattr(client, 'DaemonClient', _Daemon)
    _Daemon.asked.clear()
    _Daemon.timeouts.clear()
    return _Daemon


def test_a_store_is_asked_and_closed(
    store: memory.MemoryStore,
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = commands.run(
        query.Query,
        tmp_path,
        *(_TEXT, '--store', 'neo4j', '-p', 'a=3', '-p', 'b=x=y'),
        *('--timeout', '2', '--rows', '7', '--format', 'csv'),
    )
    assert code == 0
    assert capsys.readouterr().out == 'id,n\na,1\nb,\n'
    assert store.asked == [
        (_TEXT, {'a': 3, 'b': 'x=y'}, contract.Limits(2.0, 7))
    ]
    assert store.closed


def test_the_limits_are_those_of_the_configuration_or_given(
    store: memory.MemoryStore, tmp_path: pathlib.Path
) -> None:
    conf = '[store]\nquery_timeout = 3\nquery_rows = 9\n'
    for more, limits in (
        ((), contract.Limits(3.0, 9)),
        # It is their own database: they may take more than the daemon's.
        (('--rows', '99'), contract.Limits(3.0, 99)),
        (('--timeout', '5'), contract.Limits(5.0, 9)),
    ):
        arguments = (_TEXT, '--store', 'neo4j', *more)
        assert not commands.run(query.Query, tmp_path, *arguments, conf=conf)
        assert store.asked.pop()[2] == limits


def test_the_plan_of_a_store_is_shown(
    store: memory.MemoryStore,
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = (_TEXT, '--store', 'neo4j', '--explain', '-p', 'a=3')
    assert commands.run(query.Query, tmp_path, *arguments) == 0
    assert capsys.readouterr().out == (
        f"the plan of {_TEXT} with {{'a': 3}}\n"
    )
    assert store.asked == []


def test_the_daemon_is_asked_unless_a_store_is_named(
    daemon: type[_Daemon],
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = (_TEXT, '-p', 'a=[1]', '--socket', '/x.sock')
    assert commands.run(query.Query, tmp_path, *arguments) == 0
    told = capsys.readouterr()
    assert told.out == 'id\na\nb\n'
    assert 'more than these 2 rows' in told.err
    [asked] = daemon.asked
    assert (asked['text'], asked['parameters']) == (_TEXT, {'a': [1]})
    assert asked['current'] is True
    assert asked['seconds'] >= 3600
    assert asked['rows'] >= 10**6


def test_the_daemon_is_told_what_it_may_take_and_need_not_wait_for(
    daemon: type[_Daemon], tmp_path: pathlib.Path
) -> None:
    commands.run(
        query.Query,
        tmp_path,
        *('MATCH', '--socket', '/x.sock', '--as-is'),
        *('--timeout', '90', '--rows', '5'),
    )
    [asked] = daemon.asked
    assert (asked['current'], asked['seconds'], asked['rows']) == (
        False,
        90.0,
        5,
    )


@pytest.mark.parametrize(
    ('arguments', 'conf', 'least'),
    [
        ((), '', 60.0),
        (('--timeout', '90'), '', 180.0),
        ((), '[store]\nquery_timeout = 300\n', 600.0),
    ],
)
def test_it_is_waited_for_longer_than_a_query_may_take(
    daemon: type[_Daemon],
    tmp_path: pathlib.Path,
    arguments: tuple[str, ...],
    conf: str,
    least: float,
) -> None:
    """The daemon waits for the database, and then for the answer."""
    commands.run(
        query.Query,
        tmp_path,
        *('MATCH', '--socket', '/x.sock', *arguments),
        conf=conf,
    )
    [timeout] = daemon.timeouts
    assert timeout > least


def test_the_plan_is_asked_of_the_daemon(
    daemon: type[_Daemon],
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ('MATCH', '--socket', '/x.sock', '--explain')
    assert commands.run(query.Query, tmp_path, *arguments) == 0
    assert capsys.readouterr().out == 'a plan\n'


def test_the_types_of_a_question_are_left_to_it(
    daemon: type[_Daemon], tmp_path: pathlib.Path
) -> None:
    name = questions.all_questions()[0].name
    commands.run(
        query.Query, tmp_path, name, '-p', 'a=3', '--socket', '/x.sock'
    )
    assert daemon.asked[0]['parameters'] == {'a': '3'}


@pytest.mark.parametrize('text', ['a', '=3', ''])
def test_a_parameter_without_a_name_is_a_mistake(text: str) -> None:
    with pytest.raises(exceptions.ConfigurationError, match='NAME=VALUE'):
        query.read_parameters([text])


def test_the_last_value_of_a_parameter_holds() -> None:
    assert query.read_parameters(['a=1', 'a=', 'b=']) == {'a': '', 'b': ''}


@pytest.mark.parametrize(
    'arguments',
    [
        ('MATCH', '--rows', '0'),
        ('MATCH', '--rows', 'many'),
        ('MATCH', '--rows', '-1'),
        ('MATCH', '--timeout', '0'),
        ('MATCH', '--format', 'xml'),
        (),
    ],
)
def test_a_mistake_in_the_options_costs_a_two(
    tmp_path: pathlib.Path, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit) as caught:
        commands.run(query.Query, tmp_path, *arguments)
    assert caught.value.code == 2


@pytest.mark.parametrize(
    ('text', 'options', 'code', 'words'),
    [
        ('MATCH', ('--store', 'neo4j'), 1, 'is unknown'),
        (' ', ('--store', 'neo4j'), 1, 'is empty'),
        ('no-such', ('--store', 'neo4j'), 1, 'no-such'),
        ('MATCH', ('--store', ''), 2, '--store needs a name'),
        ('MATCH', ('--store', 'neo4j', '-p', 'x'), 2, 'NAME=VALUE'),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(
    store: memory.MemoryStore,
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    options: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    assert commands.run(query.Query, tmp_path, text, *options) == code
    told = capsys.readouterr()
    assert told.out == ''
    assert words in told.err
    assert 'Traceback' not in told.err
    assert store.closed or code == 2
