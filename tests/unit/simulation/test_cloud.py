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

"""The cloud's database."""

import collections
import dataclasses

import pytest

from cdm_graph import exceptions
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import records
from cdm_graph.simulation.nova import truth as nova_truth
from tests.unit.simulation import support


@pytest.fixture
def cloud() -> cloud_module.SimulatedCloud:
    return support.small_cloud()


def test_the_seed_makes_the_cloud() -> None:
    one, same, other = (
        nova_truth.truth(support.small_cloud(seed=seed)) for seed in (7, 7, 8)
    )
    assert one == same
    assert one != other


def test_a_cloud_without_hosts_has_no_servers() -> None:
    with pytest.raises(exceptions.SimulationError, match='at least one host'):
        support.small_cloud(hosts=0)
    assert len(support.small_cloud(hosts=0, instances=0).servers) == 0


def test_a_change_is_dated_to_the_second(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    server = support.plain_server(cloud)
    before, after = cloud.change_server(server.uuid, display_name='other')
    assert before is server
    assert after.updated_at == int(support.EPOCH)
    _, untouched = cloud.change_server(server.uuid, touch=False, tags=('a',))
    assert untouched.updated_at == after.updated_at


def test_usage_follows_the_servers(cloud: cloud_module.SimulatedCloud) -> None:
    does = support.operations(cloud)
    servers = [row.uuid for row in cloud.servers if row.vm_state == 'active']
    for operation in (
        does.live_migrate(servers[0]),
        does.resize(servers[1], 'm1.xlarge'),
        does.delete_server(servers[2]),
        does.create_server(),
        does.shelve(servers[3]),
    ):
        support.run(cloud, operation)
    counted: collections.Counter[str | None] = collections.Counter()
    memory: collections.Counter[str | None] = collections.Counter()
    for server in cloud.servers:
        counted[server.host] += 1
        memory[server.host] += server.flavor.memory_mb
    for host in cloud.nodes:
        usage = cloud.usage(host)
        assert usage.servers == counted[host]
        assert len(cloud.servers.on_host(host)) == counted[host]
        assert (
            usage.memory_mb - cloud_module.RESERVED_MEMORY_MB == memory[host]
        )


def test_a_deleted_server_stays_until_it_is_archived(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    server = support.plain_server(cloud)
    count = len(cloud.servers)
    support.run(cloud, support.operations(cloud).delete_server(server.uuid))
    assert len(cloud.servers) == count - 1
    row = cloud.servers.find(server.uuid)
    assert row is not None
    assert row.deleted
    with pytest.raises(exceptions.SimulationError, match='no server'):
        cloud.server(server.uuid)
    assert cloud.archive_deleted(age=60) == 0
    assert cloud.archive_deleted(age=-60) == 1
    assert cloud.servers.find(server.uuid) is None
    assert cloud.servers.at(server.number) is None


def test_archived_servers_leave_their_group(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    group = next(iter(cloud.groups.values()), None)
    if group is None:
        cloud = support.small_cloud(instances=500)
        group = next(iter(cloud.groups.values()))
    member = group.members[0]
    cloud.destroy_server(member)
    assert member in cloud.group(group.uuid).members
    assert member not in cloud.members_of(group)
    cloud.archive_deleted(age=-60)
    assert member not in cloud.group(group.uuid).members


@pytest.mark.parametrize('ago', [0, 5, 100_000_000])
def test_changed_since_finds_what_a_scan_finds(ago: int) -> None:
    cloud = support.small_cloud()
    does = support.operations(cloud)
    for uuid in [row.uuid for row in cloud.servers][:20]:
        row = cloud.server(uuid)
        if row.vm_state == 'active':
            support.run(cloud, does.power_off(uuid))
    support.run(cloud, does.delete_server(support.plain_server(cloud).uuid))
    next(does.create_server())
    since = cloud.now() - ago
    wanted = [
        row.uuid
        for row in cloud.servers.newest_first(deleted=True)
        if row.updated_at is None or row.updated_at >= since
    ]
    assert wanted
    found = [row.uuid for row in cloud.servers.changed_since(since)]
    assert found == wanted


def test_the_scheduler_keeps_to_zones_and_services(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    flavor = cloud.flavor('m1.tiny')
    for _ in range(20):
        node = cloud.select_node(flavor, zone='az2')
        assert node is not None
        assert cloud.zone_of(node.host) == 'az2'
    for host in list(cloud.nodes)[1:]:
        cloud.change_node(host, disabled=True)
    first = next(iter(cloud.nodes))
    node = cloud.select_node(flavor)
    assert node is not None
    assert node.host == first
    assert cloud.select_node(flavor, exclude={first}) is None
    cloud.change_node(first, forced_down=True)
    assert cloud.select_node(flavor) is None


def test_a_server_that_was_asked_for_in_a_zone_is_not_moved_out_of_it(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    does = support.operations(cloud)
    support.run(cloud, does.create_server(flavor='m1.tiny', zone='az3'))
    uuid = list(cloud.servers)[-1].uuid
    assert cloud.server(uuid).pinned_zone == 'az3'
    for _ in range(8):
        before = cloud.server(uuid).host
        support.run(cloud, does.live_migrate(uuid))
        assert cloud.server(uuid).host not in (None, before)
        assert cloud.zone_of_server(cloud.server(uuid)) == 'az3'


def test_a_few_servers_of_a_large_cloud_are_in_the_wrong_zone() -> None:
    pinned = [
        row
        for row in support.small_cloud(instances=2000).servers
        if row.pinned_zone
    ]
    wrong = [row for row in pinned if row.pinned_zone != row.availability_zone]
    assert 50 < len(pinned) < 300
    assert 0 < len(wrong) < 20
    small = support.small_cloud(hosts=6, instances=2000)
    # Nobody could be moved within a zone of so few hosts.
    assert not any(row.pinned_zone for row in small.servers)


def test_the_scheduler_keeps_to_policies(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    flavor = cloud.flavor('m1.tiny')
    member = support.plain_server(cloud)
    group = records.ServerGroup(
        number=99,
        uuid=cloud.new_uuid(),
        name='group',
        policy='affinity',
        project=member.project,
        members=(member.uuid,),
    )
    for _ in range(10):
        node = cloud.select_node(flavor, group=group)
        assert node is not None
        assert node.host == member.host
    apart = dataclasses.replace(group, policy='anti-affinity')
    for _ in range(10):
        node = cloud.select_node(flavor, group=apart)
        assert node is not None
        assert node.host != member.host


def test_zones_follow_the_aggregates(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    does = support.operations(cloud)
    support.run(cloud, does.add_host())
    host = next(reversed(cloud.nodes))
    assert cloud.zone_of(host) == 'nova'
    support.run(cloud, does.add_to_aggregate(1, host))
    assert cloud.zone_of(host) == 'az1'
    with pytest.raises(exceptions.SimulationError, match='cannot also be in'):
        support.run(cloud, does.add_to_aggregate(2, host))
    support.run(cloud, does.remove_host(host))
    assert host not in cloud.nodes
    assert host not in cloud.aggregate(1).hosts


def test_a_zone_does_not_change_under_servers(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    does = support.operations(cloud)
    host = cloud.aggregate(1).hosts[0]
    for operation in (
        does.remove_from_aggregate(1, host),
        does.set_aggregate_metadata(1, {'availability_zone': 'other'}),
    ):
        with pytest.raises(exceptions.SimulationError, match='has servers'):
            support.run(cloud, operation)


def test_a_host_gets_no_second_zone_from_the_metadata(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    does = support.operations(cloud)
    support.run(cloud, does.add_host())
    host = list(cloud.nodes)[-1]
    support.run(cloud, does.create_aggregate('plain'))
    number = max(cloud.aggregates)
    for aggregate in (1, number):
        support.run(cloud, does.add_to_aggregate(aggregate, host))
    with pytest.raises(exceptions.SimulationError, match='cannot also be in'):
        support.run(
            cloud,
            does.set_aggregate_metadata(number, {'availability_zone': 'b'}),
        )
    assert cloud.zone_of(host) == 'az1'


def test_a_host_with_servers_is_not_removed(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    server = support.plain_server(cloud)
    assert server.host is not None
    with pytest.raises(exceptions.SimulationError, match='cannot be'):
        cloud.remove_node(server.host)


def test_a_host_is_needed_while_servers_may_return() -> None:
    cloud = support.small_cloud(hosts=100, instances=30)
    server = support.plain_server(cloud)
    assert server.host is not None
    support.run(cloud, support.operations(cloud).cold_migrate(server.uuid))
    others = cloud.servers.on_host(server.host)
    if not others:
        assert cloud.is_needed(server.host)
    support.run(cloud, support.operations(cloud).confirm_resize(server.uuid))
    assert cloud.is_needed(server.host) == bool(others)


@pytest.mark.parametrize(
    ('method', 'key'),
    [
        ('node', 'nowhere'),
        ('server', 'nobody'),
        ('aggregate', 99),
        ('group', 'none'),
        ('flavor', 'none'),
        ('remove_flavor', 'none'),
    ],
)
def test_what_is_not_there_is_told(
    cloud: cloud_module.SimulatedCloud, method: str, key: str | int
) -> None:
    with pytest.raises(exceptions.SimulationError, match=str(key)):
        getattr(cloud, method)(key)
