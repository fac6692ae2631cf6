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

"""ModelRoot: the cluster data model of one collector.

A :class:`ModelRoot` is a :class:`networkx.DiGraph` of the elements and
relations of :mod:`cdm_graph.model.schema`, with indices, so that no question
of the typed reading API scans the graph.

Promises:

- It is thread-safe.  Mutations are applied one after the other, each as a
  whole or not at all, and seen by readers only once they are complete.
- Both ends of every relation exist, and an instance is on one node at most:
  relations follow from the elements (:mod:`cdm_graph.model.relations`).
- Each change has a sequence number, larger than all before.  Listeners get
  the changes in that order, after they were committed.
- What :meth:`ModelRoot.snapshot` returns shares nothing that can change.

The graph of a live model must not be walked while others change it: take a
snapshot.  What is not promised: the graph of a snapshot is the caller's own,
and the typed reading API does not see what is written into it directly.
"""

import collections
import collections.abc
import datetime
import threading
import typing

import networkx as nx
from oslo_log import log
import pydantic

from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.model import change
from cdm_graph.model import freshness
from cdm_graph.model import index
from cdm_graph.model import mutation
from cdm_graph.model import relations
from cdm_graph.model import schema

LOG = log.getLogger(__name__)

#: Seconds for which a tombstone is kept: longer than any message is late.
TOMBSTONE_AGE: typing.Final = 3600.0

_KIND = schema.Kind
_RELATION = schema.Relation
_ELEMENT = typing.TypeVar('_ELEMENT', bound=schema.Element)


class _Tombstone(typing.NamedTuple):
    sequence: int
    moment: float


class _Draft:
    """One mutation's view of the model, and its writes."""

    def __init__(self, model: 'ModelRoot') -> None:
        self._model = model
        self.writes: dict[schema.ElementKey, schema.Element | None] = {}
        self.buried: list[schema.ElementKey] = []
        self.announced: dict[schema.ElementKey, datetime.datetime] = {}

    def get(self, key: schema.ElementKey) -> schema.Element | None:
        if key in self.writes:
            return self.writes[key]
        return self._model._elements.get(key.vertex)

    def put(self, element: schema.Element) -> None:
        self.writes[schema.key_of(element)] = element

    def remove(self, key: schema.ElementKey) -> None:
        self.writes[key] = None

    def touched_at(self, key: schema.ElementKey) -> int:
        return self._model._touched_at_locked(key)

    def is_buried(self, key: schema.ElementKey) -> bool:
        return key in self._model._tombstones

    def bury(self, key: schema.ElementKey) -> None:
        self.remove(key)
        self.buried.append(key)

    def announced_at(self, key: schema.ElementKey) -> datetime.datetime | None:
        return self._model._announced.get(key)

    def announce(
        self, key: schema.ElementKey, moment: datetime.datetime
    ) -> None:
        self.announced[key] = moment

    def nodes_on(self, service_host: str) -> list[schema.ComputeNode]:
        return self._model._nodes_on_locked(service_host)


