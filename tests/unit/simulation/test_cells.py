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

"""Cells with clocks of their own."""

import datetime

import pytest

from cdm_graph import exceptions
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import notification
from cdm_graph.simulation import records
from cdm_graph.simulation.nova import truth as nova_truth
from tests.unit.simulation import support

_AHEAD = 90


@pytest.fixture(params=[_AHEAD, -_AHEAD])
def ahead(request: pytest.FixtureRequest) -> int:
    seconds: int = request.param
    return seconds


@pytest.fixture
def cloud(ahead: int) -> cloud_module.SimulatedCloud:
    cloud = support.small_cloud()
    cloud.put_in_cell('cell2', list(cloud.nodes)[::2], ahead)
    return cloud


def _server(cloud: cloud_module.SimulatedCloud, cell: str) -> records.Server:
    return next(
        row
        for row in cloud.servers
        if row.cell == cell and row.vm_state == 'active' and row.image
    )


def _sent_at(message: notification.Notification) -> float:
    at = datetime.datetime.fromisoformat(message.timestamp)
    return at.replace(tzinfo=datetime.UTC).timestamp()


def test_servers_are_in_the_cell_of_their_host(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    for row in cloud.servers:
        if row.host is not None:
            assert row.cell == cloud.node(row.host).cell
    assert {row.cell for row in cloud.servers} == {'', 'cell2'}


def test_a_row_is_dated_by_the_clock_of_its_cell(
    cloud: cloud_module.SimulatedCloud, ahead: int
) -> None:
    does = support.operations(cloud)
    for cell, seconds in (('', 0), ('cell2', ahead)):
        row = _server(cloud, cell)
        now = cloud.now()
        support.run(cloud, does.rename(row.uuid, 'other'))
        assert cloud.server(row.uuid).updated_at == now + seconds
        instance = nova_truth.truth(cloud).vertices[row.uuid]
        assert instance['updated_at'].timestamp() == now + seconds
        next(does.delete_server(row.uuid))
        assert cloud.server(row.uuid).updated_at == now + 1 + seconds


def test_messages_are_dated_by_who_sends_them(
    cloud: cloud_module.SimulatedCloud, ahead: int
) -> None:
    does = support.operations(cloud)
    for cell, seconds in (('', 0), ('cell2', ahead)):
        row = _server(cloud, cell)
        for step in does.power_off(row.uuid):
            for message in step:
                assert _sent_at(message) == cloud.clock.time() + seconds
        (told,) = (
            message
            for step in does.lock(row.uuid)
            for message in step
            if message.event_type == 'instance.lock'
        )
        assert _sent_at(told) == cloud.clock.time()


def test_servers_do_not_leave_their_cell(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    does = support.operations(cloud)
    for cell in ('', 'cell2'):
        for _ in range(5):
            row = _server(cloud, cell)
            support.run(cloud, does.live_migrate(row.uuid))
            moved = cloud.server(row.uuid)
            assert moved.host is not None
            assert moved.host != row.host
            assert cloud.node(moved.host).cell == cell
    row = _server(cloud, '')
    there = next(node.host for node in cloud.nodes.values() if node.cell)
    with pytest.raises(exceptions.SimulationError, match='another cell'):
        support.run(cloud, does.live_migrate(row.uuid, there))


def test_a_new_server_is_in_the_cell_of_its_host(
    cloud: cloud_module.SimulatedCloud, ahead: int
) -> None:
    host = next(node.host for node in cloud.nodes.values() if node.cell)
    messages = support.run(
        cloud, support.operations(cloud).create_server(host=host)
    )
    row = cloud.servers.at(cloud.servers.last_number)
    assert row is not None
    assert row.cell == 'cell2'
    assert row.updated_at is not None
    assert (row.updated_at > cloud.now()) == (ahead > 0)
    assert messages[-1].event_type == 'instance.create.end'
    assert _sent_at(messages[-1]) == cloud.clock.time() - 1 + ahead


@pytest.mark.parametrize('ago', [0, 3, 80, 100])
def test_changed_since_misses_nothing(
    cloud: cloud_module.SimulatedCloud, ago: int
) -> None:
    does = support.operations(cloud)
    for cell in ('', 'cell2') * 8:
        support.run(cloud, does.power_off(_server(cloud, cell).uuid))
    since = cloud.now() - ago
    wanted = [
        row.uuid
        for row in cloud.servers.newest_first(deleted=True)
        if row.updated_at is None or row.updated_at >= since
    ]
    found = [row.uuid for row in cloud.servers.changed_since(since)]
    assert found == wanted


def test_moves_are_dated_by_the_clock_of_their_cell(
    cloud: cloud_module.SimulatedCloud, ahead: int
) -> None:
    row = _server(cloud, 'cell2')
    support.run(cloud, support.operations(cloud).live_migrate(row.uuid))
    (move,) = cloud.migrations.newest_first()
    assert move.updated_at is not None
    assert (move.created_at > cloud.now()) == (ahead > 0)
    assert (move.updated_at > cloud.now()) == (ahead > 0)
