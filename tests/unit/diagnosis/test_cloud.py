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

"""What is seen of a simulated cloud, healthy and misconfigured."""

import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.diagnosis import cloud as clouds
from cdm_graph.simulation import process
from tests.unit.diagnosis import conftest


def _probe(
    cloud: process.Simulation, clock: conftest.ShiftedClock, **more: typing.Any
) -> clouds.CloudProbe:
    conf = conftest.configuration(cloud)
    for name, value in more.items():
        conf.set_override(name, value, group='collector')
    return clouds.CloudProbe(conf, clock)


def _plain(cloud: process.Simulation) -> list[str]:
    return [
        row.uuid
        for row in cloud.cloud.servers
        if row.vm_state == 'active' and row.task_state is None
    ]


def test_a_healthy_cloud_is_seen_whole(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    cloud = new_cloud()
    probe = _probe(cloud, shifted)
    probe.log_in()
    facts = probe.facts()
    assert facts.microversion is not None
    assert not facts.errors
    assert facts.project == cloud.cloud.admin.project_id
    assert facts.difference is not None
    assert facts.difference.least == 0.0
    assert facts.page is not None
    assert facts.page.rows == 12
    assert facts.page.is_last
    assert not facts.page.lacks
    assert facts.unseen == 0
    assert len(facts.page.projects) > 1


@pytest.mark.parametrize(
    ('path', 'refused'),
    [
        ('/servers/detail', {'servers', 'changed servers'}),
        ('/os-hypervisors/detail', {'hypervisors'}),
        ('/os-services', {'services'}),
        ('/os-aggregates', {'aggregates'}),
        ('/os-availability-zone/detail', {'availability zones'}),
        ('/flavors/detail', {'flavors'}),
        ('/os-server-groups', {'server groups'}),
        ('/os-migrations', {'migrations'}),
    ],
)
def test_what_a_policy_refuses_is_named(
    new_cloud: conftest.CloudFactory,
    shifted: conftest.ShiftedClock,
    path: str,
    refused: set[str],
) -> None:
    cloud = new_cloud()
    cloud.faults.fail(f'{path}$', 403, None)
    facts = _probe(cloud, shifted).facts()
    assert facts.refused == refused
    assert set(facts.errors) == refused
    assert (facts.page is None) == ('servers' in refused)


def test_what_fails_is_no_matter_of_policy(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    cloud = new_cloud()
    cloud.faults.fail('/flavors/detail$', 500, None)
    facts = _probe(cloud, shifted).facts()
    assert set(facts.errors) == {'flavors'}
    assert not facts.refused


def test_a_limit_of_nova_is_seen(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    page = _probe(new_cloud(max_limit=5), shifted).facts().page
    assert page is not None
    assert (page.asked, page.rows, page.is_last) == (250, 5, False)


def test_a_small_page_of_our_own_is_no_limit_of_nova(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    probe = _probe(new_cloud(), shifted, nova_page_size=4)
    page = probe.facts().page
    assert page is not None
    assert (page.asked, page.rows, page.is_last) == (4, 4, False)


def test_servers_of_one_project_are_seen_as_such(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    cloud = new_cloud()
    for uuid in [row.uuid for row in cloud.cloud.servers]:
        cloud.cloud.change_server(uuid, project=cloud.cloud.admin)
    facts = _probe(cloud, shifted).facts()
    assert facts.page is not None
    assert facts.page.projects == {facts.project}


def test_hosts_in_cells_that_are_down_are_counted(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    cloud = new_cloud()
    host = next(iter(cloud.cloud.nodes.values())).host
    cloud.faults.cell_down([host])
    facts = _probe(cloud, shifted).facts()
    assert facts.unseen == 1
    assert 'hypervisors' in facts.errors
    assert facts.page is not None
    assert not facts.page.lacks


@pytest.mark.parametrize('shift', [-30.0, 30.0])
def test_a_clock_that_is_wrong_is_measured(
    new_cloud: conftest.CloudFactory,
    shifted: conftest.ShiftedClock,
    shift: float,
) -> None:
    cloud = new_cloud()
    probe = _probe(cloud, shifted)
    probe.log_in()
    shifted.shift = shift
    difference = probe.facts().difference
    assert difference is not None
    assert abs(difference.seconds + shift) <= difference.error
    assert 27 < difference.least <= 30


def test_nova_tells_which_volumes_and_machines_it_uses(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    cloud = new_cloud()
    node = next(iter(cloud.cloud.nodes.values()))
    cloud.cloud.change_node(node.host, hypervisor_type='ironic')
    used = {
        each.volume
        for each in cloud.cloud.storage.attachments.values()
        if each.server is not None
    }
    assert used
    assert _probe(cloud, shifted).facts().uses == {
        'Cinder': used,
        'Ironic': {node.uuid},
    }


def test_a_nova_that_is_too_old_is_refused_as_the_daemon_refuses_it(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    probe = _probe(new_cloud(max_microversion=(2, 60)), shifted)
    with pytest.raises(exceptions.UnsupportedCloud, match=r'2\.69'):
        probe.log_in()


def test_what_changed_in_a_time_is_told_by_server(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    cloud = new_cloud()
    probe = _probe(cloud, shifted)
    before, renamed, deleted, after = _plain(cloud)[:4]
    shifted.shift = 10
    cloud.perform(cloud.operations.rename(before, 'early'))
    began = shifted.time() + 5
    shifted.shift = 20
    cloud.perform(cloud.operations.rename(renamed, 'x'))
    cloud.perform(cloud.operations.delete_server(deleted))
    ended = shifted.time() + 5
    shifted.shift = 40
    cloud.perform(cloud.operations.rename(after, 'late'))
    changes = {each.uuid: each for each in probe.changes(began, ended)}
    assert set(changes) == {renamed, deleted}
    assert changes[renamed].host == cloud.cloud.server(renamed).host
    assert not changes[renamed].deleted
    assert not changes[renamed].created
    assert changes[deleted].deleted


def test_what_else_changed_is_told_by_family(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    cloud = new_cloud()
    probe = _probe(cloud, shifted)
    before = probe.census()
    assert set(before) == {'service', 'aggregate', 'flavor', 'server_group'}
    assert not any(clouds.gained(before, probe.census()).values())
    host = next(iter(cloud.cloud.nodes.values())).host
    cloud.perform(cloud.operations.disable_service(host, 'broken'))
    assert clouds.gained(before, probe.census()) == {
        **{family: [] for family in before},
        'service': [host],
    }


def test_a_member_that_left_a_group_is_not_announced_and_not_missed() -> None:
    before = {'server_group': {'g': frozenset({'a', 'b'})}}
    less = {'server_group': {'g': frozenset({'a'})}}
    assert clouds.gained(before, less) == {'server_group': []}
    assert clouds.gained(less, before) == {'server_group': ['g']}
    assert clouds.gained(less, {'server_group': {}}) == {'server_group': ['g']}


def test_a_family_that_cannot_be_read_is_left_out(
    new_cloud: conftest.CloudFactory, shifted: conftest.ShiftedClock
) -> None:
    cloud = new_cloud()
    probe = _probe(cloud, shifted)
    before = probe.census()
    cloud.faults.fail('/os-aggregates$', 403, None)
    after = probe.census()
    assert 'aggregate' not in after
    assert 'aggregate' not in clouds.gained(before, after)
