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

"""What a perfect model of the simulated Cinder would say.

Written as Nova's is (:mod:`cdm_graph.simulation.nova.truth`): from the
cloud's own state, not from what the API shows of it.  The temporary rows of
migrations are no volumes.  What a volume is attached to is told as Cinder has
it; the relation is Nova's to tell.
"""

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import truth as truth_module
from cdm_graph.simulation.cinder import records as cinder_records


def truth(cloud: cloud_module.SimulatedCloud) -> truth_module.Truth:
    """Return what is true of a cloud's storage at this moment."""
    with cloud.lock:
        writer = _Writer(cloud)
        writer.write()
    return writer.truth


def _gigabytes(capacity: cinder_records.Capacity) -> float | None:
    return None if isinstance(capacity, str) else capacity


class _Writer(truth_module.Writer):
    def __init__(self, cloud: cloud_module.SimulatedCloud) -> None:
        super().__init__()
        self._storage = cloud.storage

    def write(self) -> None:
        for backend in self._storage.backends.values():
            self._backend(backend)
        for pool in self._storage.pools.values():
            self._pool(pool)
        for volume_type in self._storage.types.values():
            self._type(volume_type)
        for volume in self._storage.volumes:
            if not volume.is_temporary:
                self._volume(volume)
        for snapshot in self._storage.snapshots.values():
            self._snapshot(snapshot)

    def _backend(self, row: cinder_records.Backend) -> None:
        vertex = f'storage/{row.host}'
        self.vertices[vertex] = {
            'kind': 'StorageNode',
            'host': row.host,
            'availability_zone': row.zone,
            'state': 'up' if row.reporting else 'down',
            'status': 'disabled' if row.disabled else 'enabled',
            'disabled_reason': row.disabled_reason or None,
        }
        self.put_in_zone(vertex, row.zone)

    def _pool(self, row: cinder_records.Pool) -> None:
        vertex = f'pool/{row.name}'
        report = row.report
        self.vertices[vertex] = {
            'kind': 'StoragePool',
            'name': row.name,
            'storage_node': row.backend,
            'backend_name': self._storage.backend(row.backend).backend_name,
            'total_capacity_gb': _gigabytes(report.total_gb),
            'free_capacity_gb': _gigabytes(report.free_gb),
            'allocated_capacity_gb': report.allocated_gb,
            'provisioned_capacity_gb': report.provisioned_gb,
            'max_over_subscription_ratio': row.over_subscription,
            'reserved_percentage': float(row.reserved_percentage),
            # The drivers do not tell it.
            'total_volumes': None,
            'thin_provisioning': row.thin,
            'multiattach': row.multiattach,
        }
        self.relations.add((vertex, 'PART_OF', f'storage/{row.backend}'))

    def _type(self, row: cinder_records.VolumeType) -> None:
        self.vertices[row.uuid] = {
            'kind': 'VolumeType',
            'uuid': row.uuid,
            'name': row.name,
            'description': row.description,
            'is_public': row.is_public,
            'extra_specs': dict(row.extra_specs),
        }

    def _volume(self, row: cinder_records.Volume) -> None:
        attached = {
            each.server
            for each in self._storage.attachments_of(row.uuid)
            if each.is_attached and each.server is not None
        }
        self.vertices[row.uuid] = {
            'kind': 'Volume',
            'uuid': row.uuid,
            'name': row.name,
            'status': row.status,
            'size_gb': row.size_gb,
            'pool': row.pool,
            'volume_type': self._storage.types[row.type_uuid].name,
            'availability_zone': row.zone,
            'project_id': row.project.project_id,
            'user_id': row.project.user_id,
            'bootable': row.bootable,
            'encrypted': row.encrypted,
            'multiattach': row.multiattach,
            'attached_to': tuple(sorted(attached)),
            'snapshot_id': row.snapshot_id,
            'source_volume_id': row.source_volume_id,
            'migration_status': row.migration_status,
            'metadata': dict(row.shown_metadata),
            'created_at': truth_module.moment(row.created_at),
            'updated_at': truth_module.moment(row.updated_at),
        }
        if row.pool is not None:
            self.relations.add((row.uuid, 'HOSTED_ON', f'pool/{row.pool}'))
        self.relations.add((row.uuid, 'OF_TYPE', row.type_uuid))
        self.put_owned(row.uuid, row.project.project_id)

    def _snapshot(self, row: cinder_records.Snapshot) -> None:
        self.vertices[row.uuid] = {
            'kind': 'VolumeSnapshot',
            'uuid': row.uuid,
            'name': row.name,
            'status': row.status,
            'size_gb': row.size_gb,
            'volume_id': row.volume,
            'project_id': row.project.project_id,
            'user_id': row.project.user_id,
            'metadata': dict(row.metadata),
            'created_at': truth_module.moment(row.created_at),
            'updated_at': truth_module.moment(row.updated_at),
        }
        self.relations.add((row.uuid, 'SNAPSHOT_OF', row.volume))
        self.put_owned(row.uuid, row.project.project_id)
