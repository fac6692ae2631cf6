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

"""ModelWriter: the one thread that changes a live model.

Notifications, the results of reads and the merge of a synchronize all come
through one queue and are applied in the order in which they came.  The writer
does no I/O.
"""

import collections
import collections.abc
import concurrent.futures
import dataclasses
import itertools
import queue
import threading
import typing

from oslo_log import log

from cdm_graph import clock as clocks
from cdm_graph.collector import dirty as dirty_sets
from cdm_graph.model import change
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.notification import accounting
from cdm_graph.notification import envelope as envelopes

LOG = log.getLogger(__name__)

#: Work that may wait before whoever submits it is held up.
_QUEUE_SIZE: typing.Final = 20_000
#: Mutations of a merge that are applied at a time, between notifications.
_CHUNK: typing.Final = 500
#: Parts of many that are submitted before the first of them is applied: what
#: the bus delivers meanwhile has to wait for no more than that.
_AHEAD: typing.Final = 2
_HEARTBEAT: typing.Final = change.Cause('heartbeat')

_Verdicts = list[mutation.Verdict]
_Settled = collections.abc.Iterator[tuple[mutation.Mutation, mutation.Verdict]]


@dataclasses.dataclass(frozen=True, slots=True)
class _Work:
    mutations: collections.abc.Sequence[mutation.Mutation]
    cause: change.Cause
    since: float | None
    envelope: envelopes.Envelope | None = None
    future: 'concurrent.futures.Future[_Verdicts] | None' = None
    heard_at: float | None = None


