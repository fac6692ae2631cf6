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

import collections.abc
import itertools
import sys
import threading
import typing

import networkx as nx
import pytest

from cdm_graph import exceptions
from cdm_graph.model import change
from cdm_graph.model import freshness
from cdm_graph.model import ledger
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from tests.support import clock as clocks
from tests.support import elements

_RELATION = schema.Relation
_KIND = schema.Kind
_PORT: typing.Final = 'fa:16:3e:00:00:01'


def _put(
    model: live_model.LiveModel, *several: schema.Element, cause: str = ''
) -> list[mutation.Verdict]:
    return model.apply(
        [mutation.Put(each) for each in several], change.Cause(cause)
    )


def _edges(model: live_model.LiveModel) -> set[tuple[str, str, str]]:
    return {
        (source, attributes['relation'], target)
        for (source, target), attributes in model.graph.edges.items()
    }


def _whole() -> list[schema.Element]:
    """Return one element of each kind that can be put, all related."""
    node = elements.node(1)
    return [
        node,
        elements.hosted(
            2,
            node,
            flavor_name='small',
            project_id='red',
            ports=(_PORT,),
            volumes=(elements.uuid(5),),
            shares=(elements.uuid(6),),
        ),
        elements.aggregate(3, hosts=('host-1',), availability_zone='az1'),
        elements.group(4, members=(elements.uuid(2),), project_id='red'),
        elements.flavor('small'),
    ]


_WHOLE_EDGES: typing.Final = {
    (elements.uuid(2), 'HOSTED_ON', elements.uuid(1)),
    (elements.uuid(2), 'OF_FLAVOR', 'flavor/small'),
    (elements.uuid(2), 'OWNED_BY', 'project/red'),
    (elements.uuid(2), 'MEMBER_OF', elements.uuid(4)),
    (elements.uuid(1), 'MEMBER_OF', elements.uuid(3)),
    (elements.uuid(1), 'IN_ZONE', 'zone/az1'),
    (elements.uuid(4), 'OWNED_BY', 'project/red'),
    (_PORT, 'ATTACHED_TO', elements.uuid(2)),
    (elements.uuid(5), 'ATTACHED_TO', elements.uuid(2)),
    (elements.uuid(6), 'ATTACHED_TO', elements.uuid(2)),
}


class _Recorder:
    """A listener that keeps what it is told."""

    def __init__(self, model: live_model.LiveModel) -> None:
        self.batches: list[list[change.Change]] = []
        self.unsubscribe = model.subscribe(
            lambda changes: self.batches.append(list(changes))
        )

    @property
    def changes(self) -> list[change.Change]:
        return list(itertools.chain.from_iterable(self.batches))


class _Failing(mutation.Mutation):
    """Writes, and then finds that it cannot be applied."""

    def visit(self, draft: mutation.Draft) -> mutation.Verdict:
        draft.put(elements.node(8))
        draft.bury(schema.key_of(elements.node(1)), final=True)
        raise exceptions.InvalidMutation('Half of it is impossible.')


# -- relations follow from the elements ---


@pytest.mark.parametrize('order', list(itertools.permutations(range(5))))
def test_relations_do_not_depend_on_the_order_of_arrival(
    order: tuple[int, ...],
) -> None:
    """Contract 5, race 7 and 8: whichever end comes first."""
    whole = _whole()
    model = live_model.LiveModel(whole[number] for number in order)
    assert _edges(model) == _WHOLE_EDGES


@pytest.mark.parametrize('order', list(itertools.permutations(range(5))))
def test_nothing_is_left_when_all_has_gone(order: tuple[int, ...]) -> None:
    whole = _whole()
    model = live_model.LiveModel(whole)
    for number in order:
        key = schema.key_of(whole[number])
        model.apply([mutation.Absence(key, model.fence())])
        assert all(
            vertex in model.graph
            for edge in model.graph.edges
            for vertex in edge
        )
    assert len(model) == 0
    assert len(model.graph) == 0
    assert set(model.count_relations().values()) == {0}


def test_an_instance_without_a_known_node_has_no_relation_to_it() -> None:
    model = live_model.LiveModel([elements.hosted(2, elements.node(1))])
    assert list(model.graph) == [elements.uuid(2)]
    ((vertex, reference),) = model.unresolved()
    assert vertex == elements.uuid(2)
    assert (reference.kind, reference.name) == (_KIND.COMPUTE_NODE, 'node-1')
    _put(model, elements.node(1))
    assert model.unresolved() == ()


def test_members_of_a_group_that_are_not_known_are_unresolved() -> None:
    group = elements.group(4, members=(elements.uuid(2),))
    model = live_model.LiveModel([group])
    ((vertex, reference),) = model.unresolved()
    assert (vertex, reference.name) == (group.uuid, elements.uuid(2))


