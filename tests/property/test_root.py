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
import typing

from hypothesis import stateful
from hypothesis import strategies as st

from cdm_graph.model import change
from cdm_graph.model import mutation
from cdm_graph.model import root
from cdm_graph.model import schema
from tests.support import elements

_NODES = range(1, 5)
_INSTANCES = range(11, 16)
_AGGREGATES = range(21, 24)
_GROUPS = range(31, 33)
_FLAVORS = ('small', 'large')
_PROJECTS = ('red', 'blue')
#: Two nodes on one host, as Ironic's are, and one name on two hosts.
_HOSTNAMES = ('alpha', 'beta', 'gamma')
_HOSTS = ('east', 'west', 'north')

_Edges = set[tuple[str, str, str]]


def _some(values: collections.abc.Sequence[typing.Any]) -> typing.Any:
    return st.sampled_from([None, *values])


_nodes = st.builds(
    lambda number, hostname, host: elements.node(
        number, hostname=hostname, service_host=host
    ),
    st.sampled_from(_NODES),
    st.sampled_from(_HOSTNAMES),
    st.sampled_from(_HOSTS),
)
_instances = st.builds(
    lambda number, **facts: elements.instance(number, **facts),
    st.sampled_from(_INSTANCES),
    node=_some(_HOSTNAMES),
    host=_some(_HOSTS),
    migrating_to=_some(_HOSTS),
    task_state=st.just('migrating'),
    flavor_name=_some(_FLAVORS),
    project_id=_some(_PROJECTS),
    vcpus=st.integers(0, 8),
    memory_mb=st.integers(0, 8192),
    swap_mb=st.integers(0, 3000),
    image_id=st.sampled_from([None, 'image']),
)
_aggregates = st.builds(
    lambda number, hosts, zone: elements.aggregate(
        number, hosts=tuple(sorted(hosts)), availability_zone=zone
    ),
    st.sampled_from(_AGGREGATES),
    st.sets(st.sampled_from(_HOSTS)),
    _some(('az1', 'az2')),
)
_groups = st.builds(
    lambda number, members, project: elements.group(
        number,
        members=tuple(sorted(map(elements.uuid, members))),
        project_id=project,
    ),
    st.sampled_from(_GROUPS),
    st.sets(st.sampled_from(_INSTANCES)),
    _some(_PROJECTS),
)
_flavors = st.builds(elements.flavor, st.sampled_from(_FLAVORS))
_any = st.one_of(_nodes, _instances, _aggregates, _groups, _flavors)


class _Oracle:
    """What the model should say, worked out from nothing but the elements."""

    def __init__(self, held: collections.abc.Iterable[schema.Element]) -> None:
        self.held = tuple(held)
        self.nodes = self._of(schema.ComputeNode)
        self.instances = self._of(schema.Instance)
        self.aggregates = self._of(schema.HostAggregate)
        self.groups = self._of(schema.ServerGroup)
        self.flavors = {flavor.name for flavor in self._of(schema.Flavor)}
        self.edges: _Edges = set()
        for instance in self.instances:
            self._instance(instance)
        for node in self.nodes:
            self._node(node)
        for group in self.groups:
            self._owner(group)

    def _of(self, cls: typing.Any) -> list[typing.Any]:
        return [each for each in self.held if isinstance(each, cls)]

    @property
    def vertices(self) -> set[str]:
        implied = {
            target
            for _source, _relation, target in self.edges
            if target.startswith(('zone/', 'project/'))
        }
        return implied | {schema.key_of(each).vertex for each in self.held}

    def host_of(self, instance: schema.Instance) -> str | None:
        named = [n for n in self.nodes if n.hostname == instance.node]
        if len(named) > 1:
            named = [n for n in named if n.service_host == instance.host]
        return named[0].uuid if named else None

    def _instance(self, instance: schema.Instance) -> None:
        hosting = self.host_of(instance)
        if hosting:
            self.edges.add((instance.uuid, 'HOSTED_ON', hosting))
        for node in self.nodes:
            if (
                node.service_host == instance.migrating_to
                and node.uuid != hosting
            ):
                self.edges.add((instance.uuid, 'MIGRATING_TO', node.uuid))
        for group in self.groups:
            if instance.uuid in group.members:
                self.edges.add((instance.uuid, 'MEMBER_OF', group.uuid))
        if instance.flavor_name in self.flavors:
            target = f'flavor/{instance.flavor_name}'
            self.edges.add((instance.uuid, 'OF_FLAVOR', target))
        self._owner(instance)

    def _node(self, node: schema.ComputeNode) -> None:
        mine = [a for a in self.aggregates if node.service_host in a.hosts]
        zones = [a.availability_zone for a in mine if a.availability_zone]
        zone = min(zones, default='nova')
        self.edges.add((node.uuid, 'IN_ZONE', f'zone/{zone}'))
        for aggregate in mine:
            self.edges.add((node.uuid, 'MEMBER_OF', aggregate.uuid))

    def _owner(self, element: typing.Any) -> None:
        if element.project_id:
            target = f'project/{element.project_id}'
            self.edges.add((element.uuid, 'OWNED_BY', target))

    def used(self, node: schema.ComputeNode) -> schema.Resources:
        total = schema.Resources()
        for instance in self.instances:
            if self.host_of(instance) == node.uuid:
                total += instance.resources
        return total


