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

"""Nova's notifications as typed values: one class an event type.

A class knows what its payload must hold and what it means for the model
(:meth:`Notification.to_mutation`).  The classes of the versioned event types
follow from the table in :mod:`cdm_graph.notification.nova.events`: each is
one of the families below, with its row of the table.

A payload is read tolerantly, so that a newer minor version passes: fields
that are not known are ignored, fields that are missing are left alone.  A
field that is there with the wrong type makes the whole notification
malformed; nothing of it is applied.
"""

import abc
import collections.abc
import dataclasses
import datetime
import re
import typing

import pydantic
import typing_extensions

from cdm_graph import exceptions
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification.nova import events

_AUTHORITY = events.Authority
_KIND = schema.Kind
Payload = collections.abc.Mapping[str, typing.Any]
_EVERY_NODE = schema.ElementKey(_KIND.COMPUTE_NODE, schema.EVERY)
_EVERY_FLAVOR = schema.ElementKey(_KIND.FLAVOR, schema.EVERY)
_COMPUTE: typing.Final = 'nova-compute'
#: What Nova knows its servers, aggregates and server groups by.
UUID: typing.Final = re.compile(
    r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', re.I
)


class Notification(abc.ABC):
    """What one message of Nova says; immutable."""

    @abc.abstractmethod
    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""


# -- reading payloads ------------------------------------------------------


class _InstanceFacts(typing_extensions.TypedDict, total=False):
    name: str
    vm_state: str
    task_state: str | None
    power_state: str | None
    flavor_name: str
    vcpus: schema.Count
    memory_mb: schema.Count
    disk_gb: schema.Count
    ephemeral_gb: schema.Count
    swap_mb: schema.Count
    extra_specs: schema.StringsField
    project_id: str
    user_id: str
    availability_zone: str | None
    host: str | None
    node: str | None
    locked: bool
    locked_reason: str | None
    metadata: schema.StringsField
    tags: tuple[str, ...]
    image_id: str | None
    created_at: schema.Timestamp | None
    launched_at: schema.Timestamp | None
    updated_at: schema.Timestamp | None


class _AggregateFacts(typing_extensions.TypedDict, total=False):
    uuid: schema.Key
    aggregate_id: int
    name: str
    availability_zone: str | None
    metadata: schema.StringsField
    hosts: tuple[str, ...]


class _ServerGroupFacts(typing_extensions.TypedDict, total=False):
    uuid: schema.Key
    name: str
    policy: str | None
    rules: schema.StringsField
    project_id: str
    user_id: str
    members: tuple[str, ...]


class _ServiceFacts(typing_extensions.TypedDict):
    host: schema.Key
    binary: str
    disabled: bool
    disabled_reason: str | None
    forced_down: bool


_INSTANCE_FACTS = pydantic.TypeAdapter(_InstanceFacts)
_AGGREGATE_FACTS = pydantic.TypeAdapter(_AggregateFacts)
_SERVER_GROUP_FACTS = pydantic.TypeAdapter(_ServerGroupFacts)
_SERVICE_FACTS = pydantic.TypeAdapter(_ServiceFacts)

#: From the payload's name of a field to the model's.
_INSTANCE_FIELDS: typing.Final = {
    'display_name': 'name',
    'state': 'vm_state',
    'task_state': 'task_state',
    'power_state': 'power_state',
    'tenant_id': 'project_id',
    'user_id': 'user_id',
    'availability_zone': 'availability_zone',
    'host': 'host',
    'node': 'node',
    'locked': 'locked',
    'locked_reason': 'locked_reason',
    'metadata': 'metadata',
    'created_at': 'created_at',
    'launched_at': 'launched_at',
}
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
        'tags',
    }
)
_FLAVOR_FIELDS: typing.Final = {
    'name': 'flavor_name',
    'vcpus': 'vcpus',
    'memory_mb': 'memory_mb',
    'root_gb': 'disk_gb',
    'ephemeral_gb': 'ephemeral_gb',
    'swap': 'swap_mb',
}


