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

"""The tables of a model: its elements, and who is near whom.

Every table is a persistent map (a hash array mapped trie): a copy of all of
them takes microseconds, whatever their size, and neither the copy nor what it
was made of ever sees a change of the other.  That is what makes snapshots
isolated and free.

What follows from the elements is kept once:

- The relations that leave an element follow from its references and are not
  kept at all (:mod:`cdm_graph.model.relations`).  Kept are those that come in:
  at each *hub* (a node, flavor, project, zone, aggregate or group) its
  neighbours, and at each device (a port, volume or share) the servers that it
  is attached to.
- An element of an implied kind is no more than its key, and exists while
  something is related to it: there is no table of them.

It promises no thread-safety: whoever changes it has the lock.
"""

import collections.abc
import operator
import typing

import immutables

from cdm_graph.model import change
from cdm_graph.model import index
from cdm_graph.model import schema

_KIND = schema.Kind
#: From the neighbours of a hub to their relations to it.
Neighbours = immutables.Map[str, schema.Relation]
ElementMap = immutables.Map[str, schema.Element]
_NOBODY: typing.Final[Neighbours] = immutables.Map()

#: Kinds whose elements others are related to.
HUBS: typing.Final = (
    _KIND.COMPUTE_NODE,
    _KIND.HOST_AGGREGATE,
    _KIND.AVAILABILITY_ZONE,
    _KIND.SERVER_GROUP,
    _KIND.FLAVOR,
    _KIND.PROJECT,
)
#: Kinds whose elements are attached to servers.
DEVICES: typing.Final = (_KIND.PORT, _KIND.VOLUME, _KIND.SHARE)
#: Kinds whose elements are kept, the most frequent first.
KEPT: typing.Final = (
    _KIND.INSTANCE,
    _KIND.COMPUTE_NODE,
    _KIND.FLAVOR,
    _KIND.SERVER_GROUP,
    _KIND.HOST_AGGREGATE,
)
#: Hubs that exist while something is related to them.
IMPLIED_HUBS: typing.Final = (_KIND.PROJECT, _KIND.AVAILABILITY_ZONE)
#: Kinds with names that are not their keys, and the fields with these.
_NAME_OF: typing.Final = {
    kind: operator.attrgetter('name')
    for kind, cls in schema.ELEMENT_CLASSES.items()
    if hasattr(cls, 'name') and cls.key_field != 'name'
}


