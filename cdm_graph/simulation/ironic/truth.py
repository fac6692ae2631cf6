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

"""What a perfect model of Ironic would say.

Written as Nova's is (:mod:`cdm_graph.simulation.nova.truth`): from the
cloud's own state, not from what the API shows of it.
"""

import json
import typing

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import truth as truth_module
from cdm_graph.simulation.ironic import population
from cdm_graph.simulation.ironic import records


def truth(cloud: cloud_module.SimulatedCloud) -> truth_module.Truth:
    """Return what is true of a cloud's machines at this moment."""
    vertices: truth_module.Vertices = {}
    relations: truth_module.Relations = set()
    with cloud.lock:
        for chassis in cloud.metal.chassis.values():
            vertices[chassis.uuid] = {
                'kind': 'Chassis',
                'uuid': chassis.uuid,
                'description': chassis.description or '',
            }
        for machine in cloud.metal.machines.values():
            vertices[_vertex(machine)] = _attributes(machine)
            if machine.chassis is not None:
                relations.add((_vertex(machine), 'PART_OF', machine.chassis))
    return truth_module.Truth(vertices, relations)


def backing(cloud: cloud_module.SimulatedCloud) -> truth_module.Relations:
    """Return which machine each node of Nova's is, where that is said."""
    with cloud.lock:
        return {
            (node.uuid, 'BACKED_BY', _vertex(machine))
            for machine in cloud.metal.machines.values()
            for node in cloud.nodes.values()
            if {node.uuid, node.hostname} & population.host_names(machine)
        }


def _vertex(row: records.Machine) -> str:
    return f'machine/{row.uuid}'


def _attributes(row: records.Machine) -> dict[str, typing.Any]:
    return {
        'kind': 'BaremetalNode',
        'uuid': row.uuid,
        'name': row.name or '',
        'driver': row.driver,
        'resource_class': row.resource_class,
        'power_state': row.power_state,
        'target_power_state': row.target_power_state,
        'provision_state': row.provision_state,
        'target_provision_state': row.target_provision_state,
        'maintenance': row.maintenance,
        'maintenance_reason': row.maintenance_reason,
        'fault': row.fault,
        'instance_uuid': row.instance,
        'chassis_uuid': row.chassis,
        'properties': {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in row.properties.items()
        },
        'created_at': truth_module.moment(row.created_at),
        'updated_at': truth_module.moment(row.updated_at),
    }
