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

import copy
import datetime
import pickle
import typing

import pydantic
import pytest

from cdm_graph import exceptions
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
    ],
)
def test_what_has_the_wrong_type_is_refused(
    make: typing.Callable[[], object], field: str
) -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        make()
    where = '.'.join(map(str, caught.value.errors()[0]['loc']))
    assert where == field


def test_what_is_unknown_of_a_node_in_use_may_be_negative() -> None:
    assert elements.node(1, vcpus_used=-1).vcpus_used == -1


@pytest.mark.parametrize(
    'text',
    [
        '2026-11-22T16:15:11Z',
        '2026-11-22T16:15:11',
        '2026-11-22T17:15:11+01:00',
        '2026-11-22T16:15:11.999999',
    ],
)
def test_moments_are_utc_in_whole_seconds(text: str) -> None:
    instance = elements.instance(1, updated_at=text)
    assert instance.updated_at == datetime.datetime(
        2026, 11, 22, 16, 15, 11, tzinfo=datetime.UTC
    )
    assert instance.updated_at.tzinfo is datetime.UTC


@pytest.mark.parametrize(
    'change',
    [
        lambda strings: strings.__setitem__('a', 'c'),
        lambda strings: strings.__delitem__('a'),
        lambda strings: strings.update(a='c'),
        lambda strings: strings.pop('a'),
        lambda strings: strings.popitem(),
        lambda strings: strings.setdefault('b', 'c'),
        lambda strings: strings.clear(),
        lambda strings: strings.__ior__({'b': 'c'}),
    ],
)
def test_mappings_of_elements_are_read_only(
    change: typing.Callable[[dict[str, str]], object],
) -> None:
    metadata = elements.instance(1, metadata={'a': 'b'}).metadata
    with pytest.raises(TypeError, match='read-only'):
        change(metadata)
    assert metadata == {'a': 'b'}


def test_mappings_of_elements_are_not_those_that_came_in() -> None:
    given = {'a': 'b'}
    instance = elements.instance(1, metadata=given)
    given['a'] = 'c'
    assert instance.metadata == {'a': 'b'}


def test_elements_do_not_share_a_default() -> None:
    assert elements.instance(1).metadata == {}
    assert isinstance(elements.instance(1).extra_specs, schema.Strings)


def test_a_copy_of_a_mapping_may_be_changed() -> None:
    strings = schema.Strings(a='b')
    copied = strings.copy()
    copied['a'] = 'c'
    assert strings == {'a': 'b'}
    assert strings | {'d': 'e'} == {'a': 'b', 'd': 'e'}


def test_mappings_of_elements_can_be_copied_and_pickled() -> None:
    strings = schema.Strings(a='b')
    assert copy.copy(strings) is strings
    assert copy.deepcopy(strings) is strings
    loaded = pickle.loads(pickle.dumps(strings))
    assert loaded == strings
    assert type(loaded) is schema.Strings


def test_elements_can_be_copied_pickled_and_hashed_by_identity_of_facts() -> (
    None
):
    instance = elements.instance(1, metadata={'a': 'b'}, tags=('x',))
    assert copy.deepcopy(instance) == instance
    assert pickle.loads(pickle.dumps(instance)) == instance


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


def test_replacing_an_attribute_validates_it() -> None:
    instance = elements.instance(1)
    assert schema.replace(instance, vcpus=8).vcpus == 8
    with pytest.raises(pydantic.ValidationError):
        schema.replace(instance, vcpus='many')


def test_the_memory_of_a_migration_ends_with_the_task() -> None:
    moving = elements.instance(1, task_state='migrating', migrating_to='b')
    row = elements.instance(1, task_state='migrating')
    assert row.with_memory_of(moving).migrating_to == 'b'
    assert elements.instance(1).with_memory_of(moving).migrating_to is None


@pytest.mark.parametrize(
    ('element', 'vertex'),
    [
        (elements.node(1), elements.uuid(1)),
        (elements.instance(1), elements.uuid(1)),
        (elements.aggregate(1), elements.uuid(1)),
        (elements.group(1), elements.uuid(1)),
        (elements.flavor('small'), 'flavor/small'),
        (schema.Project(project_id='red'), 'project/red'),
        (schema.AvailabilityZone(name='az1'), 'zone/az1'),
    ],
)
def test_vertices_are_named_by_kind_and_key(
    element: schema.Element, vertex: str
) -> None:
    assert schema.key_of(element).vertex == vertex


def test_each_kind_has_attributes_with_descriptions() -> None:
    assert set(schema.ATTRIBUTES) == set(schema.Kind)
    for attributes in schema.ATTRIBUTES.values():
        assert all(attribute.description for attribute in attributes)


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


