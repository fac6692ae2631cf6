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


def _all(several: index.Index) -> dict[str, set[str]]:
    return {value: set(several.get(value)) for value in several}


def test_a_value_has_its_vertices() -> None:
    hosts = index.Index()
    for vertex in ('b', 'c', 'a'):
        hosts = hosts.with_one('h', vertex)
    assert set(hosts.get('h')) == {'a', 'b', 'c'}
    assert (len(hosts.get('h')), len(hosts.get('g'))) == (3, 0)
    assert ('h' in hosts, 'g' in hosts, len(hosts)) == (True, False, 1)


def test_an_element_may_have_many_values_and_lose_some() -> None:
    hosts = index.Index().with_changed('v', (), ('g', 'h'))
    hosts = hosts.with_changed('v', ('g', 'h'), ('h', 'i'))
    assert _all(hosts) == {'h': {'v'}, 'i': {'v'}}
    assert len(hosts.with_changed('v', ('h', 'i'), ())) == 0


def test_a_vertex_is_taken_once() -> None:
    hosts = index.Index().with_one('h', 'v').with_one('h', 'v')
    assert len(hosts.get('h')) == 1
    hosts = hosts.with_one('h', 'w').with_one('h', 'w')
    assert len(hosts.get('h')) == 2


def test_what_is_not_there_cannot_be_taken_out() -> None:
    hosts = index.Index().with_one('h', 'v')
    for value, vertex in (('h', 'w'), ('g', 'v')):
        assert _all(hosts.without_one(value, vertex)) == {'h': {'v'}}
    hosts = hosts.with_one('h', 'w').with_one('h', 'x')
    assert _all(hosts.without_one('h', 'y')) == {'h': {'v', 'w', 'x'}}


def test_one_of_many_can_be_taken_out_until_none_is_left() -> None:
    hosts = index.Index()
    for vertex in 'abc':
        hosts = hosts.with_one('h', vertex)
    left = {'a', 'b', 'c'}
    for vertex in 'bac':
        left.remove(vertex)
        hosts = hosts.without_one('h', vertex)
        assert set(hosts.get('h')) == left
    assert 'h' not in hosts


def test_an_index_never_changes() -> None:
    before = index.Index().with_one('h', 'v').with_one('h', 'w')
    before.with_one('h', 'x')
    before.without_one('h', 'v')
    before.with_changed('v', ('h',), ('g',))
    assert _all(before) == {'h': {'v', 'w'}}


def test_no_value_has_no_vertices() -> None:
    assert index.Index().with_one('h', 'v').get(None) == ()
