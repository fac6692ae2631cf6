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

import pydantic
import pytest

from cdm_graph.model import schema
from tests.support import elements


@pytest.mark.parametrize(
    ('make', 'field'),
    [
        (lambda: elements.instance(1, vcpus=-1), 'vcpus'),
        (lambda: elements.instance(1, vcpus='many'), 'vcpus'),
        (lambda: elements.instance(1, vcpus=None), 'vcpus'),
        (lambda: elements.instance(1, name=7), 'name'),
        (lambda: elements.instance(1, metadata={'a': 1}), 'metadata.a'),
        (lambda: elements.instance(1, metadata=['a']), 'metadata'),
        (lambda: elements.instance(1, tags='blue'), 'tags'),
        (lambda: elements.instance(1, updated_at='never'), 'updated_at'),
        (lambda: schema.Instance(uuid=''), 'uuid'),
        (lambda: schema.Instance(uuid='\ud800'), 'uuid'),
        (lambda: elements.node(1, state='sleepy'), 'state'),
        (lambda: elements.node(1, status=None), 'status'),
        (lambda: elements.node(1, service_host=None), 'service_host'),
        (lambda: elements.node(1, memory_mb=-5), 'memory_mb'),
        (lambda: elements.aggregate(1, aggregate_id='x'), 'aggregate_id'),
        (lambda: elements.group(1, members=[None]), 'members.0'),
        (lambda: schema.Flavor(name=''), 'name'),
        (lambda: schema.Project(project_id=''), 'project_id'),
        (lambda: schema.AvailabilityZone(name=''), 'name'),
        (lambda: schema.Flavor(name='m1', vcpu=1), 'vcpu'),
    ],
)
def test_what_has_the_wrong_type_or_name_is_refused(
    make: typing.Callable[[], object], field: str
) -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        make()
    where = '.'.join(map(str, caught.value.errors()[0]['loc']))
    assert where == field


def test_what_is_unknown_of_a_node_in_use_may_be_negative() -> None:
    assert elements.node(1, vcpus_used=-1).vcpus_used == -1


@pytest.mark.parametrize(
    ('facts', 'disk'),
    [
        ({}, 20),
        ({'image_id': None}, 0),
        ({'image_id': ''}, 0),
        ({'ephemeral_gb': 5}, 25),
        ({'ephemeral_gb': 5, 'image_id': None}, 5),
        ({'swap_mb': 1}, 21),
        ({'swap_mb': 1024}, 21),
        ({'swap_mb': 1025}, 22),
    ],
)
def test_the_disk_that_an_instance_takes(
    facts: dict[str, typing.Any], disk: int
) -> None:
    taken = elements.instance(1, **facts).resources
    assert taken == schema.Resources(2, 2048, disk)


def test_resources_are_added_and_taken_away() -> None:
    one, two = schema.Resources(1, 2, 3), schema.Resources(10, 20, 30)
    assert one + two == schema.Resources(11, 22, 33)
    assert one - two == schema.Resources(-9, -18, -27)


def test_the_memory_of_a_migration_ends_with_the_task() -> None:
    moving = elements.instance(1, task_state='migrating', migrating_to='b')
    row = elements.instance(1, task_state='migrating')
    assert row.with_memory_of(moving).migrating_to == 'b'
    assert elements.instance(1).with_memory_of(moving).migrating_to is None


def test_members_are_relations_and_no_attributes() -> None:
    group = elements.group(1, members=('a',))
    aggregate = elements.aggregate(2, hosts=('b',))
    assert 'members' not in schema.attributes_of(group)
    assert 'hosts' not in schema.attributes_of(aggregate)
    assert schema.attributes_of(group)['kind'] == 'ServerGroup'


def test_units_are_told() -> None:
    units = {
        attribute.name: attribute.unit
        for attribute in schema.ATTRIBUTES[schema.Kind.INSTANCE]
    }
    assert (units['memory_mb'], units['disk_gb'], units['vcpus']) == (
        'MiB',
        'GiB',
        None,
    )
