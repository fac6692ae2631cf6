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
from cdm_graph.model import neighbourhood
from cdm_graph.model import root
from cdm_graph.model import schema
from tests.support import elements

_NODE = elements.node(1, hostname='alpha')
_OTHER = elements.node(2, hostname='beta')
_SERVERS = [
    elements.hosted(number, _NODE, project_id='red') for number in (11, 12)
]
_NEIGHBOUR = elements.hosted(13, _OTHER, project_id='red')
_KIND = schema.Kind


@pytest.fixture
def model() -> root.ModelRoot:
    return live_model.LiveModel([_NODE, _OTHER, *_SERVERS, _NEIGHBOUR])


def _vertices(*several: schema.Element) -> list[str]:
    return [schema.key_of(each).vertex for each in several]


def test_it_goes_both_ways_and_the_nearest_come_first(
    model: root.ModelRoot,
) -> None:
    part = neighbourhood.around(
        model, [_NODE], neighbourhood.Reach(kinds=frozenset({_KIND.INSTANCE}))
    )
    assert next(iter(part.elements)) == _NODE.uuid
    assert set(part.elements) == set(_vertices(_NODE, *_SERVERS))
    assert {(edge.source, edge.target) for edge in part.edges} == {
        (vertex, _NODE.uuid) for vertex in _vertices(*_SERVERS)
    }
    assert part.more == {}


def test_it_goes_as_deep_as_is_wanted(model: root.ModelRoot) -> None:
    kinds = frozenset({_KIND.INSTANCE, _KIND.PROJECT, _KIND.COMPUTE_NODE})
    found = [
        set(
            neighbourhood.around(
                model, [_NODE], neighbourhood.Reach(depth, kinds=kinds)
            ).elements
        )
        for depth in range(5)
    ]
    assert found[0] == {_NODE.uuid}
    assert found[1] == found[0] | set(_vertices(*_SERVERS))
    assert found[2] == found[1] | {'project/red'}
    assert found[3] == found[2] | {_NEIGHBOUR.uuid}
    assert found[4] == found[3] | {_OTHER.uuid}


def test_it_goes_along_the_relations_that_are_wanted(
    model: root.ModelRoot,
) -> None:
    part = neighbourhood.around(
        model,
        [_NODE],
        neighbourhood.Reach(
            9, relations=frozenset({schema.Relation.HOSTED_ON})
        ),
    )
    assert next(iter(part.elements)) == _NODE.uuid
    assert set(part.elements) == set(_vertices(_NODE, *_SERVERS))
    assert {edge.relation for edge in part.edges} == {
        schema.Relation.HOSTED_ON
    }


def test_what_is_too_much_is_counted(model: root.ModelRoot) -> None:
    reach = neighbourhood.Reach(
        depth=2, kinds=frozenset({_KIND.INSTANCE, _KIND.PROJECT}), most=2
    )
    part = neighbourhood.around(model, [_NODE], reach)
    assert len(part.elements) == 2
    shown = list(part.elements)[1]
    assert part.more == {_NODE.uuid: 1, shown: 1}


def test_several_roots_are_looked_around(model: root.ModelRoot) -> None:
    part = neighbourhood.around(model, [_NODE, _OTHER], neighbourhood.Reach(0))
    assert list(part.elements) == [_NODE.uuid, _OTHER.uuid]


def test_a_root_has_to_be_in_the_model(model: root.ModelRoot) -> None:
    with pytest.raises(exceptions.ElementNotFound):
        neighbourhood.around(model, [elements.node(7)], neighbourhood.Reach())
