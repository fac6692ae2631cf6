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

"""What Placement answers: inventories that are drawn by UUID.

The simulated cloud has no Placement.
"""

import collections.abc
import contextlib
import typing
from unittest import mock

import os_resource_classes
from watcher.common import placement_helper

from cdm_graph.simulation import records
from tests.watcher import draws

_RATIOS: typing.Final = (0.5, 1.0, 1.5, 4.0)
_RESERVED: typing.Final = (0, 2)


class Placement:
    """The inventories of some nodes."""

    def __init__(
        self, seed: int, nodes: collections.abc.Iterable[records.Node]
    ) -> None:
        self._seed = seed
        self._nodes = {node.uuid: node for node in nodes}

    def get_inventories(
        self, uuid: str
    ) -> dict[str, placement_helper.Inventory] | None:
        node = self._nodes.get(uuid)
        if node is None:
            return None
        totals = {
            os_resource_classes.VCPU: node.vcpus,
            os_resource_classes.MEMORY_MB: node.memory_mb,
            os_resource_classes.DISK_GB: node.disk_gb,
        }
        return {
            name: self._inventory(uuid, name, total)
            for name, total in totals.items()
        }

    def _inventory(
        self, uuid: str, name: str, total: int
    ) -> placement_helper.Inventory:
        drawn = draws.share(self._seed, uuid, name)
        return placement_helper.Inventory(
            total=total,
            reserved=_RESERVED[int(drawn * 100) % len(_RESERVED)],
            min_unit=1,
            max_unit=total,
            step_size=1,
            allocation_ratio=_RATIOS[int(drawn * len(_RATIOS))],
        )

    @contextlib.contextmanager
    def standing_in(self) -> collections.abc.Iterator[None]:
        """Have Watcher's code ask this one."""
        with mock.patch.object(
            placement_helper,
            'PlacementHelper',
            autospec=True,
            return_value=self,
        ):
            yield
