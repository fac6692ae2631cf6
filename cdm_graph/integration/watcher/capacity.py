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

"""Capacity: what a node offers, with what is reserved and overcommitted."""

import dataclasses
import typing

from cdm_graph.model import schema


@dataclasses.dataclass(frozen=True, slots=True)
class Inventory:
    """What Placement knows of one resource of a node."""

    total: int
    reserved: int = 0
    ratio: float = 1.0


@dataclasses.dataclass(frozen=True, slots=True)
class Capacity:
    """What a node offers of each resource."""

    vcpus: Inventory
    memory_mb: Inventory
    disk_gb: Inventory

    @classmethod
    def of(cls, node: schema.ComputeNode) -> typing.Self:
        """Return what a node has, all of it and once."""
        return cls(
            Inventory(node.vcpus),
            Inventory(node.memory_mb),
            Inventory(node.disk_gb),
        )
