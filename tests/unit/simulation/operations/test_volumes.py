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

"""Volumes are announced as Cinder announces them, and shown as it does."""

import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import notification
from cdm_graph.simulation import operations as operations_module
from cdm_graph.simulation.cinder import records as cinder_records
from tests.unit.simulation import support

_HOST: typing.Final = 'os-vol-host-attr:host'


@pytest.fixture
def volume(
    cloud: cloud_module.SimulatedCloud,
) -> cinder_records.Volume:
    return support.loose_volume(cloud)


def _states(
    seen: list[support.Seen], uuid: str, key: str = 'status'
) -> list[typing.Any]:
    """Return what a field became, in the steps that changed it."""
    return [
        changes[key]
        for step in seen
        for changes in [step.changes.get(uuid) or {}]
        if key in changes
    ]


def _told(seen: list[support.Seen]) -> list[typing.Any]:
    return [each for step in seen for each in step.told]


# They come.


def test_a_volume_is_created(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    seen = support.watched(
        cloud, does.create_volume('a', 5, kind='ssd', metadata={'k': '1'})
    )
    ((uuid, posted),) = seen[0].changes.items()
    assert posted is not None
    assert (posted['status'], posted[_HOST]) == ('creating', None)
    assert posted['updated_at'] is None
    assert posted['shared_targets'] is True
    (host,) = _states(seen[1:], uuid, _HOST)
    assert host.startswith('storage-01@ssd#')
    publisher = f'volume.{host}'
    assert [step.told for step in seen] == [
        [],
        [],
        [('info', publisher, 'volume.create.start', 'creating')],
        [('info', publisher, 'volume.create.end', 'available')],
        [],
    ]
    assert _states(seen, uuid) == ['creating', 'available']
    # The service is written after the end was told.
    last = seen[-1].changes[uuid]
    assert last is not None
    assert last.keys() == {'service_uuid', 'shared_targets', 'updated_at'}
    start, end = support.of_cinder(
        message for step in seen for message in step.messages
    )
    assert start.exchange == 'openstack'
    assert start.topic == 'notifications'
    assert start.payload['metadata'] == [{'key': 'k', 'value': '1'}]
    assert start.payload['volume_type'] == posted['volume_type_id']
    # It invents when it was launched, without a zone.
    assert '+' not in start.payload['launched_at']
    assert end.payload['launched_at'].endswith('+00:00')


def test_what_no_pool_takes_fails_after_it_is_told(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    for operation in (
        does.create_volume('a', kind='nowhere'),
        does.create_volume('a', 10**9, kind='ssd'),
    ):
        seen = support.watched(cloud, operation)
        (uuid,) = seen[0].changes
        assert [step.told for step in seen] == [
            [],
            [
                (
                    'error',
                    'scheduler.controller',
                    'scheduler.create_volume',
                    'error',
                )
            ],
            [],
        ]
        assert not seen[1].changes
        assert _states(seen, uuid) == ['creating', 'error']
        assert cloud.storage.volumes.get(uuid).pool is None


def test_what_fails_on_its_back_end_is_tried_thrice(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    seen = support.watched(
        cloud, does.create_volume('a', kind='hdd', fails=True)
    )
    (uuid,) = seen[0].changes
    slow = 'storage-02@hdd#slow'
    hosts = _states(seen, uuid, _HOST)
    assert hosts == [None, slow, None, slow, None, slow, None]
    assert [event for _, _, event, _ in _told(seen)] == [
        *['volume.create.start'] * 3,
        'scheduler.create_volume',
    ]
    assert _states(seen, uuid) == ['creating', 'error']


def test_a_copy_is_made_beside_its_source(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    snapshot = next(iter(cloud.storage.snapshots.values()))
    source = cloud.storage.volumes.get(snapshot.volume)
    kind = cloud.storage.types[source.type_uuid].name
    zone = cloud.storage.backend_of(source.pool or '').zone
    for key, value in (('snapshot', snapshot.uuid), ('source', source.uuid)):
        made = None
        while made is None or made.zone != zone:
            messages = support.run(
                cloud, does.create_volume('b', kind=kind, **{key: value})
            )
            uuid = messages[0].payload['volume_id']
            made = cloud.storage.volumes.get(uuid)
        assert made.pool == source.pool
        assert value in (made.snapshot_id, made.source_volume_id)


# They go.


def test_a_volume_is_deleted(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    seen = support.watched(cloud, does.delete_volume(volume.uuid))
    publisher = 'volume.storage-01@ssd'
    assert [step.told for step in seen[:3]] == [
        [],
        [('info', publisher, 'volume.delete.start', 'deleting')],
        [('info', publisher, 'volume.delete.end', 'deleted')],
    ]
    assert _states(seen[:2], volume.uuid) == ['deleting']
    # It is gone when that is told; what it leaves is reported at once.
    assert seen[2].changes == {volume.uuid: None}
    assert [event for _, _, event, _ in seen[3].told] == [
        'capacity.pool',
        'capacity.backend',
    ]


def test_without_a_host_the_api_deletes(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    support.run(cloud, does.create_volume('a', kind='nowhere'))
    uuid = next(iter(cloud.storage.volumes.newest_first())).uuid
    seen = support.watched(cloud, does.delete_volume(uuid))
    assert _told(seen) == [
        ('info', 'volume.controller', 'volume.delete.start', 'error'),
        ('info', 'volume.controller', 'volume.delete.end', 'deleted'),
    ]
    assert seen[-1].changes == {uuid: None}
    assert seen[0].messages[0].payload['host'] is None


def test_a_deletion_that_fails_is_told_by_nobody(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    seen = support.watched(cloud, does.delete_volume(volume.uuid, fails=True))
    assert [event for _, _, event, _ in _told(seen)] == ['volume.delete.start']
    assert _states(seen, volume.uuid) == ['deleting', 'error_deleting']


def test_a_deletion_waits_for_a_back_end_that_is_dead(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    support.run(cloud, does.crash_backend('storage-01@ssd'))
    steps = does.delete_volume(volume.uuid)
    for _ in range(5):
        assert next(steps) == []
        row = cloud.storage.volumes.get(volume.uuid)
        assert row.status == 'deleting'
    support.run(cloud, does.recover_backend('storage-01@ssd'))
    assert support.told(support.run(cloud, steps))[:2] == [
        'volume.delete.start',
        'volume.delete.end',
    ]


def test_what_something_depends_on_cannot_be_deleted(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    snapshot = next(iter(cloud.storage.snapshots.values()))
    cloud.storage.change_volume(snapshot.volume, status='available')
    with pytest.raises(exceptions.SimulationError, match='has snapshots'):
        next(does.delete_volume(snapshot.volume))
    attached = next(iter(cloud.storage.attachments.values())).volume
    with pytest.raises(exceptions.SimulationError, match='needs one that is'):
        next(does.delete_volume(attached))


# They grow.


def test_a_volume_is_extended(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    size = volume.size_gb + 5
    seen = support.watched(cloud, does.extend_volume(volume.uuid, size))
    publisher = 'volume.storage-01@ssd'
    assert [step.told for step in seen] == [
        [],
        [('info', publisher, 'volume.resize.start', 'extending')],
        [('info', publisher, 'volume.resize.end', 'available')],
    ]
    assert _states(seen, volume.uuid) == ['extending', 'available']
    assert _states(seen[-1:], volume.uuid, 'size') == [size]
    sizes = [step.messages[0].payload['size'] for step in seen[1:]]
    assert sizes == [volume.size_gb, size]


def test_an_extension_that_has_no_room_is_refused(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    seen = support.watched(cloud, does.extend_volume(volume.uuid, 10**9))
    assert _told(seen) == [
        (
            'error',
            'scheduler.controller',
            'scheduler.extend_volume',
            {'status': 'available', 'previous_status': None},
        )
    ]
    assert not seen[1].changes
    assert _states(seen, volume.uuid) == ['extending', 'available']
    with pytest.raises(exceptions.SimulationError, match='GiB already'):
        next(does.extend_volume(volume.uuid, volume.size_gb))


def test_an_extension_that_fails_is_told_by_nobody(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    seen = support.watched(
        cloud, does.extend_volume(volume.uuid, volume.size_gb + 1, fails=True)
    )
    assert [event for _, _, event, _ in _told(seen)] == ['volume.resize.start']
    assert _states(seen, volume.uuid) == ['extending', 'error_extending']
    assert cloud.storage.volumes.get(volume.uuid).size_gb == volume.size_gb


# What is said of them.


def test_an_update_tells_the_old_and_the_new(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    messages = support.run(
        cloud, does.update_volume(volume.uuid, 'new', 'hello')
    )
    assert [
        (each.publisher_id, each.event_type, each.payload['display_name'])
        for each in messages
    ] == [
        ('volume.controller', 'volume.update.start', volume.name),
        ('volume.controller', 'volume.update.end', 'new'),
    ]
    row = cloud.storage.volumes.get(volume.uuid)
    assert row.description == 'hello'
    assert row.updated_at != volume.updated_at


def test_metadata_in_an_update_is_told_but_not_dated(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    messages = support.run(
        cloud, does.update_volume_metadata(volume.uuid, {'z': 'y'})
    )
    start, end = (each.payload['metadata'] for each in messages)
    assert {'key': 'z', 'value': 'y'} in end
    assert {'key': 'z', 'value': 'y'} not in start
    row = cloud.storage.volumes.get(volume.uuid)
    assert row.updated_at == volume.updated_at


@pytest.mark.parametrize(
    ('name', 'value', 'key'),
    [
        ('set_volume_metadata', {'n': '3'}, 'metadata'),
        ('set_volume_image_metadata', {'os': 'x'}, 'volume_image_metadata'),
        ('set_volume_readonly', True, 'metadata'),
    ],
)
def test_metadata_by_itself_is_neither_told_nor_dated(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
    name: str,
    value: typing.Any,
    key: str,
) -> None:
    seen = support.watched(cloud, getattr(does, name)(volume.uuid, value))
    assert not _told(seen)
    (changes,) = (step.changes[volume.uuid] for step in seen)
    assert changes is not None
    assert changes.keys() == {key}


def test_metadata_is_deleted(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    support.run(cloud, does.set_volume_metadata(volume.uuid, {'a': 'b'}))
    support.run(cloud, does.set_volume_metadata(volume.uuid, {'a': None}))
    assert 'a' not in cloud.storage.volumes.get(volume.uuid).metadata


def test_bootable_is_dated_but_not_told(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    seen = support.watched(cloud, does.set_volume_bootable(volume.uuid, True))
    assert not _told(seen)
    (changes,) = (step.changes[volume.uuid] for step in seen)
    assert changes is not None
    assert changes.keys() == {'bootable', 'updated_at'}


def test_a_status_is_reset(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    seen = support.watched(
        cloud, does.reset_volume_status(volume.uuid, 'error')
    )
    assert _told(seen) == [
        (
            'info',
            'volume.controller',
            'volume.reset_status.start',
            'available',
        ),
        ('info', 'volume.controller', 'volume.reset_status.end', 'error'),
    ]


# To other projects.


def test_a_transfer_tells_the_old_status_in_the_end(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    for operation, event, before, after in (
        (does.offer_volume, 'create', 'available', 'awaiting-transfer'),
        (does.withdraw_volume, 'delete', 'awaiting-transfer', 'available'),
    ):
        seen = support.watched(cloud, operation(volume.uuid))
        told = [(event, status) for _, _, event, status in _told(seen)]
        assert told == [
            (f'volume.transfer.{event}.start', before),
            (f'volume.transfer.{event}.end', before),
        ]
        assert _states(seen, volume.uuid) == [after]


def test_an_accepted_volume_has_another_owner(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    other = next(
        project
        for project in cloud.projects.values()
        if project != volume.project
    )
    support.run(cloud, does.offer_volume(volume.uuid))
    messages = support.run(
        cloud, does.accept_volume(volume.uuid, other.project_id)
    )
    assert [
        (each.payload['status'], each.payload['tenant_id'])
        for each in messages
    ] == [
        ('awaiting-transfer', volume.project.project_id),
        ('available', other.project_id),
    ]
    assert cloud.storage.volumes.get(volume.uuid).project == other


# To and from what Cinder does not know.


def test_what_was_managed_has_another_uuid_than_before(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    seen = support.watched(cloud, does.unmanage_volume(volume.uuid))
    assert [(event, status) for _, _, event, status in _told(seen)[:2]] == [
        ('volume.unmanage.start', 'unmanaging'),
        ('volume.unmanage.end', 'deleted'),
    ]
    assert cloud.storage.volumes.find(volume.uuid) is None
    pool = volume.pool or ''
    seen = support.watched(cloud, does.manage_volume('m', pool, 7))
    ((uuid, first),) = seen[0].changes.items()
    assert uuid != volume.uuid
    assert first is not None
    # The API has no word for what the payload says.
    assert (first['status'], first['size']) == ('creating', 0)
    assert _told(seen) == [
        ('info', f'volume.{pool}', 'volume.manage_existing.start', 'managing'),
        ('info', f'volume.{pool}', 'volume.manage_existing.end', 'available'),
    ]
    assert cloud.storage.volumes.get(uuid).size_gb == 7
    seen = support.watched(cloud, does.manage_volume('m', pool, 7, fails=True))
    (uuid,) = seen[0].changes
    assert len(_told(seen)) == 1
    assert _states(seen, uuid) == ['creating', 'error']


# All of them.


def test_what_is_being_migrated_is_left_alone(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    cloud.storage.change_volume(volume.uuid, migration_status='migrating')
    with pytest.raises(exceptions.SimulationError, match='being migrated'):
        next(does.delete_volume(volume.uuid))


def test_storage_draws_from_a_stream_of_its_own(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    other = support.stored_cloud()
    messages = [
        *support.run(cloud, does.create_volume('a')),
        *support.run(cloud, does.extend_volume(volume.uuid, 500)),
        *support.run(cloud, does.delete_volume(volume.uuid)),
    ]
    assert {each.exchange for each in messages} == {
        notification.CINDER_EXCHANGE
    }
    assert cloud.new_uuid() == other.new_uuid()
