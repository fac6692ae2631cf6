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

"""Ports, volumes and shares: announced as Nova does, and no earlier."""

import collections
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import notification
from cdm_graph.simulation import operations as operations_module
from cdm_graph.simulation import records
from cdm_graph.simulation.nova import rows
from cdm_graph.simulation.nova import truth as nova_truth
from tests.unit.simulation import support


@pytest.fixture
def cloud() -> cloud_module.SimulatedCloud:
    return support.small_cloud()


def _events(
    messages: list[notification.Notification],
) -> list[tuple[str, str, str]]:
    return [
        (each.priority, each.publisher_id, each.event_type)
        for each in messages
    ]


def _macs(data: dict[str, typing.Any]) -> list[str]:
    return [each['nova_object.data']['mac'] for each in data['ip_addresses']]


def _volumes(data: dict[str, typing.Any]) -> list[str]:
    return [
        each['nova_object.data']['volume_id'] for each in data['block_devices']
    ]


def _shown(
    cloud: cloud_module.SimulatedCloud, uuid: str
) -> dict[str, typing.Any]:
    row = cloud.servers.find(uuid)
    assert row is not None
    return rows.Rows(cloud, (2, 96), 'http://cloud').server(row)


def _telling_all(
    cloud: cloud_module.SimulatedCloud,
) -> operations_module.Operations:
    return operations_module.Operations(
        cloud, bdms_in_notifications=True, include_share_mapping=True
    )


# What a cloud begins with.


def test_most_servers_have_a_port_and_some_a_volume() -> None:
    cloud = support.small_cloud(hosts=20, instances=2000)
    ports = collections.Counter(len(row.ports) for row in cloud.servers)
    assert ports[1] > 1600
    assert ports[0] > 0
    assert ports[2] > 0
    with_volume = [row for row in cloud.servers if row.volumes]
    assert 0.2 < len(with_volume) / 2000 < 0.35
    for row in cloud.servers:
        roots = [volume for volume in row.volumes if volume.is_root]
        assert len(roots) == (0 if row.image else 1)
        assert not row.shares


def test_no_two_ports_have_the_same_mac_address() -> None:
    cloud = support.small_cloud(hosts=20, instances=3000)
    macs = [port.mac_address for row in cloud.servers for port in row.ports]
    assert len(macs) == len(set(macs))
    volumes = [each.uuid for row in cloud.servers for each in row.volumes]
    assert len(volumes) == len(set(volumes))


