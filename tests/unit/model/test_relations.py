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

from cdm_graph.model import change
from cdm_graph.model import relations
from cdm_graph.model import schema
from tests.support import elements

_RELATION = schema.Relation


def test_a_zone_is_that_of_an_aggregate_or_the_default() -> None:
    node = elements.node(1)
    without = elements.aggregate(2)
    zoned = elements.aggregate(3, availability_zone='az1')
    assert relations.zone_of(node, [without], 'nova') == 'nova'
    assert relations.zone_of(node, [without, zoned], 'nova') == 'az1'


def test_what_is_implied_is_named_by_its_vertex() -> None:
    assert relations.implied_element(
        'zone/zone/a', _RELATION.IN_ZONE
    ) == schema.AvailabilityZone(name='zone/a')
    assert relations.implied_element(
        'project/red', _RELATION.OWNED_BY
    ) == schema.Project(project_id='red')


def test_a_relation_that_becomes_another_goes_and_comes() -> None:
    came, went = relations.difference(
        'v',
        {'a': _RELATION.MIGRATING_TO, 'b': _RELATION.HOSTED_ON},
        {'a': _RELATION.HOSTED_ON, 'c': _RELATION.MEMBER_OF},
    )
    assert came == (
        change.Edge('v', _RELATION.HOSTED_ON, 'a'),
        change.Edge('v', _RELATION.MEMBER_OF, 'c'),
    )
    assert went == (
        change.Edge('v', _RELATION.MIGRATING_TO, 'a'),
        change.Edge('v', _RELATION.HOSTED_ON, 'b'),
    )
