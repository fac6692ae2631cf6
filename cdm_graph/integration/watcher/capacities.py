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

"""Capacities: what Placement says that nodes offer.

The model has what Nova tells of a node.  What is reserved of it, and how far
it may be overcommitted, is known to Placement alone, and strategies reckon
with it; so it is read there, with Watcher's own client and credentials.  It
changes when an operator changes it: a node is read when it is first looked
at, and all known ones again once a period.
"""

import collections.abc
import threading
import typing

import os_resource_classes
from watcher.common import placement_helper

from cdm_graph.integration.watcher import capacity
from cdm_graph.model import schema

#: Returns the inventories of a resource provider; none if it has no answer.
_Read = collections.abc.Callable[
    [str], collections.abc.Mapping[str, typing.Any] | None
]


class Capacities:
    """What all nodes offer, as of the last look at each.

    It is shared by all models, and thread-safe.

    :param read: asks Placement; Watcher's client by default
    """

    def __init__(self, read: _Read | None = None) -> None:
        self._read = read
        self._known: dict[str, capacity.Capacity] = {}
        self._lock = threading.Lock()

    def of(self, node: schema.ComputeNode) -> capacity.Capacity:
        """Return what a node offers; what Nova tells, failing Placement."""
        known = self._known.get(node.uuid)
        return known or self._look_at(node)

    def refresh(
        self, nodes: collections.abc.Iterable[schema.ComputeNode]
    ) -> None:
        """Read all nodes anew, and forget those that are no more.

        What was known of one that Placement does not tell of now holds on.
        """
        current = {node.uuid: node for node in nodes}
        for node in current.values():
            self._look_at(node)
        with self._lock:
            for uuid in self._known.keys() - current.keys():
                del self._known[uuid]

    def _look_at(self, node: schema.ComputeNode) -> capacity.Capacity:
        told = self._inventories(node.uuid)
        with self._lock:
            if not told and node.uuid in self._known:
                return self._known[node.uuid]
            found = _capacity(node, told or {})
            self._known[node.uuid] = found
        return found

    def _inventories(
        self, uuid: str
    ) -> collections.abc.Mapping[str, typing.Any] | None:
        if self._read is None:
            self._read = placement_helper.PlacementHelper().get_inventories
        return self._read(uuid)


def _capacity(
    node: schema.ComputeNode, told: collections.abc.Mapping[str, typing.Any]
) -> capacity.Capacity:
    own = capacity.Capacity.of(node)
    return capacity.Capacity(
        _inventory(told.get(os_resource_classes.VCPU), own.vcpus),
        _inventory(told.get(os_resource_classes.MEMORY_MB), own.memory_mb),
        _inventory(told.get(os_resource_classes.DISK_GB), own.disk_gb),
    )


def _inventory(
    told: typing.Any, own: capacity.Inventory
) -> capacity.Inventory:
    if told is None:
        return own
    return capacity.Inventory(told.total, told.reserved, told.allocation_ratio)
