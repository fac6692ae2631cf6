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

"""What is done to a cloud's storage by chance.

Most scenarios are one operation; some are a story, such as a back end that
dies and comes back, with what was asked of it meanwhile.  What is done to a
volume that servers have is done while nothing else is done to the servers.
"""

import collections.abc
import itertools
import random
import typing

from cdm_graph.simulation import finder
from cdm_graph.simulation import operations
from cdm_graph.simulation.cinder import population
from cdm_graph.simulation.cinder import records
from cdm_graph.simulation.cinder import storage as storage_module
from cdm_graph.simulation.operations import attachments
from cdm_graph.simulation.operations import base

#: How often each scenario is chosen.
WEIGHTS: typing.Final[collections.abc.Mapping[str, int]] = {
    'create_or_delete_volume': 200,
    'create_refused': 8,
    'create_failing': 6,
    'copy_volume': 16,
    'delete_failing': 3,
    'extend': 40,
    'extend_refused': 5,
    'extend_failing': 3,
    'update': 25,
    'set_metadata': 40,
    'set_flag': 15,
    'reset': 8,
    'retype': 20,
    'retype_refused': 5,
    'migrate': 30,
    'migrate_failing': 5,
    'migrate_refused': 3,
    'transfer': 10,
    'manage': 4,
    'create_snapshot': 40,
    'create_snapshot_failing': 3,
    'delete_snapshot': 40,
    'update_snapshot': 10,
    'attach': 60,
    'attach_again': 6,
    'detach': 60,
    'create_type': 4,
    'change_type': 8,
    'delete_type': 4,
    'report': 40,
    'disable_backend': 4,
    'backend_failure': 3,
}

#: More than any pool has.
_TOO_MUCH: typing.Final = 10**9
_SPREAD: typing.Final = 0.02
_MOST_TYPES: typing.Final = 15
_MOST_ATTACHED: typing.Final = 3
#: A back end is away for so many steps.
_AWAY: typing.Final = 8
_AT_REST: typing.Final = ('available', 'in-use')
_Suits = collections.abc.Callable[[records.Volume], bool]


def _together(
    operations: collections.abc.Iterable[base.Operation],
) -> base.Operation:
    """Take a step of each operation at a time."""
    for steps in itertools.zip_longest(*operations, fillvalue=[]):
        yield list(itertools.chain.from_iterable(steps))


