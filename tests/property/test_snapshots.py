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

"""Snapshots are isolated, and those that are read-only are: a quick search."""

import networkx as nx
import pytest

from cdm_graph import exceptions
from cdm_graph.model import live_model
from tests.property import snapshots
from tests.support import elements


def test_snapshots() -> None:
    assert snapshots.attempt(1, 50, False) >= 50


def test_every_way_to_write_into_a_read_only_snapshot_is_refused() -> None:
    model = live_model.LiveModel(
        [elements.node(1), elements.hosted(11, elements.node(1))]
    )
    graph = model.snapshot(read_only=True).graph
    before = snapshots.picture(graph)
    one, other = elements.uuid(1), elements.uuid(11)
    for change in (
        lambda g: g.add_node('mine'),
        lambda g: g.add_node(one, name='x'),
        lambda g: g.add_edge(one, other),
        lambda g: g.add_edge(other, one, mine=1),
        lambda g: g.remove_node(one),
        lambda g: g.remove_edge(other, one),
        lambda g: g.clear(),
        lambda g: g.clear_edges(),
        lambda g: g.update(edges=[(one, other)]),
        lambda g: g.nodes[one].update(name='x'),
        lambda g: g.nodes[one].pop('name'),
        lambda g: g.nodes[one].setdefault('mine', 1),
        lambda g: g.nodes[one].popitem(),
        lambda g: g.edges[other, one].clear(),
        lambda g: g.adj[other][one].__delitem__('relation'),
        lambda g: g.pred[one][other].__setitem__('relation', 'x'),
        lambda g: g.graph.__setitem__('name', 'x'),
        lambda g: setattr(g, 'name', 'x'),
        lambda g: g.graph.__ior__({'name': 'x'}),
        lambda g: nx.set_node_attributes(g, {one: {'mine': 1}}),
        lambda g: nx.relabel_nodes(g, {one: 'x'}, copy=False),
        lambda g: nx.contracted_nodes(g, one, other, copy=False),
        lambda g: g._node.clear(),
        lambda g: g._succ.pop(one),
        lambda g: g._pred.popitem(),
        lambda g: g._node.setdefault('x', {}),
        lambda g: g._succ.update({'x': {}}),
    ):
        with pytest.raises(exceptions.ReadOnlySnapshot, match='fork'):
            change(graph)
        assert snapshots.picture(graph) == before
