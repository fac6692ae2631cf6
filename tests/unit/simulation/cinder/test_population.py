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

"""What a simulated Cinder holds at the start."""

import collections

import pytest

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation.nova import truth as nova_truth
from tests.unit.simulation import support


@pytest.fixture(scope='module')
def cloud() -> cloud_module.SimulatedCloud:
    return support.stored_cloud(hosts=20, instances=800, volumes=300)


def test_the_seed_makes_the_storage() -> None:
    one, same = support.stored_cloud(), support.stored_cloud()
    other = support.stored_cloud(seed=2)
    assert list(one.storage.volumes) == list(same.storage.volumes)
    assert one.storage.attachments == same.storage.attachments
    assert one.storage.snapshots == same.storage.snapshots
    assert one.storage.pools == same.storage.pools
    uuids = {row.uuid for row in one.storage.volumes}
    assert uuids.isdisjoint(row.uuid for row in other.storage.volumes)


def test_storage_leaves_the_rest_of_a_cloud_as_the_seed_made_it() -> None:
    stored, plain = support.stored_cloud(), support.small_cloud()
    assert nova_truth.truth(stored) == nova_truth.truth(plain)
    assert stored.new_uuid() == plain.new_uuid()
    assert stored.devices.port() == plain.devices.port()


def test_without_back_ends_there_is_no_cinder() -> None:
    cloud = support.stored_cloud(backends=0)
    assert not cloud.storage.backends
    assert not len(cloud.storage.volumes)
    assert not cloud.storage.types


def test_the_volumes_of_servers_are_the_same_in_both(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    storage = cloud.storage
    known = set()
    for server in cloud.servers:
        for volume in server.volumes:
            known.add(volume.uuid)
            row = storage.volumes.get(volume.uuid)
            (attachment,) = storage.attachments_of(row.uuid)
            assert row.project == server.project
            assert row.bootable == volume.is_root
            assert attachment.server == server.uuid
            assert attachment.host == server.host
            if server.host is None:
                assert row.status == attachment.status == 'reserved'
            else:
                assert row.status == 'in-use'
                assert attachment.is_attached
    assert known
    for row in storage.volumes:
        if row.uuid not in known:
            assert row.status in ('available', 'error')
            assert not storage.attachments_of(row.uuid)


def test_it_has_of_everything(cloud: cloud_module.SimulatedCloud) -> None:
    storage = cloud.storage
    states = collections.Counter(row.status for row in storage.volumes)
    assert states.keys() == {'available', 'error', 'in-use', 'reserved'}
    assert any(row.migration_status == 'success' for row in storage.volumes)
    assert any(row.metadata for row in storage.volumes)
    assert any(row.multiattach for row in storage.volumes)
    assert any(row.encrypted for row in storage.volumes)
    assert any(row.source_volume_id for row in storage.volumes)
    assert any(row.snapshot_id for row in storage.volumes)
    assert storage.snapshots
    for row in storage.volumes:
        assert (row.pool is None) == (row.status == 'error')
        assert row.source_volume_id != row.uuid
    assert {row.zone for row in storage.backends.values()} == {'nova', 'az1'}


def test_pools_have_room_and_say_what_is_in_them(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    storage = cloud.storage
    for pool in storage.pools.values():
        there = sum(row.size_gb for row in storage.volumes.in_pool(pool.name))
        assert there > 0
        assert pool.report.provisioned_gb == pool.report.allocated_gb == there
        if isinstance(pool.total_gb, float):
            assert pool.report.free_gb > pool.total_gb / 2
