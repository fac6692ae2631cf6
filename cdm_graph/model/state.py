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

"""The state of a model: its graph, elements, indices and sums, in step.

All of it changes through :meth:`State.write` only, so that the graph, the
typed elements, the indices and what is counted of them never tell different
things.  It promises no thread-safety: its owner has the lock.
"""

import collections
import collections.abc
import typing

import networkx as nx

from cdm_graph.model import change
from cdm_graph.model import index
from cdm_graph.model import relations
from cdm_graph.model import schema

Writes = collections.abc.Mapping[schema.ElementKey, schema.Element | None]


class State:
    """What a model holds at one moment.

    :param default_zone: the zone of hosts that no aggregate puts into one
    """

    def __init__(self, default_zone: str) -> None:
        self.graph: nx.DiGraph[str] = nx.DiGraph()
        self.elements: dict[str, schema.Element] = {}
        self.used: dict[str, schema.Resources] = {}
        self.relation_counts: collections.Counter[str] = collections.Counter()
        self._default_zone = default_zone
        self._indices: index.Indices | None = None

    @property
    def indices(self) -> index.Indices:
        """The indices; a copy makes its own when it is first asked."""
        if self._indices is None:
            self._indices = index.Indices(self.elements.items())
        return self._indices

    @property
    def resolver(self) -> relations.Resolver:
        """What turns the references of the elements into relations."""
        return relations.Resolver(
            self.elements, self.indices, self._default_zone
        )

    def copy(self) -> 'State':
        """Return a state that shares nothing that can change."""
        copy = State(self._default_zone)
        copy.graph = self.graph.copy()
        copy.elements = dict(self.elements)
        copy.used = dict(self.used)
        copy.relation_counts = self.relation_counts.copy()
        return copy

    def write(
        self, writes: Writes, sequence: int, cause: str
    ) -> list[change.Change]:
        """Put elements in their places, or take them away where none.

        :returns: what became different, numbered from after the sequence
        """
        commit = _Commit(self)
        for key, after in writes.items():
            commit.write(key, after)
        commit.relate()
        return commit.changes(sequence, cause)


