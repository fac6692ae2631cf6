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

"""Synchronize: everything is fetched and merged, while all goes on.

The last good model stays in service until the merge; a fetch that fails
changes nothing but what is said of it.
"""

import collections.abc
import dataclasses
import random
import threading
import time
import typing

from oslo_log import log

from cdm_graph import backoff
from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph import pacer
from cdm_graph.collector import dirty as dirty_sets
from cdm_graph.collector import health as healths
from cdm_graph.collector import history as histories
from cdm_graph.collector import reconcile
from cdm_graph.collector import writer as writers
from cdm_graph.model import change
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema

LOG = log.getLogger(__name__)

_CAUSE: typing.Final = change.Cause('synchronize')

#: Seconds that a synchronize waits for the reads that it led to.
_READS_TIMEOUT: typing.Final = 60.0
#: And for all else that was to be read when the list was merged: it had to
#: wait while that was fetched.
_BACKLOG_TIMEOUT: typing.Final = 10.0

_Corrections = list[tuple[mutation.Mutation, mutation.Verdict]]


@dataclasses.dataclass(frozen=True, slots=True)
class SynchronizeReport:
    """What a synchronize did.

    ``drift`` counts what it had to correct, by kind: see
    :func:`cdm_graph.collector.reconcile.drift`.  ``partial`` are the reasons
    why it could not see the whole cloud.
    """

    began_at: float
    seconds: float
    elements: int
    drift: dict[str, int]
    partial: tuple[str, ...]


