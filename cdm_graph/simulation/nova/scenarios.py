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

"""What is done to a cloud by chance: operations on suitable servers.

Most scenarios are one operation; some are a story, such as a host that dies,
is evacuated and comes back.
"""

import collections
import collections.abc
import itertools
import random
import typing

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import finder
from cdm_graph.simulation import operations
from cdm_graph.simulation import records
from cdm_graph.simulation.nova import population
from cdm_graph.simulation.operations import attachments
from cdm_graph.simulation.operations import base

#: How often each scenario is chosen.
WEIGHTS: typing.Final[collections.abc.Mapping[str, int]] = {
    'create_or_delete': 240,
    'create_without_host': 5,
    'create_failing': 10,
    'create_in_group': 12,
    'soft_delete': 15,
    'restore': 8,
    'force_delete': 8,
    'power_off': 80,
    'power_on': 80,
    'reboot': 60,
    'pause': 15,
    'unpause': 15,
    'suspend': 10,
    'resume': 10,
    'rescue': 8,
    'unrescue': 8,
    'rebuild': 20,
    'live_migrate': 110,
    'live_migrate_force_complete': 10,
    'live_migrate_aborted': 12,
    'live_migrate_failing': 12,
    'cold_migrate': 25,
    'resize': 35,
    'confirm_resize': 40,
    'revert_resize': 20,
    'shelve': 16,
    'shelve_offload': 4,
    'unshelve': 16,
    'attach_interface': 20,
    'detach_interface': 18,
    'attach_volume': 25,
    'attach_failing': 6,
    'detach_volume': 22,
    'swap_volume': 8,
    'attach_share': 10,
    'detach_share': 8,
    'lock': 12,
    'unlock': 12,
    'rename': 15,
    'set_metadata': 25,
    'delete_metadata': 12,
    'add_tag': 15,
    'remove_tag': 12,
    'disable_service': 6,
    'enable_service': 6,
    'host_failure': 2,
    'add_host': 5,
    'retire_host': 8,
    'aggregate': 14,
    'delete_aggregate': 3,
    'create_group': 6,
    'delete_group': 5,
    'create_flavor': 3,
    'change_flavor': 4,
    'delete_flavor': 2,
}

#: A host with at most as many servers is emptied to be taken away.
_NEARLY_EMPTY: typing.Final = 8
_EVACUATED: typing.Final = 8
_GROWTH: typing.Final = 1.2
_SPREAD: typing.Final = 0.02
#: Aggregates and which hosts there are: one change at a time.
_TOPOLOGY: typing.Final = 'topology'
#: Who retires a host waits for all others: two would wait for each other.
_RETIREMENT: typing.Final = 'retirement'
_MOST_AGGREGATES: typing.Final = 12
_MOST_FLAVORS: typing.Final = 20
_MOST_NEW_GROUPS: typing.Final = 20
_MOST_ATTACHED: typing.Final = 3
_FROM_VOLUME: typing.Final = 0.2


def _data(row: records.Server) -> list[records.Volume]:
    """Return the volumes of a server that it does not boot from."""
    return [volume for volume in row.volumes if not volume.is_root]


