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

"""What Nova does with volumes is told by Cinder too, and is in its rows."""

import typing

import pytest

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import notification
from cdm_graph.simulation import operations as operations_module
from cdm_graph.simulation import records
from cdm_graph.simulation.cinder import records as cinder_records
from tests.unit.simulation import support

_BACKEND: typing.Final = 'volume.storage-01@ssd'
_API: typing.Final = 'volume.controller'


@pytest.fixture
def cloud() -> cloud_module.SimulatedCloud:
    return support.stored_cloud(instances=300)


@pytest.fixture
def does(
    cloud: cloud_module.SimulatedCloud,
) -> operations_module.Operations:
    return support.operations(cloud, 'versioned')


@pytest.fixture
def server(cloud: cloud_module.SimulatedCloud) -> records.Server:
    for row in cloud.servers:
        if row.vm_state == 'active' and row.image and not row.volumes:
            return row
    raise AssertionError('no plain server')


@pytest.fixture
def volume(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    server: records.Server,
) -> cinder_records.Volume:
    """Return a volume that is attached to the server."""
    uuid = support.loose_volume(cloud).uuid
    support.run(cloud, does.attach_volume(server.uuid, volume=uuid))
    return cloud.storage.volumes.get(uuid)


def _order(seen: list[support.Seen]) -> list[str]:
    """Return the events of both services in their order."""
    return [each.event_type for step in seen for each in step.messages]


def _about(
    seen: list[support.Seen], uuid: str
) -> list[tuple[str, str, str, str]]:
    """Return publisher, event and status of what is told of a volume."""
    return [
        (each.publisher_id, each.event_type, each.payload['status'])
        for step in seen
        for each in support.of_cinder(step.messages)
        if each.payload.get('volume_id') == uuid
    ]


def _states(seen: list[support.Seen], uuid: str) -> list[str]:
    return [
        changes['status']
        for step in seen
        for changes in [step.changes.get(uuid) or {}]
        if 'status' in changes
    ]


def _attached(
    cloud: cloud_module.SimulatedCloud, uuid: str
) -> list[tuple[str | None, str | None, str]]:
    return [
        (each.server, each.host, each.status)
        for each in cloud.storage.attachments_of(uuid)
    ]


# Attached and detached by their owner.


def test_a_volume_is_attached(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    server: records.Server,
) -> None:
    uuid = support.loose_volume(cloud).uuid
    seen = support.watched(cloud, does.attach_volume(server.uuid, volume=uuid))
    assert _states(seen, uuid) == ['reserved', 'attaching', 'in-use']
    assert _about(seen, uuid) == [
        (_BACKEND, 'volume.attach.start', 'reserved'),
        (_API, 'volume.attach.end', 'in-use'),
    ]
    assert _order(seen) == [
        'instance.volume_attach.start',
        'volume.attach.start',
        'volume.attach.end',
        'instance.volume_attach.end',
    ]
    start, end = support.of_cinder(
        message for step in seen for message in step.messages
    )
    (before,), (after,) = (
        each.payload['volume_attachment'] for each in (start, end)
    )
    assert before['attached_host'] is None
    assert before['instance_uuid'] == after['instance_uuid'] == server.uuid
    assert after['attached_host'] == server.host
    assert [each.uuid for each in cloud.server(server.uuid).volumes] == [uuid]


def test_a_new_volume_is_created_before_it_is_attached(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    server: records.Server,
) -> None:
    seen = support.watched(cloud, does.attach_volume(server.uuid))
    (attached,) = cloud.server(server.uuid).volumes
    row = cloud.storage.volumes.get(attached.uuid)
    assert row.status == 'in-use'
    assert row.project == server.project
    assert [event for _, event, _ in _about(seen, row.uuid)] == [
        'volume.create.start',
        'volume.create.end',
        'volume.attach.start',
        'volume.attach.end',
    ]


