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

import copy
import random
import typing

import networkx as nx
import pytest
from watcher.common import exception
from watcher.decision_engine.model import model_root

from cdm_graph.integration.watcher import capacities
from cdm_graph.integration.watcher import capacity
from cdm_graph.integration.watcher import compute_elements as watcher_elements
from cdm_graph.integration.watcher import compute_model
from cdm_graph.model import live_model
from cdm_graph.model import schema
from tests.support import elements

_Any = typing.Any
_FIRST = elements.node(1)
_SECOND = elements.node(2)


def _nothing(_uuid: str) -> None:
    return None


def _model(
    *several: schema.Element, **facts: _Any
) -> compute_model.ComputeModel:
    snapshot = live_model.LiveModel(several).snapshot(read_only=True)
    offered = capacities.Capacities(_nothing)
    return compute_model.ComputeModel(snapshot, offered, **facts)


def _cloud() -> compute_model.ComputeModel:
    """Return a model of three nodes, two of which have servers."""
    return _model(
        _FIRST,
        _SECOND,
        elements.node(3),
        *(
            elements.hosted(
                number,
                (_FIRST, _SECOND)[number % 2],
                vcpus=number % 4 + 1,
                created_at=elements.moment(number),
            )
            for number in range(10, 20)
        ),
    )


def _theirs(ours: compute_model.ComputeModel) -> _Any:
    """Return Watcher's own model of the same."""
    theirs = model_root.ModelRoot()
    for node in ours.get_all_compute_nodes().values():
        theirs.add_node(copy.deepcopy(node))
        for instance in ours.get_node_instances(node):
            theirs.add_instance(copy.deepcopy(instance))
            theirs.map_instance(instance.uuid, node.uuid)
    return theirs


def _uuids(several: _Any) -> list[str]:
    return [each.uuid for each in several]


def test_nodes_are_in_the_order_of_their_hosts() -> None:
    model = _model(elements.node(3), _FIRST, _SECOND)
    assert list(model.get_all_compute_nodes()) == [
        elements.uuid(number) for number in (1, 2, 3)
    ]


def test_servers_are_as_nova_lists_them_and_then_as_they_came() -> None:
    model = _cloud()
    first, second = map(model.get_node_by_uuid, (_FIRST.uuid, _SECOND.uuid))
    assert _uuids(model.get_node_instances(first)) == [
        elements.uuid(number) for number in (18, 16, 14, 12, 10)
    ]
    model.migrate_instance(
        model.get_instance_by_uuid(elements.uuid(19)), second, first
    )
    assert _uuids(model.get_node_instances(first))[-1] == elements.uuid(19)


def test_it_shows_neither_ironic_nor_servers_without_a_node() -> None:
    metal = elements.node(4, hypervisor_type='ironic')
    model = _model(
        _FIRST,
        metal,
        elements.hosted(10, _FIRST),
        elements.hosted(11, metal),
        elements.instance(12, vm_state='shelved_offloaded'),
    )
    assert list(model.get_all_compute_nodes()) == [_FIRST.uuid]
    assert list(model.get_all_instances()) == [elements.uuid(10)]
    with pytest.raises(exception.InstanceNotFound):
        model.get_instance_by_uuid(elements.uuid(12))
    with pytest.raises(exception.ComputeNodeNotFound):
        model.get_node_by_uuid(metal.uuid)


def test_a_node_is_called_by_the_host_of_its_service() -> None:
    model = _cloud()
    assert model.get_node_by_name('host-2').uuid == _SECOND.uuid
    with pytest.raises(exception.ComputeNodeNotFound, match='node-2'):
        model.get_node_by_name('node-2')


def test_what_is_not_there_is_refused_as_watcher_does() -> None:
    model = _cloud()
    with pytest.raises(exception.ComputeNodeNotFound):
        model.get_node_by_uuid('x')
    with pytest.raises(exception.InstanceNotFound):
        model.get_instance_by_uuid('x')
    with pytest.raises(exception.ComputeResourceNotFound):
        model.get_node_by_instance_uuid('x')
    with pytest.raises(exception.IllegalArgumentException):
        model.get_node_instances(model.get_instance_by_uuid(elements.uuid(10)))
    with pytest.raises(exception.IllegalArgumentException):
        model.remove_instance(model.get_node_by_uuid(_FIRST.uuid))


