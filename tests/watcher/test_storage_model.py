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

import collections.abc
import copy
import random
import typing

import networkx as nx
import pytest
from watcher.common import exception
from watcher.decision_engine.model import model_root

from cdm_graph.integration.watcher import storage_elements
from cdm_graph.integration.watcher import storage_model
from cdm_graph.model import live_model
from cdm_graph.model import schema
from tests.support import elements
from tests.watcher import storage

_Any = typing.Any
_POOLS: typing.Final = ('a@ssd#x', 'a@ssd#y', 'b@hdd#x')
_HOSTS: typing.Final = ('a@ssd', 'b@hdd', 'c@nvme')


def _model(
    *several: schema.Element, **facts: _Any
) -> storage_model.StorageModel:
    snapshot = live_model.LiveModel(several).snapshot(read_only=True)
    return storage_model.StorageModel(snapshot, **facts)


def _cloud() -> storage_model.StorageModel:
    """Return a model of two back ends, three pools and some volumes."""
    return _model(
        storage.node('b@hdd'),
        storage.node('a@ssd'),
        storage.volume_type(91, 'ssd'),
        storage.volume_type(90, 'ssd'),
        storage.volume_type(92, 'hdd'),
        *map(storage.pool, reversed(_POOLS)),
        *(
            storage.volume(number, pool=(*_POOLS, None)[number % 4])
            for number in range(10, 22)
        ),
    )


def _theirs(ours: storage_model.StorageModel) -> _Any:
    """Return Watcher's own model of the same."""
    theirs = model_root.StorageModelRoot()
    for node in ours.get_all_storage_nodes().values():
        theirs.add_node(copy.deepcopy(node))
        for pool in ours.get_node_pools(node):
            theirs.add_pool(copy.deepcopy(pool))
            theirs.map_pool(pool.name, node.host)
    for volume in ours.get_all_volumes().values():
        theirs.add_volume(copy.deepcopy(volume))
        if volume.host:
            theirs.map_volume(volume.uuid, volume.host)
    return theirs


def _uuids(several: collections.abc.Iterable[_Any]) -> list[str]:
    return [each.uuid for each in several]


def test_back_ends_and_pools_are_in_the_order_of_their_names() -> None:
    model = _cloud()
    nodes = model.get_all_storage_nodes()
    assert list(nodes) == ['a@ssd', 'b@hdd']
    assert [
        pool.name
        for node in nodes.values()
        for pool in model.get_node_pools(node)
    ] == list(_POOLS)


def test_volumes_are_as_cinder_lists_them() -> None:
    model = _model(
        storage.volume(1),
        storage.volume(3),
        storage.volume(2, created_at=elements.moment(3)),
    )
    assert list(model.get_all_volumes()) == [
        elements.uuid(number) for number in (3, 2, 1)
    ]


def test_the_volumes_of_a_pool_are_in_that_order_and_then_as_they_came() -> (
    None
):
    model = _cloud()
    pool = model.get_pool_by_pool_name('a@ssd#x')
    assert _uuids(model.get_pool_volumes(pool)) == [
        elements.uuid(number) for number in (20, 16, 12)
    ]
    model.map_volume(elements.uuid(21), pool)
    assert _uuids(model.get_pool_volumes(pool))[-1] == elements.uuid(21)
    volume = model.get_volume_by_uuid(elements.uuid(21))
    assert model.get_pool_by_volume(volume) is pool


def test_a_back_end_has_the_types_that_ask_for_it() -> None:
    nodes = _cloud().get_all_storage_nodes()
    assert nodes['a@ssd'].volume_type == ['type-90', 'type-91']
    assert nodes['b@hdd'].volume_type == ['type-92']


def test_a_back_end_is_found_by_the_name_of_a_pool() -> None:
    model = _cloud()
    assert model.get_node_by_name('a@ssd#other').host == 'a@ssd'
    assert model.get_node_by_pool_name('b@hdd#x').host == 'b@hdd'


