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

from neo4j import graph
from neo4j import time

from tests.tck import answers
from tests.tck import notation


class _Elements:
    """Nodes and relationships as the driver makes them."""

    def __init__(self) -> None:
        self._graph = graph.Graph()

    def node(self, number: int, *labels: str, **found: object) -> graph.Node:
        return graph.Node(self._graph, str(number), number, labels, found)

    def relationship(
        self,
        number: int,
        kind: str,
        start: graph.Node,
        end: graph.Node,
        **found: object,
    ) -> graph.Relationship:
        made = self._graph.relationship_type(kind)(
            self._graph, str(number), number, found
        )
        made._start_node, made._end_node = start, end
        return made


def test_containers_keep_their_form() -> None:
    assert answers.value([1, {'a': [time.Date(2026, 1, 2)]}]) == [
        1,
        {'a': ['2026-01-02']},
    ]


def test_elements_of_a_graph_lose_their_identity() -> None:
    made = _Elements()
    one = made.node(1, 'A', n=time.Date(2026, 1, 2))
    two = made.node(2)
    assert answers.value(one) == notation.parse("(:A {n: '2026-01-02'})")
    assert answers.value(
        made.relationship(3, 'T', one, two, n=1)
    ) == notation.parse('[:T {n: 1}]')


def test_a_path_knows_its_directions() -> None:
    made = _Elements()
    one, two, three = made.node(1, 'A'), made.node(2, 'B'), made.node(3, 'C')
    path = graph.Path(
        one,
        made.relationship(4, 'T', one, two),
        made.relationship(5, 'U', three, two),
    )
    assert answers.value(path) == notation.parse(
        '<(:A)-[:T]->(:B)<-[:U]-(:C)>'
    )
