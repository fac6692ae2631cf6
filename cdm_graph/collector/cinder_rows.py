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

"""From rows of Cinder's API to elements of the model.

Functions without state.  A row that lacks what the model needs, or has it in
another type, is an answer that is not Cinder's.
"""

import collections.abc
import typing

from cdm_graph.collector import understanding
from cdm_graph.model import fields
from cdm_graph.model import schema

Row = dict[str, typing.Any]
_ELEMENT = typing.TypeVar('_ELEMENT', bound=schema.Element)

_HOST: typing.Final = 'os-vol-host-attr:host'
_OWNER: typing.Final = 'os-vol-tenant-attr:tenant_id'
#: How the second row of a volume begins its migration status, as long as the
#: volume is copied.
_COPY: typing.Final = 'target:'
_DELETING: typing.Final = 'deleting'
#: Where a migration comes to an end.
_MIGRATED: typing.Final = frozenset({'success', 'error'})
#: Statuses in which a volume or a snapshot stays until somebody acts.
_RESTING: typing.Final = frozenset(
    {
        'available',
        'in-use',
        'error',
        'reserved',
        'maintenance',
        'awaiting-transfer',
        'managing',
        'deleted',
    }
)
#: Words that drivers say in place of a number.
_NO_NUMBERS: typing.Final = frozenset({'infinite', 'unknown'})


def is_copy(row: Row) -> bool:
    """Return whether a row is no volume, but the other end of a migration.

    A volume that is copied has a second row, of an id that nobody knows, as
    long as that takes; it is not announced when it comes or goes.
    """
    status = row.get('migration_status')
    if isinstance(status, str) and status.startswith(_COPY):
        return True
    return status == _DELETING and row.get('status') == _DELETING


def is_settled(element: schema.Volume | schema.VolumeSnapshot) -> bool:
    """Return whether it stays as it is until somebody acts.

    Cinder does not announce that something failed, nor that a volume has
    moved.
    """
    status = element.status or ''
    if status not in _RESTING and not status.startswith('error'):
        return False
    if isinstance(element, schema.VolumeSnapshot):
        return True
    return not _is_moving(element)


def has_just_moved(
    known: schema.Element | None, shown: schema.Volume | schema.VolumeSnapshot
) -> bool:
    """Return whether what seems to be at rest was moving, or elsewhere.

    Cinder ends a migration by three saves, and dates two: the volume is in
    its new pool and seems to be at rest; it was moved with success; its
    attachments are its own again.

    :param known: what was known of it, if anything was
    """
    if not isinstance(known, schema.Volume):
        return False
    if not isinstance(shown, schema.Volume) or known.pool is None:
        return False
    return known.pool != shown.pool or _is_moving(known)


def _is_moving(volume: schema.Volume) -> bool:
    status = volume.migration_status
    return bool(status) and status not in _MIGRATED


def volume(row: Row) -> schema.Volume:
    """Return a volume."""
    return _made(
        schema.Volume,
        row,
        {
            'uuid': row.get('id'),
            'name': row.get('name') or '',
            'status': row.get('status'),
            'size_gb': row.get('size'),
            'pool': row.get(_HOST) or None,
            'volume_type': row.get('volume_type') or None,
            'availability_zone': row.get('availability_zone') or None,
            'project_id': row.get(_OWNER),
            'user_id': row.get('user_id'),
            'bootable': row.get('bootable') in (True, 'true'),
            'encrypted': bool(row.get('encrypted')),
            'multiattach': bool(row.get('multiattach')),
            'attached_to': _attached_to(row),
            'snapshot_id': row.get('snapshot_id'),
            'source_volume_id': row.get('source_volid'),
            'migration_status': row.get('migration_status'),
            'metadata': row.get('metadata') or {},
            'created_at': fields.read_moment(row.get('created_at')),
            'updated_at': fields.read_moment(row.get('updated_at')),
        },
    )


def snapshot(row: Row) -> schema.VolumeSnapshot:
    """Return a snapshot."""
    return _made(
        schema.VolumeSnapshot,
        row,
        {
            'uuid': row.get('id'),
            'name': row.get('name') or '',
            'status': row.get('status'),
            'size_gb': row.get('size'),
            'volume_id': row.get('volume_id'),
            'project_id': row.get(
                'os-extended-snapshot-attributes:project_id'
            ),
            'user_id': row.get('user_id'),
            'metadata': row.get('metadata') or {},
            'created_at': fields.read_moment(row.get('created_at')),
            'updated_at': fields.read_moment(row.get('updated_at')),
        },
    )


def volume_type(row: Row) -> schema.VolumeType:
    """Return a volume type."""
    return _made(
        schema.VolumeType,
        row,
        {
            'uuid': row.get('id'),
            'name': row.get('name') or '',
            'description': row.get('description'),
            'is_public': row.get('is_public', True),
            'extra_specs': row.get('extra_specs') or {},
        },
    )


def storage_node(row: Row) -> schema.StorageNode:
    """Return a back end, of the service that runs it."""
    return _made(
        schema.StorageNode,
        row,
        {
            'host': row.get('host'),
            'availability_zone': row.get('zone') or None,
            'state': row.get('state'),
            'status': row.get('status'),
            'disabled_reason': row.get('disabled_reason') or None,
        },
    )


def storage_pool(row: Row) -> schema.StoragePool:
    """Return a pool."""
    told = row.get('capabilities')
    told = told if isinstance(told, dict) else {}
    name = row.get('name')
    return _made(
        schema.StoragePool,
        row,
        {
            'name': name,
            'storage_node': str(name).partition('#')[0],
            'backend_name': told.get('volume_backend_name') or '',
            'total_capacity_gb': _number(told.get('total_capacity_gb')),
            'free_capacity_gb': _number(told.get('free_capacity_gb')),
            'allocated_capacity_gb': told.get('allocated_capacity_gb') or 0.0,
            'provisioned_capacity_gb': (
                told.get('provisioned_capacity_gb') or 0.0
            ),
            'max_over_subscription_ratio': (
                told.get('max_over_subscription_ratio') or 1.0
            ),
            'reserved_percentage': told.get('reserved_percentage') or 0.0,
            'thin_provisioning': _truth(told.get('thin_provisioning_support')),
            'multiattach': _truth(told.get('multiattach')),
            'total_volumes': _number(told.get('total_volumes')),
        },
    )


def _attached_to(row: Row) -> tuple[str, ...]:
    attachments = row.get('attachments')
    if not isinstance(attachments, list):
        return ()
    return tuple(
        sorted(
            {
                str(each['server_id'])
                for each in attachments
                if isinstance(each, dict) and each.get('server_id')
            }
        )
    )


def _number(told: typing.Any) -> typing.Any:
    """Return a number; none of what a driver does not know, or has no end."""
    return None if told in _NO_NUMBERS else told


def _truth(told: typing.Any) -> bool:
    """Return what a driver says, which need not be a boolean."""
    return str(told).strip().lower() in ('true', '1', 'yes')


def _made(
    cls: type[_ELEMENT],
    row: Row,
    facts: collections.abc.Mapping[str, typing.Any],
) -> _ELEMENT:
    with understanding.understanding('Cinder', cls, row):
        return cls(**facts)
