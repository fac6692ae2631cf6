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

"""What a simulated cloud holds at the start, made from its seed.

A cloud as one meets it: three zones beside the default one, aggregates that
overlap them, flavors with and without extra specs, most servers running and
some in every other state of rest, a few groups, metadata, tags and locks.
A small share of the hosts stays empty, as spares do.
"""

import bisect
import collections
import itertools
import random
import typing

from cdm_graph import exceptions
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import records

_ZONES: typing.Final = ('az1', 'az2', 'az3')
#: Name, vCPUs, memory, root, ephemeral, swap, extra specs, share of servers.
_FLAVORS: typing.Final[
    tuple[tuple[str, int, int, int, int, int, dict[str, str], int], ...]
] = (
    ('m1.tiny', 1, 512, 1, 0, 0, {}, 15),
    ('m1.small', 1, 2048, 20, 0, 0, {}, 35),
    ('m1.medium', 2, 4096, 40, 0, 0, {}, 25),
    ('m1.large', 4, 8192, 80, 0, 0, {}, 12),
    ('m1.xlarge', 8, 16384, 160, 0, 0, {}, 3),
    ('c1.pinned', 4, 4096, 20, 0, 0, {'hw:cpu_policy': 'dedicated'}, 5),
    ('d1.local', 2, 4096, 20, 100, 1536, {}, 5),
)
#: State, power, share of servers.
_STATES: typing.Final[tuple[tuple[str, records.PowerState, int], ...]] = (
    ('active', records.PowerState.RUNNING, 905),
    ('stopped', records.PowerState.SHUTDOWN, 60),
    ('paused', records.PowerState.PAUSED, 10),
    ('suspended', records.PowerState.SUSPENDED, 5),
    ('shelved_offloaded', records.PowerState.SHUTDOWN, 10),
    ('rescued', records.PowerState.SHUTDOWN, 2),
    ('error', records.PowerState.PENDING, 8),
)
_DAY: typing.Final = 86_400
#: The oldest server was created this long before the cloud began.
_HISTORY: typing.Final = 90 * _DAY
_SPARE_EACH: typing.Final = 50
#: Of the servers with a network, this share has no port, or even two.
_WITHOUT_PORT: typing.Final = 0.03
_WITH_TWO_PORTS: typing.Final = 0.1
#: Of the servers that boot from an image, this share has a volume.
_WITH_VOLUME: typing.Final = 0.05
#: This share of the servers was asked for in a zone, one in which it can be
#: moved; a few are elsewhere all the same.
_PINNED: typing.Final = 0.1
_ELSEWHERE: typing.Final = 0.004
_ROOMY: typing.Final = 3
NODE_MEMORY_MB: typing.Final = 1_048_576

#: What servers are commonly labelled with.
METADATA: typing.Final[tuple[records.Strings, ...]] = (
    {'tier': 'web'},
    {'tier': 'database', 'backup': 'daily'},
    {'owner': 'operations'},
)
TAGS: typing.Final = ('blue', 'green', 'production', 'staging')
POLICIES: typing.Final = (
    'anti-affinity',
    'affinity',
    'soft-anti-affinity',
    'soft-affinity',
)


def new_cloud(
    hosts: int, instances: int, seed: int, clock: cloud_module.Clock
) -> cloud_module.SimulatedCloud:
    """Return a cloud with that many hosts and servers.

    :raises cdm_graph.exceptions.SimulationError: if there are servers, but
        no hosts
    """
    if instances and not hosts:
        raise exceptions.SimulationError(
            f'A simulated cloud without hosts cannot have {instances} '
            f'instances; give it at least one host.'
        )
    cloud = cloud_module.SimulatedCloud(seed, clock)
    began = cloud.now() - _HISTORY
    _add_projects(cloud, instances)
    _add_images(cloud, began)
    _add_flavors(cloud, began)
    _add_nodes(cloud, hosts, instances, began)
    _add_aggregates(cloud, began)
    _Servers(cloud, began).add(instances)
    _add_groups(cloud, instances)
    return cloud