def _data(payload: typing.Any, where: str) -> Payload:
    data = (
        payload.get('nova_object.data')
        if isinstance(payload, collections.abc.Mapping)
        else None
    )
    if not isinstance(data, collections.abc.Mapping):
        raise exceptions.MalformedNotification(
            f'{where} has no nova_object.data.'
        )
    return data


def _text(data: Payload, field: str) -> str:
    value = data.get(field)
    if not isinstance(value, str) or not value:
        raise exceptions.MalformedNotification(
            f'Field {field} is {value!r} and not a name.'
        )
    return value


def _uuid(data: Payload, field: str) -> str:
    value = _text(data, field)
    if not UUID.fullmatch(value):
        raise exceptions.MalformedNotification(
            f'Field {field} is {value!r} and not a UUID.'
        )
    return value


def _names(data: Payload, field: str) -> tuple[str, ...]:
    """Return a list of names, sorted; none of them is checked."""
    names = data.get(field)
    if names is None:
        return ()
    if not isinstance(names, list | tuple):
        raise exceptions.MalformedNotification(
            f'Field {field} is {names!r} and not a list.'
        )
    return tuple(sorted(names))


def _validated(
    adapter: pydantic.TypeAdapter[typing.Any], facts: dict[str, typing.Any]
) -> dict[str, typing.Any]:
    try:
        return dict(adapter.validate_python(facts))
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = '.'.join(map(str, first['loc']))
        raise exceptions.MalformedNotification(
            f'Field {field}: {first["msg"]}.'
        ) from error


def _instance_facts(data: Payload) -> dict[str, typing.Any]:
    facts = {
        name: data[field]
        for field, name in _INSTANCE_FIELDS.items()
        if field in data
    }
    if data.get('flavor') is not None:
        flavor = _data(data['flavor'], 'The flavor')
        facts.update(
            (name, flavor[field])
            for field, name in _FLAVOR_FIELDS.items()
            if field in flavor
        )
        facts['extra_specs'] = flavor.get('extra_specs') or {}
    if 'image_uuid' in data:
        facts['image_id'] = data['image_uuid'] or None
    if data.get('tags') is not None:
        facts['tags'] = _names(data, 'tags')
    if 'updated_at' in data:
        facts['updated_at'] = data['updated_at'] or data.get('created_at')
    return _validated(_INSTANCE_FACTS, facts)


# -- the families ----------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class _Versioned(Notification):
    """A notification in Nova's versioned format."""

    event_type: typing.ClassVar[events.EventType]

    publisher_host: str
    sent_at: datetime.datetime
    data: Payload

    @property
    def _authority(self) -> events.Authority:
        return self.event_type.authority


class InstanceNotification(_Versioned):
    """Something happened to a server; its payload is the server's row."""

    __slots__ = ()

    @property
    def key(self) -> schema.ElementKey:
        """The server that it is about."""
        return schema.ElementKey(_KIND.INSTANCE, _uuid(self.data, 'uuid'))

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""
        match self._authority:
            case _AUTHORITY.DELETION:
                return mutation.Deletion(self.key)
            case _AUTHORITY.REREAD:
                return mutation.Doubt((self.key,), 'only a read can tell')
            case _AUTHORITY.REREAD_TWICE:
                return self._doubt_twice()
        facts = _instance_facts(self.data)
        if facts.get('vm_state') == 'deleted':
            return self._doubt_twice()
        return self._hint(facts)

    def _doubt_twice(self) -> mutation.Mutation:
        return mutation.Doubt(
            (self.key,), 'told before it is done', mutation.Reread.TWICE
        )

    def _hint(self, facts: dict[str, typing.Any]) -> mutation.Mutation:
        unsure = _OWNERS
        if self._authority is not _AUTHORITY.PLACE:
            # An unknown instance is not put anywhere by such an event.
            unsure |= _PLACE
        doubts = {name: facts.pop(name) for name in unsure if name in facts}
        owners = {name: doubts[name] for name in _OWNERS if name in doubts}
        marks: dict[str, typing.Any] = {}
        if self._authority is _AUTHORITY.MIGRATION_BEGUN:
            marks = {'migrating_to': self.publisher_host}
        elif self._authority is _AUTHORITY.MIGRATION_ENDED:
            marks = {'migrating_to': None}
        return mutation.Hint(
            key=self.key,
            facts=facts,
            doubts=doubts,
            marks=marks,
            initially=owners,
            version=facts.get('updated_at'),
            sent_at=self.sent_at,
            creates=self.event_type.creates,
            reread=(
                mutation.Reread.ALWAYS
                if self.event_type.lagging
                else mutation.Reread.IF_DOUBTFUL
            ),
        )


