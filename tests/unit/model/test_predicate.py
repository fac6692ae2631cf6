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

import datetime
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.model import predicate
from cdm_graph.model import schema
from tests.support import elements

_INSTANCE = schema.replace(
    elements.instance(11),
    name='web',
    vcpus=4,
    task_state=None,
    tags=('gold', 'ssd'),
    created_at=datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC),
)


def _holds(conditions: dict[str, typing.Any]) -> bool:
    return all(each.holds(_INSTANCE) for each in predicate.read(conditions))


@pytest.mark.parametrize(
    'conditions',
    [
        {},
        {'name': 'web'},
        {'name': {'ne': 'db'}},
        {'vcpus': 4},
        {'vcpus': {'ge': 4, 'lt': 5}},
        {'vcpus': {'gt': 3.5, 'le': 4}},
        {'vcpus': {'in': [2, 4]}},
        {'name': {'contains': 'e'}, 'vcpus': 4},
        {'tags': {'contains': 'gold'}},
        {'tags': ['gold', 'ssd']},
        {'task_state': {'ne': 'rebooting'}},
        {'created_at': {'lt': '2026-03-02T00:00:00Z'}},
        {'created_at': {'lt': '2026-03-02'}},
        {'created_at': {'in': ['2026-03-01T01:00:00+01:00']}},
    ],
)
def test_what_holds(conditions: dict[str, typing.Any]) -> None:
    assert _holds(conditions)


@pytest.mark.parametrize(
    'conditions',
    [
        {'name': 'Web'},
        {'vcpus': {'ge': 4, 'lt': 4}},
        {'vcpus': {'gt': 'many'}},
        {'vcpus': {'in': []}},
        {'vcpus': {'contains': '4'}},
        {'task_state': 'rebooting'},
        {'task_state': {'lt': 'z'}},
        {'task_state': {'ne': None}},
        # A node has it, and a server has not.
        {'hostname': 'web'},
        {'created_at': {'gt': 5}},
        {'name': 'web', 'vcpus': 5},
    ],
)
def test_what_does_not_hold(conditions: dict[str, typing.Any]) -> None:
    assert not _holds(conditions)


@pytest.mark.parametrize(
    ('conditions', 'words'),
    [
        ([], 'object'),
        ('vcpus', 'object'),
        ({'nonsense': 1}, "attribute 'nonsense'"),
        ({'__class__': 1}, 'attribute'),
        ({'vcpus': {'like': 1}}, 'there are eq, ne'),
        ({'vcpus': {'in': 4}}, '"in" takes a list'),
        ({'created_at': 'yesterday'}, "'yesterday' is no moment"),
    ],
)
def test_what_there_cannot_be_is_told(conditions: object, words: str) -> None:
    with pytest.raises(exceptions.InvalidRequest, match=words):
        predicate.read(conditions)