def test_a_volume_is_detached(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    server: records.Server,
    volume: cinder_records.Volume,
) -> None:
    seen = support.watched(cloud, does.detach_volume(server.uuid, volume.uuid))
    assert _states(seen, volume.uuid) == ['detaching', 'available']
    assert _about(seen, volume.uuid) == [
        (_BACKEND, 'volume.detach.start', 'detaching'),
        (_API, 'volume.detach.end', 'available'),
    ]
    assert _order(seen) == [
        'instance.volume_detach.start',
        'volume.detach.start',
        'volume.detach.end',
        'instance.volume_detach.end',
    ]
    assert _attached(cloud, volume.uuid) == []


def test_a_volume_that_cannot_be_attached_is_available_again(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    server: records.Server,
) -> None:
    uuid = support.loose_volume(cloud).uuid
    seen = support.watched(
        cloud, does.attach_volume(server.uuid, fails=True, volume=uuid)
    )
    assert _states(seen, uuid) == ['reserved', 'available']
    # It was only reserved: the API lets it go.
    assert _about(seen, uuid) == [
        (_API, 'volume.detach.start', 'reserved'),
        (_API, 'volume.detach.end', 'available'),
    ]


def test_a_volume_is_swapped_for_another(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    server: records.Server,
    volume: cinder_records.Volume,
) -> None:
    seen = support.watched(cloud, does.swap_volume(server.uuid))
    (new,) = cloud.server(server.uuid).volumes
    assert new.uuid != volume.uuid
    assert _states(seen, volume.uuid) == ['detaching', 'available']
    assert cloud.storage.volumes.get(new.uuid).status == 'in-use'
    assert _attached(cloud, new.uuid) == [
        (server.uuid, server.host, 'attached')
    ]
    assert _order(seen)[-1] == 'instance.volume_swap.end'


