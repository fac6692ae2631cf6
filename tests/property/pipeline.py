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


"""The whole way from a cloud to its model, one step at a time.

A :class:`Pipeline` holds a simulated cloud, the messages that are under way
and the daemon's own parts: endpoint, manager, handler, writer, synchronizer,
refreshers, heartbeat.  Their threads are those of
:mod:`tests.property.threads`, so whoever drives the pipeline decides what
happens next: which message comes, which request is answered, which fails.
Time passes only when it says so.
"""

import collections.abc
import dataclasses
import functools
import json
import logging
import random
import typing

from oslo_config import cfg

from cdm_graph.cmd import comparison
from cdm_graph.collector import loadable
from cdm_graph.collector import rest_client
from cdm_graph.conf import loading
from cdm_graph.notification import accounting
from cdm_graph.notification import endpoint as endpoints
from cdm_graph.notification import heartbeat as heartbeats
from cdm_graph.notification import manager as managers
from cdm_graph.simulation import churn as churn_module
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import moments
from cdm_graph.simulation import notification
from cdm_graph.simulation import records
from cdm_graph.simulation.nova import population
from tests.property import history as histories
from tests.property import nova_service
from tests.property import service as services
from tests.property import threads
from tests.support import clock as clocks

#: Rows that the API gives at a time.
PAGE: typing.Final = 4
#: Seconds between two heartbeats.
_BEAT: typing.Final = 10.0
#: How much happens in the cloud, in operations a second.
_RATE: typing.Final = 8.0
_ODD: typing.Final = frozenset('13579bdf')
#: Far more steps than any cloud of this size can need.
_PATIENCE: typing.Final = 20_000

#: What the legacy format announces nothing of.
_VERSIONED_ONLY: typing.Final = frozenset(
    {
        'lock',
        'unlock',
        'disable_service',
        'enable_service',
        'host_failure',
        'add_host',
        'retire_host',
        'create_flavor',
        'change_flavor',
        'delete_flavor',
        'attach_interface',
        'detach_interface',
        'swap_volume',
        'attach_share',
        'detach_share',
    }
)
#: What is announced by ``instance.update`` only.
_UPDATES_ONLY: typing.Final = frozenset(
    {'rename', 'set_metadata', 'delete_metadata', 'force_delete', 'unshelve'}
)


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """What kind of cloud it is, and what happens in it.

    ``skew`` is by how many seconds the clocks of the second cell are ahead:
    those of every other host, and that of the database which every other
    server is in.  ``left_out`` is what does not happen, ``undated`` are
    attributes that may be behind.
    """

    seed: int
    story: str = 'everything'
    formats: str = 'versioned'
    state_changes: bool = True
    hosts: int = 4
    instances: int = 6
    skew: float = 0.0
    left_out: frozenset[str] = frozenset()
    undated: frozenset[str] = frozenset()
    service: services.Service = nova_service.NOVA

    @property
    def weights(self) -> dict[str, int]:
        """What happens, and how often."""
        unseen = set(self.left_out)
        if self.formats == 'unversioned':
            unseen |= _VERSIONED_ONLY
        if not self.state_changes:
            unseen |= _UPDATES_ONLY
        weights = self.service.weights
        return {
            name: weights[name]
            for name in self.service.stories[self.story]
            if name not in unseen
        }


@dataclasses.dataclass(frozen=True, slots=True)
class Sent:
    """A message under way: when it was sent, by the true time."""

    at: float
    priority: str
    publisher_id: str
    event_type: str
    payload: typing.Any
    metadata: dict[str, typing.Any]

    def changed(self, **changes: typing.Any) -> 'Sent':
        """Return the message with something else in it."""
        return dataclasses.replace(self, **changes)


