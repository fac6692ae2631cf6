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
import typing

from cdm_graph.model import change
from cdm_graph.model import index
from cdm_graph.model import schema

_KIND = schema.Kind
_RELATION = schema.Relation


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
    """Turns the references of elements into relations, by the indices."""

    def __init__(
        self,
        elements: collections.abc.Mapping[str, schema.Element],
        indices: index.Indices,
        default_zone: str,
    ) -> None:
        self._elements = elements
        self._indices = indices
        self._default_zone = default_zone

    def relations(self, vertex: str) -> dict[str, schema.Relation]:
        """Return the targets of the relations that leave a vertex.

        Targets of an implied kind need not exist yet.
        """
        element = self._elements.get(vertex)
        match element:
            case schema.Instance():
                return dict(self._of_instance(vertex, element))
            case schema.ComputeNode():
                return dict(self._of_node(element))
            case schema.ServerGroup():
                return dict(self._owner(element.project_id))
            case _:
                return {}

    def unresolved(
        self, element: schema.Element
    ) -> collections.abc.Iterator[Reference]:
        """Return what the element refers to that the model does not know."""
        if isinstance(element, schema.Instance):
            if element.node and not self._node_named(
                element.node, element.host
            ):
                yield Reference(
                    _RELATION.HOSTED_ON, _KIND.COMPUTE_NODE, element.node
                )
        elif isinstance(element, schema.ServerGroup):
            for member in element.members:
                if member not in self._elements:
                    yield Reference(
                        _RELATION.MEMBER_OF, _KIND.INSTANCE, member
                    )

    def dependents(
        self,
        before: schema.Element | None,
        after: schema.Element | None,
    ) -> collections.abc.Iterator[str]:
        """Return the other vertices whose relations a change may alter."""
        for element in (before, after):
            match element:
                case schema.ComputeNode():
                    if _names(before) != _names(after):
                        yield from self._instances_near(element)
                case schema.HostAggregate():
                    for host in element.hosts:
                        yield from self._indices.nodes_by_service_host.get(
                            host
                        )
                case schema.ServerGroup():
                    yield from element.members
                case schema.Flavor():
                    if before is None or after is None:
                        yield from self._indices.instances_by_flavor.get(
                            element.name
                        )

    def _instances_near(
        self, node: schema.ComputeNode
    ) -> collections.abc.Iterator[str]:
        yield from self._indices.instances_by_node.get(node.hostname)
        yield from self._indices.instances_by_host.get(node.service_host)
        yield from self._indices.instances_by_target.get(node.service_host)

    def _of_instance(
        self, vertex: str, instance: schema.Instance
    ) -> collections.abc.Iterator[tuple[str, schema.Relation]]:
        # The later wins for one pair of elements: a server that is resized on
        # its own node is hosted there, whatever else is going on.
        for target in self._indices.nodes_by_service_host.get(
            instance.migrating_to
        ):
            yield target, _RELATION.MIGRATING_TO
        hosting = self._node_named(instance.node, instance.host)
        if hosting:
            yield hosting, _RELATION.HOSTED_ON
        for group in self._indices.groups_by_member.get(vertex):
            yield group, _RELATION.MEMBER_OF
        yield from self._owner(instance.project_id)
        if instance.flavor_name:
            flavor = schema.vertex_of(_KIND.FLAVOR, instance.flavor_name)
            if flavor in self._elements:
                yield flavor, _RELATION.OF_FLAVOR

    def _node_named(self, name: str | None, host: str | None) -> str | None:
        named = self._indices.by_name[_KIND.COMPUTE_NODE].get(name)
        if len(named) == 1:
            return named[0]
        on_host = self._indices.nodes_by_service_host.get(host)
        for vertex in named:
            if vertex in on_host:
                return vertex
        return None

    def _of_node(
        self, node: schema.ComputeNode
    ) -> collections.abc.Iterator[tuple[str, schema.Relation]]:
        aggregates = [
            (vertex, self._elements[vertex])
            for vertex in self._indices.aggregates_by_host.get(
                node.service_host
            )
        ]
        for vertex, _aggregate in aggregates:
            yield vertex, _RELATION.MEMBER_OF
        zone = zone_of(
            node,
            [
                aggregate
                for _vertex, aggregate in aggregates
                if isinstance(aggregate, schema.HostAggregate)
            ],
            self._default_zone,
        )
        yield (
            schema.vertex_of(_KIND.AVAILABILITY_ZONE, zone),
            _RELATION.IN_ZONE,
        )

    def _owner(
        self, project_id: str | None
    ) -> collections.abc.Iterator[tuple[str, schema.Relation]]:
        if project_id:
            yield (
                schema.vertex_of(_KIND.PROJECT, project_id),
                _RELATION.OWNED_BY,
            )


def implied_element(vertex: str, relation: schema.Relation) -> schema.Element:
    """Return the element that exists because a relation leads to it."""
    if relation is _RELATION.IN_ZONE:
        name = vertex.removeprefix(
            schema.vertex_of(_KIND.AVAILABILITY_ZONE, '')
        )
        return schema.AvailabilityZone(name=name)
    project_id = vertex.removeprefix(schema.vertex_of(_KIND.PROJECT, ''))
    return schema.Project(project_id=project_id)


def difference(
    source: str,
    before: collections.abc.Mapping[str, schema.Relation],
    after: collections.abc.Mapping[str, schema.Relation],
) -> tuple[tuple[change.Edge, ...], tuple[change.Edge, ...]]:
    """Return the relations that came, and those that went."""
    came = tuple(
        change.Edge(source, relation, target)
        for target, relation in after.items()
        if before.get(target) is not relation
    )
    went = tuple(
        change.Edge(source, relation, target)
        for target, relation in before.items()
        if after.get(target) is not relation
    )
    return came, went


def _names(element: schema.Element | None) -> tuple[str, str] | None:
    if isinstance(element, schema.ComputeNode):
        return element.hostname, element.service_host
    return None
