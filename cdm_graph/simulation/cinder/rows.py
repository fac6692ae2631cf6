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

"""The rows of Cinder's API, at any microversion from 3.0 on.

All of them are as an administrator sees them.
"""

import typing

from cdm_graph.simulation import microversions
from cdm_graph.simulation import moments
from cdm_graph.simulation.cinder import records
from cdm_graph.simulation.cinder import storage as storage_module

Row = dict[str, typing.Any]

#: The service that is no cinder-volume.
SCHEDULER: typing.Final = 'controller'


class Rows:
    """Writes rows for one request: its microversion and its links."""

    def __init__(
        self,
        storage: storage_module.Storage,
        version: microversions.Version,
        root: str,
    ) -> None:
        self._storage = storage
        self._version = version
        self._root = root

    def _since(self, version: microversions.Version, **fields: object) -> Row:
        """Return fields that came with a version, if it has come."""
        return dict(fields) if self._version >= version else {}

    def _links(self, path: str) -> list[dict[str, str]]:
        return [
            {'rel': 'self', 'href': f'{self._root}/v3/{path}'},
            {'rel': 'bookmark', 'href': f'{self._root}/{path}'},
        ]

    # Volumes.

    def volume_brief(self, row: records.Volume) -> Row:
        """Return a volume in the short list."""
        return {
            'id': row.uuid,
            'name': row.name,
            'links': self._links(f'volumes/{row.uuid}'),
        }

    def volume(self, row: records.Volume) -> Row:
        """Return a volume in full."""
        kind = self._storage.types[row.type_uuid]
        volume = {
            'id': row.uuid,
            'status': row.status,
            'size': row.size_gb,
            'availability_zone': row.zone,
            'created_at': moments.precise(row.created_at),
            'updated_at': moments.precise(row.updated_at),
            'name': row.name,
            'description': row.description,
            'volume_type': kind.name,
            'snapshot_id': row.snapshot_id,
            'source_volid': row.source_volume_id,
            'metadata': dict(row.shown_metadata),
            'links': self._links(f'volumes/{row.uuid}'),
            'user_id': row.project.user_id,
            'bootable': 'true' if row.bootable else 'false',
            'encrypted': row.encrypted,
            'replication_status': None,
            'consistencygroup_id': None,
            'multiattach': row.multiattach,
            'attachments': self._attached(row),
            'migration_status': row.migration_status,
            **self._since((3, 13), group_id=None),
            **self._since((3, 21), provider_id=None),
            **self._since(
                (3, 48),
                shared_targets=row.shared_targets,
                service_uuid=row.service_uuid,
            ),
            **self._since((3, 61), cluster_name=None),
            **self._since((3, 63), volume_type_id=kind.uuid),
            **self._since((3, 65), consumes_quota=row.use_quota),
            'os-vol-tenant-attr:tenant_id': row.project.project_id,
            'os-vol-mig-status-attr:migstat': row.migration_status,
            'os-vol-mig-status-attr:name_id': row.name_id,
            'os-vol-host-attr:host': row.pool,
        }
        if row.image_metadata:
            volume['volume_image_metadata'] = dict(row.image_metadata)
        return volume

    def _attached(self, row: records.Volume) -> list[Row]:
        """Return the attachments that are; reserved ones are not shown."""
        return [
            {
                'id': row.uuid,
                'attachment_id': each.uuid,
                'volume_id': row.uuid,
                'server_id': each.server,
                'host_name': each.host,
                'device': each.device,
                'attached_at': moments.precise(each.attached_at),
            }
            for each in self._storage.attachments_of(row.uuid)
            if each.is_attached
        ]

    # Snapshots.

    def snapshot_brief(self, row: records.Snapshot) -> Row:
        """Return a snapshot in the short list."""
        return {
            'id': row.uuid,
            'created_at': moments.precise(row.created_at),
            'updated_at': moments.precise(row.updated_at),
            'name': row.name,
            'description': row.description,
            'volume_id': row.volume,
            'status': row.status,
            'size': row.size_gb,
            'metadata': dict(row.metadata),
            **self._since((3, 14), group_snapshot_id=None),
            **self._since((3, 41), user_id=row.project.user_id),
            **self._since((3, 65), consumes_quota=True),
        }

    def snapshot(self, row: records.Snapshot) -> Row:
        """Return a snapshot in full."""
        attribute = 'os-extended-snapshot-attributes'
        return {
            **self.snapshot_brief(row),
            f'{attribute}:project_id': row.project.project_id,
            f'{attribute}:progress': row.progress,
        }

    # Attachments.

    def attachment_brief(self, row: records.Attachment) -> Row:
        """Return an attachment in the short list."""
        return {
            'id': row.uuid,
            'status': row.status,
            'instance': row.server,
            'volume_id': row.volume,
        }

    def attachment(self, row: records.Attachment) -> Row:
        """Return an attachment in full; it does not say the host."""
        return {
            **self.attachment_brief(row),
            'attached_at': moments.blank(row.attached_at),
            'detached_at': '',
            'attach_mode': row.mode,
            'connection_info': connection_info(row),
        }

    # Types.

    def volume_type(self, row: records.VolumeType) -> Row:
        """Return a volume type."""
        return {
            'id': row.uuid,
            'name': row.name,
            'is_public': row.is_public,
            'description': row.description,
            'extra_specs': dict(row.extra_specs),
            'qos_specs_id': None,
            'os-volume-type-access:is_public': row.is_public,
        }

    # Services and pools.

    def scheduler(self) -> Row:
        """Return the cinder-scheduler."""
        now = moments.precise(self._storage.now())
        return {
            'binary': 'cinder-scheduler',
            'host': SCHEDULER,
            'zone': 'nova',
            'status': 'enabled',
            'state': 'up',
            'updated_at': now,
            **self._since((3, 7), cluster=None),
            'disabled_reason': None,
        }

    def service(self, row: records.Backend) -> Row:
        """Return the cinder-volume of a back end."""
        seen = self._storage.now() if row.reporting else row.updated_at
        return {
            'binary': 'cinder-volume',
            'host': row.host,
            'zone': row.zone,
            'status': 'disabled' if row.disabled else 'enabled',
            'state': 'up' if row.reporting else 'down',
            'updated_at': moments.precise(seen),
            **self._since(
                (3, 49), backend_state='up' if row.is_offered else None
            ),
            **self._since((3, 7), cluster=None),
            'disabled_reason': row.disabled_reason,
            'replication_status': 'disabled',
            'active_backend_id': None,
            'frozen': row.frozen,
        }

    def pool_brief(self, row: records.Pool) -> Row:
        """Return a pool by its name alone."""
        return {'name': row.name}

    def pool(self, row: records.Pool) -> Row:
        """Return a pool with what its back end last reported of it."""
        report = row.report
        backend = self._storage.backend(row.backend)
        return {
            'name': row.name,
            'capabilities': {
                'pool_name': row.name.partition('#')[2],
                'total_capacity_gb': report.total_gb,
                'free_capacity_gb': report.free_gb,
                'provisioned_capacity_gb': report.provisioned_gb,
                'reserved_percentage': row.reserved_percentage,
                'max_over_subscription_ratio': row.over_subscription,
                'thick_provisioning_support': not row.thin,
                'thin_provisioning_support': row.thin,
                'multiattach': row.multiattach,
                'QoS_support': False,
                'allocated_capacity_gb': report.allocated_gb,
                'volume_backend_name': backend.backend_name,
                'storage_protocol': 'simulated',
                'vendor_name': 'Open Source',
                'driver_version': '1.0.0',
                'timestamp': moments.measured(report.at),
                'filter_function': None,
                'goodness_function': None,
            },
        }


def connection_info(row: records.Attachment) -> Row:
    """Return how a host reaches a volume; nothing while it is reserved."""
    if row.host is None:
        return {}
    return {
        'device_path': f'/dev/disk/by-id/volume-{row.volume}',
        'qos_specs': None,
        'access_mode': 'rw',
        'encrypted': False,
        'cacheable': False,
        'driver_volume_type': 'simulated',
        'attachment_id': row.uuid,
        'enforce_multipath': False,
    }
