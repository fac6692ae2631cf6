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

import typing

from watcher.common import placement_helper

from cdm_graph.integration.watcher import capacities
from cdm_graph.integration.watcher import capacity
from tests.support import elements

_NODE = elements.node(1)


class _Placement:
    """Knows of one resource, while it answers."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = True
        self.ratio = 4.0

    def read(self, uuid: str) -> dict[str, typing.Any] | None:
        self.asked.append(uuid)
        if not self.answers:
            return None
        return {
            'VCPU': placement_helper.Inventory(
                total=30,
                reserved=2,
                min_unit=1,
                max_unit=30,
                step_size=1,
                allocation_ratio=self.ratio,
            )
        }


def test_placement_goes_before_what_nova_tells() -> None:
    offered = capacities.Capacities(_Placement().read).of(_NODE)
    assert offered.vcpus == capacity.Inventory(30, 2, 4.0)
    assert offered.memory_mb == capacity.Inventory(65536)
    assert offered.disk_gb == capacity.Inventory(1000)


def test_a_node_is_read_once_a_period() -> None:
    placement = _Placement()
    known = capacities.Capacities(placement.read)
    known.of(_NODE)
    known.of(_NODE)
    assert placement.asked == [_NODE.uuid]
    placement.ratio = 2.0
    known.refresh([_NODE])
    assert known.of(_NODE).vcpus.ratio == 2.0


def test_without_an_answer_what_was_known_holds() -> None:
    placement = _Placement()
    known = capacities.Capacities(placement.read)
    known.of(_NODE)
    placement.answers = False
    known.refresh([_NODE])
    assert known.of(_NODE).vcpus.ratio == 4.0
    assert known.of(elements.node(2)) == capacity.Capacity.of(elements.node(2))


def test_what_is_no_more_is_forgotten() -> None:
    placement = _Placement()
    known = capacities.Capacities(placement.read)
    known.of(_NODE)
    known.refresh([])
    known.of(_NODE)
    assert len(placement.asked) == 2
