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
  something is related to it: there is no table of them.  Of volumes there is
  one too, since Cinder knows more of them: it holds those that were put.
- By what the links of other elements name an element is kept in an index, and
  so is who names what: the two ends of a relation find each other whichever
  comes first.

It promises no thread-safety: whoever changes it has the lock.
"""

import collections.abc
import typing

import immutables

from cdm_graph.model import change
from cdm_graph.model import index
from cdm_graph.model import schema

_KIND = schema.Kind
_RELATION = schema.Relation
#: From the neighbours of a hub to their relations to it.
Neighbours = immutables.Map[str, schema.Relation]
ElementMap = immutables.Map[str, schema.Element]
_NOBODY: typing.Final[Neighbours] = immutables.Map()
_NOTHING: typing.Final[ElementMap] = immutables.Map()

#: Kinds whose elements are attached to servers.
DEVICES: typing.Final = (_KIND.PORT, _KIND.VOLUME, _KIND.SHARE)
#: Kinds whose elements others are related to.
HUBS: typing.Final = tuple(
    dict.fromkeys(
        target
        for _, relation, target, _ in schema.RELATIONS
        if relation is not _RELATION.ATTACHED_TO
    )
)
#: Kinds whose elements are kept, the most frequent first.
KEPT: typing.Final = tuple(
    dict.fromkeys(
        (
            _KIND.INSTANCE,
            _KIND.VOLUME,
            *(kind for kind in _KIND if kind not in schema.BARE_KINDS),
        )
    )
)
#: Hubs that exist while something is related to them.
IMPLIED_HUBS: typing.Final = tuple(
    kind for kind in HUBS if kind in schema.BARE_KINDS
)
#: An attribute of a kind, or one of its fields with a link.
_Field = tuple[schema.Kind, str]
_Fields = dict[schema.Kind, tuple[str, ...]]


def values(element: schema.Element | None, field: str) -> tuple[str, ...]:
    """Return what a field holds: one value, several or none."""
    value = None if element is None else getattr(element, field)
    if isinstance(value, tuple):
        return value
    return (value,) if value else ()


def _sought(kind: schema.Kind) -> collections.abc.Iterator[str]:
    """Yield the attributes by which elements are found, but for keys."""
    cls = schema.ELEMENT_CLASSES[kind]
    if hasattr(cls, 'name') and cls.key_field != 'name':
        yield 'name'
    for links in schema.LINKS.values():
        for link in links:
            if link.other is kind and link.by:
                yield link.by


def _naming(kind: schema.Kind) -> collections.abc.Iterator[str]:
    """Yield the fields that name others, which need not be known yet."""
    for link in schema.LINKS[kind]:
        is_passive = link.direction is schema.Direction.IN
        if is_passive or link.other not in schema.BARE_KINDS:
            yield link.field


#: What is kept in an index of each kind, to find its elements by it.
_SOUGHT: typing.Final[_Fields] = {
    kind: tuple(dict.fromkeys(_sought(kind))) for kind in KEPT
}
#: What is kept in an index of each kind, to find who names something.
_NAMING: typing.Final[_Fields] = {
    kind: tuple(dict.fromkeys(_naming(kind))) for kind in KEPT
}


class Tables:
    """The elements of a model, and what is found by them."""

    __slots__ = (
        'attached',
        'elements',
        'found_by',
        'named_by',
        'near',
        'unput',
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
        #: How many devices of a kind that is kept, too, were never put.
        self.unput = {kind: 0 for kind in DEVICES if kind in self.elements}
        #: The elements that have a value, by the attribute.
        self.found_by: dict[_Field, index.Index] = _empty(_SOUGHT)
        #: The elements that name something, by the field.
        self.named_by: dict[_Field, index.Index] = _empty(_NAMING)
        #: Instances, by what they refer to and what is not known.
        self.waiting = index.Index()

    def copy(self) -> 'Tables':
        """Return tables of their own with the same content."""
        copy = object.__new__(Tables)
        copy.elements = self.elements.copy()
        copy.near = self.near.copy()
        copy.attached = self.attached.copy()
        copy.unput = self.unput.copy()
        copy.found_by = self.found_by.copy()
        copy.named_by = self.named_by.copy()
        copy.waiting = self.waiting
        return copy

    # -- elements ----------------------------------------------------------

    def find(self, key: schema.ElementKey) -> schema.Element | None:
        """Return the element with that key, or none."""
        vertex = key.vertex
        kept = self.kept(key.kind).get(vertex)
        if kept is None and self._has_implied(key.kind, vertex):
            return schema.implied_element(key)
        return kept

    def is_new(
        self, key: schema.ElementKey, element: schema.Element | None
    ) -> bool:
        """Return whether an element was never put: nor one just like it."""
        return element is not None and key.vertex not in self.kept(key.kind)

    def kept(self, kind: schema.Kind) -> ElementMap:
        """Return the elements of a kind that were put, by their vertices."""
        return self.elements.get(kind, _NOTHING)

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
        names = self.found_by.get((kind, 'name'))
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
        if kind in self.unput:
            return _KeptOrAttached(
                self.elements[kind], self.attached[kind], self.unput[kind]
            )
        if kind in self.elements:
            return self.elements[kind]
        if kind in self.attached:
            return self.attached[kind]
        return self.near.get(kind, ())

    def of_kind(
        self, kind: schema.Kind
    ) -> collections.abc.Iterable[tuple[str, schema.Element]]:
        """Return the vertices and the elements of a kind."""
        kept = self.kept(kind)
        if kind not in schema.IMPLIED_KINDS:
            return kept.items()
        return (
            (
                vertex,
                kept.get(vertex)
                or schema.implied_element(schema.key_at(kind, vertex)),
            )
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

    @property
    def nodes_by_host(self) -> index.Index:
        """The nodes, by the hosts of their services."""
        return self.found_by[_KIND.COMPUTE_NODE, 'service_host']

    @property
    def nodes_by_name(self) -> index.Index:
        """The nodes, by the names of their hypervisors."""
        return self.found_by[_KIND.COMPUTE_NODE, 'name']

    def put(
        self, key: schema.ElementKey, after: schema.Element | None
    ) -> None:
        """Put an element of a kind that is kept in the place of another.

        :param after: none to take it away
        """
        kind, vertex = key.kind, key.vertex
        kept = self.elements[kind]
        before = kept.get(vertex)
        if after is not None:
            self.elements[kind] = kept.set(vertex, after)
        elif before is not None:
            self.elements[kind] = kept.delete(vertex)
        if kind in self.unput and vertex in self.attached[kind]:
            self.unput[kind] += (after is None) - (before is None)
        for indexed, fields in (
            (self.found_by, _SOUGHT[kind]),
            (self.named_by, _NAMING[kind]),
        ):
            for field in fields:
                indexed[kind, field] = indexed[kind, field].with_changed(
                    vertex, values(before, field), values(after, field)
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
        known = self.attached[kind]
        if kind in self.unput and device not in known:
            self.unput[kind] += device not in self.elements[kind]
        self.attached[kind] = known.with_one(device, instance)

    def detach(self, kind: schema.Kind, device: str, instance: str) -> None:
        """Note that a device of a kind is attached to it no more."""
        known = self.attached[kind]
        left = known.without_one(device, instance)
        if kind in self.unput and device in known and device not in left:
            self.unput[kind] -= device not in self.elements[kind]
        self.attached[kind] = left

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


class _KeptOrAttached(collections.abc.Collection[str]):
    """The vertices of a kind of which some are kept, and some implied.

    :param unput: how many are attached and not kept
    """

    __slots__ = ('_attached', '_kept', '_unput')

    def __init__(
        self, kept: ElementMap, attached: index.Index, unput: int
    ) -> None:
        self._kept = kept
        self._attached = attached
        self._unput = unput

    def __len__(self) -> int:
        return len(self._kept) + self._unput

    def __contains__(self, vertex: object) -> bool:
        return vertex in self._kept or vertex in self._attached

    def __iter__(self) -> collections.abc.Iterator[str]:
        yield from self._kept
        for vertex in self._attached:
            if vertex not in self._kept:
                yield vertex


def _empty(fields: _Fields) -> dict[_Field, index.Index]:
    return {
        (kind, field): index.Index()
        for kind, several in fields.items()
        for field in several
    }
