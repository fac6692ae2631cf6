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

"""What is announced of machines, beside what a real Ironic announced."""

import collections.abc
import typing

import pytest

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import notification
from cdm_graph.simulation.ironic import operations
from tests.support import elements
from tests.unit.simulation import support

_Data = dict[str, typing.Any]
_DATA: typing.Final = 'ironic_object.data'
_Run = collections.abc.Callable[
    [operations.Operation], list[notification.Notification]
]


@pytest.fixture
def cloud() -> cloud_module.SimulatedCloud:
    return support.metal_cloud()


@pytest.fixture
def does(
    cloud: cloud_module.SimulatedCloud,
) -> operations.MetalOperations:
    return operations.MetalOperations(cloud)


@pytest.fixture
def uuid(cloud: cloud_module.SimulatedCloud) -> str:
    return support.named_machine(cloud).uuid


def _everything(
    cloud: cloud_module.SimulatedCloud,
    does: operations.MetalOperations,
    uuid: str,
) -> list[notification.Notification]:
    """Do each thing once; return what is said of it."""
    said = support.run(cloud, does.create_chassis('a rack'))
    chassis = list(cloud.metal.chassis)[-1]
    for operation in (
        does.update_chassis(chassis, 'a better rack'),
        does.refuse_to_delete_chassis(chassis),
        does.delete_chassis(chassis),
        does.create('new'),
        does.refuse_creation('none'),
        does.update(uuid, name='other'),
        does.refuse(uuid, driver='nonsense'),
        does.set_maintenance(uuid, 'fan broken'),
        does.set_power(uuid, 'rebooting'),
        does.set_power(uuid, 'power off', fails=True),
        does.abort_power(uuid, 'power on'),
        does.provision(uuid, 'deploying', 'active'),
        does.undeploy(uuid),
        does.fail_to_provision(uuid, 'deploying', 'active', 'deploy failed'),
        does.manage_again(uuid),
        does.correct_power(uuid, 'power off'),
        does.lose(uuid),
        does.find_again(uuid, 'power off'),
        does.delete(uuid),
    ):
        said += support.run(cloud, operation)
    return said


def _shape(value: typing.Any) -> typing.Any:
    """Return the keys of a payload, as deep as Ironic's objects go."""
    if isinstance(value, dict) and _DATA in value:
        return {**value, _DATA: sorted(value[_DATA])}
    return value


def test_payloads_are_like_those_of_a_real_ironic(
    cloud: cloud_module.SimulatedCloud,
    does: operations.MetalOperations,
    uuid: str,
) -> None:
    recorded = {row['event_type']: row for row in support.recorded_of_ironic()}
    said = _everything(cloud, does, uuid)
    for message in said:
        if message.event_type == 'baremetal.node.update.error':
            continue  # Ironic refused what was recorded before it said so.
        real = recorded[message.event_type]
        assert _shape(message.payload) == _shape(real['payload'])
        assert message.priority == real['priority'].lower()
        assert message.topic == notification.IRONIC_TOPIC
        service, _, _ = real['publisher_id'].partition('.')
        assert message.publisher_id.startswith(f'{service}.')
    told = {message.event_type for message in said}
    assert len(told) > 15


def _said(messages: list[notification.Notification], event: str) -> _Data:
    (data,) = (
        message.payload[_DATA]
        for message in messages
        if message.event_type == event
    )
    return typing.cast(_Data, data)


def test_the_api_tells_what_is_wanted_with_the_time_of_what_is(
    cloud: cloud_module.SimulatedCloud,
    does: operations.MetalOperations,
    uuid: str,
) -> None:
    before = cloud.metal.machine(uuid)
    messages = support.run(cloud, does.update(uuid, name='wanted'))
    began = _said(messages, 'baremetal.node.update.start')
    ended = _said(messages, 'baremetal.node.update.end')
    assert began['name'] == ended['name'] == 'wanted'
    assert before.updated_at is not None
    assert began['updated_at'] < ended['updated_at']


def test_a_row_is_newer_than_the_last_word_about_it(
    cloud: cloud_module.SimulatedCloud,
    does: operations.MetalOperations,
    uuid: str,
) -> None:
    support.run(cloud, does.set_power(uuid, 'power off'))
    row = cloud.metal.machine(uuid)
    assert (row.power_state, row.target_power_state) == ('power off', None)
    assert row.reservation is None
    assert row.updated_at == cloud.metal.now() - 1


