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

import json
import pathlib
import typing

from cdm_graph.export import elements as shown
from cdm_graph.model import live_model
from cdm_graph.model import neighbourhood
from cdm_graph.model import schema
from tests.support import elements

#: What was promised of each version.
_PROMISED: typing.Final = pathlib.Path(__file__).with_name('fields.json')
_NODE = elements.node(1, hostname='alpha')
_SERVER = elements.hosted(11, _NODE, name='web', project_id='red')
_MODEL = live_model.LiveModel([_NODE, _SERVER])


def test_what_was_promised_is_shown() -> None:
    promised = json.loads(_PROMISED.read_text())[str(shown.VERSION)]
    for kind, attributes in schema.ATTRIBUTES.items():
        names = {attribute.name for attribute in attributes}
        # A new field is no break; write it there when it is released.
        assert set(promised[kind.value]) <= names, kind


def test_an_element_is_shown_with_all_its_attributes() -> None:
    row = shown.row(_SERVER)
    assert json.loads(json.dumps(row)) == row
    assert (row['id'], row['kind'], row['label']) == (
        _SERVER.uuid,
        'Instance',
        'web',
    )
    names = {each.name for each in schema.ATTRIBUTES[schema.Kind.INSTANCE]}
    assert set(row) == {'id', 'kind', 'label'} | names


def test_relations_are_shown_whichever_way_they_point() -> None:
    hosted = {
        'relation': 'HOSTED_ON',
        'direction': 'out',
        'id': _NODE.uuid,
        'kind': 'ComputeNode',
        'label': 'alpha',
    }
    assert hosted in shown.relations(_MODEL, _SERVER)
    assert {
        'relation': 'HOSTED_ON',
        'direction': 'in',
        'id': _SERVER.uuid,
        'kind': 'Instance',
        'label': 'web',
    } in shown.relations(_MODEL, _NODE)


def test_a_part_of_the_graph_is_nodes_and_edges() -> None:
    part = neighbourhood.around(
        _MODEL,
        [_NODE],
        neighbourhood.Reach(kinds=frozenset({schema.Kind.INSTANCE})),
    )
    graph = shown.graph(part)
    assert [node['id'] for node in graph['nodes']] == [
        _NODE.uuid,
        _SERVER.uuid,
    ]
    assert graph['edges'] == [
        {
            'source': _SERVER.uuid,
            'relation': 'HOSTED_ON',
            'target': _NODE.uuid,
        }
    ]
    assert graph['more'] == {}
