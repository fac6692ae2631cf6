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

from hypothesis import given
from hypothesis import strategies as st
import pytest

from cdm_graph.model import fields
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.store import contract
from cdm_graph.store import encoding
from tests.support import elements

_RELATION = schema.Relation


def _record(
    element: schema.Element, *others: schema.Element, region: str = 'here'
) -> contract.Record:
    model = live_model.LiveModel([*others, element])
    return encoding.record(model, element, region)


def test_an_element_is_its_attributes_and_where_it_is() -> None:
    record = _record(elements.flavor('small', vcpus=2))
    assert (record.kind, record.id) == (schema.Kind.FLAVOR, 'flavor/small')
    assert record.properties['region'] == 'here'
    assert record.properties['id'] == 'flavor/small'
    assert record.properties['vcpus'] == 2
    assert len(record.properties['hash']) == 24
    assert None not in record.properties.values()
    names = {each.name for each in schema.ATTRIBUTES[schema.Kind.FLAVOR]}
    assert record.properties.keys() <= names | {'region', 'id', 'hash'}
    assert record.relations == {}


def test_all_types_of_relations_are_told_also_where_there_are_none() -> None:
    assert _record(elements.instance(1)).relations == {
        _RELATION.HOSTED_ON: (),
        _RELATION.MIGRATING_TO: (),
        _RELATION.MEMBER_OF: (),
        _RELATION.OF_FLAVOR: (),
        _RELATION.OWNED_BY: (),
    }
    first, second = elements.node(1), elements.node(2)
    record = _record(
        elements.hosted(
            3,
            first,
            migrating_to='host-2',
            task_state='migrating',
            flavor_name='small',
            project_id='red',
        ),
        *(first, second, elements.flavor('small')),
        *(elements.group(n, members=(elements.uuid(3),)) for n in (5, 4)),
    )
    assert record.relations == {
        _RELATION.HOSTED_ON: (first.uuid,),
        _RELATION.MIGRATING_TO: (second.uuid,),
        _RELATION.MEMBER_OF: (elements.uuid(4), elements.uuid(5)),
        _RELATION.OF_FLAVOR: ('flavor/small',),
        _RELATION.OWNED_BY: ('project/red',),
    }


def test_the_hash_is_of_all_that_is_written_and_of_nothing_else() -> None:
    node = elements.node(1)
    server = elements.instance(2, metadata={'a': '1', 'b': '2'})
    told = _record(server).properties['hash']
    reversed_ = elements.instance(2, metadata={'b': '2', 'a': '1'})
    assert _record(reversed_, node).properties['hash'] == told
    others = {
        _record(elements.instance(2)).properties['hash'],
        _record(server, region='there').properties['hash'],
        # Only its relations differ.
        _record(server, elements.group(3, members=(server.uuid,))).properties[
            'hash'
        ],
        _record(server, elements.group(4, members=(server.uuid,))).properties[
            'hash'
        ],
    }
    assert len(others - {told}) == 4


def test_moments_stay_moments_and_flags_stay_flags() -> None:
    properties = _record(
        elements.instance(1, created_at=elements.moment(5), locked=True)
    ).properties
    assert properties['created_at'] == elements.moment(5)
    assert properties['created_at'].tzinfo is datetime.UTC
    assert properties['locked'] is True


@pytest.mark.parametrize(
    ('vcpus', 'stored'),
    [
        (2**63 - 1, 2**63 - 1),
        (2**63, '9223372036854775808'),
        (2**70, str(2**70)),
    ],
)
def test_a_number_of_more_than_64_bits_is_its_text(
    vcpus: int, stored: object
) -> None:
    server = elements.instance(1, vcpus=vcpus)
    properties = _record(server).properties
    assert properties['vcpus'] == stored
    facts = encoding.facts(schema.Kind.INSTANCE, properties)
    assert schema.Instance(**facts).vcpus == vcpus


def test_a_small_number_of_more_than_64_bits_is_its_text_too() -> None:
    for used, stored in (
        (-(2**63), -(2**63)),
        (-(2**63) - 1, str(-(2**63) - 1)),
    ):
        node = elements.node(1, vcpus_used=used)
        assert _record(node).properties['vcpus_used'] == stored


def test_what_is_no_unicode_is_written_with_a_backslash() -> None:
    model = live_model.LiveModel([elements.instance(1)])
    server = elements.instance(1)
    object.__setattr__(server, 'name', 'ö\ud800')
    object.__setattr__(server, 'tags', ('\udfff',))
    object.__setattr__(server, 'metadata', fields.Strings({'\ud800': 'x'}))
    model.apply([mutation.Put(server)])
    properties = encoding.record(model, server, 'here').properties
    assert properties['name'] == 'ö\\ud800'
    assert properties['tags'] == ['\\udfff']
    assert properties['metadata'] == ['\\ud800=x']
    key = schema.ElementKey(schema.Kind.INSTANCE, 'a\ud800')
    assert encoding.vertex_id(key) == 'a\\ud800'


def test_a_mapping_is_a_sorted_list_and_its_names_are_escaped() -> None:
    properties = _record(
        elements.instance(1, metadata={'b': 'x=y', 'a=%': '', '': '%3D'})
    ).properties
    assert properties['metadata'] == ['=%3D', 'a%3D%25=', 'b=x=y']


_texts = st.text(st.sampled_from('a=%23D5ö'), max_size=8)


@given(
    metadata=st.dictionaries(_texts, _texts, max_size=4),
    tags=st.lists(_texts, max_size=3).map(tuple),
    optional=st.none() | _texts,
    locked=st.booleans(),
)
def test_what_was_written_is_what_is_read(
    metadata: dict[str, str],
    tags: tuple[str, ...],
    optional: str | None,
    locked: bool,
) -> None:
    server = elements.instance(
        1,
        metadata=metadata,
        tags=tags,
        locked=locked,
        locked_reason=optional,
        created_at=elements.moment(3),
    )
    facts = encoding.facts(schema.Kind.INSTANCE, _record(server).properties)
    assert schema.Instance(**facts) == server


def test_what_is_no_attribute_is_no_fact() -> None:
    told: dict[str, typing.Any] = {'name': 'a', 'hash': 'x', 'color': 'red'}
    assert encoding.facts(schema.Kind.INSTANCE, told) == {'name': 'a'}


def test_a_target_comes_before_its_sources() -> None:
    assert sorted(encoding.ORDER) == sorted(schema.Kind)
    places = {kind: place for place, kind in enumerate(encoding.ORDER)}
    for source, relation, target, _ in schema.RELATIONS:
        assert places[target] < places[source]
        assert encoding.LEAVING[source][relation] is target
