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

"""Volumes move from pool to pool, and to other types.

A migration between back ends copies: a second, temporary row appears, at the
end of the copy the two rows swap what they are, and the temporary one goes
with what was the volume before.  None of it is announced by Cinder.  Of an
attached volume Nova is asked to swap; what is announced of that is about the
temporary volume, and about a real one that seems to be attached to nothing.
"""

import collections.abc
import dataclasses
import functools
import typing

from cdm_graph import exceptions
from cdm_graph.simulation import notification
from cdm_graph.simulation.cinder import records as cinder_records
from cdm_graph.simulation.cinder import scheduler_payloads
from cdm_graph.simulation.cinder import volume_object
from cdm_graph.simulation.nova import instance
from cdm_graph.simulation.operations import attachments
from cdm_graph.simulation.operations import base
from cdm_graph.simulation.operations import storage_base

_MOVABLE: typing.Final = ('available', 'in-use')

_Announcement = collections.abc.Callable[[], base.Step]


def _facts_of(kind: cinder_records.VolumeType) -> dict[str, typing.Any]:
    """Return what a volume has of its type."""
    return {
        'type_uuid': kind.uuid,
        'multiattach': kind.is_multiattach,
        'encrypted': kind.encrypted,
    }


class VolumeMoves(storage_base.StorageBase):
    """Migrate and retype."""

    def migrate_volume(
        self,
        uuid: str,
        pool: str,
        lock: bool = False,
        fails: bool = False,
    ) -> base.Operation:
        """Move a volume to another pool.

        Within its back end the driver does so at once.  One that ``fails``
        does so when it was copied; it stays where it was.
        """
        volume = self._movable(uuid)
        before = volume.row.status
        volume.save(migration_status='starting', previous_status=before)
        if lock and before == 'available':
            volume.save(status='maintenance')
        yield []
        dest = self._storage.pools[pool]
        if not self._takes(dest, volume.row):
            yield self._migration_refused(volume)
            volume.save(migration_status='error', status=before)
            yield []
            return
        if dest.backend == volume.backend:
            self._storage.allocate(volume.pool, -volume.row.size_gb)
            self._storage.allocate(pool, volume.row.size_gb)
            volume.save(pool=pool, migration_status='success', status=before)
            yield []
            return
        yield from self._migrate(
            volume, dest, self._kind_of(volume.row), before, fails
        )

    def _movable(self, uuid: str) -> volume_object.VolumeObject:
        volume = self._volume(uuid, *_MOVABLE)
        if self._storage.snapshots_of(uuid):
            raise exceptions.SimulationError(
                f'Volume {uuid} has snapshots: it cannot be moved.'
            )
        if len(self._storage.attachments_of(uuid)) > 1:
            raise exceptions.SimulationError(
                f'Volume {uuid} is attached more than once: it cannot be '
                f'moved.'
            )
        for attachment in self._storage.attachments_of(uuid):
            self._server_of(attachment)
        return volume

    def _takes(
        self, dest: cinder_records.Pool, row: cinder_records.Volume
    ) -> bool:
        """Whether the scheduler lets a volume go to a pool."""
        pools = self._storage.candidates(
            self._kind_of(row), row.size_gb, row.zone
        )
        return dest.name in {pool.name for pool in pools}

    def _migration_refused(
        self, volume: volume_object.VolumeObject
    ) -> base.Step:
        spec, properties = scheduler_payloads.change(
            self._storage, volume.row, 'migrate_volume'
        )
        return self._cinder.refused(
            scheduler_payloads.refused(
                'migrate_volume_to_host',
                spec,
                properties,
                {'migration_status': 'error'},
            ),
            volume.context,
        )

    def retype_volume(
        self, uuid: str, kind: str, migrate: bool = True
    ) -> base.Operation:
        """Give a volume another type, and another pool if it takes that.

        An attached volume that moves is announced while it only begins to:
        with the new type, on the old back end.
        """
        volume = self._movable(uuid)
        before = volume.row.status
        wanted = self._storage.type_named(kind)
        if before == 'in-use' and (
            wanted.is_multiattach != volume.row.multiattach
        ):
            raise exceptions.SimulationError(
                f'Volume {uuid} is in use: how often it may be attached '
                f'cannot be changed.'
            )
        volume.save(status='retyping', previous_status=before)
        yield []
        pools = self._storage.candidates(
            wanted, volume.row.size_gb, volume.row.zone
        )
        here = [pool for pool in pools if pool.name == volume.pool]
        if not here and not (pools and migrate):
            yield self._retype_refused(volume, wanted, before, migrate)
            volume.save(status=before, previous_status=None)
            yield []
            return
        source = volume.backend
        if here:
            volume.save(status=before, **_facts_of(wanted))
        else:
            dest = self._elsewhere(pools, source)
            yield from self._migrate(volume, dest, wanted, before)
        if here or before == 'available':
            yield [
                *volume.tell('retype', source),
                *self._reported(source),
            ]

    def _elsewhere(
        self, pools: list[cinder_records.Pool], source: str
    ) -> cinder_records.Pool:
        others = [pool for pool in pools if pool.backend != source]
        return self._storage.rng.choice(others or pools)

    def _retype_refused(
        self,
        volume: volume_object.VolumeObject,
        wanted: cinder_records.VolumeType,
        before: str,
        migrate: bool,
    ) -> base.Step:
        spec, properties = scheduler_payloads.retype(
            self._storage,
            volume.row,
            wanted,
            'on-demand' if migrate else 'never',
        )
        return self._cinder.refused(
            scheduler_payloads.refused(
                'retype', spec, properties, {'status': before}
            ),
            volume.context,
        )

    # With a copy.

    def _migrate(
        self,
        volume: volume_object.VolumeObject,
        dest: cinder_records.Pool,
        kind: cinder_records.VolumeType,
        before: str,
        fails: bool = False,
    ) -> base.Operation:
        """Move a volume to another back end, which copies it."""
        if before == 'in-use' and volume.row.status == 'retyping':
            volume.save(migration_status='starting')
            yield []
        temporary = self._temporary(volume, dest, kind)
        volume.save(migration_status='migrating')
        yield []
        temporary.save(
            status='available',
            service_uuid=self._storage.backend(dest.backend).service_uuid,
        )
        self._storage.allocate(dest.name, volume.row.size_gb)
        yield []
        if fails:
            volume.save(migration_status='error', status=before)
            yield []
            self._storage.remove_volume(temporary.row.uuid)
            yield []
            return
        end: _Announcement = list
        if before == 'in-use':
            end = yield from self._swap(volume, temporary, kind)
        yield from self._complete(volume, temporary, before, end)

    def _temporary(
        self,
        volume: volume_object.VolumeObject,
        dest: cinder_records.Pool,
        kind: cinder_records.VolumeType,
    ) -> volume_object.VolumeObject:
        row = dataclasses.replace(
            volume.row,
            uuid=self._storage.new_uuid(),
            status='creating',
            previous_status=None,
            pool=dest.name,
            **_facts_of(kind),
            migration_status=f'{cinder_records.TARGET}{volume.row.uuid}',
            name_id=None,
            use_quota=False,
        )
        self._storage.add_volume(row)
        return volume_object.VolumeObject(
            self._storage, self._cinder, volume.context, row
        )

    def _complete(
        self,
        volume: volume_object.VolumeObject,
        temporary: volume_object.VolumeObject,
        before: str,
        announce: _Announcement,
    ) -> base.Operation:
        """Let the two rows swap what they are, and the temporary one go.

        The service that gives the space back does not count it.

        :param announce: makes what Nova says when it has heard of the end
        """
        old, new = volume.row, temporary.row
        temporary.save(name_id=old.name_id)
        volume.save(migration_status='completing', name_id=new.uuid)
        yield []
        temporary.save(
            description=f'migration src for {old.uuid}',
            pool=old.pool,
            service_uuid=old.service_uuid,
            **_facts_of(self._kind_of(old)),
        )
        volume.save(
            pool=new.pool,
            service_uuid=new.service_uuid,
            **_facts_of(self._kind_of(new)),
            status=before,
            migration_status=None,
        )
        yield []
        temporary.save(status='deleting', migration_status='deleting')
        volume.save(migration_status='success')
        yield announce()
        for each in self._storage.attachments_of(new.uuid):
            self._storage.change_attachment(each.uuid, volume=old.uuid)
        yield []
        self._storage.remove_volume(new.uuid)
        yield []

    # While it is attached.

    def _swap(
        self,
        volume: volume_object.VolumeObject,
        temporary: volume_object.VolumeObject,
        kind: cinder_records.VolumeType,
    ) -> base.Search[_Announcement]:
        """Let Nova put the copy in the place of a volume.

        Return what makes its announcement of the end.
        """
        (attachment,) = self._storage.attachments_of(volume.row.uuid)
        new = self._reserved_like(attachment, temporary)
        server = self._server_of(attachment)
        told = {
            'old_volume_id': volume.row.uuid,
            'new_volume_id': temporary.row.uuid,
        }
        yield self._swap_told(server, 'start', told)
        if volume.row.status == 'retyping':
            early = dataclasses.replace(volume.row, type_uuid=kind.uuid)
            yield [
                *self._cinder.volume(
                    'retype', early, volume.context, volume.backend
                ),
                *self._reported(volume.backend),
            ]
        yield temporary.tell('attach.start')
        self._storage.change_attachment(
            new.uuid,
            status='attaching',
            host=attachment.host,
            device=attachment.device,
            attached_at=self._storage.now(),
        )
        temporary.save(status='attaching')
        yield []
        self._storage.change_attachment(new.uuid, status='attached', mode='rw')
        temporary.save(status='in-use')
        yield temporary.tell_by_api('attach.end')
        yield volume.tell('detach.start')
        self._storage.remove_attachment(attachment.uuid)
        # Its status stays, only its time does not.
        volume.save()
        yield volume.tell_by_api('detach.end')
        return functools.partial(self._swap_told, server, 'end', told)

    def _reserved_like(
        self,
        attachment: cinder_records.Attachment,
        temporary: volume_object.VolumeObject,
    ) -> cinder_records.Attachment:
        now = self._storage.now()
        new = cinder_records.Attachment(
            uuid=self._storage.new_uuid(),
            volume=temporary.row.uuid,
            server=attachment.server,
            created_at=now,
            updated_at=now,
        )
        self._storage.put_attachment(new)
        temporary.save(status='reserved')
        return new

    def _server_of(
        self, attachment: cinder_records.Attachment
    ) -> instance.InstanceObject:
        if attachment.server is None:
            raise exceptions.SimulationError(
                f'Volume {attachment.volume} is attached to no server: it '
                f'cannot be moved meanwhile.'
            )
        return self._load(attachment.server, *attachments.SWAPPABLE)

    def _swap_told(
        self,
        server: instance.InstanceObject,
        phase: str,
        told: notification.Payload,
    ) -> base.Step:
        """Announce what Nova does, which lists the real volume throughout."""
        publisher = notification.compute(self._host_of(server).host)
        return server.tell(f'volume_swap.{phase}', publisher, extra=told)