class ServiceNotification(_Versioned):
    """A service of Nova was created, changed or deleted."""

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""
        facts = _validated(
            _SERVICE_FACTS,
            {
                name: self.data.get(name)
                for name in _ServiceFacts.__annotations__
            },
        )
        if facts['binary'] != _COMPUTE:
            return mutation.Nothing('not a nova-compute service')
        if self._authority is _AUTHORITY.SERVICE_DELETION:
            # The host may have come back by now, with the same nodes.
            return mutation.Doubt((_EVERY_NODE,), 'service deleted')
        if self._authority is _AUTHORITY.SERVICE_CREATION:
            return mutation.Doubt(
                (_EVERY_NODE,), 'new service', mutation.Reread.TWICE
            )
        return mutation.ServiceHint(
            facts['host'], self._node_facts(facts), self.sent_at
        )

    @staticmethod
    def _node_facts(facts: dict[str, typing.Any]) -> dict[str, typing.Any]:
        told: dict[str, typing.Any] = {
            'status': 'disabled' if facts['disabled'] else 'enabled',
            'disabled_reason': facts['disabled_reason'],
            'forced_down': facts['forced_down'],
        }
        if facts['forced_down']:
            told['state'] = 'down'
        return told


class AggregateNotification(_Versioned):
    """A host aggregate was created, changed or deleted."""

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model.

        An aggregate has no version, so its events are ordered by their
        times, and what they led to is checked by a read.
        """
        key = schema.ElementKey(_KIND.HOST_AGGREGATE, _uuid(self.data, 'uuid'))
        if self._authority is _AUTHORITY.AGGREGATE_DELETION:
            return mutation.Deletion(key)
        metadata = self.data.get('metadata') or {}
        facts = _validated(
            _AGGREGATE_FACTS,
            {
                'aggregate_id': self.data.get('id'),
                'name': self.data.get('name'),
                'metadata': metadata,
                'availability_zone': metadata.get('availability_zone'),
                'hosts': _names(self.data, 'hosts'),
            },
        )
        return mutation.Hint(
            key=key,
            facts=facts,
            sent_at=self.sent_at,
            creates=True,
            reread=mutation.Reread.ALWAYS,
        )


class ServerGroupNotification(_Versioned):
    """A server group was created, got a member or was deleted."""

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model.

        A group has no version either.
        """
        key = schema.ElementKey(_KIND.SERVER_GROUP, _uuid(self.data, 'uuid'))
        if self._authority is _AUTHORITY.SERVER_GROUP_DELETION:
            return mutation.Deletion(key)
        rules = self.data.get('rules') or {}
        facts = _validated(
            _SERVER_GROUP_FACTS,
            {
                'name': self.data.get('name'),
                'policy': self.data.get('policy'),
                'rules': {name: str(rule) for name, rule in rules.items()},
                'project_id': self.data.get('project_id'),
                'user_id': self.data.get('user_id'),
                'members': _names(self.data, 'members'),
            },
        )
        return mutation.Hint(
            key=key,
            facts=facts,
            sent_at=self.sent_at,
            creates=True,
            reread=mutation.Reread.ALWAYS,
        )