class Pipeline:
    """A cloud, a bus, and a daemon that follows."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.clock = clocks.FakeClock()
        self.cloud = population.new_cloud(
            setting.hosts, setting.instances, setting.seed, self.clock
        )
        setting.service.furnish(self.cloud)
        if setting.skew:
            _set_apart(self.cloud, setting.skew)
        self.history = histories.History(
            setting.service.subject, self.cloud, self.clock
        )
        self.bus: list[Sent] = []
        self.broker_is_there = True
        self.lost = 0
        self._churn = churn_module.Churn(
            self.cloud,
            self._publish,
            seed=setting.seed,
            clock=self.clock,
            formats=setting.formats,
            notify_on_state_change=setting.state_changes,
            **setting.service.churn(setting.weights, _RATE),
        )
        self._ahead = 0.0
        self.counters = accounting.Accounting()
        self.schedule = threads.Schedule(self.clock)
        self.api: typing.Any = _patient(setting.service.client)(
            self.cloud, self.schedule
        )
        self._mistakes = _Mistakes()
        self._build()
        self.received = 0
        self.beat()
        self.drain()
        self.api.patient = True

    def _build(self) -> None:
        surroundings = loadable.Surroundings(
            _configuration(), self.clock, self.counters
        )
        with self.schedule.installed():
            self.collector = self.setting.service.collect(
                self.api, surroundings
            )
            self._manager = managers.NotificationHandlerManager(self.counters)
            self.heartbeat = heartbeats.Heartbeat(
                self.clock, _BEAT, self.collector.note_gap, self._heard
            )
            self._manager.register(self.collector.notification_handler)
            self._manager.start()
        self._endpoint = endpoints.EventsNotificationEndpoint(
            self._manager, self.counters, self.clock, 'ignored'
        )
        self.model = self.collector.cluster_data_model
        self.model.subscribe(self.history.note)
        for part in vars(self.collector).values():
            jitter = getattr(part, '_jitter', None)
            if isinstance(jitter, random.Random):
                jitter.seed(self.setting.seed)
        for thread in self.schedule.threads:
            if thread.name in {'model-writer', 'notification-dispatch'}:
                thread.run()

    def close(self) -> None:
        """End what is under way.

        :raises AssertionError: if the daemon had to log a mistake of its own
        """
        self.schedule.close()
        self._mistakes.close()

    def forgive(self, error: type[Exception]) -> None:
        """Take no notice of the mistakes with that error, made so far."""
        self._mistakes.forgive(error)

    # -- the cloud ---

    def happen(self, steps: int) -> None:
        """Let things happen in the cloud."""
        for _ in range(steps):
            due = self._churn.step()
            self.clock.advance(max(0.0, due - self._ahead))
            self._ahead = max(self._ahead, due)

    def settle(self) -> None:
        """Let all that is under way in the cloud end."""
        self._churn.settle()

    def carry_out(
        self, operation: collections.abc.Iterable[notification.Notifications]
    ) -> list[Sent]:
        """Carry out an operation, a second to each step; return its messages.

        They are not put on the bus.
        """
        told: list[Sent] = []
        for step in operation:
            told += map(self._sent, step)
            self.clock.advance(1)
        return told

    # -- the bus ---

    def _publish(self, message: notification.Notification) -> None:
        sent = self._sent(message)
        if self.broker_is_there:
            self.bus.append(sent)
        else:
            self.lost += 1

    def _sent(self, message: notification.Notification) -> Sent:
        text = json.dumps(message.payload)
        self.history.announced(text)
        now = self.clock.time()
        skew = _skew_of(message.publisher_id, self.setting.skew)
        return Sent(
            at=now,
            priority=message.priority,
            publisher_id=message.publisher_id,
            event_type=message.event_type,
            # What comes from a bus was JSON.
            payload=json.loads(text),
            metadata={
                'message_id': message.message_id,
                'timestamp': moments.envelope(now + skew),
            },
        )

    def beat(self) -> None:
        """Send a heartbeat, as the daemon does by itself."""
        self.heartbeat._sent += 1
        if self.broker_is_there:
            self.bus.append(
                Sent(
                    self.clock.time(),
                    'info',
                    'cdm-graph:test',
                    heartbeats.EVENT_TYPE,
                    self.heartbeat._beat(),
                    {},
                )
            )

    def deliver(self, number: int, *, keep: bool = False) -> None:
        """Deliver one of the messages under way; if kept, it comes again.

        A heartbeat overtakes nothing: it is there to tell that all before it
        has come.
        """
        if self.bus[number].event_type == heartbeats.EVENT_TYPE:
            number = 0
        self.receive(self.bus[number] if keep else self.bus.pop(number))

    def receive(self, sent: Sent) -> None:
        """Let a message come in, whether it was under way or not."""
        if sent.event_type == heartbeats.EVENT_TYPE:
            take: typing.Any = self.heartbeat.info
        else:
            self.received += 1
            self.history.delivered(sent.at)
            take = getattr(self._endpoint, sent.priority)
        take(
            {}, sent.publisher_id, sent.event_type, sent.payload, sent.metadata
        )

    def lose(self, number: int) -> None:
        """Let the bus lose one of the messages under way."""
        del self.bus[number]
        self.lost += 1

    def lose_broker(self) -> None:
        """Let the broker restart: its queues go, with what is in them."""
        self.lost += len(self.bus)
        self.bus.clear()
        self.broker_is_there = False

    def return_broker(self) -> None:
        """Let the broker be there again."""
        self.broker_is_there = True

    # -- the daemon ---

    def going(self) -> list[threads.Thread]:
        """Return the threads that can go on."""
        return self.schedule.runnable()

    def asking(self) -> list[threads.Thread]:
        """Return the threads that wait for an answer of the API."""
        return [each for each in self.schedule.threads if each.asking]

    @staticmethod
    def fail(thread: threads.Thread) -> None:
        """Let the request that a thread waits for fail."""
        thread.run(rest_client.HttpError(503, 'failing'))

    def _heard(self, sent_at: float, lag: float) -> None:
        """Note a heartbeat, as the daemon does."""
        self._manager.mark(lambda: self.collector.note_heartbeat(sent_at, lag))

    def request(self) -> None:
        """Ask for a synchronize."""
        self.collector.request_synchronize('asked for')

    def poll(self) -> None:
        """Begin a poll, as the daemon does from time to time."""
        self.schedule.begin('poll', self.collector.run_poll)

    @property
    def is_synchronized(self) -> bool:
        """Whether all synchronizes that were asked for have been done."""
        synchronizer = self.collector._synchronizer
        return synchronizer.wait(synchronizer._requested, 0)

    @property
    def is_listing(self) -> bool:
        """Whether a synchronize or a poll is under way."""
        polling = self.schedule.is_under_way('poll')
        return polling or not self.is_synchronized

    def synchronize(self) -> None:
        """Synchronize, while nothing happens in the cloud."""
        self.request()
        self.drain()

    @property
    def is_at_rest(self) -> bool:
        """Whether the daemon has nothing to do."""
        return (
            not self.bus
            and not self.collector.settling
            and not self.is_listing
        )

    def drain(self, prefer: str = '') -> None:
        """Deliver all messages, and let the daemon do all that it has to.

        :param prefer: how the names of the threads begin that go first; of
            the others one after the other goes on
        """
        patient, self.api.patient = self.api.patient, False
        for _ in range(_PATIENCE):
            if self.bus:
                self.deliver(0)
            elif not self._go_on(prefer):
                if self.is_at_rest:
                    self.api.patient = patient
                    return
                self._pass_time()
        raise AssertionError('the daemon does not come to rest')

    def work(self, prefer: str = '') -> None:
        """Let the daemon do what it can without a message, and at once."""
        patient, self.api.patient = self.api.patient, False
        for _ in range(_PATIENCE):
            if not self._go_on(prefer):
                self.api.patient = patient
                return
        raise AssertionError('the daemon never waits for anything')

    def _go_on(self, prefer: str) -> bool:
        going = self.going()
        going.sort(key=lambda thread: not thread.name.startswith(prefer))
        if going:
            going[0].run()
        return bool(going)

    def _pass_time(self) -> None:
        deadline = self.schedule.next_deadline()
        if deadline is None:
            raise AssertionError('the daemon waits for nothing for ever')
        # Later than the deadline, however floats are rounded.
        self.clock.advance(max(0.0, deadline - self.clock.monotonic()) + 0.001)

    def run_for(self, seconds: float) -> None:
        """Let everything run by itself: messages, threads, heartbeats."""
        end = self.clock.monotonic() + seconds
        beat = self.clock.monotonic()
        patient, self.api.patient = self.api.patient, False
        while self.clock.monotonic() < end:
            if self.clock.monotonic() >= beat:
                beat += _BEAT
                self.beat()
            while self.bus:
                self.deliver(0)
            if not self._go_on(''):
                deadline = self.schedule.next_deadline() or end
                until = min(deadline, beat, end)
                self.clock.advance(
                    max(0.0, until - self.clock.monotonic()) + 0.001
                )
        self.api.patient = patient

    # -- what is to be shown ---

    def differences(self) -> list[str]:
        """Return what the model has wrong.

        Without ``instance.update`` nobody is told of the last save of some
        operations, which shows in nothing but the time of it.
        """
        truth = self.setting.service.truth(self.cloud)
        undated = set(self.setting.undated)
        if not self.setting.state_changes:
            undated |= self.setting.service.undated_without_updates
        return [
            str(found)
            for found in comparison.differences(self.model, truth)
            if found.what.rpartition(' ')[2] not in undated
        ]

    def phantoms(self) -> list[str]:
        """Return what the model has that is gone, or has elsewhere."""
        truth = self.setting.service.truth(self.cloud)
        placed = {
            source: target
            for source, relation, target in truth.relations
            if relation == 'HOSTED_ON'
        }
        graph = self.model.graph
        return [
            *sorted(set(graph) - set(truth.vertices)),
            *(
                f'{source} on {target}'
                for source, target, relation in graph.edges(data='relation')
                if relation == 'HOSTED_ON' and placed.get(source) != target
            ),
        ]


@functools.cache
def _patient(client: type[typing.Any]) -> type[typing.Any]:
    """Return a client whose answers may take their time, or never come."""

    class Patient(client):  # type: ignore[misc]
        def __init__(
            self,
            cloud: cloud_module.SimulatedCloud,
            schedule: threads.Schedule,
        ) -> None:
            super().__init__(cloud, page_size=PAGE)
            self.down = False
            #: Whether threads wait for their answers.
            self.patient = False
            #: The path that was answered last.
            self.answered = ''
            self._schedule = schedule

        def _ask(self, path: str, *how: typing.Any) -> tuple[int, typing.Any]:
            if self.patient:
                self._schedule.ask()
            if self.down:
                raise rest_client.HttpError(503, 'down')
            answer: tuple[int, typing.Any] = super()._ask(path, *how)
            self.answered = path
            if self.patient:
                self._schedule.ask()
            return answer

    return Patient


class _Mistakes(logging.Handler):
    """What the daemon caught, logged with a traceback, and outlived."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._records: list[logging.LogRecord] = []
        self._logger = logging.getLogger('cdm_graph')
        self._logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self._records.append(record)

    def forgive(self, error: type[Exception]) -> None:
        self._records = [
            record
            for record in self._records
            if not (record.exc_info and isinstance(record.exc_info[1], error))
        ]

    def close(self) -> None:
        super().close()
        self._logger.removeHandler(self)
        # Closed once more when the process ends, which is not to fail.
        records, self._records = self._records, []
        if records:
            record = records[0]
            error = record.exc_info and record.exc_info[1]
            raise AssertionError(record.getMessage()) from error


