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

"""Snapshots: a model as of one moment, and the place to try things out.

A :class:`Snapshot` is its owner's alone: neither the live model nor any other
snapshot ever sees what is written into it, nor the other way round.  It
shares all that nobody changed, so that taking one, or a fork of one, costs
nothing.

There are two ways to change one:

- The model's own mutations (:meth:`~Snapshot.migrate_instance`,
  :meth:`~Snapshot.add`, :meth:`~Snapshot.remove`, :meth:`~Snapshot.apply`):
  relations and used resources follow, the graph shows it, and
  :meth:`~Snapshot.undo` takes it back.
- Anything that networkx can do, on :attr:`~Snapshot.graph`.  The typed
  reading API does not see that, and ``undo`` does not touch it.

A snapshot belongs to one thread at a time; many may read it.
"""

import collections.abc
import dataclasses
import typing

import networkx as nx

from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.model import change
from cdm_graph.model import comparison
from cdm_graph.model import freshness as freshness_module
from cdm_graph.model import graph
from cdm_graph.model import ledger as ledgers
from cdm_graph.model import mutation
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.model import state as states

_CAUSE: typing.Final = change.Cause('snapshot')
#: Vertices and rows that are different, after which all are made anew.
_MOST_TOUCHED: typing.Final = 60_000


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """A moment of a snapshot that :meth:`Snapshot.undo` can go back to."""

    state: states.State
    history: comparison.History


class Snapshot(root.ModelRoot):
    """A model as of one moment, which its owner may change.

    :param state: what it holds; nobody changes that any more
    :param freshness: how fresh that is, which it stays
    """

    def __init__(
        self,
        state: states.State,
        freshness: freshness_module.Freshness,
        clock: clocks.Clock,
        history: comparison.History | None = None,
    ) -> None:
        super().__init__(state, clock, ledgers.Ledger())
        self._freshness = freshness
        self._history = history or comparison.History(state)
        self._graph: graph.SnapshotGraph | None = None

    @property
    def graph(self) -> 'nx.DiGraph[str]':
        """The graph: its owner may change it with all that networkx has."""
        if self._graph is None:
            self._graph = graph.SnapshotGraph.of(self._state)
        return self._graph

    @property
    def freshness(self) -> freshness_module.Freshness:
        """How far the model may be believed, as of when it was taken."""
        return dataclasses.replace(
            self._freshness, sequence=self._state.sequence
        )

    # -- trying things out -------------------------------------------------

    def add(self, element: schema.Element) -> None:
        """Add an element, or put it in the place of what it was.

        :raises cdm_graph.exceptions.InvalidMutation: if it is no element, or
            its vertex is of another kind
        """
        _check_is_element(element)
        self._apply_or_raise(mutation.Put(element))

    def remove(self, element: schema.Element) -> None:
        """Remove an element; what refers to it remains, unresolved.

        :raises cdm_graph.exceptions.ElementNotFound: if it is not there
        :raises cdm_graph.exceptions.InvalidMutation: if it is no element, or
            exists as long as another one refers to it
        """
        _check_is_element(element)
        key = schema.key_of(element)
        self.get(*key)
        self._apply_or_raise(mutation.Deletion(key))

    def migrate_instance(
        self, instance: schema.Instance, destination: schema.ComputeNode
    ) -> schema.Instance:
        """Move an instance to another node, and return it as it is there.

        Its zone becomes that of the node, as Nova does it; its state and
        everything else stays.

        :raises cdm_graph.exceptions.ElementNotFound: if the instance or the
            node is not in the model
        :raises cdm_graph.exceptions.InvalidMutation: if they are of other
            kinds
        """
        known = self.get_instance_by_uuid(_key(instance, schema.Instance))
        node = self.get_node_by_uuid(_key(destination, schema.ComputeNode))
        zone = next(
            (
                each.name
                for each in self.successors(node, schema.Relation.IN_ZONE)
                if isinstance(each, schema.AvailabilityZone)
            ),
            None,
        )
        moved = schema.replace(
            known,
            node=node.hostname,
            host=node.service_host,
            availability_zone=zone,
        )
        self._apply_or_raise(mutation.Put(moved))
        return moved

    def fork(self) -> 'Snapshot':
        """Return another snapshot that begins as this one is now.

        What was looked at through :attr:`graph` is copied; the rest is
        shared.
        """
        forked = Snapshot(
            self._state, self._freshness, self._clock, self._history
        )
        if self._graph is not None:
            forked._graph = self._graph.fork()
        return forked

    def mark(self) -> Mark:
        """Return this moment, to :meth:`undo` to it."""
        return Mark(self._state, self._history)

    def undo(self, mark: Mark) -> None:
        """Take back all mutations since a mark.

        :raises cdm_graph.exceptions.InvalidMutation: if the mark is of
            another snapshot, or was undone itself
        """
        if not self._history.goes_back_to(mark.history):
            raise exceptions.InvalidMutation(
                'The mark is not of this snapshot, or what it marks has been '
                'undone: marks are undone from the last to the first.'
            )
        if self._graph is not None:
            undone = self._history.since(mark.history)
            self._graph.follow(
                comparison.compare(self._state, mark.state, undone),
                mark.state,
            )
        self._state, self._history = mark.state, mark.history

    def diff(self, other: 'Snapshot') -> tuple[change.Change, ...]:
        """Return the changes that make the other snapshot of this one.

        Quick where both were forked of one snapshot: then only what was
        changed in them is compared.  The changes are numbered from 1.

        :raises cdm_graph.exceptions.InvalidMutation: if it is no snapshot
        """
        if not isinstance(other, Snapshot):
            raise exceptions.InvalidMutation(f'{other!r} is no snapshot.')
        return comparison.compare(
            self._state,
            other._state,
            self._history.changed_apart(other._history),
        )

    def _replace(
        self, state: states.State, changes: list[change.Change]
    ) -> None:
        self._state = state
        self._history = self._history.then(changes)
        if self._graph is not None:
            self._graph.follow(changes, state)

    def _apply_or_raise(self, visitor: mutation.Mutation) -> None:
        (verdict,) = self.apply((visitor,), _CAUSE)
        if verdict.outcome is mutation.Outcome.FAILED:
            raise exceptions.InvalidMutation(verdict.reason)


