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
import threading
import typing

from hypothesis import stateful
from hypothesis import strategies as st
import networkx as nx
import pytest

from cdm_graph.model import change
from cdm_graph.model import freshness
from cdm_graph.model import joined_model
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from tests.support import clock as clocks
from tests.support import elements
from tests.support import oracle

_NAMES: typing.Final = ('nova', 'cinder', 'other')
_KIND: typing.Final = schema.Kind
_VOLUME: typing.Final = schema.Volume(
    uuid=elements.uuid(41), size_gb=5, pool='box@one#a'
)
_POOL: typing.Final = schema.StoragePool(
    name='box@one#a', storage_node='box@one'
)


@pytest.fixture
def parts(clock: clocks.FakeClock) -> dict[str, live_model.LiveModel]:
    return {name: live_model.LiveModel(clock=clock) for name in _NAMES[:2]}


def _join(
    parts: dict[str, live_model.LiveModel], clock: clocks.FakeClock
) -> joined_model.JoinedModel:
    return joined_model.JoinedModel(parts, clock=clock)


def test_a_path_leads_from_a_pool_to_a_node(
    parts: dict[str, live_model.LiveModel], clock: clocks.FakeClock
) -> None:
    """What one collector knows before the join, another after it."""
    node = elements.node(1)
    server = elements.hosted(11, node, volumes=(_VOLUME.uuid,))
    parts['nova'].apply(map(mutation.Put, (node, server)))
    joined = _join(parts, clock)
    assert joined.find(_KIND.VOLUME, _VOLUME.uuid) == schema.Volume(
        uuid=_VOLUME.uuid
    )
    parts['cinder'].apply(map(mutation.Put, (_VOLUME, _POOL)))
    graph = joined.snapshot().graph
    assert nx.has_path(graph, _VOLUME.uuid, node.uuid)
    assert graph[_VOLUME.uuid]['pool/box@one#a']['relation'] == 'HOSTED_ON'
    assert graph.nodes[_VOLUME.uuid]['size_gb'] == 5


def test_what_a_collector_forgets_another_still_refers_to(
    parts: dict[str, live_model.LiveModel], clock: clocks.FakeClock
) -> None:
    server = elements.instance(11, volumes=(_VOLUME.uuid,))
    parts['nova'].apply([mutation.Put(server)])
    parts['cinder'].apply([mutation.Put(_VOLUME)])
    joined = _join(parts, clock)
    key = schema.key_of(_VOLUME)
    told: list[change.Change] = []
    joined.subscribe(told.extend)
    parts['cinder'].apply([mutation.Deletion(key)])
    bare = schema.Volume(uuid=_VOLUME.uuid)
    assert joined.find(*key) == bare
    assert [(each.before, each.after) for each in told] == [(_VOLUME, bare)]
    parts['nova'].apply([mutation.Deletion(schema.key_of(server))])
    assert joined.find(*key) is None
    assert len(joined) == 0


def test_of_what_several_have_the_first_counts(
    parts: dict[str, live_model.LiveModel], clock: clocks.FakeClock
) -> None:
    joined = _join(parts, clock)
    mine, its = elements.node(1, vcpus=1), elements.node(1, vcpus=2)
    parts['cinder'].apply([mutation.Put(its)])
    assert joined.get_node_by_uuid(mine.uuid) is its
    parts['nova'].apply([mutation.Put(mine)])
    parts['cinder'].apply([mutation.Put(elements.node(1, vcpus=3))])
    assert joined.get_node_by_uuid(mine.uuid) is mine
    parts['nova'].apply([mutation.Deletion(schema.key_of(mine))])
    assert joined.get_node_by_uuid(mine.uuid).vcpus == 3


