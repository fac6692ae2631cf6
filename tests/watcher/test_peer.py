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

"""Where Watcher's own model is wrong, and this one is not."""

import collections.abc
import contextlib
import dataclasses
import typing

from lxml import etree
import pytest
from watcher.common import exception

from cdm_graph.integration.watcher import capacities
from cdm_graph.simulation import process
from tests.watcher import clouds
from tests.watcher import peer
from tests.watcher import placement

_Any = typing.Any
#: What Watcher's own does not know, or not right: see the tests of each.
_DIFFERENT: typing.Final = {
    'StorageNode': ('volume_type',),
    'Pool': ('virtual_free',),
    'Volume': ('attachments', 'bootable'),
}


@contextlib.contextmanager
def _both(
    simulation: process.Simulation, given: placement.Placement
) -> collections.abc.Iterator[tuple[_Any, _Any]]:
    """Provide Watcher's own collector of a cloud, and ours."""
    peer.log_in(simulation.auth_url, simulation.credentials)
    with clouds.followed(simulation) as source, given.standing_in():
        ours = clouds.collector(
            source, capacities.Capacities(given.get_inventories)
        )
        yield peer.collector(), ours


def _scoped(collector: _Any, scope: _Any) -> _Any:
    handler = collector.get_audit_scope_handler(scope)
    return handler.get_scoped_model(collector.get_latest_cluster_data_model())


def test_both_models_of_a_cloud_write_the_same() -> None:
    with clouds.simulated(1) as simulation:
        nodes = simulation.cloud.nodes.values()
        with _both(simulation, placement.Placement(1, nodes)) as both:
            theirs, ours = (_scoped(each, []) for each in both)
            assert theirs.to_xml() == ours.to_xml()
            assert len(ours.get_all_instances()) > 20


def test_a_host_may_be_excluded_that_is_out_of_the_scope_anyway() -> None:
    """Watcher builds what the scope has, and then looks for the rest in it."""
    with clouds.simulated(1) as simulation:
        cloud = simulation.cloud
        outside = next(
            host for host in cloud.nodes if cloud.zone_of(host) != 'az1'
        )
        scope = [
            {
                'compute': [
                    {'availability_zones': [{'name': 'az1'}]},
                    {'exclude': [{'compute_nodes': [{'name': outside}]}]},
                ]
            }
        ]
        given = placement.Placement(1, cloud.nodes.values())
        with _both(simulation, given) as (own, ours):
            hosts = {
                node.hostname
                for node in _scoped(ours, scope)
                .get_all_compute_nodes()
                .values()
            }
            assert hosts == {
                host for host in cloud.nodes if cloud.zone_of(host) == 'az1'
            }
            with pytest.raises(exception.ComputeNodeNotFound):
                _scoped(own, scope)


def test_a_node_is_shown_that_placement_does_not_tell_of() -> None:
    """Watcher drops it, with its servers: Nova tells it no size."""
    with clouds.simulated(1) as simulation:
        nodes = list(simulation.cloud.nodes.values())
        given = placement.Placement(1, nodes[1:])
        with _both(simulation, given) as (own, ours):
            theirs, shown = _scoped(own, []), _scoped(ours, [])
            unknown = nodes[0]
            assert shown.get_node_by_uuid(unknown.uuid).vcpus == unknown.vcpus
            with pytest.raises(exception.ComputeNodeNotFound):
                theirs.get_node_by_uuid(unknown.uuid)


@contextlib.contextmanager
def _both_of_storage(
    simulation: process.Simulation,
) -> collections.abc.Iterator[tuple[_Any, _Any]]:
    """Provide Watcher's own collector of a cloud's storage, and ours."""
    peer.log_in(simulation.auth_url, simulation.credentials)
    with clouds.followed(simulation) as source:
        yield peer.storage_collector(), clouds.storage_of(source)


def _storage_models(simulation: process.Simulation) -> tuple[_Any, _Any]:
    with _both_of_storage(simulation) as both:
        theirs, ours = (_scoped(each, []) for each in both)
        return theirs, ours


def _written(model: _Any) -> str:
    """Return what a model writes, but for what differs."""
    top = etree.fromstring(model.to_xml())
    for tag, names in _DIFFERENT.items():
        for each in top.iter(tag):
            for name in names:
                del each.attrib[name]
    return str(etree.tostring(top, encoding='unicode'))


def test_both_models_of_storage_write_the_same() -> None:
    with clouds.simulated(1) as simulation:
        theirs, ours = _storage_models(simulation)
    assert _written(ours) == _written(theirs)
    volumes, expected = ours.get_all_volumes(), theirs.get_all_volumes()
    assert list(volumes) == list(expected)
    assert len(volumes) > 20
    for uuid, volume in volumes.items():
        assert volume.attachments == [
            {'server_id': each['server_id']}
            for each in expected[uuid].attachments
        ]


def test_watcher_takes_every_volume_for_bootable() -> None:
    """It makes a word of what Cinder says, and a truth of any word."""
    with clouds.simulated(1) as simulation:
        theirs, ours = _storage_models(simulation)
    rows = simulation.cloud.storage.volumes
    assert {each.bootable for each in theirs.get_all_volumes().values()} == {
        True
    }
    bootable = {
        uuid: each.bootable for uuid, each in ours.get_all_volumes().items()
    }
    assert bootable == {row.uuid: row.bootable for row in rows}
    assert False in bootable.values()


def test_watcher_does_not_see_the_types_that_are_not_public() -> None:
    with clouds.simulated(1) as simulation:
        theirs, ours = _storage_models(simulation)
    host = 'storage-01@ssd'
    hidden = set(ours.get_node_by_name(host).volume_type) - set(
        theirs.get_node_by_name(host).volume_type
    )
    assert hidden == {'ssd-encrypted'}


def test_watcher_knows_what_may_be_promised_once_it_was_announced() -> None:
    with clouds.simulated(1) as simulation:
        theirs, ours = _storage_models(simulation)
    name = 'storage-02@hdd#slow'
    pool = ours.get_pool_by_pool_name(name)
    assert theirs.get_pool_by_pool_name(name).virtual_free == 0
    # It is thin, and of its space 5 % are kept back.
    total, promised = pool.total_capacity_gb, pool.provisioned_capacity_gb
    assert pool.virtual_free == int(total * 1.5 - promised - total * 5 // 100)


def test_a_pool_may_have_no_end() -> None:
    """Watcher takes the word for a number, and has no model at all."""
    with clouds.simulated(1) as simulation:
        storage = simulation.cloud.storage
        name = 'storage-02@hdd#slow'
        storage.put_pool(
            dataclasses.replace(storage.pools[name], total_gb='infinite')
        )
        storage.report(name)
        with _both_of_storage(simulation) as (own, ours):
            pool = _scoped(ours, []).get_pool_by_pool_name(name)
            assert 'total_capacity_gb' not in pool.as_dict()
            with pytest.raises(exception.ClusterDataModelCollectionError):
                _scoped(own, [])


def test_a_volume_may_be_on_no_pool() -> None:
    """Watcher refuses its host, and has no model at all."""
    with clouds.simulated(1) as simulation:
        storage = simulation.cloud.storage
        uuid = next(iter(storage.volumes)).uuid
        storage.change_volume(uuid, pool=None, status='error')
        with _both_of_storage(simulation) as (own, ours):
            assert _scoped(ours, []).get_volume_by_uuid(uuid).host == ''
            with pytest.raises(exception.ClusterDataModelCollectionError):
                _scoped(own, [])
