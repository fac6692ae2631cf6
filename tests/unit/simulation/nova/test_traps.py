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

"""What misleads in a real Nova misleads here."""

import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import moments
from cdm_graph.simulation import operations
from cdm_graph.simulation import records
from tests.unit.simulation import support


@pytest.fixture
def cloud() -> cloud_module.SimulatedCloud:
    return support.small_cloud()


@pytest.fixture
def server(cloud: cloud_module.SimulatedCloud) -> records.Server:
    return support.plain_server(cloud)


def _happen(
    cloud: cloud_module.SimulatedCloud, name: str, *args: typing.Any
) -> list[typing.Any]:
    does = support.operations(cloud)
    return support.run(cloud, getattr(does, name)(*args))


def _other_zone(
    cloud: cloud_module.SimulatedCloud, server: records.Server
) -> str:
    assert server.host is not None
    zone = cloud.zone_of(server.host)
    return next(host for host in cloud.nodes if cloud.zone_of(host) != zone)


def test_live_migration_ends_with_the_old_host(
    cloud: cloud_module.SimulatedCloud, server: records.Server
) -> None:
    messages = _happen(cloud, 'live_migrate', server.uuid)
    last = messages[-1]
    data = last.payload['nova_object.data']
    now = cloud.server(server.uuid)
    assert last.event_type == 'instance.live_migration_post.end'
    assert data['host'] == server.host
    assert data['host'] != now.host
    assert data['task_state'] == 'migrating'
    assert now.task_state is None
    (arrived,) = support.versioned(
        messages, 'instance.live_migration_post_dest.end'
    )
    assert arrived['host'] == now.host
    assert arrived['updated_at'] > data['updated_at']


def test_updated_at_is_one_save_behind(
    cloud: cloud_module.SimulatedCloud, server: records.Server
) -> None:
    before = server.updated_at
    messages = _happen(cloud, 'power_off', server.uuid)
    told = [data['updated_at'] for data in support.versioned(messages)]
    first_save = int(support.EPOCH)
    assert told == [
        _moment(before),
        _moment(before),
        _moment(first_save),
        _moment(first_save),
    ]
    assert cloud.server(server.uuid).updated_at == first_save + 2


def _moment(seconds: int | None) -> str | None:
    return moments.zulu(seconds)


def test_evacuation_ends_with_the_dead_host_then_tells_the_new_one(
    cloud: cloud_module.SimulatedCloud, server: records.Server
) -> None:
    _happen(cloud, 'crash', server.host)
    _happen(cloud, 'force_down', server.host)
    messages = _happen(cloud, 'evacuate', server.uuid)
    *_, end, update = support.versioned(messages)
    now = cloud.server(server.uuid)
    assert end['host'] == server.host
    assert update['host'] == now.host
    assert now.host != server.host
    assert now.vm_state == 'stopped'


def test_resize_end_has_the_new_host_with_the_old_flavor(
    cloud: cloud_module.SimulatedCloud, server: records.Server
) -> None:
    messages = _happen(cloud, 'resize', server.uuid, 'c1.pinned')
    (end,) = support.versioned(messages, 'instance.resize.end')
    assert end['host'] != server.host
    assert end['flavor']['nova_object.data']['name'] == server.flavor.name
    (finished,) = support.versioned(messages, 'instance.resize_finish.end')
    assert finished['flavor']['nova_object.data']['name'] == 'c1.pinned'


def test_no_host_where_nova_tells_none(
    cloud: cloud_module.SimulatedCloud, server: records.Server
) -> None:
    messages = [
        *_happen(cloud, 'create_server'),
        *_happen(cloud, 'shelve', server.uuid),
        *_happen(cloud, 'unshelve', server.uuid),
    ]
    for event in ('create.start', 'shelve_offload.end', 'unshelve.start'):
        (data,) = support.versioned(messages, f'instance.{event}')
        assert data['host'] is None
        assert data['node'] is None


def test_shutdown_is_told_of_a_server_that_is_still_active(
    cloud: cloud_module.SimulatedCloud, server: records.Server
) -> None:
    messages = _happen(cloud, 'delete_server', server.uuid)
    (data,) = support.versioned(messages, 'instance.shutdown.end')
    assert data['state'] == 'active'
    assert data['task_state'] == 'deleting'


def test_the_api_deletes_where_the_host_is_down(
    cloud: cloud_module.SimulatedCloud, server: records.Server
) -> None:
    _happen(cloud, 'crash', server.host)
    messages = _happen(cloud, 'delete_server', server.uuid)
    events = {
        message.event_type: message.publisher_id
        for message in messages
        if message.topic == 'versioned_notifications'
    }
    assert events['instance.delete.end'] == 'nova-api:controller'
    assert 'instance.shutdown.end' not in events


