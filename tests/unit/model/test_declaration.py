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
import pickle
import subprocess
import sys
import textwrap
import typing

import pydantic
import pytest

from cdm_graph import exceptions
from cdm_graph.model import declaration
from cdm_graph.model import schema
from tests.support import elements


def test_replacing_an_attribute_validates_it() -> None:
    instance = elements.instance(1)
    assert declaration.replace(instance, vcpus=8).vcpus == 8
    with pytest.raises(pydantic.ValidationError):
        declaration.replace(instance, vcpus='many')


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
    assert declaration.implied_element(key) == element
    assert schema.key_of(element) == key


def test_an_element_that_nothing_is_different_of_stays_itself() -> None:
    instance = elements.instance(1, metadata={'a': 'b'}, tags=('x',))
    same = declaration.replace(
        instance, uuid=elements.uuid(1), metadata={'a': 'b'}, tags=['x']
    )
    assert same is instance


def test_what_is_not_replaced_is_the_same_object() -> None:
    instance = elements.instance(
        1, ports=('a', 'b'), updated_at=elements.moment(1)
    )
    replaced = declaration.replace(instance, vcpus=instance.vcpus + 1)
    assert replaced == declaration.replace(
        elements.instance(1, ports=('a', 'b'), vcpus=instance.vcpus + 1),
        updated_at=elements.moment(1),
    )
    assert replaced.uuid is instance.uuid
    assert replaced.ports is instance.ports
    assert replaced.updated_at is instance.updated_at


def test_a_fact_of_another_type_is_not_taken_for_the_same() -> None:
    """In Python True is 1."""
    instance = declaration.replace(elements.instance(1), vcpus=1)
    assert type(declaration.replace(instance, vcpus=True).vcpus) is int
    locked = declaration.replace(elements.instance(1), locked=True)
    assert declaration.replace(locked, locked=1).locked is True


@pytest.mark.parametrize('name', ['nothing', 'kind', 'resources'])
def test_an_element_has_no_other_attributes(name: str) -> None:
    with pytest.raises(exceptions.InvalidMutation, match=name):
        declaration.replace(elements.instance(1), **{name: 1})


def test_an_element_is_not_made_of_facts_that_it_has_no_field_for() -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        elements.instance(1, vcpu=4)
    told = str(caught.value)
    assert 'Instance' in told
    assert '\nvcpu\n  Unexpected keyword argument' in told


def test_what_replaces_an_attribute_is_validated() -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        declaration.replace(elements.instance(1), vcpus=-1)
    assert caught.value.errors()[0]['loc'] == ('vcpus',)


def test_elements_share_what_is_equal() -> None:
    known = elements.instance(1, ports=('a', 'b'), name='old')
    element = copy.copy(
        elements.instance(1, ports=tuple('ab'), name=''.join('new'))
    )
    declaration.share(element, known)
    assert element.ports is known.ports
    assert element.name == 'new'


@pytest.mark.parametrize('name', ['kind', 'is_at_rest'])
def test_what_is_no_fact_is_refused_also_if_it_is_so(name: str) -> None:
    instance = elements.instance(1)
    with pytest.raises(exceptions.InvalidMutation, match=name):
        declaration.replace(instance, **{name: getattr(instance, name)})


def test_only_elements_have_attributes_to_replace() -> None:
    with pytest.raises(exceptions.InvalidMutation, match='no element'):
        declaration.replace('x', name='y')


def test_elements_can_be_copied_pickled_and_hashed_by_identity_of_facts() -> (
    None
):
    instance = elements.instance(1, metadata={'a': 'b'}, tags=('x',))
    assert copy.deepcopy(instance) == instance
    assert pickle.loads(pickle.dumps(instance)) == instance


def _declare(text: str) -> str:
    """Declare kinds in a process of its own; return what it prints."""
    head = (
        'from cdm_graph.model import declaration, fields, link, terms\n'
        'from cdm_graph.model.schema import Kind, Link, Relation, element\n'
        'from cdm_graph.model.schema import Direction, Element, field, Rule\n'
        'declaration._CLOSED.clear()\n'
    )
    done = subprocess.run(
        [sys.executable, '-c', head + textwrap.dedent(text)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_all_derives_from_what_is_declared() -> None:
    told = _declare("""
        @element(
            Link(
                'hosts', Relation.declare('IN_RACK'), Kind.COMPUTE_NODE,
                'The rack.', by='service_host', direction=Direction.IN,
            ),
            prefix='rack/',
        )
        class Rack(Element):
            kind = Kind.declare('Rack')
            key_field = 'name'
            name: fields.Key = field('Its name.')
            hosts: tuple[str, ...] = field(
                'Its hosts.', attribute=False, default=()
            )

        rack = Rack(name='a', hosts=('east',))
        print(declaration.key_of(rack).vertex)
        print(declaration.attributes_of(rack))
        print(declaration.RELATIONS[-1])
        print(declaration.replace(rack, hosts=()).hosts)
    """)
    assert told.splitlines() == [
        'rack/a',
        "{'kind': 'Rack', 'name': 'a'}",
        "('ComputeNode', 'IN_RACK', 'Rack', 'The rack.')",
        '()',
    ]


_KIND: typing.Final = """
@element({links})
class Disk(Element):
    kind = Kind.declare({kind!r})
    key_field = {key!r}
    uuid: fields.Key = field('Its UUID.')
    node: str = field('Where it is.', default='')
"""


@pytest.mark.parametrize(
    ('given', 'wrong'),
    [
        ({'kind': 'Volume'}, 'the kind Volume is declared already'),
        ({'key': 'name'}, "key_field names 'name', which is no field"),
        (
            {'links': "Link('x', Relation.PART_OF, Kind.CHASSIS, 'It is.')"},
            "a link names 'x', which is no field",
        ),
        (
            {
                'links': "Link('node', Relation.ATTACHED_TO, "
                "Kind.INSTANCE, 'It is.')"
            },
            'ATTACHED_TO is kept for what Nova attaches',
        ),
        (
            {
                'links': "Link('node', Relation.PART_OF, "
                "Kind.declare('Shelf'), 'It is.')"
            },
            'a link leads to Shelf: declare that before',
        ),
        (
            {
                'links': "Link('node', Relation.PART_OF, "
                "Kind.COMPUTE_NODE, 'It is.', by='serial')"
            },
            "a link goes by 'serial', which ComputeNode has not",
        ),
        (
            {
                'links': "Link('node', Relation.PART_OF, Kind.CHASSIS, 'a'), "
                "Link('node', Relation.PART_OF, Kind.PROJECT, 'b')"
            },
            'PART_OF leads from Disk to Chassis and Project',
        ),
        (
            {
                'links': "Link('node', Relation.PART_OF, "
                "Kind.COMPUTE_NODE, 'a'), "
                "Link('node', Relation.declare('USES'), "
                "Kind.COMPUTE_NODE, 'b', direction=Direction.IN)"
            },
            'its relations lead in a circle',
        ),
    ],
)
def test_what_the_model_cannot_follow_is_refused(
    given: dict[str, str], wrong: str
) -> None:
    stated = {'kind': 'Disk', 'key': 'uuid', 'links': '', **given}
    told = _declare(_KIND.format(**stated) + '\nprint("done")')
    assert wrong in told
    assert 'InvalidDeclaration: __main__.Disk: ' in told
    assert 'done' not in told


def test_a_kind_cannot_be_declared_late() -> None:
    stated = {'kind': 'Disk', 'key': 'uuid', 'links': ''}
    text = 'declaration.close()\n' + _KIND.format(**stated)
    assert 'it is too late to declare a kind' in _declare(text)
