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

"""The model follows a cloud whatever happens on the way (the contract)."""

import typing

import hypothesis
from hypothesis import stateful
from hypothesis import strategies as st
import pytest

from cdm_graph.model import schema
from cdm_graph.simulation import operations
from tests.property import pipeline as pipelines
from tests.support import nova

_POSITION = st.floats(0, 1, exclude_max=True)


class _Following(stateful.RuleBasedStateMachine):
    """What can happen between a cloud and its model, one thing at a time."""

    formats: typing.ClassVar[str] = 'versioned'
    losing: typing.ClassVar[bool] = False

    @stateful.initialize(
        seed=st.integers(0, 2**32),
        story=st.sampled_from(sorted(pipelines.STORIES)),
        state_changes=st.booleans(),
        list_last=st.booleans(),
    )
    def begin(
        self, seed: int, story: str, state_changes: bool, list_last: bool
    ) -> None:
        setting = pipelines.Setting(
            seed,
            # Of hosts the legacy format tells too little.
            'everything' if self.formats == 'unversioned' else story,
            self.formats,
            state_changes,
        )
        self.pipeline = pipelines.Pipeline(setting)
        self.list_last = list_last
        self.shown: dict[str, list[str | None]] = {}

    @stateful.rule(steps=st.integers(1, 25))
    def happen(self, steps: int) -> None:
        self.pipeline.happen(steps)

    @stateful.precondition(lambda self: self.pipeline.bus)
    @stateful.rule(positions=st.lists(_POSITION, min_size=1, max_size=30))
    def deliver(self, positions: list[float]) -> None:
        for position in positions[: len(self.pipeline.bus)]:
            self.pipeline.deliver(int(position * len(self.pipeline.bus)))

    @stateful.precondition(lambda self: self.pipeline.bus)
    @stateful.rule(count=st.integers(1, 30))
    def deliver_in_order(self, count: int) -> None:
        for _ in range(min(count, len(self.pipeline.bus))):
            self.pipeline.deliver(0)

    @stateful.precondition(lambda self: self.pipeline.bus)
    @stateful.rule(position=_POSITION)
    def deliver_not_for_the_last_time(self, position: float) -> None:
        number = int(position * len(self.pipeline.bus))
        self.pipeline.deliver(number, keep=True)

    @stateful.precondition(lambda self: self.losing and self.pipeline.bus)
    @stateful.rule(position=_POSITION)
    def lose(self, position: float) -> None:
        self.pipeline.lose(int(position * len(self.pipeline.bus)))

    @stateful.rule(count=st.integers(1, 5))
    def begin_reads(self, count: int) -> None:
        for _ in range(count):
            self.pipeline.begin_read()

    @stateful.precondition(lambda self: self.pipeline.reads)
    @stateful.rule(position=_POSITION)
    def answer_read(self, position: float) -> None:
        self.pipeline.answer_read(int(position * len(self.pipeline.reads)))

    @stateful.precondition(lambda self: self.pipeline.reads)
    @stateful.rule(position=_POSITION)
    def finish_read(self, position: float) -> None:
        self.pipeline.finish_read(int(position * len(self.pipeline.reads)))

    @stateful.precondition(lambda self: self.pipeline.reads)
    @stateful.rule(position=_POSITION)
    def fail_read(self, position: float) -> None:
        self.pipeline.fail_read(int(position * len(self.pipeline.reads)))

    @stateful.rule()
    def begin_list(self) -> None:
        self.pipeline.begin_list()

    @stateful.rule(pages=st.integers(1, 6))
    def continue_list(self, pages: int) -> None:
        for _ in range(pages):
            self.pipeline.continue_list()

    @stateful.rule(seconds=st.floats(0.1, 8))
    def wait(self, seconds: float) -> None:
        self.pipeline.clock.advance(seconds)

    @stateful.invariant()
    def no_orphans(self) -> None:
        """Contract 5: both ends of a relation exist, with their elements."""
        model = self.pipeline.model
        known = {schema.key_of(each).vertex for each in model.elements()}
        assert set(model.graph) == known

    @stateful.invariant()
    def capacity_is_what_is_hosted(self) -> None:
        model = self.pipeline.model
        for node in model.get_all_compute_nodes().values():
            total = schema.Resources()
            for instance in model.get_node_instances(node):
                total += instance.resources
            assert model.get_node_used_resources(node) == total

    @stateful.invariant()
    def place_is_a_subsequence(self) -> None:
        """Contract 4: an instance never goes back to a host it left."""
        for uuid, instance in self.pipeline.model.get_all_instances().items():
            shown = self.shown.setdefault(uuid, [])
            if not shown or shown[-1] != instance.host:
                shown.append(instance.host)

    def teardown(self) -> None:
        if not hasattr(self, 'pipeline'):
            return
        pipeline = self.pipeline
        pipeline.settle()
        pipeline.drain(list_last=self.list_last)
        if self.losing:
            pipeline.synchronize()
        assert pipeline.differences() == []
        counters = pipeline.counters.read()
        assert counters.accounted == counters.received
        for uuid, shown in self.shown.items():
            history = iter(pipeline.hosts.get(uuid, []))
            assert all(host in history for host in shown), (uuid, shown)


