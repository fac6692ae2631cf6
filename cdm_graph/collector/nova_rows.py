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

"""Rows of Nova's API as elements of the model.

Rows are read tolerantly: what is missing takes the default, what is there
with a wrong type is an error.
"""

import collections.abc
import datetime
import typing

from cdm_graph.collector import understanding
from cdm_graph.model import fields
from cdm_graph.model import mutation
from cdm_graph.model import schema

Row = collections.abc.Mapping[str, typing.Any]
_SERVICE: typing.Final = 'Nova'
_ELEMENT = typing.TypeVar('_ELEMENT', bound=schema.Element)

#: Nova's numbers of the power states, ``nova.compute.power_state``, as its
#: notifications name them.
_POWER_STATES: typing.Final = {
    0: 'pending',
    1: 'running',
    3: 'paused',
    4: 'shutdown',
    6: 'crashed',
    7: 'suspended',
}


#: States of a move in which its server has not arrived yet.
_UNDER_WAY: typing.Final = frozenset(
    {
        'accepted',
        'migrating',
        'post-migrating',
        'pre-migrating',
        'preparing',
        'queued',
        'running',
    }
)


def is_observed(row: Row) -> bool:
    """Return whether a row of a server tells its state.

    That of a server in a cell that is down does not.
    """
    return 'OS-EXT-STS:vm_state' in row


def is_deleted(row: Row) -> bool:
    """Return whether a row is of a server that was deleted.

    Nova shows one so for a moment, as if it were there, before it is gone.
    """
    return row.get('status') == 'DELETED'


def is_service_observed(row: Row) -> bool:
    """Return whether a row of a service tells its state."""
    return row.get('status') != 'UNKNOWN'


def instance(
    row: Row, known: schema.Instance | None = None
) -> schema.Instance:
    """Return the instance that a row of ``/servers/detail`` shows.

    :param known: what is known of it, if it is: returned if the row shows
        just that, which is several times quicker
    """
    try:
        facts = _instance_facts(row)
        if known is None:
            return schema.Instance(**facts)
        return schema.replace(known, **facts)
    except understanding.MISUNDERSTOOD as error:
        raise understanding.misunderstanding(
            _SERVICE, schema.Instance, row, error
        ) from error


def _instance_facts(row: Row) -> dict[str, typing.Any]:
    flavor = row.get('flavor') or {}
    image = row.get('image') or {}
    return {
        'uuid': row.get('id'),
        'name': row.get('name') or '',
        'vm_state': row.get('OS-EXT-STS:vm_state'),
        'task_state': row.get('OS-EXT-STS:task_state'),
        'power_state': _POWER_STATES.get(
            row.get('OS-EXT-STS:power_state', 0), 'pending'
        ),
        'flavor_name': flavor.get('original_name'),
        'vcpus': flavor.get('vcpus', 0),
        'memory_mb': flavor.get('ram', 0),
        'disk_gb': flavor.get('disk', 0),
        'ephemeral_gb': flavor.get('ephemeral', 0),
        'swap_mb': flavor.get('swap') or 0,
        'extra_specs': flavor.get('extra_specs') or {},
        'project_id': row.get('tenant_id'),
        'user_id': row.get('user_id'),
        'availability_zone': row.get('OS-EXT-AZ:availability_zone') or None,
        'pinned_availability_zone': row.get('pinned_availability_zone'),
        'host': row.get('OS-EXT-SRV-ATTR:host'),
        'node': row.get('OS-EXT-SRV-ATTR:hypervisor_hostname'),
        'locked': bool(row.get('locked')),
        'locked_reason': row.get('locked_reason'),
        'metadata': row.get('metadata') or {},
        'tags': _names(row, 'tags'),
        'image_id': image.get('id'),
        'ports': _ports(row),
        'volumes': _volumes(row),
        'created_at': fields.read_moment(row.get('created')),
        'launched_at': fields.read_moment(row.get('OS-SRV-USG:launched_at')),
        'updated_at': fields.read_moment(row.get('updated')),
        # No row tells of these.
        'migrating_to': None,
        'shares': None,
    }


def _ports(row: Row) -> tuple[str, ...]:
    """Return the MAC addresses that a row's addresses are of."""
    networks = row.get('addresses') or {}
    return tuple(
        sorted(
            {
                address['OS-EXT-IPS-MAC:mac_addr']
                for addresses in networks.values()
                for address in addresses
            }
        )
    )


def _volumes(row: Row) -> tuple[str, ...]:
    attached = row.get('os-extended-volumes:volumes_attached') or []
    return tuple(sorted({volume['id'] for volume in attached}))


def shares(rows: collections.abc.Iterable[Row]) -> tuple[str, ...]:
    """Return the UUIDs that rows of ``/servers/ID/shares`` show."""
    found: set[str] = set()
    for row in rows:
        with understanding.understanding(_SERVICE, schema.Instance, row):
            found.add(_named(row, 'share_id'))
    return tuple(sorted(found))


def moved(row: Row) -> schema.ElementKey:
    """Return the instance that a row of ``/os-migrations`` is about."""
    with understanding.understanding(_SERVICE, schema.Instance, row):
        return schema.ElementKey(
            schema.Kind.INSTANCE, _named(row, 'instance_uuid')
        )


def migration(row: Row) -> mutation.Hint:
    """Return what a row of ``/os-migrations`` says of where it goes."""
    with understanding.understanding(_SERVICE, schema.Instance, row):
        moving = row.get('status') in _UNDER_WAY
        target = _text(row, 'dest_compute') if moving else None
        told = row.get('updated_at') or row.get('created_at')
        moment = datetime.datetime.fromisoformat(str(told))
        return mutation.Hint(
            key=moved(row),
            facts={},
            marks={'migrating_to': target},
            sent_at=moment.replace(tzinfo=datetime.UTC),
        )


