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

import io
import pathlib
import sys
import typing

import pytest

from cdm_graph.cmd import shell
from cdm_graph.model import answer
from cdm_graph.store import questions
from cdm_graph.store import stores
from tests.support import store as memory
from tests.unit.cmd import commands

_FOUND: typing.Final = answer.Answer(('id',), (('a',), ('b',)))


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> memory.MemoryStore:
    opened = memory.MemoryStore(
        answers={
            'RETURN 1': _FOUND,
            'MATCH (n)\nRETURN n': _FOUND,
            'MORE': answer.Answer(('id',), (('a',),), True),
            questions.find('blast-radius').statement: _FOUND,
        }
    )
    monkeypatch.setattr(stores, 'open_store', lambda *_: opened)
    return opened


@pytest.fixture
def enter(
    store: memory.MemoryStore,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> typing.Any:
    """Return what is said to some lines, and on the side."""

    def enter(*lines: str, code: int = 0) -> tuple[str, str]:
        text = ''.join(f'{line}\n' for line in lines)
        monkeypatch.setattr(sys, 'stdin', io.StringIO(text))
        ended = commands.run(shell.Shell, tmp_path, '--store', 'neo4j')
        assert ended == code
        assert store.closed
        told = capsys.readouterr()
        assert 'Traceback' not in told.err
        return told.out, told.err

    return enter


def test_statements_are_answered_one_by_one(
    enter: typing.Any, store: memory.MemoryStore
) -> None:
    out, err = enter('RETURN 1;', '', 'MATCH (n)', 'RETURN n;', 'MORE')
    assert out == 'id\na\nb\n' * 2 + 'id\na\n'
    assert err == '2 rows\n2 rows\n1 rows (there are more)\n'
    assert [text for text, _, _ in store.asked] == [
        'RETURN 1',
        'MATCH (n)\nRETURN n',
        # What is not ended is asked once there is no more.
        'MORE',
    ]


def test_a_question_needs_no_semicolon(
    enter: typing.Any, store: memory.MemoryStore
) -> None:
    enter('blast-radius host="a b"', 'blast-radius host=c;')
    assert [values['host'] for _, values, _ in store.asked] == ['a b', 'c']


def test_parameters_are_kept_until_they_are_taken_back(
    enter: typing.Any, store: memory.MemoryStore
) -> None:
    enter(
        ':set a 3',
        ':set b x y',
        'RETURN 1;',
        ':unset a',
        ':unset never',
        'RETURN 1;',
        # A question has its own.
        'blast-radius host=c',
    )
    given = [values for _, values, _ in store.asked]
    assert given[:2] == [{'a': 3, 'b': 'x y'}, {'b': 'x y'}]
    assert 'b' not in given[2]


def test_a_parameter_without_a_name_is_told(
    enter: typing.Any, store: memory.MemoryStore
) -> None:
    _, err = enter(':set', 'RETURN 1;')
    assert ':set NAME VALUE' in err
    assert store.asked[0][1] == {}


def test_a_format_is_chosen(enter: typing.Any) -> None:
    out, err = enter(':format csv', 'RETURN 1;', ':format xml', 'RETURN 1;')
    assert out == 'id\na\nb\n' * 2
    assert 'Formats: table, json, csv, graphml.' in err


def test_a_mistake_costs_a_sentence_and_not_the_session(
    enter: typing.Any, store: memory.MemoryStore
) -> None:
    out, err = enter(
        'NONSENSE;',
        'blast-radius host="a',
        'blast-radius host',
        ':nonsense',
        'RETURN 1;',
        code=1,
    )
    assert out == 'id\na\nb\n'
    lines = err.splitlines()
    assert 'NONSENSE is unknown' in lines[0]
    assert 'No closing quotation' in lines[1]
    assert 'NAME=VALUE' in lines[2]
    assert 'no :nonsense' in lines[3]
    assert len(store.asked) == 2


def test_a_plan_is_shown(enter: typing.Any) -> None:
    out, _ = enter(':set a 3', ':explain RETURN 1', ':explain RETURN 1;')
    assert out == "the plan of RETURN 1 with {'a': 3}\n" * 2


def test_help_and_questions_are_shown(enter: typing.Any) -> None:
    out, _ = enter(':help', ':queries')
    for name in ('queries', 'set', 'unset', 'format', 'explain', 'quit'):
        assert f'\n:{name} ' in out or out.startswith(f':{name}')
    for name in questions.names():
        assert f'\n{name} ' in out


@pytest.mark.parametrize('word', [':quit', ':exit', ':quit  '])
def test_it_can_be_left(
    enter: typing.Any, store: memory.MemoryStore, word: str
) -> None:
    enter(word, 'RETURN 1;')
    assert store.asked == []


@pytest.mark.parametrize(
    ('text', 'word'),
    [
        ('mat', 'MATCH'),
        ('blast-radius-of-z', 'blast-radius-of-zone'),
        ('ComputeN', 'ComputeNode'),
        ('hosted', 'HOSTED_ON'),
        ('memory_mb_', 'memory_mb_used'),
    ],
)
def test_words_are_completed(text: str, word: str) -> None:
    assert shell.complete(text, 0) == word


def test_all_that_may_be_meant_is_offered_in_turn() -> None:
    several = [shell.complete('re', number) for number in range(9)]
    words = [word for word in several if word]
    assert 'RETURN' in words
    assert words == sorted(words)
    assert several[-1] is None
    assert shell.complete('zzz', 0) is None


def test_the_history_is_where_others_keep_theirs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path))
    assert shell._history() == tmp_path / 'cdm-graph' / 'history'
    monkeypatch.delenv('XDG_STATE_HOME')
    monkeypatch.setenv('HOME', str(tmp_path))
    assert shell._history().is_relative_to(tmp_path / '.local' / 'state')
