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
import typing

import networkx as nx
import pytest

from cdm_graph.export import node_link
from cdm_graph.export import values
from cdm_graph.model import live_model
from cdm_graph.model import root
from tests.support import elements
from tests.unit.export import models


def _document(model: root.ModelRoot) -> dict[str, typing.Any]:
    document: dict[str, typing.Any]
    document = json.loads(''.join(node_link.chunks(model)))
    return document


@pytest.mark.parametrize(
    'model', [models.ordinary(), models.hostile(), live_model.LiveModel()]
)
def test_networkx_reads_back_what_was_written(model: root.ModelRoot) -> None:
    read = nx.node_link_graph(_document(model), edges='edges')
    assert isinstance(read, nx.DiGraph)
    assert set(read) == set(model.graph)
    for vertex, attributes in model.graph.nodes.items():
        assert read.nodes[vertex] == values.plain(attributes)
    assert nx.to_dict_of_dicts(read) == nx.to_dict_of_dicts(model.graph)


def test_the_document_is_as_it_is_documented() -> None:
    document = _document(models.ordinary())
    assert (document['directed'], document['multigraph']) == (True, False)
    assert document['graph']['readiness'] == models.readiness().value
    (node,) = [n for n in document['nodes'] if n['kind'] == 'ComputeNode']
    assert node['id'] == elements.uuid(1)
    (instance,) = [n for n in document['nodes'] if n['kind'] == 'Instance']
    assert instance['updated_at'] == '2026-01-01T00:00:00Z'
    assert instance['tags'] == ['a', 'b']
    assert instance['task_state'] is None
    assert {
        'source': elements.uuid(2),
        'target': elements.uuid(1),
        'relation': 'HOSTED_ON',
    } in document['edges']


@pytest.mark.parametrize('text', models.HOSTILE)
def test_any_text_survives(text: str) -> None:
    model = models.ordinary().snapshot()
    model.graph.nodes[elements.uuid(2)]['name'] = text
    written = ''.join(node_link.chunks(model))
    written.encode()
    read = nx.node_link_graph(json.loads(written), edges='edges')
    assert read.nodes[elements.uuid(2)]['name'] == text


def test_each_element_is_on_a_line_of_its_own() -> None:
    model = models.ordinary()
    lines = ''.join(node_link.chunks(model)).splitlines()
    found = sum('"kind"' in line for line in lines)
    assert found == model.graph.number_of_nodes()
