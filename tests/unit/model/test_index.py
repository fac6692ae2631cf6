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

from cdm_graph.model import index
from cdm_graph.model import schema
from tests.support import elements


def _hosts() -> index.Index:
    return index.Index(lambda element: tuple(element.hosts))


def test_a_value_has_its_vertices_in_the_order_in_which_they_came() -> None:
    hosts = _hosts()
    for vertex in ('b', 'c', 'a'):
        hosts.replace(vertex, None, elements.aggregate(1, hosts=('h',)))
    assert hosts.get('h') == ('b', 'c', 'a')
    assert (hosts.count('h'), hosts.count('g')) == (3, 0)


def test_an_element_may_have_many_values_and_lose_some() -> None:
    hosts = _hosts()
    before = elements.aggregate(1, hosts=('g', 'h'))
    after = elements.aggregate(1, hosts=('h', 'i'))
    hosts.replace('v', None, before)
    hosts.replace('v', before, after)
    assert [hosts.get(name) for name in 'ghi'] == [(), ('v',), ('v',)]
    hosts.replace('v', after, None)
    assert hosts._vertices == {}


def test_no_value_has_no_vertices() -> None:
    names = index.Index(lambda element: (None,))
    names.replace('v', None, elements.node(1))
    assert names.get(None) == ()
    assert names._vertices == {}


def test_indices_are_built_from_what_is_there() -> None:
    node, instance = elements.node(1), elements.instance(2, node='node-1')
    indices = index.Indices([('n', node), ('i', instance)])
    assert indices.of_kind(schema.Kind.COMPUTE_NODE) == ('n',)
    assert indices.count(schema.Kind.COMPUTE_NODE) == 1
    assert indices.count(schema.Kind.FLAVOR) == 0
    assert indices.instances_by_node.get('node-1') == ('i',)
    indices.replace('i', instance, None)
    assert indices.instances_by_node.get('node-1') == ()
