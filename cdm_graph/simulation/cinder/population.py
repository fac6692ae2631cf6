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

"""What a simulated Cinder holds at the start, made from the cloud's seed.

Back ends of a few kinds, with pools of which some are thin and some tell no
capacity; types with extra specs; the volumes that the cloud's servers have,
in the states in which Cinder has them; others that no server has; snapshots.
"""

import dataclasses
import typing

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import records
from cdm_graph.simulation.cinder import records as cinder_records
from cdm_graph.simulation.cinder import storage as storage_module

_DAY: typing.Final = 86_400
_HISTORY: typing.Final = 90 * _DAY
_ZONES: typing.Final = (storage_module.DEFAULT_ZONE, 'az1', 'az2')
#: What makes a volume fail: no back end has that name.
NOWHERE: typing.Final = 'nowhere'
MULTIATTACH: typing.Final = '<is> True'
#: Sizes of volumes that were not made for a root disk, in GiB.
SIZES: typing.Final = (1, 10, 20, 50, 100, 200)
METADATA: typing.Final[tuple[records.Strings, ...]] = (
    {'backup': 'daily'},
    {'purpose': 'logs', 'owner': 'operations'},
)
_WITH_METADATA: typing.Final = 0.2
_WITH_SNAPSHOT: typing.Final = 0.1
_MIGRATED: typing.Final = 0.05
_FAILED: typing.Final = 0.02
_FROM_SNAPSHOT: typing.Final = 0.1
#: A pool has room for so many times what it might begin with.
_ROOM: typing.Final = 4
_LEAST_GB: typing.Final = 10_240


@dataclasses.dataclass(frozen=True, slots=True)
class _PoolKind:
    name: str
    capacity: typing.Literal['infinite', 'unknown'] | None = None
    thin: bool = False
    over_subscription: float = 1.0
    reserved_percentage: int = 0
    multiattach: bool = True


#: The pools of each kind of back end.
_KINDS: typing.Final[dict[str, tuple[_PoolKind, ...]]] = {
    'ssd': (
        _PoolKind('fast'),
        _PoolKind('faster', thin=True, over_subscription=20.0),
    ),
    'hdd': (
        _PoolKind(
            'slow', thin=True, over_subscription=1.5, reserved_percentage=5
        ),
    ),
    'archive': (
        _PoolKind('cold', 'unknown', multiattach=False),
        _PoolKind('deep', 'infinite', multiattach=False),
    ),
}
#: Types beside the default one, the extra specs of each.
_TYPES: typing.Final[dict[str, records.Strings]] = {
    'ssd': {storage_module.BACKEND_NAME: 'ssd'},
    'ssd-multiattach': {
        storage_module.BACKEND_NAME: 'ssd',
        'multiattach': MULTIATTACH,
    },
    'ssd-encrypted': {storage_module.BACKEND_NAME: 'ssd'},
    'hdd': {storage_module.BACKEND_NAME: 'hdd'},
    'archive': {storage_module.BACKEND_NAME: 'archive'},
    NOWHERE: {storage_module.BACKEND_NAME: 'none'},
}

_DESCRIPTIONS: typing.Final = {'ssd': 'Solid state.'}


def furnish(
    cloud: cloud_module.SimulatedCloud, backends: int, volumes: int
) -> None:
    """Give a cloud that many back ends, and volumes that no server has.

    Without back ends it stays without a Cinder, whatever its servers have.
    """
    if not backends:
        return
    with cloud.lock:
        _Furnisher(cloud).furnish(backends, volumes)


