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

"""Watcher's bare machines, by the facts of this model."""

import typing

from watcher.decision_engine.model import element

from cdm_graph.integration.watcher import lazy

#: Which node of Nova runs on the machine, where an operator noted it.
_COMPUTE_NODE: typing.Final = 'compute_node_id'


class BaremetalNode(lazy.Lazy, element.IronicNode):  # type: ignore[misc]
    """A bare machine as Watcher sees it."""

    facts: typing.ClassVar[dict[str, lazy.Tell]] = {
        'uuid': lambda self: self._of.uuid,
        'human_id': lambda self: '',
        'power_state': lambda self: self._of.power_state or '',
        'maintenance': lambda self: self._of.maintenance,
        'maintenance_reason': lambda self: self._of.maintenance_reason or '',
        'extra': lambda self: self._extra(),
    }

    def _extra(self) -> dict[str, str | None]:
        # What else than the machine itself a node on it may be called.
        own = {self._of.uuid, self._of.name}
        noted = [name for name in self._of.compute_names if name not in own]
        return {_COMPUTE_NODE: noted[0] if noted else None}


#: Versioned objects are named by their classes, in what they print too.
BaremetalNode.__name__ = element.IronicNode.__name__
