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

"""Nova's notifications in the versioned format.

A class knows what its payload must hold and what it means for the model.  It
is one of the families below, with its row of the table in
:mod:`cdm_graph.notification.nova.events`.
"""

import abc
import dataclasses
import datetime
import typing

from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification.nova import events
from cdm_graph.notification.nova import notification
from cdm_graph.notification.nova import payload

_AUTHORITY = events.Authority
_KIND = schema.Kind
_EVERY_NODE = schema.ElementKey(_KIND.COMPUTE_NODE, schema.EVERY)
_EVERY_FLAVOR = schema.ElementKey(_KIND.FLAVOR, schema.EVERY)
_COMPUTE: typing.Final = 'nova-compute'
_PLACE: typing.Final = frozenset({'host', 'node'})
#: What somebody else may change while a service works on its own copy of the
#: row.  A service that announces the end of its work shows these as they were
#: when it began; the zone also as it was meant to be after a live migration
#: that was rolled back.
_OWNERS: typing.Final = frozenset(
    {
        'availability_zone',
        'locked',
        'locked_reason',
        'metadata',
        'name',
        'ports',
        'tags',
        'volumes',
    }
)
#: The same where an unknown instance is not put anywhere.
_OWNERS_AND_PLACE: typing.Final = _OWNERS | _PLACE
#: What every Nova tells of a new server: one that is told of without them
#: would be shown as if it had none, which was never so.
_OF_A_NEW_SERVER: typing.Final = frozenset(
    {'flavor_name', 'project_id', 'vm_state'}
)


@dataclasses.dataclass(frozen=True, slots=True)
class VersionedNotification(notification.Notification):
    """A notification in Nova's versioned format.

    :param publisher_host: the host of the service that sent it
    :param sent_at: when, by the sender's clock
    :param data: the fields of the payload
    """

    publisher_host: str
    sent_at: datetime.datetime
    data: payload.Payload


class InstanceNotification(VersionedNotification):
    """Something happened to a server; its payload is the server's row."""

    __slots__ = ()

    @property
    def key(self) -> schema.ElementKey:
        """The server that it is about."""
        return schema.ElementKey(
            _KIND.INSTANCE, payload.uuid(self.data, 'uuid')
        )

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""
        match self.authority:
            case _AUTHORITY.DELETION:
                return mutation.Deletion(self.key)
            case _AUTHORITY.REREAD:
                return mutation.Doubt((self.key,), 'only a read can tell')
            case _AUTHORITY.RELATIONS | _AUTHORITY.REREAD_TWICE:
                # The end of a detachment is told before it is made.
                return self._doubt_twice()
        facts = payload.instance_facts(self.data)
        if facts.get('vm_state') == 'deleted':
            return self._doubt_twice()
        return self._hint(facts)

    def _doubt_twice(self) -> mutation.Mutation:
        return mutation.Doubt(
            (self.key,), 'told before it is done', mutation.Reread.TWICE
        )

    def _hint(self, facts: payload.Facts) -> mutation.Mutation:
        unsure = (
            _OWNERS
            if self.authority is _AUTHORITY.PLACE
            else _OWNERS_AND_PLACE
        )
        creates = self.event_type.creates and facts.keys() >= _OF_A_NEW_SERVER
        doubts = {name: facts.pop(name) for name in unsure if name in facts}
        return mutation.Hint(
            key=self.key,
            facts=facts,
            doubts=doubts,
            marks=self._marks(),
            initially=self._initially(doubts),
            version=facts.get('updated_at'),
            sent_at=self.sent_at,
            creates=creates,
            reread=(
                mutation.Reread.ALWAYS
                if self.event_type.lagging
                else mutation.Reread.IF_DOUBTFUL
            ),
        )

    def _initially(self, doubts: payload.Facts) -> payload.Facts:
        if not self.event_type.creates:
            return {}
        return {name: doubts[name] for name in _OWNERS if name in doubts}

    def _marks(self) -> payload.Facts:
        match self.authority:
            case _AUTHORITY.MIGRATION_BEGUN:
                return {'migrating_to': self.publisher_host}
            case _AUTHORITY.MIGRATION_ENDED:
                return {'migrating_to': None}
            case _:
                return {}


class ShareNotification(VersionedNotification):
    """A share was attached to a server, or detached from it."""

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""
        uuid = payload.uuid(self.data, 'uuid')
        return mutation.ShareHint(
            key=schema.ElementKey(_KIND.INSTANCE, uuid),
            share=payload.uuid(self.data, 'share_id'),
            attached=self.authority is _AUTHORITY.SHARE_ATTACHED,
            sent_at=self.sent_at,
        )


