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

"""Rows as a real Cinder showed them, and such as no Cinder should."""

import collections.abc
import json
import pathlib
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import cinder_rows
from cdm_graph.model import schema

_RECORDED: typing.Final[dict[str, list[dict[str, typing.Any]]]] = json.loads(
    pathlib.Path(__file__).with_name('cinder_recorded.json').read_text()
)
_MAKE: typing.Final[
    dict[str, collections.abc.Callable[[typing.Any], schema.Element]]
] = {
    'volumes': cinder_rows.volume,
    'snapshots': cinder_rows.snapshot,
    'services': cinder_rows.storage_node,
    'pools': cinder_rows.storage_pool,
    'types': cinder_rows.volume_type,
}


def _row(kind: str, **wanted: typing.Any) -> dict[str, typing.Any]:
    """Return the first recorded row like that."""
    return next(
        row for row in _RECORDED[kind] if row.items() >= wanted.items()
    )


@pytest.mark.parametrize('kind', sorted(_MAKE))
def test_what_was_recorded_is_understood(kind: str) -> None:
    assert _RECORDED[kind]
    for row in _RECORDED[kind]:
        element = _MAKE[kind](row)
        assert schema.key_of(element).key in row.values()


def test_a_volume_that_is_used() -> None:
    row = _row('volumes', status='in-use')
    volume = cinder_rows.volume(row)
    assert volume.pool == row['os-vol-host-attr:host']
    assert volume.project_id == row['os-vol-tenant-attr:tenant_id']
    assert volume.attached_to == (row['attachments'][0]['server_id'],)
    assert volume.size_gb == row['size']
    assert volume.volume_type == row['volume_type']
    assert volume.created_at is not None
    assert (volume.bootable, volume.encrypted) == (False, False)


def test_a_volume_that_nobody_has_placed_yet() -> None:
    row = {'id': 'a', 'status': 'creating', 'os-vol-host-attr:host': None}
    volume = cinder_rows.volume(row)
    assert (volume.pool, volume.updated_at) == (None, None)
    assert not cinder_rows.is_settled(volume)


@pytest.mark.parametrize(
    ('status', 'migration', 'settled'),
    [
        ('available', None, True),
        ('in-use', 'success', True),
        ('available', 'error', True),
        ('error', None, True),
        ('error_extending', None, True),
        ('reserved', None, True),
        ('awaiting-transfer', None, True),
        ('available', 'migrating', False),
        ('in-use', 'completing', False),
        ('extending', None, False),
        ('deleting', None, False),
        ('retyping', None, False),
    ],
)
def test_what_is_on_its_way_is_not_settled(
    status: str, migration: str | None, settled: bool
) -> None:
    row = {'id': 'a', 'status': status, 'migration_status': migration}
    assert cinder_rows.is_settled(cinder_rows.volume(row)) is settled


def _volume(**differing: typing.Any) -> schema.Volume:
    facts = {'uuid': 'a', 'status': 'in-use', 'pool': 'a@b#c', **differing}
    return schema.Volume(**facts)


@pytest.mark.parametrize(
    ('known', 'shown', 'has_moved'),
    [
        (_volume(), _volume(), False),
        (_volume(), _volume(name='other', size_gb=2), False),
        (_volume(), _volume(pool='a@b#d'), True),
        (_volume(migration_status='completing'), _volume(), True),
        (_volume(migration_status='success'), _volume(), False),
        (_volume(status='creating', pool=None), _volume(), False),
        (None, _volume(), False),
        (
            schema.VolumeSnapshot(uuid='a', status='creating'),
            schema.VolumeSnapshot(uuid='a', status='available'),
            False,
        ),
    ],
)
def test_what_was_moving_or_elsewhere_has_just_moved(
    known: schema.Element | None,
    shown: schema.Volume | schema.VolumeSnapshot,
    has_moved: bool,
) -> None:
    assert cinder_rows.has_just_moved(known, shown) is has_moved


