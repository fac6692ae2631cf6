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

"""Examination: looks at the cloud and at the bus for a while.

Of the cloud it looks at what the configured collectors read.  It needs no
daemon, and does not disturb one: it reads the APIs, hears the bus through
pools of its own, and deletes their queues whatever happens, as long as the
process lives.  A cloud or a bus that is away, or refuses, is a finding and no
error.
"""

import collections.abc
import contextlib
import dataclasses
import threading
import time
import typing
import uuid

from oslo_config import cfg

from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.collector import nova_client
from cdm_graph.diagnosis import broker as brokers
from cdm_graph.diagnosis import cloud as clouds
from cdm_graph.diagnosis import ear as ears
from cdm_graph.diagnosis import evidence as evidences
from cdm_graph.diagnosis import report as reports
from cdm_graph.diagnosis import service_watch
from cdm_graph.diagnosis import sources as source_module
from cdm_graph.notification import announcer as announcers

_NOVA: typing.Final = nova_client.NovaClient.service
#: Seconds in which the bus has to deliver a first message of our own.
_SUBSCRIBE_TIMEOUT: typing.Final = 10.0
#: Seconds for what is on its way when the watch ends.
_GRACE: typing.Final = 1.5
#: Seconds for a message of our own that is being sent when its ear closes.
_SETTLE: typing.Final = 0.3
#: Seconds at the begin and the end of the watch that are not judged: a row
#: is dated in whole seconds, and seen a moment later.
_MARGIN: typing.Final = 1.0
_LONGEST_PERIOD: typing.Final = 1.0

Say = collections.abc.Callable[[str], None]
Wait = collections.abc.Callable[[float], object]


