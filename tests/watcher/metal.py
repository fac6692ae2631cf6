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

"""Which hosts are powered on: what stands in for Ironic."""

import collections.abc
import typing

from watcher.common.metal_helper import base
from watcher.common.metal_helper import constants

from cdm_graph.model import root
from cdm_graph.model import schema
from tests.watcher import draws

_Any = typing.Any


class _Hypervisor:
    def __init__(self, node: schema.ComputeNode, servers: int) -> None:
        self.hypervisor_hostname = node.hostname
        self._facts = {
            'service': {'host': node.service_host},
            'state': node.state,
            'running_vms': servers,
        }

    def to_dict(self) -> dict[str, _Any]:
        return self._facts


class _Node(base.BaseMetalNode):  # type: ignore[misc]
    hv_up_when_powered_off = True

    def __init__(
        self, node: schema.ComputeNode, servers: int, power: _Any
    ) -> None:
        super().__init__(_Hypervisor(node, servers))
        self._id = node.uuid
        self._power = power

    def get_power_state(self) -> _Any:
        return self._power

    def get_id(self) -> str:
        return self._id

    def power_on(self) -> None:
        """Do nothing: no action is carried out."""

    def power_off(self) -> None:
        """Do nothing: no action is carried out."""


class Metal:
    """The hosts of a model; some of those without servers are off."""

    def __init__(self, seed: int, model: root.ModelRoot) -> None:
        self._seed = seed
        self._model = model

    def list_compute_nodes(self) -> collections.abc.Sequence[_Node]:
        nodes = self._model.get_all_compute_nodes().values()
        return [
            _Node(
                node,
                len(self._model.get_node_instances(node)),
                self._power(node.uuid),
            )
            for node in sorted(nodes, key=lambda node: node.hostname)
        ]

    def _power(self, uuid: str) -> _Any:
        is_on = draws.share(self._seed, 'power', uuid) < 0.5
        states = constants.PowerState
        return states.ON if is_on else states.OFF
