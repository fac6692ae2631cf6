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

"""What Cinder's API says of the cloud, read without the daemon's own code.

The scheduler tells of a pool as long as it may use it.  That of a back end
that is disabled or down is still there: it is remembered, but nothing of what
it has can be told.
"""

import collections.abc
import typing

from keystoneauth1 import session

from cdm_graph.model import schema
from tests.devcloud import api
from tests.devcloud import view_builder

_LATEST: typing.Final = '3.71'
#: The last in which the services are listed without the scheduler.
_SERVICES: typing.Final = '3.48'
_HOST: typing.Final = 'os-vol-host-attr:host'
_OWNER: typing.Final = 'os-vol-tenant-attr:tenant_id'
_SNAPSHOT_OWNER: typing.Final = 'os-extended-snapshot-attributes:project_id'
#: Of the second row that a volume has while it is copied.
_COPY: typing.Final = ('target:', 'deleting')

Row = collections.abc.Mapping[str, typing.Any]
Rows = collections.abc.Sequence[Row]
_Builder = view_builder.ViewBuilder


class StorageTruth:
    """Reads volumes and what they are on anew at each call."""

    def __init__(self, authorized: session.Session) -> None:
        """Read as that user, who has to see all projects."""
        self._cinder = api.service(authorized, 'block-storage')
        self._pools: set[str] = set()

    def add_to(self, builder: _Builder) -> None:
        """Add what the API says now."""
        services = self._rows(
            '/os-services?binary=cinder-volume', 'services', _SERVICES
        )
        self._add_nodes(builder, services)
        self._add_pools(builder, {row['host'] for row in services})
        types = self._rows('/types?is_public=None', 'volume_types')
        _add_types(builder, types)
        volumes = self._rows('/volumes/detail?all_tenants=1', 'volumes')
        _add_volumes(
            builder, volumes, {row['name']: row['id'] for row in types}
        )
        _add_snapshots(
            builder,
            self._rows('/snapshots/detail?all_tenants=1', 'snapshots'),
        )

    def _rows(
        self, path: str, collection: str, microversion: str = _LATEST
    ) -> Rows:
        answer = self._cinder.get(path, microversion=microversion).json()
        rows: Rows = answer[collection]
        return rows

    def _add_nodes(self, builder: _Builder, services: Rows) -> None:
        for row in services:
            node = builder.add(
                schema.Kind.STORAGE_NODE,
                row['host'],
                host=row['host'],
                availability_zone=row['zone'],
                state=row['state'],
                status=row['status'],
                disabled_reason=row['disabled_reason'] or None,
            )
            builder.add_zone(node, row['zone'])

    def _add_pools(self, builder: _Builder, hosts: set[str]) -> None:
        shown = {
            row['name']: row['capabilities']
            for row in self._rows(
                '/scheduler-stats/get_pools?detail=true', 'pools'
            )
        }
        self._pools |= shown.keys()
        for name in self._pools:
            host, _, _ = name.partition('#')
            if host not in hosts:
                continue
            if name in shown:
                pool = builder.add(
                    schema.Kind.STORAGE_POOL,
                    name,
                    name=name,
                    storage_node=host,
                    **_pool(shown[name]),
                )
            else:
                pool = builder.add_part(
                    schema.Kind.STORAGE_POOL,
                    name,
                    name=name,
                    storage_node=host,
                )
            node = schema.vertex_of(schema.Kind.STORAGE_NODE, host)
            builder.relate(pool, schema.Relation.PART_OF, node)


def _add_types(builder: _Builder, types: Rows) -> None:
    for row in types:
        builder.add(
            schema.Kind.VOLUME_TYPE,
            row['id'],
            uuid=row['id'],
            name=row['name'],
            description=row['description'],
            is_public=row['is_public'],
            extra_specs=row['extra_specs'],
        )


def _add_volumes(
    builder: _Builder,
    volumes: Rows,
    types: collections.abc.Mapping[str, str],
) -> None:
    for row in volumes:
        if (row['migration_status'] or '').startswith(_COPY):
            continue
        volume = builder.add(schema.Kind.VOLUME, row['id'], **_volume(row))
        builder.add_owner(volume, row[_OWNER])
        if row[_HOST]:
            pool = schema.vertex_of(schema.Kind.STORAGE_POOL, row[_HOST])
            builder.relate(volume, schema.Relation.HOSTED_ON, pool)
        if row['volume_type'] in types:
            builder.relate(
                volume, schema.Relation.OF_TYPE, types[row['volume_type']]
            )


def _add_snapshots(builder: _Builder, snapshots: Rows) -> None:
    for row in snapshots:
        snapshot = builder.add(
            schema.Kind.VOLUME_SNAPSHOT, row['id'], **_snapshot(row)
        )
        builder.add_owner(snapshot, row[_SNAPSHOT_OWNER])
        builder.relate(snapshot, schema.Relation.SNAPSHOT_OF, row['volume_id'])


def _pool(capabilities: Row) -> dict[str, typing.Any]:
    return {
        'backend_name': capabilities['volume_backend_name'],
        'total_capacity_gb': capabilities['total_capacity_gb'],
        'free_capacity_gb': capabilities['free_capacity_gb'],
        'allocated_capacity_gb': capabilities['allocated_capacity_gb'],
        'provisioned_capacity_gb': capabilities['provisioned_capacity_gb'],
        'max_over_subscription_ratio': float(
            capabilities['max_over_subscription_ratio']
        ),
        'reserved_percentage': capabilities['reserved_percentage'],
        'thin_provisioning': capabilities['thin_provisioning_support'],
        'multiattach': capabilities['multiattach'],
        'total_volumes': capabilities.get('total_volumes'),
    }


def _volume(row: Row) -> dict[str, typing.Any]:
    return {
        'uuid': row['id'],
        'name': row['name'],
        'status': row['status'],
        'size_gb': row['size'],
        'pool': row[_HOST],
        'volume_type': row['volume_type'],
        'availability_zone': row['availability_zone'],
        'project_id': row[_OWNER],
        'user_id': row['user_id'],
        'bootable': row['bootable'] == 'true',
        'encrypted': row['encrypted'],
        'multiattach': row['multiattach'],
        'attached_to': sorted(
            {each['server_id'] for each in row['attachments']}
        ),
        'snapshot_id': row['snapshot_id'],
        'source_volume_id': row['source_volid'],
        'migration_status': row['migration_status'],
        'metadata': row['metadata'],
        **_moments(row),
    }


def _snapshot(row: Row) -> dict[str, typing.Any]:
    return {
        'uuid': row['id'],
        'name': row['name'],
        'status': row['status'],
        'size_gb': row['size'],
        'volume_id': row['volume_id'],
        'project_id': row[_SNAPSHOT_OWNER],
        'user_id': row['user_id'],
        'metadata': row['metadata'],
        **_moments(row),
    }


def _moments(row: Row) -> dict[str, str]:
    created = _moment(row['created_at'])
    updated = row['updated_at']
    return {
        'created_at': created,
        'updated_at': _moment(updated) if updated else created,
    }


def _moment(text: str) -> str:
    return f'{text.partition(".")[0]}Z'