def test_force_delete_without_a_host_has_no_versioned_event(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    _happen(cloud, 'create_server', None, None)
    does = support.operations(cloud)
    support.run(cloud, does.create_server(fails=True))
    failed = cloud.servers.at(cloud.servers.last_number)
    assert failed is not None
    messages = _happen(cloud, 'force_delete_server', failed.uuid)
    assert {
        message.event_type
        for message in messages
        if message.topic == 'versioned_notifications'
    } == {'instance.update'}


def test_soft_deleted_servers_keep_their_host(
    cloud: cloud_module.SimulatedCloud, server: records.Server
) -> None:
    _happen(cloud, 'soft_delete_server', server.uuid)
    row = cloud.server(server.uuid)
    assert row.vm_state == 'soft-delete'
    assert row.host == server.host
    assert row.deleted_at is not None
    assert not row.deleted


def test_an_aborted_live_migration_leaves_the_wrong_zone_in_the_row(
    cloud: cloud_module.SimulatedCloud, server: records.Server
) -> None:
    dest = _other_zone(cloud, server)
    messages = _happen(cloud, 'live_migrate_aborted', server.uuid, dest)
    row = cloud.server(server.uuid)
    assert row.host == server.host
    assert row.availability_zone == cloud.zone_of(dest)
    assert cloud.zone_of_server(row) == server.availability_zone
    last = support.versioned(messages)[-1]
    assert last['availability_zone'] == cloud.zone_of(dest)


def test_tags_are_told_also_without_state_changes(
    cloud: cloud_module.SimulatedCloud, server: records.Server
) -> None:
    does = operations.Operations(
        cloud, 'versioned', notify_on_state_change=False
    )
    assert support.run(cloud, does.rename(server.uuid, 'other')) == []
    (message,) = support.run(cloud, does.add_tag(server.uuid, 'blue'))
    assert message.event_type == 'instance.update'
    assert message.publisher_id == 'nova-api:controller'
    assert cloud.server(server.uuid).tags == tuple(
        sorted({*server.tags, 'blue'})
    )


def test_metadata_touches_the_row_and_tags_do_not(
    cloud: cloud_module.SimulatedCloud, server: records.Server
) -> None:
    _happen(cloud, 'set_metadata', server.uuid, {'a': 'b'})
    touched = cloud.server(server.uuid).updated_at
    assert touched == int(support.EPOCH)
    _happen(cloud, 'add_tag', server.uuid, 'blue')
    assert cloud.server(server.uuid).updated_at == touched


def test_a_dying_host_is_announced_to_nobody(
    cloud: cloud_module.SimulatedCloud, server: records.Server
) -> None:
    assert _happen(cloud, 'crash', server.host) == []
    assert server.host is not None
    assert not cloud.node(server.host).up


def test_one_operation_at_a_time_on_a_server(
    cloud: cloud_module.SimulatedCloud, server: records.Server
) -> None:
    does = support.operations(cloud)
    next(does.power_off(server.uuid))
    with pytest.raises(exceptions.SimulationError, match='is busy'):
        next(does.reboot(server.uuid))


def test_an_operation_needs_a_suitable_state(
    cloud: cloud_module.SimulatedCloud, server: records.Server
) -> None:
    does = support.operations(cloud)
    with pytest.raises(exceptions.SimulationError, match='needs one that is'):
        next(does.unpause(server.uuid))


def test_no_host_for_a_move_leaves_the_server_where_it_is(
    cloud: cloud_module.SimulatedCloud, server: records.Server
) -> None:
    for host in cloud.nodes:
        _happen(cloud, 'disable_service', host, 'maintenance')
    messages = _happen(cloud, 'live_migrate', server.uuid)
    row = cloud.server(server.uuid)
    assert (row.host, row.task_state) == (server.host, None)
    assert messages[-1].event_type == 'compute_task.migrate_server.error'
    assert messages[-1].priority == 'error'


@pytest.mark.parametrize(
    ('formats', 'topics'),
    [
        ('versioned', {'versioned_notifications'}),
        ('unversioned', {'notifications'}),
        ('both', {'versioned_notifications', 'notifications'}),
    ],
)
def test_the_wanted_formats_are_published(
    cloud: cloud_module.SimulatedCloud,
    server: records.Server,
    formats: str,
    topics: set[str],
) -> None:
    does = support.operations(cloud, formats)
    messages = support.run(cloud, does.reboot(server.uuid))
    assert {message.topic for message in messages} == topics
