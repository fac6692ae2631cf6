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
    GROUPS = 'groups'
    OWNER = 'owner'
    FLAVOR = 'flavor'
    DEVICES = 'devices'


Aspects = tuple[Aspect, ...]
#: All that an element refers to.
ALL: typing.Final = tuple(Aspect)
_TOLD_BY: typing.Final = tuple(
    (aspect, operator.attrgetter(*fields))
    for aspect, fields in (
        (Aspect.PLACE, ('node', 'host', 'migrating_to')),
        (Aspect.OWNER, ('project_id',)),
        (Aspect.FLAVOR, ('flavor_name',)),
        (Aspect.DEVICES, ('ports', 'volumes', 'shares')),
    )
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
        match element:
            case schema.Instance():
                return self._of_instance(element, aspects)
            case schema.ComputeNode():
                return self._of_node(element)
            case schema.ServerGroup():
                return _owner(element.uuid, element.project_id)
            case _:
                return {}

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
            if vertex in tables.attached[kind] or not tables.kind_of(vertex)
        }

    def node_of(self, instance: schema.Instance) -> str | None:
        """Return the vertex of the node that hosts an instance, if any."""
        named = self._tables.names[_KIND.COMPUTE_NODE].get(instance.node)
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
            match element:
                case schema.ComputeNode():
                    yield from self._instances_near(element)
                case schema.HostAggregate():
                    for host in element.hosts:
                        yield from self._tables.nodes_by_host.get(host)
                case schema.ServerGroup():
                    yield from element.members
                case schema.Flavor():
                    if before is None or after is None:
                        yield from self._instances_of(element)

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
        for member in tables.groups_by_member:
            if member not in tables.elements[_KIND.INSTANCE]:
                for group in tables.groups_by_member.get(member):
                    yield (
                        group,
                        Reference(_RELATION.MEMBER_OF, _KIND.INSTANCE, member),
                    )

    def _instances_near(
        self, node: schema.ComputeNode
    ) -> collections.abc.Iterator[str]:
        """Yield the instances that a node's names may concern.

        They wait for such a name, or are related to a node that has it.
        """
        tables = self._tables
        yield from tables.waiting.get(_node_named(node.hostname))
        yield from tables.waiting.get(_node_on(node.service_host))
        named = tables.names[_KIND.COMPUTE_NODE].get(node.hostname)
        on_host = tables.nodes_by_host.get(node.service_host)
        for vertex in {*named, *on_host}:
            yield from tables.neighbours(_KIND.COMPUTE_NODE, vertex)

    def _instances_of(
        self, flavor: schema.Flavor
    ) -> collections.abc.Iterator[str]:
        yield from self._tables.waiting.get(_flavor_named(flavor.name))
        vertex = schema.vertex_of(_KIND.FLAVOR, flavor.name)
        yield from self._tables.neighbours(_KIND.FLAVOR, vertex)

    def _of_instance(
        self, instance: schema.Instance, aspects: Aspects
    ) -> Found:
        uuid, tables = instance.uuid, self._tables
        found: Found = {}
        if Aspect.PLACE in aspects:
            self._add_places(found, instance)
        if Aspect.GROUPS in aspects:
            for group in tables.groups_by_member.get(uuid):
                edge = change.Edge(uuid, _RELATION.MEMBER_OF, group)
                found[edge] = _KIND.SERVER_GROUP
        if Aspect.OWNER in aspects:
            found.update(_owner(uuid, instance.project_id))
        if Aspect.FLAVOR in aspects and instance.flavor_name:
            flavor = self._flavor(instance.flavor_name)
            if flavor is not None:
                edge = change.Edge(uuid, _RELATION.OF_FLAVOR, flavor)
                found[edge] = _KIND.FLAVOR
        return found

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

    def _of_node(self, node: schema.ComputeNode) -> Found:
        tables = self._tables
        aggregates = {
            vertex: tables.elements[_KIND.HOST_AGGREGATE][vertex]
            for vertex in tables.aggregates_by_host.get(node.service_host)
        }
        found: Found = {
            change.Edge(
                node.uuid, _RELATION.MEMBER_OF, vertex
            ): _KIND.HOST_AGGREGATE
            for vertex in aggregates
        }
        name = zone_of(
            node,
            [
                aggregate
                for aggregate in aggregates.values()
                if isinstance(aggregate, schema.HostAggregate)
            ],
            self._default_zone,
        )
        zone = schema.vertex_of(_KIND.AVAILABILITY_ZONE, name)
        edge = change.Edge(node.uuid, _RELATION.IN_ZONE, zone)
        found[edge] = _KIND.AVAILABILITY_ZONE
        return found


def aspects_of(
    before: schema.Element | None, after: schema.Element | None
) -> Aspects:
    """Return in which ways an element refers to others than before."""
    match before, after:
        case schema.Instance(), schema.Instance():
            return tuple(
                aspect
                for aspect, told in _TOLD_BY
                if told(before) != told(after)
            )
        case schema.ComputeNode(), schema.ComputeNode():
            same = _names(before) == _names(after)
        case schema.HostAggregate(), schema.HostAggregate():
            same = (before.hosts, before.availability_zone) == (
                after.hosts,
                after.availability_zone,
            )
        case schema.ServerGroup(), schema.ServerGroup():
            same = (before.members, before.project_id) == (
                after.members,
                after.project_id,
            )
        case _:
            same = before is not None and after is not None
    return () if same else ALL


def _names(node: schema.ComputeNode) -> tuple[str, str]:
    return node.hostname, node.service_host


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


def _owner(vertex: str, project_id: str | None) -> Found:
    if not project_id:
        return {}
    owner = schema.vertex_of(_KIND.PROJECT, project_id)
    return {change.Edge(vertex, _RELATION.OWNED_BY, owner): _KIND.PROJECT}


def _node_named(name: str) -> str:
    return f'node {name}'


def _node_on(host: str) -> str:
    return f'host {host}'


def _flavor_named(name: str) -> str:
    return f'flavor {name}'
