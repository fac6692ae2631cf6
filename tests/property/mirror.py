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

"""A mirror that is stepped, beside a model and a database with faults.

At any time the store is the model as it was at its cursor; once nothing fails
any more it is the model.
"""

import typing

from hypothesis import stateful
from hypothesis import strategies as st

from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.store import mirror as mirrors
from tests.property import clauses
from tests.support import clock as clocks
from tests.support import elements
from tests.support import oracle
from tests.support import store as stores

_PERIOD: typing.Final = 3600.0
_STEPS: typing.Final = 30
_REFUSABLE: typing.Final = (
    elements.uuid(oracle.NODES[0]),
    elements.uuid(oracle.INSTANCES[0]),
    elements.uuid(oracle.AGGREGATES[0]),
    elements.uuid(oracle.GROUPS[0]),
    'flavor/small',
    'project/red',
    'zone/nova',
)


class Mirrored(stateful.RuleBasedStateMachine):
    """A model, a mirror that may be started anew, and a database."""

    #: How many sequences of steps were tried.
    runs: typing.ClassVar = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.clock = clocks.FakeClock()
        self.model = live_model.LiveModel(clock=self.clock)
        self.model.mark_synchronized(self.clock.time())
        self.held: dict[schema.ElementKey, schema.Element] = {}
        #: What a store should hold, by the sequence of the model.
        self.known = {self.model.sequence: stores.content_of(self.model)}
        self.database = stores.Database()
        self.store = stores.MemoryStore('here', self.database)
        #: A mirror that is to heal this has to live until it is done.
        self.damaged = False
        self.losses = 0
        self._fill_the_other()
        self._begin()

    def _fill_the_other(self) -> None:
        """Have a second region with the same vertices."""
        node = elements.node(1, hostname='alpha', service_host='east')
        other = live_model.LiveModel(
            [node, elements.hosted(11, node, project_id='red')]
        )
        other.mark_synchronized(1.0)
        store = stores.MemoryStore('there', self.database)
        mirrors.Mirror(other, store, 'there', _PERIOD, self.clock).step()
        self.other = self.database.of_region('there')
        assert len(self.other[0]) == 4

    def _begin(self) -> None:
        self.mirror = mirrors.Mirror(
            self.model, self.store, 'here', _PERIOD, self.clock
        )
        self.mirror.attach()

    def _step(self) -> None:
        self.mirror.step()
        if self.mirror.status().state == 'following':
            self._compare()

    def _compare(self) -> None:
        """The store is the model as it was at its cursor."""
        sequence = self.mirror.status().sequence
        assert sequence is not None
        cursor = self.database.cursors['here']
        assert (cursor.epoch, cursor.sequence) == (self.mirror.epoch, sequence)
        refused = self._refused()
        assert stores.without(
            stores.model_of(self.store), refused
        ) == stores.without(self.known[sequence], refused)

    def _refused(self) -> set[str]:
        """Return what need not be in the store as it is."""
        named = self.mirror.status().refused_names
        assert len(named) == self.mirror.status().refused
        return self.store.refused_ids | {
            name.partition(' ')[2] for name in named
        }

    def _note(self) -> None:
        self.known[self.model.sequence] = stores.content_of(self.model)

    # -- the cloud ---------------------------------------------------------

    @stateful.rule(
        several=st.lists(oracle.any_element, min_size=1, max_size=5),
        fault=st.sampled_from([None, None, 'away', 'unknown']),
    )
    def put(self, several: list[schema.Element], fault: str | None) -> None:
        """Have something to write, and try to."""
        wanted = []
        for element in several:
            if not oracle.is_ambiguous(element, self.held):
                self.held[schema.key_of(element)] = element
                wanted.append(mutation.Put(element))
        self.model.apply(wanted)
        self._note()
        before = self.store.unavailable
        self.store.unavailable = before or fault == 'away'
        self.store.unknown_outcomes += fault == 'unknown'
        self._step()
        self.store.unavailable = before

    @stateful.precondition(lambda self: self.held)
    @stateful.rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.held)))
        del self.held[key]
        self.model.apply([mutation.Absence(key, self.model.fence())])
        self._note()

    # -- the mirror --------------------------------------------------------

    @stateful.rule()
    def step(self) -> None:
        self._step()

    @stateful.precondition(lambda self: not self.damaged)
    @stateful.rule(restarted=st.booleans())
    def compare_all(self, restarted: bool) -> None:
        if restarted:
            self.mirror.stop()
            self._begin()
        else:
            self.clock.advance(_PERIOD)
        self._step()

    @stateful.rule()
    def reconcile_where_nothing_changed(self) -> None:
        """Nothing is written, but where it is."""
        self.mirror.request_reconcile()
        self.heal()
        before = self.store.rows_written
        self.clock.advance(_PERIOD)
        self._step()
        status = self.mirror.status()
        assert (status.state, status.drift) == ('following', 0)
        assert {name.partition(' ')[2] for name in status.refused_names} <= {
            schema.key_of(each).vertex for each in self.model.elements()
        }
        assert self.store.rows_written == before

    # -- faults ------------------------------------------------------------

    @stateful.rule()
    def go_down(self) -> None:
        self.store.unavailable = True

    @stateful.rule()
    def come_back(self) -> None:
        self.store.unavailable = False

    @stateful.rule(times=st.integers(1, 3))
    def commit_with_unknown_outcome(self, times: int) -> None:
        self.store.unknown_outcomes = times

    @stateful.rule()
    def lose_everything(self) -> None:
        """A database that loses all goes down for that, which is seen."""
        self.store.unavailable = True
        self.losses += 1
        lost = elements.flavor('lost', vcpus=self.losses)
        self.model.apply([mutation.Put(lost)])
        self._note()
        self.mirror.step()
        assert self.mirror.status().state == 'unavailable'
        self.database.lose_everything()
        self.database.elements.update(self.other[0])
        self.database.edges.update(dict.fromkeys(self.other[1]))
        self.database.cursors['there'] = self.other[2]
        self.store.unavailable = False

    @stateful.rule(data=st.data())
    def lose_one(self, data: st.DataObject) -> None:
        """Somebody deletes an element by hand, with its relations."""
        mine = sorted(
            key for key in self.database.elements if key[0] == 'here'
        )
        if not mine:
            return
        gone = data.draw(st.sampled_from(mine))
        del self.database.elements[gone]
        for edge in [
            edge
            for edge in self.database.edges
            if edge[0] == 'here' and gone[2] in (edge[1], edge[3])
        ]:
            del self.database.edges[edge]
        self.damaged = True
        self.mirror.request_reconcile()

    @stateful.precondition(lambda self: len(self.store.refused_ids) < 3)
    @stateful.rule(vertex=st.sampled_from(_REFUSABLE))
    def refuse(self, vertex: str) -> None:
        self.store.refused_ids.add(vertex)

    @stateful.precondition(lambda self: self.store.refused_ids)
    @stateful.rule(data=st.data(), reconcile=st.booleans())
    def accept(self, data: st.DataObject, reconcile: bool) -> None:
        """What was refused is taken again: when it is written next."""
        refused = sorted(self.store.refused_ids)
        self.store.refused_ids.discard(data.draw(st.sampled_from(refused)))
        if reconcile:
            self.mirror.request_reconcile()

    @stateful.rule()
    def heal(self) -> None:
        """Once nothing fails any more two steps are enough."""
        self.store.unavailable = False
        self.store.unknown_outcomes = 0
        self._step()
        self._step()
        status = self.mirror.status()
        assert (status.state, status.behind) == ('following', 0)
        assert (status.backlog, status.lag) == (0, 0.0)
        self.damaged = False

    # -- always ------------------------------------------------------------

    @stateful.invariant()
    def another_region_is_never_touched(self) -> None:
        assert self.database.of_region('there') == self.other

    @stateful.invariant()
    def no_relation_lacks_an_end(self) -> None:
        vertices = {
            (region, vertex) for region, _, vertex in self.database.elements
        }
        for region, source, _, target in self.database.edges:
            assert {(region, source), (region, target)} <= vertices

    def teardown(self) -> None:
        self.heal()


def attempt(seed: int, runs: int, shrink: bool) -> int:
    """Try that many sequences of steps; return how many were made."""
    before = Mirrored.runs
    clauses.run(Mirrored, seed, runs, _STEPS, shrink=shrink)
    return Mirrored.runs - before
