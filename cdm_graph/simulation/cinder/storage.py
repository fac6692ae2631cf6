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

"""The simulated Cinder's database, with what its scheduler knows.

It is a part of the cloud (:mod:`cdm_graph.simulation.database`); without back
ends the cloud has no Cinder.
"""

import collections.abc
import dataclasses
import threading
import typing

from cdm_graph import exceptions
from cdm_graph.simulation import database
from cdm_graph.simulation.cinder import records
from cdm_graph.simulation.cinder import volume_table

#: The extra spec by which a type asks for a back end.
BACKEND_NAME: typing.Final = 'volume_backend_name'
#: The zone of what is in no other, which is Nova's too.
DEFAULT_ZONE: typing.Final = 'nova'
DEFAULT_TYPE: typing.Final = '__DEFAULT__'
#: The share of what was promised that thin volumes really take.
_WRITTEN: typing.Final = 0.4


class Storage(database.Database):
    """Tables and indices; empty at first."""

    def __init__(
        self,
        seed: int,
        time: collections.abc.Callable[[], float],
        lock: threading.RLock,
    ) -> None:
        super().__init__('storage', seed, time, lock)
        self.backends: dict[str, records.Backend] = {}
        self.pools: dict[str, records.Pool] = {}
        self.types: dict[str, records.VolumeType] = {}
        self.volumes = volume_table.VolumeTable()
        self.snapshots: dict[str, records.Snapshot] = {}
        self.attachments: dict[str, records.Attachment] = {}
        self._snapshots_of: dict[str, dict[str, None]] = {}
        self._attachments_of: dict[str, dict[str, None]] = {}

    # Back ends and pools.

    def backend(self, host: str) -> records.Backend:
        """Return a back end."""
        try:
            return self.backends[host]
        except KeyError:
            raise exceptions.SimulationError(
                f'The simulated cloud has no storage back end {host}.'
            ) from None

    def put_backend(self, row: records.Backend) -> None:
        """Add a back end, or replace the one of its name."""
        with self._lock:
            self.backends[row.host] = row

    def change_backend(
        self, host: str, **changes: typing.Any
    ) -> records.Backend:
        """Change a back end; return what it became."""
        with self._lock:
            row = dataclasses.replace(
                self.backend(host), updated_at=self.now(), **changes
            )
            self.backends[host] = row
            return row

    def put_pool(self, row: records.Pool) -> None:
        """Add a pool, or replace the one of its name."""
        with self._lock:
            self.pools[row.name] = row

    def pools_of(self, host: str) -> list[records.Pool]:
        """Return the pools of a back end."""
        return [row for row in self.pools.values() if row.backend == host]

    def backend_of(self, pool: str) -> records.Backend:
        """Return the back end of a pool."""
        return self.backend(self.pools[pool].backend)

    def allocate(self, pool: str, gigabytes: int) -> None:
        """Let a cinder-volume count what it gave, or took back."""
        with self._lock:
            row = self.pools[pool]
            allocated = max(0.0, row.allocated_gb + gigabytes)
            self.put_pool(dataclasses.replace(row, allocated_gb=allocated))

    def recount(self, host: str) -> None:
        """Let a cinder-volume count anew, as it does when it starts."""
        with self._lock:
            for row in self.pools_of(host):
                allocated = float(self.volumes.provisioned_gb(row.name))
                self.put_pool(dataclasses.replace(row, allocated_gb=allocated))

    def report(self, pool: str) -> records.Pool:
        """Let the scheduler know how a pool is now; return the pool."""
        with self._lock:
            row = self.pools[pool]
            row = dataclasses.replace(row, report=self._measured(row))
            self.put_pool(row)
            return row

    def _measured(self, row: records.Pool) -> records.Report:
        provisioned = float(self.volumes.provisioned_gb(row.name))
        free: records.Capacity
        if isinstance(row.total_gb, str):
            free = row.total_gb
        else:
            taken = provisioned * _WRITTEN if row.thin else provisioned
            free = round(max(0.0, row.total_gb - taken), 2)
        return records.Report(
            total_gb=row.total_gb,
            free_gb=free,
            allocated_gb=row.allocated_gb,
            provisioned_gb=provisioned,
            at=self.time(),
        )

    # Scheduling.

    def candidates(
        self,
        volume_type: records.VolumeType,
        size_gb: int,
        zone: str | None = None,
    ) -> list[records.Pool]:
        """Return the pools that take such a volume, as a scheduler sees it.

        It knows no more of them than what was last reported.
        """
        with self._lock:
            return [
                pool
                for pool in self.pools.values()
                if self._suits(pool, volume_type, zone)
                and size_gb <= virtual_free_gb(pool)
            ]

    def _suits(
        self,
        pool: records.Pool,
        volume_type: records.VolumeType,
        zone: str | None,
    ) -> bool:
        backend = self.backend(pool.backend)
        wanted = volume_type.extra_specs.get(BACKEND_NAME)
        return (
            backend.is_offered
            and wanted in (None, backend.backend_name)
            and zone in (None, backend.zone)
            and (pool.multiattach or not volume_type.is_multiattach)
        )

    # Types.

    def put_type(self, row: records.VolumeType) -> None:
        """Add a type, or replace the one with its UUID."""
        with self._lock:
            self.types[row.uuid] = row

    def type_named(self, name: str) -> records.VolumeType:
        """Return a type by its name."""
        with self._lock:
            for row in self.types.values():
                if row.name == name:
                    return row
        raise exceptions.SimulationError(
            f'The simulated cloud has no volume type {name}.'
        )

    def remove_type(self, uuid: str) -> None:
        """Remove a type, of which no volume may be any more."""
        with self._lock:
            row = self.types[uuid]
            if any(volume.type_uuid == uuid for volume in self.volumes):
                raise exceptions.SimulationError(
                    f'There are volumes of the type {row.name}: it cannot '
                    f'be deleted.'
                )
            del self.types[uuid]

    # Volumes.

    def add_volume(self, row: records.Volume) -> None:
        """Add a volume."""
        with self._lock:
            self.volumes.insert(row)

    def change_volume(
        self, uuid: str, touch: bool = True, **changes: typing.Any
    ) -> records.Volume:
        """Change a volume; return what it became.

        ``touch`` says whether ``updated_at`` follows: metadata and
        attachments are tables of their own, whose changes leave it alone.
        """
        with self._lock:
            if touch:
                changes['updated_at'] = self.now()
            row = dataclasses.replace(self.volumes.get(uuid), **changes)
            self.volumes.replace(row)
            return row

    def remove_volume(self, uuid: str) -> records.Volume:
        """Remove a volume with its attachments; return its last row."""
        with self._lock:
            for row in self.attachments_of(uuid):
                self.remove_attachment(row.uuid)
            return self.volumes.remove(uuid)

    # Snapshots.

    def put_snapshot(self, row: records.Snapshot) -> None:
        """Add a snapshot, or replace the one with its UUID."""
        with self._lock:
            self.snapshots[row.uuid] = row
            self._snapshots_of.setdefault(row.volume, {})[row.uuid] = None

    def snapshot(self, uuid: str) -> records.Snapshot:
        """Return a snapshot."""
        try:
            return self.snapshots[uuid]
        except KeyError:
            raise exceptions.SimulationError(
                f'The simulated cloud has no snapshot {uuid}.'
            ) from None

    def change_snapshot(
        self, uuid: str, touch: bool = True, **changes: typing.Any
    ) -> records.Snapshot:
        """Change a snapshot; return what it became."""
        with self._lock:
            if touch:
                changes['updated_at'] = self.now()
            row = dataclasses.replace(self.snapshot(uuid), **changes)
            self.put_snapshot(row)
            return row

    def remove_snapshot(self, uuid: str) -> records.Snapshot:
        """Remove a snapshot; return its last row."""
        with self._lock:
            row = self.snapshots.pop(uuid)
            del self._snapshots_of[row.volume][uuid]
            return row

    def snapshots_of(self, volume: str) -> list[records.Snapshot]:
        """Return the snapshots of a volume."""
        with self._lock:
            uuids = self._snapshots_of.get(volume, ())
            return [self.snapshots[uuid] for uuid in uuids]

    # Attachments.

    def put_attachment(self, row: records.Attachment) -> None:
        """Add an attachment, or replace the one with its UUID."""
        with self._lock:
            before = self.attachments.get(row.uuid)
            if before is not None:
                del self._attachments_of[before.volume][row.uuid]
            self.attachments[row.uuid] = row
            self._attachments_of.setdefault(row.volume, {})[row.uuid] = None

    def change_attachment(
        self, uuid: str, **changes: typing.Any
    ) -> records.Attachment:
        """Change an attachment; return what it became."""
        with self._lock:
            row = dataclasses.replace(
                self.attachments[uuid], updated_at=self.now(), **changes
            )
            self.put_attachment(row)
            return row

    def remove_attachment(self, uuid: str) -> records.Attachment:
        """Remove an attachment; return its last row."""
        with self._lock:
            row = self.attachments.pop(uuid)
            del self._attachments_of[row.volume][uuid]
            return row

    def attachments_of(self, volume: str) -> list[records.Attachment]:
        """Return the attachments of a volume, reserved ones included."""
        with self._lock:
            uuids = self._attachments_of.get(volume, ())
            return [self.attachments[uuid] for uuid in uuids]


def virtual_free_gb(pool: records.Pool) -> float:
    """Return how much more may be promised, as Cinder's scheduler sees it."""
    report = pool.report
    if isinstance(report.total_gb, str) or isinstance(report.free_gb, str):
        return float('inf')
    reserved = int(report.total_gb * pool.reserved_percentage / 100)
    if not pool.thin:
        return report.free_gb - reserved
    promised = report.total_gb * pool.over_subscription
    return promised - report.provisioned_gb - reserved