class ModelRoot:
    """The live cluster data model of a collector, or a snapshot of it.

    :param elements: what it holds at the beginning
    :param clock: where the time comes from
    :param default_zone: the zone of hosts that no aggregate puts into one
        (Nova's ``default_availability_zone``)
    """

    def __init__(
        self,
        elements: collections.abc.Iterable[schema.Element] = (),
        *,
        clock: clocks.Clock | None = None,
        default_zone: str = 'nova',
    ) -> None:
        self._clock = clock or clocks.SystemClock()
        self._default_zone = default_zone
        self._lock = threading.RLock()
        # Held while listeners are told, so that two threads that apply
        # mutations cannot announce their changes in the wrong order.
        self._announcing = threading.RLock()
        self._listeners: list[change.Listener] = []
        self._graph: nx.DiGraph[str] = nx.DiGraph()
        self._elements: dict[str, schema.Element] = {}
        self._lazy_indices: index.Indices | None = None
        self._used: dict[str, schema.Resources] = {}
        self._relation_counts: collections.Counter[str] = collections.Counter()
        self._touched: dict[str, int] = {}
        self._tombstones: collections.OrderedDict[
            schema.ElementKey, _Tombstone
        ] = collections.OrderedDict()
        self._announced: dict[schema.ElementKey, datetime.datetime] = {}
        self._sequence = 0
        self._freshness = freshness.Freshness(0, self._clock.time())
        self._taken_at: float | None = None
        self.apply((mutation.Put(element) for element in elements), 'initial')

    # -- the graph and its freshness ---------------------------------------

    @property
    def graph(self) -> 'nx.DiGraph[str]':
        """The graph: vertices are strings, attributes plain values.

        A vertex has ``kind`` and the attributes of its element, an edge has
        ``relation``.
        """
        return self._graph

    @property
    def sequence(self) -> int:
        """The number of the last change."""
        return self._sequence

    @property
    def freshness(self) -> freshness.Freshness:
        """How far the model may be believed, now or when it was taken."""
        shown = self._freshness
        return freshness.Freshness(
            sequence=self._sequence,
            taken_at=self._taken_at or self._clock.time(),
            synchronized_at=shown.synchronized_at,
            partial=shown.partial,
        )

    def mark_synchronized(
        self, began_at: float, partial: collections.abc.Iterable[str] = ()
    ) -> None:
        """Note that a synchronize, which began at that time, is merged.

        :param began_at: seconds since the epoch
        :param partial: why something of the cloud was not seen
        """
        reasons = tuple(partial)
        with self._lock:
            last = self._freshness.synchronized_at
            whole = last is None or not reasons
            self._freshness = freshness.Freshness(
                sequence=self._sequence,
                taken_at=began_at,
                synchronized_at=began_at if whole else last,
                partial=reasons,
            )

    def snapshot(self) -> 'ModelRoot':
        """Return an isolated copy that the caller may change freely.

        It is complete as of one sequence number and has no listeners.
        """
        copy = ModelRoot(clock=self._clock, default_zone=self._default_zone)
        with self._lock:
            copy._graph = self._graph.copy()
            copy._elements = dict(self._elements)
            copy._used = dict(self._used)
            copy._relation_counts = self._relation_counts.copy()
            copy._sequence = self._sequence
            copy._freshness = self._freshness
            copy._taken_at = self._clock.time()
        return copy

    # -- the reading API ---------------------------------------------------

    def __len__(self) -> int:
        """Return the number of elements."""
        return len(self._elements)

    def elements(self) -> tuple[schema.Element, ...]:
        """Return all elements."""
        with self._lock:
            return tuple(self._elements.values())

    def count_elements(self) -> dict[str, int]:
        """Return the number of elements of each kind."""
        with self._lock:
            return {
                kind.value: len(self._indices.of_kind(kind))
                for kind in schema.Kind
            }

    def count_relations(self) -> dict[str, int]:
        """Return the number of relations of each type."""
        with self._lock:
            return {
                relation.value: self._relation_counts[relation.value]
                for relation in schema.Relation
            }

    def find(self, kind: schema.Kind, key: str) -> schema.Element | None:
        """Return the element with that kind and key, or none."""
        return self._elements.get(schema.vertex_of(kind, key))

    def get(self, kind: schema.Kind, key: str) -> schema.Element:
        """Return the element with that kind and key.

        :raises cdm_graph.exceptions.ElementNotFound: if there is none
        """
        element = self.find(kind, key)
        if element is None:
            raise exceptions.ElementNotFound(kind, key)
        return element

    def get_all(self, kind: schema.Kind) -> dict[str, schema.Element]:
        """Return the elements of a kind by their vertices."""
        with self._lock:
            return {
                vertex: self._elements[vertex]
                for vertex in self._indices.of_kind(kind)
            }

    def get_by_name(
        self, kind: schema.Kind, name: str
    ) -> tuple[schema.Element, ...]:
        """Return the elements of a kind with that name: names repeat."""
        with self._lock:
            by_name = self._indices.by_name.get(kind)
            if by_name is None:
                return ()
            return tuple(
                self._elements[vertex] for vertex in by_name.get(name)
            )

    def get_all_compute_nodes(self) -> dict[str, schema.ComputeNode]:
        """Return all compute nodes by their UUIDs."""
        return _only(schema.ComputeNode, self.get_all(_KIND.COMPUTE_NODE))

    def get_all_instances(self) -> dict[str, schema.Instance]:
        """Return all instances by their UUIDs."""
        return _only(schema.Instance, self.get_all(_KIND.INSTANCE))

    def get_node_by_uuid(self, uuid: str) -> schema.ComputeNode:
        """Return the compute node with that UUID.

        :raises cdm_graph.exceptions.ElementNotFound: if there is none
        """
        return _of_class(
            schema.ComputeNode, self.get(_KIND.COMPUTE_NODE, uuid)
        )

    def get_node_by_name(self, hostname: str) -> schema.ComputeNode:
        """Return the compute node with exactly that hypervisor hostname.

        :raises cdm_graph.exceptions.ElementNotFound: if there is none
        """
        for element in self.get_by_name(_KIND.COMPUTE_NODE, hostname):
            return _of_class(schema.ComputeNode, element)
        raise exceptions.ElementNotFound(_KIND.COMPUTE_NODE, hostname)

    def get_nodes_by_service_host(
        self, service_host: str
    ) -> tuple[schema.ComputeNode, ...]:
        """Return the compute nodes of a nova-compute service."""
        with self._lock:
            return tuple(self._nodes_on_locked(service_host))

    def get_instance_by_uuid(self, uuid: str) -> schema.Instance:
        """Return the instance with that UUID.

        :raises cdm_graph.exceptions.ElementNotFound: if there is none
        """
        return _of_class(schema.Instance, self.get(_KIND.INSTANCE, uuid))

    def get_node_instances(
        self, node: schema.ComputeNode
    ) -> tuple[schema.Instance, ...]:
        """Return the instances that are hosted on a node."""
        return tuple(
            _of_class(schema.Instance, element)
            for element in self.predecessors(node, _RELATION.HOSTED_ON)
        )

    def get_node_by_instance(
        self, instance: schema.Instance
    ) -> schema.ComputeNode | None:
        """Return the node that hosts an instance; none if none does."""
        for element in self.successors(instance, _RELATION.HOSTED_ON):
            return _of_class(schema.ComputeNode, element)
        return None

    def get_node_used_resources(
        self, node: schema.ComputeNode
    ) -> schema.Resources:
        """Return what the instances that are hosted on a node take of it.

        It follows each change at once, where the node's own ``*_used``
        attributes are what Nova told at the last read.
        """
        self.get(_KIND.COMPUTE_NODE, node.uuid)
        return self._used.get(node.uuid, schema.Resources())

    def get_node_free_resources(
        self, node: schema.ComputeNode
    ) -> schema.Resources:
        """Return the capacity of a node less what is used of it.

        It is negative where the node is overcommitted.
        """
        known = self.get_node_by_uuid(node.uuid)
        return known.capacity - self.get_node_used_resources(known)

    def successors(
        self, element: schema.Element, relation: schema.Relation
    ) -> tuple[schema.Element, ...]:
        """Return the targets of the element's relations of one type.

        :raises cdm_graph.exceptions.ElementNotFound: if the element is not
            in the model
        """
        return self._neighbours(element, relation, self._graph.succ)

    def predecessors(
        self, element: schema.Element, relation: schema.Relation
    ) -> tuple[schema.Element, ...]:
        """Return the sources of the relations of one type to the element.

        :raises cdm_graph.exceptions.ElementNotFound: if the element is not
            in the model
        """
        return self._neighbours(element, relation, self._graph.pred)

    def unresolved(self) -> tuple[tuple[str, relations.Reference], ...]:
        """Return the references whose targets are not known, with sources."""
        with self._lock:
            resolver = self._resolver
            return tuple(
                (vertex, reference)
                for vertex, element in self._elements.items()
                for reference in resolver.unresolved(element)
            )

    def touched_at(self, key: schema.ElementKey) -> int:
        """Return the sequence of the last change of an element, or 0."""
        with self._lock:
            return self._touched_at_locked(key)

    # -- the writing API ---------------------------------------------------

    def subscribe(
        self, listener: change.Listener
    ) -> collections.abc.Callable[[], None]:
        """Tell a listener of all changes from now on.

        It is called by the thread that applied the mutations and has to be
        quick; an error that it raises is logged, and touches nothing else.

        :returns: a function that ends the subscription
        """
        with self._announcing:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._announcing:
                self._listeners.remove(listener)

        return unsubscribe

    def apply(
        self,
        mutations: collections.abc.Iterable[mutation.Mutation],
        cause: str = '',
    ) -> list[mutation.Verdict]:
        """Apply mutations in their order, under one lock.

        :param cause: what the changes say of their origin
        :returns: a verdict for each mutation, in the same order.  One that
            cannot be applied leaves the model as it was, is *failed*, and
            does not keep the others from being applied.
        """
        with self._announcing:
            changes: list[change.Change] = []
            with self._lock:
                verdicts = [
                    self._apply_locked(each, cause, changes)
                    for each in mutations
                ]
                self._forget_old_tombstones_locked()
            if changes:
                self._announce(changes)
        return verdicts

    def _apply_locked(
        self,
        visitor: mutation.Mutation,
        cause: str,
        changes: list[change.Change],
    ) -> mutation.Verdict:
        draft = _Draft(self)
        try:
            verdict = visitor.visit(draft)
        except (exceptions.CdmGraphError, pydantic.ValidationError) as error:
            return mutation.Verdict(mutation.Outcome.FAILED, _words(error))
        if verdict.outcome is mutation.Outcome.APPLIED:
            changes.extend(self._commit_locked(draft, cause))
        return verdict

    def _commit_locked(self, draft: _Draft, cause: str) -> list[change.Change]:
        commit = _Commit(self)
        for key, after in draft.writes.items():
            commit.write(key, after)
        commit.relate()
        for key in draft.buried:
            self._tombstones[key] = _Tombstone(
                self._sequence + 1, self._clock.monotonic()
            )
            self._tombstones.move_to_end(key)
            self._announced.pop(key, None)
        self._announced.update(draft.announced)
        changes = commit.changes(self._sequence, cause)
        if draft.writes:
            self._sequence += max(1, len(changes))
        for key in draft.writes:
            self._touched[key.vertex] = self._sequence
        for key in draft.buried:
            del self._touched[key.vertex]
        return changes

    def _announce(self, changes: list[change.Change]) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(changes)
            except Exception:  # a listener's mistake must not stop the model
                LOG.exception('A listener of the model failed.')

    def _forget_old_tombstones_locked(self) -> None:
        oldest = self._clock.monotonic() - TOMBSTONE_AGE
        while self._tombstones:
            key, tombstone = next(iter(self._tombstones.items()))
            if tombstone.moment >= oldest:
                return
            del self._tombstones[key]

    # -- helpers; those that end in _locked assume that the lock is held ----

    @property
    def _indices(self) -> index.Indices:
        if self._lazy_indices is None:
            self._lazy_indices = index.Indices(self._elements.items())
        return self._lazy_indices

    @property
    def _resolver(self) -> relations.Resolver:
        return relations.Resolver(
            self._elements, self._indices, self._default_zone
        )

    def _touched_at_locked(self, key: schema.ElementKey) -> int:
        tombstone = self._tombstones.get(key)
        touched = self._touched.get(key.vertex, 0)
        return max(touched, tombstone.sequence if tombstone else 0)

    def _nodes_on_locked(self, service_host: str) -> list[schema.ComputeNode]:
        return [
            _of_class(schema.ComputeNode, self._elements[vertex])
            for vertex in self._indices.nodes_by_service_host.get(service_host)
        ]

    def _neighbours(
        self,
        element: schema.Element,
        relation: schema.Relation,
        adjacency: typing.Any,
    ) -> tuple[schema.Element, ...]:
        key = schema.key_of(element)
        with self._lock:
            if key.vertex not in self._elements:
                raise exceptions.ElementNotFound(*key)
            return tuple(
                self._elements[vertex]
                for vertex, attributes in adjacency[key.vertex].items()
                if attributes['relation'] == relation
            )


