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

"""BaseClusterModelCollector: fetches from one service and owns its model.

There is one instance of each type of collector in a process.  It begins to
fill its model when it is constructed, without blocking, and goes on to keep
it true until it is stopped.

Who writes a collector gives it :meth:`~BaseClusterModelCollector.synchronize`
(fetch everything), :meth:`~BaseClusterModelCollector.read` (fetch one
element) and a notification handler; all of the reconciliation is here.
"""

import abc
import collections.abc
import datetime
import random
import time
import typing

from oslo_service import service

from cdm_graph import exceptions
from cdm_graph.collector import budget
from cdm_graph.collector import dirty as dirty_sets
from cdm_graph.collector import health as healths
from cdm_graph.collector import history as histories
from cdm_graph.collector import loadable
from cdm_graph.collector import poller as pollers
from cdm_graph.collector import reconcile
from cdm_graph.collector import refresher as refreshers
from cdm_graph.collector import rest_client
from cdm_graph.collector import synchronizer as synchronizers
from cdm_graph.collector import writer as writers
from cdm_graph.model import freshness
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.model import snapshot as snapshots
from cdm_graph.notification import announcer as announcers
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import handler

#: Seconds between two looks at how fresh a model is.
_STEP: typing.Final = 0.02
#: Seconds from a notification that nobody can read to the synchronize for it:
#: one that began amid a burst would have to be followed by another.
_BURST: typing.Final = 5.0


class _SingletonPlugin(service.Singleton, abc.ABCMeta):  # type: ignore[misc]
    """The type of classes that have one instance and abstract methods."""