def test_volumes_that_only_nova_tells_of_are_not_shown() -> None:
    known, unknown = elements.uuid(1), elements.uuid(2)
    model = _model(
        elements.instance(10, volumes=(known, unknown)), storage.volume(1)
    )
    assert list(model.get_all_volumes()) == [known]
    with pytest.raises(exception.VolumeNotFound):
        model.get_volume_by_uuid(unknown)


def test_what_is_not_there_is_refused_as_watcher_does() -> None:
    model = _cloud()
    with pytest.raises(exception.StorageNodeNotFound):
        model.get_node_by_name('c@nvme')
    with pytest.raises(exception.PoolNotFound):
        model.get_pool_by_pool_name('a@ssd#z')
    with pytest.raises(exception.StorageResourceNotFound):
        model.get_node_by_pool_name('a@ssd#z')
    with pytest.raises(exception.VolumeNotFound):
        model.get_volume_by_uuid('x')
    with pytest.raises(exception.PoolNotFound):
        model.get_pool_by_volume(model.get_volume_by_uuid(elements.uuid(11)))
    with pytest.raises(exception.IllegalArgumentException):
        model.get_node_pools(model.get_pool_by_pool_name('a@ssd#x'))
    with pytest.raises(exception.IllegalArgumentException):
        model.remove_volume(model.get_node_by_name('a@ssd'))


def test_what_is_removed_cannot_be_removed_again() -> None:
    model = _cloud()
    node = model.get_node_by_name('a@ssd')
    pool = model.get_pool_by_pool_name('b@hdd#x')
    volume = model.get_volume_by_uuid(elements.uuid(12))
    model.remove_node(node)
    model.remove_pool(pool)
    model.delete_volume(volume)
    with pytest.raises(exception.StorageNodeNotFound):
        model.remove_node(node)
    with pytest.raises(exception.PoolNotFound):
        model.remove_pool(pool)
    with pytest.raises(exception.VolumeNotFound):
        model.delete_volume(volume)
    with pytest.raises(exception.StorageNodeNotFound):
        model.get_node_pools(node)
    with pytest.raises(exception.PoolNotFound):
        model.get_pool_volumes(pool)


def test_a_volume_is_not_taken_from_where_it_is_not() -> None:
    with pytest.raises(nx.NetworkXError, match='not in graph'):
        _cloud().unmap_volume(elements.uuid(12), 'a@ssd#y')


def test_a_model_sees_nothing_of_what_another_tries_out() -> None:
    snapshot = live_model.LiveModel(
        [
            storage.node('a@ssd'),
            storage.pool('a@ssd#x'),
            storage.volume(1, pool='a@ssd#x'),
        ]
    ).snapshot(read_only=True)
    one, other = (storage_model.StorageModel(snapshot) for _ in range(2))
    volume = one.get_volume_by_uuid(elements.uuid(1))
    volume.metadata['seen'] = 'yes'
    one.remove_pool(one.get_pool_by_pool_name('a@ssd#x'))
    untouched = other.get_volume_by_uuid(volume.uuid)
    assert untouched.metadata == {'a': 'b'}
    assert other.get_pool_by_volume(untouched).name == 'a@ssd#x'


def test_it_is_false_where_it_is_stale() -> None:
    assert _model()
    assert not _model(stale=True)


