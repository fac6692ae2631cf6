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

"""The mirror: keeps a store equal to a live model.

It follows the changes of the model: what became different since is written
as it is at one moment, in one transaction with a cursor that tells that
moment, so that a reader of the store sees the model as it was at some change.
Only where more is to be written than fits into a transaction it is between
two such moments for a while, and the cursor stays where it was.

What the store holds is not believed after a restart, nor if its cursor is not
where the mirror left it: everything is *reconciled*, which compares the
hashes of all elements and writes those that differ.  So it is once a period
as well.  Where nothing changed nothing is written.  After an error what was
under way is written again, which makes no difference if it had been written.

It never holds up the model, whatever becomes of the store: what it notes of a
change takes microseconds, and no more of it than of the model.
"""

import collections.abc
import dataclasses
import random
import threading
import typing
import uuid

from oslo_log import log

from cdm_graph import backoff
from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.model import freshness
from cdm_graph.model import live_model
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.store import backlog
from cdm_graph.store import contract
from cdm_graph.store import encoding
from cdm_graph.store import writer

LOG = log.getLogger(__name__)

#: Seconds in which changes gather before they are written.
_PAUSE: typing.Final = 0.05
#: Seconds between two looks whether the model was filled.
_LOOK: typing.Final = 0.5
#: Elements of a transaction: of what changed, and where all is written.
_LIVE: typing.Final = 2000
_BOOTSTRAP: typing.Final = 5000
#: Seconds to wait after an error: after the first, and at most.
_SHORTEST_WAIT: typing.Final = 0.5
_LONGEST_WAIT: typing.Final = 15.0
#: Seconds that it may take to stop.
_STOPPING: typing.Final = 10.0
#: What is no model that the store should be equal to.
_NOT_FILLED: typing.Final = frozenset(
    {freshness.Readiness.NOT_READY, freshness.Readiness.STALE}
)
#: The kinds that relations lead to.
_TARGETS: typing.Final = frozenset(
    target
    for leaving in encoding.LEAVING.values()
    for target in leaving.values()
)
#: Where each kind comes in the order in which they are written.
_PLACES: typing.Final = {
    kind: place for place, kind in enumerate(encoding.ORDER)
}
#: Refused elements that are named.
_NAMED: typing.Final = 10


@dataclasses.dataclass(frozen=True, slots=True)
class MirrorStatus:
    """How far a store is behind its model.

    :param state: *waiting* for the model to be filled, *reconciling*,
        *following* or *unavailable*
    :param sequence: the last change that the store has; none if unknown
    :param behind: changes of the model since
    :param lag: seconds since the first change that it has not
    :param backlog: elements that are to be written
    :param drift: elements that the last reconciliation found to differ,
        but for the first
    :param refused: elements that the store cannot hold, and some by name
    """

    address: str
    state: str
    epoch: str
    sequence: int | None
    behind: int | None
    lag: float
    backlog: int
    drift: int | None
    reconciled_at: float | None
    written: int
    deleted: int
    refused: int
    refused_names: tuple[str, ...]
    last_error: str | None
    last_error_at: float | None


