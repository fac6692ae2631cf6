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

"""The simulated Cinder's database, and what its scheduler sees."""

import dataclasses
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation.cinder import storage as storage_module
from tests.unit.simulation import support

_FAST: typing.Final = 'storage-01@ssd#fast'


@pytest.fixture
def cloud() -> cloud_module.SimulatedCloud:
    return support.stored_cloud()


@pytest.fixture
def storage(cloud: cloud_module.SimulatedCloud) -> storage_module.Storage:
    return cloud.storage


def test_a_change_is_dated_unless_it_is_in_another_table(
    cloud: cloud_module.SimulatedCloud, storage: storage_module.Storage
) -> None:
    row = support.loose_volume(cloud)
    changed = storage.change_volume(row.uuid, metadata={'a': 'b'}, touch=False)
    assert changed.updated_at == row.updated_at
    changed = storage.change_volume(row.uuid, name='new')
    assert changed.updated_at == int(support.EPOCH)
    assert storage.volumes.get(row.uuid) == changed


def test_an_attachment_may_go_to_another_volume(
    storage: storage_module.Storage,
) -> None:
    row = next(iter(storage.attachments.values()))
    other = next(
        volume.uuid
        for volume in storage.volumes
        if not storage.attachments_of(volume.uuid)
    )
    moved = storage.change_attachment(row.uuid, volume=other)
    assert storage.attachments_of(row.volume) == []
    assert storage.attachments_of(other) == [moved]
    storage.remove_volume(other)
    assert row.uuid not in storage.attachments


def test_snapshots_are_found_by_their_volume(
    storage: storage_module.Storage,
) -> None:
    row = next(iter(storage.snapshots.values()))
    changed = storage.change_snapshot(row.uuid, name='new')
    assert storage.snapshots_of(row.volume) == [changed]
    assert storage.remove_snapshot(row.uuid) == changed
    assert storage.snapshots_of(row.volume) == []
    with pytest.raises(exceptions.SimulationError, match='no snapshot'):
        storage.snapshot(row.uuid)


def test_the_scheduler_knows_what_was_reported(
    storage: storage_module.Storage,
) -> None:
    kind = storage.type_named('ssd')
    room = storage_module.virtual_free_gb(storage.pools[_FAST])
    names = {row.name for row in storage.candidates(kind, int(room))}
    assert names == {_FAST, 'storage-01@ssd#faster'}
    row = next(
        row for row in storage.volumes if row.pool == _FAST and row.size_gb < 9
    )
    storage.change_volume(row.uuid, size_gb=row.size_gb + 10)
    assert _FAST in {row.name for row in storage.candidates(kind, int(room))}
    storage.report(_FAST)
    names = {row.name for row in storage.candidates(kind, int(room))}
    assert names == {'storage-01@ssd#faster'}


def test_what_is_promised_of_thin_pools_is_limited_by_their_ratio(
    storage: storage_module.Storage,
) -> None:
    pool = storage.pools['storage-02@hdd#slow']
    total, reserved = pool.total_gb, pool.reserved_percentage
    assert isinstance(total, float)
    assert storage_module.virtual_free_gb(pool) == (
        total * 1.5 - pool.report.provisioned_gb - int(total * reserved / 100)
    )
    assert pool.report.free_gb != total - pool.report.provisioned_gb


@pytest.mark.parametrize('changes', [{'disabled': True}, {'reporting': False}])
def test_a_back_end_that_is_away_is_not_chosen(
    storage: storage_module.Storage, changes: dict[str, bool]
) -> None:
    storage.change_backend('storage-01@ssd', **changes)
    assert storage.candidates(storage.type_named('ssd'), 1) == []
    everywhere = storage.candidates(storage.type_named('__DEFAULT__'), 1)
    assert {row.backend for row in everywhere} == {
        'storage-02@hdd',
        'storage-03@archive',
    }


def test_a_pool_that_cannot_attach_twice_takes_no_such_volume(
    storage: storage_module.Storage,
) -> None:
    kind = storage.type_named('ssd-multiattach')
    kind = dataclasses.replace(kind, extra_specs={'multiattach': '<is> True'})
    names = {row.backend for row in storage.candidates(kind, 1)}
    assert names == {'storage-01@ssd', 'storage-02@hdd'}
    zoned = storage.candidates(kind, 1, zone='az1')
    assert zoned == []


def test_what_a_cinder_volume_counts_is_wrong_until_it_starts_again(
    storage: storage_module.Storage,
) -> None:
    before = storage.pools[_FAST].allocated_gb
    storage.allocate(_FAST, 7)
    assert storage.report(_FAST).report.allocated_gb == before + 7
    storage.recount('storage-01@ssd')
    assert storage.pools[_FAST].allocated_gb == before
    storage.allocate(_FAST, -10_000_000)
    assert storage.pools[_FAST].allocated_gb == 0


def test_a_type_in_use_cannot_be_removed(
    storage: storage_module.Storage,
) -> None:
    nowhere = storage.type_named('nowhere')
    storage.remove_type(nowhere.uuid)
    with pytest.raises(exceptions.SimulationError, match='no volume type'):
        storage.type_named('nowhere')
    used = storage.type_named('ssd')
    with pytest.raises(exceptions.SimulationError, match='cannot be deleted'):
        storage.remove_type(used.uuid)


def test_what_is_not_there(storage: storage_module.Storage) -> None:
    with pytest.raises(exceptions.SimulationError, match='back end none'):
        storage.backend('none')