def test_a_volume_may_be_attached_to_several_and_goes_with_the_last() -> None:
    volume = elements.uuid(5)
    first = elements.instance(1, volumes=(volume,))
    second = elements.instance(2, volumes=(volume,))
    model = live_model.LiveModel([first, second])
    recorder = _Recorder(model)
    known = model.get(_KIND.VOLUME, volume)
    attached = model.successors(known, _RELATION.ATTACHED_TO)
    assert set(map(schema.key_of, attached)) == {
        schema.key_of(first),
        schema.key_of(second),
    }
    _put(model, elements.instance(1))
    edge = change.Edge(volume, _RELATION.ATTACHED_TO, first.uuid)
    assert [each.unrelated for each in recorder.changes] == [(), (edge,)]
    model.apply([mutation.Deletion(schema.key_of(second))])
    assert model.find(_KIND.VOLUME, volume) is None
    assert len(model) == 1


def test_a_volume_that_a_server_told_of_is_a_target_once_it_was_put() -> None:
    """Even if it then says nothing of what else it refers to."""
    volume = schema.Volume(uuid=elements.uuid(41), size_gb=1)
    snapshot = schema.VolumeSnapshot(
        uuid=elements.uuid(71), volume_id=volume.uuid
    )
    server = elements.instance(1, volumes=(volume.uuid,))
    model = live_model.LiveModel([server, snapshot])
    assert not list(model.graph.successors(snapshot.uuid))
    _put(model, volume)
    assert list(model.graph.successors(snapshot.uuid)) == [volume.uuid]
    model.apply([mutation.Deletion(schema.key_of(volume))])
    assert not list(model.graph.successors(snapshot.uuid))


def test_what_is_attached_is_never_taken_for_another_element() -> None:
    """A payload can name anything."""
    node = elements.node(1)
    model = live_model.LiveModel([node])
    _put(model, elements.instance(2, volumes=(node.uuid,)))
    assert model.get_all_compute_nodes() == {node.uuid: node}
    assert model.count_relations()['ATTACHED_TO'] == 0


def test_an_instance_is_on_one_node_at_most() -> None:
    first, second = elements.node(1), elements.node(2)
    model = live_model.LiveModel([first, second, elements.hosted(3, first)])
    _put(model, elements.hosted(3, second))
    assert model.get_node_by_instance(elements.instance(3)) == second
    assert model.get_node_instances(first) == ()


def test_no_host_is_an_ordinary_value() -> None:
    """Race 9."""
    node = elements.node(1)
    model = live_model.LiveModel([node, elements.hosted(2, node)])
    _put(model, elements.instance(2, vm_state='shelved_offloaded'))
    assert model.get_node_by_instance(elements.instance(2)) is None
    assert model.get_node_used_resources(node) == schema.Resources()


def test_nodes_with_one_name_are_told_apart_by_their_hosts() -> None:
    east = elements.node(1, hostname='same', service_host='east')
    west = elements.node(2, hostname='same', service_host='west')
    model = live_model.LiveModel(
        [east, west, elements.instance(3, node='same', host='west')]
    )
    assert model.get_node_by_instance(elements.instance(3)) == west


def test_nodes_of_one_host_are_told_apart_by_their_names() -> None:
    first = elements.node(1, service_host='ironic')
    second = elements.node(2, service_host='ironic')
    model = live_model.LiveModel([first, second, elements.hosted(3, second)])
    assert model.get_nodes_by_service_host('ironic') == (first, second)
    assert model.get_node_by_instance(elements.instance(3)) == second


def test_a_migration_leads_to_its_target_until_it_is_there() -> None:
    first, second = elements.node(1), elements.node(2)
    moving = elements.hosted(
        3, first, task_state='migrating', migrating_to='host-2'
    )
    model = live_model.LiveModel([first, second, moving])
    assert model.successors(moving, _RELATION.MIGRATING_TO) == (second,)
    _put(model, schema.replace(moving, host='host-2', node='node-2'))
    assert model.successors(moving, _RELATION.MIGRATING_TO) == ()
    assert model.successors(moving, _RELATION.HOSTED_ON) == (second,)


def test_a_node_that_is_renamed_takes_its_instances_along() -> None:
    node = elements.node(1)
    renamed = schema.replace(node, hostname='other')
    waiting = elements.instance(3, node='other', host='host-1')
    model = live_model.LiveModel([node, elements.hosted(2, node), waiting])
    _put(model, renamed)
    assert model.get_node_instances(renamed) == (waiting,)
    assert model.get_node_used_resources(renamed) == waiting.resources


def test_the_default_zone_is_for_hosts_without_one() -> None:
    model = live_model.LiveModel([elements.node(1)], default_zone='internal')
    assert 'zone/internal' in model.graph
    _put(
        model,
        elements.aggregate(2, hosts=('host-1',), availability_zone='az1'),
    )
    assert 'zone/internal' not in model.graph
    assert _edges(model) == {
        (elements.uuid(1), 'IN_ZONE', 'zone/az1'),
        (elements.uuid(1), 'MEMBER_OF', elements.uuid(2)),
    }


def test_the_first_zone_by_name_where_aggregates_disagree() -> None:
    model = live_model.LiveModel(
        [
            elements.node(1),
            elements.aggregate(2, hosts=('host-1',), availability_zone='b'),
            elements.aggregate(3, hosts=('host-1',), availability_zone='a'),
        ]
    )
    assert list(model.get_all(_KIND.AVAILABILITY_ZONE)) == ['zone/a']


def test_a_zone_and_a_flavor_of_one_name_are_two_vertices() -> None:
    model = live_model.LiveModel([elements.node(1), elements.flavor('nova')])
    assert {'zone/nova', 'flavor/nova'} <= set(model.graph)


