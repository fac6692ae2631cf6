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

"""What the driver's own values become."""

import datetime
import typing

from neo4j import graph as graphs
from neo4j import spatial
from neo4j import time as times
import pytest

from cdm_graph.store import plain


def _graph() -> tuple[typing.Any, typing.Any, typing.Any]:
    """Return two nodes and a relation, as the driver makes them."""
    graph = graphs.Graph()
    node = graphs.Node(
        graph, '4:x:0', 0, ['Instance'], {'id': 'a', 'tags': ['t']}
    )
    other = graphs.Node(graph, '4:x:1', 1, ['B', 'ComputeNode'], {'id': 'b'})
    edge = graph.relationship_type('HOSTED_ON')(
        graph, '5:x:2', 2, {'weight': 1}
    )
    edge._start_node, edge._end_node = node, other
    return node, edge, other


@pytest.mark.parametrize(
    'found', [None, True, False, 0, 2**40, 1.5, '', 'ö\U0001f701']
)
def test_what_is_plain_stays_as_it_is(found: object) -> None:
    assert plain.value(found) is found


def test_a_node_is_its_kind_and_properties() -> None:
    node, _, other = _graph()
    assert plain.value(node) == {'kind': 'Instance', 'id': 'a', 'tags': ['t']}
    assert plain.value(other)['kind'] == 'B'
    bare = graphs.Node(graphs.Graph(), '4:x:9', 9, [], {})
    assert plain.value(bare) == {'kind': None}


def test_a_relation_is_its_type_and_ends() -> None:
    _, edge, _ = _graph()
    assert plain.value(edge) == {
        'relation': 'HOSTED_ON',
        'source': 'a',
        'target': 'b',
        'weight': 1,
    }


def test_a_relation_without_its_ends_says_so() -> None:
    graph = graphs.Graph()
    edge = graph.relationship_type('IN_ZONE')(graph, '5:x:3', 3, {})
    assert plain.value(edge) == {
        'relation': 'IN_ZONE',
        'source': None,
        'target': None,
    }


def test_a_path_is_nodes_and_relations_in_turn() -> None:
    node, edge, other = _graph()
    shown = plain.value(graphs.Path(node, edge))
    assert shown == [
        plain.value(node),
        plain.value(edge),
        plain.value(other),
    ]
    assert plain.value(graphs.Path(node)) == [plain.value(node)]


def test_lists_and_maps_are_taken_to_the_bottom() -> None:
    node, _, _ = _graph()
    assert plain.value({'a': [node, (1, None)]}) == {
        'a': [plain.value(node), [1, None]]
    }


def test_a_moment_is_in_utc() -> None:
    noon = times.DateTime(2026, 1, 2, 12, 0, 0)
    shown = plain.value(noon)
    assert shown == datetime.datetime(2026, 1, 2, 12, tzinfo=datetime.UTC)
    zone = datetime.timezone(datetime.timedelta(hours=2))
    shown = plain.value(times.DateTime(2026, 1, 2, 12, 0, 0, tzinfo=zone))
    assert shown == datetime.datetime(2026, 1, 2, 10, tzinfo=datetime.UTC)
    assert shown.tzinfo is datetime.UTC


@pytest.mark.parametrize(
    ('found', 'shown'),
    [
        (times.Date(2026, 1, 2), '2026-01-02'),
        (times.Time(3, 4, 5), '03:04:05.000000000'),
        (times.Duration(days=2), 'P2D'),
        (b'\x00\xff', '00ff'),
        (bytearray(b'\x01'), '01'),
    ],
)
def test_other_values_are_text(found: object, shown: str) -> None:
    assert plain.value(found) == shown


def test_a_point_is_text() -> None:
    assert plain.value([spatial.WGS84Point((1.5, 2.5))]) == [
        'WGS84Point(1.5, 2.5)'
    ]
