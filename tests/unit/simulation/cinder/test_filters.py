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

"""Lists are filtered as Cinder filters them, its oddities included."""

import typing

import pytest

from cdm_graph.simulation import api_error
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation.cinder import filters
from cdm_graph.simulation.cinder import records
from tests.unit.simulation import support

_NOON: typing.Final = '2027-01-15T08:00:00'


@pytest.fixture
def cloud() -> cloud_module.SimulatedCloud:
    return support.stored_cloud()


def _kept(
    cloud: cloud_module.SimulatedCloud, **params: str
) -> list[records.Volume]:
    return list(
        filters.matching(cloud.storage.volumes, filters.VOLUMES, params)
    )


def _dated(cloud: cloud_module.SimulatedCloud) -> list[str]:
    """Let three volumes be changed one second after the other."""
    uuids = [row.uuid for row in cloud.storage.volumes][:3]
    for number, uuid in enumerate(uuids):
        cloud.storage.change_volume(
            uuid, touch=False, updated_at=int(support.EPOCH) + number
        )
    return uuids


def test_what_no_column_has_the_name_of_keeps_nothing(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    assert len(_kept(cloud)) == len(cloud.storage.volumes)
    assert _kept(cloud, nonsense='1') == []
    assert _kept(cloud, deleted='true') == []
    assert _kept(cloud, **{'changes-since': _NOON}) == []
    everything = _kept(cloud, all_tenants='1', limit='5', sort='id:asc')
    assert len(everything) == len(cloud.storage.volumes)


@pytest.mark.parametrize('columns', [filters.SNAPSHOTS, filters.ATTACHMENTS])
def test_others_than_volumes_have_no_time_to_ask_for(
    columns: filters.Columns,
) -> None:
    params = {'updated_at': f'gt:{_NOON}'}
    assert list(filters.matching(['row'], columns, params)) == []


@pytest.mark.parametrize(
    ('text', 'kept'),
    [
        ('gt:2027-01-15T08:00:01', (2,)),
        ('gte:2027-01-15T08:00:01', (1, 2)),
        ('eq:2027-01-15T08:00:01.000000', (1,)),
        ('gte:2027-01-15T08:00:01Z', (1, 2)),
        ('gte:2027-01-15T09:00:01+01:00', (1, 2)),
        # Of several one is enough: this is no period.
        ('gte:2027-01-15T08:00:02,eq:2027-01-15T08:00:00', (0, 2)),
    ],
)
def test_times_are_compared(
    cloud: cloud_module.SimulatedCloud, text: str, kept: tuple[int, ...]
) -> None:
    uuids = _dated(cloud)
    found = {row.uuid for row in _kept(cloud, updated_at=text)}
    assert found == {uuids[number] for number in kept}


def test_what_has_never_changed_matches_no_time(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    (uuid, *_) = _dated(cloud)
    cloud.storage.change_volume(uuid, touch=False, updated_at=None)
    for name in ('gt', 'gte', 'eq', 'neq', 'lt', 'lte'):
        found = {
            row.uuid for row in _kept(cloud, updated_at=f'{name}:{_NOON}')
        }
        assert uuid not in found
    others = _kept(cloud, updated_at=f'gte:{_NOON},lt:{_NOON}')
    assert len(others) == len(cloud.storage.volumes) - 1


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('after:2027-01-15T08:00:00', 'Invalid after operator'),
        ('gt:yesterday', 'Invalid yesterday value'),
        ('2027-01-15T08:00:00', 'Invalid 2027-01-15T08 operator'),
        (
            'gte:2027-01-15T08:00:00 00:00',
            'Invalid 2027-01-15T08:00:00 00:00 value',
        ),
    ],
)
def test_a_comparison_that_makes_no_sense(
    cloud: cloud_module.SimulatedCloud, text: str, message: str
) -> None:
    with pytest.raises(api_error.ApiError) as caught:
        _kept(cloud, updated_at=text)
    assert caught.value.status == 400
    assert caught.value.message == message


def test_a_host_is_a_pool_a_back_end_or_all_of_them(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    def pools(host: str) -> set[str | None]:
        return {row.pool for row in _kept(cloud, host=host)}

    fast, faster = 'storage-01@ssd#fast', 'storage-01@ssd#faster'
    assert pools(fast) == {fast}
    assert pools('storage-01@ssd') == {fast, faster}
    assert pools('storage-01') == {fast, faster}
    assert pools('storage') == set()


def test_columns_are_compared(cloud: cloud_module.SimulatedCloud) -> None:
    row = support.loose_volume(cloud)
    assert _kept(cloud, id=row.uuid) == [row]
    assert _kept(cloud, id=f'{row.uuid},{row.uuid}') == []
    assert row in _kept(cloud, project_id=row.project.project_id)
    assert row in _kept(cloud, status='available', size=str(row.size_gb))
    assert row not in _kept(cloud, bootable='true')
    assert row in _kept(cloud, **{'name~': 'volume-'})
    assert _kept(cloud, migration_status='success')
    assert all(
        each.migration_status == 'success'
        for each in _kept(cloud, migration_status='success')
    )