class StorageScenarios(finder.Finder):
    """Finds things to do to storage."""

    def __init__(
        self,
        does: operations.Operations,
        rng: random.Random,
        busy: set[str],
    ) -> None:
        super().__init__(does, rng, busy)
        self._storage = does.cloud.storage
        self._target = len(self._storage.volumes)

    # Finding.

    def _pick(
        self, *states: str, suits: _Suits | None = None
    ) -> records.Volume | None:
        """Return a random volume that is free and in one of the states."""
        volumes = self._storage.volumes
        with self._cloud.lock:
            for _ in range(finder.TRIES if len(volumes) else 0):
                row = volumes.at(int(self._rng.random() * len(volumes)))
                if (
                    row.status in states
                    and self._is_free_volume(row)
                    and (suits is None or suits(row))
                ):
                    return row
        return None

    def _is_free_volume(self, row: records.Volume) -> bool:
        """Whether nothing is done to a volume, nor to servers that have it.

        The service of a new volume is written last.
        """
        if row.uuid in self._busy or row.is_temporary or self._is_kept(row):
            return False
        if row.pool is not None and (
            row.service_uuid is None or self._is_away(row.pool)
        ):
            return False
        servers = (
            self._cloud.servers.find(uuid) for uuid in self._servers_of(row)
        )
        return all(
            server is not None and not server.deleted and self._is_free(server)
            for server in servers
        )

    def _is_kept(self, row: records.Volume) -> bool:
        """Whether it is the root disk of a server that cannot use it."""
        return (
            not row.name
            and row.status != 'in-use'
            and self._cloud.servers.has_volume(row.uuid)
        )

    def _is_away(self, pool: str) -> bool:
        return not self._storage.backend_of(pool).is_offered

    def _servers_of(self, row: records.Volume) -> list[str]:
        return [
            each.server
            for each in self._storage.attachments_of(row.uuid)
            if each.server is not None
        ]

    def _busy_with(self, row: records.Volume) -> frozenset[str]:
        return frozenset({row.uuid, *self._servers_of(row)})

    def _on(
        self,
        operation: collections.abc.Callable[[records.Volume], base.Operation],
        *states: str,
        suits: _Suits | None = None,
    ) -> finder.Found | None:
        """Return an operation on a random volume."""
        row = self._pick(*states, suits=suits)
        if row is None:
            return None
        return self._busy_with(row), operation(row)

    def _has_no_snapshots(self, row: records.Volume) -> bool:
        return not self._storage.snapshots_of(row.uuid)

    def _has_numbers(self, row: records.Volume) -> bool:
        """Whether its pool can be full."""
        pool = self._storage.pools[row.pool or '']
        return not isinstance(pool.total_gb, str)

    def _is_movable(self, row: records.Volume) -> bool:
        """Whether it can be moved: a server that has it must be running."""
        servers = [self._cloud.server(uuid) for uuid in self._servers_of(row)]
        return (
            self._has_no_snapshots(row)
            and len(self._storage.attachments_of(row.uuid)) <= 1
            and all(
                server.host is not None
                and server.vm_state in attachments.SWAPPABLE
                for server in servers
            )
        )

    def _kinds(self) -> list[records.VolumeType]:
        """Return the types of which volumes can be created now."""
        return [
            row
            for row in self._storage.types.values()
            if f'type:{row.name}' not in self._busy
            and self._storage.candidates(row, 1)
        ]

    # Volumes come and go.

    def _create_or_delete_volume(self) -> finder.Found | None:
        missing = self._target - len(self._storage.volumes)
        spread = max(1.0, self._target * _SPREAD)
        if self._rng.random() < 0.5 + missing / spread:
            return self._create()
        return self._delete(max(1, round(-missing - spread)))

    def _delete(self, most: int) -> finder.Found | None:
        """Delete a volume, or more: those that servers have left over."""
        chosen: dict[str, frozenset[str]] = {}
        for _ in range(most):
            row = self._pick(
                'available',
                'error',
                'error_extending',
                suits=lambda row: (
                    row.uuid not in chosen and self._has_no_snapshots(row)
                ),
            )
            if row is None:
                break
            chosen[row.uuid] = self._busy_with(row)
        if not chosen:
            return None
        busy = frozenset[str]().union(*chosen.values())
        return busy, _together(map(self._does.delete_volume, chosen))

    def _create(self) -> finder.Found | None:
        kinds = self._kinds()
        if not kinds:
            return None
        kind = self._rng.choice(kinds).name
        steps = self._does.create_volume(
            self._new_name('volume'),
            self._rng.choice(population.SIZES),
            kind=kind,
            metadata=self._rng.choice(population.METADATA),
        )
        return frozenset({f'type:{kind}'}), steps

    def _create_refused(self) -> finder.Found:
        kind = population.NOWHERE
        steps = self._does.create_volume(self._new_name('volume'), kind=kind)
        return frozenset({f'type:{kind}'}), steps

    def _create_failing(self) -> finder.Found:
        return frozenset(), self._does.create_volume(
            self._new_name('volume'), fails=True
        )

    def _copy_volume(self) -> finder.Found | None:
        """Make a volume of a snapshot, or of another volume."""
        row = self._pick(*_AT_REST, suits=lambda row: row.pool is not None)
        if row is None:
            return None
        snapshots = [
            each
            for each in self._storage.snapshots_of(row.uuid)
            if each.status == 'available'
        ]
        kind = self._storage.types[row.type_uuid].name
        steps = self._does.create_volume(
            self._new_name('copy'),
            row.size_gb,
            kind=kind,
            snapshot=snapshots[0].uuid if snapshots else None,
            source=None if snapshots else row.uuid,
        )
        return self._busy_with(row) | {f'type:{kind}'}, steps

    def _delete_failing(self) -> finder.Found | None:
        return self._on(
            lambda row: self._does.delete_volume(row.uuid, fails=True),
            'available',
            suits=self._has_no_snapshots,
        )

    # They change.

    def _extend(self) -> finder.Found | None:
        return self._on(
            lambda row: self._does.extend_volume(
                row.uuid, row.size_gb + self._rng.choice((1, 5, 10))
            ),
            *_AT_REST,
        )

    def _extend_refused(self) -> finder.Found | None:
        return self._on(
            lambda row: self._does.extend_volume(row.uuid, _TOO_MUCH),
            *_AT_REST,
            suits=self._has_numbers,
        )

    def _extend_failing(self) -> finder.Found | None:
        return self._on(
            lambda row: self._does.extend_volume(
                row.uuid, row.size_gb + 1, fails=True
            ),
            'available',
        )

    def _update(self) -> finder.Found | None:
        name = self._new_name('volume')
        return self._on(
            lambda row: self._does.update_volume(row.uuid, name, 'renamed'),
            *_AT_REST,
            suits=lambda row: bool(row.name),
        )

    def _set_metadata(self) -> finder.Found | None:
        metadata = self._rng.choice(
            [*population.METADATA, {'backup': None}, {'round': 'two'}]
        )
        return self._on(
            lambda row: self._does.set_volume_metadata(row.uuid, metadata),
            *_AT_REST,
        )

    def _set_flag(self) -> finder.Found | None:
        """Change what is told by nobody, or by an update."""
        does = self._does
        change: collections.abc.Callable[[str], base.Operation] = (
            self._rng.choice(
                [
                    lambda uuid: does.set_volume_readonly(uuid, True),
                    lambda uuid: does.set_volume_bootable(uuid, True),
                    lambda uuid: does.set_volume_image_metadata(
                        uuid, {'os': 'linux'}
                    ),
                    lambda uuid: does.update_volume_metadata(
                        uuid, {'updated': 'yes'}
                    ),
                ]
            )
        )
        return self._on(lambda row: change(row.uuid), *_AT_REST)

    def _reset(self) -> finder.Found | None:
        """Reset what is broken; break something if nothing is."""
        found = self._on(
            lambda row: self._does.reset_volume_status(row.uuid, 'available'),
            'error_deleting',
            'error_extending',
        )
        return found or self._on(
            lambda row: self._does.reset_volume_status(
                row.uuid, 'error_extending'
            ),
            'available',
        )

    # They move.

    def _retype(self) -> finder.Found | None:
        row = self._pick(*_AT_REST, suits=self._is_movable)
        if row is None:
            return None
        others = [
            kind.name
            for kind in self._kinds()
            if kind.uuid != row.type_uuid
            and kind.is_multiattach == row.multiattach
        ]
        if not others:
            return None
        kind = self._rng.choice(others)
        steps = self._does.retype_volume(row.uuid, kind)
        return self._busy_with(row) | {f'type:{kind}'}, steps

    def _retype_refused(self) -> finder.Found | None:
        kind = population.NOWHERE
        return self._on(
            lambda row: self._does.retype_volume(row.uuid, kind),
            'available',
            suits=lambda row: self._is_movable(row) and not row.multiattach,
        )

    def _migrate(self) -> finder.Found | None:
        row = self._pick(*_AT_REST, suits=self._is_movable)
        if row is None:
            return None
        pool = self._elsewhere(row)
        if pool is None:
            return None
        steps = self._does.migrate_volume(
            row.uuid, pool, lock=self._rng.random() < 0.3
        )
        return self._busy_with(row), steps

    def _elsewhere(self, row: records.Volume) -> str | None:
        pools = self._storage.candidates(
            self._storage.types[row.type_uuid], row.size_gb, row.zone
        )
        others = [pool.name for pool in pools if pool.name != row.pool]
        return self._rng.choice(others) if others else None

    def _migrate_failing(self) -> finder.Found | None:
        row = self._pick('available', suits=self._is_movable)
        if row is None:
            return None
        pool = self._elsewhere(row)
        if pool is None:
            return None
        steps = self._does.migrate_volume(row.uuid, pool, fails=True)
        return self._busy_with(row), steps

    def _migrate_refused(self) -> finder.Found | None:
        """Ask for a pool that is in another zone."""
        row = self._pick(*_AT_REST, suits=self._is_movable)
        if row is None:
            return None
        pools = [
            pool.name
            for pool in self._storage.pools.values()
            if self._storage.backend(pool.backend).zone != row.zone
        ]
        if not pools:
            return None
        steps = self._does.migrate_volume(row.uuid, self._rng.choice(pools))
        return self._busy_with(row), steps

    # They change hands.

    def _transfer(self) -> finder.Found | None:
        projects = list(self._cloud.projects)
        taker = self._rng.choice(projects)
        accepted = self._rng.random() < 0.6
        return self._on(
            lambda row: self._hand_over(row.uuid, taker if accepted else None),
            'available',
            suits=lambda row: row.pool is not None,
        )

    def _hand_over(self, uuid: str, taker: str | None) -> base.Operation:
        """Offer a volume; let it be taken, or take the offer back."""
        yield from self._does.offer_volume(uuid)
        yield []
        if taker is None:
            yield from self._does.withdraw_volume(uuid)
        else:
            yield from self._does.accept_volume(uuid, taker)

    def _manage(self) -> finder.Found | None:
        return self._on(
            self._manage_anew,
            'available',
            suits=lambda row: self._has_no_snapshots(row) and bool(row.pool),
        )

    def _manage_anew(self, row: records.Volume) -> base.Operation:
        """Let Cinder forget a volume and find it again."""
        yield from self._does.unmanage_volume(row.uuid)
        yield from self._does.manage_volume(
            self._new_name('managed'), row.pool or '', row.size_gb
        )

    # Snapshots.

    def _create_snapshot(self) -> finder.Found | None:
        if len(self._storage.snapshots) * 4 > len(self._storage.volumes):
            return None
        return self._on(
            lambda row: self._does.create_snapshot(
                row.uuid, self._new_name('snapshot'), {'by': 'chance'}
            ),
            *_AT_REST,
            suits=lambda row: row.pool is not None,
        )

    def _create_snapshot_failing(self) -> finder.Found | None:
        return self._on(
            lambda row: self._does.create_snapshot(
                row.uuid, self._new_name('snapshot'), fails=True
            ),
            *_AT_REST,
            suits=lambda row: row.pool is not None,
        )

    def _pick_snapshot(self) -> records.Snapshot | None:
        with self._cloud.lock:
            rows = [
                row
                for row in self._storage.snapshots.values()
                if row.status in ('available', 'error')
                and self._is_free_volume(self._storage.volumes.get(row.volume))
            ]
        return self._rng.choice(rows) if rows else None

    def _of_snapshot(
        self, operation: collections.abc.Callable[[str], base.Operation]
    ) -> finder.Found | None:
        row = self._pick_snapshot()
        if row is None:
            return None
        volume = self._storage.volumes.get(row.volume)
        return self._busy_with(volume), operation(row.uuid)

    def _delete_snapshot(self) -> finder.Found | None:
        return self._of_snapshot(self._does.delete_snapshot)

    def _update_snapshot(self) -> finder.Found | None:
        name = self._new_name('snapshot')
        return self._of_snapshot(
            lambda uuid: self._does.update_snapshot(uuid, name)
        )

    # Servers get them and lose them.

    def _attach(self) -> finder.Found | None:
        return self._attached(
            self._pick('available', suits=lambda row: row.pool is not None)
        )

    def _attach_again(self) -> finder.Found | None:
        """Attach a volume that a server has to one more."""
        return self._attached(
            self._pick('in-use', suits=lambda row: row.multiattach)
        )

    def _attached(self, row: records.Volume | None) -> finder.Found | None:
        if row is None:
            return None
        for server in self._random_servers():
            if (
                server.vm_state in attachments.ATTACHABLE
                and len(server.volumes) < _MOST_ATTACHED
                and server.uuid not in self._servers_of(row)
                and self._is_free(server)
            ):
                steps = self._does.attach_volume(server.uuid, volume=row.uuid)
                return self._busy_with(row) | {server.uuid}, steps
        return None

    def _detach(self) -> finder.Found | None:
        row = self._pick('in-use', suits=self._can_be_detached)
        if row is None:
            return None
        server = self._rng.choice(self._servers_of(row))
        return (
            self._busy_with(row),
            self._does.detach_volume(server, row.uuid),
        )

    def _can_be_detached(self, row: records.Volume) -> bool:
        """Whether it is no root disk, and its servers let go of it."""
        servers = [self._cloud.server(uuid) for uuid in self._servers_of(row)]
        return all(
            server.vm_state in attachments.ATTACHABLE
            and any(
                each.uuid == row.uuid and not each.is_root
                for each in server.volumes
            )
            for server in servers
        )

    # Types.

    def _create_type(self) -> finder.Found | None:
        if len(self._storage.types) >= _MOST_TYPES:
            return None
        backend = self._rng.choice(list(self._storage.backends.values()))
        specs = {storage_module.BACKEND_NAME: backend.backend_name}
        name = self._new_name('type')
        return frozenset(), self._does.create_volume_type(name, specs)

    def _pick_type(self) -> str | None:
        names = [
            row.name
            for row in self._storage.types.values()
            if row.name.startswith(finder.CHURNED)
            and f'type:{row.name}' not in self._busy
        ]
        return self._rng.choice(names) if names else None

    def _change_type(self) -> finder.Found | None:
        name = self._pick_type()
        if name is None:
            return None
        does = self._does
        changes = [
            lambda: does.add_type_specs(name, {'tier': 'gold'}),
            lambda: does.change_type_spec(name, 'tier', 'silver'),
            lambda: does.delete_type_spec(name, 'tier'),
            lambda: does.update_volume_type(
                name, self._new_name('type'), 'renamed'
            ),
        ]
        return frozenset({f'type:{name}'}), self._rng.choice(changes)()

    def _delete_type(self) -> finder.Found | None:
        name = self._pick_type()
        if name is None:
            return None
        return frozenset({f'type:{name}'}), self._does.delete_volume_type(name)

    # Back ends.

    def _pick_backend(self) -> str | None:
        """Return a back end at which nothing is done, unless it is the last.

        While one is away the others must do.
        """
        hosts = [
            row.host
            for row in self._storage.backends.values()
            if row.is_offered
        ]
        if len(hosts) < 2:
            return None
        host = self._rng.choice(hosts)
        return None if f'backend:{host}' in self._busy else host

    def _report(self) -> finder.Found | None:
        host = self._rng.choice(list(self._storage.backends))
        return frozenset(), self._does.report_capacity(host)

    def _disable_backend(self) -> finder.Found | None:
        host = self._pick_backend()
        if host is None:
            return None
        return frozenset({f'backend:{host}'}), self._maintain(host)

    def _maintain(self, host: str) -> base.Operation:
        """Disable a back end for a while."""
        if self._rng.random() < 0.5:
            yield from self._does.disable_backend(host, 'maintenance')
        else:
            yield from self._does.freeze_backend(host)
        for _ in range(_AWAY):
            yield []
        yield from self._does.thaw_backend(host)
        yield from self._does.report_capacity(host)

    def _backend_failure(self) -> finder.Found | None:
        host = self._pick_backend()
        if host is None:
            return None
        volume = self._pick(
            'available',
            suits=lambda row: (
                self._has_no_snapshots(row)
                and (row.pool or '').partition('#')[0] == host
            ),
        )
        busy = {f'backend:{host}'}
        if volume is not None:
            busy.add(volume.uuid)
        return frozenset(busy), self._fail(host, volume)

    def _fail(
        self, host: str, volume: records.Volume | None
    ) -> base.Operation:
        """Let a back end die and come back.

        A volume that is to be deleted meanwhile has to wait for that.
        """
        yield from self._does.crash_backend(host)
        deletion: base.Operation = iter(())
        if volume is not None:
            deletion = self._does.delete_volume(volume.uuid)
        for _ in range(_AWAY):
            yield next(deletion, [])
        yield from self._does.recover_backend(host)
        yield from deletion