class Synchronizer:
    """Runs one synchronize at a time, when asked to, in its own thread.

    A request while one is running leads to another one after it, since the
    running one may have listed too early.  One that fails is repeated, after
    a growing delay.  Those that gaps ask for keep a distance, so that a bus
    that comes and goes does not wear out the cloud.

    :param gap_pause: returns seconds from the begin of a synchronize to the
        next one that a gap asked for
    """

    def __init__(
        self,
        source: reconcile.Source,
        model: live_model.LiveModel,
        writer: writers.ModelWriter,
        dirty: dirty_sets.DirtySet,
        clock: clocks.Clock,
        *,
        deletion_share: collections.abc.Callable[[], float],
        gap_pause: collections.abc.Callable[[], float],
        longest_delay: float,
        jitter: random.Random,
    ) -> None:
        self._source = source
        self._model = model
        self._writer = writer
        self._dirty = dirty
        self._clock = clock
        self._deletion_share = deletion_share
        self._gap_pause = gap_pause
        self._longest_delay = longest_delay
        self._jitter = jitter
        self._state = threading.Condition()
        self._requested = 0
        self._begun = 0
        self._finished = 0
        #: By the steady clock: not before that; none if nobody waits.
        self._due: float | None = None
        self._began: float | None = None
        self._listing_since: float | None = None
        self._stopping = False
        self._health = healths.SourceHealth()
        self._history = histories.History()
        self._report: SynchronizeReport | None = None
        self._reasons: list[str] = []
        self._thread = threading.Thread(
            target=self._run, name='synchronize', daemon=True
        )

    @property
    def health(self) -> healths.SourceHealth:
        """How the last attempts went."""
        return self._health

    @property
    def history(self) -> histories.History:
        """What became of all attempts so far."""
        return self._history

    @property
    def report(self) -> SynchronizeReport | None:
        """What the last successful synchronize did."""
        return self._report

    @property
    def listing_since(self) -> float | None:
        """When the synchronize that is running began; none if none is.

        In seconds since the epoch.
        """
        return self._listing_since

    def start(self) -> None:
        """Begin to serve requests."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing new; a list that is being fetched is abandoned."""
        with self._state:
            self._stopping = True
            self._state.notify_all()

    def request(self, reason: str) -> int:
        """Ask for a synchronize that begins after now; return at once.

        :returns: a ticket for :meth:`wait`
        """
        return self._request(reason, self._clock.monotonic())

    def request_after_gap(
        self, reason: str, pause: float = 0.0, delay: float = 0.0
    ) -> int:
        """Ask for a synchronize since something may have been lost.

        :param pause: seconds to keep from the last one, if more than usual
        :param delay: seconds to wait, since more may be lost at once
        :returns: a ticket for :meth:`wait`
        """
        due = self._clock.monotonic() + delay
        if self._began is not None:
            due = max(due, self._began + max(self._gap_pause(), pause))
        return self._request(reason, due)

    def _request(self, reason: str, due: float) -> int:
        with self._state:
            self._requested += 1
            self._reasons.append(reason)
            self._due = due if self._due is None else min(self._due, due)
            self._state.notify_all()
            return self._requested

    def wait(self, ticket: int, timeout: float) -> bool:
        """Wait until a request was served successfully.

        :returns: whether it was, within that many seconds
        """
        with self._state:
            return self._state.wait_for(
                lambda: self._finished >= ticket or self._stopping, timeout
            ) and (self._finished >= ticket)

    def _run(self) -> None:
        while self._wait_for_request():
            with self._state:
                self._begun = self._requested
                self._began = self._clock.monotonic()
                self._due = None
                reasons, self._reasons = self._reasons, []
            if self._attempt(', '.join(dict.fromkeys(reasons)) or 'retry'):
                with self._state:
                    self._finished = self._begun
                    self._state.notify_all()

    def _wait_for_request(self) -> bool:
        """Return whether there is something to do; else it is to end."""
        with self._state:
            while not self._stopping:
                delay = self._delay_locked()
                if delay is not None and delay <= 0:
                    break
                self._state.wait(delay)
            return not self._stopping

    def _delay_locked(self) -> float | None:
        """Return how long to wait at most; none for until asked."""
        if self._requested <= self._finished:
            return None
        if self._health.retry_at is not None:
            return self._health.retry_at - self._clock.time()
        if self._due is not None:
            return self._due - self._clock.monotonic()
        return 0.0

    def _attempt(self, reason: str) -> bool:
        LOG.info('Synchronize begins (%s).', reason)
        self._listing_since = self._clock.time()
        try:
            report = self._synchronize()
        except exceptions.CollectorError as error:
            self._failed(error)
            return False
        except Exception as error:  # the model must outlive any mistake
            LOG.exception('Synchronize failed.')
            self._failed(error)
            return False
        finally:
            self._listing_since = None
        self._report = report
        self._health = healths.SourceHealth()
        self._history = self._history.with_success(
            report.seconds, report.drift
        )
        LOG.info(
            'Synchronize ended: %d elements in %.1f s, drift %s.',
            report.elements,
            report.seconds,
            report.drift or 'none',
        )
        return True

    def _failed(self, error: Exception) -> None:
        failures = self._health.failures + 1
        delay = backoff.delay(failures, 1.0, self._longest_delay, self._jitter)
        self._health = healths.SourceHealth(
            failures, str(error), self._clock.time() + delay
        )
        self._history = self._history.with_failure()
        LOG.warning(
            'Synchronize failed: %s The last good model stays in service; '
            'trying again in %.1f s.',
            error,
            delay,
        )

    def _synchronize(self) -> SynchronizeReport:
        fence = self._model.fence()
        began_at = self._clock.time()
        began = self._clock.monotonic()
        first = self._model.synchronized_at is None
        staged: dict[str, schema.Element] = {}
        stage = reconcile.stage_into(staged, self._model)
        coverage = self._source.list_all(stage if first else _paced(stage))
        suspects, corrections = self._merge(
            reconcile.Listing(staged, coverage), fence
        )
        unread = (f'{len(suspects)} suspects are still to be read',)
        marked = coverage.partial
        if first and suspects:
            # Nobody should wait for the few when the many are there.
            self._model.mark_synchronized(began_at, marked + unread)
        if not self._dirty.wait_until_clean(suspects, _READS_TIMEOUT):
            marked += unread
        elif not first:
            self._dirty.wait_until_clean(self._dirty.keys(), _BACKLOG_TIMEOUT)
        self._model.mark_synchronized(began_at, marked)
        return SynchronizeReport(
            began_at=began_at,
            seconds=self._clock.monotonic() - began,
            elements=len(staged),
            drift=reconcile.drift(self._model, corrections),
            partial=coverage.partial,
        )

    def _merge(
        self, listing: reconcile.Listing, fence: mutation.Fence
    ) -> tuple[list[schema.ElementKey], _Corrections]:
        """Merge a list; return what has to be read, and what was corrected.

        The first list fills the model, which corrects nothing.
        """
        first = self._model.synchronized_at is None
        suspects: list[schema.ElementKey] = []
        corrections: _Corrections = []
        give_way = _at_once if first else pacer.Pacer(time.monotonic).pause
        mutations = reconcile.merge_mutations(
            self._model, listing, fence, self._deletion_share(), give_way
        )
        for visitor, verdict in self._writer.submit_all(mutations, _CAUSE):
            give_way()
            suspects.extend(verdict.reread)
            if not first and reconcile.is_correction(visitor, verdict):
                corrections.append((visitor, verdict))
        return suspects, corrections


def _at_once() -> None:
    """Give way to nobody: there is nothing that could become late."""


def _paced(stage: reconcile.Stage) -> reconcile.Stage:
    """Return what stages elements and gives way to others meanwhile."""
    pace = pacer.Pacer(time.thread_time)

    def stage_paced(element: schema.Element) -> None:
        stage(element)
        pace.pause()

    return stage_paced
