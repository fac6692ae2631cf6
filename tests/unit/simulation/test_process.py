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

"""A whole simulated cloud."""

import collections.abc
import time
import typing

from keystoneauth1 import identity
from keystoneauth1 import session as keystone_session
from novaclient import client
import pytest

from cdm_graph import exceptions
from cdm_graph.simulation import notification
from cdm_graph.simulation import process
from cdm_graph.simulation import truth as truth_module


def _simulation(**options: typing.Any) -> process.Simulation:
    return process.Simulation(
        process.SimulationOptions(
            hosts=5,
            instances=50,
            formats=notification.Format.VERSIONED,
            **options,
        )
    )


def _client(simulation: process.Simulation) -> typing.Any:
    credentials = dict(simulation.credentials)
    region = credentials.pop('region_name')
    auth = identity.V3Password(simulation.auth_url, **credentials)
    session = keystone_session.Session(auth=auth)
    return client.Client('2.87', session=session, region_name=region)


def test_it_serves_and_publishes_until_it_is_stopped() -> None:
    simulation = _simulation(rate=200, transport_url='fake://')
    simulation.start()
    try:
        nova = _client(simulation)
        servers = nova.servers.list(search_opts={'all_tenants': 1}, limit=-1)
        assert len(servers) >= 45
    finally:
        simulation.stop()
    assert simulation.published > 0
    assert all(
        server.task_state is None for server in simulation.cloud.servers
    )
    with pytest.raises(exceptions.SimulationError, match='no address'):
        _ = simulation.auth_url


def test_without_a_rate_nothing_happens_by_itself() -> None:
    simulation = _simulation(rate=0, transport_url='fake://')
    before = simulation.truth()
    simulation.start()
    try:
        assert simulation.truth() == before
        assert simulation.published == 0
        server = next(
            row for row in simulation.cloud.servers if row.vm_state == 'active'
        )
        simulation.perform(simulation.operations.power_off(server.uuid))
        assert simulation.published == 4
    finally:
        simulation.stop()


def test_without_a_bus_nothing_is_published() -> None:
    simulation = _simulation(rate=0)
    simulation.start()
    simulation.perform(simulation.operations.create_server())
    simulation.stop()
    assert simulation.published == 0
    assert len(simulation.cloud.servers) == 51


def test_what_notifications_list_is_an_option() -> None:
    simulation = _simulation(
        rate=0, bdms_in_notifications=True, include_share_mapping=True
    )
    server = next(
        row for row in simulation.cloud.servers if row.vm_state == 'active'
    )
    (saved, *_) = next(simulation.operations.power_off(server.uuid))
    data = saved.payload['nova_object.data']
    assert len(data['block_devices']) == len(server.volumes)
    assert data['shares'] == []


def test_a_wrong_bus_leaves_nothing_running() -> None:
    simulation = _simulation(transport_url='nothing://')
    with pytest.raises(exceptions.SimulationError, match='transport URL'):
        simulation.start()
    simulation.stop()


def test_a_port_in_use_is_told() -> None:
    first = _simulation(rate=0)
    first.start()
    try:
        port = int(first.auth_url.split(':')[2].split('/')[0])
        with pytest.raises(exceptions.SimulationError, match=str(port)):
            _simulation(rate=0, port=port).start()
    finally:
        first.stop()


def test_storage_is_there_unless_it_is_not_wanted() -> None:
    simulation = _simulation(rate=0, backends=2, volumes=7)
    storage = simulation.cloud.storage
    assert list(storage.backends) == ['storage-01@ssd', 'storage-02@hdd']
    attached = sum(len(row.volumes) for row in simulation.cloud.servers)
    assert len(storage.volumes) == 7 + attached
    kinds = {
        each['kind'] for each in simulation.storage_truth().vertices.values()
    }
    assert kinds >= {'StorageNode', 'StoragePool', 'Volume', 'VolumeType'}
    assert _simulation(rate=0).cloud.storage.backends
    without = _simulation(rate=0, backends=0)
    assert not without.storage_truth().vertices


@pytest.mark.parametrize(
    ('exchange', 'truth', 'options'),
    [
        (
            notification.CINDER_EXCHANGE,
            process.Simulation.storage_truth,
            {'storage_rate': 200},
        ),
        (
            notification.IRONIC_EXCHANGE,
            process.Simulation.metal_truth,
            {'machines': 10, 'metal_rate': 200},
        ),
    ],
)
def test_what_happens_beside_servers_has_a_rate_of_its_own(
    exchange: str,
    truth: collections.abc.Callable[[process.Simulation], truth_module.Truth],
    options: dict[str, int],
) -> None:
    simulation = _simulation(rate=0, transport_url='fake://', **options)
    before = truth(simulation)
    simulation.start()
    deadline = time.monotonic() + 10
    while simulation.published_on(exchange) < 20:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    simulation.stop()
    assert truth(simulation) != before
    assert len(simulation.cloud.servers) == 50


def test_published_are_those_of_nova() -> None:
    simulation = _simulation(rate=0, transport_url='fake://')
    simulation.start()
    try:
        simulation.perform(simulation.operations.create_volume('a'))
    finally:
        simulation.stop()
    assert simulation.published == 0
    assert simulation.published_on(notification.CINDER_EXCHANGE) == 2


def test_bare_machines_are_an_option() -> None:
    plain, metal = _simulation(), _simulation(machines=4)
    assert metal.truth() == plain.truth()
    assert metal.storage_truth() == plain.storage_truth()
    assert plain.metal_truth().vertices == {}
    kinds = [each['kind'] for each in metal.metal_truth().vertices.values()]
    assert kinds.count('BaremetalNode') == 4
    uuid = next(iter(metal.cloud.metal.machines))
    metal.perform(metal.metal.set_power(uuid, 'power off'))
    told = metal.metal_truth().vertices[f'machine/{uuid}']
    assert told['power_state'] == 'power off'
