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

"""The daemon, built from its parts: ClusterModelService.

It subscribes to the bus before it begins to fetch, so that nothing is missed
between the two; a bus or a cloud that cannot be reached holds up neither the
other nor the daemon.
"""

import collections.abc
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import threading
import typing

from oslo_config import cfg
from oslo_log import log
from oslo_service import service

from cdm_graph import clock as clocks
from cdm_graph import durations
from cdm_graph import exceptions
from cdm_graph import scheduling
from cdm_graph.collector import base
from cdm_graph.collector import credentials
from cdm_graph.collector import loadable
from cdm_graph.collector import loader as loaders
from cdm_graph.collector import manager as collector_managers
from cdm_graph.history import keeper as keepers
from cdm_graph.history import past as pasts
from cdm_graph.model import answer
from cdm_graph.model import change_log as change_logs
from cdm_graph.model import freshness
from cdm_graph.model import live_model
from cdm_graph.model import plugins
from cdm_graph.model import recollection
from cdm_graph.model import root
from cdm_graph.notification import accounting
from cdm_graph.notification import endpoint as endpoints
from cdm_graph.notification import heartbeat as heartbeats
from cdm_graph.notification import listener as listeners
from cdm_graph.notification import manager as notification_managers
from cdm_graph.store import contract
from cdm_graph.store import inquiry as inquiries
from cdm_graph.store import mirror as mirrors
from cdm_graph.store import recall
from cdm_graph.store import stores

LOG = log.getLogger(__name__)

#: Seconds that the first fetch waits for the subscription.
_SUBSCRIBE_TIMEOUT: typing.Final = 5.0
#: Seconds after which it looks whether it is to stop instead.
_SUBSCRIBE_STEP: typing.Final = 0.1
#: Seconds in which the cloud may tell that the credentials are wrong.
_LOGIN_TIMEOUT: typing.Final = 5.0
#: Seconds of a hand-out: it takes some microseconds, unless it has to wait.
_HAND_OUT_BOUNDS: typing.Final = (
    *(0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5),
    *(0.001, 0.0025, 0.01, 0.1, 1.0),
)


