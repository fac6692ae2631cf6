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

from cdm_graph import exceptions
from cdm_graph.model import live_model
from cdm_graph.model import reference
from cdm_graph.model import schema
from tests.support import elements

_NODE = elements.node(1, hostname='alpha', service_host='east')
_WEB = elements.hosted(11, _NODE, name='web', project_id='red')
_TWINS = [
    elements.hosted(number, _NODE, name='twin', project_id='red')
    for number in (12, 13)
]
_MODEL = live_model.LiveModel([_NODE, _WEB, *_TWINS, elements.flavor('red')])


@pytest.mark.parametrize(
    ('called', 'vertex'),
    [
        (_NODE.uuid, _NODE.uuid),
        ('alpha', _NODE.uuid),
        ('east', _NODE.uuid),
        ('web', _WEB.uuid),
        ('project/red', 'project/red'),
        ('flavor/red', 'flavor/red'),
    ],
)
def test_an_element_is_found_by_whatever_it_is_called(
    called: str, vertex: str
) -> None:
    found = reference.find(_MODEL, called)
    assert schema.key_of(found).vertex == vertex


@pytest.mark.parametrize('called', ['', 'nonsense', 'flavor/web', 'WEB'])
def test_what_nothing_is_called_is_told(called: str) -> None:
    with pytest.raises(exceptions.NameUnknown, match='Nothing'):
        reference.find(_MODEL, called)


def test_of_several_the_ids_are_told() -> None:
    with pytest.raises(
        exceptions.NameAmbiguous,
        match=rf"2 elements are called 'twin'.*Instance {_TWINS[0].uuid}",
    ):
        reference.find(_MODEL, 'twin')


def test_a_key_of_several_kinds_is_ambiguous() -> None:
    found = reference.find_all(_MODEL, 'red')
    assert {each.kind for each in found} == {
        schema.Kind.PROJECT,
        schema.Kind.FLAVOR,
    }
