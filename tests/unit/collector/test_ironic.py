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

"""What Ironic's collector reads of a simulated Ironic."""

import datetime
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import reconcile
from cdm_graph.collector import rest_client
from cdm_graph.model import joined_model
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification.ironic import handler as handlers
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import notification
from cdm_graph.simulation.ironic import operations as ironic_operations
from cdm_graph.simulation.ironic import population as ironic_population
from cdm_graph.simulation.ironic import truth as ironic_truth
from tests.support import clock as clocks
from tests.support import elements
from tests.support import ironic
from tests.support import nova

_KIND: typing.Final = schema.Kind
_Operation = ironic_operations.Operation


@pytest.fixture
def cloud(
    cloud: cloud_module.SimulatedCloud,
) -> cloud_module.SimulatedCloud:
    ironic_population.furnish(cloud, 10)
    return cloud


@pytest.fixture
def metal(
    cloud: cloud_module.SimulatedCloud,
) -> ironic_operations.MetalOperations:
    return ironic_operations.MetalOperations(cloud)


@pytest.fixture
def source(
    cloud: cloud_module.SimulatedCloud, clock: clocks.FakeClock
) -> ironic.InProcessSource:
    return ironic.source(ironic.InProcessIronic(cloud, page_size=4), clock)


def _fill(source: ironic.InProcessSource) -> None:
    """Let the source know what there is."""
    source._model = source.synchronize()


def _a_machine(cloud: cloud_module.SimulatedCloud) -> str:
    return next(iter(cloud.metal.machines))


def _key(uuid: str) -> schema.ElementKey:
    return schema.ElementKey(_KIND.BAREMETAL_NODE, uuid)


def _poll(source: ironic.InProcessSource) -> reconcile.Reading:
    return source.poll(datetime.datetime.fromtimestamp(0, datetime.UTC))


def _assert_true(
    model: live_model.LiveModel, cloud: cloud_module.SimulatedCloud
) -> None:
    truth = ironic_truth.truth(cloud)
    assert dict(model.graph.nodes) == truth.vertices
    edges = model.graph.edges(data='relation')
    assert {(s, r, t) for s, t, r in edges} == truth.relations