class Scenarios(finder.Finder):
    """Finds things to do."""

    def __init__(
        self,
        does: operations.Operations,
        rng: random.Random,
        busy: set[str],
    ) -> None:
        super().__init__(does, rng, busy)
        self._target = len(self._cloud.servers)
        self._most_hosts = len(self._cloud.nodes) * _GROWTH + 1
        self._most_groups = (
            len(self._cloud.groups) * _GROWTH + _MOST_NEW_GROUPS
        )
        # Servers that were left in another state than active, by state:
        # they would be hard to find by chance.
        self._left: dict[str, dict[str, None]] = collections.defaultdict(dict)

    def end(self, scenario: finder.Scenario) -> None:
        """Let go of what a scenario worked on."""
        super().end(scenario)
        for key in scenario.busy:
            row = self._cloud.servers.find(key)
            if row is not None and not row.deleted:
                self._remember(row)

    def _remember(self, row: records.Server) -> None:
        if row.shares:
            self._left['shares'][row.uuid] = None
        if row.vm_state != 'active':
            self._left[row.vm_state][row.uuid] = None
        if row.locked:
            self._left['locked'][row.uuid] = None

    # Finding.

    def _pick(
        self,
        *states: str,
        suits: collections.abc.Callable[[records.Server], bool] | None = None,
    ) -> records.Server | None:
        """Return a random server that is free and in one of the states."""
        with self._cloud.lock:
            candidates = itertools.chain(
                self._remembered(states), self._random_servers()
            )
            for row in candidates:
                if states and row.vm_state not in states:
                    continue
                if not self._is_free(row):
                    continue
                if suits is None or suits(row):
                    return row
                self._remember(row)
        return None

    def _remembered(
        self, states: collections.abc.Iterable[str]
    ) -> collections.abc.Iterator[records.Server]:
        """Return servers that were left in these states, and forget them."""
        for state in states:
            left = self._left[state]
            for uuid in list(itertools.islice(left, finder.TRIES)):
                del left[uuid]
                row = self._cloud.servers.find(uuid)
                if row is not None and not row.deleted:
                    yield row

    def _pick_host(
        self,
        suits: collections.abc.Callable[[records.Node], bool],
    ) -> str | None:
        with self._cloud.lock:
            hosts = list(self._cloud.nodes)
            for _ in range(min(finder.TRIES, len(hosts))):
                host = hosts[int(self._rng.random() * len(hosts))]
                if f'host:{host}' not in self._busy and suits(
                    self._cloud.nodes[host]
                ):
                    return host
        return None

    def _on(
        self,
        operation: collections.abc.Callable[[str], base.Operation],
        *states: str,
        suits: collections.abc.Callable[[records.Server], bool] | None = None,
    ) -> finder.Found | None:
        """Return an operation on a random server."""
        row = self._pick(*states, suits=suits)
        if row is None:
            return None
        return frozenset({row.uuid}), operation(row.uuid)

    # Servers come and go.

    def _create_or_delete(self) -> finder.Found | None:
        missing = self._target - len(self._cloud.servers)
        share = 0.5 + missing / max(1.0, self._target * _SPREAD)
        if self._rng.random() < share:
            zones = [None, None, 'az1', 'az2', 'az3']
            zone = self._rng.choice(zones)
            # An empty image: it boots from a volume.
            image = '' if self._rng.random() < _FROM_VOLUME else None
            return (
                frozenset(),
                self._does.create_server(zone=zone, image=image),
            )
        return self._on(
            self._does.delete_server,
            'active',
            'stopped',
            'error',
            'shelved_offloaded',
        )

    def _create_without_host(self) -> finder.Found:
        return frozenset(), self._does.create_server(zone='nowhere')

    def _create_failing(self) -> finder.Found:
        return frozenset(), self._does.create_server(fails=True)

    def _create_in_group(self) -> finder.Found | None:
        group = self._pick_group()
        if group is None:
            return None
        steps = self._does.create_server(
            group=group.uuid, project=group.project.project_id
        )
        return frozenset({f'group:{group.uuid}'}), steps

    def _soft_delete(self) -> finder.Found | None:
        return self._on(self._does.soft_delete_server, 'active')

    def _restore(self) -> finder.Found | None:
        return self._on(self._does.restore_server, 'soft-delete')

    def _force_delete(self) -> finder.Found | None:
        return self._on(self._does.force_delete_server, 'soft-delete', 'error')

    # Servers change their state.

    def _power_off(self) -> finder.Found | None:
        return self._on(self._does.power_off, 'active')

    def _power_on(self) -> finder.Found | None:
        return self._on(self._does.power_on, 'stopped')

    def _reboot(self) -> finder.Found | None:
        hard = self._rng.random() < 0.3
        return self._on(lambda uuid: self._does.reboot(uuid, hard), 'active')

    def _pause(self) -> finder.Found | None:
        return self._on(self._does.pause, 'active')

    def _unpause(self) -> finder.Found | None:
        return self._on(self._does.unpause, 'paused')

    def _suspend(self) -> finder.Found | None:
        return self._on(self._does.suspend, 'active')

    def _resume(self) -> finder.Found | None:
        return self._on(self._does.resume, 'suspended')

    def _rescue(self) -> finder.Found | None:
        return self._on(self._does.rescue, 'active')

    def _unrescue(self) -> finder.Found | None:
        return self._on(self._does.unrescue, 'rescued')

    def _rebuild(self) -> finder.Found | None:
        image = self._rng.choice([None, *self._cloud.images])
        return self._on(
            lambda uuid: self._does.rebuild(uuid, image),
            'active',
            suits=lambda row: bool(row.image),
        )

    # Servers move.

    def _live_migrate(self) -> finder.Found | None:
        return self._on(self._does.live_migrate, 'active')

    def _live_migrate_force_complete(self) -> finder.Found | None:
        return self._on(
            lambda uuid: self._does.live_migrate(uuid, force_complete=True),
            'active',
        )

    def _live_migrate_aborted(self) -> finder.Found | None:
        return self._on(self._does.live_migrate_aborted, 'active')

    def _live_migrate_failing(self) -> finder.Found | None:
        return self._on(self._does.live_migrate_failing, 'active')

    def _cold_migrate(self) -> finder.Found | None:
        return self._on(self._does.cold_migrate, 'active', 'stopped')

    def _resize(self) -> finder.Found | None:
        row = self._pick('active')
        if row is None:
            return None
        others = [
            name for name in self._cloud.flavors if name != row.flavor.name
        ]
        steps = self._does.resize(row.uuid, self._rng.choice(others))
        return frozenset({row.uuid}), steps

    def _confirm_resize(self) -> finder.Found | None:
        return self._on(self._does.confirm_resize, 'resized')

    def _revert_resize(self) -> finder.Found | None:
        return self._on(self._does.revert_resize, 'resized')

    def _shelve(self) -> finder.Found | None:
        offload = self._rng.random() < 0.8
        return self._on(
            lambda uuid: self._does.shelve(uuid, offload), 'active'
        )

    def _shelve_offload(self) -> finder.Found | None:
        return self._on(self._does.shelve_offload, 'shelved')

    def _unshelve(self) -> finder.Found | None:
        return self._on(self._does.unshelve, 'shelved', 'shelved_offloaded')

    # Servers get and lose what is attached to them.

    def _attach_interface(self) -> finder.Found | None:
        return self._on(
            self._does.attach_interface,
            *attachments.PLUGGABLE,
            suits=lambda row: len(row.ports) < _MOST_ATTACHED,
        )

    def _detach_interface(self) -> finder.Found | None:
        row = self._pick(
            *attachments.PLUGGABLE, suits=lambda row: bool(row.ports)
        )
        if row is None:
            return None
        port = self._rng.choice(row.ports).uuid
        return (
            frozenset({row.uuid}),
            self._does.detach_interface(row.uuid, port),
        )

    def _attach_volume(self) -> finder.Found | None:
        return self._on(
            self._does.attach_volume,
            *attachments.ATTACHABLE,
            suits=lambda row: len(row.volumes) < _MOST_ATTACHED,
        )

    def _attach_failing(self) -> finder.Found | None:
        attach = self._rng.choice(
            [self._does.attach_interface, self._does.attach_volume]
        )
        return self._on(lambda uuid: attach(uuid, fails=True), 'active')

    def _detach_volume(self) -> finder.Found | None:
        row = self._pick(
            *attachments.ATTACHABLE, suits=lambda row: bool(_data(row))
        )
        if row is None:
            return None
        volume = self._rng.choice(_data(row)).uuid
        return (
            frozenset({row.uuid}),
            self._does.detach_volume(row.uuid, volume),
        )

    def _swap_volume(self) -> finder.Found | None:
        row = self._pick(
            *attachments.SWAPPABLE, suits=lambda row: bool(_data(row))
        )
        if row is None:
            return None
        volume = self._rng.choice(_data(row)).uuid
        return frozenset({row.uuid}), self._does.swap_volume(row.uuid, volume)

    def _attach_share(self) -> finder.Found | None:
        row = self._pick(
            'stopped',
            'active',
            suits=lambda row: len(row.shares) < _MOST_ATTACHED,
        )
        if row is None:
            return None
        steps = self._while_stopped(row, self._does.attach_share)
        return frozenset({row.uuid}), steps

    def _detach_share(self) -> finder.Found | None:
        with self._cloud.lock:
            for row in self._remembered(['shares']):
                if (
                    row.shares
                    and row.vm_state in ('stopped', 'active')
                    and self._is_free(row)
                ):
                    steps = self._while_stopped(row, self._does.detach_share)
                    return frozenset({row.uuid}), steps
        return None

    def _while_stopped(
        self,
        row: records.Server,
        operation: collections.abc.Callable[[str], base.Operation],
    ) -> base.Operation:
        """Do something that takes a server to be stopped, as owners do."""
        runs = row.vm_state == 'active'
        if runs:
            yield from self._does.power_off(row.uuid)
        yield from operation(row.uuid)
        if runs:
            yield from self._does.power_on(row.uuid)

    # Owners change what they say of their servers.

    def _lock(self) -> finder.Found | None:
        reason = self._rng.choice([None, 'maintenance'])
        return self._on(
            lambda uuid: self._does.lock(uuid, reason),
            suits=lambda row: not row.locked,
        )

    def _unlock(self) -> finder.Found | None:
        with self._cloud.lock:
            for row in self._remembered(['locked']):
                if row.locked and self._is_free(row):
                    return (
                        frozenset({row.uuid}),
                        self._does.unlock(row.uuid),
                    )
        return self._on(self._does.unlock, suits=lambda row: row.locked)

    def _rename(self) -> finder.Found | None:
        name = self._new_name('vm')
        return self._on(lambda uuid: self._does.rename(uuid, name))

    def _set_metadata(self) -> finder.Found | None:
        metadata = self._rng.choice(population.METADATA)
        return self._on(lambda uuid: self._does.set_metadata(uuid, metadata))

    def _delete_metadata(self) -> finder.Found | None:
        return self._on(
            lambda uuid: self._does.delete_metadata(uuid, 'tier'),
            suits=lambda row: 'tier' in row.metadata,
        )

    def _add_tag(self) -> finder.Found | None:
        tag = self._rng.choice(population.TAGS)
        return self._on(lambda uuid: self._does.add_tag(uuid, tag))

    def _remove_tag(self) -> finder.Found | None:
        row = self._pick(suits=lambda row: bool(row.tags))
        if row is None:
            return None
        tag = self._rng.choice(row.tags)
        return frozenset({row.uuid}), self._does.remove_tag(row.uuid, tag)

    # Hosts.

    def _disable_service(self) -> finder.Found | None:
        host = self._pick_host(lambda node: node.up and not node.disabled)
        if host is None or self._disabled() > len(self._cloud.nodes) // 10:
            return None
        steps = self._does.disable_service(host, 'maintenance')
        return frozenset({f'host:{host}'}), steps

    def _disabled(self) -> int:
        with self._cloud.lock:
            return sum(
                1 for node in self._cloud.nodes.values() if node.disabled
            )

    def _enable_service(self) -> finder.Found | None:
        with self._cloud.lock:
            for node in self._cloud.nodes.values():
                if node.disabled and f'host:{node.host}' not in self._busy:
                    steps = self._does.enable_service(node.host)
                    return frozenset({f'host:{node.host}'}), steps
        return None

    def _host_failure(self) -> finder.Found | None:
        if len(self._cloud.nodes) < 3:
            return None
        host = self._pick_host(lambda node: node.up)
        if host is None:
            return None
        return frozenset({f'host:{host}'}), self._fail(host)

    def _fail(self, host: str) -> base.Operation:
        """Let a host die, evacuate some of its servers, bring it back."""
        yield from self._does.crash(host)
        yield from self._does.force_down(host)
        for _ in range(_EVACUATED):
            row = self._evacuable(host)
            if row is None:
                break
            self._busy.add(row.uuid)
            yield from self._does.evacuate(row.uuid)
            self._busy.discard(row.uuid)
            self._remember(self._cloud.server(row.uuid))
        yield from self._does.recover(host)
        yield from self._does.unforce_down(host)

    def _evacuable(self, host: str) -> records.Server | None:
        with self._cloud.lock:
            for row in self._cloud.servers.on_host(host):
                if (
                    row.uuid not in self._busy
                    and row.task_state is None
                    and row.vm_state in ('active', 'stopped')
                ):
                    return row
        return None

    def _add_host(self) -> finder.Found | None:
        if (
            _TOPOLOGY in self._busy
            or len(self._cloud.nodes) > self._most_hosts
        ):
            return None
        return frozenset({_TOPOLOGY}), self._does.add_host()

    def _retire_host(self) -> finder.Found | None:
        if _RETIREMENT in self._busy or len(self._cloud.nodes) < 3:
            return None
        host = self._pick_host(
            lambda node: node.up and self._is_nearly_empty(node.host)
        )
        if host is None:
            return None
        return frozenset({_RETIREMENT, f'host:{host}'}), self._retire(host)

    def _is_nearly_empty(self, host: str) -> bool:
        return self._cloud.servers.usage(host).servers <= _NEARLY_EMPTY

    def _retire(self, host: str) -> base.Operation:
        """Empty a host, and take it out of the cloud if that succeeds.

        What began before may still bring a server to it: wait for that.
        """
        yield from self._does.disable_service(host, 'to be removed')
        for row in self._cloud.servers.on_host(host):
            if self._is_movable(row.uuid):
                self._busy.add(row.uuid)
                yield from self._move_away(row.uuid)
                self._busy.discard(row.uuid)
        newest = next(self._serials)
        while _TOPOLOGY in self._busy or any(
            serial < newest for serial in self._others(host)
        ):
            yield []
        if self._cloud.is_needed(host):
            yield from self._does.enable_service(host)
            return
        self._busy.add(_TOPOLOGY)
        yield from self._does.remove_host(host)
        self._busy.discard(_TOPOLOGY)

    def _is_movable(self, uuid: str) -> bool:
        """Whether a server can be moved now, which may have changed."""
        row = self._cloud.servers.find(uuid)
        return (
            row is not None
            and not row.deleted
            and row.vm_state in ('active', 'paused', 'stopped')
            and self._is_free(row)
        )

    def _move_away(self, uuid: str) -> base.Operation:
        if self._cloud.server(uuid).vm_state != 'stopped':
            yield from self._does.live_migrate(uuid)
            return
        yield from self._does.cold_migrate(uuid)
        if self._cloud.server(uuid).vm_state == 'resized':
            yield from self._does.confirm_resize(uuid)

    def _others(self, host: str) -> list[int]:
        """Return the scenarios under way, without the one on that host."""
        return [
            serial
            for serial, scenario in self._under_way.items()
            if f'host:{host}' not in scenario.busy
        ]

    # Aggregates.

    def _aggregate(self) -> finder.Found | None:
        if _TOPOLOGY in self._busy:
            return None
        change = self._rng.choice(
            [
                self._new_aggregate,
                self._join_aggregate,
                self._leave_aggregate,
                self._relabel_aggregate,
                self._rename_aggregate,
            ]
        )
        steps = change()
        return None if steps is None else (frozenset({_TOPOLOGY}), steps)

    def _new_aggregate(self) -> base.Operation | None:
        if len(self._cloud.aggregates) >= _MOST_AGGREGATES:
            return None
        zone = None
        if self._rng.random() < 0.4:
            zone = self._new_name('zone')
        return self._does.create_aggregate(self._new_name('aggregate'), zone)

    def _pick_aggregate(
        self, churned: bool = False
    ) -> records.Aggregate | None:
        rows = [
            row
            for row in self._cloud.aggregates.values()
            if not churned or row.name.startswith(finder.CHURNED)
        ]
        return self._rng.choice(rows) if rows else None

    def _join_aggregate(self) -> base.Operation | None:
        row = self._pick_aggregate()
        if row is None:
            return None
        in_zone = row.availability_zone is not None

        def suits(node: records.Node) -> bool:
            if node.host in row.hosts:
                return False
            zoned = self._cloud.zone_of(node.host) != cloud_module.DEFAULT_ZONE
            needed = self._cloud.is_needed(node.host)
            return not in_zone or not (zoned or needed)

        host = self._pick_host(suits)
        if host is None:
            return None
        return self._does.add_to_aggregate(row.number, host)

    def _leave_aggregate(self) -> base.Operation | None:
        row = self._pick_aggregate()
        if row is None:
            return None
        hosts = [
            host
            for host in row.hosts
            if f'host:{host}' not in self._busy
            and not (row.availability_zone and self._cloud.is_needed(host))
        ]
        if not hosts:
            return None
        host = self._rng.choice(hosts)
        return self._does.remove_from_aggregate(row.number, host)

    def _relabel_aggregate(self) -> base.Operation | None:
        row = self._pick_aggregate()
        if row is None:
            return None
        rack = f'r{int(self._rng.random() * 100)}'
        metadata: dict[str, str | None] = {'rack': rack}
        if self._rng.random() < 0.3:
            metadata['rack'] = None
        elif self._may_be_zoned(row):
            metadata['availability_zone'] = self._new_name('zone')
        return self._does.set_aggregate_metadata(row.number, metadata)

    def _may_be_zoned(self, row: records.Aggregate) -> bool:
        """Whether the hosts are empty, and in no zone but this one's."""
        zones = (cloud_module.DEFAULT_ZONE, row.availability_zone)
        return all(
            self._cloud.zone_of(host) in zones
            and not self._cloud.is_needed(host)
            for host in row.hosts
        )

    def _rename_aggregate(self) -> base.Operation | None:
        row = self._pick_aggregate(churned=True)
        if row is None:
            return None
        name = self._new_name('aggregate')
        return self._does.rename_aggregate(row.number, name)

    def _delete_aggregate(self) -> finder.Found | None:
        row = self._pick_aggregate(churned=True)
        if row is None or _TOPOLOGY in self._busy:
            return None
        if row.availability_zone and any(
            self._cloud.is_needed(host) for host in row.hosts
        ):
            return None
        steps = self._does.delete_aggregate(row.number)
        return frozenset({_TOPOLOGY}), steps

    # Server groups and flavors.

    def _pick_group(self) -> records.ServerGroup | None:
        rows = [
            row
            for row in self._cloud.groups.values()
            if f'group:{row.uuid}' not in self._busy
        ]
        return self._rng.choice(rows) if rows else None

    def _create_group(self) -> finder.Found | None:
        if len(self._cloud.groups) >= self._most_groups:
            return None
        policy = self._rng.choice(population.POLICIES)
        name = self._new_name('group')
        return frozenset(), self._does.create_server_group(name, policy)

    def _delete_group(self) -> finder.Found | None:
        row = self._pick_group()
        if row is None:
            return None
        steps = self._does.delete_server_group(row.uuid)
        return frozenset({f'group:{row.uuid}'}), steps

    def _pick_flavor(self) -> records.Flavor | None:
        rows = [
            row
            for row in self._cloud.flavors.values()
            if row.name.startswith(finder.CHURNED)
            and f'flavor:{row.name}' not in self._busy
        ]
        return self._rng.choice(rows) if rows else None

    def _create_flavor(self) -> finder.Found | None:
        if len(self._cloud.flavors) >= _MOST_FLAVORS:
            return None
        return frozenset(), self._does.create_flavor(self._new_name('flavor'))

    def _change_flavor(self) -> finder.Found | None:
        row = self._pick_flavor()
        if row is None:
            return None
        value = None if self._rng.random() < 0.3 else 'gold'
        steps = self._does.set_extra_specs(row.name, {'churn:tier': value})
        return frozenset({f'flavor:{row.name}'}), steps

    def _delete_flavor(self) -> finder.Found | None:
        row = self._pick_flavor()
        if row is None:
            return None
        steps = self._does.delete_flavor(row.name)
        return frozenset({f'flavor:{row.name}'}), steps
