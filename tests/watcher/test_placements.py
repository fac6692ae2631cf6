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

import networkx as nx
import pytest

from cdm_graph.integration.watcher import placements

_ON = {'x': 'ab', 'y': 'c'}
_PLACES = {key: place for place, keys in _ON.items() for key in keys}


def _placements() -> placements.Placements:
    """Return a and b on x, c on y, and d on none."""
    return placements.Placements(lambda place: _ON[place], _PLACES.get)


def test_they_begin_as_the_snapshot_has_them() -> None:
    places = _placements()
    assert [places.of(key) for key in 'abcd'] == ['x', 'x', 'y', None]
    assert list(places.on('x')) == ['a', 'b']


def test_what_is_moved_comes_last_where_it_goes() -> None:
    places = _placements()
    places.move('a', 'y')
    places.move('d', 'y')
    places.move('c', 'y')
    assert list(places.on('x')) == ['b']
    assert list(places.on('y')) == ['c', 'a', 'd']
    assert places.of('a') == 'y'


def test_nothing_is_taken_from_where_it_is_not() -> None:
    places = _placements()
    with pytest.raises(nx.NetworkXError, match='a-y not in graph'):
        places.detach('a', 'y')
    places.detach('a', 'x')
    assert places.of('a') is None


def test_what_leaves_is_on_none() -> None:
    places = _placements()
    places.leave('a')
    places.leave('d')
    assert [places.of('a'), places.of('d')] == [None, None]
    assert list(places.on('x')) == ['b']


def test_what_is_on_a_place_that_is_closed_is_on_none() -> None:
    places = _placements()
    places.close('x')
    assert [places.of('a'), places.of('b')] == [None, None]
    places.open('x')
    assert list(places.on('x')) == []


def test_to_open_a_place_again_changes_nothing() -> None:
    places = _placements()
    places.attach('d', 'x')
    places.open('x')
    assert list(places.on('x')) == ['a', 'b', 'd']