def _named(row: Row, field: str) -> str:
    name = _text(row, field)
    if name is None:
        raise ValueError(f'{field} is missing.')
    return name


def _text(row: Row, field: str) -> str | None:
    value = row.get(field)
    if value is not None and not isinstance(value, str):
        raise TypeError(f'{field} is {value!r} and not a name.')
    return value or None


def compute_node(
    row: Row, services: collections.abc.Mapping[str, Row]
) -> schema.ComputeNode:
    """Return the node that a row of ``/os-hypervisors/detail`` shows.

    :param services: the rows of the nova-compute services by their hosts,
        but for those of which Nova knows nothing now
    """
    with understanding.understanding(_SERVICE, schema.ComputeNode, row):
        return _compute_node(row, services)


def served(node: schema.ComputeNode, service: Row) -> schema.ComputeNode:
    """Return a node as it is known, but for what its service tells now."""
    with understanding.understanding(_SERVICE, schema.ComputeNode, service):
        return schema.replace(node, **_service_facts(service))


def _compute_node(
    row: Row, services: collections.abc.Mapping[str, Row]
) -> schema.ComputeNode:
    host = (row.get('service') or {}).get('host')
    service = services.get(host or '', {})
    return _made(
        schema.ComputeNode,
        uuid=row.get('id'),
        hostname=row.get('hypervisor_hostname'),
        service_host=host,
        hypervisor_type=row.get('hypervisor_type') or '',
        hypervisor_version=row.get('hypervisor_version') or 0,
        vcpus=row.get('vcpus') or 0,
        vcpus_used=row.get('vcpus_used') or 0,
        memory_mb=row.get('memory_mb') or 0,
        memory_mb_used=row.get('memory_mb_used') or 0,
        disk_gb=row.get('local_gb') or 0,
        disk_gb_used=row.get('local_gb_used') or 0,
        **{
            'state': row.get('state'),
            'status': row.get('status'),
            **_service_facts(service),
        },
    )


def _service_facts(service: Row) -> dict[str, typing.Any]:
    return {
        'disabled_reason': service.get('disabled_reason'),
        'forced_down': bool(service.get('forced_down')),
        **{
            name: service[name]
            for name in ('state', 'status')
            if service.get(name)
        },
    }


def host_aggregate(row: Row) -> schema.HostAggregate:
    """Return the aggregate that a row of ``/os-aggregates`` shows."""
    with understanding.understanding(_SERVICE, schema.HostAggregate, row):
        return _host_aggregate(row)


def _host_aggregate(row: Row) -> schema.HostAggregate:
    return _made(
        schema.HostAggregate,
        uuid=row.get('uuid'),
        aggregate_id=row.get('id'),
        name=row.get('name') or '',
        availability_zone=row.get('availability_zone'),
        metadata=row.get('metadata') or {},
        hosts=_names(row, 'hosts'),
    )


def server_group(row: Row) -> schema.ServerGroup:
    """Return the group that a row of ``/os-server-groups`` shows."""
    with understanding.understanding(_SERVICE, schema.ServerGroup, row):
        return _server_group(row)


def _server_group(row: Row) -> schema.ServerGroup:
    return _made(
        schema.ServerGroup,
        uuid=row.get('id'),
        name=row.get('name') or '',
        policy=row.get('policy'),
        rules={
            name: str(rule) for name, rule in (row.get('rules') or {}).items()
        },
        project_id=row.get('project_id'),
        user_id=row.get('user_id'),
        members=_names(row, 'members'),
    )


def flavor(row: Row) -> schema.Flavor:
    """Return the flavor that a row of ``/flavors/detail`` shows."""
    with understanding.understanding(_SERVICE, schema.Flavor, row):
        return _flavor(row)


def _flavor(row: Row) -> schema.Flavor:
    return _made(
        schema.Flavor,
        name=row.get('name'),
        flavor_id=str(row.get('id')),
        vcpus=row.get('vcpus', 0),
        memory_mb=row.get('ram', 0),
        disk_gb=row.get('disk', 0),
        ephemeral_gb=row.get('OS-FLV-EXT-DATA:ephemeral') or 0,
        swap_mb=row.get('swap') or 0,
        is_public=bool(row.get('os-flavor-access:is_public', True)),
        disabled=bool(row.get('OS-FLV-DISABLED:disabled')),
        extra_specs=row.get('extra_specs') or {},
    )


def default_zone(
    zones: collections.abc.Iterable[Row],
    aggregates: collections.abc.Iterable[schema.HostAggregate],
) -> str | None:
    """Return the zone of the hosts that no aggregate puts into one.

    None if there is no such host.
    """
    placed = {
        host
        for aggregate in aggregates
        if aggregate.availability_zone
        for host in aggregate.hosts
    }
    for zone in zones:
        for host, services in (zone.get('hosts') or {}).items():
            if 'nova-compute' in services and host not in placed:
                return str(zone.get('zoneName'))
    return None


def _made(cls: type[_ELEMENT], **facts: typing.Any) -> _ELEMENT:
    return cls(**facts)


def _names(row: Row, field: str) -> tuple[str, ...]:
    """Return a list of names, sorted."""
    names = row.get(field) or []
    if not isinstance(names, list):
        raise TypeError(f'{field} is {names!r} and not a list.')
    return tuple(sorted(names))