def test_a_synchronize_tells_the_truth(
    source: ironic.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    _assert_true(source.synchronize(), cloud)


def test_it_keeps_what_it_stages(source: ironic.InProcessSource) -> None:
    staged: list[schema.Element] = []
    assert source.list_all(staged.append).partial == ()
    assert {element.kind for element in staged} == source.kinds


def test_one_machine_is_read(
    source: ironic.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    _fill(source)
    key = _key(_a_machine(cloud))
    assert source.read(key).elements == (source._model.get(*key),)
    cloud.metal.remove_machine(key.key)
    assert source.read(key) == reconcile.Reading(absent=(key,))


def test_one_chassis_is_read(
    source: ironic.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    _fill(source)
    key = schema.ElementKey(_KIND.CHASSIS, next(iter(cloud.metal.chassis)))
    assert source.read(key).elements == (source._model.get(*key),)
    gone = schema.ElementKey(_KIND.CHASSIS, elements.uuid(1))
    assert source.read(gone) == reconcile.Reading(absent=(gone,))


def test_a_name_is_no_key(
    source: ironic.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    """Ironic shows a machine by its name, too."""
    named = next(row for row in cloud.metal.machines.values() if row.name)
    reading = source.read(_key(str(named.name)))
    assert [schema.key_of(each) for each in reading.elements] == [
        _key(named.uuid)
    ]
    assert reading.absent == (_key(str(named.name)),)


def test_what_is_not_ironics_is_not_read(
    source: ironic.InProcessSource,
) -> None:
    key = schema.ElementKey(_KIND.INSTANCE, elements.uuid(1))
    assert source.read(key) == reconcile.Reading()


def test_a_poll_shows_what_is_never_announced(
    source: ironic.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    metal: ironic_operations.MetalOperations,
) -> None:
    _fill(source)
    model, uuid = source._model, _a_machine(cloud)
    for said in metal.allocate(uuid, elements.uuid(1)):
        assert not said
    _merge(source)
    _assert_true(model, cloud)
    assert model.get(*_key(uuid)).instance_uuid == elements.uuid(1)


def _merge(
    source: ironic.InProcessSource,
) -> tuple[reconcile.Reading, dict[str, int]]:
    """Poll; return what was read, and what had to be corrected."""
    model = source._model
    fence, reading = model.fence(), _poll(source)
    found = reconcile.read_mutations(model, reading, fence)
    settled = list(zip(found, model.apply(found), strict=True))
    return reading, reconcile.drift(model, settled)


def _machines_in(reading: reconcile.Reading) -> list[schema.Element]:
    return [
        element
        for element in reading.elements
        if element.kind is _KIND.BAREMETAL_NODE
    ]


def test_a_poll_reads_no_machine_that_is_as_it_is_known(
    source: ironic.InProcessSource,
) -> None:
    _fill(source)
    reading, drift = _merge(source)
    assert _machines_in(reading) == []
    assert drift == {}


def test_a_poll_reads_what_differs(
    source: ironic.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    metal: ironic_operations.MetalOperations,
) -> None:
    _fill(source)
    gone, changed, *_ = cloud.metal.machines
    cloud.metal.remove_machine(gone)
    cloud.metal.change_machine(changed, power_state='error', chassis=None)
    for _ in metal.create('new'):
        pass
    reading, drift = _merge(source)
    assert len(_machines_in(reading)) == 2
    assert reading.absent == (_key(gone),)
    assert drift == {
        'missed BaremetalNode': 1,
        'phantom BaremetalNode': 1,
        'stale attribute BaremetalNode': 1,
    }
    _assert_true(source._model, cloud)


def test_what_is_gone_before_it_is_read_is_absent(
    source: ironic.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _fill(source)
    uuid = _a_machine(cloud)
    cloud.metal.change_machine(uuid, power_state='error')
    outlines = list(source._ironic.outlines())
    monkeypatch.setattr(source._ironic, 'outlines', lambda: iter(outlines))
    cloud.metal.remove_machine(uuid)
    assert _poll(source).absent == (_key(uuid),)


def test_a_poll_that_would_read_many_lists_everything(
    source: ironic.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ironic_population.furnish(cloud, 30)
    uuid = _a_machine(cloud)
    _fill(source)
    for each in list(cloud.metal.machines)[1:]:
        cloud.metal.change_machine(each, power_state='error')
    cloud.metal.remove_machine(uuid)

    def never(_key: schema.ElementKey) -> reconcile.Reading:
        raise AssertionError('Nothing is read by itself.')

    monkeypatch.setattr(source, 'read', never)
    reading, _ = _merge(source)
    assert len(_machines_in(reading)) == len(cloud.metal.machines)
    assert reading.suspect == tuple(source.kinds)
    assert source._model.find(*_key(uuid)) is not None


def test_a_poll_does_not_believe_that_most_machines_are_gone(
    source: ironic.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    """Ironic hides what its caller may not see, and says so to nobody."""
    ironic_population.furnish(cloud, 30)
    _fill(source)
    cloud.metal.machines.clear()
    with pytest.raises(exceptions.MassDeletionRefused, match='BaremetalNode'):
        _poll(source)


def test_a_chassis_that_a_poll_does_not_show_is_read(
    source: ironic.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    _fill(source)
    chassis = next(iter(cloud.metal.chassis))
    del cloud.metal.chassis[chassis]
    _, drift = _merge(source)
    assert drift == {'suspect Chassis': 1}


def test_what_is_known_is_kept(source: ironic.InProcessSource) -> None:
    _fill(source)
    staged: list[schema.Element] = []
    source.list_all(staged.append)
    for element in staged:
        assert element is source._model.find(*schema.key_of(element))


def test_a_list_that_fails_is_no_list(
    source: ironic.InProcessSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = source._ironic._ask

    def fail(path: str, *how: typing.Any) -> typing.Any:
        if 'marker' in path:
            raise rest_client.HttpError(503)
        return ask(path, *how)

    monkeypatch.setattr(source._ironic, '_ask', fail)
    monkeypatch.setattr(source._ironic, '_pause', lambda _seconds: None)
    with pytest.raises(exceptions.CloudUnavailable):
        source.list_all(lambda _element: None)


def _envelope(message: notification.Notification) -> envelopes.Envelope:
    return envelopes.Envelope.stamp(
        1,
        0.0,
        message.priority,
        message.publisher_id,
        message.event_type,
        message.payload,
        {'timestamp': message.timestamp},
    )


def _follow(
    source: ironic.InProcessSource,
    operation: _Operation,
    clock: clocks.FakeClock,
) -> list[mutation.Verdict]:
    """Apply what an operation says, and read at once what is in doubt."""
    model = source._model
    handler = handlers.IronicNotificationHandler(
        typing.cast(typing.Any, None), clock
    )
    verdicts, wanted = [], dict.fromkeys(())
    for step in operation:
        clock.advance(1)
        for message in step:
            verdicts += model.apply([handler.handle(_envelope(message))])
            wanted |= dict.fromkeys(verdicts[-1].reread)
    for key in wanted:
        fence = model.fence()
        model.apply(reconcile.read_mutations(model, source.read(key), fence))
    return verdicts


def _operations(
    metal: ironic_operations.MetalOperations, uuid: str, chassis: str
) -> list[_Operation]:
    return [
        metal.update(uuid, name='other', chassis=None),
        metal.update(uuid, extra={'compute_node_id': 'beta'}),
        metal.update(uuid, properties={'cpus': 128}, chassis=chassis),
        metal.refuse(uuid, driver='nonsense'),
        metal.set_maintenance(uuid, 'fan broken'),
        metal.set_maintenance(uuid, None),
        metal.set_power(uuid, 'power off'),
        metal.set_power(uuid, 'rebooting'),
        metal.set_power(uuid, 'power off', fails=True),
        metal.provision(uuid, 'deleting', 'available'),
        metal.provision(uuid, 'inspecting', 'manageable', is_quick=True),
        metal.correct_power(uuid, 'power off'),
        metal.lose(uuid),
        metal.update_chassis(chassis, 'another rack'),
        metal.create('new'),
        metal.create_chassis('new rack'),
    ]


def test_after_each_operation_the_model_is_true(
    source: ironic.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    metal: ironic_operations.MetalOperations,
    clock: clocks.FakeClock,
) -> None:
    _fill(source)
    chassis = list(cloud.metal.chassis)[-1]
    for operation in _operations(metal, _a_machine(cloud), chassis):
        verdicts = _follow(source, operation, clock)
        outcomes = {verdict.outcome for verdict in verdicts}
        assert mutation.Outcome.FAILED not in outcomes
        _assert_true(source._model, cloud)


def test_what_is_deleted_is_gone_and_may_come_again(
    source: ironic.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    metal: ironic_operations.MetalOperations,
    clock: clocks.FakeClock,
) -> None:
    _fill(source)
    uuid = _a_machine(cloud)
    _follow(source, metal.delete(uuid), clock)
    assert source._model.find(*_key(uuid)) is None
    _follow(source, metal.create('again', uuid), clock)
    assert source._model.get(*_key(uuid)).name == 'again'
    _assert_true(source._model, cloud)


def test_an_empty_chassis_can_go(
    source: ironic.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    metal: ironic_operations.MetalOperations,
    clock: clocks.FakeClock,
) -> None:
    _fill(source)
    _follow(source, metal.create_chassis('empty'), clock)
    empty = list(cloud.metal.chassis)[-1]
    assert source._model.find(_KIND.CHASSIS, empty) is not None
    _follow(source, metal.delete_chassis(empty), clock)
    _assert_true(source._model, cloud)


def test_a_state_shows_before_it_is_read(
    source: ironic.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    metal: ironic_operations.MetalOperations,
    clock: clocks.FakeClock,
) -> None:
    _fill(source)
    uuid = _a_machine(cloud)
    clock.advance(60)
    began, ended = _follow(source, metal.set_power(uuid, 'power off'), clock)
    assert began.outcome is ended.outcome is mutation.Outcome.APPLIED


def _joined(
    source: ironic.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
) -> joined_model.JoinedModel:
    client = nova.InProcessNova(cloud)
    return joined_model.JoinedModel(
        {
            'nova': nova.source(client, clock).synchronize(),
            'ironic': source.synchronize(),
        }
    )


def _backing(model: live_model.LiveModel) -> set[tuple[str, str, str]]:
    edges = model.graph.edges(data='relation')
    return {(s, r, t) for s, t, r in edges if r == 'BACKED_BY'}


def test_nodes_of_novas_are_backed_by_machines_in_a_chassis(
    source: ironic.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
) -> None:
    """By a name, a name that was written down, and a UUID that was."""
    model = _joined(source, cloud, clock)
    backing = ironic_truth.backing(cloud)
    assert _backing(model) == backing
    assert {node for node, _, _ in backing} == {
        node.uuid for node in cloud.nodes.values()
    }
    graph = model.snapshot().graph
    for _, _, machine in backing:
        (chassis,) = graph.successors(machine)
        assert graph.edges[machine, chassis]['relation'] == 'PART_OF'
        assert graph.nodes[chassis]['kind'] == 'Chassis'
        assert graph.nodes[machine]['kind'] == 'BaremetalNode'


def test_with_novas_driver_the_node_has_the_uuid_of_its_machine(
    clock: clocks.FakeClock,
) -> None:
    uuid = elements.uuid(81)
    node = elements.node(1, uuid=uuid, hostname=uuid)
    machine = schema.BaremetalNode(uuid=uuid, compute_names=(uuid,))
    model = joined_model.JoinedModel(
        {
            'nova': live_model.LiveModel([node]),
            'ironic': live_model.LiveModel([machine]),
        }
    )
    assert model.get(_KIND.COMPUTE_NODE, uuid) == node
    assert model.get(_KIND.BAREMETAL_NODE, uuid) == machine
    assert _backing(model) == {(uuid, 'BACKED_BY', f'machine/{uuid}')}