def test_what_is_attached_leaves_the_rest_of_a_cloud_as_the_seed_made_it(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    uuid = cloud.new_uuid()
    other = support.small_cloud()
    other.devices.port()
    assert other.new_uuid() == uuid


# The API.


def test_the_api_shows_addresses_by_network_and_volumes(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    row = next(row for row in cloud.servers if len(row.ports) == 2)
    shown = _shown(cloud, row.uuid)
    addresses = [
        (network, each['OS-EXT-IPS-MAC:mac_addr'], each['addr'])
        for network, each_of in shown['addresses'].items()
        for each in each_of
    ]
    assert sorted(addresses) == sorted(
        (port.network, port.mac_address, address)
        for port in row.ports
        for address in port.addresses
    )
    booted = next(row for row in cloud.servers if not row.image)
    shown = _shown(cloud, booted.uuid)
    attached = shown['os-extended-volumes:volumes_attached']
    assert attached == [
        {
            'id': each.uuid,
            'delete_on_termination': each.delete_on_termination,
        }
        for each in booted.volumes
    ]


def test_a_server_that_is_being_built_shows_no_addresses(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    with_port = False
    for _ in support.operations(cloud).create_server(image=''):
        row = cloud.servers.at(cloud.servers.last_number)
        assert row is not None
        assert [each.is_root for each in row.volumes] == [True]
        with_port = with_port or bool(row.ports)
        shown = _shown(cloud, row.uuid)['addresses']
        assert bool(shown) == (row.vm_state == 'active')
    assert with_port


# Interfaces.


def test_an_interface_is_attached_and_detached(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    row = support.plain_server(cloud)
    does = support.operations(cloud)
    messages = support.run(cloud, does.attach_interface(row.uuid))
    publisher = f'nova-compute:{row.host}'
    assert _events(messages) == [
        ('info', publisher, 'instance.interface_attach.start'),
        ('info', publisher, 'instance.interface_attach.end'),
    ]
    start, end = support.versioned(messages)
    new = cloud.server(row.uuid).ports[-1]
    assert new not in row.ports
    assert new.mac_address not in _macs(start)
    assert new.mac_address in _macs(end)
    assert end['updated_at'] == start['updated_at']
    assert cloud.server(row.uuid).updated_at == row.updated_at
    messages = support.run(cloud, does.detach_interface(row.uuid, new.uuid))
    start, end = support.versioned(messages)
    assert new.mac_address in _macs(start)
    assert new.mac_address not in _macs(end)
    assert cloud.server(row.uuid).ports == row.ports


def test_a_port_with_two_addresses_is_told_twice() -> None:
    cloud = support.small_cloud(instances=400)
    row = next(
        row
        for row in cloud.servers
        if row.vm_state == 'active'
        and any(len(port.addresses) == 2 for port in row.ports)
    )
    (data, *_) = support.versioned(
        support.run(cloud, support.operations(cloud).pause(row.uuid)),
        'instance.pause.end',
    )
    told = [each['nova_object.data'] for each in data['ip_addresses']]
    assert len(told) > len({each['mac'] for each in told})
    assert {each['version'] for each in told} == {4, 6}
    assert all(each['port_uuid'] for each in told)


def test_an_interface_that_cannot_be_attached(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    row = support.plain_server(cloud)
    messages = support.run(
        cloud, support.operations(cloud).attach_interface(row.uuid, fails=True)
    )
    assert [(each.priority, each.event_type) for each in messages] == [
        ('info', 'instance.interface_attach.start'),
        ('error', 'instance.interface_attach.error'),
    ]
    assert cloud.server(row.uuid).ports == row.ports


# Volumes.


def test_a_volume_is_attached(cloud: cloud_module.SimulatedCloud) -> None:
    row = support.plain_server(cloud)
    does = support.operations(cloud)
    steps = does.attach_volume(row.uuid)
    assert next(steps) == []
    volume = cloud.server(row.uuid).volumes[-1]
    shown = _shown(cloud, row.uuid)['os-extended-volumes:volumes_attached']
    assert volume.uuid in {each['id'] for each in shown}
    messages = support.run(cloud, steps)
    publisher = f'nova-compute:{row.host}'
    assert _events(messages) == [
        ('info', publisher, 'instance.volume_attach.start'),
        ('info', f'compute.{row.host}', 'compute.instance.volume.attach'),
        ('info', publisher, 'instance.volume_attach.end'),
    ]
    for data in support.versioned(messages):
        assert data['volume_id'] == volume.uuid
        assert data['block_devices'] is None
    assert messages[1].payload['volume_id'] == volume.uuid
    assert cloud.server(row.uuid).updated_at == row.updated_at


def test_a_volume_is_still_there_when_its_detachment_is_told(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    row = support.plain_server(cloud)
    support.run(cloud, support.operations(cloud).attach_volume(row.uuid))
    (volume,) = cloud.server(row.uuid).volumes
    messages: list[notification.Notification] = []
    for step in _telling_all(cloud).detach_volume(row.uuid):
        messages.extend(step)
        if step:
            assert cloud.server(row.uuid).volumes == (volume,)
    assert [each.event_type for each in messages] == [
        'instance.volume_detach.start',
        'compute.instance.volume.detach',
        'instance.volume_detach.end',
    ]
    for data in support.versioned(messages):
        assert _volumes(data) == [volume.uuid]
        assert data['volume_id'] == volume.uuid
    assert cloud.server(row.uuid).volumes == ()


def test_a_volume_that_cannot_be_attached_is_there_for_a_while(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    row = support.plain_server(cloud)
    steps = _telling_all(cloud).attach_volume(row.uuid, fails=True)
    messages: list[notification.Notification] = []
    for step in steps:
        messages.extend(step)
        assert bool(cloud.server(row.uuid).volumes) == (
            bool(step) or not messages
        )
    assert [(each.priority, each.event_type) for each in messages] == [
        ('info', 'instance.volume_attach.start'),
        ('error', 'instance.volume_attach.error'),
    ]
    assert _volumes(support.versioned(messages)[-1])
    assert not cloud.server(row.uuid).volumes


def test_a_volume_is_swapped(cloud: cloud_module.SimulatedCloud) -> None:
    row = next(
        row
        for row in cloud.servers
        if row.volumes and row.vm_state == 'active'
    )
    old = row.volumes[-1]
    messages = support.run(cloud, _telling_all(cloud).swap_volume(row.uuid))
    assert [each.event_type for each in messages] == [
        'instance.volume_swap.start',
        'instance.volume_swap.end',
    ]
    new = cloud.server(row.uuid).volumes[-1]
    start, end = support.versioned(messages)
    for data in (start, end):
        assert data['old_volume_id'] == old.uuid
        assert data['new_volume_id'] == new.uuid
    assert old.uuid in _volumes(start)
    assert new.uuid in _volumes(end)
    assert new.device_name == old.device_name
    assert old.uuid not in _volumes(end)


def test_off_its_host_volumes_come_and_go_unannounced(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    row = support.plain_server(cloud)
    does = support.operations(cloud)
    support.run(cloud, does.shelve(row.uuid))
    assert support.run(cloud, does.attach_volume(row.uuid)) == []
    assert len(cloud.server(row.uuid).volumes) == 1
    assert support.run(cloud, does.detach_volume(row.uuid)) == []
    assert not cloud.server(row.uuid).volumes


# Shares.


def test_a_share_is_attached_and_detached(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    row = support.plain_server(cloud, 'stopped')
    does = _telling_all(cloud)
    steps = does.attach_share(row.uuid)
    assert next(steps) == []
    (share,) = cloud.server(row.uuid).shares
    assert share.status == 'attaching'
    messages = support.run(cloud, steps)
    publisher = f'nova-api:{row.host}'
    assert _events(messages) == [
        ('info', publisher, 'instance.share_attach.start'),
        ('info', publisher, 'instance.share_attach.end'),
    ]
    told = [
        (data['share_id'], data['shares'][0]['nova_object.data']['status'])
        for data in support.versioned(messages)
    ]
    assert told == [(share.uuid, 'attaching'), (share.uuid, 'inactive')]
    messages = support.run(cloud, does.power_on(row.uuid))
    (data,) = support.versioned(messages, 'instance.power_on.end')
    assert data['shares'][0]['nova_object.data'] == {
        'share_mapping_uuid': share.mapping_uuid,
        'share_id': share.uuid,
        'status': 'active',
        'tag': share.uuid,
    }
    support.run(cloud, does.power_off(row.uuid))
    messages = support.run(cloud, does.detach_share(row.uuid))
    assert [each.event_type for each in messages] == [
        'instance.share_detach.start',
        'instance.share_detach.end',
    ]
    start, end = support.versioned(messages)
    assert start['shares'][0]['nova_object.data']['status'] == 'detaching'
    assert end['shares'] == []
    assert not cloud.server(row.uuid).shares


def test_a_running_server_takes_no_share(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    row = support.plain_server(cloud)
    with pytest.raises(exceptions.SimulationError, match='stopped'):
        next(support.operations(cloud).attach_share(row.uuid))


# All of them.


def test_lists_are_told_only_if_the_options_say_so(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    row = next(
        row
        for row in cloud.servers
        if not row.image and row.vm_state == 'active'
    )
    for does, wanted in (
        (support.operations(cloud), None),
        (_telling_all(cloud), [row.volumes[0].uuid]),
    ):
        messages = support.run(cloud, does.pause(row.uuid))
        (data,) = support.versioned(messages, 'instance.pause.end')
        if wanted is None:
            assert data['block_devices'] is None
            assert data['shares'] is None
        else:
            assert _volumes(data) == wanted
            assert data['shares'] == []
        support.run(cloud, does.unpause(row.uuid))
    # Some events carry the volumes whatever the options are.
    messages = support.run(cloud, support.operations(cloud).reboot(row.uuid))
    (data,) = support.versioned(messages, 'instance.reboot.end')
    (device,) = data['block_devices']
    assert device['nova_object.data'] == {
        'boot_index': 0,
        'delete_on_termination': row.volumes[0].delete_on_termination,
        'device_name': '/dev/vda',
        'tag': None,
        'volume_id': row.volumes[0].uuid,
    }


def test_a_deleted_server_has_nothing_attached(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    row = next(
        row
        for row in cloud.servers
        if not row.image and row.vm_state == 'active' and row.ports
    )
    messages = support.run(
        cloud, support.operations(cloud).delete_server(row.uuid)
    )
    told = {
        each.event_type: each.payload['nova_object.data']
        for each in messages
        if each.topic == notification.VERSIONED_TOPIC
    }
    assert _macs(told['instance.shutdown.start'])
    assert not _macs(told['instance.shutdown.end'])
    assert not _macs(told['instance.delete.end'])
    assert _volumes(told['instance.delete.end']) == [row.volumes[0].uuid]
    gone = cloud.servers.find(row.uuid)
    assert gone is not None
    assert (gone.ports, gone.volumes, gone.shares) == ((), (), ())
    assert _shown(cloud, row.uuid)['addresses'] == {}
    vertices = nova_truth.truth(cloud).vertices
    assert row.volumes[0].uuid not in vertices
    assert row.ports[0].mac_address not in vertices


def test_legacy_messages_tell_fixed_addresses(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    row = next(
        row
        for row in cloud.servers
        if row.vm_state == 'active' and len(row.ports) == 1 and row.image
    )
    messages = support.run(
        cloud, support.operations(cloud).live_migrate(row.uuid)
    )
    (payload,) = (
        each.payload
        for each in messages
        if each.event_type == 'compute.instance.live_migration._post.end'
    )
    (port,) = row.ports
    assert [each['address'] for each in payload['fixed_ips']] == list(
        port.addresses
    )
    assert payload['fixed_ips'][0]['vif_mac'] == port.mac_address


@pytest.mark.parametrize(
    ('name', 'kind'),
    [
        ('detach_interface', 'port'),
        ('detach_volume', 'volume'),
        ('swap_volume', 'volume'),
    ],
)
def test_what_is_not_attached_is_told(
    cloud: cloud_module.SimulatedCloud, name: str, kind: str
) -> None:
    operation = getattr(support.operations(cloud), name)
    row = support.plain_server(cloud)
    with pytest.raises(exceptions.SimulationError, match=f'no {kind} else'):
        next(operation(row.uuid, 'else'))
    cloud.change_server(row.uuid, ports=(), volumes=())
    with pytest.raises(exceptions.SimulationError, match=f'no {kind} att'):
        next(operation(row.uuid))


def test_truth_tells_what_is_attached(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    row = support.plain_server(cloud, 'stopped')
    does = support.operations(cloud)
    for operation in (
        does.attach_interface(row.uuid),
        does.attach_volume(row.uuid),
        does.attach_share(row.uuid),
    ):
        support.run(cloud, operation)
    row = cloud.server(row.uuid)
    truth = nova_truth.truth(cloud)
    kinds = {
        truth.vertices[source]['kind']: source
        for source, relation, target in truth.relations
        if relation == 'ATTACHED_TO' and target == row.uuid
    }
    assert kinds.keys() == {'Port', 'Volume', 'Share'}
    assert kinds['Share'] == row.shares[0].uuid


def test_a_new_volume_has_a_device_of_its_own(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    volumes: tuple[records.Volume, ...] = (cloud.devices.root_volume(),)
    for _ in range(3):
        volumes = (*volumes, cloud.devices.volume(volumes))
    assert [each.device_name for each in volumes] == [
        '/dev/vda',
        '/dev/vdb',
        '/dev/vdc',
        '/dev/vdd',
    ]
