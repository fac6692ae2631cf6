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

import dataclasses

from cdm_graph.simulation.cinder import truth as cinder_truth
from cdm_graph.simulation.ironic import population
from cdm_graph.simulation.ironic import truth as ironic_truth
from cdm_graph.simulation.nova import truth as nova_truth
from tests.unit.simulation import support


def test_the_seed_makes_the_machines() -> None:
    one, same = support.metal_cloud(), support.metal_cloud()
    other = support.metal_cloud(seed=2)
    assert one.metal.machines == same.metal.machines
    assert one.metal.chassis == same.metal.chassis
    assert one.metal.machines.keys().isdisjoint(other.metal.machines)


def test_machines_leave_the_rest_of_a_cloud_as_the_seed_made_it() -> None:
    plain, metal = support.stored_cloud(), support.stored_cloud()
    population.furnish(metal, 15)
    assert nova_truth.truth(metal) == nova_truth.truth(plain)
    assert cinder_truth.truth(metal) == cinder_truth.truth(plain)
    assert metal.new_uuid() == plain.new_uuid()
    assert metal.storage.new_uuid() == plain.storage.new_uuid()


def test_without_machines_there_is_no_ironic() -> None:
    cloud = support.metal_cloud(machines=0)
    assert not cloud.metal.machines
    assert not cloud.metal.chassis


def test_some_machines_are_hosts_and_some_are_spare() -> None:
    cloud = support.metal_cloud(machines=40)
    machines = cloud.metal.machines.values()
    backing = ironic_truth.backing(cloud)
    assert {node for node, _, _ in backing} == {
        node.uuid for node in cloud.nodes.values()
    }
    assert len(backing) == len(cloud.nodes) < len(machines)
    assert {row.provision_state for row in machines} == {
        'active',
        'available',
    }
    assert {row.maintenance for row in machines} == {True, False}


def test_each_way_to_say_which_host_it_is_occurs() -> None:
    cloud = support.metal_cloud()
    uuids = {node.uuid for node in cloud.nodes.values()}
    hostnames = {node.hostname for node in cloud.nodes.values()}
    names = {row.name for row in cloud.metal.machines.values()}
    told = {
        row.extra.get(population.HYPERVISOR)
        for row in cloud.metal.machines.values()
    }
    assert names & hostnames
    assert told & uuids
    assert told & hostnames
    assert None in names


def test_a_host_is_called_as_its_machine_says() -> None:
    cloud = support.metal_cloud()
    row = support.named_machine(cloud)
    assert population.host_names(row) >= {row.uuid, row.name}
    extra = {population.HYPERVISOR: 'alpha'}
    told = dataclasses.replace(row, name=None, extra=extra)
    assert population.host_names(told) == {row.uuid, 'alpha'}
