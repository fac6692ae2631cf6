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

"""The simulated cloud's database.

:class:`SimulatedCloud` holds rows and keeps them consistent; what happens in
a cloud, and what Nova announces of it, is in ``operations``.  The same
arguments give the same cloud, UUIDs included: everything random comes from
the seed, the time from the clock.

A cloud may have more than one cell, each with a clock that is ahead of the
cloud's or behind: what is saved in a cell is dated by the clock of the cell.

Every method may be called from any thread.  Who reads several things that
must belong together holds :attr:`SimulatedCloud.lock` meanwhile; rows are
immutable, so that a row once read needs no lock.
"""

import collections.abc
import dataclasses
import random
import threading
import typing

from cdm_graph import exceptions
from cdm_graph.simulation import identifiers
from cdm_graph.simulation import records
from cdm_graph.simulation.cinder import storage
from cdm_graph.simulation.ironic import metal
from cdm_graph.simulation.nova import devices
from cdm_graph.simulation.nova import migrations
from cdm_graph.simulation.nova import servers

#: The zone of hosts that are in no aggregate with a zone.
DEFAULT_ZONE: typing.Final = 'nova'
#: Memory that Nova counts as used on each node, for the host itself.
RESERVED_MEMORY_MB: typing.Final = 512


class Clock(typing.Protocol):
    """Where the cloud's time comes from."""

    def time(self) -> float:
        """Return the time in seconds since the epoch, UTC."""


