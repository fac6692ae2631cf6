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

"""BaremetalModel: a snapshot as Watcher's ``BaremetalModelRoot``.

The machines are in the order of their UUIDs.
"""

import collections.abc
import typing

from watcher.common import exception
from watcher.decision_engine.model import element

from cdm_graph.integration.watcher import baremetal_elements
from cdm_graph.integration.watcher import model
from cdm_graph.integration.watcher import table
from cdm_graph.model import root
from cdm_graph.model import schema

_Any = typing.Any


class BaremetalModel(model.Model):
    """The bare machines of a cloud, for one strategy.

    :param snapshot: what it begins as
    :param stale: whether strategies are to refuse it
    """

    def __init__(
        self, snapshot: root.ModelRoot, *, stale: bool = False
    ) -> None:
        super().__init__(snapshot, stale=stale)
        self._nodes = table.Table(self._listed_nodes, self._make_node)

    def get_all_ironic_nodes(self) -> dict[str, _Any]:
        """Return all machines by their UUIDs."""
        return self._nodes.all()

    def get_node_by_uuid(self, uuid: str) -> _Any:
        """Return a machine.

        :raises watcher.common.exception.IronicNodeNotFound: if there is none
        """
        node = self._nodes.find(uuid)
        if node is None:
            raise exception.IronicNodeNotFound(uuid=uuid)
        return node

    def add_node(self, node: _Any) -> None:
        """Add a machine."""
        self.assert_node(node)
        self._nodes.put(node.uuid, node)

    def remove_node(self, node: _Any) -> None:
        """Remove a machine.

        :raises watcher.common.exception.IronicNodeNotFound: if it is not
            there
        """
        self.assert_node(node)
        self.get_node_by_uuid(node.uuid)
        self._nodes.drop(node.uuid)

    @staticmethod
    def assert_node(obj: object) -> None:
        """Refuse what is no machine.

        :raises watcher.common.exception.IllegalArgumentException: if it is
            none
        """
        model.assert_is(obj, element.IronicNode)

    def _written(self) -> collections.abc.Iterable[_Any]:
        for uuid in sorted(self._nodes.keys()):
            yield self.get_node_by_uuid(uuid).as_xml_element()

    def _listed_nodes(self) -> list[str]:
        several = self._snapshot.each(schema.Kind.BAREMETAL_NODE)
        return sorted(schema.key_of(each).key for each in several)

    def _make_node(self, uuid: str) -> _Any:
        of = self._snapshot.find(schema.Kind.BAREMETAL_NODE, uuid)
        return None if of is None else baremetal_elements.BaremetalNode(of)
