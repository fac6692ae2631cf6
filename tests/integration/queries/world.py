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

"""Four regions for one database: clouds, and what is odd in one.

Hosts, flavors and zones have the same names in two, and one server has the
same UUID; so have back ends and pools.  Of the third no Cinder is read, and
in the fourth only Cinder has more than one zone.
"""

import collections.abc
import functools
import typing

from cdm_graph.model import schema
from cdm_graph.model import snapshot
from cdm_graph.simulation.cinder import population as cinder_population
from cdm_graph.simulation.nova import population as nova_population
from tests.benchmark import clouds
from tests.integration.queries import metal
from tests.integration.queries import storage
from tests.support import clock
from tests.support import elements

ONE: typing.Final = 'one'
TWO: typing.Final = 'Zwei 2'
THREE: typing.Final = 'three'
FOUR: typing.Final = 'four'
#: UUIDs of servers in both regions, and of some that are told apart by it.
IN_BOTH: typing.Final = elements.uuid(100)
EVACUATED: typing.Final = 'node-1'
OVERFULL: typing.Final = 'node-2'
SAME_NAME: typing.Final = 'node-twice'
RED: typing.Final = 'red'
VM: typing.Final = elements.uuid(110)
MIGRATING: typing.Final = elements.uuid(111)
ODD_KEY: typing.Final = 'a=b%3D'
ODD_NAME: typing.Final = 'Ünïcode \U0001f600 \'"`$x\\'


@functools.cache
def models() -> dict[str, snapshot.Snapshot]:
    """Return read-only snapshots of the regions, by name."""
    with_cinder = nova_population.new_cloud(12, 300, 1, clock.FakeClock())
    cinder_population.furnish(with_cinder, 3, 40)
    first = [
        *clouds.of_cloud(with_cinder),
        *clouds.of_storage(with_cinder),
        *_oddities(),
        *storage.elements_of_one(),
        *metal.elements_of_one(),
    ]
    second = [
        *clouds.of_cloud(
            nova_population.new_cloud(4, 60, 2, clock.FakeClock())
        ),
        elements.instance(100, name='the other', volumes=_uuids(603)),
        *storage.elements_of_another(),
        *metal.elements_of_another(),
    ]
    third = [elements.instance(100, volumes=_uuids(301))]
    fourth = [
        elements.node(1),
        _on(1001, 1, project_id=RED),
        _on(1002, 1, project_id=RED),
        schema.StorageNode(host=storage.CEPH, availability_zone='of Cinder'),
    ]
    return {
        ONE: _model(first),
        TWO: _model(second),
        THREE: _model(third),
        FOUR: _model(fourth),
    }


def _model(several: list[schema.Element]) -> snapshot.Snapshot:
    return clouds.model(several).snapshot(read_only=True)


def _oddities() -> collections.abc.Iterator[schema.Element]:
    yield from _hosts()
    yield from _flavors()
    yield from _instances()
    yield from _groups()


def _node(number: int, **facts: typing.Any) -> schema.ComputeNode:
    return elements.node(number, hypervisor_type='QEMU', **facts)


def _hosts() -> collections.abc.Iterator[schema.Element]:
    yield _node(1)
    yield _node(2, vcpus=1, memory_mb=1024, disk_gb=5)
    yield _node(3, status='disabled', disabled_reason='broken fan')
    yield _node(4, state='down', hypervisor_version=8002000)
    yield _node(5, forced_down=True, status='disabled')
    # As Ironic's are: one name on two hosts.
    yield _node(6, hostname=SAME_NAME)
    yield _node(7, hostname=SAME_NAME)
    # Nova counts the same as the model does.
    yield _node(8, vcpus_used=2, memory_mb_used=2048 + 512)
    yield _node(9, vcpus=3, memory_mb=9000, disk_gb=50)
    yield _node(10)
    # Bare machines are behind these; two have one name.
    yield _node(14)
    yield _node(15)
    yield _node(16, hostname=metal.SAME_NAME)
    yield _node(17, hostname=metal.SAME_NAME)
    yield elements.aggregate(
        201, name='rack', hosts=('host-1', 'host-9'), availability_zone='odd'
    )
    yield elements.aggregate(202, name='empty')
    yield elements.aggregate(
        203, name='rack', hosts=('host-1', 'host-2', 'host-8')
    )
    yield elements.aggregate(
        204,
        name='odd too',
        hosts=tuple(f'host-{number}' for number in range(2, 9)),
        availability_zone='odd',
    )


def _flavors() -> collections.abc.Iterator[schema.Element]:
    facts: dict[str, typing.Any] = {'vcpus': 3, 'memory_mb': 1000}
    yield elements.flavor('unused', **facts, swap_mb=1, disk_gb=7)
    yield elements.flavor('disabled', **facts, disabled=True)
    yield elements.flavor('without vcpus', memory_mb=1)
    yield elements.flavor('private', **facts, is_public=False)
    yield elements.flavor("Größe '1'", **facts)