class Examination:
    """Examines with a daemon's configuration.

    :param seconds: how long to watch
    :param daemon: whether a daemon answers on this machine
    :param say: told what goes on, in a sentence
    :param wait: waits for that many seconds
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        seconds: float,
        *,
        daemon: bool = False,
        say: Say = lambda _: None,
        clock: clocks.Clock | None = None,
        wait: Wait | None = None,
    ) -> None:
        self._conf = conf
        self._seconds = seconds
        self._daemon = daemon
        self._say = say
        self._clock = clock or clocks.SystemClock()
        self._wait = wait or threading.Event().wait
        self._settings = evidences.Settings.of(conf)
        self._sources = source_module.find(conf)
        self._services = [
            service_watch.ServiceWatch(conf, each, self._clock)
            for each in self._sources.services
            if each != _NOVA
        ]
        self._probe: clouds.CloudProbe | None = None
        self._broker: brokers.Broker | None = None

    def run(self) -> reports.Report:
        """Watch, and return what was found."""
        cloud = self._look_at_cloud()
        self._look_at_services(cloud)
        try:
            plan = self._plan()
        except exceptions.ConfigurationError as error:
            return self._judge(
                evidences.Bus(error=str(error).rstrip('.')), cloud
            )
        bus = self._look_at_bus(plan)
        if bus.error is not None or not plan:
            return self._judge(bus, cloud)
        with self._hearing(plan):
            bus, cloud = self._watch(plan, bus, cloud)
        return self._judge(bus, cloud)

    def _judge(
        self, bus: evidences.Bus, cloud: evidences.Cloud
    ) -> reports.Report:
        return reports.judge(
            evidences.Evidence(
                settings=self._settings,
                bus=bus,
                cloud=cloud,
                services=tuple(each.seen for each in self._services),
                announcers=self._sources.announcers,
                silent=self._sources.silent,
                unusable=self._sources.errors,
                daemon=self._daemon,
            )
        )

    # -- the cloud ---

    def _look_at_cloud(self) -> evidences.Cloud:
        if _NOVA not in self._sources.services:
            return evidences.Cloud(is_configured=False)
        self._say("Looking at Nova's API.")
        subject = clouds.SUBJECT
        try:
            probe = clouds.CloudProbe(self._conf, self._clock)
            probe.log_in()
        except exceptions.UnsupportedCloud as error:
            return evidences.Cloud(error=str(error), remedy=(subject.upgrade,))
        except exceptions.CdmGraphError as error:
            return evidences.Cloud(
                error=str(error), remedy=subject.credentials
            )
        self._probe = probe
        return evidences.Cloud(facts=probe.facts())

    def _look_at_services(self, cloud: evidences.Cloud) -> None:
        for each in self._services:
            self._say(f"Looking at {each.name}'s API.")
            used = cloud.facts.uses.get(each.name) if cloud.facts else None
            each.look(used or frozenset())

    # -- the bus ---

    def _plan(self) -> list['_Planned']:
        """Return what to listen to: what the daemon does, and near it."""
        if not self._conf.notifications.transport_url:
            return []
        run = uuid.uuid4().hex[:12]
        planned = [
            self._plan_one(topic, self._settings.exchanges, True, run)
            for topic in self._settings.topics
        ]
        self._broker = brokers.find(
            self._conf, self._conf.notifications.transport_url
        )
        return [
            *planned,
            *(
                self._plan_one(
                    topic, (exchange,), False, f'{run}-near-{exchange}'
                )
                for exchange, topic in self._near()
            ),
        ]

    def _near(self) -> collections.abc.Iterable[tuple[str, str]]:
        """Return where services may announce, and the daemon is not."""
        return dict.fromkeys(
            (each.exchange, topic)
            for each in self._sources.announcers
            for topic in self._settings.unheard(each)
        )

    @property
    def _strangers(self) -> tuple[announcers.Announcer, ...]:
        """Those who announce, but for Nova."""
        return tuple(
            each
            for each in self._sources.announcers
            if each.name != _NOVA.name
        )

    def _plan_one(
        self, topic: str, exchanges: tuple[str, ...], wanted: bool, run: str
    ) -> '_Planned':
        period = min(_LONGEST_PERIOD, self._seconds / 5)
        ear = ears.Ear(
            self._conf,
            topic,
            exchanges,
            announcers=self._strangers,
            run=run,
            period=period,
            clock=self._clock,
        )
        return _Planned(ear, exchanges, wanted)

    def _look_at_bus(self, plan: list['_Planned']) -> evidences.Bus:
        if not plan:
            return evidences.Bus(is_configured=False)
        if self._broker is None:
            return evidences.Bus(is_rabbit=False)
        self._say('Looking at the message bus.')
        addresses = tuple(self._broker.addresses())
        errors = [each.error for each in addresses]
        bus = evidences.Bus(
            addresses=addresses, is_durable=self._broker.is_durable
        )
        if all(errors):
            words = '; '.join(
                f'{each.name}: {each.error}' for each in addresses
            )
            return dataclasses.replace(
                bus, error=words or 'it names no server'
            )
        try:
            return dataclasses.replace(
                bus, conflicts=self._conflicts(self._broker, plan)
            )
        except brokers.BrokerError as error:
            return dataclasses.replace(bus, error=str(error))

    def _conflicts(
        self, broker: brokers.Broker, plan: list['_Planned']
    ) -> dict[str, str]:
        """Return what cannot be declared.

        The exchange of a service is not made where neither the service nor
        the daemon has one.
        """
        plan[:] = [
            each
            for each in plan
            if each.wanted
            or all(
                name in self._settings.exchanges or broker.has_exchange(name)
                for name in each.exchanges
            )
        ]
        return {
            exchange: words
            for exchange in self._settings.exchanges
            if (words := broker.conflict(exchange)) is not None
        }

    @contextlib.contextmanager
    def _hearing(
        self, plan: list['_Planned']
    ) -> collections.abc.Iterator[None]:
        try:
            for each in plan:
                each.ear.start()
            yield
        finally:
            # In a thread: who is interrupted once more leaves nothing behind.
            cleaner = threading.Thread(
                target=self._clean, args=(plan,), name='clean'
            )
            cleaner.start()
            cleaner.join()

    def _clean(self, plan: list['_Planned']) -> None:
        _stop_all(plan)
        time.sleep(_SETTLE)
        self._delete([name for each in plan for name in each.ear.queues])

    def _delete(self, queues: list[str]) -> None:
        if self._broker is None:
            return
        try:
            self._broker.delete(queues)
        except brokers.BrokerError as error:
            self._say(
                f'These queues could not be deleted: {", ".join(queues)} '
                f'({error}). Delete them with rabbitmqctl delete_queue.'
            )

    # -- both, over a while ---

    def _watch(
        self,
        plan: list['_Planned'],
        bus: evidences.Bus,
        cloud: evidences.Cloud,
    ) -> tuple[evidences.Bus, evidences.Cloud]:
        patience = self._clock.monotonic() + _SUBSCRIBE_TIMEOUT
        hears = [
            each.ear.wait(max(0.1, patience - self._clock.monotonic()))
            for each in plan
        ]
        self._say(f'Watching for {self._seconds:g} s.')
        before = self._queues()
        began = self._clock.time()
        census = self._census(cloud)
        for each in self._services:
            each.begin()
        self._wait(self._seconds)
        ended = self._clock.time()
        after = self._queues()
        cloud = self._changes(cloud, census, began, ended)
        for each in self._services:
            each.end(began + _MARGIN, ended - _MARGIN)
        self._wait(_GRACE)
        return (
            dataclasses.replace(
                bus,
                hearings=tuple(
                    each.hearing(heard)
                    for each, heard in zip(plan, hears, strict=True)
                ),
                before=before,
                after=after,
                seconds=ended - began,
            ),
            cloud,
        )

    def _queues(self) -> evidences.Queues:
        """Look at the daemon's queues, and those that a notifier fills."""
        if self._broker is None:
            return {}
        names = dict.fromkeys(
            (
                *self._settings.queues,
                *evidences.queues_of(
                    (
                        *self._settings.topics,
                        *(
                            topic
                            for each in self._sources.announcers
                            for topic in each.topics
                        ),
                    )
                ),
            )
        )
        try:
            return self._broker.queues(names)
        except brokers.BrokerError:
            # Our own messages tell that it went away.
            return {}

    def _census(self, cloud: evidences.Cloud) -> clouds.Census:
        if self._probe is None or cloud.facts is None:
            return {}
        return self._probe.census()

    def _changes(
        self,
        cloud: evidences.Cloud,
        before: clouds.Census,
        began: float,
        ended: float,
    ) -> evidences.Cloud:
        """Add what changed meanwhile, by the API's own clock."""
        if self._probe is None or cloud.facts is None:
            return cloud
        difference = cloud.facts.difference
        offset = difference.seconds if difference else 0.0
        # A census takes a while: what changed after the watch is not judged.
        families = clouds.gained(before, self._probe.census())
        try:
            changes = self._probe.changes(
                began + offset + _MARGIN, ended + offset - _MARGIN
            )
        except exceptions.CollectorError:
            return dataclasses.replace(cloud, families=families)
        return dataclasses.replace(
            cloud, changes=tuple(changes), families=families
        )


@dataclasses.dataclass(frozen=True, slots=True)
class _Planned:
    """An ear, and what it is for."""

    ear: ears.Ear
    exchanges: tuple[str, ...]
    wanted: bool

    def hearing(self, hears: bool) -> evidences.Hearing:
        """Return what it heard."""
        return evidences.Hearing(
            exchanges=self.exchanges,
            wanted=self.wanted,
            hears=hears,
            delays=tuple(self.ear.delays),
            gaps=self.ear.gaps + self.ear.is_deaf,
            heard=self.ear.heard(),
        )


def _stop_all(plan: list[_Planned]) -> None:
    """Stop all ears at once: each takes a while."""
    threads = [
        threading.Thread(target=each.ear.stop, name='ear-stop', daemon=True)
        for each in plan
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