def test_a_volume_may_be_of_several_servers(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    uuid = support.loose_volume(cloud, 'ssd-multiattach').uuid
    one, two = [
        row.uuid
        for row in cloud.servers
        if row.vm_state == 'active' and not row.volumes
    ][:2]
    support.run(cloud, does.attach_volume(one, volume=uuid))
    seen = support.watched(cloud, does.attach_volume(two, volume=uuid))
    assert _states(seen, uuid) == ['reserved', 'attaching', 'in-use']
    row = cloud.storage.volumes.get(uuid)
    seen = support.watched(cloud, does.detach_volume(one, uuid))
    assert _about(seen, uuid)[-1][-1] == 'in-use'
    assert [server for server, _, _ in _attached(cloud, uuid)] == [two]
    support.run(cloud, does.detach_volume(two, uuid))
    assert cloud.storage.volumes.get(uuid).status == 'available'
    assert row.multiattach


def test_off_its_host_a_server_has_volumes_reserved(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    server: records.Server,
) -> None:
    support.run(cloud, does.shelve(server.uuid))
    uuid = support.loose_volume(cloud).uuid
    seen = support.watched(cloud, does.attach_volume(server.uuid, volume=uuid))
    assert _states(seen, uuid) == ['reserved']
    assert _order(seen) == []
    seen = support.watched(cloud, does.detach_volume(server.uuid, uuid))
    assert _about(seen, uuid) == [
        (_API, 'volume.detach.start', 'reserved'),
        (_API, 'volume.detach.end', 'available'),
    ]


# Their server moves.


def test_while_a_server_migrates_live_it_has_a_volume_twice(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    server: records.Server,
    volume: cinder_records.Volume,
) -> None:
    seen = support.watched(cloud, does.live_migrate(server.uuid))
    uuid = volume.uuid
    assert _states(seen, uuid) == ['attaching', 'in-use']
    assert _about(seen, uuid) == [
        (_BACKEND, 'volume.attach.start', 'in-use'),
        (_API, 'volume.attach.end', 'in-use'),
        (_BACKEND, 'volume.detach.start', 'in-use'),
        (_API, 'volume.detach.end', 'in-use'),
    ]
    both = [
        changes['attachments']
        for step in seen
        for changes in [step.changes.get(uuid) or {}]
        if 'attachments' in changes
    ]
    hosts = [[each['host_name'] for each in shown] for shown in both]
    dest = cloud.server(server.uuid).host
    assert hosts == [[server.host, dest], [dest]]
    # The last step changes the list, but not the time.
    (last,) = [
        changes
        for step in seen
        for changes in [step.changes.get(uuid) or {}]
        if changes.get('attachments') == both[-1]
    ]
    assert last.keys() == {'attachments'}
    order = _order(seen)
    for before, after in (
        ('instance.live_migration_pre.start', 'volume.attach.start'),
        ('volume.attach.end', 'instance.live_migration_pre.end'),
        ('instance.live_migration_post.start', 'volume.detach.start'),
        ('volume.detach.end', 'instance.live_migration_post_dest.start'),
    ):
        assert order.index(before) < order.index(after)


@pytest.mark.parametrize(
    'name', ['live_migrate_aborted', 'live_migrate_failing']
)
def test_a_migration_that_is_rolled_back_leaves_the_old_attachment(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    server: records.Server,
    volume: cinder_records.Volume,
    name: str,
) -> None:
    before = cloud.storage.attachments_of(volume.uuid)
    support.run(cloud, getattr(does, name)(server.uuid))
    assert cloud.storage.attachments_of(volume.uuid) == before


def test_a_shelved_server_keeps_its_volume_reserved(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    server: records.Server,
    volume: cinder_records.Volume,
) -> None:
    (before,) = cloud.storage.attachments_of(volume.uuid)
    seen = support.watched(cloud, does.shelve(server.uuid))
    assert _states(seen, volume.uuid) == ['reserved']
    assert _about(seen, volume.uuid) == [
        (_BACKEND, 'volume.detach.start', 'in-use'),
        (_API, 'volume.detach.end', 'reserved'),
    ]
    assert _attached(cloud, volume.uuid) == [(server.uuid, None, 'reserved')]
    (kept,) = cloud.storage.attachments_of(volume.uuid)
    assert kept.uuid != before.uuid
    seen = support.watched(cloud, does.unshelve(server.uuid))
    assert _states(seen, volume.uuid) == ['attaching', 'in-use']
    assert [event for _, event, _ in _about(seen, volume.uuid)] == [
        'volume.attach.start',
        'volume.attach.end',
    ]
    (back,) = cloud.storage.attachments_of(volume.uuid)
    assert back.uuid == kept.uuid
    assert back.host == cloud.server(server.uuid).host


@pytest.mark.parametrize(
    'names',
    [
        ('cold_migrate',),
        ('cold_migrate', 'confirm_resize'),
        ('cold_migrate', 'revert_resize'),
        ('rebuild',),
    ],
)
def test_wherever_a_server_goes_its_volume_follows(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    server: records.Server,
    volume: cinder_records.Volume,
    names: tuple[str, ...],
) -> None:
    for name in names:
        seen = support.watched(cloud, getattr(does, name)(server.uuid))
        now = cloud.server(server.uuid)
        assert _attached(cloud, volume.uuid) == [
            (server.uuid, now.host, 'attached')
        ]
        if name != 'confirm_resize':
            assert _states(seen, volume.uuid) == [
                'reserved',
                'attaching',
                'in-use',
            ]


def test_an_evacuated_server_has_its_volume_on_the_new_host(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    server: records.Server,
    volume: cinder_records.Volume,
) -> None:
    support.run(cloud, does.force_down(server.host or ''))
    seen = support.watched(cloud, does.evacuate(server.uuid))
    assert _states(seen, volume.uuid) == ['reserved', 'attaching', 'in-use']
    assert [
        (event, status) for _, event, status in _about(seen, volume.uuid)
    ] == [
        ('volume.detach.start', 'in-use'),
        ('volume.detach.end', 'reserved'),
        ('volume.attach.start', 'reserved'),
        ('volume.attach.end', 'in-use'),
    ]
    now = cloud.server(server.uuid)
    assert now.host != server.host
    assert _attached(cloud, volume.uuid) == [
        (server.uuid, now.host, 'attached')
    ]


# Servers come and go with them.


def test_a_server_that_boots_from_a_volume(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    seen = support.watched(cloud, does.create_server(image=''))
    server = cloud.servers.at(cloud.servers.last_number)
    assert server is not None
    (root,) = server.volumes
    row = cloud.storage.volumes.get(root.uuid)
    assert row.bootable
    assert row.name == ''
    assert _states(seen, root.uuid) == ['reserved', 'attaching', 'in-use']
    assert _order(seen)[:2] == ['volume.create.start', 'volume.create.end']
    assert _attached(cloud, root.uuid) == [
        (server.uuid, server.host, 'attached')
    ]


@pytest.mark.parametrize('options', [{'fails': True}, {'zone': 'nowhere'}])
def test_of_a_server_that_fails_the_volume_is_left(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    options: dict[str, typing.Any],
) -> None:
    support.run(cloud, does.create_server(image='', **options))
    server = cloud.servers.at(cloud.servers.last_number)
    assert server is not None
    (root,) = server.volumes
    expected = 'available' if 'fails' in options else 'reserved'
    assert cloud.storage.volumes.get(root.uuid).status == expected
    support.run(cloud, does.delete_server(server.uuid))
    row = cloud.storage.volumes.find(root.uuid)
    if root.delete_on_termination:
        assert row is None
    else:
        assert row is not None
        assert row.status == 'available'


@pytest.mark.parametrize('on_host', [True, False])
@pytest.mark.parametrize('ends', [True, False])
def test_a_deleted_server_leaves_its_volumes_or_takes_them_along(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    on_host: bool,
    ends: bool,
) -> None:
    server = next(
        row
        for row in cloud.servers
        if row.vm_state == 'active'
        and any(each.delete_on_termination == ends for each in row.volumes)
        and not cloud.storage.snapshots_of(row.volumes[0].uuid)
    )
    (volume,) = server.volumes
    if not on_host:
        support.run(cloud, does.shelve(server.uuid))
    seen = support.watched(cloud, does.delete_server(server.uuid))
    events = [event for _, event, _ in _about(seen, volume.uuid)]
    assert events[:2] == ['volume.detach.start', 'volume.detach.end']
    assert events[2:] == (
        ['volume.delete.start', 'volume.delete.end'] if ends else []
    )
    row = cloud.storage.volumes.find(volume.uuid)
    if ends:
        assert row is None
    else:
        assert row is not None
        assert row.status == 'available'
    assert _attached(cloud, volume.uuid) == []
    order = _order(seen)
    assert order[-1] == 'instance.delete.end'


def test_a_soft_deleted_server_keeps_its_volumes(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    server: records.Server,
    volume: cinder_records.Volume,
) -> None:
    seen = support.watched(cloud, does.soft_delete_server(server.uuid))
    assert not any(step.changes for step in seen)
    assert not _about(seen, volume.uuid)
    support.run(cloud, does.force_delete_server(server.uuid))
    assert cloud.storage.volumes.get(volume.uuid).status == 'available'


# Nova is as it was.


def test_nova_says_the_same_with_and_without_storage() -> None:
    told: list[list[notification.Notification]] = []
    for cloud in (support.small_cloud(), support.stored_cloud()):
        does = support.operations(cloud)
        uuid = support.plain_server(cloud).uuid
        messages = [
            message
            for name in (
                'attach_volume',
                'swap_volume',
                'live_migrate',
                'cold_migrate',
                'revert_resize',
                'shelve',
                'unshelve',
                'rebuild',
                'detach_volume',
                'delete_server',
            )
            for message in support.run(cloud, getattr(does, name)(uuid))
        ]
        told.append(
            [
                each
                for each in messages
                if each.exchange == notification.NOVA_EXCHANGE
            ]
        )
    assert told[0] == told[1]


def test_a_volume_that_cinder_does_not_know_is_left_alone(
    cloud: cloud_module.SimulatedCloud,
    does: operations_module.Operations,
    server: records.Server,
    volume: cinder_records.Volume,
) -> None:
    cloud.storage.remove_volume(volume.uuid)
    for name in ('live_migrate', 'shelve', 'unshelve', 'delete_server'):
        messages = support.run(cloud, getattr(does, name)(server.uuid))
        assert not support.of_cinder(messages)