def _on(number: int, host: int, **facts: typing.Any) -> schema.Instance:
    return elements.instance(
        number, host=f'host-{host}', node=f'node-{host}', **facts
    )


def _instances() -> collections.abc.Iterator[schema.Element]:
    red = {'project_id': RED}
    yield _on(100, 1, name=ODD_NAME, metadata={ODD_KEY: 'c=d', 'x': ''}, **red)
    yield _on(101, 1, locked=True, volumes=_uuids(301), tags=('a', 'ä'))
    yield _on(102, 2, vcpus=9, swap_mb=1025, image_id=None, **red)
    yield _on(103, 2, image_id='', ports=('fa:16:3e:00:00:01',))
    yield _on(104, 3, locked=True, locked_reason='rack', **red)
    yield _on(105, 4, shares=_uuids(401), volumes=_uuids(301, 302))
    yield _on(106, 5, shares=_uuids(401), ports=('fa:16:3e:00:00:01',))
    # The hosts of one name.
    yield elements.instance(107, node=SAME_NAME, host='host-6', **red)
    yield elements.instance(108, node=SAME_NAME, host='host-7', **red)
    yield elements.instance(109, node=SAME_NAME, host='host-6')
    yield _on(110, 1, vcpus=3, memory_mb=5000, ephemeral_gb=9, swap_mb=1024)
    moving = {'task_state': 'migrating', 'created_at': elements.moment(5)}
    yield _on(111, 1, migrating_to='host-9', **moving)
    yield _on(112, 8, migrating_to='nowhere', **moving)
    yield _on(113, 1, migrating_to='host-1', task_state='resize_prep')
    # Orphans and placeholders.
    yield elements.instance(120, node='gone', host='gone-host', **red)
    yield elements.instance(121, node=SAME_NAME, host='elsewhere')
    yield elements.instance(122, host='only-a-host')
    yield elements.instance(
        123,
        vm_state='building',
        task_state='scheduling',
        flavor_name='was deleted',
        updated_at=None,
    )
    yield _on(124, 9, flavor_name='was deleted', vm_state='error')
    yield _on(125, 9, flavor_name='private', project_id='blue')
    yield _on(126, 1, project_id='blue', availability_zone='other')
    # Pinned: to where it is, to somewhere else, to somewhere while nowhere.
    yield _on(127, 1, pinned_availability_zone='odd')
    yield _on(128, 1, pinned_availability_zone='gone', **red)
    yield elements.instance(129, pinned_availability_zone='odd')
    # More than one thing is not known of one server.
    yield elements.instance(
        130, node='gone', migrating_to='nowhere', flavor_name='was deleted'
    )
    # A placeholder that is the node itself, by its service's name.
    yield _on(131, 9, migrating_to='host-9', flavor_name='m1.small')
    # Users of the volumes in storage.py.
    yield _on(132, 9, volumes=_uuids(601, 602, 603, 620), **red)
    yield _on(133, 9, volumes=_uuids(603, 604), project_id='blue')
    # They run on the machines in metal.py.
    yield _on(134, 14, **red)
    yield _on(135, 15, project_id='green')


def _uuids(*numbers: int) -> tuple[str, ...]:
    return tuple(map(elements.uuid, numbers))


def _groups() -> collections.abc.Iterator[schema.Element]:
    apart, together = 'anti-affinity', 'affinity'
    two = {'max_server_per_host': '2'}
    yield elements.group(501, policy=apart, members=_uuids(100, 101, 102))
    yield elements.group(502, policy=apart, members=_uuids(100, 102, 104))
    yield elements.group(
        503, policy=apart, members=_uuids(100, 101, 110), rules=two
    )
    yield elements.group(
        504, policy=apart, members=_uuids(100, 101, 102), rules=two
    )
    yield elements.group(505, policy=together, members=_uuids(102, 103))
    yield elements.group(
        506, policy=together, members=_uuids(107, 108, 109, 120, 999)
    )
    yield elements.group(507, policy=f'soft-{apart}', members=_uuids(102, 103))
    yield elements.group(
        508, policy=f'soft-{together}', members=_uuids(104, 105)
    )
    yield elements.group(509, policy=apart)
    yield elements.group(510)
    # One of them is on its way to where another one could go.
    yield elements.group(511, policy=apart, members=_uuids(111, 126))
    yield elements.group(
        512, policy=together, members=_uuids(110, 126), project_id=RED
    )
    # All of it is in one chassis; of the other a part.
    yield elements.group(513, policy=apart, members=_uuids(134, 135))
    yield elements.group(514, policy=apart, members=_uuids(100, 135))
