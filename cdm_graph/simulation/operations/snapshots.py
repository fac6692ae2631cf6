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

"""Snapshots of volumes."""

import typing

from cdm_graph import exceptions
from cdm_graph.simulation import notification
from cdm_graph.simulation import records
from cdm_graph.simulation.cinder import announcer as cinder_announcer
from cdm_graph.simulation.cinder import records as cinder_records
from cdm_graph.simulation.operations import base
from cdm_graph.simulation.operations import storage_base


class Snapshots(storage_base.StorageBase):
    """Create, delete, describe."""

    def create_snapshot(
        self,
        volume: str,
        name: str,
        metadata: records.Strings = records.NO_STRINGS,
        fails: bool = False,
    ) -> base.Operation:
        """Take a snapshot of a volume; if it ``fails`` nobody says so."""
        of = self._volume(volume, 'available', 'in-use')
        if of.row.pool is None:
            raise exceptions.SimulationError(
                f'Volume {volume} is in no pool: there is nothing to take a '
                f'snapshot of.'
            )
        row = cinder_records.Snapshot(
            uuid=self._storage.new_uuid(),
            volume=volume,
            name=name,
            project=of.row.project,
            size_gb=of.row.size_gb,
            metadata=metadata,
            created_at=self._storage.now(),
        )
        self._storage.put_snapshot(row)
        yield []
        yield from self._awaited(of.backend)
        yield self._cinder.snapshot(
            'create.start', row, of.context, of.backend
        )
        if fails:
            self._storage.change_snapshot(row.uuid, status='error')
            yield []
            return
        row = self._storage.change_snapshot(
            row.uuid, status='available', progress='100%'
        )
        yield self._cinder.snapshot('create.end', row, of.context, of.backend)

    def delete_snapshot(self, uuid: str) -> base.Operation:
        """Delete a snapshot."""
        row = self._snapshot(uuid, 'available', 'error')
        of = self._storage.volumes.get(row.volume)
        backend = (of.pool or cinder_announcer.CONTROLLER).partition('#')[0]
        context = self._cinder_request(row.project)
        row = self._storage.change_snapshot(uuid, status='deleting')
        yield []
        yield from self._awaited(backend)
        yield self._cinder.snapshot('delete.start', row, context, backend)
        row = self._storage.change_snapshot(uuid, status='deleted')
        self._storage.remove_snapshot(uuid)
        yield self._cinder.snapshot(
            'delete.end', row, context, backend, deleted='True'
        )

    def update_snapshot(
        self, uuid: str, name: str, description: str | None = None
    ) -> base.Operation:
        """Give a snapshot another name and description."""
        return self._changed(
            uuid, 'update', name=name, description=description
        )

    def reset_snapshot_status(self, uuid: str, status: str) -> base.Operation:
        """Write a status, whatever is true."""
        return self._changed(uuid, 'reset_status', status=status)

    def _changed(
        self, uuid: str, event: str, **changes: typing.Any
    ) -> base.Operation:
        row = self._snapshot(uuid)
        context = self._cinder_request(row.project)
        yield self._told(f'{event}.start', row, context)
        row = self._storage.change_snapshot(uuid, **changes)
        yield self._told(f'{event}.end', row, context)

    def _told(
        self,
        event: str,
        row: cinder_records.Snapshot,
        context: notification.RequestContext,
    ) -> base.Step:
        return self._cinder.snapshot(
            event, row, context, cinder_announcer.CONTROLLER
        )

    def set_snapshot_metadata(
        self, uuid: str, metadata: records.Strings
    ) -> base.Operation:
        """Set metadata of a snapshot: not announced."""
        row = self._snapshot(uuid)
        self._storage.change_snapshot(
            uuid, touch=False, metadata={**row.metadata, **metadata}
        )
        yield []

    def _snapshot(self, uuid: str, *states: str) -> cinder_records.Snapshot:
        row = self._storage.snapshot(uuid)
        if states and row.status not in states:
            raise exceptions.SimulationError(
                f'Snapshot {uuid} is {row.status}; this operation needs one '
                f'that is {" or ".join(states)}.'
            )
        return row