class SharedGraph:
    """The graph of one state, which all its read-only snapshots share.

    It goes on to the next state if it can, so that what was looked at once
    need not be made again.  It is not thread-safe: its owner has a lock.
    """

    def __init__(self, state: states.State) -> None:
        self.state = state
        self._graph = graph.FrozenGraph.of(state)
        self._touched = graph.Touched()

    @property
    def is_outdated(self) -> bool:
        """Whether so much is different that it is better made anew."""
        return len(self._touched) > _MOST_TOUCHED

    def note(
        self,
        changes: collections.abc.Sequence[change.Change],
        state: states.State,
    ) -> None:
        """Note what became different since, and what it became.

        While nobody reads the graph it holds on to nothing that is old.
        """
        if not self.is_outdated:
            self._touched.add(changes)
        if not self._graph.is_lent():
            self.state = state
            self._graph.rest_at(state)

    def at(self, state: states.State) -> 'SharedGraph':
        """Return the shared graph of what its state became."""
        if not self._touched and self.state is state:
            return self
        if self.is_outdated or self._graph.is_lent():
            return SharedGraph(state)
        self._graph.follow(self._touched, state)
        self.state = state
        self._touched = graph.Touched()
        return self

    def lend(self) -> graph.FrozenGraph:
        """Return a graph of all that is shared."""
        return self._graph.lend()


class ReadOnlySnapshot(Snapshot):
    """A snapshot that many share, and nobody changes.

    Every write raises :class:`~cdm_graph.exceptions.ReadOnlySnapshot`;
    :meth:`fork` returns a writable one.
    """

    def __init__(
        self,
        shared: SharedGraph,
        freshness: freshness_module.Freshness,
        clock: clocks.Clock,
    ) -> None:
        super().__init__(shared.state, freshness, clock)
        self._lent = shared.lend()

    @property
    def graph(self) -> 'nx.DiGraph[str]':
        """The graph, read-only."""
        return self._lent

    def _apply(
        self,
        mutations: collections.abc.Iterable[mutation.Mutation],
        cause: change.Cause,
    ) -> tuple[list[mutation.Verdict], list[change.Change]]:
        raise exceptions.ReadOnlySnapshot


def _check_is_element(element: object) -> None:
    if not isinstance(element, schema.Element):
        raise exceptions.InvalidMutation(
            f'{element!r} is no element of the model.'
        )


def _key(element: typing.Any, cls: type[schema.Element]) -> str:
    if not isinstance(element, cls):
        raise exceptions.InvalidMutation(f'{element!r} is no {cls.__name__}.')
    return schema.key_of(element).key