class ModelWriter:
    """Applies mutations to a model, and has read what is in doubt.

    :param lost: called with a sentence when a notification could not be
        understood, and nobody can tell what it was about
    """

    def __init__(
        self,
        model: live_model.LiveModel,
        dirty: dirty_sets.DirtySet,
        counters: accounting.Accounting,
        clock: clocks.Clock,
        lost: collections.abc.Callable[[str], object],
    ) -> None:
        self._lost = lost
        self._heard_at: float | None = None
        self._hearing = threading.Condition()
        self._model = model
        self._dirty = dirty
        self._counters = counters
        self._clock = clock
        self._filled_at: float | None = None
        self._queue: queue.Queue[_Work | None] = queue.Queue(_QUEUE_SIZE)
        self._thread = threading.Thread(
            target=self._run, name='model-writer', daemon=True
        )

    def start(self) -> None:
        """Begin to apply what is submitted."""
        self._thread.start()

    def stop(self) -> None:
        """Apply what was submitted so far, and end."""
        self._queue.put(None)
        self._thread.join()

    def submit(
        self, visitor: mutation.Mutation, envelope: envelopes.Envelope
    ) -> None:
        """Have the mutation that a notification amounts to applied."""
        sent_at = envelope.sent_at
        since = sent_at.timestamp() if sent_at else envelope.received_at
        cause = change.Cause(envelope.event_type, envelope.request_id)
        self._queue.put(_Work((visitor,), cause, since, envelope))

    @property
    def heard_at(self) -> float | None:
        """Up to when all that the bus delivered is in the model.

        Seconds since the epoch; none before the first heartbeat.
        """
        return self._heard_at

    def wait_until_heard(self, moment: float, patience: float) -> bool:
        """Wait until all that the bus delivered up to then is in the model.

        :param moment: seconds since the epoch
        :param patience: seconds for which nothing may have been heard; a bus
            that is away is not waited for
        :returns: whether it is; true where no heartbeats tell
        """
        with self._hearing:
            if self._heard_at is None:
                return True
            left = self._heard_at + patience - self._clock.time()
            return self._hearing.wait_for(
                lambda: (self._heard_at or 0.0) >= moment, max(0.0, left)
            )

    def submit_heartbeat(self, sent_at: float) -> None:
        """Note, in its turn, that the bus delivered up to that time."""
        self._queue.put(_Work((), _HEARTBEAT, None, heard_at=sent_at))

    def submit_read(
        self,
        mutations: collections.abc.Sequence[mutation.Mutation],
        cause: change.Cause,
        since: float | None = None,
    ) -> 'concurrent.futures.Future[_Verdicts]':
        """Have what a read of the cloud showed applied.

        :param cause: how the cloud was read, and why
        :param since: when the oldest notification that it answers was sent,
            in seconds since the epoch
        :returns: the verdicts, in the order of the mutations
        """
        future: concurrent.futures.Future[_Verdicts]
        future = concurrent.futures.Future()
        self._queue.put(_Work(mutations, cause, since, None, future))
        return future

    def submit_all(
        self,
        mutations: collections.abc.Iterable[mutation.Mutation],
        cause: change.Cause,
    ) -> _Settled:
        """Have many mutations applied, a part at a time.

        Each part is made, and submitted, when the one before the last has
        been applied.

        :returns: the mutations with their verdicts, in their order; nothing
            is done but for who asks for them
        """
        left = iter(mutations)
        ahead: collections.deque[
            tuple[
                tuple[mutation.Mutation, ...],
                concurrent.futures.Future[_Verdicts],
            ]
        ] = collections.deque()
        while part := tuple(itertools.islice(left, _CHUNK)):
            ahead.append((part, self.submit_read(part, cause)))
            if len(ahead) == _AHEAD:
                yield from _settled(*ahead.popleft())
        while ahead:
            yield from _settled(*ahead.popleft())

    def _run(self) -> None:
        while True:
            work = self._queue.get()
            if work is None:
                return
            try:
                self._apply(work)
            except Exception as error:  # the writer must outlive any mistake
                LOG.exception('Mutations from %s failed.', work.cause.what)
                self._give_up(work, error)

    def _apply(self, work: _Work) -> None:
        if work.heard_at is not None:
            with self._hearing:
                self._heard_at = max(self._heard_at or 0.0, work.heard_at)
                self._hearing.notify_all()
            return
        verdicts = self._model.apply(work.mutations, work.cause)
        # What the bus delivers now was sent after what it had delivered.
        told = work.envelope is not None
        for verdict in verdicts:
            if verdict.reread or verdict.settling:
                self._dirty.add(
                    verdict.reread,
                    work.since,
                    settling=verdict.settling,
                    heard_at=self._heard_at if told else None,
                    cause=work.cause if told else None,
                )
        if work.envelope is not None:
            verdict = verdicts[0]
            self._counters.settle(verdict.outcome, _short(verdict))
            if verdict.outcome is mutation.Outcome.FAILED:
                self._note_failure(work.mutations[0])
        # What has to be read becomes visible when it has been.
        if work.envelope is None or not verdicts[0].reread:
            self._note_lag(work.since)
        if work.future is not None:
            work.future.set_result(verdicts)

    def _note_failure(self, visitor: mutation.Mutation) -> None:
        if not visitor.to_reread_if_failed:
            self._lost('a notification could not be understood')

    def _note_lag(self, since: float | None) -> None:
        """Note how late a change became visible in a model that is filled."""
        if self._model.synchronized_at is None:
            return
        now = self._clock.time()
        if self._filled_at is None:
            self._filled_at = now
        if since is not None and since >= self._filled_at:
            self._counters.lagged(now - since)

    def _give_up(self, work: _Work, error: Exception) -> None:
        if work.envelope is not None:
            self._counters.settle(mutation.Outcome.FAILED, 'mutation failed')
        if work.future is not None:
            work.future.set_exception(error)


def _settled(
    part: tuple[mutation.Mutation, ...],
    future: 'concurrent.futures.Future[_Verdicts]',
) -> _Settled:
    yield from zip(part, future.result(), strict=True)


def _short(verdict: mutation.Verdict) -> str:
    """Return the reason, without what only one message says."""
    if verdict.outcome is mutation.Outcome.FAILED and ':' in verdict.reason:
        return 'invalid fact'
    return verdict.reason
