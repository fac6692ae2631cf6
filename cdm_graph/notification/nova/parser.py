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

import collections.abc
import datetime
import typing

from cdm_graph import exceptions
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import parser
from cdm_graph.notification.nova import legacy
from cdm_graph.notification.nova import notification
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
        payload = envelope.payload
        if not isinstance(payload, collections.abc.Mapping):
            raise exceptions.MalformedNotification(
                'The payload is not an object.'
            )
        if 'nova_object.data' in payload:
            return self._parse_versioned(envelope, payload)
        cls = legacy.CLASSES.get(envelope.event_type)
        return None if cls is None else cls(payload)

    @staticmethod
    def _parse_versioned(
        envelope: envelopes.Envelope,
        payload: collections.abc.Mapping[str, typing.Any],
    ) -> notification.Notification | None:
        cls = versioned.CLASSES.get(envelope.event_type)
        if cls is None:
            return None
        data = payload['nova_object.data']
        if not isinstance(data, collections.abc.Mapping):
            raise exceptions.MalformedNotification(
                'nova_object.data is not an object.'
            )
        version = str(payload.get('nova_object.version', '1.0'))
        major = version.partition('.')[0]
        if not major.isdecimal() or int(major) > cls.event_type.major:
            raise UnknownMajorVersion(
                f'The payload has version {version}; this release understands '
                f'major version {cls.event_type.major}.'
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
