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

"""NovaNotificationParser: typed notifications of either of Nova's formats."""

import datetime

from cdm_graph import exceptions
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import parser
from cdm_graph.notification.nova import legacy
from cdm_graph.notification.nova import notification
from cdm_graph.notification.nova import payload
from cdm_graph.notification.nova import versioned


class UnknownMajorVersion(exceptions.MalformedNotification):
    """The payload's major version is newer than what is understood."""


class NovaNotificationParser(
    parser.NotificationParser[notification.Notification]
):
    """Parses Nova's notifications, versioned and legacy; has no state."""

    def parse(
        self, envelope: envelopes.Envelope
    ) -> notification.Notification | None:
        """Return the typed notification; none for an unknown event type.

        :raises cdm_graph.exceptions.MalformedNotification: if it cannot be
            understood
        """
        body = envelope.payload
        if not isinstance(body, dict):
            raise exceptions.MalformedNotification(
                'The payload is not an object.'
            )
        if 'nova_object.data' in body:
            return self._parse_versioned(envelope, body)
        cls = legacy.CLASSES.get(envelope.event_type)
        return None if cls is None else cls(body)

    @staticmethod
    def _parse_versioned(
        envelope: envelopes.Envelope, body: payload.Payload
    ) -> notification.Notification | None:
        cls = versioned.CLASSES.get(envelope.event_type)
        if cls is None:
            return None
        data = body['nova_object.data']
        if not isinstance(data, dict):
            raise exceptions.MalformedNotification(
                'nova_object.data is not an object.'
            )
        newest = cls.event_type.major
        if payload.is_too_new(body, newest):
            raise UnknownMajorVersion(
                f'The payload has version {payload.version_of(body)}; this '
                f'release understands major version {newest}.'
            )
        return cls(
            publisher_host=envelope.publisher_id.partition(':')[2],
            sent_at=_sent_at(envelope),
            data=data,
        )


def _sent_at(envelope: envelopes.Envelope) -> datetime.datetime:
    """Return when a message was sent; if it does not say, when it came."""
    if envelope.sent_at is not None:
        return envelope.sent_at
    return datetime.datetime.fromtimestamp(
        envelope.received_at, tz=datetime.UTC
    )