@functools.cache
def _configuration() -> cfg.ConfigOpts:
    return loading.load(
        overrides={
            ('collector', 'nova_page_size'): PAGE,
            ('collector', 'refresh_threads'): 2,
            ('collector', 'refresh_together'): 3,
            ('collector', 'deletion_share'): 1.0,
        },
        find_files=False,
    )


def _skew_of(publisher_id: str, skew: float) -> float:
    """Return by how much the clock of a publisher's host is ahead."""
    return skew if publisher_id[-1:] in _ODD else 0.0


def _set_apart(cloud: cloud_module.SimulatedCloud, skew: float) -> None:
    """Put every other server into a database whose clock is ahead."""
    add, change = cloud.add_server, cloud.change_server

    def added(server: records.Server) -> None:
        if server.uuid[-1] in _ODD:
            created_at = server.created_at + int(skew)
            server = dataclasses.replace(server, created_at=created_at)
        add(server)

    def changed(
        uuid: str, touch: bool = True, **changes: typing.Any
    ) -> tuple[records.Server, records.Server]:
        if touch and uuid[-1] in _ODD:
            changes['updated_at'] = cloud.now() + int(skew)
            touch = False
        return change(uuid, touch, **changes)

    def changed_since(
        moment: float,
    ) -> collections.abc.Iterator[records.Server]:
        # Not in the order of their times any more.
        return (
            row
            for row in cloud.servers.newest_first(deleted=True)
            if row.updated_at is None or row.updated_at >= moment
        )

    table: typing.Any = cloud.servers
    table.changed_since = changed_since
    cloud.add_server = added  # type: ignore[method-assign]
    cloud.change_server = changed  # type: ignore[method-assign]
