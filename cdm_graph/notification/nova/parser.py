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
import typing

from cdm_graph import exceptions
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import parser
from cdm_graph.notification.nova import notifications


class UnknownMajorVersion(exceptions.MalformedNotification):
    """The payload's major version is newer than what is understood."""


class NovaNotificationParser(
    parser.NotificationParser[notifications.Notification]
):
    """Parses Nova's notifications, versioned and legacy; has no state."""

    def parse(
        self, envelope: envelopes.Envelope
    ) -> notifications.Notification | None:
        """Return the typed notification; none for an unknown event type.

        :raises cdm_graph.exceptions.MalformedNotification: if it cannot be
            understood
        """
        payload = envelope.payload
        if not isinstance(payload, collections.abc.Mapping):
            raise exceptions.MalformedNotification(
                'The payload is not an object.'
            )
        if 'nova_object.data' not in payload:
            return notifications.LegacyNotification(
                envelope.event_type, payload
            )
        return self._parse_versioned(envelope, payload)

    @staticmethod
    def _parse_versioned(
        envelope: envelopes.Envelope,
        payload: collections.abc.Mapping[str, typing.Any],
    ) -> notifications.Notification | None:
        cls = notifications.VERSIONED.get(envelope.event_type)
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
            sent_at=notifications.sent_at(envelope),
            data=data,
        )