class _Commit:
    """The writes of one mutation, on their way into the model.

    Used under the model's lock, once.
    """

    def __init__(self, model: ModelRoot) -> None:
        self._model = model
        self._graph = model._graph
        self._elements = model._elements
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
        self._model._indices.replace(vertex, before, after)
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
        resolver = self._model._resolver
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
                self._model._used.pop(key.vertex, None)

    def changes(self, sequence: int, cause: str) -> list[change.Change]:
        """Return what became different, numbered from the next number."""
        related = dict.fromkeys([*self._came, *self._went])
        keys = dict.fromkeys(self._written)
        for vertex in related:
            element = self._elements.get(vertex)
            if element is not None:
                keys.setdefault(schema.key_of(element))
        return [
            self._change(sequence + number, key, cause)
            for number, key in enumerate(keys, start=1)
        ]

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
        self, vertex: str, targets: dict[str, schema.Relation]
    ) -> None:
        known = {
            target: schema.Relation(attributes['relation'])
            for target, attributes in self._graph.succ[vertex].items()
        }
        came, went = relations.difference(vertex, known, targets)
        element = self._elements.get(vertex)
        self._release(vertex, element)
        counts = self._model._relation_counts
        counts.subtract(edge.relation.value for edge in went)
        counts.update(edge.relation.value for edge in came)
        for edge in went:
            self._graph.remove_edge(edge.source, edge.target)
        for edge in came:
            self._imply(edge)
            self._graph.add_edge(
                edge.source, edge.target, relation=edge.relation.value
            )
        self._claim(vertex, element)
        for edge in went:
            self._drop_if_implied(edge.target)
        if came:
            self._came.setdefault(vertex, []).extend(came)
        if went:
            self._went.setdefault(vertex, []).extend(went)

    def _imply(self, edge: change.Edge) -> None:
        if edge.target in self._elements:
            return
        element = relations.implied_element(edge.target, edge.relation)
        self.write(schema.key_of(element), element)

    def _drop_if_implied(self, vertex: str) -> None:
        element = self._elements.get(vertex)
        if (
            element is not None
            and element.kind in schema.IMPLIED_KINDS
            and not self._graph.pred[vertex]
        ):
            self.write(schema.key_of(element), None)

    def _claim(self, vertex: str, element: schema.Element | None) -> None:
        """Count what an instance takes of the node that hosts it."""
        if isinstance(element, schema.Instance):
            for node in self._hosts(vertex):
                used = self._model._used
                known = used.get(node, schema.Resources())
                used[node] = known + element.resources

    def _release(self, vertex: str, element: schema.Element | None) -> None:
        if isinstance(element, schema.Instance):
            for node in self._hosts(vertex):
                self._model._used[node] -= element.resources

    def _hosts(self, vertex: str) -> list[str]:
        if vertex not in self._graph:
            return []
        return [
            target
            for target, attributes in self._graph.succ[vertex].items()
            if attributes['relation'] == _RELATION.HOSTED_ON
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
            )
        case schema.ComputeNode():
            return element.hostname, element.service_host
        case schema.HostAggregate():
            return element.hosts, element.availability_zone
        case schema.ServerGroup():
            return element.members, element.project_id
        case _:
            return element.kind


def _only(
    cls: type[_ELEMENT], elements: dict[str, schema.Element]
) -> dict[str, _ELEMENT]:
    return {
        vertex: element
        for vertex, element in elements.items()
        if isinstance(element, cls)
    }


def _of_class(cls: type[_ELEMENT], element: schema.Element) -> _ELEMENT:
    if not isinstance(element, cls):
        raise exceptions.InvalidMutation(
            f'{schema.key_of(element)} is no {cls.__name__}.'
        )
    return element


def _words(error: Exception) -> str:
    if isinstance(error, pydantic.ValidationError):
        return '; '.join(
            f'{".".join(map(str, each["loc"]))}: {each["msg"]}'
            for each in error.errors(include_url=False)
        )
    return str(error)
