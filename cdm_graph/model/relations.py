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

"""The relations that the references of the elements amount to.

A relation is never set by hand: it follows from what the elements say and
from which elements there are.  So the order in which two ends become known
does not matter, both ends of a relation always exist, and an instance is on
one node at most.

A reference whose target is not known is *unresolved*; it becomes a relation
by itself as soon as its target is known.

What a kind's links declare (:mod:`cdm_graph.model.link`) is all that there is
to it.  Beside them are the rules of Nova: which node of those of its name and
host a server is on, which zone a node is in, what is attached to a server.
"""

import collections.abc
import enum
import operator
import typing

from cdm_graph.model import change
from cdm_graph.model import schema
from cdm_graph.model import tables as tables_module

#: Relations, each with the kind of the hub or of the device at its other end.
Found = dict[change.Edge, schema.Kind]
_KIND = schema.Kind
_RELATION = schema.Relation


class Aspect(enum.Enum):
    """One of the ways in which an instance refers to others."""

    PLACE = 'place'
    OWNER = 'owner'
    FLAVOR = 'flavor'
    DEVICES = 'devices'
    LINKS = 'links'


Aspects = tuple[Aspect, ...]
#: All that an element refers to.
ALL: typing.Final = tuple(Aspect)
#: What the rules depend on, whatever the links do.
_RULED_BY: typing.Final = {
    _KIND.COMPUTE_NODE: ('hostname', 'service_host'),
    _KIND.HOST_AGGREGATE: ('availability_zone',),
}
_OUT, _IN = schema.Direction.OUT, schema.Direction.IN
_Links = dict[schema.Kind, list[tuple[schema.Kind, schema.Link]]]


def _links_to(direction: schema.Direction) -> _Links:
    """Return the links of a direction by what they name, with their kinds."""
    links: _Links = {}
    for kind, several in schema.LINKS.items():
        for link in several:
            if link.direction is direction:
                links.setdefault(link.other, []).append((kind, link))
    return links


_OUT_TO: typing.Final = _links_to(_OUT)
_IN_FROM: typing.Final = _links_to(_IN)


def _linked_by(kind: schema.Kind) -> tuple[str, ...]:
    """Return the fields on which the relations at an element depend."""
    around = (*_OUT_TO.get(kind, ()), *_IN_FROM.get(kind, ()))
    return tuple(
        dict.fromkeys(
            (
                *(link.field for link in schema.LINKS[kind]),
                *(link.by for _, link in around if link.by),
                *_RULED_BY.get(kind, ()),
            )
        )
    )


_TOLD: typing.Final = {
    kind: operator.attrgetter(*fields)
    for kind in schema.Kind
    if (fields := _linked_by(kind))
}


_ASPECTS: typing.Final = tuple(
    (aspect, operator.attrgetter(*fields))
    for aspect, fields in (
        (Aspect.PLACE, ('node', 'host', 'migrating_to')),
        (Aspect.OWNER, ('project_id',)),
        (Aspect.FLAVOR, ('flavor_name',)),
        (Aspect.DEVICES, ('ports', 'volumes', 'shares')),
        (Aspect.LINKS, _linked_by(_KIND.INSTANCE)),
    )
    if fields
)


class Reference(typing.NamedTuple):
    """What an element says of another one."""

    relation: schema.Relation
    kind: schema.Kind
    name: str


def zone_of(
    node: schema.ComputeNode,
    aggregates: collections.abc.Iterable[schema.HostAggregate],
    default_zone: str,
) -> str:
    """Return the zone of a node, given the aggregates of its host.

    Nova lets a host be in one zone only; where its records disagree the
    first zone by name is taken, so that the answer is always the same.
    """
    zones = sorted(
        aggregate.availability_zone
        for aggregate in aggregates
        if aggregate.availability_zone
    )
    return zones[0] if zones else default_zone