def test_a_project_exists_while_something_is_owned_by_it() -> None:
    model = live_model.LiveModel(
        [
            elements.instance(1, project_id='red'),
            elements.group(2, project_id='red'),
        ]
    )
    _put(model, elements.instance(1, project_id='blue'))
    assert set(model.get_all(_KIND.PROJECT)) == {'project/red', 'project/blue'}
    _put(model, elements.group(2))
    assert set(model.get_all(_KIND.PROJECT)) == {'project/blue'}


def test_vertices_show_the_attributes_of_their_elements() -> None:
    model = live_model.LiveModel(_whole())
    for element in model.elements():
        vertex = schema.key_of(element).vertex
        assert model.graph.nodes[vertex] == schema.attributes_of(element)


# -- capacity ---


def test_what_is_used_is_the_sum_of_what_is_hosted() -> None:
    node = elements.node(1)
    model = live_model.LiveModel(
        [node, elements.hosted(2, node), elements.hosted(3, node, vcpus=5)]
    )
    assert model.get_node_used_resources(node) == schema.Resources(7, 4096, 40)
    assert model.get_node_free_resources(node) == schema.Resources(
        9, 61440, 960
    )


def test_what_is_used_follows_a_resize_in_place() -> None:
    node = elements.node(1)
    model = live_model.LiveModel([node, elements.hosted(2, node)])
    _put(model, elements.hosted(2, node, vcpus=4, disk_gb=0))
    assert model.get_node_used_resources(node) == schema.Resources(4, 2048, 0)


def test_a_node_that_comes_back_is_used_as_before() -> None:
    """Race 15: a service is deleted while instances are in the graph."""
    node = elements.node(1)
    model = live_model.LiveModel([node, elements.hosted(2, node)])
    model.apply([mutation.Absence(schema.key_of(node), model.fence())])
    with pytest.raises(exceptions.ElementNotFound):
        model.get_node_used_resources(node)
    _put(model, node)
    assert model.get_node_used_resources(node) == schema.Resources(2, 2048, 20)


def test_an_overcommitted_node_has_less_than_nothing_free() -> None:
    node = elements.node(1, vcpus=1)
    model = live_model.LiveModel([node, elements.hosted(2, node)])
    assert model.get_node_free_resources(node).vcpus == -1


# -- the reading API ---


def test_elements_are_found_by_what_they_are_called() -> None:
    model = live_model.LiveModel(_whole())
    node = model.get_node_by_uuid(elements.uuid(1))
    assert model.get_node_by_name('node-1') == node
    assert model.get_nodes_by_service_host('host-1') == (node,)
    instance = model.get_instance_by_uuid(elements.uuid(2))
    assert model.get_by_name(_KIND.INSTANCE, 'vm-2') == (instance,)
    assert model.get_all_instances() == {instance.uuid: instance}
    assert model.get_all_compute_nodes() == {node.uuid: node}
    assert model.get(_KIND.FLAVOR, 'small').kind is _KIND.FLAVOR
    assert model.get_by_name(_KIND.PROJECT, 'red') == ()
    counts = model.count_elements()
    assert counts.keys() == set(_KIND)
    assert {kind: count for kind, count in counts.items() if count} == {
        'ComputeNode': 1,
        'Instance': 1,
        'HostAggregate': 1,
        'AvailabilityZone': 1,
        'ServerGroup': 1,
        'Flavor': 1,
        'Project': 1,
        'Port': 1,
        'Volume': 1,
        'Share': 1,
    }
    assert model.count_relations()['OWNED_BY'] == 2


def test_names_match_exactly() -> None:
    model = live_model.LiveModel([elements.node(10)])
    with pytest.raises(exceptions.ElementNotFound, match="'node-1'"):
        model.get_node_by_name('node-1')


def test_indices_forget_what_was() -> None:
    model = live_model.LiveModel([elements.node(1)])
    _put(model, elements.node(1, hostname='other', service_host='east'))
    assert model.get_by_name(_KIND.COMPUTE_NODE, 'node-1') == ()
    assert model.get_nodes_by_service_host('host-1') == ()
    assert len(model.get_nodes_by_service_host('east')) == 1


@pytest.mark.parametrize(
    'ask',
    [
        lambda model: model.get_node_by_uuid('nobody'),
        lambda model: model.get_node_by_name('nobody'),
        lambda model: model.get_instance_by_uuid('nobody'),
        lambda model: model.get(_KIND.FLAVOR, 'nobody'),
        lambda model: model.get_node_instances(elements.node(9)),
        lambda model: model.get_node_by_instance(elements.instance(9)),
        lambda model: model.get_node_used_resources(elements.node(9)),
        lambda model: model.get_node_free_resources(elements.node(9)),
    ],
)
def test_what_is_not_known_is_not_found(
    ask: collections.abc.Callable[[live_model.LiveModel], object],
) -> None:
    with pytest.raises(exceptions.ElementNotFound):
        ask(live_model.LiveModel(_whole()))


def test_finding_nothing_is_none() -> None:
    assert live_model.LiveModel().find(_KIND.INSTANCE, 'nobody') is None


# -- the change feed ---


