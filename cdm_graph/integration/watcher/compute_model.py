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

"""ComputeModel: a snapshot with the interface of Watcher's ``ModelRoot``.

It shows what Watcher's own model does: the nodes but those of Ironic, and
the servers that are on a node.

Where Watcher's order is by chance (it collects the nodes in a set, with
threads), or follows Nova's list, here it is defined: nodes are by the name of
their host, and the servers of a node from the newest to the oldest, as Nova
lists them, with those that were moved there after them.  A strategy whose
solution hangs on the order finds the same one each time.
"""

import collections.abc
import datetime
import typing

from watcher.common import exception
from watcher.decision_engine.model import element

from cdm_graph.integration.watcher import capacities
from cdm_graph.integration.watcher import compute_elements
from cdm_graph.integration.watcher import model
from cdm_graph.integration.watcher import placements
from cdm_graph.integration.watcher import table
from cdm_graph.model import root
from cdm_graph.model import schema

_Any = typing.Any
_IRONIC: typing.Final = 'ironic'
_DELETED: typing.Final = element.InstanceState.DELETED.value
_EARLIEST: typing.Final = datetime.datetime.min.replace(tzinfo=datetime.UTC)


class ComputeModel(model.Model):
    """A cluster of nodes with their servers, for one strategy.

    :param snapshot: what it begins as
    :param offered: what nodes offer
    :param stale: whether strategies are to refuse it
    :param instance_class: how servers are shown
    """

    def __init__(
        self,
        snapshot: root.ModelRoot,
        offered: capacities.Capacities,
        *,
        stale: bool = False,
        instance_class: type[
            compute_elements.Instance
        ] = compute_elements.Instance,
    ) -> None:
        super().__init__(snapshot, stale=stale)
        self._offered = offered
        self._instance_class = instance_class
        # By UUID.
        self._nodes = table.Table(self._listed_nodes, self._make_node)
        self._instances = table.Table(
            self._listed_instances, self._make_instance
        )
        self._places = placements.Placements(
            self._listed_on, self._listed_place
        )
        self._used: dict[str, dict[str, int]] = {}

    # -- reading -----------------------------------------------------------

    def get_all_compute_nodes(self) -> dict[str, _Any]:
        """Return all nodes by their UUIDs."""
        return self._nodes.all()

    def get_node_by_uuid(self, uuid: str) -> _Any:
        """Return a node.

        :raises watcher.common.exception.ComputeNodeNotFound: if there is none
        """
        node = self._nodes.find(uuid)
        if node is None:
            raise exception.ComputeNodeNotFound(name=uuid)
        return node

    def get_node_by_name(self, name: str) -> _Any:
        """Return the node of a host of nova-compute.

        :raises watcher.common.exception.ComputeNodeNotFound: if there is none
        """
        several = self._snapshot.get_nodes_by_service_host(name)
        for uuid in sorted(each.uuid for each in several):
            if node := self._nodes.find(uuid):
                return node
        for node in self._nodes.made():
            if node.hostname == name:
                return node
        raise exception.ComputeNodeNotFound(name=name)

    def get_all_instances(self) -> dict[str, _Any]:
        """Return all servers by their UUIDs."""
        return self._instances.all()

    def get_instance_by_uuid(self, uuid: str) -> _Any:
        """Return a server.

        :raises watcher.common.exception.InstanceNotFound: if there is none
        """
        instance = self._instances.find(uuid)
        if instance is None:
            raise exception.InstanceNotFound(name=uuid)
        return instance

    def get_node_by_instance_uuid(self, instance_uuid: str) -> _Any:
        """Return the node that a server is on.

        :raises watcher.common.exception.ComputeResourceNotFound: if there is
            no such server
        :raises watcher.common.exception.InstanceNotMapped: if it is on none
        """
        if self._instances.find(instance_uuid) is None:
            raise exception.ComputeResourceNotFound(name=instance_uuid)
        place = self._places.of(instance_uuid)
        if place is None:
            raise exception.InstanceNotMapped(uuid=instance_uuid)
        return self.get_node_by_uuid(place)

    def get_node_instances(self, node: _Any) -> list[_Any]:
        """Return the servers on a node.

        :raises watcher.common.exception.ComputeNodeNotFound: if the node is
            not in the model
        """
        self.assert_node(node)
        return [
            self.get_instance_by_uuid(uuid)
            for uuid in self._places.on(node.uuid)
        ]

    def get_node_used_resources(self, node: _Any) -> dict[str, int]:
        """Return what the servers on a node take: vcpu, memory, disk."""
        used = self._used.get(node.uuid)
        if used is None:
            used = self._used[node.uuid] = self._sum(node.uuid)
        return dict(used)

    def get_node_free_resources(self, node: _Any) -> dict[str, float]:
        """Return what a node offers less what is taken of it."""
        used = self.get_node_used_resources(node)
        return {
            'vcpu': node.vcpu_capacity - used['vcpu'],
            'memory': node.memory_mb_capacity - used['memory'],
            'disk': node.disk_gb_capacity - used['disk'],
        }

    # -- simulating --------------------------------------------------------

    def migrate_instance(
        self, instance: _Any, source_node: _Any, destination_node: _Any
    ) -> bool:
        """Move a server; return whether the two are different nodes.

        :raises networkx.NetworkXError: if it is not on the first one
        """
        self.assert_instance(instance)
        self.assert_node(source_node)
        self.assert_node(destination_node)
        if source_node == destination_node:
            return False
        self._detach(instance, source_node.uuid)
        self._attach(instance, destination_node.uuid)
        return True

    def map_instance(self, instance: _Any, node: _Any) -> None:
        """Put a server on a node, after all that are there already.

        It leaves the one that it is on: a server is on one node at most.

        :param instance: the server or its UUID
        :param node: the node or its UUID
        """
        instance = self._as_instance(instance)
        node = self._as_node(node)
        self.assert_node(node)
        self.assert_instance(instance)
        place = self._places.of(instance.uuid)
        if place == node.uuid:
            return
        if place is not None:
            self._detach(instance, place)
        self._attach(instance, node.uuid)

    def unmap_instance(self, instance: _Any, node: _Any) -> None:
        """Take a server off a node.

        :param instance: the server or its UUID
        :param node: the node or its UUID
        :raises networkx.NetworkXError: if it is not there
        """
        self._detach(self._as_instance(instance), self._as_node(node).uuid)

    def add_node(self, node: _Any) -> None:
        """Add a node."""
        self.assert_node(node)
        is_new = self._nodes.find(node.uuid) is None
        self._nodes.put(node.uuid, node)
        if is_new:
            self._places.open(node.uuid)

    def remove_node(self, node: _Any) -> None:
        """Remove a node; its servers remain, and are on none.

        :raises watcher.common.exception.ComputeNodeNotFound: if it is not
            there
        """
        self.assert_node(node)
        self._places.close(node.uuid)
        self._used.pop(node.uuid, None)
        self._nodes.drop(node.uuid)

    def add_instance(self, instance: _Any) -> None:
        """Add a server, which is on no node yet."""
        self.assert_instance(instance)
        self._instances.put(instance.uuid, instance)

    def remove_instance(self, instance: _Any) -> None:
        """Remove a server.

        :raises watcher.common.exception.InstanceNotFound: if it is not there
        """
        self.assert_instance(instance)
        self.get_instance_by_uuid(instance.uuid)
        place = self._places.of(instance.uuid)
        if place is not None:
            self._detach(instance, place)
        self._instances.drop(instance.uuid)

    def delete_instance(self, instance: _Any, node: _Any = None) -> None:
        """Remove a server, whatever node it is on."""
        self.remove_instance(instance)

    def invalidate_resource_cache(self) -> None:
        """Reckon anew what is used, where it is asked for."""
        self._used.clear()

    def invalidate_node_resource_cache(self, node: _Any) -> None:
        """Reckon anew what is used of a node."""
        self._used.pop(node.uuid, None)

    # -- writing it down ---------------------------------------------------

    def to_list(self) -> list[dict[str, _Any]]:
        """Return a row a server, with its node, and one an empty node."""
        rows = []
        for uuid in sorted(self._nodes.keys()):
            row = _row('node', self.get_node_by_uuid(uuid))
            guests = [
                _row('server', self.get_instance_by_uuid(guest))
                for guest in sorted(self._places.on(uuid))
            ]
            rows += [{**row, **guest} for guest in guests] or [row]
        return rows

    # -- what it is made of ------------------------------------------------

    @staticmethod
    def assert_node(obj: object) -> None:
        """Refuse what is no node.

        :raises watcher.common.exception.IllegalArgumentException: if it is
            none
        """
        model.assert_is(obj, element.ComputeNode)

    @staticmethod
    def assert_instance(obj: object) -> None:
        """Refuse what is no server.

        :raises watcher.common.exception.IllegalArgumentException: if it is
            none
        """
        model.assert_is(obj, element.Instance)

    def _as_node(self, node: _Any) -> _Any:
        return self.get_node_by_uuid(node) if isinstance(node, str) else node

    def _as_instance(self, instance: _Any) -> _Any:
        if isinstance(instance, str):
            return self.get_instance_by_uuid(instance)
        return instance

    def _written(self) -> collections.abc.Iterable[_Any]:
        for uuid in sorted(self._nodes.keys()):
            written = self.get_node_by_uuid(uuid).as_xml_element()
            written.extend(
                self.get_instance_by_uuid(guest).as_xml_element()
                for guest in sorted(self._places.on(uuid))
            )
            yield written
        for uuid in sorted(self._instances.keys()):
            if self._places.of(uuid) is None:
                yield self.get_instance_by_uuid(uuid).as_xml_element()

    def _nodes_by_host(self) -> list[schema.ComputeNode]:
        """Return all nodes of the snapshot."""
        return sorted(
            filter(_is_shown, self._snapshot.get_all_compute_nodes().values()),
            key=lambda node: (node.service_host, node.uuid),
        )

    def _newest_first_on(
        self, node: schema.ComputeNode
    ) -> list[schema.Instance]:
        """Return the servers that are on a node in the snapshot."""
        several = self._snapshot.get_node_instances(node)
        return sorted(
            (each for each in several if each.vm_state != _DELETED),
            key=lambda each: (each.created_at or _EARLIEST, each.uuid),
            reverse=True,
        )

    def _listed_nodes(self) -> list[str]:
        return [node.uuid for node in self._nodes_by_host()]

    def _make_node(self, uuid: str) -> _Any:
        of = self._snapshot.find(schema.Kind.COMPUTE_NODE, uuid)
        if isinstance(of, schema.ComputeNode) and _is_shown(of):
            return compute_elements.ComputeNode(of, self._offered.of(of))
        return None

    def _listed_instances(self) -> list[str]:
        return [
            each.uuid
            for node in self._nodes_by_host()
            for each in self._newest_first_on(node)
        ]

    def _make_instance(self, uuid: str) -> _Any:
        of = self._snapshot.find(schema.Kind.INSTANCE, uuid)
        if isinstance(of, schema.Instance) and self._is_placed(of):
            return self._instance_class(of)
        return None

    def _is_placed(self, of: schema.Instance) -> bool:
        node = self._snapshot.get_node_by_instance(of)
        is_deleted = of.vm_state == _DELETED
        return node is not None and _is_shown(node) and not is_deleted

    def _listed_place(self, uuid: str) -> str | None:
        of = self._snapshot.find(schema.Kind.INSTANCE, uuid)
        if not isinstance(of, schema.Instance):
            return None
        node = self._snapshot.get_node_by_instance(of)
        return None if node is None else node.uuid

    def _listed_on(self, uuid: str) -> list[str]:
        self.get_node_by_uuid(uuid)
        node = self._snapshot.get_node_by_uuid(uuid)
        return [each.uuid for each in self._newest_first_on(node)]

    def _sum(self, uuid: str) -> dict[str, int]:
        """Return what the servers on a node take."""
        on = [
            self.get_instance_by_uuid(each) for each in self._places.on(uuid)
        ]
        return {
            'vcpu': sum(each.vcpus for each in on),
            'memory': sum(each.memory for each in on),
            'disk': sum(each.disk for each in on),
        }

    def _attach(self, instance: _Any, uuid: str) -> None:
        self._places.attach(instance.uuid, uuid)
        self._note_use(uuid, instance, 1)

    def _detach(self, instance: _Any, uuid: str) -> None:
        self._places.detach(instance.uuid, uuid)
        self._note_use(uuid, instance, -1)

    def _note_use(self, uuid: str, instance: _Any, sign: int) -> None:
        """Add to what is known to be used of a node, or subtract."""
        used = self._used.get(uuid)
        if used is not None:
            used['vcpu'] += sign * instance.vcpus
            used['memory'] += sign * instance.memory
            used['disk'] += sign * instance.disk


def _is_shown(node: schema.ComputeNode) -> bool:
    return node.hypervisor_type != _IRONIC


def _row(prefix: str, of: _Any) -> dict[str, _Any]:
    return {f'{prefix}_{name}': of[name] for name in of.fields}
