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

"""Volumes come and go, grow, and are described by their owners.

States that Cinder's API writes are announced by nobody; what fails on a back
end is not either.  What the scheduler refuses is told before it is written.
"""

import collections.abc
import dataclasses
import typing

from cdm_graph import exceptions
from cdm_graph.simulation import records
from cdm_graph.simulation.cinder import records as cinder_records
from cdm_graph.simulation.cinder import scheduler_payloads
from cdm_graph.simulation.cinder import storage as storage_module
from cdm_graph.simulation.cinder import volume_object
from cdm_graph.simulation.operations import base
from cdm_graph.simulation.operations import storage_base

#: The states in which a volume can be deleted.
DELETABLE: typing.Final = ('available', 'error', 'error_extending')
#: How often a volume is tried to be created, each time on a back end.
_TRIES: typing.Final = 3


class Volumes(storage_base.StorageBase):
    """Create, delete, extend, update, hand over."""

    def create_volume(
        self,
        name: str,
        size_gb: int = 1,
        *,
        kind: str = storage_module.DEFAULT_TYPE,
        project: str | None = None,
        metadata: records.Strings = records.NO_STRINGS,
        snapshot: str | None = None,
        source: str | None = None,
        fails: bool = False,
    ) -> base.Operation:
        """Create a volume; one that ``fails`` does so on each back end.

        It ends in error, without a host, if no pool takes it.
        """
        made = self._new_volume(name, size_gb, kind, project, metadata)
        if snapshot is not None:
            made.row = dataclasses.replace(made.row, snapshot_id=snapshot)
        if source is not None:
            made.row = dataclasses.replace(made.row, source_volume_id=source)
        self._storage.add_volume(made.row)
        yield []
        for _ in range(_TRIES if fails else 1):
            pool = self._scheduled(made)
            if pool is None:
                break
            yield from self._begin_on(made, pool)
            if not fails:
                yield from self._created(made)
                return
            made.save(pool=None)
            yield []
        yield from self._not_created(made)

    def _new_volume(
        self,
        name: str,
        size_gb: int,
        kind: str,
        project: str | None,
        metadata: records.Strings,
    ) -> volume_object.VolumeObject:
        volume_type = self._storage.type_named(kind)
        pools = self._storage.candidates(volume_type, size_gb)
        zone = storage_module.DEFAULT_ZONE
        if pools:
            chosen = self._storage.rng.choice(pools)
            zone = self._storage.backend(chosen.backend).zone
        projects = self.cloud.projects
        owner = projects[project or self._storage.rng.choice(list(projects))]
        row = cinder_records.Volume(
            uuid=self._storage.new_uuid(),
            name=name,
            project=owner,
            size_gb=size_gb,
            type_uuid=volume_type.uuid,
            zone=zone,
            encrypted=volume_type.encrypted,
            multiattach=volume_type.is_multiattach,
            metadata=metadata,
            created_at=self._storage.now(),
        )
        return volume_object.VolumeObject(
            self._storage, self._cinder, self._cinder_request(owner), row
        )

    def _scheduled(
        self, made: volume_object.VolumeObject
    ) -> cinder_records.Pool | None:
        """Return a pool for a volume: where its source is, if it has one."""
        pools = self._storage.candidates(
            self._kind_of(made.row), made.row.size_gb, made.row.zone
        )
        beside = self._source_pool(made.row)
        near = [pool for pool in pools if pool.name == beside]
        if not pools:
            return None
        return self._storage.rng.choice(near or pools)

    def _source_pool(self, row: cinder_records.Volume) -> str | None:
        uuid = row.source_volume_id
        if row.snapshot_id is not None:
            snapshot = self._storage.snapshots.get(row.snapshot_id)
            uuid = None if snapshot is None else snapshot.volume
        source = None if uuid is None else self._storage.volumes.find(uuid)
        return None if source is None else source.pool

    def _begin_on(
        self, made: volume_object.VolumeObject, pool: cinder_records.Pool
    ) -> base.Operation:
        made.save(pool=pool.name, scheduled_at=self._storage.now())
        yield []
        yield made.tell('create.start', made.pool)

    def _created(self, made: volume_object.VolumeObject) -> base.Operation:
        """End a creation; the service is written after it was told."""
        made.save(status='available', launched_at=self._storage.now())
        self._storage.allocate(made.pool, made.row.size_gb)
        yield made.tell('create.end', made.pool)
        backend = self._storage.backend(made.backend)
        made.save(service_uuid=backend.service_uuid, shared_targets=False)
        yield []

    def _not_created(self, made: volume_object.VolumeObject) -> base.Operation:
        """Give a creation up: told before the row says so."""
        asked = dataclasses.replace(made.row, updated_at=None)
        spec, properties = scheduler_payloads.creation(self._storage, asked)
        yield self._cinder.refused(
            scheduler_payloads.refused(
                'create_volume', spec, properties, 'error'
            ),
            made.context,
        )
        made.save(status='error')
        yield []

    def delete_volume(self, uuid: str, fails: bool = False) -> base.Operation:
        """Delete a volume that nothing depends on.

        One that no back end has is deleted by the API.
        """
        volume = self._volume(uuid, *DELETABLE)
        if self._storage.snapshots_of(uuid):
            raise exceptions.SimulationError(
                f'Volume {uuid} has snapshots: it cannot be deleted.'
            )
        if volume.row.pool is None:
            yield volume.tell_by_api('delete.start')
            yield self._gone(volume)
            return
        volume.save(status='deleting')
        yield []
        yield from self._awaited(volume.backend)
        yield volume.tell('delete.start')
        if fails:
            volume.save(status='error_deleting')
            yield []
            return
        self._storage.allocate(volume.pool, -volume.row.size_gb)
        yield self._gone(volume)
        yield self._reported(volume.backend)

    def _gone(self, volume: volume_object.VolumeObject) -> base.Step:
        self._storage.remove_volume(volume.row.uuid)
        volume.row = dataclasses.replace(volume.row, status='deleted')
        return volume.tell('delete.end')

    def extend_volume(
        self, uuid: str, size_gb: int, fails: bool = False
    ) -> base.Operation:
        """Make a volume larger, if its pool has room.

        If it ``fails`` it does so on its back end.
        """
        volume = self._volume(uuid, 'available', 'in-use')
        before = volume.row.status
        if size_gb <= volume.row.size_gb:
            raise exceptions.SimulationError(
                f'Volume {uuid} has {volume.row.size_gb} GiB already.'
            )
        volume.save(status='extending', previous_status=before)
        yield []
        grown = size_gb - volume.row.size_gb
        if not self._has_room(volume, grown):
            yield self._extension_refused(volume, before)
            volume.save(status=before, previous_status=None)
            yield []
            return
        yield volume.tell('resize.start')
        if fails:
            volume.save(status='error_extending')
            yield []
            return
        volume.save(status=before, size_gb=size_gb)
        self._storage.allocate(volume.pool, grown)
        yield volume.tell('resize.end')

    def _has_room(
        self, volume: volume_object.VolumeObject, grown: int
    ) -> bool:
        pool = self._storage.pools[volume.pool]
        return self._storage.backend(
            pool.backend
        ).is_offered and grown <= storage_module.virtual_free_gb(pool)

    def _extension_refused(
        self, volume: volume_object.VolumeObject, before: str
    ) -> base.Step:
        spec, properties = scheduler_payloads.change(
            self._storage, volume.row, 'extend_volume'
        )
        return self._cinder.refused(
            scheduler_payloads.refused(
                'extend_volume',
                spec,
                properties,
                {'status': before, 'previous_status': None},
                f"NoValidBackend('Cannot place volume {volume.row.uuid} on "
                f"{volume.pool}.')",
            ),
            volume.context,
        )

    # What its owner says of it.

    def update_volume(
        self, uuid: str, name: str, description: str | None = None
    ) -> base.Operation:
        """Give a volume another name and description."""
        volume = self._volume(uuid)
        yield volume.tell_by_api('update.start')
        volume.save(name=name, description=description)
        yield volume.tell_by_api('update.end')

    def update_volume_metadata(
        self, uuid: str, metadata: records.Strings
    ) -> base.Operation:
        """Set metadata by an update: announced, but ``updated_at`` stays."""
        volume = self._volume(uuid)
        yield volume.tell_by_api('update.start')
        volume.write(metadata={**volume.row.metadata, **metadata})
        yield volume.tell_by_api('update.end')

    def set_volume_metadata(
        self, uuid: str, metadata: collections.abc.Mapping[str, str | None]
    ) -> base.Operation:
        """Set metadata by itself; None deletes a key.

        Nothing is announced, and ``updated_at`` stays.
        """
        volume = self._volume(uuid)
        merged = {**volume.row.metadata, **metadata}
        volume.write(
            metadata={
                key: value
                for key, value in merged.items()
                if value is not None
            }
        )
        yield []

    def set_volume_image_metadata(
        self, uuid: str, metadata: records.Strings
    ) -> base.Operation:
        """Say what image a volume is of: as silent as other metadata."""
        volume = self._volume(uuid)
        volume.write(image_metadata={**volume.row.image_metadata, **metadata})
        yield []

    def set_volume_readonly(self, uuid: str, readonly: bool) -> base.Operation:
        """Set a flag that shows in metadata: as silent as that."""
        volume = self._volume(uuid)
        volume.write(
            admin_metadata={
                **volume.row.admin_metadata,
                'readonly': str(readonly),
            }
        )
        yield []

    def set_volume_bootable(self, uuid: str, bootable: bool) -> base.Operation:
        """Say whether a server can boot from a volume: not announced."""
        self._volume(uuid).save(bootable=bootable)
        yield []

    # What administrators say of it.

    def reset_volume_status(self, uuid: str, status: str) -> base.Operation:
        """Write a status, whatever is true."""
        volume = self._volume(uuid)
        yield volume.tell_by_api('reset_status.start')
        volume.save(status=status)
        yield volume.tell_by_api('reset_status.end')

    # To other projects.

    def offer_volume(self, uuid: str) -> base.Operation:
        """Offer a volume to whoever accepts it.

        The API writes that past its copy, and announces the old status.
        """
        return self._offered(
            uuid, 'transfer.create', 'available', 'awaiting-transfer'
        )

    def withdraw_volume(self, uuid: str) -> base.Operation:
        """Take the offer of a volume back; the old status is announced."""
        return self._offered(
            uuid, 'transfer.delete', 'awaiting-transfer', 'available'
        )

    def _offered(
        self, uuid: str, event: str, before: str, after: str
    ) -> base.Operation:
        volume = self._volume(uuid, before)
        yield volume.tell_by_api(f'{event}.start')
        volume.write_past(status=after)
        yield volume.tell_by_api(f'{event}.end')

    def accept_volume(self, uuid: str, project: str) -> base.Operation:
        """Let another project take over a volume that is offered."""
        volume = self._volume(uuid, 'awaiting-transfer')
        owner = self.cloud.projects[project]
        yield volume.tell_by_api('transfer.accept.start')
        volume.save(status='available', project=owner)
        yield volume.tell_by_api('transfer.accept.end')

    # To and from what Cinder does not know.

    def unmanage_volume(self, uuid: str) -> base.Operation:
        """Let Cinder forget a volume, which stays on its back end."""
        volume = self._volume(uuid, 'available')
        volume.save(status='unmanaging')
        yield []
        yield volume.tell('unmanage.start')
        self._storage.remove_volume(uuid)
        self._storage.allocate(volume.pool, -volume.row.size_gb)
        volume.row = dataclasses.replace(volume.row, status='deleted')
        yield volume.tell('unmanage.end')
        yield self._reported(volume.backend)

    def manage_volume(
        self, name: str, pool: str, size_gb: int, fails: bool = False
    ) -> base.Operation:
        """Let Cinder know what is in a pool: a volume with a new UUID.

        Its size is only known in the end; until then its status is a word
        that the API does not show.
        """
        made = self._new_volume(
            name, 0, storage_module.DEFAULT_TYPE, None, records.NO_STRINGS
        )
        backend = self._storage.backend_of(pool)
        made.row = dataclasses.replace(made.row, pool=pool, zone=backend.zone)
        self._storage.add_volume(made.row)
        yield []
        managing = dataclasses.replace(made.row, status='managing')
        yield self._cinder.volume(
            'manage_existing.start', managing, made.context, pool
        )
        made.save(service_uuid=backend.service_uuid, shared_targets=False)
        if fails:
            made.save(status='error')
            yield []
            return
        made.save(
            status='available',
            size_gb=size_gb,
            launched_at=self._storage.now(),
        )
        self._storage.allocate(pool, size_gb)
        yield made.tell('manage_existing.end', pool)