def test_changes_tell_before_and_after_and_cause() -> None:
    model = live_model.LiveModel()
    recorder = _Recorder(model)
    node, renamed = elements.node(1), elements.node(1, hostname='other')
    _put(model, node, cause='first')
    _put(model, renamed, cause='second')
    model.apply(
        [mutation.Deletion(schema.key_of(node))], change.Cause('third')
    )
    mine = [c for c in recorder.changes if c.key == schema.key_of(node)]
    assert [(c.before, c.after, c.cause.what) for c in mine] == [
        (None, node, 'first'),
        (node, renamed, 'second'),
        (renamed, None, 'third'),
    ]


def test_sequence_numbers_have_no_gap_and_no_repetition() -> None:
    model = live_model.LiveModel()
    recorder = _Recorder(model)
    _put(model, *_whole())
    _put(model, elements.instance(2))
    numbers = [each.sequence for each in recorder.changes]
    assert numbers == list(range(1, model.sequence + 1))


def test_listeners_get_one_batch_for_one_apply() -> None:
    model = live_model.LiveModel()
    recorder = _Recorder(model)
    _put(model, elements.node(1), elements.node(2))
    assert len(recorder.batches) == 1


def test_a_change_of_the_other_end_is_a_change_of_relations_only() -> None:
    instance = elements.hosted(2, elements.node(1))
    model = live_model.LiveModel([instance])
    recorder = _Recorder(model)
    _put(model, elements.node(1))
    (mine,) = [c for c in recorder.changes if c.key.kind is _KIND.INSTANCE]
    assert mine.before == mine.after == instance
    assert mine.related == (
        change.Edge(instance.uuid, _RELATION.HOSTED_ON, elements.uuid(1)),
    )
    assert mine.unrelated == ()


def test_implied_elements_are_announced_too() -> None:
    model = live_model.LiveModel()
    recorder = _Recorder(model)
    _put(model, elements.instance(1, project_id='red'))
    model.apply(
        [
            mutation.Deletion(
                schema.ElementKey(_KIND.INSTANCE, elements.uuid(1))
            )
        ]
    )
    project = schema.Project(project_id='red')
    mine = [c for c in recorder.changes if c.key.kind is _KIND.PROJECT]
    assert [(c.before, c.after) for c in mine] == [
        (None, project),
        (project, None),
    ]


def test_what_comes_and_goes_in_one_change_is_not_announced() -> None:
    """The zone loses its last host and gets another one."""
    before = elements.aggregate(3, hosts=('host-1',), availability_zone='z')
    model = live_model.LiveModel([elements.node(1), elements.node(2), before])
    recorder = _Recorder(model)
    _put(model, schema.replace(before, hosts=('host-2',)))
    assert recorder.changes
    assert all(
        each.before != each.after or each.related or each.unrelated
        for each in recorder.changes
    )


def test_a_listener_that_applies_a_mutation_upsets_no_order() -> None:
    model = live_model.LiveModel()

    def answer(_changes: collections.abc.Sequence[change.Change]) -> None:
        if model.find(_KIND.COMPUTE_NODE, elements.uuid(9)) is None:
            _put(model, elements.node(9))

    model.subscribe(answer)
    recorder = _Recorder(model)
    _put(model, elements.node(1))
    numbers = [each.sequence for each in recorder.changes]
    assert numbers == sorted(numbers)
    assert len(numbers) == model.sequence


def test_what_changes_nothing_is_not_announced() -> None:
    model = live_model.LiveModel(_whole())
    recorder = _Recorder(model)
    sequence = model.sequence
    verdicts = _put(model, *_whole())
    assert {verdict.outcome.value for verdict in verdicts} == {'duplicate'}
    assert recorder.changes == []
    assert model.sequence == sequence


def test_listeners_see_what_was_committed() -> None:
    model = live_model.LiveModel()
    seen: list[object] = []
    model.subscribe(
        lambda changes: seen.append(
            model.find(changes[0].key.kind, changes[0].key.key)
        )
    )
    _put(model, elements.node(1))
    assert seen == [elements.node(1)]


def test_a_listener_that_raises_stops_neither_the_model_nor_others() -> None:
    model = live_model.LiveModel()

    def fail(_changes: object) -> None:
        raise RuntimeError('a mistake')

    model.subscribe(fail)
    recorder = _Recorder(model)
    verdicts = _put(model, elements.node(1))
    assert verdicts[0].outcome is mutation.Outcome.APPLIED
    assert recorder.changes[0].key.key == elements.uuid(1)


def test_a_listener_may_end_its_subscription_while_it_is_told() -> None:
    model = live_model.LiveModel()
    told: list[str] = []

    def once(_changes: object) -> None:
        told.append('once')
        unsubscribe()

    unsubscribe = model.subscribe(once)
    recorder = _Recorder(model)
    _put(model, elements.node(1))
    _put(model, elements.node(2))
    assert told == ['once']
    assert len(recorder.batches) == 2
    recorder.unsubscribe()
    _put(model, elements.node(3))
    assert len(recorder.batches) == 2


# -- all or nothing ---