def test_a_server_is_not_moved_from_where_it_is_not() -> None:
    model = _cloud()
    first, second = map(model.get_node_by_uuid, (_FIRST.uuid, _SECOND.uuid))
    instance = model.get_instance_by_uuid(elements.uuid(10))
    # As Watcher's own model: workload_stabilization moves some twice.
    with pytest.raises(nx.NetworkXError, match='not in graph'):
        model.migrate_instance(instance, second, first)
    assert model.get_node_by_instance_uuid(instance.uuid) is first


def test_a_model_sees_nothing_of_what_another_tries_out() -> None:
    snapshot = live_model.LiveModel(
        [_FIRST, _SECOND, elements.hosted(10, _FIRST)]
    ).snapshot(read_only=True)
    offered = capacities.Capacities(_nothing)
    one, other = (
        compute_model.ComputeModel(snapshot, offered) for _ in range(2)
    )
    instance = one.get_instance_by_uuid(elements.uuid(10))
    instance.metadata['seen'] = 'yes'
    one.get_node_by_uuid(_FIRST.uuid).status = 'disabled'
    one.migrate_instance(
        instance,
        one.get_node_by_uuid(_FIRST.uuid),
        one.get_node_by_uuid(_SECOND.uuid),
    )
    assert other.get_node_by_uuid(_FIRST.uuid).status == 'enabled'
    assert other.get_instance_by_uuid(elements.uuid(10)).metadata == {}
    node = other.get_node_by_instance_uuid(elements.uuid(10))
    assert node.uuid == _FIRST.uuid


def test_a_changed_server_counts_when_it_is_reckoned_anew() -> None:
    model = _cloud()
    node = model.get_node_by_uuid(_FIRST.uuid)
    used = model.get_node_used_resources(node)['vcpu']
    model.get_node_instances(node)[0].vcpus += 5
    assert model.get_node_used_resources(node)['vcpu'] == used
    model.invalidate_node_resource_cache(node)
    assert model.get_node_used_resources(node)['vcpu'] == used + 5


def test_a_server_counts_as_it_was_changed_before_its_node_was_seen() -> None:
    model = _cloud()
    instance = model.get_instance_by_uuid(elements.uuid(10))
    node = model.get_node_by_instance_uuid(instance.uuid)
    expected = _cloud().get_node_used_resources(node)['vcpu'] + 5
    instance.vcpus += 5
    assert model.get_node_used_resources(node)['vcpu'] == expected


def test_a_node_that_is_put_in_again_keeps_its_servers() -> None:
    model = _cloud()
    again = copy.deepcopy(model.get_node_by_uuid(_FIRST.uuid))
    model.add_node(again)
    assert len(model.get_node_instances(again)) == 5


def test_it_is_false_where_it_is_stale() -> None:
    assert _model()
    assert not _model(stale=True)


def test_it_writes_itself_as_watchers_own_does() -> None:
    model = _cloud()
    theirs = _theirs(model)
    assert model.to_string() == theirs.to_string()
    rows, expected = model.to_list(), theirs.to_list()
    assert rows == expected
    assert len(rows) == 11


def test_the_row_of_a_server_has_nothing_of_its_neighbour() -> None:
    model = _model(
        _FIRST,
        elements.hosted(10, _FIRST, name='secret'),
        elements.hosted(11, _FIRST, name=''),
    )
    names = [row['server_name'] for row in model.to_list()]
    assert names == ['secret', '']


