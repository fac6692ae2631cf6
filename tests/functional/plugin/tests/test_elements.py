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

"""The kinds, in a model of their own."""

import pydantic
import pytest

from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import plugins
from cdm_graph.model import schema
from cdm_graph_racks import elements


def test_the_kinds_are_declared_by_the_entry_point() -> None:
    assert plugins.MISTAKES == []
    assert schema.Kind('Rack') is elements.Rack.kind
    assert schema.ELEMENT_CLASSES[elements.Switch.kind] is elements.Switch


def test_a_rack_leads_to_its_hosts_and_switches() -> None:
    rack = elements.Rack(name='r1', hosts=('east',), switches=('leaf',))
    model = live_model.LiveModel([rack, elements.Switch(name='leaf')])
    assert model.graph.edges['rack/r1', 'switch/leaf'] == {
        'relation': 'CONNECTED_TO'
    }
    # Nobody has told of the node yet.
    [(vertex, reference)] = model.unresolved()
    assert (vertex, reference.name) == ('rack/r1', 'east')

    node = schema.ComputeNode(uuid='n', hostname='n', service_host='east')
    model.apply([mutation.Put(node)])
    assert model.graph.edges['n', 'rack/r1'] == {'relation': 'IN_RACK'}
    assert model.unresolved() == ()


def test_a_vertex_shows_what_no_relation_says() -> None:
    rack = elements.Rack(name='r1', power_budget_w=9000, hosts=('east',))
    model = live_model.LiveModel([rack])
    assert model.graph.nodes['rack/r1'] == {
        'kind': 'Rack',
        'name': 'r1',
        'room': '',
        'power_budget_w': 9000,
    }


def test_another_order_of_hosts_is_no_other_rack() -> None:
    one = elements.Rack(name='r1', hosts=('a', 'b'))
    assert elements.Rack(name='r1', hosts=('b', 'a')) == one


def test_what_is_no_power_is_refused() -> None:
    with pytest.raises(pydantic.ValidationError):
        elements.Rack(name='r1', power_budget_w=-1)
