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

import pytest

from cdm_graph import exceptions
from cdm_graph.simulation import cloud as cloud_module
from tests.support import elements
from tests.unit.simulation import support


@pytest.fixture
def cloud() -> cloud_module.SimulatedCloud:
    return support.metal_cloud()


def test_a_machine_is_found_by_its_uuid_or_name(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    row = support.named_machine(cloud)
    assert cloud.metal.find_machine(row.uuid) == row
    assert cloud.metal.find_machine(str(row.name)) == row
    assert cloud.metal.find_machine('nobody') is None


def test_a_change_dates_the_row(cloud: cloud_module.SimulatedCloud) -> None:
    uuid = support.named_machine(cloud).uuid
    row = cloud.metal.change_machine(uuid, reservation='controller')
    assert row.updated_at == cloud.metal.now()
    assert cloud.metal.machine(uuid) == row


def test_what_is_not_there_is_told(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    gone = elements.uuid(1)
    with pytest.raises(exceptions.SimulationError, match='no bare machine'):
        cloud.metal.change_machine(gone, name='x')
    with pytest.raises(exceptions.SimulationError, match='no bare machine'):
        cloud.metal.remove_machine(gone)
    with pytest.raises(exceptions.SimulationError, match='no chassis'):
        cloud.metal.remove_chassis(gone)


def test_a_chassis_with_machines_stays(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    chassis = next(iter(cloud.metal.chassis))
    with pytest.raises(exceptions.SimulationError, match='contains machines'):
        cloud.metal.remove_chassis(chassis)
    for row in list(cloud.metal.machines.values()):
        cloud.metal.remove_machine(row.uuid)
    assert cloud.metal.remove_chassis(chassis).uuid == chassis
