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

import networkx as nx

from cdm_graph.model import change
from cdm_graph.model import index
from cdm_graph.model import schema

#: Relations, each with the element of an implied kind at its other end.
_Found = collections.abc.Iterator[tuple[change.Edge, schema.ElementKey | None]]
_KIND = schema.Kind
_RELATION = schema.Relation
_BY_VALUE: typing.Final[dict[typing.Any, schema.Relation]] = {
    relation.value: relation for relation in schema.Relation
}


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

    def relations(
        self, vertex: str
    ) -> dict[change.Edge, schema.ElementKey | None]:
        """Return the relations that follow from the element at a vertex.

        They leave it, but for those of what is attached to it.  Beside each
        is the element of an implied kind at its other end, which need not
        exist yet; none if the other end is of another kind.
        """
        element = self._elements.get(vertex)
        match element:
            case schema.Instance():
                found = self._of_instance(element)
            case schema.ComputeNode():
                found = self._of_node(element)
            case schema.ServerGroup():
                found = self._owner(vertex, element.project_id)
            case _:
                return {}
        return dict(found)

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

    def _of_instance(self, instance: schema.Instance) -> _Found:
        hosting = self._node_named(instance.node, instance.host)
        if hosting:
            yield self._edge(instance, _RELATION.HOSTED_ON, hosting)
        for target in self._indices.nodes_by_service_host.get(
            instance.migrating_to
        ):
            # A server that is resized on its own node is just hosted there.
            if target != hosting:
                yield self._edge(instance, _RELATION.MIGRATING_TO, target)
        for group in self._indices.groups_by_member.get(instance.uuid):
            yield self._edge(instance, _RELATION.MEMBER_OF, group)
        yield from self._owner(instance.uuid, instance.project_id)
        if instance.flavor_name:
            flavor = schema.vertex_of(_KIND.FLAVOR, instance.flavor_name)
            if flavor in self._elements:
                yield self._edge(instance, _RELATION.OF_FLAVOR, flavor)
        yield from self._attachments(instance)

    def _attachments(self, instance: schema.Instance) -> _Found:
        for kind, keys in (
            (_KIND.PORT, instance.ports),
            (_KIND.VOLUME, instance.volumes),
            (_KIND.SHARE, instance.shares or ()),
        ):
            for key in keys:
                attached = schema.ElementKey(kind, key)
                known = self._elements.get(attached.vertex)
                if known is None or known.kind is kind:
                    yield (
                        change.Edge(
                            attached.vertex,
                            _RELATION.ATTACHED_TO,
                            instance.uuid,
                        ),
                        attached,
                    )

    @staticmethod
    def _edge(
        source: schema.Instance, relation: schema.Relation, target: str
    ) -> tuple[change.Edge, None]:
        return change.Edge(source.uuid, relation, target), None

    def _node_named(self, name: str | None, host: str | None) -> str | None:
        named = self._indices.by_name[_KIND.COMPUTE_NODE].get(name)
        if len(named) == 1:
            return named[0]
        on_host = self._indices.nodes_by_service_host.get(host)
        for vertex in named:
            if vertex in on_host:
                return vertex
        return None

    def _of_node(self, node: schema.ComputeNode) -> _Found:
        aggregates = [
            (vertex, self._elements[vertex])
            for vertex in self._indices.aggregates_by_host.get(
                node.service_host
            )
        ]
        for vertex, _aggregate in aggregates:
            yield change.Edge(node.uuid, _RELATION.MEMBER_OF, vertex), None
        name = zone_of(
            node,
            [
                aggregate
                for _vertex, aggregate in aggregates
                if isinstance(aggregate, schema.HostAggregate)
            ],
            self._default_zone,
        )
        zone = schema.ElementKey(_KIND.AVAILABILITY_ZONE, name)
        yield change.Edge(node.uuid, _RELATION.IN_ZONE, zone.vertex), zone

    @staticmethod
    def _owner(vertex: str, project_id: str | None) -> _Found:
        if project_id:
            owner = schema.ElementKey(_KIND.PROJECT, project_id)
            yield change.Edge(vertex, _RELATION.OWNED_BY, owner.vertex), owner


def derived(
    graph: 'nx.DiGraph[str]', vertex: str
) -> collections.abc.Iterator[change.Edge]:
    """Yield the relations in a graph that follow from one element.

    It is the counterpart of :meth:`Resolver.relations`.
    """
    for target, attributes in graph.succ[vertex].items():
        # Who owns the graph of a snapshot may have drawn edges of his own.
        relation = _BY_VALUE.get(attributes.get('relation'))
        if relation is not None and relation is not _RELATION.ATTACHED_TO:
            yield change.Edge(vertex, relation, target)
    if graph.nodes[vertex].get('kind') != _KIND.INSTANCE:
        return
    for source, attributes in graph.pred[vertex].items():
        if attributes.get('relation') == _RELATION.ATTACHED_TO:
            yield change.Edge(source, _RELATION.ATTACHED_TO, vertex)


def _names(element: schema.Element | None) -> tuple[str, str] | None:
    if isinstance(element, schema.ComputeNode):
        return element.hostname, element.service_host
    return None
