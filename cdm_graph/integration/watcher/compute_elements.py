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

"""Watcher's nodes and servers, by the facts of this model."""

import typing

from watcher.decision_engine.model import element

from cdm_graph.integration.watcher import capacity
from cdm_graph.integration.watcher import lazy
from cdm_graph.model import schema


class ComputeNode(lazy.Lazy, element.ComputeNode):  # type: ignore[misc]
    """A node as Watcher sees it.

    :param of: the node of the model
    :param offered: what it offers
    """

    facts: typing.ClassVar[dict[str, lazy.Tell]] = {
        'uuid': lambda self: self._of.uuid,
        'hostname': lambda self: self._of.service_host,
        'status': lambda self: self._of.status,
        'disabled_reason': lambda self: self._of.disabled_reason,
        'state': lambda self: self._of.state,
        'memory': lambda self: self._offered.memory_mb.total,
        'memory_mb_reserved': lambda self: self._offered.memory_mb.reserved,
        'memory_ratio': lambda self: self._offered.memory_mb.ratio,
        'disk': lambda self: self._offered.disk_gb.total,
        'disk_gb_reserved': lambda self: self._offered.disk_gb.reserved,
        'disk_ratio': lambda self: self._offered.disk_gb.ratio,
        'vcpus': lambda self: self._offered.vcpus.total,
        'vcpu_reserved': lambda self: self._offered.vcpus.reserved,
        'vcpu_ratio': lambda self: self._offered.vcpus.ratio,
    }

    def __init__(
        self, of: schema.ComputeNode, offered: capacity.Capacity
    ) -> None:
        super().__init__(of)
        self._offered = offered


class Instance(lazy.Lazy, element.Instance):  # type: ignore[misc]
    """A server as Watcher sees it.

    :param of: the instance of the model
    """

    facts: typing.ClassVar[dict[str, lazy.Tell]] = {
        'uuid': lambda self: self._of.uuid,
        'watcher_exclude': lambda self: False,
        'name': lambda self: self._of.name,
        'state': lambda self: self._of.vm_state,
        'memory': lambda self: self._of.memory_mb,
        'disk': lambda self: self._of.resources.disk_gb,
        'vcpus': lambda self: self._of.vcpus,
        'metadata': lambda self: dict(self._of.metadata),
        'project_id': lambda self: self._of.project_id or '',
        'locked': lambda self: self._of.locked,
        'host': lambda self: self._of.host or '',
        'hypervisor_hostname': lambda self: self._of.node or '',
        'created': lambda self: self._of.created_at or lazy.UNKNOWN,
        'pinned_az': lambda self: self._pinned_az(),
        'flavor_extra_specs': lambda self: self._extra_specs(),
    }

    def _pinned_az(self) -> str:
        return ''

    def _extra_specs(self) -> dict[str, str]:
        return {}


class ExtendedInstance(Instance):
    """A server with what Watcher's extended compute model adds."""

    def _pinned_az(self) -> str:
        return self._of.pinned_availability_zone or ''

    def _extra_specs(self) -> dict[str, str]:
        return dict(self._of.extra_specs)


#: Versioned objects are named by their classes, in what they print too.
ExtendedInstance.__name__ = Instance.__name__
