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

"""Puts the simulated cloud's notifications on a bus, as its services do.

Through oslo.messaging, with the driver ``messagingv2`` and the exchange of
each service, so that a consumer cannot tell the difference.  The envelope's
time is the notification's: who sends it dates it by its own clock.  Its id is
made here, since a cloud that is started again from the same seed must not say
again what its consumers have heard before.

Of the bus it holds what holds of Nova: each topic and priority has a queue
that is filled whether somebody reads it or not.  A consumer with a pool does
not drain it; with ``fake://`` (one process, all in memory) it then grows for
as long as the process lives.
"""

import typing
import uuid

from oslo_config import cfg
import oslo_messaging
from oslo_messaging import opts
from oslo_messaging.notify import messaging

from cdm_graph import exceptions
from cdm_graph.simulation import notification

#: The topics of each exchange.
_TOPICS: typing.Final = {
    notification.NOVA_EXCHANGE: (
        notification.VERSIONED_TOPIC,
        notification.UNVERSIONED_TOPIC,
    ),
    notification.CINDER_EXCHANGE: (notification.UNVERSIONED_TOPIC,),
    notification.IRONIC_EXCHANGE: (notification.IRONIC_TOPIC,),
}


def new_configuration() -> cfg.ConfigOpts:
    """Return options of their own, which read no files."""
    conf = cfg.ConfigOpts()
    conf(args=[], default_config_files=[], default_config_dirs=[])
    for group, options in opts.list_opts():
        if any(option.name == 'control_exchange' for option in options):
            conf.register_opts(options, group=group)
    return conf


def _transport(
    conf: cfg.ConfigOpts, url: str, exchange: str
) -> oslo_messaging.Transport:
    """Return what publishes on an exchange, which it keeps from then on."""
    conf.set_override('control_exchange', exchange)
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
        conf = conf or new_configuration()
        self._retry = retry
        self._transports = {
            exchange: _transport(conf, transport_url, exchange)
            for exchange in _TOPICS
        }
        self._drivers = {
            (exchange, topic): messaging.MessagingV2Driver(
                conf, topics=[topic], transport=transport
            )
            for exchange, transport in self._transports.items()
            for topic in _TOPICS[exchange]
        }

    def publish(self, message: notification.Notification) -> None:
        """Publish one notification; return when the bus has taken it."""
        priority = message.priority.upper()
        envelope = {
            'message_id': str(uuid.uuid4()),
            'publisher_id': message.publisher_id,
            'event_type': message.event_type,
            'priority': priority,
            'payload': message.payload,
            'timestamp': message.timestamp,
        }
        self._drivers[message.exchange, message.topic].notify(
            message.context, envelope, priority, self._retry
        )

    def close(self) -> None:
        """Close the connections."""
        for transport in self._transports.values():
            transport.cleanup()
