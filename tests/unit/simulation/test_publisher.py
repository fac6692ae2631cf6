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

"""Notifications on a bus."""

import collections.abc
import threading
import typing

import oslo_messaging
import pytest

from cdm_graph import exceptions
from cdm_graph.simulation import notification
from cdm_graph.simulation import publisher as publisher_module
from cdm_graph.simulation.ironic import operations as ironic_operations
from tests.unit.simulation import support

Received = tuple[str, dict[str, typing.Any], str, str, typing.Any, typing.Any]


class _Endpoint:
    """Keeps what arrives, until there is as much as is expected."""

    def __init__(self, expected: int) -> None:
        self.received: list[Received] = []
        self.complete = threading.Event()
        self._expected = expected

    def info(self, *message: typing.Any) -> None:
        self._keep('info', message)

    def error(self, *message: typing.Any) -> None:
        self._keep('error', message)

    def _keep(self, priority: str, message: tuple[typing.Any, ...]) -> None:
        self.received.append((priority, *message))
        if len(self.received) == self._expected:
            self.complete.set()


@pytest.fixture
def messages() -> list[notification.Notification]:
    cloud = support.stored_cloud()
    does = support.operations(cloud)
    return support.run(cloud, does.create_server(image='', fails=True))


@pytest.fixture
def publisher() -> collections.abc.Iterator[
    publisher_module.NotificationPublisher
]:
    publisher = publisher_module.NotificationPublisher('fake://')
    yield publisher
    publisher.close()


@pytest.mark.parametrize(
    ('exchange', 'topic'),
    [
        (notification.NOVA_EXCHANGE, notification.VERSIONED_TOPIC),
        (notification.NOVA_EXCHANGE, notification.UNVERSIONED_TOPIC),
        (notification.CINDER_EXCHANGE, notification.UNVERSIONED_TOPIC),
    ],
)
def test_what_is_published_arrives_as_from_its_service(
    messages: list[notification.Notification],
    publisher: publisher_module.NotificationPublisher,
    exchange: str,
    topic: str,
) -> None:
    wanted = [
        message
        for message in messages
        if (message.exchange, message.topic) == (exchange, topic)
    ]
    assert wanted
    endpoint = _Endpoint(len(wanted))
    listener = oslo_messaging.get_notification_listener(
        oslo_messaging.get_notification_transport(
            publisher_module.new_configuration(), url='fake://'
        ),
        [oslo_messaging.Target(topic=topic, exchange=exchange)],
        [endpoint],
        executor='threading',
        pool=f'pool-of-{exchange}-{topic}',
    )
    listener.start(override_pool_size=1)
    try:
        for message in messages:
            publisher.publish(message)
        assert endpoint.complete.wait(10)
    finally:
        listener.stop()
        listener.wait()
    # The fake bus keeps the order within a priority only.
    wanted.sort(key=lambda message: message.priority)
    arrived = sorted(endpoint.received, key=lambda received: received[0])
    for message, received in zip(wanted, arrived, strict=True):
        priority, context, publisher_id, event_type, payload, metadata = (
            received
        )
        assert priority == message.priority
        assert context == message.context
        assert publisher_id == message.publisher_id
        assert event_type == message.event_type
        assert payload == message.payload
        assert metadata['timestamp'] == message.timestamp
        assert metadata['message_id'] != message.message_id


@pytest.mark.parametrize('url', ['nothing://', 'rabbit://host:port'])
def test_a_wrong_url_is_told(url: str) -> None:
    with pytest.raises(
        exceptions.SimulationError, match='cannot use the transport URL'
    ):
        publisher_module.NotificationPublisher(url)


def test_what_ironic_says_is_on_its_own_exchange(
    publisher: publisher_module.NotificationPublisher,
) -> None:
    cloud = support.metal_cloud()
    does = ironic_operations.MetalOperations(cloud)
    wanted = support.run(cloud, does.create('new'))
    endpoint = _Endpoint(len(wanted))
    listener = oslo_messaging.get_notification_listener(
        oslo_messaging.get_notification_transport(
            publisher_module.new_configuration(), url='fake://'
        ),
        [
            oslo_messaging.Target(
                topic='ironic_versioned_notifications', exchange='ironic'
            )
        ],
        [endpoint],
        executor='threading',
        pool='pool-of-ironic',
    )
    listener.start(override_pool_size=1)
    try:
        for message in wanted:
            publisher.publish(message)
        assert endpoint.complete.wait(10)
    finally:
        listener.stop()
        listener.wait()
    assert [received[3] for received in endpoint.received] == [
        'baremetal.node.create.start',
        'baremetal.node.create.end',
    ]
