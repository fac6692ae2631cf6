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

"""NovaNotificationHandler: Nova's notifications, as mutations."""

import typing

from cdm_graph import clock as clocks
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification import announcer
from cdm_graph.notification import careful_handler
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import handler
from cdm_graph.notification.nova import parser
from cdm_graph.notification.nova import payload

#: Publishers of the versioned format, ``nova-compute:host``, and of the
#: legacy one, ``compute.host``.
_OWN: typing.Final = (
    r'nova-\w+[:.]'
    r'|(compute|compute_task|conductor|api|aggregate|servergroup)\.'
)
#: One of Cinder's publishers is ``scheduler.``, too.
_PUBLISHERS: typing.Final = rf'scheduler\.|{_OWN}'
ANNOUNCER: typing.Final = announcer.Announcer(
    name='Nova',
    publishers=_OWN,
    exchange='nova',
    topics=('versioned_notifications', 'notifications'),
    where='nova.conf, every service',
    topics_option='[notifications] versioned_notifications_topics',
    settings=(
        '[oslo_messaging_notifications] driver = messagingv2',
        '[notifications] notification_format = versioned',
    ),
)
#: How the events about servers begin in either format.
_INSTANCE_EVENTS: typing.Final = ('instance.', 'compute.instance.')
#: Kinds that are few, and read as a whole, by the beginning of the event.
_KINDS: typing.Final = {
    'aggregate': schema.Kind.HOST_AGGREGATE,
    'flavor': schema.Kind.FLAVOR,
    'service': schema.Kind.COMPUTE_NODE,
    'server_group': schema.Kind.SERVER_GROUP,
    'servergroup': schema.Kind.SERVER_GROUP,
}


class NovaNotificationHandler(careful_handler.CarefulHandler):
    """Handles what Nova announces, in either format."""

    def __init__(
        self,
        model_collector: handler.ModelCollector,
        clock: clocks.Clock | None = None,
    ) -> None:
        super().__init__(model_collector, clock)
        self._parser = parser.NovaNotificationParser()

    def get_publisher_id(self) -> str:
        """Return a regular expression that matches Nova's publishers."""
        return _PUBLISHERS

    def interpret(self, envelope: envelopes.Envelope) -> mutation.Mutation:
        """Return what a notification means for the model."""
        notification = self._parser.parse(envelope)
        if notification is None:
            return self._unknown(envelope)
        return notification.to_mutation()

    def named(
        self, envelope: envelopes.Envelope
    ) -> tuple[schema.ElementKey, ...]:
        """Return what a notification is about, as far as it can be told."""
        kind = _KINDS.get(envelope.event_type.partition('.')[0])
        if kind is not None:
            return (schema.ElementKey(kind, schema.EVERY),)
        return _named_instances(envelope.payload)

    def reason(self, error: Exception) -> str:
        """Return why a notification was not understood, in a word or two."""
        if isinstance(error, parser.UnknownMajorVersion):
            return 'unknown major version'
        return super().reason(error)

    def _unknown(self, envelope: envelopes.Envelope) -> mutation.Mutation:
        keys = _named_instances(envelope.payload)
        if keys and envelope.event_type.startswith(_INSTANCE_EVENTS):
            return mutation.Doubt(keys, 'unknown event type')
        return mutation.Nothing('unknown event type')


def _named_instances(named: typing.Any) -> tuple[schema.ElementKey, ...]:
    """Return the servers that a payload names, if it can be told."""
    return tuple(
        schema.ElementKey(schema.Kind.INSTANCE, uuid)
        for uuid in sorted(payload.servers_named(named))
    )
