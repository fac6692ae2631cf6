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
import random
import typing

from oslo_service import service

from cdm_graph import exceptions
from cdm_graph.collector import dirty as dirty_sets
from cdm_graph.collector import loadable
from cdm_graph.collector import reconcile
from cdm_graph.collector import writer as writers
from cdm_graph.model import mutation
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import handler


class _SingletonPlugin(service.Singleton, abc.ABCMeta):  # type: ignore[misc]
    """The type of classes that have one instance and abstract methods."""


class BaseClusterModelCollector(loadable.Loadable, metaclass=_SingletonPlugin):
    """Owns the live model of one service of the cloud.

    A subclass prepares what it fetches with before it calls this
    constructor, since the first synchronize begins there.
    """

    #: Kinds of which :meth:`read` fetches every element at a time.
    kinds_read_whole: typing.ClassVar[frozenset[schema.Kind]] = frozenset()

    def __init__(self, surroundings: loadable.Surroundings) -> None:
        super().__init__(surroundings)
        conf, clock = surroundings.conf, surroundings.clock
        jitter = random.Random()  # noqa: S311 - spreads retries, no secret
        self._model = root.ModelRoot(
            clock=clock,
            default_zone=conf.collector.default_availability_zone,
        )
        self._dirty = dirty_sets.DirtySet(
            clock,
            delay=conf.collector.refresh_delay,
            settling=conf.collector.settling_time,
            wholes=self.kinds_read_whole,
        )
        self._writer = writers.ModelWriter(
            self._model, self._dirty, surroundings.counters, clock
        )
        self._synchronizer = reconcile.Synchronizer(
            self._list,
            self._model,
            self._writer,
            self._dirty,
            clock,
            deletion_share=lambda: conf.collector.deletion_share,
            longest_delay=conf.collector.longest_retry_delay,
            jitter=jitter,
        )
        self._refresher = reconcile.Refresher(
            self,
            self._model,
            self._writer,
            self._dirty,
            threads=conf.collector.refresh_threads,
            longest_delay=conf.collector.longest_retry_delay,
            jitter=jitter,
        )
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
    def synchronize(self) -> root.ModelRoot:
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

    def list_all(self) -> reconcile.Listing:
        """Fetch everything, with what could not be observed.

        A collector whose service can hide things overrides this.
        """
        return reconcile.Listing(self.synchronize())

    def describe(self) -> dict[str, object]:
        """Return what ``status`` shows of the service; plain values."""
        return {}

    # -- the model ---------------------------------------------------------

    @property
    def cluster_data_model(self) -> root.ModelRoot:
        """The live model: thread-safe, and changing all the time."""
        return self._model

    def get_latest_cluster_data_model(self) -> root.ModelRoot:
        """Return an isolated snapshot of the live model.

        :raises cdm_graph.exceptions.NotReady: if it was never filled
        """
        if self._model.freshness.synchronized_at is None:
            error = self._synchronizer.health.last_error
            raise exceptions.NotReady(
                'The model is being filled for the first time.'
                + (f' The last attempt failed: {error}' if error else '')
            )
        return self._model.snapshot()

    # -- keeping it true ---------------------------------------------------

    def submit(
        self, visitor: mutation.Mutation, envelope: envelopes.Envelope
    ) -> None:
        """Have the mutation that a notification amounts to applied."""
        self._writer.submit(visitor, envelope)

    def request_synchronize(self, reason: str) -> int:
        """Ask for a synchronize; return at once, with a ticket."""
        return self._synchronizer.request(reason)

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
    def last_synchronize(self) -> reconcile.SynchronizeReport | None:
        """What the last successful synchronize did."""
        return self._synchronizer.report

    @property
    def health(self) -> reconcile.SourceHealth:
        """How the last attempts to read the service went."""
        return self._synchronizer.health

    def stop(self) -> None:
        """Stop keeping the model true, and forget the one instance."""
        self._synchronizer.stop()
        self._refresher.stop()
        self._writer.stop()
        type(self)._instances.pop(type(self), None)

    def _list(self) -> reconcile.Listing:
        return self.list_all()
