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

"""Snapshots are announced as Cinder announces them."""

import pytest

from cdm_graph import exceptions
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import operations as operations_module
from tests.unit.simulation import support


def test_a_snapshot_comes_and_goes(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    volume = support.loose_volume(cloud)
    states = []
    messages = []
    for step in does.create_snapshot(volume.uuid, 's', {'a': 'b'}):
        messages += step
        (row,) = cloud.storage.snapshots_of(volume.uuid)
        states.append((row.status, row.progress))
    assert states == [
        ('creating', '0%'),
        ('creating', '0%'),
        ('available', '100%'),
    ]
    for step in does.delete_snapshot(row.uuid):
        messages += step
    assert [
        (each.publisher_id, each.event_type, each.payload['status'])
        for each in messages
    ] == [
        ('snapshot.storage-01@ssd', f'snapshot.{event}', status)
        for event, status in (
            ('create.start', 'creating'),
            ('create.end', 'available'),
            ('delete.start', 'deleting'),
            ('delete.end', 'deleted'),
        )
    ]
    assert [each.payload['deleted'] for each in messages] == [
        '',
        '',
        '',
        'True',
    ]
    assert messages[0].payload['metadata'] == "{'a': 'b'}"
    assert messages[0].payload['volume_size'] == volume.size_gb
    assert cloud.storage.snapshots_of(volume.uuid) == []
    assert row.uuid not in cloud.storage.snapshots


def test_a_snapshot_that_fails_is_told_by_nobody(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    volume = support.loose_volume(cloud)
    messages = support.run(
        cloud, does.create_snapshot(volume.uuid, 's', fails=True)
    )
    assert support.told(messages) == ['snapshot.create.start']
    (row,) = cloud.storage.snapshots_of(volume.uuid)
    assert row.status == 'error'


def test_a_snapshot_is_described(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    row = next(iter(cloud.storage.snapshots.values()))
    messages = support.run(cloud, does.update_snapshot(row.uuid, 'new', 'd'))
    assert [
        (each.publisher_id, each.event_type, each.payload['display_name'])
        for each in messages
    ] == [
        ('snapshot.controller', 'snapshot.update.start', row.name),
        ('snapshot.controller', 'snapshot.update.end', 'new'),
    ]
    messages = support.run(
        cloud, does.reset_snapshot_status(row.uuid, 'error')
    )
    assert [each.payload['status'] for each in messages] == [
        'available',
        'error',
    ]
    before = cloud.storage.snapshot(row.uuid)
    assert (
        support.run(cloud, does.set_snapshot_metadata(row.uuid, {'x': 'y'}))
        == []
    )
    after = cloud.storage.snapshot(row.uuid)
    assert after.metadata['x'] == 'y'
    assert after.updated_at == before.updated_at


def test_what_cannot_be_done(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    row = next(iter(cloud.storage.snapshots.values()))
    support.run(cloud, does.reset_snapshot_status(row.uuid, 'creating'))
    with pytest.raises(exceptions.SimulationError, match='needs one that is'):
        next(does.delete_snapshot(row.uuid))
    volume = support.loose_volume(cloud)
    cloud.storage.change_volume(volume.uuid, pool=None)
    with pytest.raises(exceptions.SimulationError, match='in no pool'):
        next(does.create_snapshot(volume.uuid, 's'))