class SimulatedCloud:
    """Tables, indices and one lock; empty but for an administrator.

    Whoever wants one with hosts and servers asks ``nova.population``.
    """

    def __init__(self, seed: int, clock: Clock) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.rng = random.Random(seed)
        self.devices = devices.Devices(seed)
        self.storage = storage.Storage(seed, clock.time, self.lock)
        self.metal = metal.Metal(seed, clock.time, self.lock)
        self.servers = servers.ServerTable()
        self.nodes: dict[str, records.Node] = {}
        self.aggregates: dict[int, records.Aggregate] = {}
        self.groups: dict[str, records.ServerGroup] = {}
        self.flavors: dict[str, records.Flavor] = {}
        self.images: dict[str, records.Image] = {}
        self.projects: dict[str, records.Project] = {}
        self.migrations = migrations.MigrationTable()
        self.admin = records.Project(
            project_id=self.new_id(),
            name='admin',
            user_id=self.new_id(),
            user_name='admin',
        )
        # By the name of a cell, and by those of the hosts in it.
        self._ahead: dict[str, int] = {}
        self._zones: dict[str, str] = {}
        self._nodes_by_uuid: dict[str, str] = {}
        self._group_of: dict[str, str] = {}
        self._numbers: dict[str, int] = {}

    def time(self, place: str = '') -> float:
        """Return the time by the clock of a host, or of a cell."""
        return self.clock.time() + self._ahead.get(place, 0)

    def now(self, place: str = '') -> int:
        """Return the time as the database keeps it: in whole seconds."""
        return int(self.time(place))

    def new_uuid(self) -> str:
        """Return a random UUID of version 4."""
        return identifiers.new_uuid(self.rng)

    def new_id(self) -> str:
        """Return a random identifier of the kind that Keystone gives."""
        return self.new_uuid().replace('-', '')

    def next_number(self, table: str) -> int:
        """Return the next number of a table, from 1."""
        with self.lock:
            number = self._numbers.get(table, 0) + 1
            self._numbers[table] = number
            return number

    # Compute nodes.

    def add_node(self, node: records.Node) -> None:
        """Add a hypervisor with its service."""
        with self.lock:
            if node.host in self.nodes:
                raise exceptions.SimulationError(
                    f'The simulated cloud already has a host {node.host}.'
                )
            self.nodes[node.host] = node
            self._nodes_by_uuid[node.uuid] = node.host

    def node(self, host: str) -> records.Node:
        """Return the node of a service's host."""
        try:
            return self.nodes[host]
        except KeyError:
            raise exceptions.SimulationError(
                f'The simulated cloud has no host {host}.'
            ) from None

    def node_by_uuid(self, uuid: str) -> records.Node | None:
        """Return the node with the UUID of its hypervisor."""
        with self.lock:
            host = self._nodes_by_uuid.get(uuid)
            return None if host is None else self.nodes[host]

    def node_by_service(self, uuid: str) -> records.Node | None:
        """Return the node with the UUID of its service."""
        with self.lock:
            for node in self.nodes.values():
                if node.service_uuid == uuid:
                    return node
        return None

    def change_node(self, host: str, **changes: typing.Any) -> records.Node:
        """Change a node or its service; return what it became."""
        with self.lock:
            node = dataclasses.replace(
                self.node(host), updated_at=self.now(), **changes
            )
            self.nodes[host] = node
            return node

    def remove_node(self, host: str) -> None:
        """Remove a node, which no server may need any more."""
        with self.lock:
            node = self.node(host)
            if self.is_needed(host):
                raise exceptions.SimulationError(
                    f'Host {host} still has servers, or servers may return '
                    f'to it: its service cannot be deleted.'
                )
            del self.nodes[host], self._nodes_by_uuid[node.uuid]
            self._zones.pop(host, None)

    def is_needed(self, host: str) -> bool:
        """Return whether a server is on a host, or in a move from or to it."""
        with self.lock:
            if self.servers.on_host(host):
                return True
            return any(
                host in (move.source.host, move.dest and move.dest.host)
                for move in self.migrations.unsettled()
            )

    def usage(self, host: str) -> servers.Usage:
        """Return what the servers of a host take, and what is reserved."""
        with self.lock:
            usage = self.servers.usage(host)
            return dataclasses.replace(
                usage, memory_mb=usage.memory_mb + RESERVED_MEMORY_MB
            )

    # Cells.

    def put_in_cell(
        self,
        cell: str,
        hosts: collections.abc.Iterable[str],
        ahead: int = 0,
    ) -> None:
        """Let hosts, with the servers on them, be in a cell of their own.

        Its clock is ``ahead`` by that many seconds, behind where it is
        negative.  Servers do not move from cell to cell.
        """
        with self.lock:
            self._ahead[cell] = ahead
            for host in hosts:
                node = dataclasses.replace(self.node(host), cell=cell)
                self.nodes[host] = node
                self._ahead[host] = ahead
                for row in self.servers.on_host(host):
                    self.change_server(row.uuid, touch=False, cell=cell)
            spread = [0, *self._ahead.values()]
            self.servers.tolerance = max(
                self.servers.tolerance, max(spread) - min(spread)
            )

    # Zones and aggregates.

    def zone_of(self, host: str) -> str:
        """Return the zone of a host: of its aggregate, or the default."""
        return self._zones.get(host, DEFAULT_ZONE)

    def zone_of_server(self, server: records.Server) -> str | None:
        """Return the zone as Nova's API tells it: that of its host.

        The server's own column, which is what notifications carry, can be
        behind; without a host it is all there is.
        """
        if server.host is None:
            return server.availability_zone
        return self.zone_of(server.host)

    def aggregates_of_zone(self, zone: str) -> list[records.Aggregate]:
        """Return the aggregates that make a zone."""
        with self.lock:
            return [
                aggregate
                for aggregate in self.aggregates.values()
                if aggregate.availability_zone == zone
            ]

    def put_aggregate(self, aggregate: records.Aggregate) -> None:
        """Add an aggregate, or replace the one with its number."""
        with self.lock:
            self.aggregates[aggregate.number] = aggregate
            self._find_zones()

    def remove_aggregate(self, number: int) -> None:
        """Remove an aggregate."""
        with self.lock:
            del self.aggregates[number]
            self._find_zones()

    def aggregate(self, number: int) -> records.Aggregate:
        """Return an aggregate by its number."""
        try:
            return self.aggregates[number]
        except KeyError:
            raise exceptions.SimulationError(
                f'The simulated cloud has no aggregate {number}.'
            ) from None

    def _find_zones(self) -> None:
        self._zones = {
            host: aggregate.availability_zone
            for aggregate in self.aggregates.values()
            if aggregate.availability_zone is not None
            for host in aggregate.hosts
        }

    # Servers.

    def add_server(self, server: records.Server) -> None:
        """Add a new server."""
        with self.lock:
            self.servers.insert(server)

    def server(self, uuid: str) -> records.Server:
        """Return a server that exists."""
        with self.lock:
            return self.servers.get(uuid)

    def change_server(
        self, uuid: str, touch: bool = True, **changes: typing.Any
    ) -> tuple[records.Server, records.Server]:
        """Change a server; return what it was and what it became.

        ``touch`` says whether ``updated_at`` follows: Nova's tags and
        attachments are tables of their own, whose changes leave it alone.
        """
        with self.lock:
            before = self.servers.get(uuid)
            if touch:
                changes['updated_at'] = self.now(before.cell)
            after = dataclasses.replace(before, **changes)
            self.servers.replace(after)
            return before, after

    def destroy_server(self, uuid: str) -> records.Server:
        """Mark a server as deleted; return its last row."""
        with self.lock:
            _, after = self.change_server(
                uuid,
                touch=False,
                deleted=True,
                deleted_at=self.now(self.servers.get(uuid).cell),
                ports=(),
                volumes=(),
                shares=(),
            )
            for move in (
                self.migrations.under_way(uuid),
                self.migrations.undecided(uuid),
            ):
                if move is not None:
                    self.change_migration(move.number, status='error')
            return after

    def archive_deleted(self, age: float) -> int:
        """Forget servers that were deleted more than ``age`` seconds ago.

        So are moves that were over by then.
        """
        with self.lock:
            self.migrations.archive(self.now() - age)
            forgotten = self.servers.archive(self.now() - age)
            if forgotten:
                self._forget_members()
            return forgotten

    def _forget_members(self) -> None:
        gone = [
            uuid for uuid in self._group_of if self.servers.find(uuid) is None
        ]
        for uuid in gone:
            group = self.groups.get(self._group_of.pop(uuid))
            if group is not None:
                members = tuple(one for one in group.members if one != uuid)
                self.groups[group.uuid] = dataclasses.replace(
                    group, members=members
                )

    # Server groups.

    def put_group(self, group: records.ServerGroup) -> None:
        """Add a server group, or replace the one with its UUID."""
        with self.lock:
            self.groups[group.uuid] = group
            for uuid in group.members:
                self._group_of[uuid] = group.uuid

    def group(self, uuid: str) -> records.ServerGroup:
        """Return a server group."""
        try:
            return self.groups[uuid]
        except KeyError:
            raise exceptions.SimulationError(
                f'The simulated cloud has no server group {uuid}.'
            ) from None

    def add_member(self, group: str, server: str) -> records.ServerGroup:
        """Put a server into a group; return what the group became."""
        with self.lock:
            row = self.group(group)
            row = dataclasses.replace(row, members=(*row.members, server))
            self.put_group(row)
            return row

    def remove_group(self, uuid: str) -> None:
        """Remove a server group."""
        with self.lock:
            for member in self.group(uuid).members:
                self._group_of.pop(member, None)
            del self.groups[uuid]

    def group_of(self, server: str) -> records.ServerGroup | None:
        """Return the group that a server is in."""
        with self.lock:
            uuid = self._group_of.get(server)
            return None if uuid is None else self.groups[uuid]

    def members_of(self, group: records.ServerGroup) -> tuple[str, ...]:
        """Return the members of a group that exist."""
        with self.lock:
            rows = (self.servers.find(uuid) for uuid in group.members)
            return tuple(
                row.uuid for row in rows if row is not None and not row.deleted
            )

    # Flavors.

    def put_flavor(self, flavor: records.Flavor) -> None:
        """Add a flavor, or replace the one of its name."""
        with self.lock:
            self.flavors[flavor.name] = flavor

    def flavor(self, name: str) -> records.Flavor:
        """Return a flavor by its name."""
        try:
            return self.flavors[name]
        except KeyError:
            raise exceptions.SimulationError(
                f'The simulated cloud has no flavor {name}.'
            ) from None

    def flavor_by_id(self, flavorid: str) -> records.Flavor | None:
        """Return a flavor by the identifier that the API takes."""
        with self.lock:
            for flavor in self.flavors.values():
                if flavor.flavorid == flavorid:
                    return flavor
        return None

    def remove_flavor(self, name: str) -> None:
        """Remove a flavor; the servers' copies of it stay."""
        with self.lock:
            self.flavor(name)
            del self.flavors[name]

    # Migrations.

    def start_migration(
        self,
        server: records.Server,
        kind: str,
        status: str,
        new_flavor: records.Flavor | None = None,
    ) -> records.Migration:
        """Record that a server's move began."""
        if server.host is None:
            raise exceptions.SimulationError(
                f'Server {server.uuid} is on no host: it cannot be moved.'
            )
        with self.lock:
            migration = records.Migration(
                number=self.next_number('migrations'),
                uuid=self.new_uuid(),
                server=server.uuid,
                kind=kind,
                status=status,
                source=self.node(server.host),
                dest=None,
                old_flavor=server.flavor,
                new_flavor=new_flavor or server.flavor,
                project=server.project,
                created_at=self.now(server.cell),
            )
            self.migrations.put(migration)
            return migration

    def change_migration(
        self, number: int, **changes: typing.Any
    ) -> records.Migration:
        """Change the record of a move; return what it became."""
        with self.lock:
            before = self.migrations.get(number)
            migration = dataclasses.replace(
                before, updated_at=self.now(before.source.host), **changes
            )
            self.migrations.put(migration)
            return migration

    def finished_resize_of(self, server: str) -> records.Migration | None:
        """Return the move of a server that waits to be confirmed."""
        with self.lock:
            return self.migrations.undecided(server)

    def migration_of(self, server: str) -> records.Migration | None:
        """Return the move of a server that is under way."""
        with self.lock:
            return self.migrations.under_way(server)

    # Placement.

    def select_node(
        self,
        flavor: records.Flavor,
        *,
        zone: str | None = None,
        cell: str | None = None,
        exclude: collections.abc.Container[str] = (),
        group: records.ServerGroup | None = None,
    ) -> records.Node | None:
        """Return a random node that takes such a server, as a scheduler.

        Enabled, up, in the zone and the cell, with memory left, and within
        the policy of the group.
        """
        with self.lock:
            wanted, forbidden = self._policy(group)
            for host in self._shuffled(wanted or list(self.nodes)):
                node = self.nodes[host]
                if (
                    host not in exclude
                    and host not in forbidden
                    and (zone is None or self.zone_of(host) == zone)
                    and (cell is None or node.cell == cell)
                    and self._fits(node, flavor)
                ):
                    return node
        return None

    def _policy(
        self, group: records.ServerGroup | None
    ) -> tuple[list[str], frozenset[str]]:
        """Return the only hosts, if any, and the forbidden hosts."""
        if group is None:
            return [], frozenset()
        rows = (self.servers.get(uuid) for uuid in self.members_of(group))
        hosts = {row.host for row in rows if row.host is not None}
        if group.policy == 'affinity':
            return sorted(hosts), frozenset()
        if group.policy == 'anti-affinity':
            return [], frozenset(hosts)
        return [], frozenset()

    def _shuffled(self, hosts: list[str]) -> collections.abc.Iterator[str]:
        while hosts:
            chosen = int(self.rng.random() * len(hosts))
            hosts[chosen], hosts[-1] = hosts[-1], hosts[chosen]
            yield hosts.pop()

    def _fits(self, node: records.Node, flavor: records.Flavor) -> bool:
        taken = self.servers.usage(node.host).memory_mb
        used = taken + RESERVED_MEMORY_MB
        return (
            node.up
            and not node.disabled
            and used + flavor.memory_mb <= node.memory_mb
        )