class Resolver:
    """Turns the references of elements into relations, by the tables."""

    __slots__ = ('_default_zone', '_tables')

    def __init__(
        self, tables: tables_module.Tables, default_zone: str
    ) -> None:
        self._tables = tables
        self._default_zone = default_zone

    def relations(
        self,
        element: schema.Element | None,
        aspects: Aspects = ALL,
    ) -> Found:
        """Return the relations that leave an element.

        The target need not exist yet if it is of an implied kind.

        :param aspects: of an instance, those that are asked for
        """
        if element is None:
            return {}
        found: Found = {}
        if Aspect.LINKS in aspects:
            self._add_links(found, element)
        match element:
            case schema.Instance():
                self._add_of_instance(found, element, aspects)
            case schema.ComputeNode():
                self._add_zone(found, element)
        return found

    def attachments(self, element: schema.Element | None) -> Found:
        """Return the relations of the devices that are attached to it."""
        attached = self._tables.attached
        return {
            change.Edge(vertex, _RELATION.ATTACHED_TO, uuid): kind
            for uuid, kind, vertex in _devices(element)
            if uuid in attached[kind].get(vertex)
        }

    def attachable(self, element: schema.Element | None) -> Found:
        """Return the relations of the devices that it says it has.

        What is known to be something else is no device.
        """
        tables = self._tables
        return {
            change.Edge(vertex, _RELATION.ATTACHED_TO, uuid): kind
            for uuid, kind, vertex in _devices(element)
            if vertex in tables.attached[kind]
            or tables.kind_of(vertex) in (None, kind)
        }

    def node_of(self, instance: schema.Instance) -> str | None:
        """Return the vertex of the node that hosts an instance, if any."""
        named = self._tables.nodes_by_name.get(instance.node)
        if len(named) <= 1:
            return next(iter(named), None)
        on_host = self._tables.nodes_by_host.get(instance.host)
        return min((each for each in named if each in on_host), default=None)

    def waits_for(self, instance: schema.Instance) -> tuple[str, ...]:
        """Return the references of an instance that lead nowhere yet.

        They are keys of the index of what is waiting.
        """
        tables = self._tables
        waits = []
        if instance.node and self.node_of(instance) is None:
            waits.append(_node_named(instance.node))
        target = instance.migrating_to
        if target and target not in tables.nodes_by_host:
            waits.append(_node_on(target))
        flavor = instance.flavor_name
        if flavor and self._flavor(flavor) is None:
            waits.append(_flavor_named(flavor))
        return tuple(waits)

    def dependents(
        self,
        before: schema.Element | None,
        after: schema.Element | None,
    ) -> collections.abc.Iterator[str]:
        """Return the other vertices whose relations a change may alter.

        To be asked before the change is made.
        """
        for element in (before, after):
            if element is not None:
                yield from self._linked(element)
            match element:
                case schema.ComputeNode():
                    yield from self._instances_near(element)
                case schema.Flavor():
                    if before is None or after is None:
                        yield from self._instances_of(element)

    def _linked(
        self, element: schema.Element
    ) -> collections.abc.Iterator[str]:
        """Yield what has relations that follow from links with an element."""
        for link in schema.LINKS[element.kind]:
            if link.direction is _IN:
                for value in tables_module.values(element, link.field):
                    yield from self._found(link, value)
        for kind, link in _OUT_TO.get(element.kind, ()):
            for value in _called(element, link):
                yield from self._naming(kind, link, value)

    def unresolved(self) -> collections.abc.Iterator[tuple[str, Reference]]:
        """Return what elements refer to that is not known, with vertices."""
        tables = self._tables
        for instance in tables.elements[_KIND.INSTANCE].values():
            if (
                isinstance(instance, schema.Instance)
                and instance.node
                and self.node_of(instance) is None
            ):
                yield (
                    instance.uuid,
                    Reference(
                        _RELATION.HOSTED_ON, _KIND.COMPUTE_NODE, instance.node
                    ),
                )
        for kind, links in schema.LINKS.items():
            for link in links:
                yield from self._unresolved_by(kind, link)

    def _unresolved_by(
        self, kind: schema.Kind, link: schema.Link
    ) -> collections.abc.Iterator[tuple[str, Reference]]:
        named = self._tables.named_by.get((kind, link.field))
        for value in named or ():
            if not self._found(link, value):
                reference = Reference(link.relation, link.other, value)
                for vertex in self._naming(kind, link, value):
                    yield vertex, reference

    def _instances_near(
        self, node: schema.ComputeNode
    ) -> collections.abc.Iterator[str]:
        """Yield the instances that a node's names may concern.

        They wait for such a name, or are related to a node that has it.
        """
        tables = self._tables
        yield from tables.waiting.get(_node_named(node.hostname))
        yield from tables.waiting.get(_node_on(node.service_host))
        named = tables.nodes_by_name.get(node.hostname)
        on_host = tables.nodes_by_host.get(node.service_host)
        for vertex in {*named, *on_host}:
            yield from tables.neighbours(_KIND.COMPUTE_NODE, vertex)

    def _instances_of(
        self, flavor: schema.Flavor
    ) -> collections.abc.Iterator[str]:
        yield from self._tables.waiting.get(_flavor_named(flavor.name))
        vertex = schema.vertex_of(_KIND.FLAVOR, flavor.name)
        yield from self._tables.neighbours(_KIND.FLAVOR, vertex)

    def _add_links(self, found: Found, element: schema.Element) -> None:
        """Add the relations that follow from links, of it or to it."""
        kind = element.kind
        vertex = schema.key_of(element).vertex
        for link in schema.LINKS[kind]:
            if link.direction is _OUT:
                for value in tables_module.values(element, link.field):
                    for target in self._found(link, value):
                        edge = change.Edge(vertex, link.relation, target)
                        found[edge] = link.other
        for source, link in _IN_FROM.get(kind, ()):
            for value in _called(element, link):
                for target in self._naming(source, link, value):
                    edge = change.Edge(vertex, link.relation, target)
                    found[edge] = source

    def _found(
        self, link: schema.Link, value: str
    ) -> collections.abc.Collection[str]:
        """Return the vertices of what a link names so."""
        if link.by:
            return self._tables.found_by[link.other, link.by].get(value)
        vertex = schema.vertex_of(link.other, value)
        if link.other in schema.BARE_KINDS:
            return (vertex,)
        return (vertex,) if vertex in self._tables.kept(link.other) else ()

    def _naming(
        self, kind: schema.Kind, link: schema.Link, value: str
    ) -> collections.abc.Collection[str]:
        """Return the vertices of what names others so by a link."""
        return self._tables.named_by[kind, link.field].get(value)

    def _add_of_instance(
        self, found: Found, instance: schema.Instance, aspects: Aspects
    ) -> None:
        uuid = instance.uuid
        if Aspect.PLACE in aspects:
            self._add_places(found, instance)
        if Aspect.OWNER in aspects and instance.project_id:
            owner = schema.vertex_of(_KIND.PROJECT, instance.project_id)
            edge = change.Edge(uuid, _RELATION.OWNED_BY, owner)
            found[edge] = _KIND.PROJECT
        if Aspect.FLAVOR in aspects and instance.flavor_name:
            flavor = self._flavor(instance.flavor_name)
            if flavor is not None:
                edge = change.Edge(uuid, _RELATION.OF_FLAVOR, flavor)
                found[edge] = _KIND.FLAVOR

    def _add_places(self, found: Found, instance: schema.Instance) -> None:
        uuid, hosting = instance.uuid, self.node_of(instance)
        if hosting is not None:
            edge = change.Edge(uuid, _RELATION.HOSTED_ON, hosting)
            found[edge] = _KIND.COMPUTE_NODE
        if instance.migrating_to:
            for target in self._tables.nodes_by_host.get(
                instance.migrating_to
            ):
                # A server that is resized on its own node is hosted there.
                if target != hosting:
                    edge = change.Edge(uuid, _RELATION.MIGRATING_TO, target)
                    found[edge] = _KIND.COMPUTE_NODE

    def _flavor(self, name: str) -> str | None:
        vertex = schema.vertex_of(_KIND.FLAVOR, name)
        known = vertex in self._tables.elements[_KIND.FLAVOR]
        return vertex if known else None

    def _add_zone(self, found: Found, node: schema.ComputeNode) -> None:
        aggregates = self._tables.elements[_KIND.HOST_AGGREGATE]
        around = (
            aggregates[edge.target]
            for edge, kind in found.items()
            if kind is _KIND.HOST_AGGREGATE
        )
        name = zone_of(
            node,
            [
                aggregate
                for aggregate in around
                if isinstance(aggregate, schema.HostAggregate)
            ],
            self._default_zone,
        )
        zone = schema.vertex_of(_KIND.AVAILABILITY_ZONE, name)
        edge = change.Edge(node.uuid, _RELATION.IN_ZONE, zone)
        found[edge] = _KIND.AVAILABILITY_ZONE


