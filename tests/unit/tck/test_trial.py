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

"""A scenario fails for each thing that does not come as it says."""

import typing

from neo4j import exceptions
import pytest

from tests.tck import effects
from tests.tck import feature
from tests.tck import graph as graphs
from tests.tck import trial
from tests.tck import values

_ANY = 'the result should be, in any order:'
_ORDER = 'the result should be, in order:'
_LISTS = 'the result should be (ignoring element order for lists):'
_ERROR = 'a SyntaxError should be raised at compile time: UnexpectedSyntax'


class _Graph:
    """Answers the query under test, and knows what else was asked."""

    def __init__(
        self,
        columns: tuple[str, ...] = (),
        rows: tuple[tuple[object, ...], ...] = (),
        error: str = '',
        added: int = 0,
    ) -> None:
        self._answer = graphs.Answer(columns, rows)
        self._error = error
        self._added = added
        self._nodes: dict[str, values.Node] = {}
        self.asked: list[object] = []

    def renew(self) -> None:
        self.asked.append('renew')

    def ask(self, query: str, parameters: object = None) -> graphs.Answer:
        self.asked.append((query, parameters))
        if query == self._error:
            raise exceptions.ClientError('no')
        if query == 'QUERY':
            for number in range(self._added):
                self._nodes[str(number)] = values.Node(frozenset(), {})
        return self._answer

    def state(self) -> effects.State:
        return effects.State(dict(self._nodes), {})


def _step(sentence: str, *table: tuple[str, ...]) -> feature.Step:
    return feature.Step(sentence, table=table)


def _run(graph: _Graph, *expected: feature.Step) -> None:
    trial.Trial(typing.cast(graphs.Graph, graph), str.upper).run(
        feature.Scenario(
            'a.feature',
            1,
            '',
            False,
            (
                feature.Step('the tree graph'),
                feature.Step('having executed:', 'SETUP'),
                _step('parameters are:', ('a', '1')),
                feature.Step('executing query:', 'QUERY'),
                *expected,
            ),
        )
    )


def _kind(graph: _Graph, *expected: feature.Step) -> str:
    """Return in which way it fails, if it does."""
    try:
        _run(graph, *expected)
    except trial.Failure as failure:
        return failure.kind
    return ''


def test_all_that_is_given_is_done() -> None:
    graph = _Graph()
    _run(graph)
    assert graph.asked == [
        'renew',
        ('TREE', None),
        ('SETUP', None),
        ('QUERY', {'a': 1}),
    ]


@pytest.mark.parametrize(
    ('sentence', 'rows', 'kind'),
    [
        (_ANY, (('2', "'b'"), ('1', "'a'")), ''),
        (_ANY, (('1', "'a'"), ('2', "'b'"), ('2', "'b'")), 'rows'),
        (_ANY, (('1', "'a'"),), 'rows'),
        (_ANY, (('1', "'b'"), ('2', "'a'")), 'rows'),
        (_ANY, (('1.0', "'a'"), ('2', "'b'")), 'rows'),
        (_ORDER, (('1', "'a'"), ('2', "'b'")), ''),
        (_ORDER, (('2', "'b'"), ('1', "'a'")), 'rows'),
    ],
)
def test_rows_are_compared(
    sentence: str, rows: tuple[tuple[str, ...], ...], kind: str
) -> None:
    graph = _Graph(('y', 'x'), (('a', 1), ('b', 2)))
    assert _kind(graph, _step(sentence, ('x', 'y'), *rows)) == kind


def test_the_order_in_lists_counts_unless_it_is_ignored() -> None:
    graph = _Graph(('x',), (([1, 2],),))
    table = (('x',), ('[2, 1]',))
    assert _kind(graph, _step(_LISTS, *table)) == ''
    assert _kind(graph, _step(_ANY, *table)) == 'rows'


def test_columns_are_compared() -> None:
    table = (('x', 'y'),)
    assert _kind(_Graph(('y', 'x')), _step(_ANY, *table)) == ''
    assert _kind(_Graph(), _step(_ANY, *table)) == 'columns'
    assert _kind(_Graph(('x', 'y', 'y')), _step(_ANY, *table)) == 'columns'


def test_nothing_is_to_be_returned() -> None:
    step = _step('the result should be empty')
    assert _kind(_Graph(), step) == ''
    assert _kind(_Graph(('x',), ((1,),)), step) == 'rows'


def test_effects_are_compared() -> None:
    none = _step('no side effects')
    two = _step('the side effects should be:', ('+nodes', '2'))
    assert _kind(_Graph(), none) == ''
    assert _kind(_Graph(added=1), none) == 'effects'
    assert _kind(_Graph(added=2), two) == ''
    assert _kind(_Graph(added=1), two) == 'effects'


def test_an_error_is_to_be_raised() -> None:
    assert _kind(_Graph(error='QUERY'), _step(_ERROR)) == ''
    assert _kind(_Graph(), _step(_ERROR)) == 'error'


def test_no_error_is_to_be_raised_otherwise() -> None:
    graph = _Graph(error='QUERY')
    assert _kind(graph, _step(_ANY, ('x',))) == 'raised'
    assert _kind(graph, _step('the result should be empty')) == 'raised'
    assert _kind(graph, _step('no side effects')) == 'raised'
    assert _kind(_Graph(error='SETUP'), _step(_ERROR)) == 'given'


def test_an_unknown_step_fails() -> None:
    assert _kind(_Graph(), _step('the moon should shine')) == 'step'
