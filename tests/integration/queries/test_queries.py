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

"""Each question has the same answer from each engine and from plain Python."""

import collections.abc
import contextlib
import datetime
import os
import typing

import neo4j
import pytest

from cdm_graph.store import questions
from tests.integration import engines
from tests.integration.queries import cases
from tests.integration.queries import loader
from tests.integration.queries import oracle
from tests.integration.queries import world

_ENGINES: typing.Final = {
    'embedded': engines.embedded,
    'neo4j': engines.neo4j_server,
}
_CASES: typing.Final = tuple(cases.all_cases())
_TYPES: typing.Final[dict[questions.Type, type]] = {
    questions.Type.STRING: str,
    questions.Type.INTEGER: int,
    questions.Type.FLOAT: float,
    questions.Type.BOOLEAN: bool,
    questions.Type.DATETIME: datetime.datetime,
    questions.Type.STRINGS: list,
}


@pytest.fixture(scope='module', params=_ENGINES)
def session(
    request: pytest.FixtureRequest,
) -> collections.abc.Iterator[neo4j.Session]:
    """A session with an engine that has both regions."""
    if request.param == 'neo4j' and engines.NEO4J_SERVER not in os.environ:
        pytest.skip(f'{engines.NEO4J_SERVER} names no server')
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(_ENGINES[request.param]())
        driver = stack.enter_context(
            neo4j.GraphDatabase.driver(
                engine.uri, auth=(engine.user, engine.password)
            )
        )
        loader.prepare(driver, engine.database)
        for region, model in world.models().items():
            loader.load(driver, engine.database, model, region)
        yield stack.enter_context(driver.session(database=engine.database))


@pytest.fixture(scope='module')
def clouds() -> list[oracle.Cloud]:
    return [oracle.Cloud(*each) for each in world.models().items()]


@pytest.mark.parametrize('case', _CASES, ids=str)
def test_the_rows_are_those_that_plain_python_finds(
    session: neo4j.Session, clouds: list[oracle.Cloud], case: cases.Case
) -> None:
    question = case.question
    values = question.values(case.given)
    answered = session.run(typing.cast(typing.Any, question.statement), values)
    rows = [[_plain(value) for value in record] for record in answered]
    assert rows == oracle.answer(question, clouds, values)
    # The embedded engine names no columns where there are no rows.
    columns = [column.name for column in question.columns]
    assert answered.keys() == columns or not (rows or answered.keys())
    for row in rows:
        for column, value in zip(question.columns, row, strict=True):
            assert value is None or type(value) is _TYPES[column.type]


@pytest.mark.parametrize('name', questions.names())
def test_a_question_has_rows_in_one_case_at_least(
    clouds: list[oracle.Cloud], name: str
) -> None:
    assert any(
        oracle.answer(case.question, clouds, case.question.values(case.given))
        for case in _CASES
        if case.question.name == name
    )


def test_each_question_is_answered_in_plain_python() -> None:
    assert oracle.names() == list(questions.names())


def _plain(value: typing.Any) -> typing.Any:
    to_native = getattr(value, 'to_native', None)
    return value if to_native is None else to_native()