class _Versioned(_Following):
    pass


class _Legacy(_Following):
    formats = 'unversioned'


class _Lossy(_Following):
    losing = True


@pytest.mark.parametrize('machine', [_Versioned, _Legacy])
def test_a_drained_model_equals_the_cloud(
    machine: type[_Following],
) -> None:
    """Contract 1, 4, 5, 8: convergence without loss and without a list.

    Messages come late, in another order and twice; reads and lists are
    answered from different moments.
    """
    stateful.run_state_machine_as_test(machine)


def test_a_synchronize_makes_good_for_what_was_lost() -> None:
    """Contract 2, 5: convergence with loss, after one synchronize."""
    stateful.run_state_machine_as_test(_Lossy)


@hypothesis.given(seed=st.integers(0, 2**32))
def test_no_event_is_needed_after_a_quiet_list(seed: int) -> None:
    """Contract 2: a model that heard nothing equals the cloud in the end."""
    pipeline = pipelines.Pipeline(pipelines.Setting(seed))
    pipeline.happen(60)
    pipeline.settle()
    pipeline.bus.clear()
    pipeline.synchronize()
    assert pipeline.differences() == []


@pytest.mark.parametrize('state_changes', [True, False])
def test_a_live_migration_shows_where_it_goes(state_changes: bool) -> None:
    pipeline = pipelines.Pipeline(
        pipelines.Setting(3, state_changes=state_changes)
    )
    does = operations.Operations(pipeline.cloud, 'versioned', state_changes)
    row = next(
        row
        for row in pipeline.cloud.servers
        if row.vm_state == 'active' and row.task_state is None
    )
    shown: set[str] = set()
    for step in does.live_migrate(row.uuid):
        pipeline.bus += step
        pipeline.clock.advance(1)
        pipeline.drain()
        shown |= {
            relation
            for _, _, relation in pipeline.model.graph.out_edges(
                row.uuid, data='relation'
            )
        }
    assert 'MIGRATING_TO' in shown
    assert pipeline.differences() == []


def test_what_is_gone_is_not_brought_back_by_what_comes_late() -> None:
    """Contract 1, 5: nothing announces the end of a forced deletion."""
    pipeline = pipelines.Pipeline(pipelines.Setting(5))
    does = operations.Operations(pipeline.cloud, 'versioned')
    before = {row.uuid for row in pipeline.cloud.servers}
    messages = nova.run(pipeline.clock, does.create_server())
    (uuid,) = {row.uuid for row in pipeline.cloud.servers} - before
    messages += nova.run(pipeline.clock, does.shelve(uuid))
    messages += nova.run(pipeline.clock, does.force_delete_server(uuid))
    late = [
        message
        for message in messages
        if message.event_type.startswith('instance.create.')
    ]
    pipeline.bus += [each for each in messages if each not in late]
    pipeline.drain()
    pipeline.bus += late
    pipeline.drain()
    assert pipeline.differences() == []


def test_no_group_is_lost_when_another_goes_between_two_pages() -> None:
    """Race 14: groups come in pages by number."""
    pipeline = pipelines.Pipeline(pipelines.Setting(5))
    does = operations.Operations(pipeline.cloud, 'versioned')
    for number in range(2 * pipelines.PAGE + 1):
        nova.run(pipeline.clock, does.create_server_group(f'g{number}'))
    pipeline.synchronize()
    first = next(iter(pipeline.cloud.groups))
    pipeline.begin_list()
    while pipeline.continue_list() and pipeline.listed != 'groups':
        pass
    pipeline.bus += nova.run(pipeline.clock, does.delete_server_group(first))
    pipeline.drain(list_last=True)
    assert pipeline.differences() == []