def test_a_failing_mutation_changes_nothing_and_stops_no_other() -> None:
    model = live_model.LiveModel([elements.node(1)])
    recorder = _Recorder(model)
    before = nx.to_dict_of_dicts(model.graph)
    sequence = model.sequence
    (verdict,) = model.apply([_Failing()])
    assert verdict == mutation.Verdict(
        mutation.Outcome.FAILED, 'Half of it is impossible.'
    )
    assert nx.to_dict_of_dicts(model.graph) == before
    assert (model.sequence, recorder.changes) == (sequence, [])
    outcomes = [
        each.outcome.value
        for each in model.apply(
            [
                mutation.Put(elements.node(2)),
                _Failing(),
                mutation.Put(elements.node(3)),
            ]
        )
    ]
    assert outcomes == ['applied', 'failed', 'applied']
    assert set(model.get_all_compute_nodes()) == set(
        map(elements.uuid, (1, 2, 3))
    )


def test_a_fact_of_the_wrong_type_fails_with_the_name_of_the_field() -> None:
    model = live_model.LiveModel([elements.instance(1)])
    hint = mutation.Hint(
        schema.ElementKey(_KIND.INSTANCE, elements.uuid(1)),
        {'vcpus': 'many', 'updated_at': elements.moment(9)},
        elements.moment(9),
        version=elements.moment(9),
    )
    (verdict,) = model.apply([hint])
    assert verdict.outcome is mutation.Outcome.FAILED
    assert 'vcpus' in verdict.reason
    assert model.get_instance_by_uuid(elements.uuid(1)) == elements.instance(1)


@pytest.mark.parametrize(
    'touching',
    [
        mutation.Put(elements.node(1, status='disabled')),
        mutation.Put(elements.node(1)),
        mutation.Deletion(schema.key_of(elements.node(1))),
    ],
)
def test_what_was_touched_since_the_fence_is_read_again(
    touching: mutation.Mutation,
) -> None:
    """Races 1, 13: also if what touched it made no difference."""
    model = live_model.LiveModel([elements.node(1)])
    fence = model.fence()
    model.apply([touching])
    (late, after) = model.apply(
        [
            mutation.Observation(elements.node(1, vcpus=3), fence),
            mutation.Observation(elements.node(1, vcpus=4), model.fence()),
        ]
    )
    assert late.outcome is mutation.Outcome.DEFERRED
    assert late.reread == (schema.key_of(elements.node(1)),)
    assert after.outcome is mutation.Outcome.APPLIED


def test_what_touched_others_does_not_matter_to_a_read() -> None:
    model = live_model.LiveModel([elements.node(1)])
    fence = model.fence()
    _put(model, elements.node(2))
    (verdict,) = model.apply([mutation.Observation(elements.node(1), fence)])
    assert verdict.outcome is mutation.Outcome.DUPLICATE


def test_the_deletion_of_something_unknown_is_remembered() -> None:
    """Race 4: a read that began before it must not bring it back."""
    model = live_model.LiveModel()
    fence = model.fence()
    key = schema.key_of(elements.instance(1))
    model.apply([mutation.Deletion(key)])
    (verdict,) = model.apply(
        [mutation.Observation(elements.instance(1), fence)]
    )
    assert verdict.outcome is mutation.Outcome.DEFERRED
    assert len(model) == 0


class _Mistaken(mutation.Mutation):
    """A mistake that nobody expects."""

    def visit(self, draft: mutation.Draft) -> mutation.Verdict:
        raise AttributeError('a mistake')


def test_a_mistake_swallows_no_change_of_the_others() -> None:
    model = live_model.LiveModel()
    recorder = _Recorder(model)
    verdicts = model.apply(
        [
            mutation.Put(elements.flavor('a')),
            _Mistaken(),
            mutation.Put(elements.flavor('b')),
        ]
    )
    assert [each.outcome.value for each in verdicts] == [
        'applied',
        'failed',
        'applied',
    ]
    assert [each.key.key for each in recorder.changes] == ['a', 'b']


@pytest.mark.parametrize(
    'mistaken',
    [
        mutation.Put(elements.instance(1)),
        mutation.Deletion(schema.key_of(elements.instance(1))),
        mutation.Hint(
            schema.key_of(elements.instance(1)), {}, elements.moment(1)
        ),
    ],
)
def test_no_element_is_taken_for_one_of_another_kind(
    mistaken: mutation.Mutation,
) -> None:
    model = live_model.LiveModel([elements.node(1)])
    before = nx.to_dict_of_dicts(model.graph)
    (verdict,) = model.apply([mistaken])
    assert verdict.outcome is mutation.Outcome.FAILED
    assert 'ComputeNode' in verdict.reason
    assert nx.to_dict_of_dicts(model.graph) == before
    assert model.find(_KIND.INSTANCE, elements.uuid(1)) is None


def test_a_model_needs_a_default_zone() -> None:
    with pytest.raises(exceptions.ConfigurationError, match='zone'):
        live_model.LiveModel(default_zone='')


def test_tombstones_are_forgotten_after_a_time(
    clock: clocks.FakeClock,
) -> None:
    model = live_model.LiveModel(clock=clock)
    key = schema.key_of(elements.instance(1))
    late = mutation.Hint(
        key, {}, elements.moment(1), version=elements.moment(1), creates=True
    )
    model.apply([mutation.Deletion(key)])
    clock.advance(ledger.TOMBSTONE_AGE)
    assert model.apply([late])[0].outcome is mutation.Outcome.STALE
    clock.advance(1)
    model.apply([])
    assert model.apply([late])[0].outcome is mutation.Outcome.APPLIED


