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

"""What Nova has Cinder do with the volumes of servers.

Nova's operations ask for it where Nova does.  What Cinder announces of it is
returned, to go along with what Nova announces at that step: the steps of
Nova's operations are the same with and without storage.

A volume that Cinder does not know is left alone, as all of them are in a
cloud without storage.
"""

import collections.abc
import dataclasses

from cdm_graph.simulation import records
from cdm_graph.simulation.cinder import announcer as cinder_announcer
from cdm_graph.simulation.cinder import population as cinder_population
from cdm_graph.simulation.cinder import records as cinder_records
from cdm_graph.simulation.cinder import storage as storage_module
from cdm_graph.simulation.cinder import volume_object
from cdm_graph.simulation.nova import instance

Messages = cinder_announcer.Messages
Attachments = tuple[cinder_records.Attachment, ...]


def status_by(
    attachments: collections.abc.Iterable[cinder_records.Attachment],
) -> str:
    """Return the status of a volume that has these attachments left."""
    states = {each.status for each in attachments}
    if 'attached' in states:
        return 'in-use'
    return 'reserved' if states else 'available'


class Connections:
    """Attachments of the volumes of servers."""

    def __init__(
        self,
        storage: storage_module.Storage,
        announcer: cinder_announcer.StorageAnnouncer,
    ) -> None:
        self._storage = storage
        self._announcer = announcer

    def _object(
        self, obj: instance.InstanceObject, volume: str
    ) -> volume_object.VolumeObject:
        return volume_object.VolumeObject(
            self._storage,
            self._announcer,
            obj.context,
            self._storage.volumes.get(volume),
        )

    # Which there are.

    def held(
        self, obj: instance.InstanceObject, volume: str | None = None
    ) -> Attachments:
        """Return the attachments of a server, or of one of its volumes."""
        uuids = [each.uuid for each in obj.row.volumes]
        return tuple(
            each
            for uuid in (uuids if volume is None else [volume])
            for each in self._storage.attachments_of(uuid)
            if each.server == obj.row.uuid
        )

    def _in_status(
        self, obj: instance.InstanceObject, status: str
    ) -> Attachments:
        return tuple(each for each in self.held(obj) if each.status == status)

    # They come.

    def provide(
        self, obj: instance.InstanceObject, attached: records.Volume
    ) -> Messages:
        """Create a volume that Nova has just been given, and reserve it.

        Its owner did that just before; all of it is over here at once.
        """
        if not self._storage.backends:
            return []
        row, pool = self._new_volume(obj.row, attached)
        self._storage.add_volume(row)
        made = self._object(obj, row.uuid)
        backend = self._storage.backend(pool.backend)
        made.save(pool=pool.name, scheduled_at=row.created_at)
        messages = made.tell('create.start', made.pool)
        made.save(
            status='available',
            launched_at=self._storage.now(),
            service_uuid=backend.service_uuid,
            shared_targets=False,
        )
        self._storage.allocate(made.pool, row.size_gb)
        messages += made.tell('create.end', made.pool)
        self.reserve(obj, row.uuid)
        return messages

    def _new_volume(
        self, server: records.Server, attached: records.Volume
    ) -> tuple[cinder_records.Volume, cinder_records.Pool]:
        """Return a volume, and where it will be.

        Nova has it already, so that it must be somewhere: in a pool that is
        away if there is no other.
        """
        rng = self._storage.rng
        size = rng.choice(cinder_population.SIZES)
        if attached.is_root:
            size = max(1, server.flavor.root_gb)
        offers = [
            (kind, pool)
            for kind in self._storage.types.values()
            for pool in self._storage.candidates(kind, size)
        ]
        kind, pool = rng.choice(offers or self._everything())
        row = cinder_records.Volume(
            uuid=attached.uuid,
            name='' if attached.is_root else f'data-{server.display_name}',
            project=server.project,
            size_gb=size,
            type_uuid=kind.uuid,
            zone=self._storage.backend(pool.backend).zone,
            bootable=attached.is_root,
            encrypted=kind.encrypted,
            multiattach=kind.is_multiattach,
            created_at=self._storage.now(),
        )
        return row, pool

    def _everything(
        self,
    ) -> list[tuple[cinder_records.VolumeType, cinder_records.Pool]]:
        kind = self._storage.type_named(storage_module.DEFAULT_TYPE)
        return [(kind, pool) for pool in self._storage.pools.values()]

    def reserve(self, obj: instance.InstanceObject, volume: str) -> None:
        """Keep a volume for a server: nothing is announced."""
        if self._storage.volumes.find(volume) is None:
            return
        self._add(obj, volume)
        self._storage.change_volume(volume, status='reserved')

    def reserve_again(self, obj: instance.InstanceObject) -> None:
        """Keep all volumes of a server for where it will be next."""
        for uuid in {each.volume: None for each in self.held(obj)}:
            self._add(obj, uuid)

    def _add(self, obj: instance.InstanceObject, volume: str) -> None:
        now = self._storage.now()
        self._storage.put_attachment(
            cinder_records.Attachment(
                uuid=self._storage.new_uuid(),
                volume=volume,
                server=obj.row.uuid,
                created_at=now,
                updated_at=now,
            )
        )

    def connect(self, obj: instance.InstanceObject, host: str) -> Messages:
        """Connect what is reserved for a server to a host."""
        devices = {each.uuid: each.device_name for each in obj.row.volumes}
        messages: Messages = []
        for each in self._in_status(obj, 'reserved'):
            volume = self._object(obj, each.volume)
            messages += volume.tell('attach.start')
            self._storage.change_attachment(
                each.uuid,
                status='attaching',
                host=host,
                device=devices[each.volume],
                attached_at=self._storage.now(),
            )
            volume.save(status='attaching')
        return messages

    def complete(self, obj: instance.InstanceObject) -> Messages:
        """Tell Cinder that what was connected is attached now."""
        messages: Messages = []
        for each in self._in_status(obj, 'attaching'):
            volume = self._object(obj, each.volume)
            self._storage.change_attachment(
                each.uuid, status='attached', mode='rw'
            )
            volume.save(status='in-use')
            messages += volume.tell_by_api('attach.end')
        return messages

    # They go.

    def begin_detaching(
        self, obj: instance.InstanceObject, volume: str
    ) -> None:
        """Mark a volume that is to be taken off: nothing is announced."""
        if self.held(obj, volume):
            self._storage.change_volume(volume, status='detaching')

    def release(
        self, obj: instance.InstanceObject, attachments: Attachments
    ) -> Messages:
        """Announce that attachments are about to go.

        What was only reserved is the API's own affair.
        """
        messages: Messages = []
        for each in attachments:
            volume = self._object(obj, each.volume)
            messages += (
                volume.tell_by_api('detach.start')
                if each.host is None
                else volume.tell('detach.start')
            )
        return messages

    def released(
        self, obj: instance.InstanceObject, attachments: Attachments
    ) -> Messages:
        """Let attachments go; the volume follows if it was the last one.

        It does not change, nor does its time, while others are left.
        """
        messages: Messages = []
        for each in attachments:
            volume = self._object(obj, each.volume)
            self._storage.remove_attachment(each.uuid)
            status = status_by(self._storage.attachments_of(each.volume))
            if status != volume.row.status:
                volume.save(status=status)
            messages += volume.tell_by_api('detach.end')
        return messages

    def drop(
        self, obj: instance.InstanceObject, attachments: Attachments
    ) -> Messages:
        """Let attachments go, one by one, at once."""
        messages: Messages = []
        for each in attachments:
            messages += self.release(obj, (each,))
            messages += self.released(obj, (each,))
        return messages

    # Volumes that end with their server.

    def delete(self, obj: instance.InstanceObject) -> Messages:
        """Begin to delete the volumes that are to end with a server.

        One that has snapshots, or that another server has, stays.
        """
        messages: Messages = []
        for each in obj.row.volumes:
            row = self._storage.volumes.find(each.uuid)
            if (
                row is not None
                and row.status == 'available'
                and each.delete_on_termination
                and not self._storage.snapshots_of(row.uuid)
            ):
                volume = self._object(obj, row.uuid)
                volume.save(status='deleting')
                messages += volume.tell('delete.start')
        return messages

    def deleted(self, obj: instance.InstanceObject) -> Messages:
        """Let the volumes that are being deleted with a server be gone."""
        messages: Messages = []
        for each in obj.row.volumes:
            row = self._storage.volumes.find(each.uuid)
            if (
                row is not None
                and row.status == 'deleting'
                and each.delete_on_termination
            ):
                volume = self._object(obj, row.uuid)
                self._storage.remove_volume(row.uuid)
                self._storage.allocate(volume.pool, -row.size_gb)
                volume.row = dataclasses.replace(row, status='deleted')
                messages += volume.tell('delete.end')
        return messages