class _Commit:
    """The writes of one mutation, on their way into the state; used once."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._graph = state.graph
        self._elements = state.elements
        self._written: dict[
            schema.ElementKey,
            tuple[schema.Element | None, schema.Element | None],
        ] = {}
        self._came: dict[str, list[change.Edge]] = {}
        self._went: dict[str, list[change.Edge]] = {}

    def write(
        self, key: schema.ElementKey, after: schema.Element | None
    ) -> None:
        """Put the element in its place, or take it away."""
        vertex = key.vertex
        before = self._elements.get(vertex)
        if before == after:
            return
        self._release(vertex, before)
        self._state.indices.replace(vertex, before, after)
        if after is not None:
            self._elements[vertex] = after
            self._graph.add_node(vertex, **schema.attributes_of(after))
            self._claim(vertex, after)
        else:
            del self._elements[vertex]
        first = self._written.get(key, (before, None))[0]
        self._written[key] = (first, after)

    def relate(self) -> None:
        """Make the relations follow from the elements."""
        resolver = self._state.resolver
        stale: dict[str, None] = {}
        for key, (before, after) in self._written.items():
            if _references(before) == _references(after):
                continue
            stale[key.vertex] = None
            stale.update(dict.fromkeys(resolver.dependents(before, after)))
        for vertex in stale:
            if vertex in self._graph:
                self._relate_one(vertex, resolver.relations(vertex))
        for key, (_before, after) in list(self._written.items()):
            if after is None and key.vertex in self._graph:
                self._graph.remove_node(key.vertex)
                self._state.used.pop(key.vertex, None)

    def changes(self, sequence: int, cause: str) -> list[change.Change]:
        """Return what became different, numbered from the next number."""
        related = dict.fromkeys([*self._came, *self._went])
        keys = dict.fromkeys(self._written)
        for vertex in related:
            element = self._elements.get(vertex)
            if element is not None:
                keys.setdefault(schema.key_of(element))
        different = filter(self._is_different, keys)
        return [
            self._change(sequence + number, key, cause)
            for number, key in enumerate(different, start=1)
        ]

    def _is_different(self, key: schema.ElementKey) -> bool:
        """Return false for what came and went again in one commit."""
        before, after = self._written.get(key, (None, None))
        vertex = key.vertex
        return before != after or vertex in self._came or vertex in self._went

    def _change(
        self, sequence: int, key: schema.ElementKey, cause: str
    ) -> change.Change:
        unchanged = self._elements.get(key.vertex)
        before, after = self._written.get(key, (unchanged, unchanged))
        return change.Change(
            sequence=sequence,
            key=key,
            before=before,
            after=after,
            related=tuple(self._came.get(key.vertex, ())),
            unrelated=tuple(self._went.get(key.vertex, ())),
            cause=cause,
        )

    def _relate_one(
        self,
        vertex: str,
        wanted: dict[change.Edge, schema.ElementKey | None],
    ) -> None:
        known = dict.fromkeys(relations.derived(self._graph, vertex))
        came = [edge for edge in wanted if edge not in known]
        went = [edge for edge in known if edge not in wanted]
        element = self._elements.get(vertex)
        self._release(vertex, element)
        counts = self._state.relation_counts
        counts.subtract(edge.relation.value for edge in went)
        counts.update(edge.relation.value for edge in came)
        for edge in went:
            self._graph.remove_edge(edge.source, edge.target)
            self._went.setdefault(edge.source, []).append(edge)
        for edge in came:
            self._imply(wanted[edge])
            self._graph.add_edge(
                edge.source, edge.target, relation=edge.relation.value
            )
            self._came.setdefault(edge.source, []).append(edge)
        self._claim(vertex, element)
        for edge in went:
            self._drop_if_implied(edge.source)
            self._drop_if_implied(edge.target)

    def _imply(self, key: schema.ElementKey | None) -> None:
        if key is not None and key.vertex not in self._elements:
            self.write(key, schema.implied_element(key))

    def _drop_if_implied(self, vertex: str) -> None:
        element = self._elements.get(vertex)
        if (
            element is not None
            and element.kind in schema.IMPLIED_KINDS
            and not self._graph.pred[vertex]
            and not self._graph.succ[vertex]
        ):
            self.write(schema.key_of(element), None)

    def _claim(self, vertex: str, element: schema.Element | None) -> None:
        """Count what an instance takes of the node that hosts it."""
        if isinstance(element, schema.Instance):
            for node in self._hosts(vertex):
                used = self._state.used
                known = used.get(node, schema.Resources())
                used[node] = known + element.resources

    def _release(self, vertex: str, element: schema.Element | None) -> None:
        if isinstance(element, schema.Instance):
            for node in self._hosts(vertex):
                used = self._state.used
                known = used.get(node, schema.Resources())
                used[node] = known - element.resources

    def _hosts(self, vertex: str) -> list[str]:
        if vertex not in self._graph:
            return []
        return [
            target
            for target, attributes in self._graph.succ[vertex].items()
            if attributes.get('relation') == schema.Relation.HOSTED_ON
        ]


def _references(element: schema.Element | None) -> typing.Any:
    """Return all of an element that relations can follow from."""
    match element:
        case None:
            return None
        case schema.Instance():
            return (
                element.node,
                element.host,
                element.migrating_to,
                element.project_id,
                element.flavor_name,
                element.ports,
                element.volumes,
                element.shares,
            )
        case schema.ComputeNode():
            return element.hostname, element.service_host
        case schema.HostAggregate():
            return element.hosts, element.availability_zone
        case schema.ServerGroup():
            return element.members, element.project_id
        case _:
            return element.kind
