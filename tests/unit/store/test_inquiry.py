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

import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.model import answer
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.store import contract
from cdm_graph.store import inquiry as inquiries
from cdm_graph.store import mirror as mirrors
from cdm_graph.store import questions
from tests.support import clock as clocks
from tests.support import elements
from tests.support import store as stores

_LIMITS: typing.Final = contract.Limits(0.05, 100)
_TEXT: typing.Final = 'MATCH (n) RETURN n.id AS id'
_FOUND: typing.Final = answer.Answer(('id',), (('a',),))
_QUESTION: typing.Final = 'blast-radius'


def _inquiry(
    store: stores.MemoryStore, mirror: mirrors.Mirror | None = None
) -> inquiries.Inquiry:
    return inquiries.Inquiry(store, _LIMITS, mirror)


def _store() -> stores.MemoryStore:
    return stores.MemoryStore(answers={_TEXT: _FOUND})


def test_a_statement_is_passed_on_with_its_parameters() -> None:
    store = _store()
    found = _inquiry(store).ask(f'  {_TEXT} ; ', {'limit': '3'})
    assert found is _FOUND
    assert store.asked == [(_TEXT, {'limit': '3'}, _LIMITS)]


def test_a_question_is_asked_by_its_name_with_its_own_types() -> None:
    question = questions.find(_QUESTION)
    store = stores.MemoryStore(answers={question.statement: _FOUND})
    given = {
        each.name: '1' if each.type is questions.Type.INTEGER else 'x'
        for each in question.parameters
        if not each.has_default
    }
    assert _inquiry(store).ask(_QUESTION, given) is _FOUND
    [(statement, values, _)] = store.asked
    assert statement == question.statement
    assert values == question.values(given)


def test_a_question_without_rows_has_its_columns_nevertheless() -> None:
    question = questions.find(_QUESTION)
    store = stores.MemoryStore(
        answers={question.statement: answer.Answer((), ())}
    )
    given = {
        each.name: 'x' for each in question.parameters if not each.has_default
    }
    found = _inquiry(store).ask(_QUESTION, given)
    assert found.columns == tuple(each.name for each in question.columns)
    assert found.rows == ()
    store.answers[_TEXT] = answer.Answer((), ())
    assert _inquiry(store).ask(_TEXT, {}).columns == ()


def test_a_question_with_a_semicolon_or_blanks_is_that_question() -> None:
    question = questions.find(_QUESTION)
    store = stores.MemoryStore(
        answers={question.statement: answer.Answer((), ())}
    )
    given = {
        each.name: 'x' for each in question.parameters if not each.has_default
    }
    for text in (f' {_QUESTION}', f'{_QUESTION};', f'{_QUESTION} ;\n'):
        assert _inquiry(store).ask(text, given).columns


@pytest.mark.parametrize('text', ['', ' ', ';', ' ;; '])
def test_nothing_is_no_query(text: str) -> None:
    with pytest.raises(exceptions.QueryInvalid, match='is empty'):
        _inquiry(_store()).ask(text, {})


def test_a_question_that_there_is_not_is_told() -> None:
    with pytest.raises(exceptions.QuestionNotFound):
        _inquiry(_store()).ask('no-such-question', {})


@pytest.mark.parametrize(
    ('asked', 'allowed'),
    [
        (None, _LIMITS),
        (contract.Limits(0.01, 7), contract.Limits(0.01, 7)),
        (contract.Limits(9.0, 7), contract.Limits(0.05, 7)),
        (contract.Limits(9.0, 999), _LIMITS),
    ],
)
def test_nobody_may_take_more_than_any_may(
    asked: contract.Limits | None, allowed: contract.Limits
) -> None:
    store = _store()
    _inquiry(store).ask(_TEXT, {}, limits=asked)
    assert store.asked[0][2] == allowed


def test_the_store_has_to_have_what_is_asked_of() -> None:
    clock = clocks.FakeClock()
    store = _store()
    model = live_model.LiveModel([elements.node(1)], clock=clock)
    model.mark_synchronized(1.0)
    mirror = mirrors.Mirror(model, store, 'here', 60.0, clock)
    mirror.attach()
    inquiry = _inquiry(store, mirror)
    with pytest.raises(
        exceptions.StoreUnavailable, match=r'not caught up .* in 0\.05 s'
    ):
        inquiry.ask(_TEXT, {}, model.sequence)
    assert store.asked == []
    # What it has can be asked for at once.
    assert inquiry.ask(_TEXT, {}) is _FOUND
    mirror.step()
    assert inquiry.ask(_TEXT, {}, model.sequence) is _FOUND
    model.apply([mutation.Put(elements.node(2))])
    assert inquiry.ask(_TEXT, {}, model.sequence - 1) is _FOUND
    with pytest.raises(exceptions.StoreUnavailable):
        inquiry.ask(_TEXT, {}, model.sequence)
    store.unavailable = True
    mirror.step()
    with pytest.raises(exceptions.StoreUnavailable, match='it is away'):
        inquiry.ask(_TEXT, {}, model.sequence)


def test_a_plan_is_of_what_would_be_asked() -> None:
    inquiry = _inquiry(_store())
    assert inquiry.explain(f'{_TEXT};', {'a': 1}) == (
        f"the plan of {_TEXT} with {{'a': 1}}"
    )
    with pytest.raises(exceptions.QueryInvalid, match='is empty'):
        inquiry.explain(' ', {})


def test_text_of_a_command_line_is_json_but_for_a_question() -> None:
    given = {'a': '3', 'b': '["x"]', 'c': 'plain', 'd': '', 'e': 'null'}
    assert inquiries.typed(_TEXT, given) == {
        'a': 3,
        'b': ['x'],
        'c': 'plain',
        'd': '',
        'e': None,
    }
    assert inquiries.typed(f' {_QUESTION} ', given) == given
    assert inquiries.typed(f'{_QUESTION};', given) == given
    assert inquiries.typed(_TEXT, {'a': 3}) == {'a': 3}
