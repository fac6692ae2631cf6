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

"""The facts in a payload of Nova's versioned format.

A payload is read tolerantly, so that a newer minor version passes: fields
that are not known are ignored, fields that are missing are left alone.  A
field that is there with the wrong type makes the whole notification
malformed; nothing of it is applied.

Every function raises
:class:`cdm_graph.exceptions.MalformedNotification` for what it cannot read.
"""

import collections.abc
import functools
import re
import typing

import pydantic
import typing_extensions

from cdm_graph import exceptions
from cdm_graph.model import fields

#: As it is read from JSON.
Payload = dict[str, typing.Any]
Facts = dict[str, typing.Any]

#: What Nova knows its servers, aggregates and server groups by.
UUID: typing.Final = re.compile(
    r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', re.I
)
#: Where the two formats keep the UUID of a server.
_UUID_FIELDS: typing.Final = ('uuid', 'instance_uuid', 'instance_id')


def _called(name: str) -> typing.Any:
    """Say how a payload calls what the model calls otherwise."""
    return pydantic.Field(alias=name)


class _InstanceFacts(typing_extensions.TypedDict, total=False):
    name: typing.Annotated[str, _called('display_name')]
    vm_state: typing.Annotated[str, _called('state')]
    task_state: str | None
    power_state: str | None
    project_id: typing.Annotated[str, _called('tenant_id')]
    user_id: str
    availability_zone: str | None
    host: str | None
    node: str | None
    locked: bool
    locked_reason: str | None
    metadata: fields.StringsField
    image_id: typing.Annotated[str | None, _called('image_uuid')]
    created_at: fields.Timestamp | None
    launched_at: fields.Timestamp | None
    updated_at: fields.Timestamp | None


class _FlavorFacts(typing_extensions.TypedDict, total=False):
    flavor_name: typing.Annotated[str, _called('name')]
    vcpus: fields.Count
    memory_mb: fields.Count
    disk_gb: typing.Annotated[fields.Count, _called('root_gb')]
    ephemeral_gb: fields.Count
    swap_mb: typing.Annotated[fields.Count, _called('swap')]
    extra_specs: fields.StringsField | None


class _AggregateFacts(typing_extensions.TypedDict, total=False):
    aggregate_id: int
    name: str
    availability_zone: str | None
    metadata: fields.StringsField
    hosts: tuple[str, ...]


class _ServerGroupFacts(typing_extensions.TypedDict, total=False):
    name: str
    policy: str | None
    rules: fields.StringsField
    project_id: str
    user_id: str
    members: tuple[str, ...]


class _ServiceFacts(typing_extensions.TypedDict):
    host: fields.Key
    binary: str
    disabled: bool
    disabled_reason: str | None
    forced_down: bool


_INSTANCE_FACTS = pydantic.TypeAdapter(_InstanceFacts)
_FLAVOR_FACTS = pydantic.TypeAdapter(_FlavorFacts)
_AGGREGATE_FACTS = pydantic.TypeAdapter(_AggregateFacts)
_SERVER_GROUP_FACTS = pydantic.TypeAdapter(_ServerGroupFacts)
_SERVICE_FACTS = pydantic.TypeAdapter(_ServiceFacts)


def is_too_new(payload: Payload, newest: int) -> bool:
    """Return whether a payload has a newer major version than that."""
    major = _major(version_of(payload))
    return major is None or major > newest


@functools.lru_cache
def _major(version: str) -> int | None:
    major = version.partition('.')[0]
    return int(major) if major.isdecimal() else None


def version_of(payload: Payload) -> str:
    """Return the version of a payload of the versioned format."""
    return str(payload.get('nova_object.version', '1.0'))


def servers_named(payload: typing.Any) -> tuple[str, ...]:
    """Return the UUIDs of the servers that a payload names, if any.

    It may be of either format, and anything at all.
    """
    if not isinstance(payload, dict):
        return ()
    data = payload.get('nova_object.data', payload)
    if not isinstance(data, dict):
        return ()
    values = (data.get(field) for field in _UUID_FIELDS)
    return tuple(
        dict.fromkeys(
            value
            for value in values
            if isinstance(value, str) and UUID.fullmatch(value)
        )
    )


