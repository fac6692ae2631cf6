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

"""What happens to bare machines by chance, beside what happens to servers."""

import collections
import itertools
import typing

import pytest

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import notification
from cdm_graph.simulation.ironic import population
from cdm_graph.simulation.ironic import scenarios
from cdm_graph.simulation.ironic import truth as ironic_truth
from cdm_graph.simulation.nova import truth as nova_truth
from tests.unit.simulation import support

Messages = list[notification.Notification]

_DATA: typing.Final = 'ironic_object.data'
#: Of which nothing is said.
_SILENT: typing.Final = frozenset({'allocate', 'deallocate'})


def _churned(
    operations: int,
    seed: int = 5,
    rate: float = 0,
    metal_rate: float = 10,
    **options: typing.Any,
) -> tuple[cloud_module.SimulatedCloud, Messages]:
    cloud = support.metal_cloud(machines=40)
    messages = support.churned(
        cloud, operations, seed, rate, metal_rate=metal_rate, **options
    )
    return cloud, messages


@pytest.fixture(scope='module')
def long_churned() -> tuple[cloud_module.SimulatedCloud, Messages]:
    return _churned(2000)


def test_the_seed_makes_what_happens_to_machines() -> None:
    cloud, messages = _churned(200)
    same_cloud, same = _churned(200)
    _, other = _churned(200, seed=6)
    assert messages == same
    assert messages != other
    assert ironic_truth.truth(cloud) == ironic_truth.truth(same_cloud)


def test_nova_is_as_busy_with_machines_as_without() -> None:
    _, messages = _churned(400, rate=10)
    _, alone = _churned(200, rate=10, metal_rate=0)
    # Not when it was said: what was before it gives the time.
    both, without = (
        [(each.event_type, each.message_id) for each in support.of_nova(said)]
        for said in (messages, alone)
    )
    assert len(without) > 100
    # In the end both are brought to rest, one a little later.
    most = len(without) * 3 // 4
    assert both[:most] == without[:most]


def test_machines_may_be_all_that_something_happens_to() -> None:
    cloud, messages = _churned(100)
    exchanges = {each.exchange for each in messages}
    assert exchanges == {notification.IRONIC_EXCHANGE}
    plain = support.metal_cloud(machines=40)
    assert nova_truth.truth(cloud) == nova_truth.truth(plain)


def test_every_scenario_happens(
    long_churned: tuple[cloud_module.SimulatedCloud, Messages],
) -> None:
    _, messages = long_churned
    events = {each.event_type.removeprefix('baremetal.') for each in messages}
    assert events >= {
        'chassis.create.end',
        'chassis.delete.end',
        'chassis.delete.error',
        'chassis.update.end',
        'node.create.end',
        'node.create.error',
        'node.delete.end',
        'node.maintenance_set.end',
        'node.power_set.end',
        'node.power_set.error',
        'node.power_state_corrected.success',
        'node.provision_set.end',
        'node.provision_set.error',
        'node.provision_set.start',
        'node.provision_set.success',
        'node.update.end',
        'node.update.error',
    }
    states = {
        each.payload[_DATA].get('provision_state')
        for each in messages
        if '.node.' in each.event_type
    }
    assert states >= {
        'adopting',
        'clean failed',
        'deploy failed',
        'inspecting',
        'verifying',
    }


def test_at_rest_nothing_is_half_done(
    long_churned: tuple[cloud_module.SimulatedCloud, Messages],
) -> None:
    cloud, _ = long_churned
    for row in cloud.metal.machines.values():
        assert row.reservation is None
        assert row.target_power_state is None
        assert not row.provision_state.endswith('ing')
        if row.target_provision_state is not None:
            assert row.provision_state.endswith(' failed')
        assert (row.fault is None) or row.maintenance
    truth = ironic_truth.truth(cloud)
    for source, _, target in truth.relations:
        assert {source, target} <= truth.vertices.keys()


def test_the_number_of_machines_stays_about_the_same(
    long_churned: tuple[cloud_module.SimulatedCloud, Messages],
) -> None:
    cloud, _ = long_churned
    assert 32 <= len(cloud.metal.machines) <= 48
    assert 5 <= len(cloud.metal.chassis) <= 14


def test_a_uuid_may_be_used_again(
    long_churned: tuple[cloud_module.SimulatedCloud, Messages],
) -> None:
    _, messages = long_churned
    enrolled = collections.Counter(
        each.payload[_DATA]['uuid']
        for each in messages
        if each.event_type == 'baremetal.node.create.end'
    )
    assert max(enrolled.values()) > 1


def test_hosts_of_nova_stay_where_they_are_and_on(
    long_churned: tuple[cloud_module.SimulatedCloud, Messages],
) -> None:
    cloud, _ = long_churned
    began = support.metal_cloud(machines=40)
    assert ironic_truth.backing(cloud) == ironic_truth.backing(began)
    names = {node.uuid for node in cloud.nodes.values()} | {
        node.hostname for node in cloud.nodes.values()
    }
    hosts = [
        row
        for row in cloud.metal.machines.values()
        if names & population.host_names(row)
    ]
    assert len(hosts) == len(cloud.nodes)
    for row in hosts:
        assert row.provision_state == 'active'
        assert row.power_state in ('power on', None)


@pytest.mark.parametrize('name', scenarios.WEIGHTS)
def test_a_scenario_can_be_chosen_alone(name: str) -> None:
    cloud, messages = _churned(30, metal_weights={name: 1})
    truth = ironic_truth.truth(cloud)
    for source, _, target in truth.relations:
        assert {source, target} <= truth.vertices.keys()
    assert not (messages and name in _SILENT)


def test_no_machine_is_in_two_operations_at_a_time(
    long_churned: tuple[cloud_module.SimulatedCloud, Messages],
) -> None:
    """What begins of a machine ends before something else begins."""
    _, messages = long_churned
    told: dict[str, list[str]] = collections.defaultdict(list)
    for message in messages:
        _, about, action, status = message.event_type.split('.')
        if about == 'node' and status in ('start', 'end', 'error'):
            told[message.payload[_DATA]['uuid']].append(f'{action} {status}')
    assert told
    for events in told.values():
        for one, other in itertools.pairwise(events):
            if other.endswith('start'):
                # A quick transition and a dead conductor tell no end.
                assert not one.endswith('start') or one.startswith(
                    ('provision_set', 'power_set')
                )
            else:
                assert one == f'{other.partition(" ")[0]} start'
