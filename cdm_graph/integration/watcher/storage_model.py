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

"""StorageModel: a snapshot with the interface of ``StorageModelRoot``.

It shows the volumes that Cinder tells of, also those that are on no pool; not
those of which no more is known than that a server uses them.

Back ends and pools are in the order of their names, and volumes from the
newest to the oldest, as Cinder lists them; the volumes of a pool, too.
"""

import collections
import collections.abc
import datetime
import typing

from watcher.common import exception
from watcher.decision_engine.model import element

from cdm_graph.integration.watcher import model
from cdm_graph.integration.watcher import placements
from cdm_graph.integration.watcher import storage_elements
from cdm_graph.integration.watcher import table
from cdm_graph.model import root
from cdm_graph.model import schema

_Any = typing.Any
_KIND = schema.Kind
_EARLIEST: typing.Final = datetime.datetime.min.replace(tzinfo=datetime.UTC)
#: The extra spec by which a type asks for a back end.
_BACKEND_NAME: typing.Final = 'volume_backend_name'


class StorageModel(model.Model):
    """Back ends with their pools and volumes, for one strategy.

    :param snapshot: what it begins as
    :param stale: whether strategies are to refuse it
    """

    def __init__(
        self, snapshot: root.ModelRoot, *, stale: bool = False
    ) -> None:
        super().__init__(snapshot, stale=stale)
        # By host, by name and by UUID.
        self._nodes = table.Table(self._listed_nodes, self._make_node)
        self._pools = table.Table(self._listed_pools, self._make_pool)
        self._volumes = table.Table(self._listed_volumes, self._make_volume)
        self._nodes_of_pools = placements.Placements(
            self._pools_on, self._node_of
        )
        self._pools_of_volumes = placements.Placements(
            self._volumes_on, self._pool_of
        )
        self._types: dict[str, list[str]] | None = None

    # -- reading -----------------------------------------------------------

    def get_all_storage_nodes(self) -> dict[str, _Any]:
        """Return all back ends by their hosts."""
        return self._nodes.all()

    def get_all_volumes(self) -> dict[str, _Any]:
        """Return all volumes by their UUIDs."""
        return self._volumes.all()

    def get_node_by_name(self, name: str) -> _Any:
        """Return a back end.

        :param name: its host, or the name of a pool on it
        :raises watcher.common.exception.StorageNodeNotFound: if there is none
        """
        node = self._nodes.find(name.partition('#')[0])
        if node is None:
            raise exception.StorageNodeNotFound(name=name)
        return node

    def get_pool_by_pool_name(self, name: str) -> _Any:
        """Return a pool.

        :raises watcher.common.exception.PoolNotFound: if there is none
        """
        pool = self._pools.find(name)
        if pool is None:
            raise exception.PoolNotFound(name=name)
        return pool

    def get_volume_by_uuid(self, uuid: str) -> _Any:
        """Return a volume.

        :raises watcher.common.exception.VolumeNotFound: if there is none
        """
        volume = self._volumes.find(uuid)
        if volume is None:
            raise exception.VolumeNotFound(name=uuid)
        return volume

    def get_node_by_pool_name(self, pool_name: str) -> _Any:
        """Return the back end that a pool is of.

        :raises watcher.common.exception.StorageResourceNotFound: if there is
            no such pool
        :raises watcher.common.exception.StorageNodeNotFound: if it is of none
        """
        if self._pools.find(pool_name) is None:
            raise exception.StorageResourceNotFound(name=pool_name)
        host = self._nodes_of_pools.of(pool_name)
        if host is None:
            raise exception.StorageNodeNotFound(name=pool_name)
        return self.get_node_by_name(host)

    def get_pool_by_volume(self, volume: _Any) -> _Any:
        """Return the pool that a volume is on.

        :raises watcher.common.exception.StorageResourceNotFound: if there is
            no such volume
        :raises watcher.common.exception.PoolNotFound: if it is on none
        """
        self.assert_volume(volume)
        if self._volumes.find(volume.uuid) is None:
            raise exception.StorageResourceNotFound(name=volume.uuid)
        name = self._pools_of_volumes.of(volume.uuid)
        if name is None:
            raise exception.PoolNotFound(name=f'for volume {volume.uuid}')
        return self.get_pool_by_pool_name(name)

    def get_node_pools(self, node: _Any) -> list[_Any]:
        """Return the pools of a back end.

        :raises watcher.common.exception.StorageNodeNotFound: if the back end
            is not in the model
        """
        self.assert_node(node)
        names = self._nodes_of_pools.on(node.host)
        return [self.get_pool_by_pool_name(name) for name in names]

    def get_pool_volumes(self, pool: _Any) -> list[_Any]:
        """Return the volumes on a pool.

        :raises watcher.common.exception.PoolNotFound: if the pool is not in
            the model
        """
        self.assert_pool(pool)
        uuids = self._pools_of_volumes.on(pool.name)
        return [self.get_volume_by_uuid(uuid) for uuid in uuids]

    # -- simulating --------------------------------------------------------

    def add_node(self, node: _Any) -> None:
        """Add a back end."""
        self.assert_node(node)
        is_new = self._nodes.find(node.host) is None
        self._nodes.put(node.host, node)
        if is_new:
            self._nodes_of_pools.open(node.host)

    def add_pool(self, pool: _Any) -> None:
        """Add a pool, which is of no back end yet."""
        self.assert_pool(pool)
        is_new = self._pools.find(pool.name) is None
        self._pools.put(pool.name, pool)
        if is_new:
            self._pools_of_volumes.open(pool.name)

    def add_volume(self, volume: _Any) -> None:
        """Add a volume, which is on no pool yet."""
        self.assert_volume(volume)
        self._volumes.put(volume.uuid, volume)

    def remove_node(self, node: _Any) -> None:
        """Remove a back end; its pools remain, and are of none.

        :raises watcher.common.exception.StorageNodeNotFound: if it is not
            there
        """
        self.assert_node(node)
        self.get_node_by_name(node.host)
        self._nodes_of_pools.close(node.host)
        self._nodes.drop(node.host)

    def remove_pool(self, pool: _Any) -> None:
        """Remove a pool; its volumes remain, and are on none.

        :raises watcher.common.exception.PoolNotFound: if it is not there
        """
        self.assert_pool(pool)
        self.get_pool_by_pool_name(pool.name)
        self._pools_of_volumes.close(pool.name)
        self._nodes_of_pools.leave(pool.name)
        self._pools.drop(pool.name)

    def remove_volume(self, volume: _Any) -> None:
        """Remove a volume.

        :raises watcher.common.exception.VolumeNotFound: if it is not there
        """
        self.assert_volume(volume)
        self.get_volume_by_uuid(volume.uuid)
        self._pools_of_volumes.leave(volume.uuid)
        self._volumes.drop(volume.uuid)

    def delete_volume(self, volume: _Any) -> None:
        """Remove a volume."""
        self.remove_volume(volume)

    def map_pool(self, pool: _Any, node: _Any) -> None:
        """Let a pool be of a back end, and no longer of another.

        :param pool: the pool or its name
        :param node: the back end or its host
        """
        pool, node = self._as_pool(pool), self._as_node(node)
        self.assert_node(node)
        self.assert_pool(pool)
        self._nodes_of_pools.move(pool.name, node.host)

    def unmap_pool(self, pool: _Any, node: _Any) -> None:
        """Let a pool be of no back end.

        :param pool: the pool or its name
        :param node: the back end or its host
        :raises networkx.NetworkXError: if it is not of that one
        """
        pool, node = self._as_pool(pool), self._as_node(node)
        self._nodes_of_pools.detach(pool.name, node.host)

    def map_volume(self, volume: _Any, pool: _Any) -> None:
        """Put a volume on a pool; it leaves the one that it is on.

        :param volume: the volume or its UUID
        :param pool: the pool or its name
        """
        volume, pool = self._as_volume(volume), self._as_pool(pool)
        self.assert_pool(pool)
        self.assert_volume(volume)
        self._pools_of_volumes.move(volume.uuid, pool.name)

    def unmap_volume(self, volume: _Any, pool: _Any) -> None:
        """Take a volume off a pool.

        :param volume: the volume or its UUID
        :param pool: the pool or its name
        :raises networkx.NetworkXError: if it is not there
        """
        volume, pool = self._as_volume(volume), self._as_pool(pool)
        self._pools_of_volumes.detach(volume.uuid, pool.name)

    # -- what it is made of ------------------------------------------------

    @staticmethod
    def assert_node(obj: object) -> None:
        """Refuse what is no back end.

        :raises watcher.common.exception.IllegalArgumentException: if it is
            none
        """
        model.assert_is(obj, element.StorageNode)

    @staticmethod
    def assert_pool(obj: object) -> None:
        """Refuse what is no pool.

        :raises watcher.common.exception.IllegalArgumentException: if it is
            none
        """
        model.assert_is(obj, element.Pool)

    @staticmethod
    def assert_volume(obj: object) -> None:
        """Refuse what is no volume.

        :raises watcher.common.exception.IllegalArgumentException: if it is
            none
        """
        model.assert_is(obj, element.Volume)

    def _as_node(self, node: _Any) -> _Any:
        return self.get_node_by_name(node) if isinstance(node, str) else node

    def _as_pool(self, pool: _Any) -> _Any:
        if isinstance(pool, str):
            return self.get_pool_by_pool_name(pool)
        return pool

    def _as_volume(self, volume: _Any) -> _Any:
        if isinstance(volume, str):
            return self.get_volume_by_uuid(volume)
        return volume

    def _written(self) -> collections.abc.Iterable[_Any]:
        for host in sorted(self._nodes.keys()):
            written = self.get_node_by_name(host).as_xml_element()
            written.extend(
                self._written_pool(name)
                for name in sorted(self._nodes_of_pools.on(host))
            )
            yield written
        for uuid in sorted(self._volumes.keys()):
            if self._pools_of_volumes.of(uuid) is None:
                yield self.get_volume_by_uuid(uuid).as_xml_element()

    def _written_pool(self, name: str) -> _Any:
        written = self.get_pool_by_pool_name(name).as_xml_element()
        written.extend(
            self.get_volume_by_uuid(uuid).as_xml_element()
            for uuid in sorted(self._pools_of_volumes.on(name))
        )
        return written

    # -- what the snapshot has -----------------------------------------------

    def _listed_nodes(self) -> list[str]:
        several = self._snapshot.each(_KIND.STORAGE_NODE)
        return sorted(schema.key_of(each).key for each in several)

    def _make_node(self, host: str) -> _Any:
        of = self._snapshot.find(_KIND.STORAGE_NODE, host)
        if not isinstance(of, schema.StorageNode):
            return None
        return storage_elements.StorageNode(of, self._types_for(host))

    def _types_for(self, host: str) -> list[str]:
        """Return the names of the types that ask for a back end."""
        if self._types is None:
            self._types = self._types_by_backend()
        return self._types.get(host.partition('@')[2], [])

    def _types_by_backend(self) -> dict[str, list[str]]:
        found = collections.defaultdict(list)
        for each in self._snapshot.each(_KIND.VOLUME_TYPE):
            if isinstance(each, schema.VolumeType):
                backend = each.extra_specs.get(_BACKEND_NAME)
                if backend is not None:
                    found[backend].append(each.name)
        return {backend: sorted(names) for backend, names in found.items()}

    def _listed_pools(self) -> list[str]:
        several = self._snapshot.each(_KIND.STORAGE_POOL)
        return sorted(schema.key_of(each).key for each in several)

    def _make_pool(self, name: str) -> _Any:
        of = self._snapshot.find(_KIND.STORAGE_POOL, name)
        return None if of is None else storage_elements.Pool(of)

    def _listed_volumes(self) -> list[str]:
        return _newest_first(
            each for _, each in self._snapshot.each_put(_KIND.VOLUME)
        )

    def _make_volume(self, uuid: str) -> _Any:
        of = self._snapshot.find_put(_KIND.VOLUME, uuid)
        return None if of is None else storage_elements.Volume(of)

    def _pools_on(self, host: str) -> list[str]:
        self.get_node_by_name(host)
        node = self._snapshot.get(_KIND.STORAGE_NODE, host)
        on = self._snapshot.predecessors(node, schema.Relation.PART_OF)
        return sorted(schema.key_of(each).key for each in on)

    def _node_of(self, name: str) -> str | None:
        return self._target(
            self._snapshot.find(_KIND.STORAGE_POOL, name),
            schema.Relation.PART_OF,
        )

    def _volumes_on(self, name: str) -> list[str]:
        self.get_pool_by_pool_name(name)
        pool = self._snapshot.get(_KIND.STORAGE_POOL, name)
        return _newest_first(
            self._snapshot.predecessors(pool, schema.Relation.HOSTED_ON)
        )

    def _pool_of(self, uuid: str) -> str | None:
        return self._target(
            self._snapshot.find_put(_KIND.VOLUME, uuid),
            schema.Relation.HOSTED_ON,
        )

    def _target(
        self, of: schema.Element | None, relation: schema.Relation
    ) -> str | None:
        """Return the key of what a relation leads to; none if to nothing."""
        if of is None:
            return None
        for each in self._snapshot.successors(of, relation):
            return schema.key_of(each).key
        return None


def _newest_first(
    several: collections.abc.Iterable[schema.Element],
) -> list[str]:
    """Return the UUIDs of volumes in the order in which Cinder lists them."""
    found = [each for each in several if isinstance(each, schema.Volume)]
    found.sort(
        key=lambda each: (each.created_at or _EARLIEST, each.uuid),
        reverse=True,
    )
    return [each.uuid for each in found]