class Tables:
    """The elements of a model, and what is found by them."""

    __slots__ = (
        'aggregates_by_host',
        'attached',
        'elements',
        'groups_by_member',
        'names',
        'near',
        'nodes_by_host',
        'waiting',
    )

    def __init__(self) -> None:
        self.elements: dict[schema.Kind, ElementMap] = {
            kind: immutables.Map() for kind in KEPT
        }
        #: The relations that come in at each hub.
        self.near: dict[schema.Kind, immutables.Map[str, Neighbours]] = {
            kind: immutables.Map() for kind in HUBS
        }
        #: The servers that each device is attached to.
        self.attached = {kind: index.Index() for kind in DEVICES}
        self.names = {kind: index.Index() for kind in _NAME_OF}
        self.nodes_by_host = index.Index()
        self.aggregates_by_host = index.Index()
        self.groups_by_member = index.Index()
        #: Instances, by what they refer to and what is not known.
        self.waiting = index.Index()

    def copy(self) -> 'Tables':
        """Return tables of their own with the same content."""
        copy = object.__new__(Tables)
        copy.elements = self.elements.copy()
        copy.near = self.near.copy()
        copy.attached = self.attached.copy()
        copy.names = self.names.copy()
        copy.nodes_by_host = self.nodes_by_host
        copy.aggregates_by_host = self.aggregates_by_host
        copy.groups_by_member = self.groups_by_member
        copy.waiting = self.waiting
        return copy

    # -- elements ----------------------------------------------------------

    def find(self, key: schema.ElementKey) -> schema.Element | None:
        """Return the element with that key, or none."""
        kept = self.elements.get(key.kind)
        if kept is not None:
            return kept.get(key.vertex)
        vertex = key.vertex
        if self._has_implied(key.kind, vertex):
            return schema.implied_element(key)
        return None

    def kind_of(self, vertex: typing.Any) -> schema.Kind | None:
        """Return the kind of the element at a vertex; none without one."""
        for kind in KEPT:
            if vertex in self.elements[kind]:
                return kind
        return self._implied_kind_of(vertex)

    def element_at(self, vertex: str) -> schema.Element | None:
        """Return the element at a vertex, or none."""
        for kind in KEPT:
            element = self.elements[kind].get(vertex)
            if element is not None:
                return element
        implied = self._implied_kind_of(vertex)
        if implied is None:
            return None
        return schema.implied_element(schema.key_at(implied, vertex))

    def named(
        self, kind: schema.Kind, name: str
    ) -> tuple[schema.Element, ...]:
        """Return the elements of a kind with that name."""
        names = self.names.get(kind)
        if names is not None:
            kept = self.elements[kind]
            return tuple(kept[vertex] for vertex in names.get(name))
        element = self.find(schema.ElementKey(kind, name))
        return (
            ()
            if element is None or not hasattr(element, 'name')
            else (element,)
        )

    def nodes_on(self, service_host: str) -> list[schema.ComputeNode]:
        """Return the nodes of a nova-compute service, by their vertices."""
        nodes = self.elements[_KIND.COMPUTE_NODE]
        found = (
            nodes[vertex]
            for vertex in sorted(self.nodes_by_host.get(service_host))
        )
        return [node for node in found if isinstance(node, schema.ComputeNode)]

    def vertices(self, kind: schema.Kind) -> collections.abc.Collection[str]:
        """Return the vertices of the elements of a kind."""
        if kind in self.elements:
            return self.elements[kind]
        if kind in self.near:
            return self.near[kind]
        return self.attached[kind]

    def of_kind(
        self, kind: schema.Kind
    ) -> collections.abc.Iterable[tuple[str, schema.Element]]:
        """Return the vertices and the elements of a kind."""
        if kind in self.elements:
            return self.elements[kind].items()
        return (
            (vertex, schema.implied_element(schema.key_at(kind, vertex)))
            for vertex in self.vertices(kind)
        )

    def count(self) -> int:
        """Return how many elements there are."""
        return sum(len(self.vertices(kind)) for kind in schema.Kind)

    def all_vertices(self) -> collections.abc.Iterator[str]:
        """Yield the vertices of all elements."""
        for kind in schema.Kind:
            yield from self.vertices(kind)

    def all_elements(
        self,
    ) -> collections.abc.Iterator[tuple[str, schema.Element]]:
        """Yield all elements with their vertices."""
        for kind in schema.Kind:
            yield from self.of_kind(kind)

    def all_edges(self) -> collections.abc.Iterator[change.Edge]:
        """Yield all relations."""
        for near in self.near.values():
            for hub, neighbours in near.items():
                for neighbour, relation in neighbours.items():
                    yield change.Edge(neighbour, relation, hub)
        for attached in self.attached.values():
            for device in attached:
                for instance in attached.get(device):
                    yield change.Edge(
                        device, schema.Relation.ATTACHED_TO, instance
                    )

    def put(
        self,
        key: schema.ElementKey,
        before: schema.Element | None,
        after: schema.Element | None,
    ) -> None:
        """Put an element of a kind that is kept in the place of another."""
        kind, vertex = key.kind, key.vertex
        kept = self.elements[kind]
        self.elements[kind] = (
            kept.delete(vertex) if after is None else kept.set(vertex, after)
        )
        name_of = _NAME_OF.get(kind)
        if name_of is not None:
            self.names[kind] = self.names[kind].with_changed(
                vertex, _one(name_of, before), _one(name_of, after)
            )
        match kind:
            case _KIND.COMPUTE_NODE:
                self.nodes_by_host = self.nodes_by_host.with_changed(
                    vertex,
                    _one(_service_host, before),
                    _one(_service_host, after),
                )
            case _KIND.SERVER_GROUP:
                self.groups_by_member = self.groups_by_member.with_changed(
                    vertex, _many(_members, before), _many(_members, after)
                )
            case _KIND.HOST_AGGREGATE:
                self.aggregates_by_host = self.aggregates_by_host.with_changed(
                    vertex, _many(_hosts, before), _many(_hosts, after)
                )

    # -- neighbours --------------------------------------------------------

    def neighbours(self, kind: schema.Kind, vertex: str) -> Neighbours:
        """Return what is related to a hub of a kind."""
        return self.near[kind].get(vertex, _NOBODY)

    def join(
        self,
        kind: schema.Kind,
        hub: str,
        neighbour: str,
        relation: schema.Relation,
    ) -> None:
        """Note that something is related to a hub of a kind."""
        near = self.near[kind]
        known = near.get(hub, _NOBODY)
        self.near[kind] = near.set(hub, known.set(neighbour, relation))

    def part(self, kind: schema.Kind, hub: str, neighbour: str) -> None:
        """Note that something is related to a hub no more."""
        near = self.near[kind]
        left = near[hub].delete(neighbour)
        self.near[kind] = near.set(hub, left) if left else near.delete(hub)

    def attach(self, kind: schema.Kind, device: str, instance: str) -> None:
        """Note that a device of a kind is attached to an instance."""
        self.attached[kind] = self.attached[kind].with_one(device, instance)

    def detach(self, kind: schema.Kind, device: str, instance: str) -> None:
        """Note that a device of a kind is attached to it no more."""
        self.attached[kind] = self.attached[kind].without_one(device, instance)

    def wait(self, reference: str, instance: str) -> None:
        """Note that an instance refers to what is not known."""
        self.waiting = self.waiting.with_one(reference, instance)

    def wait_no_more(self, reference: str, instance: str) -> None:
        """Note that an instance refers to that no more, or it is known."""
        self.waiting = self.waiting.without_one(reference, instance)

    def _implied_kind_of(self, vertex: typing.Any) -> schema.Kind | None:
        for kind in schema.IMPLIED_KINDS:
            if self._has_implied(kind, vertex):
                return kind
        return None

    def _has_implied(self, kind: schema.Kind, vertex: str) -> bool:
        if kind in IMPLIED_HUBS:
            return vertex in self.near[kind]
        return kind in self.attached and vertex in self.attached[kind]


_service_host = operator.attrgetter('service_host')
_members = operator.attrgetter('members')
_hosts = operator.attrgetter('hosts')


def _one(
    read: collections.abc.Callable[[typing.Any], str],
    element: schema.Element | None,
) -> tuple[str, ...]:
    return () if element is None else (read(element),)


def _many(
    read: collections.abc.Callable[[typing.Any], tuple[str, ...]],
    element: schema.Element | None,
) -> tuple[str, ...]:
    return () if element is None else read(element)