class _Furnisher:
    def __init__(self, cloud: cloud_module.SimulatedCloud) -> None:
        self._cloud = cloud
        self._storage = cloud.storage
        self._rng = cloud.storage.rng
        self._began = cloud.now() - _HISTORY

    def furnish(self, backends: int, volumes: int) -> None:
        attached = sum(len(row.volumes) for row in self._cloud.servers)
        pool_gb = _LEAST_GB + _ROOM * (volumes + attached) * max(SIZES)
        for number in range(1, backends + 1):
            self._add_backend(number, pool_gb)
        self._add_types()
        for server in self._cloud.servers:
            for attached_volume in server.volumes:
                self._add_attached(server, attached_volume)
        for number in range(1, volumes + 1):
            self._add_loose(number, volumes)
        for row in list(self._storage.volumes):
            if row.pool and self._rng.random() < _WITH_SNAPSHOT:
                self._add_snapshot(row)
        self._clone()
        for backend in self._storage.backends:
            self._storage.recount(backend)
        for pool in self._storage.pools:
            self._storage.report(pool)

    def _add_backend(self, number: int, pool_gb: int) -> None:
        kinds = list(_KINDS)
        kind = kinds[(number - 1) % len(kinds)]
        host = f'storage-{number:02}@{kind}'
        self._storage.put_backend(
            cinder_records.Backend(
                host=host,
                service_uuid=self._storage.new_uuid(),
                zone=_ZONES[(number - 1) // 2 % len(_ZONES)],
                backend_name=kind,
                updated_at=self._cloud.now(),
            )
        )
        for pool in _KINDS[kind]:
            total = pool.capacity or float(pool_gb)
            self._storage.put_pool(_new_pool(host, pool, total))

    def _add_types(self) -> None:
        names = {row.backend_name for row in self._storage.backends.values()}
        self._add_type(
            storage_module.DEFAULT_TYPE,
            records.NO_STRINGS,
            'Default Volume Type',
        )
        for name, specs in _TYPES.items():
            if name == NOWHERE or specs[storage_module.BACKEND_NAME] in names:
                self._add_type(name, specs, _DESCRIPTIONS.get(name))

    def _add_type(
        self, name: str, specs: records.Strings, description: str | None
    ) -> None:
        self._storage.put_type(
            cinder_records.VolumeType(
                uuid=self._storage.new_uuid(),
                name=name,
                description=description,
                is_public='encrypted' not in name,
                encrypted='encrypted' in name,
                extra_specs=specs,
                created_at=self._began,
            )
        )

    # Volumes.

    def _add_attached(
        self, server: records.Server, attached: records.Volume
    ) -> None:
        """Add a volume that Nova knows already.

        Without a host the server has it reserved, not attached.
        """
        size = self._size()
        if attached.is_root:
            size = max(1, server.flavor.root_gb)
        born = server.created_at - 1
        row = self._new_volume(
            attached.uuid,
            '' if attached.is_root else f'data-{server.display_name}',
            server.project,
            size,
            born,
        )
        since = server.created_at + 5
        with_host = server.host is not None
        self._storage.add_volume(
            dataclasses.replace(
                row,
                status='in-use' if with_host else 'reserved',
                bootable=attached.is_root,
                updated_at=since,
            )
        )
        self._storage.put_attachment(
            cinder_records.Attachment(
                uuid=self._storage.new_uuid(),
                volume=row.uuid,
                server=server.uuid,
                status='attached' if with_host else 'reserved',
                host=server.host,
                device=attached.device_name if with_host else None,
                mode='rw' if with_host else 'null',
                attached_at=since if with_host else None,
                created_at=server.created_at,
                updated_at=since,
            )
        )

    def _add_loose(self, number: int, volumes: int) -> None:
        """Add a volume that no server has."""
        projects = list(self._cloud.projects.values())
        row = self._new_volume(
            self._storage.new_uuid(),
            f'volume-{number:05}',
            self._rng.choice(projects),
            self._size(),
            self._began + _HISTORY * number // (volumes + 1),
        )
        drawn = self._rng.random()
        if drawn < _FAILED:
            row = dataclasses.replace(
                row,
                status='error',
                pool=None,
                service_uuid=None,
                shared_targets=True,
                scheduled_at=None,
                launched_at=None,
            )
        elif drawn < _FAILED + _MIGRATED:
            row = dataclasses.replace(
                row,
                migration_status='success',
                name_id=self._storage.new_uuid(),
            )
        if self._rng.random() < _WITH_METADATA:
            row = dataclasses.replace(row, metadata=self._rng.choice(METADATA))
        self._storage.add_volume(row)

    def _new_volume(
        self,
        uuid: str,
        name: str,
        project: records.Project,
        size_gb: int,
        born: int,
    ) -> cinder_records.Volume:
        kind, pool = self._place()
        backend = self._storage.backend_of(pool.name)
        return cinder_records.Volume(
            uuid=uuid,
            name=name,
            project=project,
            size_gb=size_gb,
            status='available',
            pool=pool.name,
            type_uuid=kind.uuid,
            zone=backend.zone,
            encrypted=kind.encrypted,
            multiattach=kind.is_multiattach,
            service_uuid=backend.service_uuid,
            shared_targets=False,
            created_at=born,
            scheduled_at=born,
            launched_at=born,
            updated_at=born,
        )

    def _place(
        self,
    ) -> tuple[cinder_records.VolumeType, cinder_records.Pool]:
        kinds = [
            row for row in self._storage.types.values() if row.name != NOWHERE
        ]
        kind = self._rng.choice(kinds)
        return kind, self._rng.choice(self._storage.candidates(kind, 1))

    def _size(self) -> int:
        return self._rng.choice(SIZES)

    # Snapshots.

    def _add_snapshot(self, row: cinder_records.Volume) -> None:
        born = row.created_at + _DAY // 24
        self._storage.put_snapshot(
            cinder_records.Snapshot(
                uuid=self._storage.new_uuid(),
                volume=row.uuid,
                name=f'snapshot-{len(self._storage.snapshots) + 1:04}',
                project=row.project,
                size_gb=row.size_gb,
                status='available',
                progress='100%',
                metadata=row.metadata,
                created_at=born,
                updated_at=born,
            )
        )

    def _clone(self) -> None:
        """Let some volumes be made of a snapshot, or of another volume."""
        sources = list(self._storage.snapshots.values())
        for row in list(self._storage.volumes):
            drawn = self._rng.random()
            if not sources or row.bootable or drawn > 2 * _FROM_SNAPSHOT:
                continue
            source = self._rng.choice(sources)
            if source.volume == row.uuid:
                continue
            self._storage.change_volume(
                row.uuid,
                touch=False,
                **(
                    {'snapshot_id': source.uuid}
                    if drawn < _FROM_SNAPSHOT
                    else {'source_volume_id': source.volume}
                ),
            )


def _new_pool(
    host: str, kind: _PoolKind, total: cinder_records.Capacity
) -> cinder_records.Pool:
    return cinder_records.Pool(
        name=f'{host}#{kind.name}',
        backend=host,
        total_gb=total,
        thin=kind.thin,
        over_subscription=kind.over_subscription,
        reserved_percentage=kind.reserved_percentage,
        multiattach=kind.multiattach,
        allocated_gb=0.0,
        report=cinder_records.Report(
            total_gb=total,
            free_gb=total,
            allocated_gb=0.0,
            provisioned_gb=0.0,
            at=0.0,
        ),
    )