class ClusterModelService(service.ServiceBase):  # type: ignore[misc]
    """Keeps the models of all collectors live.

    :raises cdm_graph.exceptions.ConfigurationError: if an option cannot be
        used
    """

    def __init__(
        self, conf: cfg.ConfigOpts, clock: clocks.Clock | None = None
    ) -> None:
        self.conf = conf
        self._clock = clock or clocks.SystemClock()
        self._began_at = self._clock.time()
        self._stopping = False
        self.counters = accounting.Accounting()
        self._hand_outs = durations.Durations(_HAND_OUT_BOUNDS)
        for mistake in plugins.MISTAKES:
            LOG.error('%s', mistake)
        names = _collector_names(conf)
        self._store: contract.GraphStore | None = None
        self.collector_manager = collector_managers.CollectorManager(
            names,
            loadable.Surroundings(
                conf, self._clock, self.counters, self._recall
            ),
        )
        self._mirror: mirrors.Mirror | None = None
        self._inquiry: inquiries.Inquiry | None = None
        self._check_credentials()
        self._store = stores.open_store(conf)
        self._manager = notification_managers.NotificationHandlerManager(
            self.counters
        )
        self._heartbeat = self._build_heartbeat()
        self._listener = self._build_listener()
        self.scheduler = scheduling.BackgroundTaskScheduler(
            self.collector_manager, self._period, self._poll_period
        )
        self._keeper = self._build_keeper()

    # -- oslo.service ------------------------------------------------------

    def start(self) -> None:
        """Subscribe, begin to fill the models, and handle notifications."""
        if self._listener is not None:
            self._listener.start()
            self._wait_for_bus()
        for handler in self.collector_manager.get_notification_handlers():
            self._manager.register(handler)
        self._keeper.start(self.model)
        self._manager.start()
        self._start_mirror()

    def stop_soon(self) -> None:
        """Do not wait for anything any more; a signal handler may call it."""
        self._stopping = True

    def stop(self) -> None:
        """Unsubscribe, and apply what was received."""
        self.stop_soon()
        if self._listener is not None:
            self._listener.stop()
        if self._mirror is not None:
            self._mirror.stop()
        self.collector_manager.stop()
        self._keeper.stop()
        if self._store is not None:
            self._store.close()

    def wait(self) -> None:
        """Wait for nothing: :meth:`stop` has waited."""

    def reset(self) -> None:
        """Read the configuration files again; mutable options change."""
        try:
            self.conf.mutate_config_files()
        except cfg.Error as error:
            LOG.error(
                'The configuration stays as it was, and each collector '
                'keeps its period: %s',
                error,
            )

    # -- what the daemon can be asked ----------------------------------------

    @property
    def model(self) -> live_model.LiveModel:
        """The live model of all collectors together."""
        return self.collector_manager.get_model()

    def collector(self, name: str) -> base.BaseClusterModelCollector:
        """Return a collector.

        :raises cdm_graph.exceptions.CollectorNotFound: if it is not
            configured
        """
        return self.collector_manager.get_collector(name)

    def snapshot(self) -> root.ModelRoot:
        """Return a read-only snapshot of the model.

        :raises cdm_graph.exceptions.NotReady: if it was never filled
        """
        began = self._clock.monotonic()
        taken = self.collector_manager.get_latest_cluster_data_model(
            read_only=True
        )
        self._hand_outs.note(self._clock.monotonic() - began)
        return taken

    def synchronize(self, timeout: float) -> bool:
        """Synchronize all collectors now; return whether all did in time."""
        collectors = self.collector_manager.get_collectors().values()
        tickets = [
            (collector, collector.request_synchronize('asked for'))
            for collector in collectors
        ]
        return all(
            collector.wait_for_synchronize(ticket, timeout)
            for collector, ticket in tickets
        )

    @property
    def change_log(self) -> change_logs.ChangeLog:
        """The last changes of the model.

        :raises cdm_graph.exceptions.NotReady: if it does not run yet
        """
        return self._keeper.log

    @property
    def past(self) -> pasts.Past:
        """What happened to the model, in earlier runs as well.

        :raises cdm_graph.exceptions.NotReady: if it does not run yet
        """
        return self._keeper.past

    @property
    def inquiry(self) -> inquiries.Inquiry:
        """Where queries in Cypher are answered.

        :raises cdm_graph.exceptions.StoreUnavailable: if there is no store
        """
        if self._inquiry is None:
            raise exceptions.StoreUnavailable(
                'This daemon has no graph database: set [store] name to '
                'embedded or neo4j, and start it anew.'
            )
        return self._inquiry

    def query(
        self,
        text: str,
        given: collections.abc.Mapping[str, typing.Any],
        *,
        current: bool = True,
        limits: contract.Limits | None = None,
    ) -> answer.Answer:
        """Return what a question or statement answers.

        :param current: whether to wait until the database has all that the
            model has now
        :raises cdm_graph.exceptions.StoreError: if it cannot be answered
        """
        sequence = self.model.mirrored_sequence if current else None
        return self.inquiry.ask(text, given, sequence, limits)

    def last_read_at(self) -> float:
        """Return when a model was last filled, or read anew.

        Seconds since the epoch; 0 before the first time.
        """
        return max(
            (
                collector.cluster_data_model.synchronized_at or 0.0
                for collector in self.collector_manager.get_loaded()
            ),
            default=0.0,
        )

    def is_drained(self) -> bool:
        """Return whether all that was announced so far is in the models."""
        return self.counters.read().pending == 0 and all(
            collector.settling == 0
            for collector in self.collector_manager.get_collectors().values()
        )

    def status(self) -> dict[str, typing.Any]:
        """Return freshness, counters and sizes; plain values.

        Times are in seconds since the epoch, durations in seconds.
        """
        collectors = self.collector_manager.get_collectors()
        shown = {
            name: collector.cluster_data_model.freshness
            for name, collector in collectors.items()
        }
        served = self.model.freshness
        return {
            'state': served.readiness.value,
            'pid': os.getpid(),
            'uptime': self._clock.time() - self._began_at,
            'bus': self._bus_status(),
            'notifications': dataclasses.asdict(self.counters.read()),
            'model': {
                'sequence': served.sequence,
                'as_of': served.as_of,
                'age': served.age,
                'partial': list(served.partial),
                'elements': self.model.count_elements(),
                'relations': self.model.count_relations(),
            },
            'collectors': {
                name: _collector_status(collector, shown[name])
                for name, collector in collectors.items()
            },
            'hand_outs': dataclasses.asdict(self._hand_outs.read()),
            'store': (
                dataclasses.asdict(self._mirror.status())
                if self._mirror
                else None
            ),
            'history': (
                dataclasses.asdict(recorded)
                if (recorded := self._keeper.status())
                else None
            ),
        }

    def _recall(self) -> recollection.Recollection | None:
        """Return the model from before a restart, if it is known."""
        store = self._store
        if not self.conf.store.warm_start or store is None:
            return None
        if not store.is_lasting:
            return None
        try:
            recalled = recall.recall(store)
        except exceptions.StoreError as error:
            LOG.warning('Nothing is remembered of the last run: %s', error)
            return None
        if recalled is not None:
            LOG.info(
                'Serving %d elements of the last run, which are stale until '
                'the first synchronize.',
                len(recalled.elements),
            )
        return recalled

    def _start_mirror(self) -> None:
        if self._store is None:
            return
        model = self.model
        self._mirror = mirrors.Mirror(
            model,
            self._store,
            stores.region_of(self.conf),
            self.conf.store.reconcile_period,
            self._clock,
        )
        self._mirror.start()
        self._inquiry = inquiries.Inquiry(
            self._store, stores.limits_of(self.conf), self._mirror
        )
        model.answer_with(self._inquiry.ask)

    def _wait_for_bus(self) -> None:
        """Wait until the bus delivers, so that nothing is missed; not long."""
        if self._heartbeat is None:
            return
        deadline = self._clock.monotonic() + _SUBSCRIBE_TIMEOUT
        while not self._stopping and self._clock.monotonic() < deadline:
            if self._heartbeat.wait_for_first(_SUBSCRIBE_STEP):
                return

    def _check_credentials(self) -> None:
        """Log in, if the cloud answers soon.

        A cloud that hangs must not keep the daemon from starting.
        """
        services = self.collector_manager.services()
        for each in services:
            credentials.load_session(self.conf, each)
        checked: concurrent.futures.Future[None] = concurrent.futures.Future()

        def check() -> None:
            try:
                for each in services:
                    credentials.check(self.conf, each)
                checked.set_result(None)
            except Exception as error:  # told to who waits
                checked.set_exception(error)

        threading.Thread(target=check, name='login', daemon=True).start()
        try:
            checked.result(_LOGIN_TIMEOUT)
        except TimeoutError:
            LOG.warning('The cloud does not answer; going on without.')

    # -- parts -------------------------------------------------------------

    def _build_keeper(self) -> keepers.Keeper:
        group = self.conf.history
        try:
            return keepers.Keeper(
                pathlib.Path(group.file) if group.file else None,
                group.changes,
                self._clock,
            )
        except exceptions.HistoryUnavailable as error:
            raise exceptions.ConfigurationError(
                f'[history] file: {error}'
            ) from error

    def _build_heartbeat(self) -> heartbeats.Heartbeat | None:
        period = self.conf.notifications.heartbeat_period
        if not self.conf.notifications.transport_url or not period:
            return None
        return heartbeats.Heartbeat(
            self._clock,
            period,
            self._interrupted,
            self._delivered,
            lambda: self.counters.read().received,
        )

    def _build_listener(self) -> listeners.NotificationListener | None:
        group = self.conf.notifications
        if not group.transport_url:
            LOG.warning(
                '[notifications] transport_url is not set: the model is as '
                'old as its last synchronize.'
            )
            return None
        if not group.topics:
            raise exceptions.ConfigurationError(
                "[notifications] topics is empty. Name those of Nova's "
                '[notifications] versioned_notifications_topics.'
            )
        try:
            re.compile(group.ignored_events)
        except re.error as error:
            raise exceptions.ConfigurationError(
                '[notifications] ignored_events is no regular expression: '
                f'{error}.'
            ) from error
        endpoint = endpoints.EventsNotificationEndpoint(
            self._manager,
            self.counters,
            self._clock,
            group.ignored_events,
        )
        subscription = listeners.Subscription(
            transport_url=group.transport_url,
            topics=tuple(group.topics),
            exchanges=tuple(group.exchanges),
            pool=group.pool or None,
        )
        return listeners.NotificationListener(
            self.conf, subscription, endpoint, self._heartbeat
        )

    def _interrupted(self, reason: str) -> None:
        """Synchronize: something may have been lost."""
        for collector in self.collector_manager.get_loaded():
            collector.note_gap(reason)

    def _delivered(self, sent_at: float, lag: float) -> None:
        """Note that the bus delivers, when all before is passed on."""

        def note() -> None:
            for collector in self.collector_manager.get_loaded():
                collector.note_heartbeat(sent_at, lag)

        self._manager.mark(note)

    def _period(self, name: str) -> float:
        option = f'{name}_period'
        group = self.conf.collector
        return float(getattr(group, option, group.period))

    def _poll_period(self) -> float:
        return float(self.conf.collector.poll_period)

    def _bus_status(self) -> dict[str, typing.Any]:
        group = self.conf.notifications
        status: dict[str, typing.Any] = {
            'configured': self._listener is not None,
            'topics': list(group.topics),
            'pool': group.pool,
        }
        if self._heartbeat is not None:
            status.update(dataclasses.asdict(self._heartbeat.pulse))
        return status