def test_a_vertex_that_is_taken_is_told(
    parts: dict[str, live_model.LiveModel],
    clock: clocks.FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    joined = _join(parts, clock)
    parts['nova'].apply([mutation.Put(elements.node(1))])
    parts['cinder'].apply([mutation.Put(schema.Volume(uuid=elements.uuid(1)))])
    assert len(joined.get_all(_KIND.COMPUTE_NODE)) == 1
    assert 'is no Volume but a ComputeNode' in caplog.text


def test_a_change_keeps_its_cause(
    parts: dict[str, live_model.LiveModel], clock: clocks.FakeClock
) -> None:
    joined = _join(parts, clock)
    told: list[change.Change] = []
    joined.subscribe(told.extend)
    cause = change.Cause('volume.create.end', 'req-1')
    parts['cinder'].apply([mutation.Put(_VOLUME)], cause)
    assert [(each.after, each.cause) for each in told] == [(_VOLUME, cause)]
    joined.close()
    parts['cinder'].apply([mutation.Put(_POOL)], cause)
    assert len(told) == 1


def test_it_is_as_old_as_the_oldest(
    parts: dict[str, live_model.LiveModel], clock: clocks.FakeClock
) -> None:
    joined = _join(parts, clock)
    now = clock.time()

    def shown() -> tuple[object, ...]:
        told = joined.freshness
        return told.readiness, told.age, told.partial, joined.was_filled

    ready = freshness.Readiness
    assert shown() == (ready.NOT_READY, None, ALL_UNFILLED, False)
    parts['nova'].mark_synchronized(now - 5)
    hidden = ('cinder: it is not filled yet',)
    assert shown() == (ready.PARTIAL, None, hidden, False)
    assert joined.synchronized_at is None
    parts['cinder'].mark_synchronized(now - 7)
    assert shown() == (ready.READY, 7.0, (), True)
    assert joined.synchronized_at == now - 7
    parts['nova'].mark_synchronized(now - 1, ['a cell is down'])
    assert shown()[0] is ready.PARTIAL
    assert joined.freshness.partial == ('nova: a cell is down',)
    snapshot = joined.snapshot()
    assert snapshot.freshness.readiness is ready.PARTIAL
    assert snapshot.freshness.sequence == joined.sequence


def test_what_is_heard_of_one_makes_the_other_no_newer(
    parts: dict[str, live_model.LiveModel], clock: clocks.FakeClock
) -> None:
    joined = _join(parts, clock)
    for each in parts.values():
        each.mark_synchronized(clock.time() - 60)
    pulse = freshness.Pulse(heard_at=clock.time())
    parts['nova'].follow(lambda: pulse)
    assert parts['nova'].freshness.age == 0
    assert joined.freshness.age == 60
    parts['cinder'].follow(lambda: pulse)
    assert joined.freshness.age == 0


ALL_UNFILLED: typing.Final = (
    'nova: it is not filled yet',
    'cinder: it is not filled yet',
)


def test_a_part_from_before_a_restart_is_stale(
    parts: dict[str, live_model.LiveModel], clock: clocks.FakeClock
) -> None:
    joined = _join(parts, clock)
    for each in parts.values():
        each.mark_recalled(clock.time() - 100)
    assert joined.freshness.readiness is freshness.Readiness.STALE
    assert (joined.mirrored_sequence, joined.freshness.age) == (None, 100.0)
    parts['nova'].mark_synchronized(clock.time())
    assert joined.freshness.readiness is freshness.Readiness.STALE
    parts['cinder'].mark_synchronized(clock.time())
    assert joined.mirrored_sequence == joined.sequence


def test_collectors_write_at_the_same_time() -> None:
    parts = {name: live_model.LiveModel() for name in _NAMES}
    joined = joined_model.JoinedModel(parts)

    def write(model: live_model.LiveModel, seed: int) -> None:
        for number in range(300):
            server = elements.instance(number % 30, vcpus=number % 7 + seed)
            visitor: mutation.Mutation = mutation.Put(server)
            if number % 5 == seed:
                visitor = mutation.Deletion(schema.key_of(server))
            model.apply([visitor])

    threads = [
        threading.Thread(target=write, args=(model, seed))
        for seed, model in enumerate(parts.values())
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held: dict[str, schema.Element] = {}
    for model in reversed(parts.values()):
        held.update(model.get_all(_KIND.INSTANCE))
    assert joined.get_all(_KIND.INSTANCE) == held


class _Joined(stateful.RuleBasedStateMachine):
    """A joined model against what its elements amount to by themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = {name: live_model.LiveModel() for name in _NAMES}
        self.held: dict[str, dict[schema.ElementKey, schema.Element]] = {
            name: {} for name in _NAMES
        }
        self.joined: joined_model.JoinedModel | None = None
        self.told: dict[schema.ElementKey, schema.Element | None] = {}

    @stateful.rule(
        name=st.sampled_from(_NAMES),
        several=st.lists(oracle.any_element, min_size=1, max_size=4),
    )
    def put(self, name: str, several: list[schema.Element]) -> None:
        fit = []
        for element in several:
            everything = {
                (name, key): each
                for name, held in self.held.items()
                for key, each in held.items()
            }
            if not oracle.is_ambiguous(
                element, typing.cast(typing.Any, everything)
            ):
                self.held[name][schema.key_of(element)] = element
                fit.append(element)
        self.parts[name].apply(map(mutation.Put, fit))

    @stateful.rule(name=st.sampled_from(_NAMES), data=st.data())
    def remove(self, name: str, data: st.DataObject) -> None:
        if self.held[name]:
            key = data.draw(st.sampled_from(sorted(self.held[name])))
            del self.held[name][key]
            self.parts[name].apply([mutation.Deletion(key)])

    @stateful.precondition(lambda self: self.joined is None)
    @stateful.rule()
    def join(self) -> None:
        self.joined = joined_model.JoinedModel(self.parts)
        self.told = {
            schema.key_of(each): each for each in self.joined.elements()
        }
        self.joined.subscribe(self._note)

    def _note(self, changes: collections.abc.Sequence[change.Change]) -> None:
        for each in changes:
            assert self.told.pop(each.key, None) == each.before
            if each.after is not None:
                self.told[each.key] = each.after

    @stateful.precondition(lambda self: self.joined is not None)
    @stateful.invariant()
    def it_is_all_that_they_hold(self) -> None:
        assert self.joined is not None
        held: dict[schema.ElementKey, schema.Element] = {}
        for name in reversed(_NAMES):
            held.update(self.held[name])
        true = oracle.Oracle(held.values())
        assert oracle.edges_of(self.joined) == true.edges
        assert dict(self.joined.graph.nodes) == true.attributes
        assert len(self.joined) == len(true.vertices)
        assert self.told == {
            schema.key_of(each): each for each in self.joined.elements()
        }


TestJoined = _Joined.TestCase
