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

"""The table of volumes keeps its indices."""

import dataclasses
import random
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.simulation import records
from cdm_graph.simulation.cinder import records as cinder_records
from cdm_graph.simulation.cinder import volume_table

_OWNER: typing.Final = records.Project(
    project_id='p', name='p', user_id='u', user_name='u'
)


def _volume(
    uuid: str, born: int, pool: str | None = 'h@b#p', size_gb: int = 1
) -> cinder_records.Volume:
    return cinder_records.Volume(
        uuid=uuid,
        name=uuid,
        project=_OWNER,
        size_gb=size_gb,
        pool=pool,
        type_uuid='t',
        zone='nova',
        created_at=born,
    )


def _uuids(rows: typing.Iterable[cinder_records.Volume]) -> list[str]:
    return [row.uuid for row in rows]


def test_the_newest_come_first_and_of_one_second_the_highest() -> None:
    table = volume_table.VolumeTable()
    rows = [_volume('b', 5), _volume('a', 5), _volume('c', 4), _volume('d', 9)]
    for row in rows:
        table.insert(row)
    assert _uuids(table.newest_first()) == ['d', 'b', 'a', 'c']
    assert _uuids(table.newest_first(rows[0])) == ['a', 'c']
    table.remove('a')
    assert _uuids(table.newest_first(rows[0])) == ['c']
    assert table.at(0).uuid == 'c'
    assert len(table) == 3


def test_a_pool_has_its_volumes_wherever_they_were_before() -> None:
    table = volume_table.VolumeTable()
    table.insert(_volume('a', 1, pool=None))
    table.insert(_volume('b', 1, 'x', 5))
    table.replace(_volume('a', 1, 'x', 2))
    assert _uuids(table.in_pool('x')) == ['b', 'a']
    assert table.provisioned_gb('x') == 7
    table.replace(_volume('b', 1, 'y', 6))
    assert (table.provisioned_gb('x'), table.provisioned_gb('y')) == (2, 6)
    table.remove('a')
    assert table.in_pool('x') == []
    assert table.provisioned_gb('x') == 0


def test_what_is_not_there() -> None:
    table = volume_table.VolumeTable()
    assert table.find('a') is None
    with pytest.raises(exceptions.SimulationError, match='no volume a'):
        table.get('a')


def test_indices_are_those_of_the_rows() -> None:
    rng = random.Random(1)
    table = volume_table.VolumeTable()
    rows: dict[str, cinder_records.Volume] = {}
    for number in range(400):
        uuid = f'{rng.random():.6f}'
        row = _volume(uuid, number // 7, rng.choice(['x', 'y', None]), number)
        rows[uuid] = row
        table.insert(row)
        other = rng.choice(list(rows))
        if rng.random() < 0.3:
            assert table.remove(other) == rows.pop(other)
        else:
            rows[other] = dataclasses.replace(
                rows[other], pool=rng.choice(['x', 'y', None])
            )
            table.replace(rows[other])
    by_age = sorted(rows, key=lambda uuid: (rows[uuid].created_at, uuid))
    assert _uuids(table.newest_first()) == by_age[::-1]
    for pool in ('x', 'y'):
        there = [row for row in rows.values() if row.pool == pool]
        assert {row.uuid for row in table.in_pool(pool)} == set(_uuids(there))
        total = sum(row.size_gb for row in there)
        assert table.provisioned_gb(pool) == total
