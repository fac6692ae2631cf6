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

"""Trying things out on a snapshot."""

import collections.abc
import copy
import gc
import pickle
import threading
import typing
import weakref

import networkx as nx
import pytest

from cdm_graph import exceptions
from cdm_graph.model import change
from cdm_graph.model import graph
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.model import snapshot as snapshots
from tests.support import elements

_KIND = schema.Kind
_RELATION = schema.Relation
_FIRST = elements.node(1)
_SECOND = elements.node(2)
_MOVING = elements.hosted(11, _FIRST, project_id='red', vcpus=4)
_STAYING = elements.hosted(12, _FIRST, vcpus=1)


@pytest.fixture
def model() -> live_model.LiveModel:
    return live_model.LiveModel(
        [
            _FIRST,
            _SECOND,
            _MOVING,
            _STAYING,
            elements.aggregate(
                21,
                hosts=(_SECOND.service_host,),
                availability_zone='az2',
            ),
        ]
    )


@pytest.fixture
def trial(model: live_model.LiveModel) -> snapshots.Snapshot:
    return model.snapshot()


def _vcpus(model: snapshots.Snapshot) -> tuple[int, int]:
    return (
        model.get_node_used_resources(_FIRST).vcpus,
        model.get_node_used_resources(_SECOND).vcpus,
    )


def _picture(graph: typing.Any) -> typing.Any:
    return nx.to_dict_of_dicts(graph), dict(graph.nodes(data=True))


# -- mutations of the model's own ---


def test_what_follows_from_a_migration_follows_at_once(
    trial: snapshots.Snapshot,
) -> None:
    moved = trial.migrate_instance(_MOVING, _SECOND)
    assert (moved.node, moved.host) == (
        _SECOND.hostname,
        _SECOND.service_host,
    )
    assert moved.availability_zone == 'az2'
    assert trial.get_instance_by_uuid(moved.uuid) == moved
    assert trial.get_node_by_instance(moved) == _SECOND
    assert trial.get_node_instances(_FIRST) == (_STAYING,)
    assert _vcpus(trial) == (1, 4)
    assert (moved.uuid, _SECOND.uuid) in trial.graph.edges
    assert (moved.uuid, _FIRST.uuid) not in trial.graph.edges


def test_a_graph_that_was_looked_at_shows_a_migration(
    trial: snapshots.Snapshot,
) -> None:
    graph = trial.graph
    looked_at = _picture(graph)
    trial.migrate_instance(_MOVING, _SECOND)
    assert trial.graph is graph
    assert _picture(graph) != looked_at
    assert _picture(graph) == _picture(
        live_model.LiveModel(
            each
            for each in trial.elements()
            if each.kind not in schema.IMPLIED_KINDS
        ).graph
    )


def test_elements_can_be_added_and_removed(
    trial: snapshots.Snapshot,
) -> None:
    third = elements.node(3, vcpus=64)
    trial.add(third)
    trial.migrate_instance(_MOVING, third)
    assert trial.get_node_free_resources(third).vcpus == 60
    trial.remove(third)
    assert (
        trial.get_node_by_instance(trial.get_instance_by_uuid(_MOVING.uuid))
        is None
    )
    assert third.uuid not in trial.graph