def instance_facts(data: Payload) -> Facts:
    """Return what a payload says of a server, by the model's names."""
    facts = _validated(_INSTANCE_FACTS, data)
    if data.get('flavor') is not None:
        flavor = object_data(data['flavor'], 'flavor')
        facts.update(_validated(_FLAVOR_FACTS, flavor, 'flavor.'))
        facts['extra_specs'] = facts.get('extra_specs') or fields.Strings()
    if 'image_id' in facts:
        facts['image_id'] = facts['image_id'] or None
    if data.get('tags') is not None:
        facts['tags'] = _texts(_list(data, 'tags'), 'tags')
    for field, name, key in (
        ('ip_addresses', 'ports', 'mac'),
        ('block_devices', 'volumes', 'volume_id'),
    ):
        if data.get(field) is not None:
            facts[name] = _keys_of_objects(data, field, key)
    if 'updated_at' in facts:
        facts['updated_at'] = facts['updated_at'] or facts.get('created_at')
    return facts


def aggregate_facts(data: Payload) -> Facts:
    """Return what a payload says of a host aggregate."""
    metadata = data.get('metadata') or {}
    return _validated(
        _AGGREGATE_FACTS,
        {
            'aggregate_id': data.get('id'),
            'name': data.get('name'),
            'metadata': metadata,
            'availability_zone': metadata.get('availability_zone'),
            'hosts': names(data, 'hosts'),
        },
    )


def server_group_facts(data: Payload) -> Facts:
    """Return what a payload says of a server group."""
    rules = data.get('rules') or {}
    return _validated(
        _SERVER_GROUP_FACTS,
        {
            'name': data.get('name'),
            'policy': data.get('policy'),
            'rules': {name: str(rule) for name, rule in rules.items()},
            'project_id': data.get('project_id'),
            'user_id': data.get('user_id'),
            'members': names(data, 'members'),
        },
    )


def service_facts(data: Payload) -> Facts:
    """Return what a payload says of a service."""
    return _validated(
        _SERVICE_FACTS,
        {name: data.get(name) for name in _ServiceFacts.__annotations__},
    )


def object_data(payload: typing.Any, field: str) -> Payload:
    """Return the fields of an object in a field of a payload."""
    data = (
        payload.get('nova_object.data') if isinstance(payload, dict) else None
    )
    if not isinstance(data, dict):
        raise exceptions.MalformedNotification(
            f'Field {field} has no nova_object.data.'
        )
    return data


def uuid(data: Payload, field: str) -> str:
    """Return a UUID."""
    value = data.get(field)
    if not isinstance(value, str) or not UUID.fullmatch(value):
        raise exceptions.MalformedNotification(
            f'Field {field} is {value!r} and not a UUID.'
        )
    return value


def names(data: Payload, field: str) -> tuple[str, ...]:
    """Return a list of names, sorted; what they are is not checked."""
    return tuple(sorted(_list(data, field)))


def _list(data: Payload, field: str) -> collections.abc.Sequence[typing.Any]:
    value = data.get(field)
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise exceptions.MalformedNotification(
            f'Field {field} is {value!r} and not a list.'
        )
    return value


def _keys_of_objects(data: Payload, field: str, key: str) -> tuple[str, ...]:
    """Return what the objects in a list are known by, sorted."""
    told = []
    for each in _list(data, field):
        value = object_data(each, field).get(key)
        if value is not None:
            told.append(value)
    return _texts(told, field) if told else ()


def _texts(
    several: collections.abc.Sequence[typing.Any], field: str
) -> tuple[str, ...]:
    """Return texts, sorted and each once; all have to say something."""
    for each in several:
        if not isinstance(each, str) or not each:
            raise exceptions.MalformedNotification(
                f'Field {field} has {each!r} where a text should be.'
            )
    return tuple(sorted(set(several)) if len(several) > 1 else several)


def _validated(
    adapter: pydantic.TypeAdapter[typing.Any], facts: Payload, within: str = ''
) -> Facts:
    try:
        return typing.cast(Facts, adapter.validate_python(facts))
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = '.'.join(map(str, first['loc']))
        raise exceptions.MalformedNotification(
            f'Field {within}{field}: {first["msg"]}.'
        ) from error