def _collector_names(conf: cfg.ConfigOpts) -> list[str]:
    """Return the collectors to run, which all have to be installed."""
    names = list(conf.collector.collectors)
    known = loaders.ClusterModelCollectorLoader().list_available()
    for name in names:
        if name not in known:
            raise exceptions.ConfigurationError(
                f'[collector] collectors names {name!r}, which is not '
                f'installed; there are: {", ".join(known)}.'
            )
    return names


def _collector_status(
    collector: base.BaseClusterModelCollector, shown: freshness.Freshness
) -> dict[str, typing.Any]:
    model = collector.cluster_data_model
    report, poll = collector.last_synchronize, collector.last_poll
    return {
        'state': shown.readiness.value,
        'sequence': shown.sequence,
        'synchronized_at': shown.synchronized_at,
        'recalled_at': shown.recalled_at,
        'as_of': shown.as_of,
        'age': shown.age,
        'lag': shown.pulse.lag,
        'partial': list(shown.partial),
        'elements': model.count_elements(),
        'relations': model.count_relations(),
        'dirty': shown.pulse.dirty,
        'settling': collector.settling,
        'listing_since': collector.listing_since,
        'last_synchronize': dataclasses.asdict(report) if report else None,
        'last_poll': dataclasses.asdict(poll) if poll else None,
        'health': dataclasses.asdict(collector.health),
        'poll_health': dataclasses.asdict(collector.poll_health),
        'synchronizes': dataclasses.asdict(collector.synchronizes),
        'polls': dataclasses.asdict(collector.polls),
        **collector.describe(),
    }