@pytest.mark.parametrize('age', [0.0, 10.0, 100_000.0])
def test_tombstones_are_kept_for_as_long_as_is_told(
    clock: clocks.FakeClock, age: float
) -> None:
    model = live_model.LiveModel(clock=clock, tombstone_age=age)
    key = schema.key_of(elements.instance(1))
    late = mutation.Hint(key, {}, elements.moment(1), creates=True)
    model.apply([mutation.Deletion(key)])
    clock.advance(age)
    assert model.apply([late])[0].outcome is mutation.Outcome.STALE
    clock.advance(1)
    assert model.apply([late])[0].outcome is mutation.Outcome.APPLIED


# -- snapshots ---


def test_a_snapshot_sees_nothing_of_the_live_model() -> None:
    """Contract 6."""
    model = live_model.LiveModel(_whole())
    snapshot = model.snapshot()
    edges = _edges(snapshot)
    for element in _whole():
        model.apply([mutation.Deletion(schema.key_of(element))])
    assert _edges(snapshot) == edges == _WHOLE_EDGES
    assert snapshot.get_node_used_resources(elements.node(1)).vcpus == 2
    assert len(snapshot) == 10
    assert snapshot.get_node_by_name('node-1') == elements.node(1)
    assert snapshot.sequence < model.sequence


def test_the_live_model_sees_nothing_of_a_snapshot() -> None:
    """Contract 6."""
    model = live_model.LiveModel(_whole())
    recorder = _Recorder(model)
    snapshot = model.snapshot()
    other = elements.node(9)
    _put(snapshot, other, elements.hosted(2, other))
    snapshot.graph.nodes[elements.uuid(1)]['vcpus'] = 0
    snapshot.graph.edges[elements.uuid(1), 'zone/az1']['weight'] = 1
    snapshot.graph.graph['note'] = 'mine'
    snapshot.graph.remove_node(elements.uuid(3))
    assert _edges(model) == _WHOLE_EDGES
    assert model.graph.nodes[elements.uuid(1)]['vcpus'] == 16
    assert model.graph.edges[elements.uuid(1), 'zone/az1'] == {
        'relation': 'IN_ZONE'
    }
    assert model.graph.graph == {}
    assert len(model) == 10
    assert recorder.changes == []


def test_snapshots_are_isolated_from_each_other() -> None:
    model = live_model.LiveModel(_whole())
    first, second = model.snapshot(), model.snapshot()
    first.apply([mutation.Deletion(schema.key_of(elements.node(1)))])
    assert _edges(second) == _WHOLE_EDGES
    third = first.fork()
    _put(third, elements.node(1))
    assert elements.uuid(1) not in first.graph


def test_what_elements_hold_is_read_only() -> None:
    """Contract 6: it is shared by the model and all snapshots."""
    model = live_model.LiveModel([elements.instance(1, metadata={'a': 'b'})])
    shown = model.snapshot().graph.nodes[elements.uuid(1)]
    with pytest.raises(TypeError, match='read-only'):
        shown['metadata']['a'] = 'c'
    with pytest.raises(TypeError):
        shown['tags'][0] = 'c'
    element = model.get_instance_by_uuid(elements.uuid(1))
    with pytest.raises(AttributeError):
        element.name = 'other'


def test_moves_can_be_tried_out_on_a_snapshot() -> None:
    first, second = elements.node(1), elements.node(2)
    model = live_model.LiveModel([first, second, elements.hosted(3, first)])
    trial = model.snapshot()
    _put(trial, elements.hosted(3, second))
    assert trial.get_node_used_resources(second).vcpus == 2
    assert trial.get_node_used_resources(first).vcpus == 0
    assert model.get_node_used_resources(first).vcpus == 2


def test_a_snapshot_is_a_graph_for_networkx() -> None:
    graph = live_model.LiveModel(_whole()).snapshot().graph
    assert nx.has_path(graph, elements.uuid(2), 'zone/az1')
    assert isinstance(graph, nx.DiGraph)
    assert nx.is_isomorphic(graph, nx.DiGraph(graph))
    assert len(list(nx.weakly_connected_components(graph))) == 1


def test_a_snapshot_remembers_when_it_was_taken(
    clock: clocks.FakeClock,
) -> None:
    """Contract 3."""
    model = live_model.LiveModel(_whole(), clock=clock)
    model.mark_synchronized(clock.time())
    clock.advance(10)
    snapshot = model.snapshot()
    clock.advance(100)
    assert snapshot.freshness.age == 10
    assert snapshot.freshness.sequence == model.sequence
    assert model.freshness.age == 110


# -- freshness ---


def test_a_model_is_not_ready_until_it_was_synchronized(
    clock: clocks.FakeClock,
) -> None:
    model = live_model.LiveModel(_whole(), clock=clock)
    assert model.freshness.readiness is freshness.Readiness.NOT_READY
    assert model.freshness.age is None
    model.mark_synchronized(clock.time() - 3)
    assert model.freshness.readiness is freshness.Readiness.READY
    assert model.freshness.age == 3


