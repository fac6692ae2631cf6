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

"""NotificationListener: the subscription to the bus.

One queue, one connection and one thread, so that the order of the messages
is kept.  A bus that cannot be reached holds nothing up: it is tried again and
again in the background.
"""

import dataclasses
import threading
import typing

from oslo_config import cfg
from oslo_log import log
import oslo_messaging

from cdm_graph import exceptions
from cdm_graph.notification import bus_transport
from cdm_graph.notification import endpoint as endpoints
from cdm_graph.notification import heartbeat as heartbeats

LOG = log.getLogger(__name__)

#: Messages that the broker may send ahead of what was acknowledged.
_PREFETCH: typing.Final = 200
#: Seconds between two attempts to connect to the broker, at most.
_LONGEST_RETRY: typing.Final = 3
#: Seconds after which a broker that refused is asked again.
_REFUSED_RETRY: typing.Final = 5.0
#: Seconds in which the bus has to let go when the daemon stops.
_STOP_TIMEOUT: typing.Final = 2.0


@dataclasses.dataclass(frozen=True, slots=True)
class Subscription:
    """What to subscribe to."""

    transport_url: str
    topics: tuple[str, ...]
    exchanges: tuple[str, ...]
    pool: str | None


class NotificationListener:
    """Delivers the notifications of the bus to an endpoint.

    :raises cdm_graph.exceptions.ConfigurationError: if the URL of the bus
        cannot be used
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        subscription: Subscription,
        endpoint: endpoints.EventsNotificationEndpoint,
        heartbeat: heartbeats.Heartbeat | None,
    ) -> None:
        self._subscription = subscription
        self._endpoint = endpoint
        self._heartbeat = heartbeat
        self._transport = _transport(conf, subscription.transport_url)
        self._listeners: list[typing.Any] = []
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to subscribe, in the background."""
        threading.Thread(
            target=self._subscribe, name='bus-subscribe', daemon=True
        ).start()

    def stop(self) -> None:
        """Unsubscribe; a bus that does not answer is left behind."""
        self._stopping.set()
        if self._heartbeat is not None:
            self._heartbeat.stop()
        closer = threading.Thread(
            target=self._close, name='bus-close', daemon=True
        )
        closer.start()
        closer.join(_STOP_TIMEOUT)

    def _subscribe(self) -> None:
        while not self._stopping.is_set():
            try:
                self._subscribe_once()
            except Exception as error:  # a broker that refuses may relent
                LOG.warning(
                    'The message bus refuses the subscription: %s Check '
                    '[notifications] transport_url; trying again in %.0f s.',
                    (str(error) or type(error).__name__).splitlines()[0],
                    _REFUSED_RETRY,
                )
                self._stopping.wait(_REFUSED_RETRY)
            else:
                return

    def _subscribe_once(self) -> None:
        endpoints_: list[typing.Any] = [self._endpoint]
        targets = [
            oslo_messaging.Target(topic=topic, exchange=exchange)
            for topic in self._subscription.topics
            for exchange in self._subscription.exchanges
        ]
        pool = self._subscription.pool
        if self._heartbeat is not None:
            endpoints_.append(self._heartbeat)
            targets.append(oslo_messaging.Target(topic=self._own_topic))
            # A notifier also fills the queue that belongs to no pool.
            if pool:
                self._listen([targets[-1]], [_Drain()], None)
        self._listen(targets, endpoints_, pool)
        if self._heartbeat is not None and not self._stopping.is_set():
            self._heartbeat.start(self._notifier())

    def _listen(
        self,
        targets: list[oslo_messaging.Target],
        endpoints_: list[typing.Any],
        pool: str | None,
    ) -> None:
        listener = oslo_messaging.get_notification_listener(
            self._transport, targets, endpoints_, pool=pool
        )
        # One thread: a pool of them would lose the order of the messages.
        listener.start(override_pool_size=1)
        self._listeners.append(listener)

    def _notifier(self) -> oslo_messaging.Notifier:
        return oslo_messaging.Notifier(
            self._transport,
            publisher_id=f'cdm-graph:{self._own_topic}',
            driver='messaging',
            topics=[self._own_topic],
            retry=0,
        )

    @property
    def _own_topic(self) -> str:
        """Where heartbeats go: into the queue of the notifications.

        A pool is one queue of all its topics.  Without one each topic has a
        queue, which is read by nobody else.
        """
        if self._subscription.pool:
            return f'cdm_graph_heartbeat_{self._subscription.pool}'
        return self._subscription.topics[0]

    def _close(self) -> None:
        for listener in self._listeners:
            listener.stop()
        for listener in self._listeners:
            listener.wait()
        self._transport.cleanup()


class _Drain:
    """An endpoint that takes messages and does nothing with them."""

    def info(
        self,
        ctxt: dict[str, typing.Any],
        publisher_id: str,
        event_type: str,
        payload: typing.Any,
        metadata: dict[str, typing.Any],
    ) -> oslo_messaging.NotificationResult:
        """Take a message."""
        return oslo_messaging.NotificationResult.HANDLED


def _transport(
    conf: cfg.ConfigOpts, url: str
) -> oslo_messaging.transport.Transport:
    bus_transport.install()
    try:
        transport = oslo_messaging.get_notification_transport(conf, url=url)
    except (
        oslo_messaging.InvalidTransportURL,
        ValueError,
        cfg.NoSuchOptError,
    ):
        # What was wrong would show a part of the URL, perhaps its password.
        raise exceptions.ConfigurationError(
            '[notifications] transport_url is no address of a message bus. '
            'Write it as rabbit://user:password@host:5672/, with the '
            'characters / # ? : @ % of a password percent-encoded, and only '
            'with options that oslo.messaging has.'
        ) from None
    except oslo_messaging.DriverLoadFailure as error:
        raise exceptions.ConfigurationError(
            '[notifications] transport_url names a driver that '
            f'oslo.messaging does not have: {error.driver!r}.'
        ) from error
    if 'oslo_messaging_rabbit' in conf:
        group = 'oslo_messaging_rabbit'
        conf.set_default('rabbit_qos_prefetch_count', _PREFETCH, group=group)
        conf.set_default('rabbit_interval_max', _LONGEST_RETRY, group=group)
    return transport
