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
and what is written into it directly is nothing that the typed reading API
vouches for.
"""

import collections
import collections.abc
import dataclasses
import datetime
import threading
import typing

import networkx as nx
from oslo_log import log
import pydantic

from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.model import change
from cdm_graph.model import draft
from cdm_graph.model import freshness
from cdm_graph.model import ledger as ledgers
from cdm_graph.model import mutation
from cdm_graph.model import relations
from cdm_graph.model import schema
from cdm_graph.model import state as states

LOG = log.getLogger(__name__)

_TellPulse = collections.abc.Callable[[], freshness.Pulse]
_NO_EDGES: typing.Final[dict[str, typing.Any]] = {}
_KIND = schema.Kind
_RELATION = schema.Relation
_ELEMENT = typing.TypeVar('_ELEMENT', bound=schema.Element)


class ModelRoot:
    """The live cluster data model of a collector, or a snapshot of it.

    :param elements: what it holds at the beginning
    :param clock: where the time comes from
    :param default_zone: the zone of hosts that no aggregate puts into one
        (Nova's ``default_availability_zone``)
    :param tombstone_age: seconds for which it remembers what was deleted
    :raises cdm_graph.exceptions.ConfigurationError: if that has no name
    """

    def __init__(
        self,
        elements: collections.abc.Iterable[schema.Element] = (),
        *,
        clock: clocks.Clock | None = None,
        default_zone: str = 'nova',
        tombstone_age: float = ledgers.TOMBSTONE_AGE,
    ) -> None:
        if not default_zone:
            raise exceptions.ConfigurationError(
                'The default availability zone has to have a name.'
            )
        self._clock = clock or clocks.SystemClock()
        self._default_zone = default_zone
        self._lock = threading.RLock()
        # Held while listeners are told, so that two threads that apply
        # mutations cannot announce their changes in the wrong order.
        self._announcing = threading.RLock()
        self._listeners: list[change.Listener] = []
        self._untold: collections.deque[list[change.Change]] = (
            collections.deque()
        )
        self._telling = False
        self._state = states.State(default_zone)
        self._ledger = ledgers.Ledger(tombstone_age)
        self._sequence = 0
        self._freshness = freshness.Freshness(0, self._clock.time())
        self._taken_at: float | None = None
        self._pulse: collections.abc.Callable[[], freshness.Pulse] | None = (
            None
        )
        self.apply((mutation.Put(element) for element in elements), 'initial')

    # -- the graph and its freshness ---------------------------------------

    @property
    def graph(self) -> 'nx.DiGraph[str]':
        """The graph: vertices are strings, attributes plain values.

        A vertex has ``kind`` and the attributes of its element, an edge has
        ``relation``.
        """
        return self._state.graph

    @property
    def sequence(self) -> int:
        """The number of the last change."""
        return self._sequence

    @property
    def synchronized_at(self) -> float | None:
        """When the last complete synchronize began; none before the first.

        Seconds since the epoch.
        """
        return self._freshness.synchronized_at

    @property
    def freshness(self) -> freshness.Freshness:
        """How far the model may be believed, now or when it was taken."""
        shown = self._freshness
        return dataclasses.replace(
            shown,
            sequence=self._sequence,
            taken_at=self._taken_at or self._clock.time(),
            pulse=shown.pulse if self._pulse is None else self._pulse(),
        )

    def follow(self, pulse: _TellPulse) -> None:
        """Let the freshness tell of what keeps the model fresh.

        :param pulse: returns it; called by any thread, without a lock
        """
        self._pulse = pulse

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
                was_whole=not reasons
                or (last is not None and self._freshness.was_whole),
            )

    def mark_partial(self, reasons: collections.abc.Iterable[str]) -> None:
        """Note that something of the cloud cannot be seen now.

        It holds until the next synchronize.
        """
        with self._lock:
            self._freshness = dataclasses.replace(
                self._freshness, partial=tuple(reasons)
            )

    def snapshot(self) -> 'ModelRoot':
        """Return an isolated copy that the caller may change freely.

        It is complete as of one sequence number and has no listeners.
        """
        copy = ModelRoot(clock=self._clock, default_zone=self._default_zone)
        pulse = self.freshness.pulse
        with self._lock:
            copy._state = self._state.copy()
            copy._sequence = self._sequence
            copy._freshness = dataclasses.replace(self._freshness, pulse=pulse)
            copy._taken_at = self._clock.time()
        return copy

    # -- the reading API ---------------------------------------------------

    def __len__(self) -> int:
        """Return the number of elements."""
        return len(self._state.elements)

    def elements(self) -> tuple[schema.Element, ...]:
        """Return all elements."""
        with self._lock:
            return tuple(self._state.elements.values())

    def count_elements(self) -> dict[str, int]:
        """Return the number of elements of each kind."""
        with self._lock:
            return {
                kind.value: self._state.indices.count(kind)
                for kind in schema.Kind
            }

    def count_relations(self) -> dict[str, int]:
        """Return the number of relations of each type."""
        with self._lock:
            return {
                relation.value: self._state.relation_counts[relation.value]
                for relation in schema.Relation
            }

    def find(self, kind: schema.Kind, key: str) -> schema.Element | None:
        """Return the element with that kind and key, or none."""
        element = self._state.elements.get(schema.vertex_of(kind, key))
        return element if element and element.kind is kind else None

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
                vertex: self._state.elements[vertex]
                for vertex in self._state.indices.of_kind(kind)
            }

    def get_by_name(
        self, kind: schema.Kind, name: str
    ) -> tuple[schema.Element, ...]:
        """Return the elements of a kind with that name: names repeat."""
        with self._lock:
            by_name = self._state.indices.by_name.get(kind)
            if by_name is None:
                return ()
            return tuple(
                self._state.elements[vertex] for vertex in by_name.get(name)
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
        with self._lock:
            self.get(_KIND.COMPUTE_NODE, node.uuid)
            return self._state.used.get(node.uuid, schema.Resources())

    def get_node_free_resources(
        self, node: schema.ComputeNode
    ) -> schema.Resources:
        """Return the capacity of a node less what is used of it.

        It is negative where the node is overcommitted.
        """
        with self._lock:
            known = self.get_node_by_uuid(node.uuid)
            return known.capacity - self.get_node_used_resources(known)

    def successors(
        self, element: schema.Element, relation: schema.Relation
    ) -> tuple[schema.Element, ...]:
        """Return the targets of the element's relations of one type.

        :raises cdm_graph.exceptions.ElementNotFound: if the element is not
            in the model
        """
        return self._neighbours(element, relation, self._state.graph.succ)

    def predecessors(
        self, element: schema.Element, relation: schema.Relation
    ) -> tuple[schema.Element, ...]:
        """Return the sources of the relations of one type to the element.

        :raises cdm_graph.exceptions.ElementNotFound: if the element is not
            in the model
        """
        return self._neighbours(element, relation, self._state.graph.pred)

    def unresolved(self) -> tuple[tuple[str, relations.Reference], ...]:
        """Return the references whose targets are not known, with sources."""
        with self._lock:
            resolver = self._state.resolver
            return tuple(
                (vertex, reference)
                for vertex, element in self._state.elements.items()
                for reference in resolver.unresolved(element)
            )

    def fence(self) -> mutation.Fence:
        """Return what a read of the cloud that begins now is fenced with."""
        with self._lock:
            now = self._clock.time()
            return mutation.Fence(
                self._ledger.raise_fence(),
                datetime.datetime.fromtimestamp(now, tz=datetime.UTC),
            )

    def note_merge(
        self,
        kinds: collections.abc.Iterable[schema.Kind],
        fence: mutation.Fence,
    ) -> None:
        """Note that a list of every element of some kinds is to be merged.

        Whoever merges it looks after that for what it lacks: a read that
        began before makes nothing known any more.

        :param fence: what the list was fenced with
        """
        with self._lock:
            self._ledger.note_merge(kinds, fence.touches)

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
            try:
                with self._lock:
                    self._ledger.forget(self._clock.monotonic())
                    return [
                        self._apply_locked(each, cause, changes)
                        for each in mutations
                    ]
            finally:
                self._announce(changes)

    def _apply_locked(
        self,
        visitor: mutation.Mutation,
        cause: str,
        changes: list[change.Change],
    ) -> mutation.Verdict:
        pending = draft.PendingDraft(self._state, self._ledger)
        try:
            verdict = visitor.visit(pending)
        except (exceptions.CdmGraphError, pydantic.ValidationError) as error:
            return _failed(visitor, _words(error))
        except Exception as error:  # one mistake must not stop the others
            LOG.exception('A mutation from %s failed.', cause)
            return _failed(visitor, f'{type(error).__name__}: {error}')
        changes.extend(self._commit_locked(pending, cause))
        return verdict

    def _commit_locked(
        self, pending: draft.PendingDraft, cause: str
    ) -> list[change.Change]:
        changes = self._state.write(pending.writes, self._sequence, cause)
        self._sequence += len(changes)
        self._ledger.touch([*pending.writes, *pending.confirmed])
        for key, fence in pending.reads.items():
            self._ledger.note_read(key, fence)
        for key, final in pending.buried.items():
            self._ledger.bury(key, self._clock.monotonic(), final)
        self._ledger.note_as_of(pending.moments)
        return changes

    def _announce(self, changes: list[change.Change]) -> None:
        """Tell all listeners, in order also where one of them applies."""
        if changes:
            self._untold.append(changes)
        if self._telling:
            return
        self._telling = True
        while self._untold:
            self._tell(self._untold.popleft())
        self._telling = False

    def _tell(self, changes: list[change.Change]) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(changes)
            except Exception:  # a listener's mistake must not stop the model
                LOG.exception('A listener of the model failed.')

    # -- helpers; those that end in _locked assume that the lock is held ----

    def _nodes_on_locked(self, service_host: str) -> list[schema.ComputeNode]:
        return [
            _of_class(schema.ComputeNode, self._state.elements[vertex])
            for vertex in self._state.indices.nodes_by_service_host.get(
                service_host
            )
        ]

    def _neighbours(
        self,
        element: schema.Element,
        relation: schema.Relation,
        adjacency: typing.Any,
    ) -> tuple[schema.Element, ...]:
        key = schema.key_of(element)
        with self._lock:
            if key.vertex not in self._state.elements:
                raise exceptions.ElementNotFound(*key)
            return tuple(
                self._state.elements[vertex]
                for vertex, attributes in adjacency.get(
                    key.vertex, _NO_EDGES
                ).items()
                if attributes.get('relation') == relation
                and vertex in self._state.elements
            )


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


def _failed(visitor: mutation.Mutation, reason: str) -> mutation.Verdict:
    return mutation.Verdict(
        mutation.Outcome.FAILED, reason, visitor.to_reread_if_failed
    )


def _words(error: Exception) -> str:
    if isinstance(error, pydantic.ValidationError):
        return '; '.join(
            f'{".".join(map(str, each["loc"]))}: {each["msg"]}'
            for each in error.errors(include_url=False)
        )
    return str(error)