@pytest.mark.parametrize(
    ('status', 'migration', 'is_copy'),
    [
        ('available', 'target:1f0c', True),
        ('deleting', 'deleting', True),
        ('deleting', 'success', False),
        ('available', 'migrating', False),
        ('available', None, False),
        ('available', 7, False),
    ],
)
def test_the_other_end_of_a_migration_is_no_volume(
    status: str, migration: object, is_copy: bool
) -> None:
    row = {'status': status, 'migration_status': migration}
    assert cinder_rows.is_copy(row) is is_copy


def test_a_snapshot_is_of_a_volume() -> None:
    row = _row('snapshots', status='available')
    snapshot = cinder_rows.snapshot(row)
    assert snapshot.volume_id == row['volume_id']
    assert snapshot.size_gb == row['size']
    assert snapshot.metadata == row['metadata']
    assert cinder_rows.is_settled(snapshot)


def test_a_pool_says_what_it_has() -> None:
    row = _row('pools', name='storage1@ssd#fast')
    pool = cinder_rows.storage_pool(row)
    assert pool.storage_node == 'storage1@ssd'
    assert pool.backend_name == 'ssd'
    assert pool.total_capacity_gb == 1024
    assert pool.free_capacity_gb == 1021
    assert (pool.thin_provisioning, pool.multiattach) == (False, True)
    assert pool.virtual_free_gb == 1021
    # That driver does not count them.
    assert pool.total_volumes is None


@pytest.mark.parametrize('word', ['infinite', 'unknown'])
def test_what_a_driver_does_not_know_is_none(word: str) -> None:
    pool = cinder_rows.storage_pool(
        {
            'name': 'a@b#c',
            'capabilities': {
                'total_capacity_gb': word,
                'free_capacity_gb': word,
                'thin_provisioning_support': ' True ',
            },
        }
    )
    assert (pool.total_capacity_gb, pool.free_capacity_gb) == (None, None)
    assert pool.thin_provisioning
    assert pool.virtual_free_gb is None


def test_what_may_be_promised_of_a_thin_pool() -> None:
    pool = cinder_rows.storage_pool(
        {
            'name': 'a@b#c',
            'capabilities': {
                'total_capacity_gb': 100,
                'free_capacity_gb': 90.5,
                'provisioned_capacity_gb': 150,
                'max_over_subscription_ratio': '2.5',
                'reserved_percentage': 5,
                'thin_provisioning_support': True,
            },
        }
    )
    assert pool.virtual_free_gb == 100 * 2.5 - 150 - 5


def test_a_driver_may_count_the_volumes_of_a_pool() -> None:
    row = {'name': 'a@b#c', 'capabilities': {'total_volumes': 12}}
    assert cinder_rows.storage_pool(row).total_volumes == 12


def test_a_service_that_was_disabled_says_why() -> None:
    row = {
        'host': 'a@b',
        'zone': 'az1',
        'status': 'disabled',
        'state': 'down',
        'disabled_reason': 'repair',
    }
    assert cinder_rows.storage_node(row) == schema.StorageNode(
        host='a@b',
        availability_zone='az1',
        status='disabled',
        state='down',
        disabled_reason='repair',
    )
    assert (
        cinder_rows.storage_node(
            {**row, 'disabled_reason': ''}
        ).disabled_reason
        is None
    )


@pytest.mark.parametrize(
    ('kind', 'row', 'wrong'),
    [
        ('volumes', {'status': 'available'}, 'uuid'),
        ('volumes', {'id': 'a', 'size': 'big'}, 'size_gb'),
        ('volumes', {'id': 'a', 'metadata': ['x']}, 'metadata'),
        ('snapshots', {'id': 'a', 'status': None}, 'status'),
        ('services', {'host': 'a', 'state': 'asleep'}, 'state'),
        ('pools', {'capabilities': {}}, 'name'),
        ('types', {'id': 'a', 'extra_specs': {'x': 1}}, 'extra_specs'),
    ],
)
def test_a_row_that_is_not_cinders_is_told(
    kind: str, row: dict[str, typing.Any], wrong: str
) -> None:
    with pytest.raises(
        exceptions.CloudAnswerInvalid, match=f'Cinder shows a .*{wrong}'
    ):
        _MAKE[kind](row)
