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

"""ModelRoot: a cluster data model, live or at one moment.

What :class:`cdm_graph.model.live_model.LiveModel` and
:class:`cdm_graph.model.snapshot.Snapshot` have in common: the typed reading
API, and how mutations are applied.

Promises:

- It is thread-safe.  Mutations are applied one after the other, each as a
  whole or not at all, and seen by readers only once they are complete.
- A reader waits for nobody, and no question of the reading API scans the
  graph, but for those that say so.
- Both ends of every relation exist, and an instance is on one node at most:
  relations follow from the elements (:mod:`cdm_graph.model.relations`).
- Each change has a sequence number, larger than all before.

The elements are immutable; where there are many answers their order is not
defined.
"""

import abc
import collections.abc
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

_KIND = schema.Kind
_RELATION = schema.Relation
_ELEMENT = typing.TypeVar('_ELEMENT', bound=schema.Element)


class ModelRoot(abc.ABC):
    """A cluster data model.

    :param state: what it holds at the beginning; it belongs to the model
    :param clock: where the time comes from
    :param ledger: what it remembers beside its elements
    """

    def __init__(
        self,
        state: states.State,
        clock: clocks.Clock,
        ledger: ledgers.Ledger,
    ) -> None:
        self._clock = clock
        # Never changed, but replaced: who has it reads on in it.
        self._state = state
        self._ledger = ledger
        self._lock = threading.RLock()

    # -- the graph and its freshness ---------------------------------------

    @property
    @abc.abstractmethod
    def graph(self) -> 'nx.DiGraph[str]':
        """The graph: vertices are strings, attributes plain values.

        A vertex has ``kind`` and the attributes of its element, an edge has
        ``relation``.
        """

    @property
    @abc.abstractmethod
    def freshness(self) -> freshness.Freshness:
        """How far the model may be believed, now or when it was taken."""

    @property
    def sequence(self) -> int:
        """The number of the last change."""
        return self._state.sequence

    @property
    def synchronized_at(self) -> float | None:
        """When the last complete synchronize began; none before the first.

        Seconds since the epoch.
        """
        return self.freshness.synchronized_at

    # -- the reading API ---------------------------------------------------

    def __len__(self) -> int:
        """Return the number of elements."""
        return self._state.tables.count()

    def elements(self) -> tuple[schema.Element, ...]:
        """Return all elements; a scan."""
        return tuple(
            element for _, element in self._state.tables.all_elements()
        )

    def elements_put(self) -> tuple[schema.Element, ...]:
        """Return what a collector put; a scan."""
        return tuple(
            element for kind in _KIND for _, element in self.each_put(kind)
        )

    def count_elements(self) -> dict[str, int]:
        """Return the number of elements of each kind."""
        tables = self._state.tables
        return {kind.value: len(tables.vertices(kind)) for kind in _KIND}

    def count_relations(self) -> dict[str, int]:
        """Return the number of relations of each type."""
        counts = self._state.counts
        return {relation.value: counts[relation] for relation in _RELATION}

    def find(self, kind: schema.Kind, key: str) -> schema.Element | None:
        """Return the element with that kind and key, or none."""
        return self._state.tables.find(schema.ElementKey(kind, key))

    def find_put(self, kind: schema.Kind, key: str) -> schema.Element | None:
        """Return the element with that kind and key if it was put.

        None also of one that is there as long as others refer to it.
        """
        kept = self._state.tables.kept(kind)
        return kept.get(schema.vertex_of(kind, key))

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
        return dict(self._state.tables.of_kind(kind))

    def each(
        self, kind: schema.Kind
    ) -> collections.abc.Iterable[schema.Element]:
        """Return the elements of a kind, as they are now, one by one."""
        return (element for _, element in self._state.tables.of_kind(kind))

    def each_with_vertex(
        self, kind: schema.Kind
    ) -> collections.abc.Iterable[tuple[str, schema.Element]]:
        """Return the elements of a kind with their vertices, one by one."""
        return self._state.tables.of_kind(kind)

    def each_put(
        self, kind: schema.Kind
    ) -> collections.abc.Iterable[tuple[str, schema.Element]]:
        """Return the elements of a kind that a collector put, one by one.

        Without those that are there as long as others refer to them.
        """
        return self._state.tables.kept(kind).items()

    def get_by_name(
        self, kind: schema.Kind, name: str
    ) -> tuple[schema.Element, ...]:
        """Return the elements of a kind with that name: names repeat."""
        return self._state.tables.named(kind, name)

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
        return tuple(self._state.tables.nodes_on(service_host))

    def get_instance_by_uuid(self, uuid: str) -> schema.Instance:
        """Return the instance with that UUID.

        :raises cdm_graph.exceptions.ElementNotFound: if there is none
        """
        return _of_class(schema.Instance, self.get(_KIND.INSTANCE, uuid))

    def get_node_instances(
        self, node: schema.ComputeNode
    ) -> tuple[schema.Instance, ...]:
        """Return the instances that are hosted on a node.

        :raises cdm_graph.exceptions.ElementNotFound: if the node is not in
            the model
        """
        return tuple(
            _of_class(schema.Instance, element)
            for element in self.predecessors(node, _RELATION.HOSTED_ON)
        )

    def get_node_by_instance(
        self, instance: schema.Instance
    ) -> schema.ComputeNode | None:
        """Return the node that hosts an instance; none if none does.

        :raises cdm_graph.exceptions.ElementNotFound: if the instance is not
            in the model
        """
        for element in self.successors(instance, _RELATION.HOSTED_ON):
            return _of_class(schema.ComputeNode, element)
        return None

    def get_node_used_resources(
        self, node: schema.ComputeNode
    ) -> schema.Resources:
        """Return what the instances that are hosted on a node take of it.

        It follows each change at once, where the node's own ``*_used``
        attributes are what Nova told at the last read.

        :raises cdm_graph.exceptions.ElementNotFound: if the node is not in
            the model
        """
        state = self._state
        _check(state, node)
        return state.used.get(schema.key_of(node).vertex, schema.Resources())

    def get_node_free_resources(
        self, node: schema.ComputeNode
    ) -> schema.Resources:
        """Return the capacity of a node less what is used of it.

        It is negative where the node is overcommitted.

        :raises cdm_graph.exceptions.ElementNotFound: if the node is not in
            the model
        """
        known = self.get_node_by_uuid(node.uuid)
        return known.capacity - self.get_node_used_resources(known)

    def targets(
        self, element: schema.Element
    ) -> collections.abc.Mapping[str, schema.Relation]:
        """Return the vertices that an element's relations lead to.

        :raises cdm_graph.exceptions.ElementNotFound: if the element is not
            in the model
        """
        state = self._state
        return state.successors(_check(state, element))

    def successors(
        self, element: schema.Element, relation: schema.Relation
    ) -> tuple[schema.Element, ...]:
        """Return the targets of the element's relations of one type.

        :raises cdm_graph.exceptions.ElementNotFound: if the element is not
            in the model
        """
        state = self._state
        vertex = _check(state, element)
        return _elements_at(state, state.successors(vertex), relation)

    def predecessors(
        self, element: schema.Element, relation: schema.Relation
    ) -> tuple[schema.Element, ...]:
        """Return the sources of the relations of one type to the element.

        :raises cdm_graph.exceptions.ElementNotFound: if the element is not
            in the model
        """
        state = self._state
        vertex = _check(state, element)
        return _elements_at(state, state.predecessors(vertex), relation)

    def unresolved(self) -> tuple[tuple[str, relations.Reference], ...]:
        """Return the references whose targets are not known, with sources.

        A scan.
        """
        return tuple(self._state.resolver.unresolved())

    # -- the writing API ---------------------------------------------------

    def apply(
        self,
        mutations: collections.abc.Iterable[mutation.Mutation],
        cause: change.Cause = change.UNKNOWN,
    ) -> list[mutation.Verdict]:
        """Apply mutations in their order, under one lock.

        :param cause: what the changes say of their origin
        :returns: a verdict for each mutation, in the same order.  One that
            cannot be applied leaves the model as it was, is *failed*, and
            does not keep the others from being applied.
        """
        verdicts, _changes = self._apply(mutations, cause)
        return verdicts

    def _apply(
        self,
        mutations: collections.abc.Iterable[mutation.Mutation],
        cause: change.Cause,
    ) -> tuple[list[mutation.Verdict], list[change.Change]]:
        """Apply mutations; return the changes that they amount to as well.

        Readers see all of them at once.
        """
        with self._lock:
            self._ledger.forget(self._clock.monotonic())
            work = _Work(self._state, cause)
            verdicts = [self._apply_one(work, each) for each in mutations]
            if work.changes:
                self._replace(work.state, work.changes)
        return verdicts, work.changes

    def _replace(
        self, state: states.State, changes: list[change.Change]
    ) -> None:
        """Let readers see another state from now on."""
        self._state = state

    def _apply_one(
        self, work: '_Work', visitor: mutation.Mutation
    ) -> mutation.Verdict:
        pending = draft.PendingDraft(work.state, self._ledger)
        try:
            verdict = visitor.visit(pending)
        except (exceptions.CdmGraphError, pydantic.ValidationError) as error:
            return _failed(visitor, _words(error))
        except Exception as error:  # one mistake must not stop the others
            LOG.exception('A mutation from %s failed.', work.cause.what)
            return _failed(visitor, f'{type(error).__name__}: {error}')
        if not pending.is_empty:
            work.write(pending.writes)
            self._remember(pending)
        return verdict

    def _remember(self, pending: draft.PendingDraft) -> None:
        """Note what is to be known later of the elements, and is no fact."""
        self._ledger.touch(
            [*pending.writes, *pending.confirmed], pending.reads
        )
        for key, fence in pending.reads.items():
            self._ledger.note_read(key, fence)
        for key, final in pending.buried.items():
            self._ledger.bury(key, self._clock.monotonic(), final)
        self._ledger.note_as_of(pending.moments)


class _Work:
    """What the mutations of one commit make of a state.

    :param state: the state, which others read: it is copied to be changed
    """

    def __init__(self, state: states.State, cause: change.Cause) -> None:
        self.state = state
        self.cause = cause
        self.changes: list[change.Change] = []
        self._shared: states.State | None = state

    def write(self, writes: states.Writes) -> None:
        """Make the writes of one mutation."""
        if not writes:
            return
        if self._shared is not None:
            self.state, self._shared = self._shared.copy(), None
        self.changes.extend(self.state.write(writes, self.cause))


def _check(state: states.State, element: schema.Element) -> str:
    """Return the vertex of an element, which has to be in the model."""
    key = schema.key_of(element)
    if state.tables.find(key) is None:
        raise exceptions.ElementNotFound(*key)
    return key.vertex


def _elements_at(
    state: states.State,
    neighbours: collections.abc.Mapping[str, schema.Relation],
    wanted: schema.Relation,
) -> tuple[schema.Element, ...]:
    found = (
        state.tables.element_at(vertex)
        for vertex, relation in neighbours.items()
        if relation is wanted
    )
    return tuple(element for element in found if element is not None)


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
