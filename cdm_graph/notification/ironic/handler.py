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

"""IronicNotificationHandler: Ironic's notifications, as mutations.

A payload is the whole row of a machine but for its chassis, with the version
of the row: so it is applied if it is newer than what is known.  It is read
all the same, since each lock that a conductor takes or leaves makes a new
version, without a word.

What an event of the API shows as it begins is not so yet, and has the version
of what it is to replace: it says nothing.  Where Ironic is quick, the begin
of a transition is announced after its end, and the end not at all: so what
begins is read twice.  What is deleted is only read, since a machine may be
enrolled again with the UUID that it had; when the row was made tells the two
apart.

What a real Ironic announces was recorded: the tests of this module say it.
"""

import datetime
import re
import typing

from cdm_graph import exceptions
from cdm_graph.model import fields
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification import announcer
from cdm_graph.notification import careful_handler
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification.ironic import machine

_KIND = schema.Kind
_REREAD = mutation.Reread

_PUBLISHERS: typing.Final = r'ironic-(api|conductor)\.'
ANNOUNCER: typing.Final = announcer.Announcer(
    name='Ironic',
    publishers=_PUBLISHERS,
    exchange='ironic',
    topics=('ironic_versioned_notifications',),
    where='ironic.conf, every API and conductor',
    topics_option='[DEFAULT] versioned_notifications_topics',
    settings=(
        '[DEFAULT] notification_level = info',
        '[oslo_messaging_notifications] driver = messagingv2',
    ),
)
_SERVICE: typing.Final = 'baremetal'
_DATA: typing.Final = 'ironic_object.data'
_UUID: typing.Final = re.compile(
    r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', re.I
)
#: What an event is about, by its second word.
_ABOUT: typing.Final = {
    'node': _KIND.BAREMETAL_NODE,
    'chassis': _KIND.CHASSIS,
}
#: What the API announces by itself, before it is done.
_OF_THE_API: typing.Final = frozenset(
    {'create', 'update', 'delete', 'maintenance_set'}
)
#: Events of a machine that show it as it is, but for those that begin
#: something at the API, or tell that it came to nothing.
_SHOW_IT: typing.Final = frozenset(
    {
        'console_restore',
        'console_set',
        'create',
        'maintenance_set',
        'power_set',
        'power_state_corrected',
        'provision_set',
        'update',
    }
)


class _Event(typing.NamedTuple):
    """The words of a type of event, after the name of the service."""

    about: str
    action: str
    status: str

    @property
    def is_told_early(self) -> bool:
        """Whether it shows what is wanted, and not what is."""
        return self.action in _OF_THE_API and self.status == 'start'

    @property
    def is_whole(self) -> bool:
        """Whether it shows the whole machine as it is."""
        if self.about != 'node' or self.action not in _SHOW_IT:
            return False
        return self.action not in _OF_THE_API or self.status == 'end'


class IronicNotificationHandler(careful_handler.CarefulHandler):
    """Handles what Ironic announces."""

    def get_publisher_id(self) -> str:
        """Return a regular expression that matches Ironic's publishers."""
        return _PUBLISHERS

    def interpret(self, envelope: envelopes.Envelope) -> mutation.Mutation:
        """Return what a notification means for the model."""
        event = _event(envelope.event_type)
        kind = None if event is None else _ABOUT.get(event.about)
        if event is None or kind is None:
            return mutation.Nothing('nothing in the model depends on it')
        if event.is_told_early:
            return mutation.Nothing('told before it is done')
        told = envelope.payload[_DATA]
        key = schema.ElementKey(kind, _uuid(told))
        if event.is_whole:
            return _hint(key, event, told, envelope)
        return mutation.Doubt((key,), 'only a read can tell')

    def named(
        self, envelope: envelopes.Envelope
    ) -> tuple[schema.ElementKey, ...]:
        """Return what a notification is about, as far as it can be told."""
        event = _event(envelope.event_type)
        kind = None if event is None else _ABOUT.get(event.about)
        told = envelope.payload
        told = told.get(_DATA) if isinstance(told, dict) else None
        uuid = told.get('uuid') if isinstance(told, dict) else None
        if kind is None or not _is_uuid(uuid):
            return ()
        return (schema.ElementKey(kind, str(uuid)),)


def _event(event_type: str) -> _Event | None:
    """Return the words of an event; none if it is not of that form."""
    service, *words = event_type.split('.')
    if service != _SERVICE or len(words) != len(_Event._fields):
        return None
    return _Event(*words)


def _hint(
    key: schema.ElementKey,
    event: _Event,
    told: typing.Any,
    envelope: envelopes.Envelope,
) -> mutation.Mutation:
    if envelope.sent_at is None:
        raise exceptions.MalformedNotification('It has no timestamp.')
    begins = event.status == 'start'
    return mutation.Hint(
        key,
        machine.facts(told),
        envelope.sent_at,
        version=_moment(told, 'updated_at'),
        born=_moment(told, 'created_at'),
        creates=event.action == 'create',
        reread=_REREAD.TWICE if begins else _REREAD.ALWAYS,
    )


def _moment(told: typing.Any, name: str) -> datetime.datetime | None:
    """Return when the row was made or changed; none if it never was."""
    moment = fields.read_moment(told[name])
    if moment is None or isinstance(moment, datetime.datetime):
        return moment
    raise exceptions.MalformedNotification(
        f'Field {name} is {moment!r} and not a time.'
    )


def _uuid(told: typing.Any) -> str:
    value = told.get('uuid')
    if not _is_uuid(value):
        raise exceptions.MalformedNotification(
            f'Field uuid is {value!r} and not a UUID.'
        )
    return str(value)


def _is_uuid(value: typing.Any) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None
