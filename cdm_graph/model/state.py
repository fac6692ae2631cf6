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

"""The state of a model: its elements, relations and sums, in step.

All of it changes through :meth:`State.write` only, so that the elements, what
is near them and what is counted of them never tell different things.  A copy
costs nothing and is isolated.  It promises no thread-safety: its owner has
the lock.
"""

import collections.abc
import operator
import typing

import immutables

from cdm_graph.model import change
from cdm_graph.model import relations
from cdm_graph.model import schema
from cdm_graph.model import tables as tables_module

Writes = collections.abc.Mapping[schema.ElementKey, schema.Element | None]
_Written = dict[
    schema.ElementKey, tuple[schema.Element | None, schema.Element | None]
]
_NOTHING: typing.Final = schema.Resources()
#: What the resources of an instance are computed from.
_taken: typing.Final = operator.attrgetter(*schema.FACTS_OF_RESOURCES)


class State:
    """What a model holds at one moment.

    :param default_zone: the zone of hosts that no aggregate puts into one
    """

    __slots__ = ('counts', 'default_zone', 'sequence', 'tables', 'used')

    def __init__(self, default_zone: str) -> None:
        self.default_zone = default_zone
        #: The number of the last change.
        self.sequence = 0
        self.tables = tables_module.Tables()
        #: What the instances of a node take of it, by its vertex.
        self.used: immutables.Map[str, schema.Resources] = immutables.Map()
        #: How many relations there are of each type.
        self.counts = dict.fromkeys(schema.Relation, 0)

    @property
    def resolver(self) -> relations.Resolver:
        """What turns the references of the elements into relations."""
        return relations.Resolver(self.tables, self.default_zone)

    def copy(self) -> 'State':
        """Return a state of its own that holds the same."""
        copy = object.__new__(State)
        copy.default_zone = self.default_zone
        copy.sequence = self.sequence
        copy.tables = self.tables.copy()
        copy.used = self.used
        copy.counts = self.counts.copy()
        return copy

    def write(
        self, writes: Writes, cause: change.Cause
    ) -> list[change.Change]:
        """Put elements in their places, or take them away where none.

        :returns: what became different, numbered on from the last change
        """
        written: _Written = {}
        for key, after in writes.items():
            before = self.tables.find(key)
            if before != after or self.tables.is_new(key, after):
                written[key] = before, after
        if not written:
            return []
        changes = _Commit(self, written).run(cause)
        self.sequence += len(changes)
        return changes

    # -- reading -----------------------------------------------------------

    def successors(self, vertex: str) -> dict[str, schema.Relation]:
        """Return where the relations that leave an element lead."""
        tables = self.tables
        found: dict[str, schema.Relation] = {}
        for kind in tables_module.DEVICES:
            instances = tables.attached[kind].get(vertex)
            if instances:
                found = dict.fromkeys(instances, schema.Relation.ATTACHED_TO)
                if vertex not in tables.kept(kind):
                    return found
        element = tables.element_at(vertex)
        for edge in self.resolver.relations(element):
            found[edge.target] = edge.relation
        return found

    def predecessors(
        self, vertex: str
    ) -> collections.abc.Mapping[str, schema.Relation]:
        """Return where the relations that come in at an element begin."""
        near: collections.abc.Mapping[str, schema.Relation] = {}
        for kind in tables_module.HUBS:
            found = self.tables.near[kind].get(vertex)
            if found is not None:
                near = found
                break
        instance = self.tables.elements[schema.Kind.INSTANCE].get(vertex)
        if instance is None:
            return near
        return {
            edge.source: edge.relation
            for edge in self.resolver.attachments(instance)
        } | dict(near)