def _edges(model: root.ModelRoot) -> _Edges:
    return {
        (source, attributes['relation'], target)
        for (source, target), attributes in model.graph.edges.items()
    }


class _Follower:
    """What a listener can know of a model from its changes alone."""

    def __init__(self, model: root.ModelRoot) -> None:
        self.elements: dict[str, schema.Element] = {}
        self.edges: _Edges = set()
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
        self.model = root.ModelRoot()
        self.follower = _Follower(self.model)
        self.held: dict[schema.ElementKey, schema.Element] = {}
        self.snapshots: list[tuple[root.ModelRoot, _Edges, set[str]]] = []

    def _is_ambiguous(self, element: schema.Element) -> bool:
        """Whether two nodes would have one name on one host: no cloud has."""
        return isinstance(element, schema.ComputeNode) and any(
            isinstance(other, schema.ComputeNode)
            and other.uuid != element.uuid
            and (other.hostname, other.service_host)
            == (element.hostname, element.service_host)
            for other in self.held.values()
        )

    @stateful.rule(several=st.lists(_any, min_size=1, max_size=4))
    def put(self, several: list[schema.Element]) -> None:
        wanted = []
        for element in several:
            if not self._is_ambiguous(element):
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
        number=st.sampled_from(_INSTANCES),
        hostname=_some(_HOSTNAMES),
        host=_some(_HOSTS),
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
            (snapshot, _edges(snapshot), set(snapshot.graph))
        )

    @stateful.precondition(lambda self: self.snapshots)
    @stateful.rule(element=_any)
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
        oracle = _Oracle(self.held.values())
        assert set(self.model.graph) == oracle.vertices
        assert _edges(self.model) == oracle.edges
        for element in self.model.elements():
            shown = self.model.graph.nodes[schema.key_of(element).vertex]
            assert shown == schema.attributes_of(element)
        for node in oracle.nodes:
            used = self.model.get_node_used_resources(node)
            assert used == oracle.used(node)
            assert self.model.get_node_free_resources(node) == (
                node.capacity - used
            )

    @stateful.invariant()
    def counts_and_indices_follow(self) -> None:
        oracle = _Oracle(self.held.values())
        for relation, count in self.model.count_relations().items():
            assert count == sum(r == relation for _s, r, _t in oracle.edges)
        for kind, count in self.model.count_elements().items():
            assert count == sum(
                each.kind.value == kind for each in self.model.elements()
            )
        for hostname in _HOSTNAMES:
            found = self.model.get_by_name(schema.Kind.COMPUTE_NODE, hostname)
            assert {n.uuid for n in found} == {
                n.uuid for n in oracle.nodes if n.hostname == hostname
            }
        for host in _HOSTS:
            on_host = self.model.get_nodes_by_service_host(host)
            assert {n.uuid for n in on_host} == {
                n.uuid for n in oracle.nodes if n.service_host == host
            }

    @stateful.invariant()
    def the_changes_tell_all_of_it(self) -> None:
        assert self.follower.elements == {
            schema.key_of(each).vertex: each for each in self.model.elements()
        }
        assert self.follower.edges == _edges(self.model)

    @stateful.invariant()
    def snapshots_stand_still(self) -> None:
        """Contract 6: a snapshot sees nothing of the live model."""
        for snapshot, edges, vertices in self.snapshots[-3:]:
            assert _edges(snapshot) == edges
            assert set(snapshot.graph) == vertices


TestModelRoot = _Model.TestCase
