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

"""EventsNotificationEndpoint: where oslo.messaging delivers notifications."""

import re
import typing

import oslo_messaging

from cdm_graph import clock as clocks
from cdm_graph.model import mutation
from cdm_graph.notification import accounting
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import heartbeat
from cdm_graph.notification import manager as managers


class EventsNotificationEndpoint:
    """Stamps each message, and passes it on.

    It takes the priorities *info* and *error*, which are those that OpenStack
    announces changes with.  It never raises: for oslo.messaging an exception
    means that the message is thrown away.

    :param ignored_events: a regular expression; event types that match it
        from their beginning are counted, and otherwise left alone
    """

    filter_rule = oslo_messaging.NotificationFilter(
        event_type=rf'^(?!{re.escape(heartbeat.EVENT_TYPE)}$)'
    )

    def __init__(
        self,
        manager: managers.NotificationHandlerManager,
        counters: accounting.Accounting,
        clock: clocks.Clock,
        ignored_events: str = '',
    ) -> None:
        self._manager = manager
        self._counters = counters
        self._clock = clock
        self._ignored = re.compile(ignored_events) if ignored_events else None

    def info(
        self,
        ctxt: dict[str, typing.Any],
        publisher_id: str,
        event_type: str,
        payload: typing.Any,
        metadata: dict[str, typing.Any],
    ) -> oslo_messaging.NotificationResult:
        """Take a message of priority *info*."""
        return self._take(
            'info', publisher_id, event_type, payload, metadata, ctxt
        )

    def error(
        self,
        ctxt: dict[str, typing.Any],
        publisher_id: str,
        event_type: str,
        payload: typing.Any,
        metadata: dict[str, typing.Any],
    ) -> oslo_messaging.NotificationResult:
        """Take a message of priority *error*."""
        return self._take(
            'error', publisher_id, event_type, payload, metadata, ctxt
        )

    def _take(
        self,
        priority: str,
        publisher_id: str,
        event_type: str,
        payload: typing.Any,
        metadata: dict[str, typing.Any],
        context: dict[str, typing.Any],
    ) -> oslo_messaging.NotificationResult:
        sequence = self._counters.receive()
        if self._ignored and self._ignored.match(str(event_type)):
            self._counters.settle(
                mutation.Outcome.IGNORED, 'event type is ignored'
            )
            return oslo_messaging.NotificationResult.HANDLED
        self._manager.dispatch(
            envelopes.Envelope.stamp(
                sequence,
                self._clock.time(),
                priority,
                publisher_id,
                event_type,
                payload,
                metadata or {},
                context,
            )
        )
        return oslo_messaging.NotificationResult.HANDLED
