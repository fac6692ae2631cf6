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

"""Volumes move behind everybody's back."""

import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import operations as operations_module
from cdm_graph.simulation.cinder import records as cinder_records
from cdm_graph.simulation.cinder import truth as cinder_truth
from tests.unit.simulation import support

_FAST: typing.Final = 'storage-01@ssd#fast'
_FASTER: typing.Final = 'storage-01@ssd#faster'
_SLOW: typing.Final = 'storage-02@hdd#slow'
_HOST: typing.Final = 'os-vol-host-attr:host'
_NAME_ID: typing.Final = 'os-vol-mig-status-attr:name_id'


@pytest.fixture
def volume(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> cinder_records.Volume:
    """Return a new volume of the default type that is in the fast pool."""
    support.run(cloud, does.manage_volume('m', _FAST, 10))
    return next(cloud.storage.volumes.newest_first())


@pytest.fixture
def attached(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> cinder_records.Volume:
    server = support.plain_server(cloud)
    support.run(cloud, does.attach_volume(server.uuid, volume=volume.uuid))
    return cloud.storage.volumes.get(volume.uuid)


def _timeline(
    seen: list[support.Seen], uuid: str, *keys: str
) -> list[tuple[typing.Any, ...]]:
    """Return what fields became, in the steps that changed one of them."""
    timeline = []
    for step in seen:
        changes = step.changes.get(uuid, {})
        if changes is None:
            timeline.append(('GONE',))
        elif not changes.keys().isdisjoint(keys):
            timeline.append(tuple(changes.get(key, '=') for key in keys))
    return timeline


def _told(seen: list[support.Seen]) -> list[tuple[str, typing.Any]]:
    return [
        (event, status) for step in seen for _, _, event, status in step.told
    ]


def _temporary(seen: list[support.Seen], uuid: str) -> str:
    (other,) = {each for step in seen for each in step.changes} - {uuid}
    return other


def test_within_a_back_end_the_driver_moves_it(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    allocated = cloud.storage.pools[_FAST].allocated_gb
    seen = support.watched(cloud, does.migrate_volume(volume.uuid, _FASTER))
    assert not _told(seen)
    assert _timeline(seen, volume.uuid, 'migration_status', _HOST) == [
        ('starting', '='),
        ('success', _FASTER),
    ]
    assert cloud.storage.pools[_FAST].allocated_gb == allocated - 10


def test_between_back_ends_a_second_row_takes_its_place(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    seen = support.watched(cloud, does.migrate_volume(volume.uuid, _SLOW))
    assert not _told(seen)
    other = _temporary(seen, volume.uuid)
    assert _timeline(seen, volume.uuid, 'migration_status', _HOST) == [
        ('starting', '='),
        ('migrating', '='),
        ('completing', '='),
        (None, _SLOW),
        ('success', '='),
    ]
    target = f'target:{volume.uuid}'
    keys = ('status', 'migration_status', _HOST, 'description')
    assert _timeline(seen, other, *keys) == [
        ('creating', target, _SLOW, None),
        ('available', '=', '=', '='),
        ('=', '=', _FAST, f'migration src for {volume.uuid}'),
        ('deleting', 'deleting', '=', '='),
        ('GONE',),
    ]
    after = cloud.storage.volumes.get(volume.uuid)
    assert after.name_id == other
    assert after.status == 'available'
    backend = cloud.storage.backend('storage-02@hdd')
    assert after.service_uuid == backend.service_uuid


def test_the_second_row_looks_like_the_volume(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    seen = support.watched(cloud, does.migrate_volume(volume.uuid, _SLOW))
    other = _temporary(seen, volume.uuid)
    first = next(
        changes
        for step in seen
        for changes in [step.changes.get(other)]
        if changes is not None
    )
    assert first['name'] == volume.name
    assert first['size'] == volume.size_gb
    assert first['consumes_quota'] is False
    assert first['created_at'].startswith('2027-01-15')


def test_the_truth_has_one_volume_throughout(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    before = cinder_truth.truth(cloud)
    pools = []
    for _ in does.migrate_volume(volume.uuid, _SLOW):
        truth = cinder_truth.truth(cloud)
        assert truth.vertices.keys() == before.vertices.keys()
        pools.append(truth.vertices[volume.uuid]['pool'])
    assert (pools[0], pools[-1]) == (_FAST, _SLOW)


def test_a_migrated_volume_can_be_migrated_back(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    support.run(cloud, does.migrate_volume(volume.uuid, _SLOW))
    first = cloud.storage.volumes.get(volume.uuid).name_id
    seen = support.watched(
        cloud, does.migrate_volume(volume.uuid, _FAST, lock=True)
    )
    other = _temporary(seen, volume.uuid)
    assert _timeline(seen, volume.uuid, 'status') == [
        ('maintenance',),
        ('available',),
    ]
    # Each has what the other had.
    assert (first,) in _timeline(seen, other, _NAME_ID)
    assert cloud.storage.volumes.get(volume.uuid).name_id == other


def test_a_migration_that_fails_leaves_its_volume_where_it_was(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    seen = support.watched(
        cloud, does.migrate_volume(volume.uuid, _SLOW, fails=True)
    )
    assert not _told(seen)
    assert _timeline(seen, volume.uuid, 'migration_status', _HOST) == [
        ('starting', '='),
        ('migrating', '='),
        ('error', '='),
    ]
    other = _temporary(seen, volume.uuid)
    assert _timeline(seen, other, 'status')[-1] == ('GONE',)


def test_a_migration_that_the_scheduler_refuses_is_told_by_it(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    support.run(cloud, does.disable_backend('storage-02@hdd', 'maintenance'))
    seen = support.watched(
        cloud, does.migrate_volume(volume.uuid, _SLOW, lock=True)
    )
    assert _told(seen) == [
        ('scheduler.migrate_volume_to_host', {'migration_status': 'error'})
    ]
    assert _timeline(seen, volume.uuid, 'status', 'migration_status') == [
        ('maintenance', 'starting'),
        ('available', 'error'),
    ]


def test_what_is_given_back_is_not_counted(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    storage = cloud.storage
    before = storage.pools[_FAST].allocated_gb, storage.pools[_SLOW]
    support.run(cloud, does.migrate_volume(volume.uuid, _SLOW))
    assert storage.pools[_FAST].allocated_gb == before[0]
    slow = storage.pools[_SLOW].allocated_gb
    assert slow == before[1].allocated_gb + volume.size_gb
    support.run(cloud, does.report_capacity('storage-01@ssd'))
    report = storage.pools[_FAST].report
    assert report.allocated_gb == report.provisioned_gb + volume.size_gb
    support.run(cloud, does.crash_backend('storage-01@ssd'))
    support.run(cloud, does.recover_backend('storage-01@ssd'))
    report = storage.pools[_FAST].report
    assert report.allocated_gb == report.provisioned_gb


# To other types.


def test_a_volume_gets_another_type_where_it_is(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    seen = support.watched(cloud, does.retype_volume(volume.uuid, 'ssd'))
    assert _timeline(seen, volume.uuid, 'status', 'volume_type') == [
        ('retyping', '='),
        ('available', 'ssd'),
    ]
    (event, *_) = _told(seen)
    assert event == ('volume.retype', 'available')
    (message, *_) = support.of_cinder(seen[-1].messages)
    assert message.publisher_id == 'volume.storage-01@ssd'
    assert message.payload['volume_type'] == (
        cloud.storage.type_named('ssd').uuid
    )


@pytest.mark.parametrize(
    ('kind', 'migrate'), [('hdd', False), ('nowhere', True)]
)
def test_a_type_that_takes_another_back_end_may_be_refused(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
    kind: str,
    migrate: bool,
) -> None:
    seen = support.watched(
        cloud, does.retype_volume(volume.uuid, kind, migrate)
    )
    assert _told(seen) == [('scheduler.retype', {'status': 'available'})]
    assert not seen[1].changes
    assert _timeline(seen, volume.uuid, 'status', 'volume_type') == [
        ('retyping', '='),
        ('available', '='),
    ]


def test_a_type_may_bring_a_volume_to_another_back_end(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    volume: cinder_records.Volume,
) -> None:
    seen = support.watched(cloud, does.retype_volume(volume.uuid, 'hdd'))
    keys = ('status', 'volume_type', 'migration_status', _HOST)
    assert _timeline(seen, volume.uuid, *keys) == [
        ('retyping', '=', '=', '='),
        ('=', '=', 'migrating', '='),
        ('=', '=', 'completing', '='),
        ('available', 'hdd', None, _SLOW),
        ('=', '=', 'success', '='),
    ]
    # The old back end tells of it, and what it has since.
    (message, *reports) = support.of_cinder(seen[-1].messages)
    assert message.event_type == 'volume.retype'
    assert message.publisher_id == 'volume.storage-01@ssd'
    assert message.payload['host'] == _SLOW
    assert [each.payload['name_to_id'] for each in reports] == [
        _FAST,
        'storage-01@ssd',
    ]


# While they are attached.


def test_what_is_told_of_an_attached_one_is_about_its_copy(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    attached: cinder_records.Volume,
) -> None:
    uuid = attached.uuid
    (before,) = cloud.storage.attachments_of(uuid)
    seen = support.watched(cloud, does.migrate_volume(uuid, _SLOW))
    other = _temporary(seen, uuid)
    assert [
        (each.event_type, each.payload['volume_id'], each.payload['status'])
        for step in seen
        for each in support.of_cinder(step.messages)
    ] == [
        ('volume.attach.start', other, 'reserved'),
        ('volume.attach.end', other, 'in-use'),
        ('volume.detach.start', uuid, 'in-use'),
        ('volume.detach.end', uuid, 'in-use'),
    ]
    (attach_end,) = [
        each
        for step in seen
        for each in step.messages
        if each.event_type == 'volume.attach.end'
    ]
    (hung,) = attach_end.payload['volume_attachment']
    assert hung['instance_uuid'] == before.server
    assert hung['volume']['migration_status'] == f'target:{uuid}'
    # The real one is attached to nothing for a while, and in use.
    (empty,) = [
        step
        for step in seen
        if (step.changes.get(uuid) or {}).get('attachments') == []
    ]
    assert 'status' not in (empty.changes[uuid] or {})
    (after,) = cloud.storage.attachments_of(uuid)
    assert after.uuid == hung['id'] != before.uuid
    assert after.server == before.server
    assert _timeline(seen, other, 'status') == [
        ('creating',),
        ('available',),
        ('reserved',),
        ('attaching',),
        ('in-use',),
        ('deleting',),
        ('GONE',),
    ]


def test_nova_tells_of_a_swap_and_lists_the_real_one(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    attached: cinder_records.Volume,
) -> None:
    uuid = attached.uuid
    (attachment,) = cloud.storage.attachments_of(uuid)
    server = attachment.server or ''
    seen = support.watched(cloud, does.migrate_volume(uuid, _SLOW))
    other = _temporary(seen, uuid)
    swaps = [
        (each.event_type, data['old_volume_id'], data['new_volume_id'])
        for step in seen
        for each in step.messages
        if each.event_type.startswith('instance.volume_swap')
        for data in [each.payload['nova_object.data']]
    ]
    assert swaps == [
        ('instance.volume_swap.start', uuid, other),
        ('instance.volume_swap.end', uuid, other),
    ]
    listed = {each.uuid for each in cloud.server(server).volumes}
    assert uuid in listed
    assert other not in listed


def test_an_attached_one_is_said_to_be_retyped_too_early(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    attached: cinder_records.Volume,
) -> None:
    uuid = attached.uuid
    seen = support.watched(cloud, does.retype_volume(uuid, 'hdd'))
    told = [event for event, _ in _told(seen)]
    assert told.index('volume.retype') < told.index('volume.attach.start')
    assert told.count('volume.retype') == 1
    (early,) = [
        each.payload
        for step in seen
        for each in step.messages
        if each.event_type == 'volume.retype'
    ]
    assert early['volume_type'] == cloud.storage.type_named('hdd').uuid
    assert (early['host'], early['status']) == (_FAST, 'retyping')
    keys = ('status', 'volume_type', 'migration_status', _HOST)
    assert _timeline(seen, uuid, *keys) == [
        ('retyping', '=', '=', '='),
        ('=', '=', 'starting', '='),
        ('=', '=', 'migrating', '='),
        ('=', '=', 'completing', '='),
        ('in-use', 'hdd', None, _SLOW),
        ('=', '=', 'success', '='),
    ]


def test_what_cannot_be_moved(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    attached: cinder_records.Volume,
) -> None:
    support.run(cloud, does.create_snapshot(attached.uuid, 's'))
    with pytest.raises(exceptions.SimulationError, match='has snapshots'):
        next(does.migrate_volume(attached.uuid, _SLOW))
    (snapshot,) = cloud.storage.snapshots_of(attached.uuid)
    support.run(cloud, does.delete_snapshot(snapshot.uuid))
    (attachment,) = cloud.storage.attachments_of(attached.uuid)
    support.run(cloud, does.power_off(attachment.server or ''))
    with pytest.raises(exceptions.SimulationError, match='needs one that is'):
        next(does.migrate_volume(attached.uuid, _SLOW))
    cloud.storage.change_attachment(attachment.uuid, server=None)
    with pytest.raises(exceptions.SimulationError, match='to no server'):
        next(does.migrate_volume(attached.uuid, _SLOW))
