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

"""LiveModel: the cluster data model of a collector, kept fresh.

It takes mutations, tells listeners of the changes that they amount to, in
their order, and hands out snapshots.  A hand-out shares all that the model
holds and copies nothing: it costs the same for ten elements and for ten
million, whatever else goes on.
"""

import collections
import collections.abc
import contextlib
import dataclasses
import datetime
import threading
import typing

import networkx as nx
from oslo_log import log

from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.model import answer
from cdm_graph.model import change
from cdm_graph.model import freshness as freshness_module
from cdm_graph.model import ledger as ledgers
from cdm_graph.model import mutation
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.model import snapshot as snapshots
from cdm_graph.model import state as states

LOG = log.getLogger(__name__)

#: Answers a statement with its parameters, from what a database has that is
#: at least as new as a sequence number, or from what it has if that is none.
Asker = collections.abc.Callable[
    [str, collections.abc.Mapping[str, typing.Any], int | None], answer.Answer
]
_INITIAL: typing.Final = change.Cause('initial')
_TellPulse = collections.abc.Callable[[], freshness_module.Pulse]


class LiveModel(root.ModelRoot):
    """The live cluster data model of a collector.

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
        super().__init__(
            states.State(default_zone),
            clock or clocks.SystemClock(),
            ledgers.Ledger(tombstone_age),
        )
        # Held while listeners are told, so that two threads that apply
        # mutations cannot announce their changes in the wrong order.
        self._announcing = threading.RLock()
        self._listeners: list[change.Listener] = []
        self._untold: collections.deque[list[change.Change]] = (
            collections.deque()
        )
        self._telling = False
        self._freshness = freshness_module.Freshness(0, self._clock.time())
        self._pulse: _TellPulse = lambda: self._freshness.pulse
        # Held for a moment only, by who takes a read-only snapshot and by who
        # changes the state.
        self._sharing = threading.Lock()
        self._asker: Asker = _nobody
        # None while nobody has taken one.
        self._shared: snapshots.SharedGraph | None = None
        self.apply((mutation.Put(element) for element in elements), _INITIAL)

    # -- the graph and its freshness ---------------------------------------

    @property
    def graph(self) -> 'nx.DiGraph[str]':
        """The graph as it is now, read-only: that of a snapshot."""
        return self.snapshot(read_only=True).graph

    @property
    def synchronized_at(self) -> float | None:
        """When the last complete synchronize began; none before the first.

        Seconds since the epoch.
        """
        return self._freshness.synchronized_at

    @property
    def was_filled(self) -> bool:
        """Whether it was synchronized, or is what it was before a restart."""
        shown = self._freshness
        return (shown.synchronized_at or shown.recalled_at) is not None

    @property
    def freshness(self) -> freshness_module.Freshness:
        """How far the model may be believed now."""
        pulse = self._pulse()
        return dataclasses.replace(
            self._freshness,
            sequence=self._state.sequence,
            taken_at=self._clock.time(),
            pulse=pulse,
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
            self._freshness = freshness_module.Freshness(
                sequence=self._state.sequence,
                taken_at=began_at,
                synchronized_at=began_at if whole else last,
                partial=reasons,
                was_whole=not reasons
                or (last is not None and self._freshness.was_whole),
            )
        self._forget_outdated()

    def mark_recalled(self, synchronized_at: float) -> None:
        """Note that the model is what it was before a restart.

        It holds until the next synchronize.

        :param synchronized_at: when the last one before that began, in
            seconds since the epoch
        """
        with self._lock:
            self._freshness = dataclasses.replace(
                self._freshness, recalled_at=synchronized_at
            )

    def mark_partial(self, reasons: collections.abc.Iterable[str]) -> None:
        """Note that something of the cloud cannot be seen now.

        It holds until the next synchronize.
        """
        with self._lock:
            self._freshness = dataclasses.replace(
                self._freshness, partial=tuple(reasons)
            )

    @contextlib.contextmanager
    def hold(self) -> collections.abc.Iterator[None]:
        """Keep the model as it is, and its listeners from being told.

        Within it all changes so far have been announced, and a snapshot is of
        just these.  It holds up the writer: it is for what takes no time.
        """
        with self._announcing:
            yield

    def snapshot(self, *, read_only: bool = False) -> snapshots.Snapshot:
        """Return an isolated snapshot, complete as of one sequence number.

        The caller may change it freely, unless it is read-only: that is for
        those who only read, and shares what they look at with each other.
        """
        # First how fresh it is, then what it holds: never the other way.
        freshness = self.freshness
        if not read_only:
            return snapshots.Snapshot(self._state, freshness, self._clock)
        with self._sharing:
            shared = self._shared
            if shared is None:
                self._shared = snapshots.SharedGraph(self._state)
            else:
                self._shared = shared.at(self._state)
            taken = snapshots.ReadOnlySnapshot(
                self._shared, freshness, self._clock
            )
        # What it was may be large: it is dropped when nobody waits.
        del shared
        return taken

    def _forget_outdated(self) -> None:
        """Forget what read-only snapshots looked at a long time ago."""
        with self._sharing:
            shared = self._shared
            if shared is not None and shared.is_outdated:
                self._shared = None
        del shared

    # -- asking in Cypher --------------------------------------------------

    def answer_with(self, asker: Asker) -> None:
        """Let queries be answered by what mirrors the model.

        :param asker: called by any thread, without a lock
        """
        self._asker = asker

    def query(
        self, cypher: str, *, current: bool = True, **parameters: typing.Any
    ) -> answer.Answer:
        """Ask the graph database that mirrors the model.

        :param cypher: a statement that only reads, or the name of a curated
            question
        :param current: whether to wait until the database has all that the
            model has now, rather than to ask for what it has; of a stale
            model the database has all
        :param parameters: of the statement
        :raises cdm_graph.exceptions.StoreError: if there is no database, or
            it does not answer, or not in time
        :raises cdm_graph.exceptions.QueryInvalid: if the statement is wrong,
            or would write
        """
        sequence = self.mirrored_sequence if current else None
        return self._asker(cypher, parameters, sequence)

    @property
    def mirrored_sequence(self) -> int | None:
        """The number of the last change that a database is to be told.

        None of a stale model, which comes from the database.
        """
        readiness = self._freshness.readiness
        is_stale = readiness is freshness_module.Readiness.STALE
        return None if is_stale else self._state.sequence

    # -- reconciliation ----------------------------------------------------

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
        began before tells nothing any more.

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

    def _apply(
        self,
        mutations: collections.abc.Iterable[mutation.Mutation],
        cause: change.Cause,
    ) -> tuple[list[mutation.Verdict], list[change.Change]]:
        with self._announcing:
            verdicts, changes = super()._apply(mutations, cause)
            if changes:
                self._untold.append(changes)
                self._announce()
            return verdicts, changes

    def _replace(
        self, state: states.State, changes: list[change.Change]
    ) -> None:
        with self._sharing:
            # First what is noted, then what is: who is interrupted between
            # the two makes somebody look twice, and nobody miss anything.
            if self._shared is not None:
                self._shared.note(changes, state)
            self._state = state

    def _announce(self) -> None:
        """Tell all listeners, in order also where one of them applies."""
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


def _nobody(
    _cypher: str,
    _parameters: collections.abc.Mapping[str, typing.Any],
    _sequence: int | None,
) -> answer.Answer:
    raise exceptions.StoreUnavailable(
        'No graph database mirrors this model: set [store] name.'
    )