class _Both:
    """Watcher's model and ours, of which the same is asked."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.ours = _cloud()
        # Of another one, so that in ours nothing is looked at yet.
        self.theirs = _theirs(_cloud())
        self._fresh = 100

    def step(self) -> None:
        """Do the same to both."""
        self.rng.choice(
            (
                self._move,
                self._move,
                self._unmap,
                self._add,
                self._add_pool,
                self._add_node,
                self._remove,
                self._remove_pool,
                self._move_pool,
            )
        )()
        if self.rng.random() < 0.1:
            self._remove_node()

    @property
    def _models(self) -> tuple[_Any, _Any]:
        return self.ours, self.theirs

    def _volume(self) -> str | None:
        volumes = list(self.theirs.get_all_volumes())
        return self.rng.choice(volumes) if volumes else None

    def _pool(self) -> str | None:
        pools = [name for name in _POOLS if name in self.theirs]
        return self.rng.choice(pools) if pools else None

    def _pool_of(self, volume: str) -> str | None:
        found = set()
        for model in self._models:
            try:
                pool = model.get_pool_by_volume(
                    model.get_volume_by_uuid(volume)
                )
                found.add(pool.name)
            except exception.PoolNotFound:
                found.add(None)
        (same,) = found
        return same

    def _move(self) -> None:
        volume, pool = self._volume(), self._pool()
        if volume and pool:
            # Watcher's would be on both.
            self._take_off(volume)
            for model in self._models:
                model.map_volume(volume, pool)

    def _unmap(self) -> None:
        volume = self._volume()
        if volume:
            self._take_off(volume)

    def _take_off(self, volume: str) -> None:
        pool = self._pool_of(volume)
        if pool:
            for model in self._models:
                model.unmap_volume(volume, pool)

    def _add(self) -> None:
        self._fresh += 1
        for model in self._models:
            of = storage.volume(self._fresh)
            model.add_volume(storage_elements.Volume(of))

    def _add_pool(self) -> None:
        # Some are there, and remain where they are, with their volumes.
        name = self.rng.choice((*_POOLS, 'a@ssd#z'))
        for model in self._models:
            model.add_pool(storage_elements.Pool(storage.pool(name)))

    def _add_node(self) -> None:
        host = self.rng.choice(_HOSTS)
        for model in self._models:
            of = storage.node(host)
            model.add_node(storage_elements.StorageNode(of, []))

    def _remove(self) -> None:
        volume = self._volume()
        if volume:
            for model in self._models:
                model.delete_volume(model.get_volume_by_uuid(volume))

    def _remove_pool(self) -> None:
        pool = self._pool()
        if pool and self.rng.random() < 0.2:
            for model in self._models:
                model.remove_pool(model.get_pool_by_pool_name(pool))

    def _move_pool(self) -> None:
        pool = self._pool()
        hosts = list(self.theirs.get_all_storage_nodes())
        if not pool or not hosts:
            return
        host = self.rng.choice(hosts)
        try:
            node = self.theirs.get_node_by_pool_name(pool).host
        except exception.StorageNodeNotFound:
            with pytest.raises(exception.StorageNodeNotFound):
                self.ours.get_node_by_pool_name(pool)
        else:
            for model in self._models:
                model.unmap_pool(pool, node)
        for model in self._models:
            model.map_pool(pool, host)

    def _remove_node(self) -> None:
        hosts = list(self.theirs.get_all_storage_nodes())
        if len(hosts) > 1:
            host = self.rng.choice(hosts)
            for model in self._models:
                model.remove_node(model.get_node_by_name(host))

    def compare(self) -> None:
        """Look whether they are the same."""
        ours, theirs = self._models
        assert list(ours.get_all_storage_nodes()) == list(
            theirs.get_all_storage_nodes()
        )
        assert list(ours.get_all_volumes()) == list(theirs.get_all_volumes())
        for host in theirs.get_all_storage_nodes():
            pools = [
                _pools_with_volumes(model, host) for model in self._models
            ]
            assert pools[0] == pools[1]
        assert ours.to_xml() == theirs.to_xml()
        assert ours.to_string() == ours.to_xml()


def _pools_with_volumes(model: _Any, host: str) -> dict[str, list[str]]:
    pools = model.get_node_pools(model.get_node_by_name(host))
    return {pool.name: _uuids(model.get_pool_volumes(pool)) for pool in pools}


@pytest.mark.parametrize('seed', range(40))
def test_whatever_is_done_it_is_as_watchers_own(seed: int) -> None:
    both = _Both(random.Random(seed))
    for _ in range(40):
        both.step()
        if both.rng.random() < 0.2:
            both.compare()
    both.compare()
