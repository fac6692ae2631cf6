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

"""The subscription to the bus, on the bus within the process."""

import collections.abc
import itertools
import threading
import typing

from oslo_config import cfg
import oslo_messaging
import pytest

from cdm_graph import exceptions
from cdm_graph.conf import loading
from cdm_graph.model import mutation
from cdm_graph.notification import accounting
from cdm_graph.notification import endpoint as endpoints
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import handler as handlers
from cdm_graph.notification import heartbeat as heartbeats
from cdm_graph.notification import listener as listeners
from cdm_graph.notification import manager as managers
from cdm_graph.simulation import publisher
from tests.support import clock as clocks
from tests.support import nova

_PATIENCE = 20.0
_numbers = itertools.count()


class _Observer(handlers.NotificationHandler):
    """Keeps what it is given, and can be waited for."""

    def __init__(self) -> None:
        super().__init__(nova.Nowhere())
        self.envelopes: list[envelopes.Envelope] = []
        self._came = threading.Condition()

    def get_publisher_id(self) -> str:
        return 'nova-'

    def handle(self, envelope: envelopes.Envelope) -> mutation.Mutation:
        with self._came:
            self.envelopes.append(envelope)
            self._came.notify_all()
        return mutation.Nothing('kept')

    def wait(self, count: int) -> list[envelopes.Envelope]:
        with self._came:
            assert self._came.wait_for(
                lambda: len(self.envelopes) >= count, _PATIENCE
            )
        return self.envelopes


@pytest.fixture
def conf() -> cfg.ConfigOpts:
    return loading.load(find_files=False)


@pytest.fixture
def topic() -> str:
    """Return a topic of this test's own: the bus outlives a test."""
    return f'topic_{next(_numbers)}'


Publish = collections.abc.Callable[..., None]


@pytest.fixture
def publish(topic: str) -> Publish:
    conf = publisher.new_configuration()
    conf.set_override('control_exchange', 'nova')
    transport = oslo_messaging.get_notification_transport(conf, url='fake://')
    notifier = oslo_messaging.Notifier(
        transport,
        publisher_id='nova-compute:a',
        driver='messagingv2',
        topics=[topic],
    )

    def send(event_type: str, priority: str = 'info') -> None:
        getattr(notifier, priority)({}, event_type, {'a': 1})

    return send


Subscribe = collections.abc.Callable[..., _Observer]


@pytest.fixture
def subscribe(
    conf: cfg.ConfigOpts, topic: str
) -> collections.abc.Iterator[Subscribe]:
    """Return what subscribes an observer to the topic, with a heartbeat."""
    running: list[typing.Any] = []

    def begin(
        pool: str | None = None,
        interrupted: collections.abc.Callable[[str], None] = lambda _: None,
    ) -> _Observer:
        clock, counters = clocks.FakeClock(), accounting.Accounting()
        observer = _Observer()
        manager = managers.NotificationHandlerManager(counters)
        manager.register(observer)
        manager.start()
        heartbeat = heartbeats.Heartbeat(
            clock, 0.05, interrupted, lambda _sent_at, _lag: None
        )
        listener = listeners.NotificationListener(
            conf,
            listeners.Subscription('fake://', (topic,), ('nova',), pool),
            endpoints.EventsNotificationEndpoint(manager, counters, clock),
            heartbeat,
        )
        listener.start()
        running.append(listener)
        assert heartbeat.wait_for_first(_PATIENCE)
        return observer

    yield begin
    for each in running:
        each.stop()


@pytest.mark.parametrize('pool', [None, 'pool'])
def test_messages_come_in_their_order_with_their_envelopes(
    subscribe: Subscribe, publish: Publish, topic: str, pool: str | None
) -> None:
    observer = subscribe(pool and f'{pool}-{topic}')
    for number in range(50):
        publish(f'event.{number}')
    came = observer.wait(50)
    assert [each.event_type for each in came] == [
        f'event.{number}' for number in range(50)
    ]
    numbers = [each.sequence for each in came]
    assert numbers == sorted(numbers)
    assert came[0].publisher_id == 'nova-compute:a'
    assert came[0].payload == {'a': 1}
    assert came[0].message_id is not None
    assert came[0].sent_at is not None


def test_errors_are_received_too(
    subscribe: Subscribe, publish: Publish
) -> None:
    """Nova announces what failed with the priority error."""
    observer = subscribe()
    publish('instance.create.error', 'error')
    (came,) = observer.wait(1)
    assert (came.priority, came.event_type) == (
        'error',
        'instance.create.error',
    )


def test_each_pool_gets_every_message(
    subscribe: Subscribe, publish: Publish, topic: str
) -> None:
    first, second = subscribe(f'one-{topic}'), subscribe(f'two-{topic}')
    publish('event')
    assert len(first.wait(1)) == len(second.wait(1)) == 1


def test_the_bus_that_is_there_is_told_once(subscribe: Subscribe) -> None:
    told: list[str] = []
    subscribe(interrupted=told.append)
    assert told in ([], ['the bus is there'])


def test_stopping_twice_does_no_harm(conf: cfg.ConfigOpts) -> None:
    clock, counters = clocks.FakeClock(), accounting.Accounting()
    listener = listeners.NotificationListener(
        conf,
        listeners.Subscription('fake://', ('t',), ('nova',), None),
        endpoints.EventsNotificationEndpoint(
            managers.NotificationHandlerManager(counters), counters, clock
        ),
        None,
    )
    listener.stop()
    listener.stop()


@pytest.mark.parametrize(
    'url',
    [
        'pigeon://user:cutlass@host/',
        'user:cutlass@host',
        'rabbit//user:cutlass@host/',
        'cutlass',
        'rabbit://user:cut/lass@host:5672/',
        'rabbit://user:cut#lass@host:5672/',
        'rabbit://user:cutlass@host:port/',
        'rabbit://user:cutlass@[::1/',
        'rabbit://user:cutlass@host/?no_such=1',
        'rabbit://user:pass?cutlass=1@host/',
    ],
)
def test_an_address_that_is_none_is_refused_without_its_password(
    conf: cfg.ConfigOpts, url: str
) -> None:
    clock, counters = clocks.FakeClock(), accounting.Accounting()
    endpoint = endpoints.EventsNotificationEndpoint(
        managers.NotificationHandlerManager(counters), counters, clock
    )
    subscription = listeners.Subscription(url, ('t',), ('nova',), None)
    with pytest.raises(
        exceptions.ConfigurationError, match='transport_url'
    ) as caught:
        listeners.NotificationListener(conf, subscription, endpoint, None)
    assert 'lass' not in str(caught.value)


@pytest.mark.parametrize(
    ('pool', 'topic'), [('east', 'cdm_graph_heartbeat_east'), (None, 'cdm')]
)
def test_heartbeats_go_the_way_of_the_notifications(
    conf: cfg.ConfigOpts, pool: str | None, topic: str
) -> None:
    """A pool is one queue; without one each topic has its own."""
    clock, counters = clocks.FakeClock(), accounting.Accounting()
    listener = listeners.NotificationListener(
        conf,
        listeners.Subscription('fake://', ('cdm', 'other'), ('nova',), pool),
        endpoints.EventsNotificationEndpoint(
            managers.NotificationHandlerManager(counters), counters, clock
        ),
        None,
    )
    assert listener._own_topic == topic
