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

import pytest
from starlette import datastructures

from cdm_graph import exceptions
from cdm_graph.api import parameters
from cdm_graph.model import period as periods
from cdm_graph.model import schema
from cdm_graph.model import selection as selections


def test_what_is_chosen_is_read() -> None:
    given = datastructures.QueryParams(
        'kind=Port&kind=Instance&element=web&project=red&host=alpha&more=x'
    )
    assert parameters.selection(given) == selections.Selection(
        frozenset({schema.Kind.PORT, schema.Kind.INSTANCE}),
        'web',
        'red',
        'alpha',
    )
    nothing = datastructures.QueryParams('')
    assert parameters.selection(nothing) == selections.Selection()


def test_a_kind_that_there_is_not_is_named_with_those_that_are() -> None:
    with pytest.raises(
        exceptions.InvalidRequest, match=r"no 'port'; there are .*Port"
    ):
        parameters.selection(datastructures.QueryParams('kind=port'))


@pytest.mark.parametrize('text', ['', '0', '-1', 'x', '1.5', '\u0661\u0662x'])
def test_a_limit_is_a_positive_number(text: str) -> None:
    with pytest.raises(exceptions.InvalidRequest, match='limit: '):
        parameters.limit(datastructures.QueryParams({'limit': text}))


def test_a_limit_has_a_default_and_is_never_huge() -> None:
    assert parameters.limit(datastructures.QueryParams('')) == 1000
    huge = datastructures.QueryParams({'limit': '9' * 5000})
    with pytest.raises(exceptions.InvalidRequest) as caught:
        parameters.limit(huge)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    'text',
    ['', 'x', '0', '-1', 'nan', '\u0661', 'inf', '7e16', '61', '1' * 500],
)
def test_seconds_are_a_number_that_can_be_waited_for(text: str) -> None:
    with pytest.raises(
        exceptions.InvalidRequest, match=r'timeout: .* up to 60'
    ) as caught:
        parameters.seconds(
            datastructures.QueryParams({'timeout': text}), 'timeout', 5.0, 60.0
        )
    assert len(str(caught.value)) < 200


def test_seconds_have_a_default() -> None:
    nothing = datastructures.QueryParams('')
    assert parameters.seconds(nothing, 'timeout', 5.0, 60.0) == 5.0
    some = datastructures.QueryParams({'timeout': '0.5'})
    assert parameters.seconds(some, 'timeout', 5.0, 60.0) == 0.5


def test_json_that_is_nested_too_deeply_is_no_json() -> None:
    deep = datastructures.QueryParams({'where': '[' * 100_000})
    with pytest.raises(exceptions.InvalidRequest, match='where: it is no'):
        parameters.json_object(deep, 'where')


def test_a_time_is_between_two_moments() -> None:
    given = datastructures.QueryParams(
        {'since': '2026-01-31T12:00:00Z', 'until': '1769860801'}
    )
    assert parameters.period(given) == periods.Period(
        1_769_860_800.0, 1_769_860_801.0
    )
    nothing = datastructures.QueryParams('')
    assert parameters.period(nothing) == periods.Period()


@pytest.mark.parametrize('text', ['', 'x', 'nan', '-1', '9' * 5000])
def test_what_is_no_moment_is_told(text: str) -> None:
    given = datastructures.QueryParams({'until': text})
    with pytest.raises(
        exceptions.InvalidRequest, match=r'until: .* is no moment, such as'
    ) as caught:
        parameters.period(given)
    assert len(str(caught.value)) < 200
