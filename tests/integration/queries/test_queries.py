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
import typing

import pytest

from cdm_graph.store import contract
from cdm_graph.store import inquiry as inquiries
from cdm_graph.store import mirror as mirrors
from cdm_graph.store import questions
from tests.benchmark import clouds as made
from tests.integration.queries import cases
from tests.integration.queries import oracle
from tests.integration.queries import world
from tests.support import databases

_DATABASES: typing.Final = {
    'embedded': databases.of_embedded,
    'neo4j': databases.of_neo4j,
}
_CASES: typing.Final = tuple(cases.all_cases())
_LIMITS: typing.Final = contract.Limits(60.0, 100_000)
_PERIOD: typing.Final = 3600.0
_PATIENCE: typing.Final = 120.0
_TYPES: typing.Final[dict[questions.Type, type]] = {
    questions.Type.STRING: str,
    questions.Type.INTEGER: int,
    questions.Type.FLOAT: float,
    questions.Type.BOOLEAN: bool,
    questions.Type.DATETIME: datetime.datetime,
    questions.Type.STRINGS: list,
}


@pytest.fixture(scope='module', params=_DATABASES)
def inquiry(
    request: pytest.FixtureRequest,
) -> collections.abc.Iterator[inquiries.Inquiry]:
    """What asks a database that has both regions."""
    with _DATABASES[request.param]() as database:
        for region, model in world.models().items():
            live = made.model(model.elements())
            mirror = mirrors.Mirror(
                live, database.of_region(region), region, _PERIOD
            )
            mirror.start()
            with contextlib.ExitStack() as stack:
                stack.callback(mirror.stop)
                assert mirror.wait_for(live.sequence, _PATIENCE)
        yield inquiries.Inquiry(database.store, _LIMITS)


@pytest.fixture(scope='module')
def clouds() -> list[oracle.Cloud]:
    return [oracle.Cloud(*each) for each in world.models().items()]


@pytest.mark.parametrize('case', _CASES, ids=str)
def test_the_rows_are_those_that_plain_python_finds(
    inquiry: inquiries.Inquiry, clouds: list[oracle.Cloud], case: cases.Case
) -> None:
    question = case.question
    found = inquiry.ask(question.name, case.given)
    rows = [list(row) for row in found.rows]
    values = question.values(case.given)
    assert rows == oracle.answer(question, clouds, values)
    assert found.columns == tuple(each.name for each in question.columns)
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
