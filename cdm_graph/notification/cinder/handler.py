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

"""CinderNotificationHandler: Cinder's notifications, as mutations.

Cinder's notifications have no versions, tell no time that orders them against
its rows, and some are sent before what they tell is true.  So each makes what
it is about to be read, deletions too; but for the capacity of a pool, which
is all there and has a time.  Failures, and all that Cinder's API writes by
itself, are not announced: the collector looks again at what is on its way.

What a real Cinder announces, and when it is wrong, was recorded: the tests of
this module say it.
"""

import datetime
import re
import typing

from cdm_graph import exceptions
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification import announcer
from cdm_graph.notification import careful_handler
from cdm_graph.notification import envelope as envelopes

_KIND = schema.Kind
_TWICE = mutation.Reread.TWICE

#: Cinder's publishers name the host of whoever speaks, which need not be that
#: of the volume.
_OWN: typing.Final = (
    r'(volume|snapshot|capacity|backup|group|group_snapshot'
    r'|volumeType|volumeTypeExtraSpecs|volume_type_project)\.'
)
#: One of Nova's legacy publishers is ``scheduler.``, too.
_PUBLISHERS: typing.Final = rf'scheduler\.|{_OWN}'
ANNOUNCER: typing.Final = announcer.Announcer(
    name='Cinder',
    publishers=_OWN,
    exchange='openstack',
    topics=('notifications',),
    where='cinder.conf, every service',
    topics_option='[oslo_messaging_notifications] topics',
    settings=('[oslo_messaging_notifications] driver = messagingv2',),
)
_UUID: typing.Final = re.compile(
    r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', re.I
)
#: What an event is about, by the beginning of its type: a kind, and the field
#: that names it.
_ABOUT: typing.Final = {
    'volume': (_KIND.VOLUME, 'volume_id'),
    'backup': (_KIND.VOLUME, 'volume_id'),
    'snapshot': (_KIND.VOLUME_SNAPSHOT, 'snapshot_id'),
}
_TYPE_EVENTS: typing.Final = (
    'volume_type',
    'volume_type_extra_specs',
    'volume_type_project',
)
#: Events that are sent before what they tell is done.
_EARLY: typing.Final = ('volume.retype', 'scheduler.')
#: Events of a cron job, which tell how much was used.
_USAGE: typing.Final = ('usage', 'exists')
_POOL_FACTS: typing.Final = {
    'total_capacity_gb': 'total',
    'free_capacity_gb': 'free',
    'allocated_capacity_gb': 'allocated',
    'provisioned_capacity_gb': 'provisioned',
}
_EVERY_TYPE: typing.Final = schema.ElementKey(_KIND.VOLUME_TYPE, schema.EVERY)


class CinderNotificationHandler(careful_handler.CarefulHandler):
    """Handles what Cinder announces."""

    def get_publisher_id(self) -> str:
        """Return a regular expression that matches Cinder's publishers."""
        return _PUBLISHERS

    def interpret(self, envelope: envelopes.Envelope) -> mutation.Mutation:
        """Return what a notification means for the model."""
        event = envelope.event_type
        family, _, rest = event.partition('.')
        if event == 'capacity.pool':
            return _capacity(envelope)
        if family in _TYPE_EVENTS:
            return mutation.Doubt((_EVERY_TYPE,), 'a type changed')
        if family == 'scheduler':
            return _refused(envelope)
        about = _ABOUT.get(family)
        if about is None or rest in _USAGE:
            return mutation.Nothing('nothing in the model depends on it')
        kind, field = about
        keys = [schema.ElementKey(kind, _uuid(envelope.payload, field))]
        if event.startswith('snapshot.revert.'):
            volume = _uuid(envelope.payload, 'volume_id')
            keys.append(schema.ElementKey(_KIND.VOLUME, volume))
        return _doubt(event, tuple(keys))

    def named(
        self, envelope: envelopes.Envelope
    ) -> tuple[schema.ElementKey, ...]:
        """Return what a notification is about, as far as it can be told."""
        family = envelope.event_type.partition('.')[0]
        if family == 'capacity':
            return (schema.ElementKey(_KIND.STORAGE_POOL, schema.EVERY),)
        return _named(envelope.payload)


def _doubt(
    event: str, keys: tuple[schema.ElementKey, ...]
) -> mutation.Mutation:
    if event.startswith(_EARLY):
        return mutation.Doubt(keys, 'told before it is done', _TWICE)
    return mutation.Doubt(keys, 'only a read can tell')


def _refused(envelope: envelopes.Envelope) -> mutation.Mutation:
    """Return what it means that a scheduler, of Cinder or Nova, speaks."""
    keys = _named(envelope.payload)
    if not keys:
        return mutation.Nothing('nothing in the model depends on it')
    return _doubt(envelope.event_type, keys)


def _capacity(envelope: envelopes.Envelope) -> mutation.Mutation:
    told = envelope.payload
    name = told['name_to_id']
    if not isinstance(name, str) or not name:
        raise exceptions.MalformedNotification(
            f'Field name_to_id is {name!r} and not the name of a pool.'
        )
    sent_at = envelope.sent_at
    if sent_at is None:
        raise exceptions.MalformedNotification('It has no timestamp.')
    return mutation.Hint(
        schema.ElementKey(_KIND.STORAGE_POOL, name),
        {fact: _amount(told, field) for fact, field in _POOL_FACTS.items()},
        sent_at.astimezone(datetime.UTC),
    )


def _amount(told: typing.Any, field: str) -> float:
    value = told[field]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise exceptions.MalformedNotification(
            f'Field {field} is {value!r} and not a number.'
        )
    return float(value)


def _uuid(told: typing.Any, field: str) -> str:
    value = told.get(field)
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise exceptions.MalformedNotification(
            f'Field {field} is {value!r} and not a UUID.'
        )
    return value


def _named(told: typing.Any) -> tuple[schema.ElementKey, ...]:
    """Return the volumes and snapshots that a payload names."""
    if not isinstance(told, dict):
        return ()
    return tuple(
        schema.ElementKey(kind, value)
        for kind, field in (
            (_KIND.VOLUME, 'volume_id'),
            (_KIND.VOLUME_SNAPSHOT, 'snapshot_id'),
        )
        if isinstance(value := told.get(field), str) and _UUID.fullmatch(value)
    )