class Mirror:
    """Keeps a store equal to a live model, in a thread of its own.

    :param region: the name of the cloud
    :param period: seconds between two reconciliations
    """

    def __init__(
        self,
        model: live_model.LiveModel,
        store: contract.GraphStore,
        region: str,
        period: float,
        clock: clocks.Clock | None = None,
    ) -> None:
        self._model = model
        self._store = store
        self._region = region
        self._period = period
        self._clock = clock or clocks.SystemClock()
        self._writer = writer.BatchWriter(store)
        self._backlog = backlog.Backlog(self._clock.monotonic)
        #: What was taken of it and is not written yet.
        self._under_way = backlog.Pending({}, None)
        #: What the store lacked, until those that are related to it are
        #: written anew.
        self._made: set[str] = set()
        #: A model has another one after a restart.
        self.epoch = uuid.uuid4().hex
        self._jitter = random.Random(self.epoch)  # noqa: S311 - no secret
        self._state = 'waiting'
        self._sequence: int | None = None
        #: What the cursor of the store says of that.
        self._synchronized_at: float | None = None
        self._reconcile_next = True
        self._is_cursor_known = False
        self._knows_schema = False
        self._reconciled_at: float | None = None
        self._reconcile_due = 0.0
        self._drift: int | None = None
        self._failures = 0
        self._last_error: str | None = None
        self._last_error_at: float | None = None
        self._stopping = False
        self._turn = threading.Condition()
        self._unsubscribe: collections.abc.Callable[[], None] = lambda: None
        self._thread: threading.Thread | None = None

    # -- from other threads ------------------------------------------------

    def start(self) -> None:
        """Begin to follow the model."""
        self.attach()
        self._thread = threading.Thread(
            target=self._run, name='mirror', daemon=True
        )
        self._thread.start()

    def attach(self) -> None:
        """Note what changes, for a caller that does the steps."""
        self._unsubscribe = self._model.subscribe(self._backlog.note)

    def stop(self) -> None:
        """Stop to follow it; what is not written then is found later."""
        self._unsubscribe()
        self._unsubscribe = lambda: None
        with self._turn:
            self._stopping = True
            self._turn.notify_all()
        if self._thread is not None:
            # A database that hangs must not keep the daemon from stopping.
            self._thread.join(_STOPPING)
            self._thread = None

    def request_reconcile(self) -> None:
        """Compare all that the store holds, as soon as it is possible."""
        with self._turn:
            self._reconcile_next = True
            self._turn.notify_all()

    def wait_for(self, sequence: int, timeout: float) -> bool:
        """Wait until the store has a change; return whether it has it.

        :param timeout: seconds to wait at most
        """
        with self._turn:
            return self._turn.wait_for(
                lambda: (
                    self._sequence is not None and self._sequence >= sequence
                ),
                timeout,
            )

    def status(self) -> MirrorStatus:
        """Return how far the store is behind."""
        sequence = self._sequence
        under_way = self._under_way
        since = (
            self._backlog.since if under_way.since is None else under_way.since
        )
        return MirrorStatus(
            address=self._store.address,
            state=self._state,
            epoch=self.epoch,
            sequence=sequence,
            behind=(
                None if sequence is None else self._model.sequence - sequence
            ),
            lag=(
                0.0
                if since is None
                else max(0.0, self._clock.monotonic() - since)
            ),
            backlog=len(self._backlog) + len(under_way.keys),
            drift=self._drift,
            reconciled_at=self._reconciled_at,
            written=self._writer.written,
            deleted=self._writer.deleted,
            refused=len(self._writer.refused),
            refused_names=tuple(
                f'{kind} {vertex}'
                for kind, vertex in list(self._writer.refused)[:_NAMED]
            ),
            last_error=self._last_error,
            last_error_at=self._last_error_at,
        )

    # -- its own thread ----------------------------------------------------

    def _run(self) -> None:
        while not self._stopping:
            pause = self.step()
            with self._turn:
                self._turn.wait_for(
                    lambda: self._stopping or self._reconcile_asked(), pause
                )

    def _reconcile_asked(self) -> bool:
        return self._reconcile_next and self._state == 'following'

    def step(self) -> float:
        """Do what there is to do; return the seconds to wait after it."""
        readiness = self._model.freshness.readiness
        if readiness in _NOT_FILLED:
            return _LOOK
        try:
            if not self._is_cursor_known or self._must_reconcile():
                self._look_at_cursor()
            if self._must_reconcile():
                self._reconcile()
            else:
                self._follow()
        except exceptions.StoreError as error:
            return self._failed(str(error))
        except Exception as error:  # the mirror heals from what it can
            LOG.exception('The mirror failed.')
            return self._failed(f'{type(error).__name__}: {error}')
        self._succeeded()
        return _PAUSE

    def _look_at_cursor(self) -> None:
        """Reconcile if the store is not where it was left."""
        if self._sequence is not None:
            found = self._store.cursor()
            if self._has_lost(found):
                LOG.warning(
                    'The database at %s has lost what was written to it; all '
                    'of it is compared.',
                    self._store.address,
                )
                self._reconcile_next = True
                self._knows_schema = False
            elif found is not None and found.epoch != self.epoch:
                LOG.warning(
                    'Another daemon writes region %s to %s as well: name '
                    'another region for one of them, or stop it.',
                    self._region,
                    self._store.address,
                )
                self._reconcile_next = True
        self._is_cursor_known = True

    def _has_lost(self, found: contract.Cursor | None) -> bool:
        """Return whether the store is behind where it was left."""
        if found is None or self._sequence is None:
            return self._sequence is not None
        # Sequences of two models say nothing about each other.
        return found.epoch == self.epoch and found.sequence < self._sequence

    def _must_reconcile(self) -> bool:
        return (
            self._reconcile_next
            or self._clock.monotonic() >= self._reconcile_due
        )

    def _follow(self) -> None:
        """Write what became different, and when it was synchronized."""
        synchronized_at = self._model.synchronized_at
        if not len(self._backlog) and synchronized_at == self._synchronized_at:
            return
        if self._has_lost(self._store.cursor()):
            # No error told: it was emptied, or was another one in between.
            self._is_cursor_known = False
            return
        snapshot = self._take()
        pending = self._under_way
        self._under_way = pending._replace(
            keys=self._with_sources(snapshot, pending.keys)
        )
        try:
            self._write(snapshot, self._under_way.keys)
        except BaseException:
            self._put_back()
            raise
        self._has(snapshot)

    def _take(self) -> root.ModelRoot:
        """Take the backlog; return the model as it is with all of it."""
        with self._model.hold():
            self._under_way = self._backlog.take()
            return self._model.snapshot(read_only=True)

    def _put_back(self) -> None:
        self._backlog.put_back(self._under_way)
        self._under_way = backlog.Pending({}, None)

    def _with_sources(
        self,
        model: root.ModelRoot,
        keys: dict[schema.ElementKey, bool],
    ) -> dict[schema.ElementKey, bool]:
        """Return elements, and what is to be written beside them.

        What was refused has no relations in the store, neither of its own
        nor of others to it.
        """
        refused = self._writer.refused
        found = dict(keys)
        for key in keys if refused else ():
            element = model.find(*key)
            vertex = encoding.vertex_id(key)
            if element is None or (key.kind, vertex) not in refused:
                continue
            found[key] = True
            for relation in schema.Relation:
                for source in model.predecessors(element, relation):
                    found[schema.key_of(source)] = True
        return found

    def _write(
        self,
        model: root.ModelRoot,
        keys: collections.abc.Mapping[schema.ElementKey, bool],
    ) -> None:
        records, deletions = [], []
        for key, related in keys.items():
            element = model.find(*key)
            if element is None:
                deletions.append((key.kind, encoding.vertex_id(key)))
                continue
            record = encoding.record(model, element, self._region)
            if not related:
                record = dataclasses.replace(record, relations=None)
            records.append(record)
        records.sort(key=lambda record: _PLACES[record.kind])
        deletions.sort(key=lambda deleted: -_PLACES[deleted[0]])
        self._writer.write(
            records, deletions, self._cursor(model), _LIVE, self._check
        )

    def _reconcile(self) -> None:
        """Make the store equal to the model, whatever it holds."""
        self._state = 'reconciling'
        if not self._knows_schema:
            self._store.ensure_schema()
            self._knows_schema = True
        self._reconcile_next = False
        snapshot = self._take()
        try:
            differences = self._equalize(snapshot)
        except BaseException:
            self._reconcile_next = True
            self._put_back()
            raise
        if self._reconciled_at is not None:
            self._drift = differences - len(self._under_way.keys)
            self._drift = max(0, self._drift)
        self._reconciled_at = self._clock.time()
        self._reconcile_due = self._clock.monotonic() + self._period
        self._has(snapshot)

    def _equalize(self, model: root.ModelRoot) -> int:
        gone: list[tuple[schema.Kind, str]] = []
        differences = 0
        for kind in encoding.ORDER:
            stored = dict(self._store.hashes(kind))
            records = self._different(model, kind, stored)
            differences += self._writer.write(
                records, (), None, _BOOTSTRAP, self._check
            )
            self._forget_refused(model, kind)
            gone += ((kind, vertex) for vertex in stored)
        gone.reverse()
        differences += self._writer.write(
            (), gone, self._cursor(model), _BOOTSTRAP, self._check
        )
        self._made.clear()
        return differences

    def _forget_refused(
        self, model: root.ModelRoot, kind: schema.Kind
    ) -> None:
        """Forget what of a kind is no more, and what was not made."""
        for refused, vertex in tuple(self._writer.refused):
            if refused is kind:
                self._made.discard(vertex)
                if model.find(*schema.key_at(kind, vertex)) is None:
                    del self._writer.refused[kind, vertex]

    def _different(
        self,
        model: root.ModelRoot,
        kind: schema.Kind,
        stored: dict[str, str],
    ) -> collections.abc.Iterator[contract.Record]:
        """Yield what is not stored as it is, and take out what is there.

        A database that lacked an element lacks the relations to it as well,
        which the hashes of those that have them do not tell.
        """
        for element in model.each(kind):
            record = encoding.record(model, element, self._region)
            known = stored.pop(record.id, None)
            if known is None and kind in _TARGETS:
                self._made.add(record.id)
            if known is None:
                yield dataclasses.replace(record, is_new=True)
            elif known != record.properties['hash'] or not all(
                map(self._made.isdisjoint, (record.relations or {}).values())
            ):
                yield record

    def _cursor(self, model: root.ModelRoot) -> contract.Cursor:
        return contract.Cursor(
            self.epoch, model.sequence, model.synchronized_at
        )

    def _check(self) -> None:
        """Stop amid what takes long, when told to."""
        if self._stopping:
            raise exceptions.StoreUnavailable('The mirror was stopped.')

    def _has(self, model: root.ModelRoot) -> None:
        """Note that the store has the model."""
        with self._turn:
            self._under_way = backlog.Pending({}, None)
            self._sequence = model.sequence
            self._synchronized_at = model.synchronized_at
            self._state = 'following'
            self._turn.notify_all()

    # -- errors ------------------------------------------------------------

    def _failed(self, reason: str) -> float:
        """Note an error; return the seconds to wait before the next try."""
        self._failures += 1
        self._last_error = reason
        self._last_error_at = self._clock.time()
        # A database that comes back may be another one.
        self._is_cursor_known = False
        if self._failures == 1 and not self._stopping:
            LOG.warning(
                'The mirror is behind from now on: %s It goes on by itself.',
                reason if reason.endswith('.') else f'{reason}.',
            )
        self._state = 'unavailable'
        return backoff.delay(
            self._failures, _SHORTEST_WAIT, _LONGEST_WAIT, self._jitter
        )

    def _succeeded(self) -> None:
        if self._failures:
            LOG.info('The mirror has caught up.')
            self._failures = 0