def test_what_is_quick_has_no_end(
    cloud: cloud_module.SimulatedCloud,
    does: operations.MetalOperations,
    uuid: str,
) -> None:
    quick = does.provision(uuid, 'inspecting', 'manageable', is_quick=True)
    (message,) = support.run(cloud, quick)
    assert message.event_type == 'baremetal.node.provision_set.start'
    assert message.payload[_DATA]['provision_state'] == 'inspecting'
    assert cloud.metal.machine(uuid).provision_state == 'manageable'


def test_which_machine_an_allocation_takes_is_not_said(
    cloud: cloud_module.SimulatedCloud,
    does: operations.MetalOperations,
    uuid: str,
) -> None:
    server = elements.uuid(1)
    assert support.run(cloud, does.allocate(uuid, server)) == []
    assert cloud.metal.machine(uuid).instance == server


def test_a_machine_that_is_lost_is_in_maintenance(
    cloud: cloud_module.SimulatedCloud,
    does: operations.MetalOperations,
    uuid: str,
) -> None:
    (message,) = support.run(cloud, does.lose(uuid))
    data = message.payload[_DATA]
    assert (data['power_state'], data['from_power']) == (None, 'power on')
    assert (data['maintenance'], data['fault']) == (True, 'power failure')


def test_a_machine_that_answers_again_is_out_of_maintenance(
    cloud: cloud_module.SimulatedCloud,
    does: operations.MetalOperations,
    uuid: str,
) -> None:
    support.run(cloud, does.lose(uuid))
    (message,) = support.run(cloud, does.find_again(uuid, 'power on'))
    data = message.payload[_DATA]
    assert message.event_type == 'baremetal.node.power_state_corrected.success'
    assert (data['power_state'], data['from_power']) == ('power on', None)
    assert (data['maintenance'], data['fault']) == (False, None)


def test_what_a_dead_conductor_was_about_is_given_up_without_a_word(
    cloud: cloud_module.SimulatedCloud,
    does: operations.MetalOperations,
    uuid: str,
) -> None:
    (message,) = support.run(cloud, does.abort_power(uuid, 'rebooting'))
    assert message.payload[_DATA]['target_power_state'] == 'power on'
    row = cloud.metal.machine(uuid)
    assert (row.target_power_state, row.reservation) == (None, None)


def test_what_is_taken_from_its_server_is_cleaned(
    cloud: cloud_module.SimulatedCloud,
    does: operations.MetalOperations,
    uuid: str,
) -> None:
    support.run(cloud, does.allocate(uuid, elements.uuid(1)))
    said = [
        (
            message.event_type.rpartition('.')[2],
            message.payload[_DATA]['provision_state'],
            message.payload[_DATA]['instance_uuid'],
        )
        for message in support.run(cloud, does.undeploy(uuid))
    ]
    assert said == [
        ('start', 'deleting', elements.uuid(1)),
        ('success', 'cleaning', None),
        ('end', 'available', None),
    ]


@pytest.mark.parametrize(
    ('failed', 'wanted'), [('deploy failed', 'active'), ('active', None)]
)
def test_what_fails_is_still_wanted_unless_all_is_as_it_was(
    cloud: cloud_module.SimulatedCloud,
    does: operations.MetalOperations,
    uuid: str,
    failed: str,
    wanted: str | None,
) -> None:
    operation = does.fail_to_provision(uuid, 'deploying', 'active', failed)
    *_, message = support.run(cloud, operation)
    assert message.event_type == 'baremetal.node.provision_set.error'
    assert message.payload[_DATA]['event'] == 'fail'
    row = cloud.metal.machine(uuid)
    assert row.provision_state == failed
    assert row.target_provision_state == wanted


def test_what_is_refused_changes_nothing(
    cloud: cloud_module.SimulatedCloud,
    does: operations.MetalOperations,
    uuid: str,
) -> None:
    machines = dict(cloud.metal.machines)
    chassis = dict(cloud.metal.chassis)
    for operation in (
        does.refuse_creation('none'),
        does.refuse_to_delete_chassis(next(iter(chassis))),
        does.refuse(uuid, name='none'),
    ):
        began, ended = support.run(cloud, operation)
        assert began.event_type.endswith('.start')
        assert ended.event_type.endswith('.error')
    assert (cloud.metal.machines, cloud.metal.chassis) == (machines, chassis)


def test_the_api_changes_a_machine_and_says_so_at_once(
    cloud: cloud_module.SimulatedCloud,
    does: operations.MetalOperations,
    uuid: str,
) -> None:
    for step in does.update(uuid, name='wanted'):
        told = {message.event_type for message in step}
        is_done = cloud.metal.machine(uuid).name == 'wanted'
        assert is_done == ('baremetal.node.update.end' in told)