class _Commit:
    """The writes of one mutation, on their way into the state; used once.

    :param written: what each element was, and becomes
    """

    def __init__(self, state: State, written: _Written) -> None:
        self._state = state
        self._tables = state.tables
        self._resolver = state.resolver
        self._written = written
        #: Elements of implied kinds, as they were before.
        self._implied: dict[schema.ElementKey, schema.Element | None] = {}
        self._came: dict[str, list[change.Edge]] = {}
        self._went: dict[str, list[change.Edge]] = {}

    def run(self, cause: change.Cause) -> list[change.Change]:
        """Make the writes; return the changes that they amount to."""
        stale = self._stale()
        claimants = self._claimants(stale)
        self._watch_devices()
        if not stale and not claimants:
            self._put()
            self._note_implied()
            return self._changes(cause)
        for vertex in claimants:
            self._release(vertex)
        known = self._relations(stale, self._resolver.attachments)
        self._put()
        wanted = self._relations(stale, self._resolver.attachable)
        for vertex in stale:
            self._part(known[vertex], wanted[vertex])
        for vertex in stale:
            self._join(known[vertex], wanted[vertex])
        for vertex in claimants:
            self._claim(vertex)
        self._note_implied()
        return self._changes(cause)

    def _put(self) -> None:
        for key, (_, after) in self._written.items():
            self._tables.put(key, after)

    def _stale(self) -> dict[str, relations.Aspects]:
        """Return whose relations may become different, and which of them.

        Links lead to what was put: one that is there only as long as others
        refer to it becomes a target, even if it says nothing new.
        """
        stale: dict[str, relations.Aspects] = {}
        for key, (before, after) in self._written.items():
            is_new = self._tables.is_new(key, after)
            aspects = (
                relations.ALL
                if is_new
                else relations.aspects_of(before, after)
            )
            if aspects:
                stale.setdefault(key.vertex, aspects)
                for vertex in self._resolver.dependents(before, after):
                    stale[vertex] = relations.ALL
        return stale

    def _claimants(
        self, stale: dict[str, relations.Aspects]
    ) -> dict[str, None]:
        """Return the instances whose claims may become different.

        They are elsewhere, or take more or less, or wait for something else.
        """
        claimants = dict.fromkeys(
            vertex
            for vertex, aspects in stale.items()
            if relations.Aspect.PLACE in aspects
            or relations.Aspect.FLAVOR in aspects
        )
        for key, (before, after) in self._written.items():
            if (
                key.kind is schema.Kind.INSTANCE
                and before is not None
                and after is not None
                and _taken(before) != _taken(after)
            ):
                claimants[key.vertex] = None
        return claimants

    def _relations(
        self,
        stale: dict[str, relations.Aspects],
        devices: collections.abc.Callable[
            [schema.Element | None], relations.Found
        ],
    ) -> dict[str, relations.Found]:
        """Return the relations of each vertex, as far as they are stale."""
        found = {}
        for vertex, aspects in stale.items():
            element = self._tables.element_at(vertex)
            found[vertex] = self._resolver.relations(element, aspects)
            if relations.Aspect.DEVICES in aspects:
                found[vertex].update(devices(element))
        return found

    def _part(self, known: relations.Found, wanted: relations.Found) -> None:
        counts = self._state.counts
        for edge, kind in known.items():
            if edge in wanted:
                continue
            self._watch(kind, edge)
            if _is_attachment(edge):
                self._tables.detach(kind, edge.source, edge.target)
            else:
                self._tables.part(kind, edge.target, edge.source)
            counts[edge.relation] -= 1
            self._went.setdefault(edge.source, []).append(edge)

    def _join(self, known: relations.Found, wanted: relations.Found) -> None:
        counts = self._state.counts
        for edge, kind in wanted.items():
            if edge in known:
                continue
            self._watch(kind, edge)
            if _is_attachment(edge):
                self._tables.attach(kind, edge.source, edge.target)
            else:
                self._tables.join(
                    kind, edge.target, edge.source, edge.relation
                )
            counts[edge.relation] += 1
            self._came.setdefault(edge.source, []).append(edge)

    def _watch(self, kind: schema.Kind, edge: change.Edge) -> None:
        """Remember what an implied element was at first."""
        is_device = _is_attachment(edge)
        if is_device or kind in schema.BARE_KINDS:
            vertex = edge.source if is_device else edge.target
            self._watch_key(schema.key_at(kind, vertex))

    def _watch_devices(self) -> None:
        for key in self._written:
            if key.kind in schema.IMPLIED_KINDS:
                self._watch_key(key)

    def _watch_key(self, key: schema.ElementKey) -> None:
        if key not in self._implied:
            self._implied[key] = self._tables.find(key)

    def _note_implied(self) -> None:
        """Note what came of elements that are there while referred to."""
        for key, before in self._implied.items():
            after = self._tables.find(key)
            if before != after:
                self._written[key] = before, after
            else:
                self._written.pop(key, None)

    def _release(self, vertex: str) -> None:
        """Take back what an instance takes, and what it waits for."""
        instance = self._tables.elements[schema.Kind.INSTANCE].get(vertex)
        if not isinstance(instance, schema.Instance):
            return
        node = self._resolver.node_of(instance)
        if node is not None:
            left = self._state.used.get(node, _NOTHING) - instance.resources
            self._state.used = (
                self._state.used.delete(node)
                if left == _NOTHING and node in self._state.used
                else self._state.used.set(node, left)
            )
        for reference in self._resolver.waits_for(instance):
            self._tables.wait_no_more(reference, vertex)

    def _claim(self, vertex: str) -> None:
        """Count what an instance takes, and note what it waits for."""
        instance = self._tables.elements[schema.Kind.INSTANCE].get(vertex)
        if not isinstance(instance, schema.Instance):
            return
        node = self._resolver.node_of(instance)
        if node is not None:
            used = self._state.used.get(node, _NOTHING) + instance.resources
            self._state.used = self._state.used.set(node, used)
        for reference in self._resolver.waits_for(instance):
            self._tables.wait(reference, vertex)

    def _changes(self, cause: change.Cause) -> list[change.Change]:
        """Return what became different, numbered from the next number."""
        keys = dict.fromkeys(self._written)
        for vertex in (*self._came, *self._went):
            element = self._tables.element_at(vertex)
            if element is not None:
                keys.setdefault(schema.key_of(element))
        return [
            self._change(number, key, cause)
            for number, key in enumerate(keys, start=self._state.sequence + 1)
        ]

    def _change(
        self, sequence: int, key: schema.ElementKey, cause: change.Cause
    ) -> change.Change:
        vertex = key.vertex
        written = self._written.get(key)
        if written is None:
            element = self._tables.element_at(vertex)
            written = element, element
        return change.Change(
            sequence=sequence,
            key=key,
            before=written[0],
            after=written[1],
            related=tuple(self._came.get(vertex, ())),
            unrelated=tuple(self._went.get(vertex, ())),
            cause=cause,
        )


def _is_attachment(edge: change.Edge) -> bool:
    return edge.relation is schema.Relation.ATTACHED_TO