class ServiceNotification(VersionedNotification):
    """A service of Nova was created, changed or deleted."""

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""
        facts = payload.service_facts(self.data)
        if facts['binary'] != _COMPUTE:
            return mutation.Nothing('not a nova-compute service')
        match self.authority:
            case _AUTHORITY.SERVICE_DELETION:
                # The host may have come back by now, with the same nodes.
                return mutation.Doubt((_EVERY_NODE,), 'service deleted')
            case _AUTHORITY.SERVICE_CREATION:
                return mutation.Doubt(
                    (_EVERY_NODE,), 'new service', mutation.Reread.TWICE
                )
        return mutation.ServiceHint(
            facts['host'], self._node_facts(facts), self.sent_at
        )

    @staticmethod
    def _node_facts(facts: payload.Facts) -> payload.Facts:
        told: payload.Facts = {
            'status': 'disabled' if facts['disabled'] else 'enabled',
            'disabled_reason': facts['disabled_reason'],
            'forced_down': facts['forced_down'],
        }
        if facts['forced_down']:
            told['state'] = 'down'
        return told


class _GroupingNotification(VersionedNotification):
    """A set of elements was created, changed or deleted.

    It has no version: its events are ordered by their times, and what they
    led to is checked by a read.
    """

    __slots__ = ()

    kind: typing.ClassVar[schema.Kind]
    deletion: typing.ClassVar[events.Authority]

    @staticmethod
    @abc.abstractmethod
    def facts_of(data: payload.Payload) -> payload.Facts:
        """Return what a payload says of the set."""

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""
        key = schema.ElementKey(self.kind, payload.uuid(self.data, 'uuid'))
        if self.authority is self.deletion:
            return mutation.Deletion(key)
        return mutation.Hint(
            key=key,
            facts=self.facts_of(self.data),
            sent_at=self.sent_at,
            creates=True,
            reread=mutation.Reread.ALWAYS,
        )


class AggregateNotification(_GroupingNotification):
    """A host aggregate was created, changed or deleted."""

    __slots__ = ()

    kind = _KIND.HOST_AGGREGATE
    deletion = _AUTHORITY.AGGREGATE_DELETION

    @staticmethod
    def facts_of(data: payload.Payload) -> payload.Facts:
        """Return what a payload says of the aggregate."""
        return payload.aggregate_facts(data)


class ServerGroupNotification(_GroupingNotification):
    """A server group was created, got a member or was deleted."""

    __slots__ = ()

    kind = _KIND.SERVER_GROUP
    deletion = _AUTHORITY.SERVER_GROUP_DELETION

    @staticmethod
    def facts_of(data: payload.Payload) -> payload.Facts:
        """Return what a payload says of the server group."""
        return payload.server_group_facts(data)


class FlavorNotification(VersionedNotification):
    """A flavor was created, changed or deleted.

    Flavors change seldom, and a name may come back: they are read.
    """

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""
        return mutation.Doubt((_EVERY_FLAVOR,), 'flavors changed')


class TaskNotification(VersionedNotification):
    """A task of nova-conductor failed; it names the server."""

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""
        uuid = payload.uuid(self.data, 'instance_uuid')
        key = schema.ElementKey(_KIND.INSTANCE, uuid)
        return mutation.Doubt((key,), 'a task of it failed')


class UnrelatedNotification(VersionedNotification):
    """Something that nothing in the model depends on."""

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model: nothing."""
        return mutation.Nothing('nothing in the model depends on it')


_FAMILIES: typing.Final[
    dict[events.Authority, type[VersionedNotification]]
] = {
    **dict.fromkeys(_AUTHORITY, InstanceNotification),
    _AUTHORITY.SHARE_ATTACHED: ShareNotification,
    _AUTHORITY.SHARE_DETACHED: ShareNotification,
    _AUTHORITY.SERVICE: ServiceNotification,
    _AUTHORITY.SERVICE_CREATION: ServiceNotification,
    _AUTHORITY.SERVICE_DELETION: ServiceNotification,
    _AUTHORITY.AGGREGATE: AggregateNotification,
    _AUTHORITY.AGGREGATE_DELETION: AggregateNotification,
    _AUTHORITY.SERVER_GROUP: ServerGroupNotification,
    _AUTHORITY.SERVER_GROUP_DELETION: ServerGroupNotification,
    _AUTHORITY.FLAVOR: FlavorNotification,
    _AUTHORITY.TASK: TaskNotification,
    _AUTHORITY.NOTHING: UnrelatedNotification,
}

#: The class of each event type of the versioned format.
CLASSES: typing.Final = notification.classes_of(
    _FAMILIES, events.VERSIONED, __name__
)