def test_extended_attributes_are_shown_where_they_are_wanted() -> None:
    server = elements.hosted(
        10, _FIRST, extra_specs={'a': 'b'}, pinned_availability_zone='az1'
    )
    plain = _model(_FIRST, server).get_instance_by_uuid(server.uuid)
    assert (plain.flavor_extra_specs, plain.pinned_az) == ({}, '')
    extended = _model(
        _FIRST, server, instance_class=watcher_elements.ExtendedInstance
    ).get_instance_by_uuid(server.uuid)
    assert extended.flavor_extra_specs == {'a': 'b'}
    assert extended.pinned_az == 'az1'


class _Both:
    """Watcher's model and ours, of which the same is asked."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.ours = _cloud()
        # Of another one, so that in ours nothing is looked at yet.
        self.theirs = _theirs(_cloud())

    def step(self) -> None:
        """Do the same to both, if it can be done."""
        nodes = list(self.theirs.get_all_compute_nodes())
        servers = list(self.theirs.get_all_instances())
        chosen = self.rng.choice(
            (self._move, self._move, self._unmap, self._remove, self._look)
        )
        if len(nodes) > 1 and servers:
            chosen(nodes, self.rng.choice(servers))
        if self.rng.random() < 0.1 and len(nodes) > 2:
            self._drop(self.rng.choice(nodes))
        if self.rng.random() < 0.1:
            self._add(self.rng.randint(1, 4), self.rng.randint(10, 22))

    def _move(self, nodes: list[str], server: str) -> None:
        target = self.rng.choice(nodes)
        try:
            source = self.theirs.get_node_by_instance_uuid(server).uuid
        except exception.InstanceNotMapped:
            for model in (self.ours, self.theirs):
                model.map_instance(server, target)
            return
        moved = {
            model.migrate_instance(
                model.get_instance_by_uuid(server),
                model.get_node_by_uuid(source),
                model.get_node_by_uuid(target),
            )
            for model in (self.ours, self.theirs)
        }
        assert len(moved) == 1

    def _unmap(self, nodes: list[str], server: str) -> None:
        try:
            source = self.theirs.get_node_by_instance_uuid(server).uuid
        except exception.InstanceNotMapped:
            with pytest.raises(exception.InstanceNotMapped):
                self.ours.get_node_by_instance_uuid(server)
            return
        for model in (self.ours, self.theirs):
            model.unmap_instance(server, source)

    def _remove(self, nodes: list[str], server: str) -> None:
        if self.rng.random() < 0.3:
            for model in (self.ours, self.theirs):
                model.delete_instance(model.get_instance_by_uuid(server))

    def _drop(self, node: str) -> None:
        for model in (self.ours, self.theirs):
            model.remove_node(model.get_node_by_uuid(node))

    def _add(self, node: int, server: int) -> None:
        # Some are there, and remain where they are.
        for model in (self.ours, self.theirs):
            of = elements.node(node)
            model.add_node(
                watcher_elements.ComputeNode(of, capacity.Capacity.of(of))
            )
            model.add_instance(
                watcher_elements.Instance(elements.instance(server))
            )
            model.invalidate_resource_cache()

    def _look(self, nodes: list[str], server: str) -> None:
        for uuid in nodes:
            ours, theirs = (
                model.get_node_by_uuid(uuid)
                for model in (self.ours, self.theirs)
            )
            assert self.ours.get_node_free_resources(
                ours
            ) == self.theirs.get_node_free_resources(theirs)
            assert _uuids(self.ours.get_node_instances(ours)) == _uuids(
                self.theirs.get_node_instances(theirs)
            )

    def compare(self) -> None:
        """Look whether they are the same."""
        assert list(self.ours.get_all_compute_nodes()) == list(
            self.theirs.get_all_compute_nodes()
        )
        assert list(self.ours.get_all_instances()) == list(
            self.theirs.get_all_instances()
        )
        self._look(list(self.theirs.get_all_compute_nodes()), '')
        assert self.ours.to_xml() == self.theirs.to_xml()


@pytest.mark.parametrize('seed', range(40))
def test_whatever_is_done_it_is_as_watchers_own(seed: int) -> None:
    both = _Both(random.Random(seed))
    for _ in range(40):
        both.step()
        if both.rng.random() < 0.2:
            both.compare()
    both.compare()