def aspects_of(
    before: schema.Element | None, after: schema.Element | None
) -> Aspects:
    """Return in which ways an element refers to others than before."""
    match before, after:
        case schema.Instance(), schema.Instance():
            return tuple(
                aspect
                for aspect, told in _ASPECTS
                if told(before) != told(after)
            )
    if before is None or after is None:
        return ALL
    told = _TOLD.get(after.kind)
    return () if told is None or told(before) == told(after) else ALL


def _devices(
    element: schema.Element | None,
) -> collections.abc.Iterator[tuple[str, schema.Kind, str]]:
    """Yield the devices of an instance: its UUID, their kinds, vertices."""
    if isinstance(element, schema.Instance):
        for kind, keys in (
            (_KIND.PORT, element.ports),
            (_KIND.VOLUME, element.volumes),
            (_KIND.SHARE, element.shares),
        ):
            for key in keys or ():
                yield element.uuid, kind, schema.vertex_of(kind, key)


def _called(element: schema.Element, link: schema.Link) -> tuple[str, ...]:
    """Return by what a link names an element."""
    return tables_module.values(element, link.by or element.key_field)


def _node_named(name: str) -> str:
    return f'node {name}'


def _node_on(host: str) -> str:
    return f'host {host}'


def _flavor_named(name: str) -> str:
    return f'flavor {name}'
