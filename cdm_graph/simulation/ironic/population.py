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

"""Gives a cloud its bare machines: those of some hosts, and spare ones.

Which host a machine is, is said in each of the ways in which it is said of
real ones: by its name, by the name of the hypervisor that an operator wrote
down, or by its UUID.
"""

import typing

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import records
from cdm_graph.simulation.ironic import records as ironic_records

_DAY: typing.Final = 86_400
_AGE: typing.Final = 100 * _DAY
#: Machines in a chassis, but for the last one.
_IN_CHASSIS: typing.Final = 4
#: Of so many machines one is no host of Nova's.
_SPARE: typing.Final = 5
#: Where operators write which hypervisor a machine is.
HYPERVISOR: typing.Final = 'compute_node_id'
_CLASSES: typing.Final = ('baremetal', 'baremetal-large')
_REASON: typing.Final = 'memory to be replaced'


def furnish(cloud: cloud_module.SimulatedCloud, machines: int) -> None:
    """Give a cloud that many machines; without any it has no Ironic."""
    with cloud.lock:
        nodes = iter(cloud.nodes.values())
        for number in range(machines):
            is_spare = number % _SPARE == _SPARE - 1
            node = None if is_spare else next(nodes, None)
            cloud.metal.put_machine(_new_machine(cloud, number, node))


def host_names(row: ironic_records.Machine) -> frozenset[str]:
    """Return which names and UUIDs the host has that is this machine."""
    names = {row.uuid, row.name, row.extra.get(HYPERVISOR)}
    return frozenset(name for name in names if name)


def _new_machine(
    cloud: cloud_module.SimulatedCloud,
    number: int,
    node: records.Node | None,
) -> ironic_records.Machine:
    metal = cloud.metal
    born = cloud.now() - _AGE
    hardware = metal.rng.choice((16, 32, 64))
    worked_on = node is None and metal.rng.random() < 0.5
    return ironic_records.Machine(
        uuid=metal.new_uuid(),
        name=_name(number, node),
        chassis=_chassis(cloud, number),
        resource_class=metal.rng.choice(_CLASSES),
        power_state='power off' if node is None else 'power on',
        provision_state='available' if node is None else 'active',
        maintenance=worked_on,
        maintenance_reason=_REASON if worked_on else None,
        properties={
            'cpu_arch': 'x86_64',
            'cpus': hardware,
            'memory_mb': str(hardware * 4096),
        },
        extra=_extra(number, node),
        created_at=born,
        updated_at=None if node is None else born + _DAY,
        provisioned_at=None if node is None else born + _DAY,
    )


def _name(number: int, node: records.Node | None) -> str | None:
    """Return the host's name, one of its own, or none."""
    if node is not None and number % 3 == 0:
        return node.hostname
    return None if number % 7 == 6 else f'machine-{number + 1:04}'


def _extra(number: int, node: records.Node | None) -> ironic_records.Values:
    if node is None or number % 3 == 0:
        return {}
    told = node.uuid if number % 3 == 1 else node.hostname
    return {HYPERVISOR: told}


def _chassis(cloud: cloud_module.SimulatedCloud, number: int) -> str:
    """Return the chassis that a machine is in, the newest one."""
    metal = cloud.metal
    if number % _IN_CHASSIS == 0:
        metal.put_chassis(
            ironic_records.Chassis(
                uuid=metal.new_uuid(),
                description=f'rack {number // _IN_CHASSIS + 1}',
                created_at=cloud.now() - _AGE,
            )
        )
    return next(reversed(metal.chassis))
