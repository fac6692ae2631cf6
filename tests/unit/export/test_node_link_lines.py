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

import networkx as nx
import pytest

from cdm_graph.export import node_link
from cdm_graph.export import node_link_lines
from cdm_graph.model import live_model
from cdm_graph.model import root
from tests.unit.export import models


@pytest.mark.parametrize(
    'model', [models.ordinary(), models.hostile(), live_model.LiveModel()]
)
def test_lines_hold_what_the_one_object_holds(model: root.ModelRoot) -> None:
    text = ''.join(node_link_lines.chunks(model))
    head, *rows = map(json.loads, text.splitlines())
    document = json.loads(''.join(node_link.chunks(model)))
    # Each was taken at another moment.
    for about in (head, document):
        del about['graph']['taken_at']
    assert {**head, **_split(rows)} == document


def _split(rows: list[dict[str, object]]) -> dict[str, object]:
    """Return nodes and edges as the documentation tells them apart."""
    return {
        'nodes': [row for row in rows if 'id' in row],
        'edges': [row for row in rows if 'source' in row],
    }


def test_networkx_reads_what_was_read_line_by_line() -> None:
    model = models.ordinary()
    text = ''.join(node_link_lines.chunks(model))
    head, *rows = map(json.loads, text.splitlines())
    read = nx.node_link_graph({**head, **_split(rows)}, edges='edges')
    assert nx.to_dict_of_dicts(read) == nx.to_dict_of_dicts(model.graph)
