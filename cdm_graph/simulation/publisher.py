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

"""Puts the simulated cloud's notifications on a bus, as Nova's services do.

Through oslo.messaging, with the driver ``messagingv2`` and the exchange
``nova``, so that a consumer cannot tell the difference.  The envelope's id
and time are oslo.messaging's own.

Of the bus it holds what holds of Nova: each topic and priority has a queue
that is filled whether somebody reads it or not.  A consumer with a pool does
not drain it; with ``fake://`` (one process, all in memory) it then grows for
as long as the process lives.
"""

import threading
import typing

from oslo_config import cfg
import oslo_messaging
from oslo_messaging import opts

from cdm_graph import exceptions
from cdm_graph.simulation import notification

#: Nova's exchange.
EXCHANGE: typing.Final = 'nova'


def new_configuration() -> cfg.ConfigOpts:
    """Return options of their own, which read no files, with the exchange."""
    conf = cfg.ConfigOpts()
    conf(args=[], default_config_files=[], default_config_dirs=[])
    for group, options in opts.list_opts():
        if any(option.name == 'control_exchange' for option in options):
            conf.register_opts(options, group=group)
    conf.set_override('control_exchange', EXCHANGE)
    return conf


def _transport(conf: cfg.ConfigOpts, url: str) -> oslo_messaging.Transport:
    try:
        return oslo_messaging.get_notification_transport(conf, url=url)
    except (
        oslo_messaging.DriverLoadFailure,
        oslo_messaging.InvalidTransportURL,
        ValueError,
    ) as error:
        raise exceptions.SimulationError(
            f'The simulated cloud cannot use the transport URL ({error}); it '
            f'must be like rabbit://USER:PASSWORD@HOST:5672/ or fake://.'
        ) from error


class _Context(dict[str, typing.Any]):
    """A context that oslo.messaging does not take for a plain dictionary.

    Of those it sends nothing, since they might hold secrets.
    """

    def redacted_copy(self) -> '_Context':
        return self


class _Serializer:
    """Passes everything on as it is, contexts as plain dictionaries."""

    def serialize_entity(
        self, context: _Context, entity: notification.Payload
    ) -> notification.Payload:
        return entity

    def serialize_context(self, context: _Context) -> dict[str, typing.Any]:
        return dict(context)


class NotificationPublisher:
    """Publishes notifications, each with its own publisher id and topic.

    ``retry`` is how often a message is tried again when the bus does not
    take it, before it is dropped with an error in the log; -1 is for ever.
    ``conf`` is for options of the driver, such as those of queues, which
    must equal those of the consumers.
    """

    def __init__(
        self,
        transport_url: str,
        *,
        retry: int = 3,
        conf: cfg.ConfigOpts | None = None,
    ) -> None:
        self._transport = _transport(
            conf or new_configuration(), transport_url
        )
        self._notifiers = {
            topic: oslo_messaging.Notifier(
                self._transport,
                driver='messagingv2',
                serializer=_Serializer(),
                topics=[topic],
                retry=retry,
            )
            for topic in (
                notification.VERSIONED_TOPIC,
                notification.UNVERSIONED_TOPIC,
            )
        }
        self._lock = threading.Lock()
        self._prepared: dict[tuple[str, str], oslo_messaging.Notifier] = {}

    def publish(self, message: notification.Notification) -> None:
        """Publish one notification; return when the bus has taken it."""
        notifier = self._notifier(message.topic, message.publisher_id)
        send = notifier.error if message.priority == 'error' else notifier.info
        context = _Context(message.context)
        send(context, message.event_type, message.payload)

    def _notifier(
        self, topic: str, publisher_id: str
    ) -> oslo_messaging.Notifier:
        key = (topic, publisher_id)
        with self._lock:
            notifier = self._prepared.get(key)
            if notifier is None:
                notifier = self._notifiers[topic].prepare(
                    publisher_id=publisher_id
                )
                self._prepared[key] = notifier
            return notifier

    def close(self) -> None:
        """Close the connections."""
        self._transport.cleanup()
