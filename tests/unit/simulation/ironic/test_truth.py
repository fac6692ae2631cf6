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

from cdm_graph.simulation.ironic import truth
from tests.unit.simulation import support


def test_the_truth_follows_what_happens() -> None:
    cloud = support.metal_cloud()
    row = support.named_machine(cloud)
    vertex = f'machine/{row.uuid}'
    before = truth.truth(cloud)
    assert before.vertices[vertex]['chassis_uuid'] == row.chassis
    assert (vertex, 'PART_OF', row.chassis) in before.relations
    cloud.metal.change_machine(row.uuid, chassis=None, power_state=None)
    after = truth.truth(cloud)
    assert after.vertices[vertex]['power_state'] is None
    assert (vertex, 'PART_OF', row.chassis) not in after.relations
    cloud.metal.remove_machine(row.uuid)
    assert vertex not in truth.truth(cloud).vertices


def test_properties_are_texts() -> None:
    cloud = support.metal_cloud()
    row = support.named_machine(cloud)
    cloud.metal.change_machine(row.uuid, properties={'cpus': 8, 'a': 'b'})
    told = truth.truth(cloud).vertices[f'machine/{row.uuid}']
    assert told['properties'] == {'cpus': '8', 'a': 'b'}