def test_a_partial_synchronize_does_not_make_a_model_younger(
    clock: clocks.FakeClock,
) -> None:
    model = live_model.LiveModel(clock=clock)
    model.mark_synchronized(clock.time())
    clock.advance(50)
    model.mark_synchronized(clock.time(), ['a cell is down'])
    assert model.freshness.readiness is freshness.Readiness.PARTIAL
    assert model.freshness.partial == ('a cell is down',)
    assert model.freshness.age == 50
    model.mark_synchronized(clock.time())
    assert model.freshness.readiness is freshness.Readiness.READY
    assert model.freshness.age == 0


def test_a_model_that_was_never_whole_has_no_age(
    clock: clocks.FakeClock,
) -> None:
    """Contract 3: nobody knows what it lacks."""
    model = live_model.LiveModel(clock=clock)
    model.follow(lambda: freshness.Pulse(heard_at=clock.time()))
    for _ in range(2):
        model.mark_synchronized(clock.time(), ['a cell is down'])
        assert model.freshness.readiness is freshness.Readiness.PARTIAL
        assert model.freshness.age is None
    model.mark_synchronized(clock.time())
    assert model.freshness.age == 0
    model.mark_synchronized(clock.time(), ['a cell is down'])
    assert model.freshness.age == 0


def test_a_model_is_partial_until_the_next_synchronize(
    clock: clocks.FakeClock,
) -> None:
    model = live_model.LiveModel(clock=clock)
    model.mark_synchronized(clock.time())
    model.mark_partial(['a cell is down'])
    assert model.freshness.readiness is freshness.Readiness.PARTIAL
    assert model.freshness.age == 0
    model.mark_synchronized(clock.time())
    assert model.freshness.readiness is freshness.Readiness.READY


def test_a_model_is_as_fresh_as_what_it_follows(
    clock: clocks.FakeClock,
) -> None:
    """Contract 3."""
    model = live_model.LiveModel(clock=clock)
    assert model.freshness.pulse == freshness.Pulse()
    model.mark_synchronized(clock.time())
    pulse = freshness.Pulse(heard_at=clock.time() + 40, dirty=3, lag=0.5)
    model.follow(lambda: pulse)
    clock.advance(50)
    assert model.freshness.pulse == pulse
    assert model.freshness.age == 10
    pulse = freshness.Pulse(heard_at=clock.time())
    assert model.freshness.age == 0


def test_a_snapshot_keeps_the_pulse_of_its_moment(
    clock: clocks.FakeClock,
) -> None:
    """Contract 3, 6."""
    model = live_model.LiveModel(clock=clock)
    model.mark_synchronized(clock.time())
    clock.advance(50)
    pulse = freshness.Pulse(heard_at=clock.time() - 7, gap_at=1.0, dirty=2)
    model.follow(lambda: pulse)
    kept, snapshot = pulse, model.snapshot()
    clock.advance(100)
    pulse = freshness.Pulse(heard_at=clock.time())
    assert snapshot.freshness.pulse == kept
    assert snapshot.freshness.age == 7
    assert model.freshness.age == 0


def test_the_pulse_may_ask_the_model(clock: clocks.FakeClock) -> None:
    """It is told without a lock, so that it can never wait for one."""
    model = live_model.LiveModel(_whole(), clock=clock)

    def tell() -> freshness.Pulse:
        asking = threading.Thread(target=lambda: model.apply([]))
        asking.start()
        asking.join(20)
        assert not asking.is_alive()
        return freshness.Pulse(dirty=len(model))

    model.follow(tell)
    assert model.freshness.pulse.dirty == 10
    assert model.snapshot().freshness.pulse.dirty == 10


def test_what_is_confirmed_is_no_change_but_a_touch() -> None:
    """Race 13: what began to be read before it may be older."""
    model = live_model.LiveModel([elements.node(1)])
    early, sequence = model.fence(), model.sequence
    row = elements.node(1)
    model.apply([mutation.Observation(row, model.fence())])
    assert model.sequence == sequence
    assert model.fence().touches > early.touches
    old = mutation.Observation(elements.node(1, vcpus=1), early)
    (verdict,) = model.apply([old])
    # It need not be read again: that was done by the later one.
    assert verdict == mutation.Verdict(
        mutation.Outcome.DUPLICATE, 'read since'
    )
    assert model.get_node_by_name('node-1') == row


def test_what_was_told_since_a_read_began_is_read_again() -> None:
    """Race 13: only another read tells all of an element."""
    model = live_model.LiveModel([elements.instance(1)])
    fence = model.fence()
    told = elements.instance(1, name='told')
    model.apply([mutation.Put(told)])
    old = mutation.Observation(elements.instance(1), fence)
    (verdict,) = model.apply([old])
    assert verdict.outcome is mutation.Outcome.DEFERRED
    assert verdict.reread == (schema.key_of(told),)
    assert model.get_instance_by_uuid(told.uuid) == told


def test_what_was_read_before_a_list_began_tells_nothing_of_it() -> None:
    model = live_model.LiveModel([elements.instance(1)])
    row = elements.instance(1)
    model.apply([mutation.Observation(row, model.fence())])
    fence = model.fence()
    model.apply([mutation.Put(elements.instance(1, name='told'))])
    (verdict,) = model.apply([mutation.Observation(row, fence)])
    assert verdict.outcome is mutation.Outcome.DEFERRED


