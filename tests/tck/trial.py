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

"""One scenario, step by step.

Where an error is expected, any that the engine tells of will do: how errors
are named, and when a query is compiled, is an engine's own affair.
"""

import collections
import collections.abc
import re
import typing

from neo4j import exceptions

from tests.tck import effects
from tests.tck import feature
from tests.tck import graph as graphs
from tests.tck import notation
from tests.tck import values

GraphScript = collections.abc.Callable[[str], str]

_STEPS: typing.Final = (
    (r'any graph', 'keep'),
    (r'an empty graph', 'renew'),
    (r'the (?P<name>\S+) graph', 'create'),
    (r'having executed:', 'prepare'),
    (r'parameters are:', 'parametrize'),
    (r'executing (?:control )?query:', 'execute'),
    (
        r'the result should be(?:, in (?P<order>any order|order))?'
        r'(?P<lists> \(ignoring element order for lists\))?:',
        'expect_rows',
    ),
    (r'the result should be empty', 'expect_no_rows'),
    (r'no side effects', 'expect_effects'),
    (r'the side effects should be:', 'expect_effects'),
    (
        r'an? (?P<kind>\w+) should be raised at '
        r'(?P<phase>compile time|runtime|any time): (?P<detail>\S+)',
        'expect_error',
    ),
)
_EFFECTS: typing.Final = re.compile('side effects')


class Failure(Exception):
    """It did not come as the scenario says."""

    def __init__(self, kind: str, why: str) -> None:
        """Tell in a word and in a sentence what did not."""
        super().__init__(why)
        self.kind = kind


class Trial:
    """What is known in the course of a scenario."""

    def __init__(self, graph: graphs.Graph, script: GraphScript) -> None:
        """Prepare to run a scenario; ``script`` creates a named graph."""
        self._graph = graph
        self._script = script
        self._parameters: dict[str, object] = {}
        self._answer: graphs.Answer | None = None
        self._error: exceptions.Neo4jError | None = None
        self._effects: collections.Counter[str] = collections.Counter()
        self._watch = False

    def run(self, scenario: feature.Scenario) -> None:
        """Run it.

        :raises Failure: if it does not pass
        """
        # Looking at the graph takes longer than most queries.
        self._watch = any(
            _EFFECTS.search(step.sentence) for step in scenario.steps
        )
        for step in scenario.steps:
            self._take(step)

    def _take(self, step: feature.Step) -> None:
        for pattern, method in _STEPS:
            found = re.fullmatch(pattern, step.sentence)
            if found:
                getattr(self, f'_{method}')(step, **found.groupdict())
                return
        raise Failure('step', f'it has an unknown step: {step.sentence}')

    def _keep(self, step: feature.Step) -> None:
        """Go on with what an earlier scenario has left."""

    def _renew(self, step: feature.Step) -> None:
        self._graph.renew()

    def _create(self, step: feature.Step, name: str) -> None:
        self._graph.renew()
        self._graph.ask(self._script(name))

    def _prepare(self, step: feature.Step) -> None:
        try:
            self._graph.ask(step.text)
        except exceptions.Neo4jError as error:
            raise Failure(
                'given', f'what is given raised {shown(error)}'
            ) from error

    def _parametrize(self, step: feature.Step) -> None:
        self._parameters = {
            name: notation.parse(value) for name, value in step.table
        }

    def _execute(self, step: feature.Step) -> None:
        before = self._graph.state() if self._watch else None
        self._answer = self._error = None
        try:
            self._answer = self._graph.ask(step.text, self._parameters)
        except exceptions.Neo4jError as error:
            self._error = error
        if before is not None:
            self._effects = effects.between(before, self._graph.state())

    def _answered(self) -> graphs.Answer:
        if self._answer is None:
            raise Failure('raised', f'it raised {shown(self._error)}')
        return self._answer

    def _expect_rows(
        self, step: feature.Step, order: str | None, lists: str | None
    ) -> None:
        answer = self._answered()
        columns, *rows = step.table
        if collections.Counter(answer.columns) != collections.Counter(columns):
            raise Failure(
                'columns',
                f'its columns are {answer.columns}, not {columns}',
            )
        # A row is what it holds, wherever in it that is.
        places = [answer.columns.index(name) for name in columns]
        found = [[row[place] for place in places] for row in answer.rows]
        expected = [list(map(notation.parse, row)) for row in rows]
        if order == 'order':
            same = _keys(found, lists) == _keys(expected, lists)
        else:
            same = collections.Counter(
                _keys(found, lists)
            ) == collections.Counter(_keys(expected, lists))
        if not same:
            raise Failure('rows', f'it returns {found}, not {expected}')

    def _expect_no_rows(self, step: feature.Step) -> None:
        rows = self._answered().rows
        if rows:
            raise Failure('rows', f'it returns {rows}, not nothing')

    def _expect_effects(self, step: feature.Step) -> None:
        self._answered()
        expected = collections.Counter(
            {name: int(count) for name, count in step.table}
        )
        if self._effects != expected:
            raise Failure(
                'effects',
                f'its effects are {dict(self._effects)}, not {dict(expected)}',
            )

    def _expect_error(
        self, step: feature.Step, kind: str, phase: str, detail: str
    ) -> None:
        if self._error is None:
            raise Failure('error', f'it raises nothing, not {kind} {detail}')


def shown(error: BaseException | None) -> str:
    """Return an error in a few words."""
    if isinstance(error, exceptions.Neo4jError):
        return f'{error.code}: {error.message}'
    return f'{type(error).__name__}: {error}'


def _keys(
    rows: list[list[object]], lists: str | None
) -> list[tuple[values.Key, ...]]:
    return [
        tuple(
            values.key(value, ignore_list_order=bool(lists)) for value in row
        )
        for row in rows
    ]