def host_name(number: int) -> str:
    """Return the name of the host with that number."""
    return f'compute-{number:05}'


def new_node(
    cloud: cloud_module.SimulatedCloud, memory_mb: int, created_at: int
) -> records.Node:
    """Return another node, not yet added."""
    number = cloud.next_number('nodes')
    host = host_name(number)
    return records.Node(
        number=number,
        uuid=cloud.new_uuid(),
        hostname=f'{host}.cloud.test',
        host=host,
        service_uuid=cloud.new_uuid(),
        vcpus=96,
        memory_mb=memory_mb,
        disk_gb=65_536,
        created_at=created_at,
        updated_at=cloud.now(),
    )


def _add_projects(cloud: cloud_module.SimulatedCloud, instances: int) -> None:
    for number in range(1, max(3, min(500, instances // 100)) + 1):
        project = records.Project(
            project_id=cloud.new_id(),
            name=f'project-{number:03}',
            user_id=cloud.new_id(),
            user_name=f'user-{number:03}',
        )
        cloud.projects[project.project_id] = project


def _add_images(cloud: cloud_module.SimulatedCloud, began: int) -> None:
    for name in ('debian-13', 'ubuntu-26.04', 'cirros'):
        image = records.Image(
            uuid=cloud.new_uuid(),
            name=name,
            owner=cloud.admin.project_id,
            created_at=began,
        )
        cloud.images[image.uuid] = image


def _add_flavors(cloud: cloud_module.SimulatedCloud, began: int) -> None:
    for name, vcpus, memory, root, ephemeral, swap, specs, _ in _FLAVORS:
        cloud.put_flavor(
            records.Flavor(
                number=cloud.next_number('flavors'),
                flavorid=cloud.new_uuid(),
                name=name,
                vcpus=vcpus,
                memory_mb=memory,
                root_gb=root,
                ephemeral_gb=ephemeral,
                swap_mb=swap,
                extra_specs=specs,
                created_at=began,
            )
        )


def _add_nodes(
    cloud: cloud_module.SimulatedCloud,
    hosts: int,
    instances: int,
    began: int,
) -> None:
    crowded = 1 + instances // max(1, hosts * 125)
    for _ in range(hosts):
        cloud.add_node(new_node(cloud, NODE_MEMORY_MB * crowded, began))


def _add_aggregates(cloud: cloud_module.SimulatedCloud, began: int) -> None:
    hosts = list(cloud.nodes)
    chunk = max(1, len(hosts) * 3 // 10)
    wanted: list[tuple[str, records.Strings, list[str]]] = [
        (f'zone-{zone}', {'availability_zone': zone}, part)
        for zone, part in zip(
            _ZONES,
            (hosts[n * chunk : (n + 1) * chunk] for n in range(3)),
            strict=True,
        )
    ]
    wanted.append(('ssd', {'ssd': 'true'}, hosts[::3]))
    wanted.append(('gpu', {'gpu': 'a100', 'rack': 'r7'}, hosts[1::10]))
    for name, metadata, members in wanted:
        cloud.put_aggregate(
            records.Aggregate(
                number=cloud.next_number('aggregates'),
                uuid=cloud.new_uuid(),
                name=name,
                metadata=metadata,
                hosts=tuple(members),
                created_at=began,
                updated_at=began,
            )
        )


class _Chooser(typing.NamedTuple):
    """Draws positions by their shares; quicker than ``random.choices``."""

    totals: list[int]

    @classmethod
    def of(cls, shares: list[int]) -> '_Chooser':
        return cls(list(itertools.accumulate(shares)))

    def draw(self, rng: random.Random) -> int:
        return bisect.bisect(self.totals, rng.random() * self.totals[-1])


class _Servers:
    """Makes the servers that are there from the start."""

    def __init__(self, cloud: cloud_module.SimulatedCloud, began: int) -> None:
        self._cloud = cloud
        self._began = began
        self._rng = cloud.rng
        self._projects = list(cloud.projects.values())
        self._flavors = [cloud.flavors[row[0]] for row in _FLAVORS]
        self._flavor = _Chooser.of([row[-1] for row in _FLAVORS])
        self._state = _Chooser.of([row[-1] for row in _STATES])
        self._images = ['', *cloud.images]
        self._devices = cloud.devices
        hosts = list(cloud.nodes)
        spares = len(hosts) // _SPARE_EACH
        self._nodes = [
            cloud.nodes[host] for host in hosts[: len(hosts) - spares]
        ]
        sizes = collections.Counter(map(cloud.zone_of, hosts))
        self._zones = [each for each in _ZONES if sizes[each] >= _ROOMY]

    def add(self, instances: int) -> None:
        """Add that many servers, the oldest first."""
        servers = self._cloud.servers
        for number in range(1, instances + 1):
            born = self._began + _HISTORY * number // (instances + 1)
            servers.insert(self._server(number, born))

    def _server(self, number: int, born: int) -> records.Server:
        rng = self._rng
        flavor = self._flavors[self._flavor.draw(rng)]
        state, power, _ = _STATES[self._state.draw(rng)]
        node = None
        if state not in ('shelved_offloaded', 'error'):
            node = self._nodes[int(rng.random() * len(self._nodes))]
        name = f'vm-{number:06}'
        seldom = rng.random()
        uuid = self._cloud.new_uuid()
        project = self._projects[int(rng.random() * len(self._projects))]
        image = self._images[int(rng.random() * len(self._images))]
        zone = None if node is None else self._cloud.zone_of(node.host)
        return records.Server(
            number=number,
            uuid=uuid,
            display_name=name,
            hostname=name,
            project=project,
            flavor=flavor,
            image=image,
            host=None if node is None else node.host,
            node=None if node is None else node.hostname,
            availability_zone=zone,
            pinned_zone=self._pinned(zone, seldom * 7 % 1),
            vm_state=state,
            power_state=power,
            locked=seldom < 0.01,
            locked_reason='maintenance' if seldom < 0.005 else None,
            metadata=(
                METADATA[int(seldom * 1000) % len(METADATA)]
                if seldom > 0.9
                else records.NO_STRINGS
            ),
            tags=(
                (TAGS[int(seldom * 1000) % len(TAGS)],)
                if seldom > 0.95
                else ()
            ),
            ports=() if state == 'error' else self._ports(),
            volumes=self._volumes(image),
            created_at=born,
            launched_at=None if state == 'error' else born + 9,
            updated_at=born + 10,
        )

    def _pinned(self, zone: str | None, drawn: float) -> str | None:
        """Return the zone that a server must not leave, if any.

        :param zone: that of its host
        :param drawn: by chance, from 0 to 1
        """
        if drawn < _ELSEWHERE:
            return next((each for each in self._zones if each != zone), None)
        return zone if drawn < _PINNED and zone in self._zones else None

    def _ports(self) -> tuple[records.Port, ...]:
        drawn = self._devices.rng.random()
        if drawn < _WITHOUT_PORT:
            return ()
        if drawn < _WITHOUT_PORT + _WITH_TWO_PORTS:
            return self._devices.port(), self._devices.port()
        return (self._devices.port(),)

    def _volumes(self, image: str) -> tuple[records.Volume, ...]:
        if not image:
            return (self._devices.root_volume(),)
        if self._devices.rng.random() < _WITH_VOLUME:
            return (self._devices.volume(()),)
        return ()


def _add_groups(cloud: cloud_module.SimulatedCloud, instances: int) -> None:
    rng = cloud.rng
    for number, first in enumerate(range(1, instances - 3, 400), start=1):
        members = [
            row
            for row in map(cloud.servers.at, range(first, first + 3))
            if row is not None
        ]
        cloud.put_group(
            records.ServerGroup(
                number=cloud.next_number('groups'),
                uuid=cloud.new_uuid(),
                name=f'group-{number:04}',
                # Soft: where the servers already are must break no rule.
                policy=POLICIES[2 + number % 2],
                project=members[0].project,
                members=tuple(
                    row.uuid for row in members[: 1 + int(rng.random() * 3)]
                ),
            )
        )
