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

from cdm_graph.simulation.ironic import rows
from tests.unit.simulation import support

_ROOT = 'http://ironic'


def test_machines_have_what_a_real_ironic_shows() -> None:
    (real, *_) = support.answers_of_ironic()['nodes']
    cloud = support.metal_cloud()
    for row in cloud.metal.machines.values():
        shown = rows.machine(row, _ROOT)
        assert shown.keys() == real.keys()
        for name in ('links', 'ports', 'states', 'volume'):
            assert [sorted(link) for link in shown[name]] == [
                sorted(link) for link in real[name]
            ]


def test_chassis_have_what_a_real_ironic_shows() -> None:
    (real, *_) = support.answers_of_ironic()['chassis']
    cloud = support.metal_cloud()
    for row in cloud.metal.chassis.values():
        shown = rows.chassis(row, _ROOT)
        assert shown.keys() == real.keys()
        assert len(shown['nodes']) == len(real['nodes'])


def test_times_are_written_with_their_zone() -> None:
    assert rows.written(0) == '1970-01-01T00:00:00+00:00'
    assert rows.written(None) is None
