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

"""The model's graph against one that is computed anew after each step."""

import collections.abc

from hypothesis import stateful
from hypothesis import strategies as st

from cdm_graph.model import change
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import root
from cdm_graph.model import schema
from tests.support import elements
from tests.support import oracle


class _Follower:
    """What a listener can know of a model from its changes alone."""

    def __init__(self, model: root.ModelRoot) -> None:
        self.elements: dict[str, schema.Element] = {}
        self.edges: oracle.Edges = set()
        self.sequence = model.sequence
        model.subscribe(self._take)

    def _take(self, changes: collections.abc.Sequence[change.Change]) -> None:
        for each in changes:
            assert each.sequence == self.sequence + 1
            self.sequence = each.sequence
            vertex = each.key.vertex
            assert self.elements.pop(vertex, None) == each.before
            if each.after is not None:
                self.elements[vertex] = each.after
            gone = {
                (e.source, e.relation.value, e.target) for e in each.unrelated
            }
            assert gone <= self.edges
            self.edges -= gone
            self.edges |= {
                (e.source, e.relation.value, e.target) for e in each.related
            }


class _Model(stateful.RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.model = live_model.LiveModel()
        self.follower = _Follower(self.model)
        self.held: dict[schema.ElementKey, schema.Element] = {}
        self.snapshots: list[
            tuple[root.ModelRoot, oracle.Edges, set[str]]
        ] = []

    @stateful.rule(
        several=st.lists(oracle.any_element, min_size=1, max_size=4)
    )
    def put(self, several: list[schema.Element]) -> None:
        wanted = []
        for element in several:
            if not oracle.is_ambiguous(element, self.held):
                self.held[schema.key_of(element)] = element
                wanted.append(mutation.Put(element))
        verdicts = self.model.apply(wanted)
        assert {verdict.outcome.value for verdict in verdicts} <= {
            'applied',
            'duplicate',
        }

    @stateful.precondition(lambda self: self.held)
    @stateful.rule(data=st.data(), announced=st.booleans())
    def remove(self, data: st.DataObject, announced: bool) -> None:
        key = data.draw(st.sampled_from(sorted(self.held)))
        del self.held[key]
        gone: mutation.Mutation = mutation.Absence(key, self.model.fence())
        if announced:
            gone = mutation.Deletion(key)
        (verdict,) = self.model.apply([gone])
        assert verdict.outcome is mutation.Outcome.APPLIED

    @stateful.rule(
        number=st.sampled_from(oracle.INSTANCES),
        hostname=oracle.some(oracle.HOSTNAMES),
        host=oracle.some(oracle.HOSTS),
        seconds=st.integers(-5, 5),
    )
    def hint(
        self, number: int, hostname: str | None, host: str | None, seconds: int
    ) -> None:
        """Contract 4: what is not newer changes nothing."""
        key = schema.ElementKey(schema.Kind.INSTANCE, elements.uuid(number))
        facts = {
            'node': hostname,
            'host': host,
            'updated_at': elements.moment(seconds),
        }
        (verdict,) = self.model.apply(
            [
                mutation.Hint(
                    key,
                    facts,
                    elements.moment(seconds),
                    version=elements.moment(seconds),
                )
            ]
        )
        known = self.held.get(key)
        if (
            isinstance(known, schema.Instance)
            and known.updated_at is not None
            and verdict.outcome is mutation.Outcome.APPLIED
        ):
            assert known.updated_at < elements.moment(seconds)
            self.held[key] = schema.replace(known, **facts)
        else:
            assert verdict.outcome is not mutation.Outcome.APPLIED

    @stateful.rule()
    def take_snapshot(self) -> None:
        snapshot = self.model.snapshot()
        assert snapshot.sequence == self.model.sequence
        self.snapshots.append(
            (snapshot, oracle.edges_of(snapshot), set(snapshot.graph))
        )

    @stateful.precondition(lambda self: self.snapshots)
    @stateful.rule(element=oracle.any_element)
    def change_snapshot(self, element: schema.Element) -> None:
        """Contract 6: the live model sees nothing of it."""
        snapshot, _known, _vertices = self.snapshots.pop()
        snapshot.apply([mutation.Put(element)])
        if snapshot.graph:
            vertex = next(iter(snapshot.graph))
            snapshot.graph.nodes[vertex]['name'] = 'changed'
            snapshot.graph.remove_node(vertex)

    @stateful.invariant()
    def the_graph_follows_from_the_elements(self) -> None:
        """Contract 5: no phantoms, no orphans, both ends of a relation."""
        true = oracle.Oracle(self.held.values())
        assert set(self.model.graph) == true.vertices
        assert oracle.edges_of(self.model) == true.edges
        for element in self.model.elements():
            shown = self.model.graph.nodes[schema.key_of(element).vertex]
            assert shown == schema.attributes_of(element)
        for node in true.nodes:
            used = self.model.get_node_used_resources(node)
            assert used == true.used(node)
            assert self.model.get_node_free_resources(node) == (
                node.capacity - used
            )

    @stateful.invariant()
    def counts_and_indices_follow(self) -> None:
        true = oracle.Oracle(self.held.values())
        for relation, count in self.model.count_relations().items():
            assert count == sum(r == relation for _s, r, _t in true.edges)
        for kind, count in self.model.count_elements().items():
            assert count == sum(
                each.kind.value == kind for each in self.model.elements()
            )
        for hostname in oracle.HOSTNAMES:
            found = self.model.get_by_name(schema.Kind.COMPUTE_NODE, hostname)
            assert {n.uuid for n in found} == {
                n.uuid for n in true.nodes if n.hostname == hostname
            }
        for host in oracle.HOSTS:
            on_host = self.model.get_nodes_by_service_host(host)
            assert {n.uuid for n in on_host} == {
                n.uuid for n in true.nodes if n.service_host == host
            }

    @stateful.invariant()
    def the_changes_tell_all_of_it(self) -> None:
        assert self.follower.elements == {
            schema.key_of(each).vertex: each for each in self.model.elements()
        }
        assert self.follower.edges == oracle.edges_of(self.model)

    @stateful.invariant()
    def snapshots_stand_still(self) -> None:
        """Contract 6: a snapshot sees nothing of the live model."""
        for snapshot, edges, vertices in self.snapshots[-3:]:
            assert oracle.edges_of(snapshot) == edges
            assert set(snapshot.graph) == vertices


TestModelRoot = _Model.TestCase