class BaseClusterModelCollector(loadable.Loadable, metaclass=_SingletonPlugin):
    """Owns the live model of one service of the cloud.

    A subclass prepares what it fetches with before it calls this
    constructor, since the first synchronize begins there.
    """

    #: Kinds of elements that it keeps: which it can read, and of which it
    #: takes up what is remembered after a restart.
    kinds: typing.ClassVar[frozenset[schema.Kind]] = frozenset()
    #: Services that it asks, whose credentials are to be checked at first.
    services: typing.ClassVar[tuple[rest_client.Service, ...]] = ()
    #: Who announces all that changes there, as far as anybody does; none if
    #: nobody is relied on: then only what is read makes the model newer.
    announcer: typing.ClassVar[announcers.Announcer | None] = None
    #: Kinds of which :meth:`read` fetches every element at a time.
    kinds_read_whole: typing.ClassVar[frozenset[schema.Kind]] = frozenset()
    #: Kinds of which :meth:`read_changed` can fetch many elements at a time.
    kinds_read_together: typing.ClassVar[frozenset[schema.Kind]] = frozenset()

    def __init__(self, surroundings: loadable.Surroundings) -> None:
        super().__init__(surroundings)
        conf, clock = surroundings.conf, surroundings.clock
        jitter = random.Random()  # noqa: S311 - spreads retries, no secret
        recalled = surroundings.recall()
        self._model = live_model.LiveModel(
            recalled.of(self.kinds) if recalled else (),
            clock=clock,
            default_zone=conf.collector.default_availability_zone,
            tombstone_age=conf.collector.tombstone_age,
        )
        if recalled:
            self._model.mark_recalled(recalled.synchronized_at)
        self._dirty = dirty_sets.DirtySet(
            clock,
            delay=conf.collector.refresh_delay,
            settling=conf.collector.settling_time,
            wholes=self.kinds_read_whole,
            together=self.kinds_read_together,
            many=conf.collector.refresh_together,
        )
        self._gap_at: float | None = None
        self._held_at: float | None = None
        self._lag: float | None = None
        self._writer = writers.ModelWriter(
            self._model,
            self._dirty,
            surroundings.counters,
            clock,
            self._note_unreadable,
        )
        self._synchronizer = synchronizers.Synchronizer(
            self,
            self._model,
            self._writer,
            self._dirty,
            clock,
            deletion_share=self._deletion_share,
            gap_pause=lambda: float(conf.collector.gap_pause),
            longest_delay=conf.collector.longest_retry_delay,
            jitter=jitter,
        )
        self._poller = pollers.Poller(
            self,
            self._model,
            self._writer,
            clock,
            kinds=self.kinds,
            overlap=lambda: float(conf.collector.poll_overlap),
            deletion_share=self._deletion_share,
        )
        self._refresher = refreshers.Refresher(
            self,
            self._model,
            self._writer,
            self._dirty,
            clock,
            threads=conf.collector.refresh_threads,
            spending=budget.Budget(clock, conf.collector.refresh_rate),
            deletion_share=self._deletion_share,
            longest_delay=conf.collector.longest_retry_delay,
            jitter=jitter,
        )
        self._model.follow(self._pulse)
        self._writer.start()
        self._synchronizer.start()
        self._refresher.start()
        self.request_synchronize('start')

    # -- what a collector is -----------------------------------------------

    @property
    @abc.abstractmethod
    def notification_handler(self) -> handler.NotificationHandler:
        """The handler of the service's notifications."""

    @abc.abstractmethod
    def synchronize(self) -> live_model.LiveModel:
        """Fetch everything, and return a drop-in replacement of the model.

        It is called in a thread of its own, while notifications go on being
        applied to the live model.

        :raises cdm_graph.exceptions.CollectorError: if it fails; the live
            model stays as it is
        """

    @abc.abstractmethod
    def read(self, key: schema.ElementKey) -> reconcile.Reading:
        """Fetch one element, or every element of a kind.

        It is called by several threads at a time.

        :raises cdm_graph.exceptions.CollectorError: if it fails
        """

    def list_all(self, stage: reconcile.Stage) -> reconcile.Coverage:
        """Fetch everything, element by element.

        A collector whose service can hide things, or has very many,
        overrides this.

        :returns: what could not be observed
        """
        for element in self.synchronize().elements_put():
            stage(element)
        return reconcile.Coverage()

    def read_changed(
        self,
        keys: collections.abc.Collection[schema.ElementKey],
        since: datetime.datetime,
    ) -> reconcile.Reading:
        """Fetch those of many elements that changed since then.

        A collector that names kinds in :attr:`kinds_read_together` overrides
        this.  Who is not shown is read by :meth:`read`.

        :raises cdm_graph.exceptions.CollectorError: if it fails
        """
        return reconcile.Reading()

    def poll(self, since: datetime.datetime) -> reconcile.Reading:
        """Fetch what changed since then, and what no notification tells.

        A collector whose service can tell that overrides this.

        :raises cdm_graph.exceptions.CollectorError: if it fails
        """
        return reconcile.Reading()

    def describe(self) -> dict[str, object]:
        """Return what ``status`` shows of the service; plain values."""
        return {}

    # -- the model ---------------------------------------------------------

    @property
    def cluster_data_model(self) -> live_model.LiveModel:
        """The live model: thread-safe, and changing all the time."""
        return self._model

    def get_latest_cluster_data_model(
        self, *, read_only: bool = False
    ) -> snapshots.Snapshot:
        """Return an isolated snapshot of the live model.

        :param read_only: whether it will only be read: then it shares what
            is looked at with others
        :raises cdm_graph.exceptions.NotReady: if it was never filled
        """
        readiness = self._model.freshness.readiness
        if readiness is freshness.Readiness.NOT_READY:
            error = self._synchronizer.health.last_error
            raise exceptions.NotReady(
                'The model is being filled for the first time.'
                + (f' The last attempt failed: {error}' if error else '')
            )
        return self._model.snapshot(read_only=read_only)

    # -- keeping it true ---------------------------------------------------

    def submit(
        self, visitor: mutation.Mutation, envelope: envelopes.Envelope
    ) -> None:
        """Have the mutation that a notification amounts to applied."""
        self._writer.submit(visitor, envelope)

    def request_synchronize(self, reason: str) -> int:
        """Ask for a synchronize; return at once, with a ticket."""
        return self._synchronizer.request(reason)

    def note_gap(self, reason: str) -> None:
        """Note that notifications may have been lost: synchronize soon."""
        self._begin_gap()
        self._synchronizer.request_after_gap(reason)

    def _note_unreadable(self, reason: str) -> None:
        """Note that nobody can tell what a notification was about.

        Who sends one may send many: they lead to no more synchronizes than
        there are polls, and the first begins when the burst is over.
        """
        self._begin_gap()
        pause = float(self.surroundings.conf.collector.poll_period)
        self._synchronizer.request_after_gap(reason, pause, _BURST)

    def _begin_gap(self) -> None:
        if not self._is_in_gap:
            self._held_at = self._writer.heard_at
        self._gap_at = self.surroundings.clock.time()

    @property
    def _is_in_gap(self) -> bool:
        """Whether something may have been lost since the last synchronize."""
        return freshness.is_gap_open(self._gap_at, self._model.synchronized_at)

    def note_heartbeat(self, sent_at: float, lag: float) -> None:
        """Note, in its turn, that the bus delivered what was sent till then.

        :param sent_at: seconds since the epoch
        :param lag: seconds that it was on its way
        """
        self._lag = lag
        self._writer.submit_heartbeat(sent_at)

    def run_poll(self) -> None:
        """Poll, and wait until it is merged.

        Elements that came or went unnoticed mean that notifications are
        lost: then all is synchronized.  But what is still on its way over a
        slow bus is not lost, and what is being repaired already is enough.
        Nor can a poll make good for those that did not see the whole cloud.
        """
        was_partial = any(
            last is not None and last.partial
            for last in (self.last_poll, self.last_synchronize)
        )
        report = self._poller.run()
        if report is None:
            return
        if was_partial and not report.partial:
            self._synchronizer.request_after_gap(
                'the whole cloud can be seen again'
            )
        if self._is_in_gap:
            return
        if report.lost > self.surroundings.conf.collector.drift_limit:
            self.note_gap(f'a poll found {report.lost} elements unnoticed')

    def refresh(
        self,
        keys: collections.abc.Iterable[schema.ElementKey],
        *,
        wait: bool = True,
        timeout: float = 10.0,
    ) -> bool:
        """Have elements read, for who is about to act on them.

        :param wait: whether to wait until they were
        :returns: whether they were, within that many seconds; true if not
            to wait
        """
        wanted = tuple(keys)
        self._dirty.add(wanted, at_once=True)
        return not wait or self.wait_until_clean(wanted, timeout)

    def wait_until_clean(
        self, keys: collections.abc.Iterable[schema.ElementKey], timeout: float
    ) -> bool:
        """Wait until elements that were in doubt have been read.

        :returns: whether they were, within that many seconds
        """
        return self._dirty.wait_until_clean(keys, timeout)

    def wait_until(
        self,
        *,
        sequence: int | None = None,
        age: float | None = None,
        timeout: float = 10.0,
    ) -> bool:
        """Wait until the model is as new as wanted.

        :param sequence: the least sequence number
        :param age: the largest age, in seconds
        :returns: whether it is, within that many seconds
        """
        deadline = time.monotonic() + timeout
        while not self._model.freshness.is_as_new(sequence, age):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(_STEP, left))
        return True

    def _pulse(self) -> freshness.Pulse:
        if self.announcer is None:
            # A bus that is silent, or away, says nothing of this source.
            return freshness.Pulse(
                heard_at=self._poller.whole_at,
                unread_at=self._dirty.oldest(),
                dirty=self._dirty.urgent(),
                lag=self._lag,
            )
        return freshness.Pulse(
            heard_at=self._writer.heard_at,
            gap_at=self._gap_at,
            held_at=self._held_at,
            unread_at=self._dirty.oldest(),
            dirty=self._dirty.urgent(),
            lag=self._lag,
        )

    def _deletion_share(self) -> float:
        return float(self.surroundings.conf.collector.deletion_share)

    def wait_for_synchronize(self, ticket: int, timeout: float) -> bool:
        """Wait that many seconds at most; return whether it was done."""
        return self._synchronizer.wait(ticket, timeout)

    @property
    def dirty(self) -> int:
        """How many elements are to be read."""
        return self._dirty.urgent()

    @property
    def settling(self) -> int:
        """How many elements will be read once more, to be sure."""
        return len(self._dirty)

    @property
    def last_synchronize(self) -> synchronizers.SynchronizeReport | None:
        """What the last successful synchronize did."""
        return self._synchronizer.report

    @property
    def listing_since(self) -> float | None:
        """When the synchronize that is running began; none if none is."""
        return self._synchronizer.listing_since

    @property
    def last_poll(self) -> pollers.PollReport | None:
        """What the last successful poll did."""
        return self._poller.report

    @property
    def health(self) -> healths.SourceHealth:
        """How the last synchronizes went."""
        return self._synchronizer.health

    @property
    def poll_health(self) -> healths.SourceHealth:
        """How the last polls went."""
        return self._poller.health

    @property
    def synchronizes(self) -> histories.History:
        """What became of all synchronizes since the start."""
        return self._synchronizer.history

    @property
    def polls(self) -> histories.History:
        """What became of all polls since the start."""
        return self._poller.history

    def stop(self) -> None:
        """Stop keeping the model true, and forget the one instance."""
        self._synchronizer.stop()
        self._refresher.stop()
        self._writer.stop()
        type(self)._instances.pop(type(self), None)
