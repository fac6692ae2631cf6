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

"""Messages on the bus that no Nova would send."""

import datetime
import typing
import uuid

import oslo_messaging

from cdm_graph.simulation import notification
from cdm_graph.simulation import publisher


class RawPublisher:
    """Puts a message on the bus as it is, whatever it is."""

    def __init__(self, transport_url: str) -> None:
        self._transport = oslo_messaging.get_notification_transport(
            publisher.new_configuration(), url=transport_url
        )

    def send(self, **parts: typing.Any) -> None:
        """Send a message; what is not told is as Nova would have it."""
        message = {
            'message_id': str(uuid.uuid4()),
            'publisher_id': 'nova-compute:host',
            'event_type': 'instance.power_off.end',
            'priority': 'INFO',
            'payload': {},
            'timestamp': str(
                datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
            ),
            **parts,
        }
        self._transport._send_notification(
            oslo_messaging.Target(
                topic=f'{notification.VERSIONED_TOPIC}.info',
                exchange=notification.NOVA_EXCHANGE,
            ),
            {},
            message,
            version=2.0,
            retry=3,
        )

    def close(self) -> None:
        self._transport.cleanup()


def versioned(
    data: typing.Any, version: str = '1.8', name: str = 'InstanceActionPayload'
) -> dict[str, typing.Any]:
    """Return a payload in the versioned format."""
    return {
        'nova_object.data': data,
        'nova_object.name': name,
        'nova_object.namespace': 'nova',
        'nova_object.version': version,
    }
