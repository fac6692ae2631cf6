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

"""Many operations at once."""

import collections
import itertools
import threading
import time
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.simulation import churn as churn_module
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import notification
from cdm_graph.simulation.nova import population
from cdm_graph.simulation.nova import scenarios
from cdm_graph.simulation.nova import truth as nova_truth
from tests.unit.simulation import support

Messages = list[notification.Notification]


def _churned(
    operations: int, seed: int = 5, **options: typing.Any
) -> tuple[cloud_module.SimulatedCloud, churn_module.Churn, Messages]:
    cloud = support.small_cloud(hosts=20, instances=400)
    clock = typing.cast(support.ManualClock, cloud.clock)
    messages: Messages = []
    options.setdefault('formats', 'versioned')
    churn = churn_module.Churn(
        cloud, messages.append, 10, seed, clock, **options
    )
    while churn.begun < operations:
        clock.now = support.EPOCH + churn.step()
    return cloud, churn, messages


def test_the_seed_makes_the_churn() -> None:
    cloud, _, messages = _churned(100)
    same_cloud, _, same = _churned(100)
    _, _, other = _churned(100, seed=6)
    assert messages == same
    assert messages != other
    assert nova_truth.truth(cloud) == nova_truth.truth(same_cloud)


def test_operations_interleave() -> None:
    _, churn, messages = _churned(100)
    assert churn.under_way > 10
    requests = [message.context['request_id'] for message in messages]
    switches = sum(
        1 for one, next_one in itertools.pairwise(requests) if one != next_one
    )
    assert switches > len(requests) / 2


def test_settled_means_at_rest() -> None:
    cloud, churn, _ = _churned(250)
    churn.settle()
    assert churn.under_way == 0
    assert all(server.task_state is None for server in cloud.servers)
    assert not [
        server
        for server in cloud.servers
        if cloud.migration_of(server.uuid) is not None
    ]


@pytest.fixture(scope='module')
def long_churned() -> tuple[cloud_module.SimulatedCloud, Messages]:
    # What is seldom is made less seldom.
    weights = {
        name: max(weight, 12) for name, weight in scenarios.WEIGHTS.items()
    }
    cloud, churn, messages = _churned(1200, weights=weights)
    churn.settle()
    return cloud, messages


def test_the_number_of_servers_stays_about_the_same(
    long_churned: tuple[cloud_module.SimulatedCloud, Messages],
) -> None:
    cloud, _ = long_churned
    assert 370 <= len(cloud.servers) <= 430
    assert 15 <= len(cloud.nodes) <= 30


def test_the_number_of_server_groups_is_bounded() -> None:
    cloud, _, _ = _churned(100, weights={'create_group': 1})
    assert 20 <= len(cloud.groups) <= 30


def test_every_scenario_happens(
    long_churned: tuple[cloud_module.SimulatedCloud, Messages],
) -> None:
    _, messages = long_churned
    events = {message.event_type for message in messages}
    assert events >= {
        'aggregate.delete.end',
        'compute_task.build_instances.error',
        'flavor.delete',
        'instance.create.error',
        'instance.live_migration_abort.end',
        'instance.live_migration_rollback_dest.end',
        'instance.rebuild.end',
        'instance.evacuate',
        'instance.resize_confirm.end',
        'instance.resize_revert.end',
        'instance.restore.end',
        'instance.shelve_offload.end',
        'instance.unshelve.end',
        'instance.unrescue.end',
        'instance.unlock',
        'instance.interface_attach.error',
        'instance.interface_detach.end',
        'instance.share_detach.end',
        'instance.volume_attach.error',
        'instance.volume_detach.end',
        'instance.volume_swap.end',
        'server_group.delete',
        'service.create',
        'service.delete',
    }


@pytest.mark.parametrize('name', scenarios.WEIGHTS)
def test_a_scenario_can_be_chosen_alone(name: str) -> None:
    cloud, churn, _ = _churned(30, weights={name: 1})
    churn.settle()
    truth = nova_truth.truth(cloud)
    for source, _, target in truth.relations:
        assert {source, target} <= truth.vertices.keys()


def test_no_server_is_in_two_operations_at_a_time(
    long_churned: tuple[cloud_module.SimulatedCloud, Messages],
) -> None:
    _, messages = long_churned
    under_way: dict[str, list[str]] = collections.defaultdict(list)
    for message in messages:
        data = message.payload['nova_object.data']
        if message.event_type.startswith('instance.'):
            requests = under_way[data['uuid']]
            request = message.context['request_id']
            if request not in requests:
                requests.append(request)
            # Abort and force-complete are requests about one under way.
            assert request in requests[-2:]


def test_a_rate_is_above_nothing() -> None:
    cloud = support.small_cloud()
    with pytest.raises(exceptions.SimulationError, match='above 0'):
        churn_module.Churn(cloud, lambda _: None, 0, 1, cloud.clock)


def test_deleted_servers_are_archived_by_and_by() -> None:
    # There is nothing to enable, so that nothing happens at all.
    cloud, churn, _ = _churned(1, weights={'enable_service': 1})
    clock = typing.cast(support.ManualClock, cloud.clock)
    server = support.plain_server(cloud)
    cloud.destroy_server(server.uuid)
    clock.now += 10_000
    while churn.begun < 1000:
        churn.step()
    assert cloud.servers.find(server.uuid) is None


def test_it_runs_in_a_thread_at_its_rate() -> None:
    cloud = population.new_cloud(12, 200, 1, time)
    told = threading.Event()
    churn = churn_module.Churn(
        cloud, lambda _: told.set(), 100, 1, time, formats='versioned'
    )
    churn.start()
    with pytest.raises(exceptions.SimulationError, match='already'):
        churn.start()
    assert told.wait(5)
    began, begun = time.monotonic(), churn.begun
    time.sleep(0.5)
    rate = (churn.begun - begun) / (time.monotonic() - began)
    churn.stop()
    churn.stop()
    assert 20 < rate < 150
    stopped = churn.begun
    churn.settle()
    assert churn.begun == stopped


def test_the_lists_of_what_is_attached_are_an_option() -> None:
    _, _, messages = _churned(
        60, bdms_in_notifications=True, include_share_mapping=True
    )
    payloads = support.versioned(messages, 'instance.update')
    assert payloads
    for data in payloads:
        assert data['block_devices'] is not None
        assert data['shares'] is not None


@pytest.mark.parametrize('seed', range(6))
def test_empty_hosts_keep_to_one_zone(seed: int) -> None:
    cloud = support.small_cloud(hosts=5, instances=2, seed=seed)
    clock = typing.cast(support.ManualClock, cloud.clock)
    churn = churn_module.Churn(
        cloud, lambda _: None, 10, seed, clock, weights={'aggregate': 1}
    )
    while churn.begun < 60:
        clock.now = support.EPOCH + churn.step()
    for host in cloud.nodes:
        zones = {
            aggregate.availability_zone
            for aggregate in cloud.aggregates.values()
            if host in aggregate.hosts
        }
        assert len(zones - {None}) <= 1