@pytest.mark.parametrize(
    ('key', 'element'),
    [
        (
            schema.ElementKey(schema.Kind.AVAILABILITY_ZONE, 'zone/a'),
            schema.AvailabilityZone(name='zone/a'),
        ),
        (
            schema.ElementKey(schema.Kind.PROJECT, 'red'),
            schema.Project(project_id='red'),
        ),
        (
            schema.ElementKey(schema.Kind.PORT, 'fa:16:3e:00:00:01'),
            schema.Port(mac_address='fa:16:3e:00:00:01'),
        ),
    ],
)
def test_what_is_implied_has_its_key_only(
    key: schema.ElementKey, element: schema.Element
) -> None:
    assert schema.implied_element(key) == element
    assert schema.key_of(element) == key


@pytest.mark.parametrize(
    'facts',
    [
        {'project_id': '\ud800'},
        {'ports': ('\ud800',)},
        {'volumes': ('\ud800',)},
        {'shares': ('\ud800',)},
    ],
)
def test_what_can_be_no_key_is_no_reference(
    facts: dict[str, typing.Any],
) -> None:
    """It would fail amid a commit, and take the other mutations with it."""
    with pytest.raises(pydantic.ValidationError):
        elements.instance(1, **facts)


def test_an_element_that_nothing_is_different_of_stays_itself() -> None:
    instance = elements.instance(1, metadata={'a': 'b'}, tags=('x',))
    same = schema.replace(
        instance, uuid=elements.uuid(1), metadata={'a': 'b'}, tags=['x']
    )
    assert same is instance


def test_what_is_not_replaced_is_the_same_object() -> None:
    instance = elements.instance(
        1, ports=('a', 'b'), updated_at=elements.moment(1)
    )
    replaced = schema.replace(instance, vcpus=instance.vcpus + 1)
    assert replaced == schema.replace(
        elements.instance(1, ports=('a', 'b'), vcpus=instance.vcpus + 1),
        updated_at=elements.moment(1),
    )
    assert replaced.uuid is instance.uuid
    assert replaced.ports is instance.ports
    assert replaced.updated_at is instance.updated_at


def test_a_fact_of_another_type_is_not_taken_for_the_same() -> None:
    """In Python True is 1."""
    instance = schema.replace(elements.instance(1), vcpus=1)
    assert type(schema.replace(instance, vcpus=True).vcpus) is int
    locked = schema.replace(elements.instance(1), locked=True)
    assert schema.replace(locked, locked=1).locked is True


@pytest.mark.parametrize('name', ['nothing', 'kind', 'resources'])
def test_an_element_has_no_other_attributes(name: str) -> None:
    with pytest.raises(exceptions.InvalidMutation, match=name):
        schema.replace(elements.instance(1), **{name: 1})


def test_what_replaces_an_attribute_is_validated() -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        schema.replace(elements.instance(1), vcpus=-1)
    assert caught.value.errors()[0]['loc'] == ('vcpus',)


def test_elements_share_what_is_equal() -> None:
    known = elements.instance(1, ports=('a', 'b'), name='old')
    element = copy.copy(
        elements.instance(1, ports=tuple('ab'), name=''.join('new'))
    )
    schema.share(element, known)
    assert element.ports is known.ports
    assert element.name == 'new'


@pytest.mark.parametrize(
    ('text', 'moment'),
    [
        ('2026-11-25T01:02:03Z', '2026-11-25T01:02:03+00:00'),
        ('2026-11-25T01:02:03.999999', '2026-11-25T01:02:03+00:00'),
        ('2026-11-25T01:02:03+02:00', '2026-11-24T23:02:03+00:00'),
    ],
)
def test_a_moment_is_read_in_utc_to_the_second(text: str, moment: str) -> None:
    read = schema.read_moment(text)
    assert isinstance(read, datetime.datetime)
    assert read.isoformat() == moment
    assert read.tzinfo is datetime.UTC


@pytest.mark.parametrize(
    'odd', [None, 7, 'soon', '0001-01-01T00:00:00+23:00', ['x']]
)
def test_what_is_no_moment_is_left_as_it_is(odd: object) -> None:
    assert schema.read_moment(odd) is odd


@pytest.mark.parametrize('name', ['kind', 'is_at_rest'])
def test_what_is_no_fact_is_refused_also_if_it_is_so(name: str) -> None:
    instance = elements.instance(1)
    with pytest.raises(exceptions.InvalidMutation, match=name):
        schema.replace(instance, **{name: getattr(instance, name)})


def test_only_elements_have_attributes_to_replace() -> None:
    with pytest.raises(exceptions.InvalidMutation, match='no element'):
        schema.replace('x', name='y')


def test_large_mappings_are_not_kept_to_be_shared() -> None:
    """They would stay when all that have them are gone."""
    many = {str(number): 'x' for number in range(100)}
    one, other = (elements.instance(n, metadata=many) for n in (1, 2))
    assert one.metadata == other.metadata == many
    assert one.metadata is not other.metadata
    one, other = (elements.instance(n, metadata={'a': 'b'}) for n in (1, 2))
    assert one.metadata is other.metadata