class FlavorNotification(_Versioned):
    """A flavor was created, changed or deleted.

    Flavors change seldom, and a name may come back: they are read.
    """

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""
        return mutation.Doubt((_EVERY_FLAVOR,), 'flavors changed')


class TaskNotification(_Versioned):
    """A task of nova-conductor failed; it names the server."""

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""
        uuid = _uuid(self.data, 'instance_uuid')
        key = schema.ElementKey(_KIND.INSTANCE, uuid)
        return mutation.Doubt((key,), 'a task of it failed')


class UnrelatedNotification(_Versioned):
    """Something that nothing in the model depends on."""

    __slots__ = ()

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model: nothing."""
        return mutation.Nothing('nothing in the model depends on it')


_FAMILIES: typing.Final[dict[events.Authority, type[_Versioned]]] = {
    **dict.fromkeys(_AUTHORITY, InstanceNotification),
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


def _class_of(event_type: events.EventType) -> type[_Versioned]:
    words = event_type.name.replace('.', '_').split('_')
    family = _FAMILIES[event_type.authority]
    return type(
        ''.join(word.capitalize() for word in words),
        (family,),
        {
            '__slots__': (),
            '__doc__': f'Nova announced {event_type.name}.',
            '__module__': __name__,
            'event_type': event_type,
        },
    )


#: The class of each versioned event type.
VERSIONED: typing.Final[dict[str, type[_Versioned]]] = {
    name: _class_of(event_type)
    for name, event_type in events.EVENT_TYPES.items()
}


# -- the legacy format -----------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class LegacyNotification(Notification):
    """A notification in Nova's legacy format, which has no versions.

    It cannot tell whether it is newer than what is known, so it only ever
    makes its element to be read; but for a deletion, which is final.
    """

    event_type: str
    payload: Payload

    def to_mutation(self) -> mutation.Mutation:
        """Return what it means for the model."""
        service, _, rest = self.event_type.partition('.')
        match service:
            case 'compute' if rest.startswith('instance.'):
                return self._of_instance()
            case 'aggregate':
                return self._of_every(_KIND.HOST_AGGREGATE)
            case 'servergroup':
                return self._of_group()
            case 'compute_task':
                return self._of_task()
            case 'HostAPI':
                return self._of_every(_KIND.COMPUTE_NODE)
            case _:
                return mutation.Nothing('nothing in the model depends on it')

    def _of_instance(self) -> mutation.Mutation:
        key = schema.ElementKey(
            _KIND.INSTANCE, _uuid(self.payload, 'instance_id')
        )
        if self.event_type == 'compute.instance.delete.end':
            return mutation.Deletion(key)
        return mutation.Doubt((key,), 'legacy format', mutation.Reread.TWICE)

    def _of_every(self, kind: schema.Kind) -> mutation.Mutation:
        if self.event_type.endswith('.start'):
            return mutation.Nothing('the end is announced')
        key = schema.ElementKey(kind, schema.EVERY)
        return mutation.Doubt((key,), 'legacy format')

    def _of_group(self) -> mutation.Mutation:
        key = schema.ElementKey(
            _KIND.SERVER_GROUP, _uuid(self.payload, 'server_group_id')
        )
        return mutation.Doubt((key,), 'legacy format')

    def _of_task(self) -> mutation.Mutation:
        properties = self.payload.get('instance_properties') or {}
        uuid = self.payload.get('instance_id') or properties.get('uuid')
        if not uuid:
            return mutation.Nothing('a task without an instance')
        key = schema.ElementKey(
            _KIND.INSTANCE, _uuid({'instance': uuid}, 'instance')
        )
        return mutation.Doubt((key,), 'a task of it failed')


def sent_at(envelope: envelopes.Envelope) -> datetime.datetime:
    """Return when a message was sent; if it does not say, when it came."""
    if envelope.sent_at is not None:
        return envelope.sent_at
    return datetime.datetime.fromtimestamp(
        envelope.received_at, tz=datetime.UTC
    )
