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

"""What happens to storage by chance, beside what happens to servers."""

import collections
import itertools
import typing

import pytest

from cdm_graph.simulation import churn as churn_module
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import notification
from cdm_graph.simulation.cinder import scenarios
from cdm_graph.simulation.cinder import truth as cinder_truth
from cdm_graph.simulation.nova import truth as nova_truth
from tests.unit.simulation import support

Messages = list[notification.Notification]


def _churned(
    operations: int,
    seed: int = 5,
    rate: float = 10,
    storage_rate: float = 10,
    **options: typing.Any,
) -> tuple[cloud_module.SimulatedCloud, Messages]:
    cloud = support.stored_cloud(hosts=20, instances=300, volumes=120)
    messages = support.churned(
        cloud, operations, seed, rate, storage_rate=storage_rate, **options
    )
    return cloud, messages


@pytest.fixture(scope='module')
def long_churned() -> tuple[cloud_module.SimulatedCloud, Messages]:
    # What is seldom is made less seldom.
    weights = {
        name: max(weight, 20) for name, weight in scenarios.WEIGHTS.items()
    }
    return _churned(2400, storage_rate=20, storage_weights=weights)


def test_the_seed_makes_what_happens_to_storage() -> None:
    cloud, messages = _churned(200)
    same_cloud, same = _churned(200)
    _, other = _churned(200, seed=6)
    assert messages == same
    assert messages != other
    assert cinder_truth.truth(cloud) == cinder_truth.truth(same_cloud)


def test_nova_is_as_busy_with_storage_as_without() -> None:
    """It is the same, as long as nothing is done to storage besides."""
    cloud, messages = _churned(150, storage_rate=0)
    assert support.of_cinder(messages)
    plain = support.small_cloud(hosts=20, instances=300)
    alone: Messages = []
    churn = churn_module.Churn(
        plain, alone.append, 10, 5, plain.clock, formats='versioned'
    )
    clock = typing.cast(support.ManualClock, plain.clock)
    while churn.begun < 150:
        clock.now = support.EPOCH + churn.step()
    churn.settle()
    assert support.of_nova(messages) == alone
    assert nova_truth.truth(cloud) == nova_truth.truth(plain)


def test_what_servers_leave_over_is_deleted_by_and_by() -> None:
    """However much more happens to servers than to storage."""
    cloud, _ = _churned(2000, rate=20, storage_rate=0.4)
    assert 180 <= len(cloud.storage.volumes) <= 240


def test_storage_may_be_all_that_happens() -> None:
    cloud, messages = _churned(100, rate=0)
    assert {each.exchange for each in messages} >= {
        notification.CINDER_EXCHANGE
    }
    events = {each.event_type for each in support.of_nova(messages)}
    # Only what storage asks Nova for.
    assert all('volume' in event for event in events)
    assert len(cloud.servers) == 300


def test_every_scenario_happens(
    long_churned: tuple[cloud_module.SimulatedCloud, Messages],
) -> None:
    _, messages = long_churned
    events = {each.event_type for each in support.of_cinder(messages)}
    assert events >= {
        'capacity.backend',
        'capacity.pool',
        'scheduler.create_volume',
        'scheduler.extend_volume',
        'scheduler.migrate_volume_to_host',
        'scheduler.retype',
        'snapshot.create.end',
        'snapshot.delete.end',
        'snapshot.update.end',
        'volume.attach.end',
        'volume.create.end',
        'volume.delete.end',
        'volume.detach.end',
        'volume.manage_existing.end',
        'volume.reset_status.end',
        'volume.resize.end',
        'volume.retype',
        'volume.transfer.accept.end',
        'volume.transfer.delete.end',
        'volume.unmanage.end',
        'volume.update.end',
        'volume_type.create',
        'volume_type.delete',
        'volume_type.update',
        'volume_type_extra_specs.update',
    }
    swapped = {each.event_type for each in support.of_nova(messages)}
    assert 'instance.volume_swap.end' in swapped


def test_the_two_services_agree_in_the_end(
    long_churned: tuple[cloud_module.SimulatedCloud, Messages],
) -> None:
    cloud, _ = long_churned
    storage = cloud.storage
    listed = {
        (volume.uuid, server.uuid)
        for server in cloud.servers
        for volume in server.volumes
    }
    for row in storage.attachments.values():
        assert (row.volume, row.server) in listed
    for server in cloud.servers:
        for volume in server.volumes:
            states = [
                (each.host, each.status)
                for each in storage.attachments_of(volume.uuid)
                if each.server == server.uuid
            ]
            if server.vm_state == 'error':
                # Where it failed it let go of its volumes.
                assert len(states) <= 1
            elif server.host is None:
                assert states == [(None, 'reserved')]
            else:
                assert states == [(server.host, 'attached')]


def test_at_rest_nothing_is_half_done(
    long_churned: tuple[cloud_module.SimulatedCloud, Messages],
) -> None:
    cloud, _ = long_churned
    storage = cloud.storage
    for row in storage.volumes:
        assert not row.is_temporary
        assert row.migration_status in (None, 'success', 'error')
        kept = storage.attachments_of(row.uuid)
        if row.status == 'in-use':
            assert any(each.is_attached for each in kept)
        elif row.status == 'reserved':
            assert kept
        else:
            assert not kept
            assert row.status in (
                'available',
                'error',
                'error_deleting',
                'error_extending',
            )
    assert all(row.is_offered for row in storage.backends.values())
    truth = cinder_truth.truth(cloud)
    for source, _, target in truth.relations:
        assert {source, target} <= truth.vertices.keys()


def test_the_number_of_volumes_stays_about_the_same(
    long_churned: tuple[cloud_module.SimulatedCloud, Messages],
) -> None:
    cloud, _ = long_churned
    began = support.stored_cloud(hosts=20, instances=300, volumes=120)
    before = len(began.storage.volumes)
    assert 0.8 * before < len(cloud.storage.volumes) < 1.2 * before
    assert len(cloud.storage.snapshots) < before / 2


@pytest.mark.parametrize('name', scenarios.WEIGHTS)
def test_a_scenario_can_be_chosen_alone(name: str) -> None:
    cloud, _ = _churned(30, rate=0, storage_weights={name: 1})
    truth = cinder_truth.truth(cloud)
    for source, _, target in truth.relations:
        assert {source, target} <= truth.vertices.keys()


def test_no_volume_is_in_two_operations_at_a_time(
    long_churned: tuple[cloud_module.SimulatedCloud, Messages],
) -> None:
    _, messages = long_churned
    requests: dict[str, list[str]] = collections.defaultdict(list)
    for message in support.of_cinder(messages):
        uuid = message.payload.get('volume_id')
        if uuid is not None:
            requests[uuid].append(message.context['request_id'])
    assert requests
    for asked in requests.values():
        runs = [request for request, _ in itertools.groupby(asked)]
        assert len(runs) == len(set(runs))