@pytest.mark.parametrize(
    ('attempt', 'error'),
    [
        (
            lambda trial: trial.migrate_instance(
                elements.instance(99), _SECOND
            ),
            exceptions.ElementNotFound,
        ),
        (
            lambda trial: trial.migrate_instance(_MOVING, elements.node(9)),
            exceptions.ElementNotFound,
        ),
        (
            lambda trial: trial.migrate_instance(_MOVING, None),
            exceptions.InvalidMutation,
        ),
        (
            lambda trial: trial.migrate_instance(_FIRST, _SECOND),
            exceptions.InvalidMutation,
        ),
        (
            lambda trial: trial.migrate_instance(_MOVING, _STAYING),
            exceptions.InvalidMutation,
        ),
        (
            lambda trial: trial.migrate_instance(_MOVING.uuid, _SECOND),
            exceptions.InvalidMutation,
        ),
        (lambda trial: trial.add(None), exceptions.InvalidMutation),
        (lambda trial: trial.add('x'), exceptions.InvalidMutation),
        (
            lambda trial: trial.add(elements.instance(7, uuid=_FIRST.uuid)),
            exceptions.InvalidMutation,
        ),
        (
            lambda trial: trial.add(schema.Project(project_id='x')),
            exceptions.InvalidMutation,
        ),
        (
            lambda trial: trial.remove(elements.node(9)),
            exceptions.ElementNotFound,
        ),
        (lambda trial: trial.remove(None), exceptions.InvalidMutation),
        (
            lambda trial: trial.remove(schema.Project(project_id='red')),
            exceptions.InvalidMutation,
        ),
        (lambda trial: trial.diff(None), exceptions.InvalidMutation),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    trial: snapshots.Snapshot,
    attempt: collections.abc.Callable[[typing.Any], object],
    error: type[Exception],
) -> None:
    before = _picture(trial.graph)
    with pytest.raises(error, match=r'\w'):
        attempt(trial)
    assert _picture(trial.graph) == before
    assert trial.elements() == trial.fork().elements()
    assert _vcpus(trial) == (5, 0)


# -- forks, marks and differences ---


def test_a_fork_begins_as_its_origin_is_and_is_isolated(
    trial: snapshots.Snapshot,
) -> None:
    trial.migrate_instance(_MOVING, _SECOND)
    trial.graph.nodes[_FIRST.uuid]['mine'] = 1
    fork = trial.fork()
    assert _vcpus(fork) == (1, 4)
    assert fork.graph.nodes[_FIRST.uuid]['mine'] == 1
    fork.migrate_instance(_STAYING, _SECOND)
    fork.graph.nodes[_FIRST.uuid]['mine'] = 2
    assert (_vcpus(trial), _vcpus(fork)) == ((1, 4), (0, 5))
    assert trial.graph.nodes[_FIRST.uuid]['mine'] == 1


def test_what_was_tried_can_be_taken_back(trial: snapshots.Snapshot) -> None:
    before = _picture(trial.graph)
    first = trial.mark()
    trial.migrate_instance(_MOVING, _SECOND)
    second, between = trial.mark(), _picture(trial.graph)
    trial.remove(_FIRST)
    trial.undo(second)
    assert _picture(trial.graph) == between
    assert _vcpus(trial) == (1, 4)
    trial.undo(first)
    assert _picture(trial.graph) == before
    assert trial.get_instance_by_uuid(_MOVING.uuid) == _MOVING


def test_a_mark_can_be_undone_again_and_again(
    trial: snapshots.Snapshot,
) -> None:
    mark = trial.mark()
    for destination in (_SECOND, _FIRST, _SECOND):
        trial.migrate_instance(_STAYING, destination)
        trial.undo(mark)
    assert _vcpus(trial) == (5, 0)


def test_only_marks_of_the_past_can_be_undone(
    trial: snapshots.Snapshot,
) -> None:
    first = trial.mark()
    trial.migrate_instance(_MOVING, _SECOND)
    second = trial.mark()
    foreign = trial.fork()
    foreign.migrate_instance(_STAYING, _SECOND)
    trial.undo(first)
    for mark in (second, foreign.mark()):
        with pytest.raises(exceptions.InvalidMutation, match='undone'):
            trial.undo(mark)


def test_a_fork_can_undo_what_its_origin_did(
    trial: snapshots.Snapshot,
) -> None:
    mark = trial.mark()
    trial.migrate_instance(_MOVING, _SECOND)
    fork = trial.fork()
    fork.undo(mark)
    assert (_vcpus(trial), _vcpus(fork)) == ((1, 4), (5, 0))


def test_a_difference_is_what_makes_one_of_the_other(
    trial: snapshots.Snapshot,
) -> None:
    fork = trial.fork()
    moved = fork.migrate_instance(_MOVING, _SECOND)
    (told,) = trial.diff(fork)
    assert told == change.Change(
        sequence=1,
        key=schema.key_of(_MOVING),
        before=_MOVING,
        after=moved,
        related=(change.Edge(moved.uuid, _RELATION.HOSTED_ON, _SECOND.uuid),),
        unrelated=(change.Edge(moved.uuid, _RELATION.HOSTED_ON, _FIRST.uuid),),
        cause=change.Cause('diff'),
    )
    (back,) = fork.diff(trial)
    assert (back.before, back.after) == (told.after, told.before)
    assert trial.diff(trial) == fork.diff(fork) == ()


def test_there_and_back_is_no_difference(trial: snapshots.Snapshot) -> None:
    fork = trial.fork()
    fork.migrate_instance(_MOVING, _SECOND)
    fork.add(_MOVING)
    assert trial.diff(fork) == ()


def test_snapshots_of_different_moments_can_be_compared(
    model: live_model.LiveModel, trial: snapshots.Snapshot
) -> None:
    model.apply(
        [
            mutation.Deletion(schema.key_of(_STAYING)),
            mutation.Put(elements.group(31, members=(_MOVING.uuid,))),
            mutation.Put(schema.replace(_MOVING, project_id='blue')),
        ]
    )
    told = {each.key: each for each in trial.diff(model.snapshot())}
    assert told[schema.key_of(_STAYING)].after is None
    group = schema.ElementKey(_KIND.SERVER_GROUP, elements.uuid(31))
    assert told[group].before is None
    project = schema.ElementKey(_KIND.PROJECT, 'red')
    assert told[project].after is None
    moving = told[schema.key_of(_MOVING)]
    assert {edge.relation for edge in moving.related} == {
        _RELATION.MEMBER_OF,
        _RELATION.OWNED_BY,
    }
    assert len(told) == 5


# -- read-only ---


def test_a_read_only_snapshot_can_be_forked(
    model: live_model.LiveModel,
) -> None:
    shared = model.snapshot(read_only=True)
    with pytest.raises(exceptions.ReadOnlySnapshot, match='fork'):
        shared.migrate_instance(_MOVING, _SECOND)
    with pytest.raises(exceptions.ReadOnlySnapshot):
        shared.apply([])
    fork = shared.fork()
    fork.migrate_instance(_MOVING, _SECOND)
    fork.graph.remove_node(_FIRST.uuid)
    assert (_vcpus(shared), _vcpus(fork)) == ((5, 0), (1, 4))
    assert _FIRST.uuid in shared.graph


def test_read_only_snapshots_of_one_moment_share_what_they_hold(
    model: live_model.LiveModel,
) -> None:
    one, other = (model.snapshot(read_only=True) for _ in range(2))
    assert one.graph.nodes[_FIRST.uuid] is other.graph.nodes[_FIRST.uuid]
    model.apply([mutation.Deletion(schema.key_of(_STAYING))])
    later = model.snapshot(read_only=True)
    assert _STAYING.uuid in one.graph
    assert _STAYING.uuid not in later.graph


def test_what_was_looked_at_is_kept_for_the_next_one(
    model: live_model.LiveModel,
) -> None:
    first = model.snapshot(read_only=True).graph
    kept, moved = first.nodes[_FIRST.uuid], first.nodes[_MOVING.uuid]
    assert len(first.edges) == len(list(first.edges)) == 6
    del first
    model.apply(
        [
            mutation.Put(elements.hosted(11, _SECOND, project_id='red')),
            mutation.Deletion(schema.key_of(_STAYING)),
        ]
    )
    later = model.snapshot(read_only=True).graph
    assert later.nodes[_FIRST.uuid] is kept
    assert later.nodes[_MOVING.uuid] is not moved
    assert _picture(later) == _picture(model.snapshot().graph)


@pytest.mark.parametrize(
    'hold',
    [
        lambda graph: graph,
        lambda graph: graph.nodes,
        lambda graph: graph.edges,
        lambda graph: graph.adj,
        lambda graph: graph.pred,
        lambda graph: iter(graph),
        lambda graph: graph.reverse(copy=False),
    ],
)
def test_what_somebody_holds_of_a_read_only_one_stands_still(
    model: live_model.LiveModel,
    hold: collections.abc.Callable[[typing.Any], typing.Any],
) -> None:
    held = hold(model.snapshot(read_only=True).graph)
    model.apply([mutation.Deletion(schema.key_of(_STAYING))])
    later = model.snapshot(read_only=True).graph
    assert _STAYING.uuid not in later
    if isinstance(held, collections.abc.Iterator):
        assert _STAYING.uuid in set(held)
    else:
        assert any(_STAYING.uuid in each for each in ([*held], *held))


def test_changes_by_the_ten_thousand_make_what_was_looked_at_forgotten(
    model: live_model.LiveModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, '_MOST_TOUCHED', 0)
    kept = model.snapshot(read_only=True).graph.nodes[_FIRST.uuid]
    model.apply([mutation.Deletion(schema.key_of(_MOVING))])
    later = model.snapshot(read_only=True).graph
    assert _MOVING.uuid not in later
    assert later.nodes[_FIRST.uuid] == kept
    assert later.nodes[_FIRST.uuid] is not kept


# -- what becomes of the graph ---


def test_what_was_taken_out_of_a_graph_stays_out(
    trial: snapshots.Snapshot,
) -> None:
    trial.graph.remove_node(_MOVING.uuid)
    trial.add(elements.group(31, members=(_MOVING.uuid,)))
    assert _MOVING.uuid not in trial.graph
    assert list(trial.graph.predecessors(elements.uuid(31))) == []
    assert trial.graph.number_of_edges() == len(trial.graph.edges)


def test_a_mutation_writes_only_what_it_changes(
    trial: snapshots.Snapshot,
) -> None:
    shown = trial.graph.nodes[_MOVING.uuid]
    shown['name'], shown['vcpus'] = 'mine', 99
    trial.add(schema.replace(_MOVING, vcpus=8))
    assert (shown['name'], shown['vcpus']) == ('mine', 8)


@pytest.mark.parametrize('read_only', [False, True])
def test_what_networkx_makes_of_a_graph_is_a_plain_one(
    model: live_model.LiveModel, read_only: bool
) -> None:
    graph = model.snapshot(read_only=read_only).graph
    for made in (
        graph.copy(),
        graph.reverse(),
        graph.to_directed(),
        copy.copy(graph),
        copy.deepcopy(graph),
        pickle.loads(pickle.dumps(graph)),
        nx.relabel_nodes(graph, str.upper),
        graph.subgraph([_FIRST.uuid]).copy(),
    ):
        assert type(made) is nx.DiGraph
        made.add_node('mine')
        made.nodes[next(iter(made))]['mine'] = 1
    assert 'mine' not in graph


def test_a_snapshot_that_nobody_holds_is_freed_at_once(
    model: live_model.LiveModel,
) -> None:
    """The daemon collects garbage once a minute."""
    gc.disable()
    try:
        trial = model.snapshot()
        graph = trial.graph
        for view in ('nodes', 'edges', 'in_edges', 'degree', 'out_degree'):
            assert len(getattr(graph, view)) >= 0
        assert list(graph.in_degree)
        assert list(graph.adj)
        held = weakref.ref(graph), weakref.ref(graph._node)
        del trial, graph
        assert [each() for each in held] == [None, None]
    finally:
        gc.enable()


def test_many_may_read_one_snapshot_at_a_time(
    model: live_model.LiveModel,
) -> None:
    model.apply(
        mutation.Put(elements.hosted(number, _SECOND))
        for number in range(100, 1100)
    )
    graph = model.snapshot().graph
    seen: list[typing.Any] = []

    def read() -> None:
        seen.append({id(graph.nodes[vertex]) for vertex in graph})
        seen.append({id(each) for _, _, each in graph.edges(data=True)})

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 16
    assert len(set(map(frozenset, seen))) == 2


def test_what_was_looked_at_long_ago_is_forgotten_by_a_synchronize(
    model: live_model.LiveModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, '_MOST_TOUCHED', 0)
    kept = model.snapshot(read_only=True).graph.nodes[_FIRST.uuid]
    model.mark_synchronized(0.0)
    assert model.snapshot(read_only=True).graph.nodes[_FIRST.uuid] is kept
    model.apply([mutation.Deletion(schema.key_of(_MOVING))])
    model.mark_synchronized(0.0)
    later = model.snapshot(read_only=True).graph
    assert _MOVING.uuid not in later
    assert later.nodes[_FIRST.uuid] is not kept


class _Prober:
    """Looks at rows of a graph while that is being dropped."""

    def __init__(self, seen: list[typing.Any]) -> None:
        self.seen = seen
        self.rows: typing.Any = None

    def __del__(self) -> None:
        self.seen.append(set(self.rows[_FIRST.uuid]))


def test_who_holds_rows_sees_all_of_them_while_the_graph_is_dropped(
    model: live_model.LiveModel,
) -> None:
    seen: list[typing.Any] = []
    shown = model.snapshot().graph
    assert len(list(shown.nodes(data=True))) == len(shown)
    prober = _Prober(seen)
    rows = prober.rows = shown.pred
    # In the midst of the vertices, so that some are dropped before it.
    shown.nodes[list(dict.keys(shown._node))[3]]['prober'] = prober
    del prober
    expected = set(model.snapshot().graph.pred[_FIRST.uuid])
    del shown
    assert seen == [expected]
    assert set(rows[_FIRST.uuid]) == expected


@pytest.mark.parametrize('read_only', [False, True])
def test_a_graph_may_be_looked_at_while_it_is_written_out(
    model: live_model.LiveModel, read_only: bool
) -> None:
    shown = model.snapshot(read_only=read_only).graph
    vertices, edges = set(shown), set(model.graph.edges)
    assert list(shown[_MOVING.uuid])
    assert _FIRST.uuid in shown
    own = shown.own_attributes_of_vertices()
    looked_at: dict[object, object] = {}
    for source, target, _ in shown.each_edge():
        assert (source, target) not in looked_at
        looked_at[source, target] = None
        for vertex in (source, target):
            assert vertex in shown
            assert list(shown[vertex]) is not None
            assert list(shown.pred[vertex]) is not None
    assert set(looked_at) == edges
    assert {vertex for vertex, _ in shown.each_shown()} == vertices
    assert len(list(own)) == (0 if read_only else 1)


def test_a_read_only_snapshot_that_was_interrupted_leaves_nothing_old(
    model: live_model.LiveModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_args: object) -> None:
        raise KeyboardInterrupt

    assert model.snapshot(read_only=True).graph.nodes[_MOVING.uuid]
    model.apply([mutation.Deletion(schema.key_of(_MOVING))])
    with monkeypatch.context() as patched:
        patched.setattr(graph.FrozenGraph, 'follow', interrupt)
        with pytest.raises(KeyboardInterrupt):
            model.snapshot(read_only=True)
    later = model.snapshot(read_only=True).graph
    assert _MOVING.uuid not in dict(later.nodes.items())


@pytest.mark.parametrize('read_only', [False, True])
def test_a_graph_is_asked_for_anything(
    model: live_model.LiveModel, read_only: bool
) -> None:
    shown = model.snapshot(read_only=read_only).graph
    assert _FIRST.uuid in shown
    assert shown.has_node(_FIRST.uuid)
    for odd in (None, 7, 'nobody', [_FIRST.uuid], {}):
        assert odd not in shown
        assert not shown.has_node(odd)


class _Reader:
    """Takes snapshots while the model changes, and sees that each holds.

    In the model two nodes share six instances at any time; each snapshot has
    to show just that, for as long as it lives, whatever others do.
    """

    def __init__(self, model: live_model.LiveModel, read_only: bool) -> None:
        self._model = model
        self._read_only = read_only
        self._stop = threading.Event()
        self._kept: list[tuple[typing.Any, typing.Any]] = []
        self.mistakes: list[object] = []
        self.taken = 0
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def stop(self) -> None:
        self._stop.set()
        self.thread.join()

    def _run(self) -> None:
        while not self._stop.is_set() or self.taken < 10:
            try:
                self._take()
            except Exception as error:
                self.mistakes.append(error)
                return
        self.mistakes.extend(
            before
            for graph_, before in self._kept
            if _picture(graph_) != before
        )

    def _take(self) -> None:
        shown = self._model.snapshot(read_only=self._read_only).graph
        hosts = [
            host
            for host in (_FIRST.uuid, _SECOND.uuid)
            for vertex in shown.predecessors(host)
            if shown.nodes[vertex]['kind'] == 'Instance'
            and shown.edges[vertex, host]['relation'] == 'HOSTED_ON'
            and shown.nodes[vertex]['host']
            == shown.nodes[host]['service_host']
        ]
        if len(hosts) != 6:
            self.mistakes.append(hosts)
        if not self._read_only:
            shown.nodes[_FIRST.uuid]['mine'] = self.taken
            shown.remove_node(_SECOND.uuid)
            shown.add_edge('mine', _FIRST.uuid, mine=self.taken)
        if self.taken % 10 == 0:
            self._kept.append((shown, _picture(shown)))
        self.taken += 1


@pytest.mark.usefixtures('_restless')
def test_graphs_stay_isolated_while_a_writer_writes() -> None:
    """Contract 6, under a strain."""
    model = live_model.LiveModel(
        [
            _FIRST,
            _SECOND,
            *(elements.hosted(number, _FIRST) for number in range(3, 9)),
        ]
    )
    readers = [_Reader(model, read_only) for read_only in (False, True) * 2]
    for number in range(200):
        node = (_FIRST, _SECOND)[number % 2]
        model.apply(
            mutation.Put(elements.hosted(each, node)) for each in range(3, 9)
        )
    for reader in readers:
        reader.stop()
    assert [each for reader in readers for each in reader.mistakes] == []
    assert all(reader.taken for reader in readers)
