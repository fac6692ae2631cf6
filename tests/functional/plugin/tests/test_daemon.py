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

"""The plugin in a daemon, beside Nova, on a simulated cloud."""

import collections.abc
import datetime
import itertools
import pathlib
import uuid

import networkx
import pytest

from cdm_graph import service
from cdm_graph.cmd import comparison
from cdm_graph.export import formats
from cdm_graph.simulation import notification
from cdm_graph.simulation import process
from cdm_graph_racks import elements

_SECONDS = 30.0
_Start = collections.abc.Callable[[], service.ClusterModelService]
_Eventually = collections.abc.Callable[..., None]


def servers_hit(graph: networkx.DiGraph, vertex: str) -> set[str]:
    """Return the servers that the loss of a rack, or a switch, touches."""
    return {
        each
        for each in networkx.ancestors(graph, vertex)
        if graph.nodes[each]['kind'] == 'Instance'
    }


def test_a_path_leads_from_a_server_to_its_rack_and_switch(
    daemon: _Start, cloud: process.Simulation
) -> None:
    main = daemon()
    assert main.synchronize(_SECONDS)
    graph = main.snapshot().graph
    hosts = {
        row.uuid: row.host
        for row in cloud.cloud.servers
        if row.host is not None
    }
    server = next(each for each in hosts if _number(hosts[each]) == 3)
    path = networkx.shortest_path(graph, server, 'switch/leaf-2')
    assert [graph.nodes[each]['kind'] for each in path] == [
        'Instance',
        'ComputeNode',
        'Rack',
        'Switch',
    ]
    assert path[2] == 'rack/r2'
    assert [
        graph.edges[edge]['relation'] for edge in itertools.pairwise(path)
    ] == [
        'HOSTED_ON',
        'IN_RACK',
        'CONNECTED_TO',
    ]


def test_the_blast_radius_of_a_rack_is_what_the_cloud_says(
    daemon: _Start, cloud: process.Simulation
) -> None:
    main = daemon()
    assert main.synchronize(_SECONDS)
    graph = main.snapshot().graph

    def on(*numbers: int) -> set[str]:
        return {
            row.uuid
            for row in cloud.cloud.servers
            if row.host is not None and _number(row.host) in numbers
        }

    assert on(4)
    assert servers_hit(graph, 'rack/r1') == on(1, 2)
    assert servers_hit(graph, 'rack/r2') == on(3)
    assert servers_hit(graph, 'switch/leaf-2') == on(1, 2, 3)


def _number(host: str) -> int:
    return int(host.partition('.')[0].rpartition('-')[2])


def test_an_export_has_the_racks(daemon: _Start) -> None:
    main = daemon()
    assert main.synchronize(_SECONDS)
    text = ''.join(formats.chunks('graphml', main.snapshot()))
    graph = networkx.parse_graphml(text)
    assert graph.nodes['rack/r1'] == {
        'kind': 'Rack',
        'name': 'r1',
        'room': 'hall-1',
        'power_budget_w': 12000,
    }
    relations = [
        relation for *_, relation in graph.in_edges('rack/r1', 'relation')
    ]
    assert relations == ['IN_RACK', 'IN_RACK']


def _changed(rack: str) -> notification.Notification:
    """Return what the inventory says; the simulated cloud takes it along."""
    return notification.Notification(
        topic=notification.VERSIONED_TOPIC,
        priority='INFO',
        publisher_id='rack-inventory:controller',
        event_type='rack.changed',
        payload={'rack': rack},
        context={},
        message_id=str(uuid.uuid4()),
        timestamp=datetime.datetime.now(datetime.UTC).isoformat(),
    )


def test_what_is_announced_on_the_bus_is_in_the_model(
    daemon: _Start,
    cloud: process.Simulation,
    path: pathlib.Path,
    eventually: _Eventually,
) -> None:
    main = daemon()
    assert main.synchronize(_SECONDS)
    eventually(lambda: main.status()['bus']['alive'])
    path.write_text(path.read_text().replace('12000', '13000'))
    cloud.perform([(_changed('r1'),)])

    def power() -> int | None:
        rack = main.model.find(elements.Rack.kind, 'r1')
        assert isinstance(rack, elements.Rack)
        return rack.power_budget_w

    eventually(lambda: power() == 13000)
    reasons = main.status()['notifications']['reasons']
    assert reasons == {'deferred: only the file can tell': 1}


def test_the_graph_is_as_old_as_the_last_look_at_the_file(
    daemon: _Start, eventually: _Eventually
) -> None:
    main = daemon()
    assert main.synchronize(_SECONDS)
    nova, racks = main.collector('nova'), main.collector('racks')

    def ahead() -> float:
        as_of = nova.cluster_data_model.freshness.as_of
        looked_at = racks.cluster_data_model.freshness.as_of
        assert as_of is not None
        assert looked_at is not None
        return as_of - looked_at

    # What the bus delivers makes Nova's model newer, and no other.
    eventually(lambda: ahead() > 1)
    status = main.status()
    looked_at = status['collectors']['racks']['as_of']
    assert looked_at == racks.cluster_data_model.synchronized_at
    assert status['model']['as_of'] == looked_at


@pytest.mark.parametrize('text', [None, 'racks: ['])
def test_a_file_that_was_never_good_takes_nothing_from_nova(
    daemon: _Start,
    cloud: process.Simulation,
    path: pathlib.Path,
    text: str | None,
    eventually: _Eventually,
) -> None:
    path.unlink()
    if text is not None:
        path.write_text(text)
    main = daemon()
    nova, racks = main.collector('nova'), main.collector('racks')
    ticket = nova.request_synchronize('test')
    assert nova.wait_for_synchronize(ticket, _SECONDS)
    eventually(lambda: racks.health.failures)
    snapshot = nova.get_latest_cluster_data_model()
    assert comparison.differences(snapshot, cloud.truth()) == []
    status = main.status()
    assert status['state'] == 'partial'
    assert status['model']['partial'] == ['racks: it is not filled yet']
    assert status['model']['elements']['Instance'] == 20
    assert str(path) in status['collectors']['racks']['health']['last_error']


def test_a_mistake_in_the_plugin_takes_nothing_from_nova(
    daemon: _Start,
    cloud: process.Simulation,
    monkeypatch: pytest.MonkeyPatch,
    eventually: _Eventually,
) -> None:
    main = daemon()
    assert main.synchronize(_SECONDS)
    racks = main.collector('racks')

    def fail(*_args: object) -> None:
        raise ZeroDivisionError('a mistake')

    for name in ('synchronize', 'read', 'poll'):
        monkeypatch.setattr(type(racks), name, fail)
    racks.run_poll()
    racks.request_synchronize('test')
    eventually(lambda: racks.health.failures)
    nova = main.collector('nova')
    assert nova.wait_for_synchronize(nova.request_synchronize('test'), 20)
    assert (
        comparison.differences(
            nova.get_latest_cluster_data_model(), cloud.truth()
        )
        == []
    )
    # What was known of the racks stays.
    assert main.model.find(elements.Rack.kind, 'r1') is not None
    assert main.status()['state'] == 'ready'