def test_a_fence_is_of_the_moment_at_which_it_is_raised(
    clock: clocks.FakeClock,
) -> None:
    model = live_model.LiveModel(clock=clock)
    clock.advance(5)
    assert model.fence().moment.timestamp() == clock.time()


# -- threads ---


@pytest.mark.usefixtures('_restless')
def test_readers_see_whole_mutations_while_a_writer_writes() -> None:
    """Contract 5, 6: two nodes always have all of the instances."""
    first, second = elements.node(1), elements.node(2)
    model = live_model.LiveModel(
        [first, second, *(elements.hosted(n, first) for n in range(3, 9))]
    )
    stop = threading.Event()
    mistakes: list[object] = []

    def read() -> None:
        while not stop.is_set():
            try:
                snapshot = model.snapshot()
                hosts = [
                    snapshot.get_node_by_instance(each)
                    for each in snapshot.get_all_instances().values()
                ]
                total = snapshot.get_node_used_resources(
                    first
                ) + snapshot.get_node_used_resources(second)
                if None in hosts or len(hosts) != 6 or total.vcpus != 12:
                    mistakes.append((hosts, total))
                for each in model.get_all_instances().values():
                    if len(model.successors(each, _RELATION.HOSTED_ON)) != 1:
                        mistakes.append(each)
                model.count_elements()
            except Exception as error:
                mistakes.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(300):
        on = (first, second)[number % 2]
        _put(model, *(elements.hosted(n, on) for n in range(3, 9)))
    stop.set()
    for reader in readers:
        reader.join()
    assert mistakes == []


@pytest.mark.usefixtures('_restless')
def test_changes_come_in_order_from_many_writers() -> None:
    model = live_model.LiveModel()
    recorder = _Recorder(model)

    def write(first: int) -> None:
        for number in range(first, first + 50):
            _put(model, elements.node(number))

    writers = [
        threading.Thread(target=write, args=(first,))
        for first in (100, 200, 300)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    numbers = [each.sequence for each in recorder.changes]
    assert numbers == list(range(1, model.sequence + 1))
    assert len(model.get_all_compute_nodes()) == 150


def test_what_is_used_of_a_node_is_never_seen_half_counted() -> None:
    node = elements.node(1)
    model = live_model.LiveModel(
        [node, *(elements.hosted(n, node) for n in range(2, 6))]
    )
    seen: set[int] = set()
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.add(model.get_node_used_resources(node).vcpus)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(1500):
            _put(model, elements.hosted(2, node, name=f'n{number}'))
    finally:
        stop.set()
        reader.join()
        sys.setswitchinterval(interval)
    assert seen == {8}


def test_a_snapshot_whose_graph_was_changed_can_still_be_read() -> None:
    node, other = elements.node(1), elements.node(2)
    instance = elements.hosted(3, node)
    snapshot = live_model.LiveModel([node, other, instance]).snapshot()
    snapshot.graph.add_edge(instance.uuid, other.uuid)
    snapshot.graph.add_edge('rack', node.uuid, relation='HOSTED_ON')
    assert snapshot.get_node_instances(other) == ()
    assert snapshot.get_node_instances(node) == (instance,)
    snapshot.graph.remove_node(node.uuid)
    assert snapshot.get_node_instances(node) == (instance,)


def test_a_fork_of_a_snapshot_is_as_fresh(
    clock: clocks.FakeClock,
) -> None:
    model = live_model.LiveModel(clock=clock)
    model.mark_synchronized(clock.time())
    clock.advance(50)
    model.follow(lambda: freshness.Pulse(heard_at=clock.time() - 1))
    snapshot = model.snapshot()
    assert snapshot.freshness.as_of == clock.time() - 1
    assert snapshot.fork().freshness.as_of == clock.time() - 1


def test_a_snapshot_whose_graph_was_changed_still_takes_mutations() -> None:
    node = elements.node(1)
    snapshot = live_model.LiveModel(
        [node, elements.hosted(2, node)]
    ).snapshot()
    snapshot.graph.add_edge(node.uuid, 'mine', relation='MINE')
    snapshot.graph.add_edge(elements.uuid(2), 'mine', relation='HOSTED_ON')
    snapshot.graph.add_edge('mine', elements.uuid(2))
    verdicts = snapshot.apply(
        [
            mutation.Put(elements.hosted(2, node, vcpus=4)),
            mutation.Deletion(schema.key_of(node)),
        ]
    )
    assert [each.outcome.value for each in verdicts] == ['applied'] * 2
    assert node.uuid not in snapshot.graph


def test_the_targets_of_an_element_are_those_of_its_relations() -> None:
    node = elements.node(1)
    server = elements.hosted(2, node, project_id='red')
    model = live_model.LiveModel([node, server])
    assert dict(model.targets(server)) == {
        node.uuid: schema.Relation.HOSTED_ON,
        'project/red': schema.Relation.OWNED_BY,
    }
    zone = model.get(schema.Kind.AVAILABILITY_ZONE, 'nova')
    assert dict(model.targets(zone)) == {}
    with pytest.raises(exceptions.ElementNotFound):
        model.targets(elements.node(3))
