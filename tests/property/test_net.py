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


"""What changes come to, against two snapshots; and a file against memory."""

import pathlib
import tempfile
import typing

import hypothesis
from hypothesis import stateful
from hypothesis import strategies as st

from cdm_graph.export import difference
from cdm_graph.export import formats
from cdm_graph.export import reading
from cdm_graph.model import period as periods
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.model import selection as selections
from tests.support import clock as clocks
from tests.support import elements
from tests.support import history
from tests.support import oracle

_SELECTIONS: typing.Final = st.builds(
    selections.Selection,
    kinds=st.frozensets(st.sampled_from(list(schema.Kind)), max_size=2),
    element=oracle.some(
        [
            *(elements.uuid(11), 'vm-12', 'alpha', 'zone/az1', 'az1', 'small'),
            *('Instance', 'flavor/small', 'east', ''),
        ]
    ),
    project=oracle.some(oracle.PROJECTS),
    host=oracle.some([*oracle.HOSTS, *oracle.HOSTNAMES]),
)


class _History(stateful.RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self._folder.name) / 'history.sqlite'
        self.clock = clocks.FakeClock()
        self.run = history.Run(self.path, self.clock).fill()
        self.held: dict[schema.ElementKey, schema.Element] = {}
        self.moments: list[tuple[float, root.ModelRoot]] = []

    def teardown(self) -> None:
        self.run.end()
        self._folder.cleanup()

    @stateful.rule(
        several=st.lists(oracle.any_element, min_size=1, max_size=4)
    )
    def put(self, several: list[schema.Element]) -> None:
        for element in several:
            if not oracle.is_ambiguous(element, self.held):
                self.held[schema.key_of(element)] = element
                self.run.put(element)

    @stateful.precondition(lambda self: self.held)
    @stateful.rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.held)))
        self.run.delete(self.held.pop(key))

    @stateful.rule()
    def look(self) -> None:
        self.moments.append((self.clock.time(), self.run.model.snapshot()))
        self.clock.advance(1.0)

    @stateful.rule()
    def record(self) -> None:
        self.run.recorder.step()

    @stateful.rule()
    def restart(self) -> None:
        """Begin anew with a model that remembers all, as a warm start does."""
        self.run.end()
        self.clock.advance(1.0)
        before = self.run.model.snapshot()
        known = before.elements_put()
        self.run = history.Run(self.path, self.clock, recalled=known)
        self.run.recorder.step()
        self.run.model.mark_synchronized(self.clock.time())
        self.clock.advance(1.0)

    @stateful.precondition(lambda self: len(self.moments) > 1)
    @stateful.rule(data=st.data())
    def compare(self, data: st.DataObject) -> None:
        """What is different is what the changes between come to."""
        places = range(len(self.moments))
        first, second = sorted(
            data.draw(st.sets(st.sampled_from(places), min_size=2, max_size=2))
        )
        (since, before), (until, after) = (
            self.moments[first],
            self.moments[second],
        )
        found = self.run.past.difference(
            history.ALL, periods.Period(since, until)
        )
        assert found.is_complete
        assert list(difference.of_changes(found.changes)) == list(
            difference.rows(_document(before), _document(after))
        )

    @stateful.rule(selection=_SELECTIONS, data=st.data())
    def choose(
        self, selection: selections.Selection, data: st.DataObject
    ) -> None:
        """A file answers what memory would."""
        everything = self.run.past.latest(history.ALL, history.EVER, 10_000)
        moments = st.none() | st.sampled_from(
            [self.clock.time(), *(entry.at for entry in everything.entries)]
        )
        period = periods.Period(data.draw(moments), data.draw(moments))
        found = self.run.past.latest(selection, period, 10_000)
        assert found.entries == tuple(
            entry
            for entry in everything.entries
            if selection.takes(entry.change) and period.holds(entry.at)
        )

    @stateful.rule()
    def read_back(self) -> None:
        """What is written is what was."""
        self.run.recorder.step()
        own = [
            entry
            for entry in self.run.past.latest(
                history.ALL, history.EVER, 10_000
            ).entries
            if entry.run == self.run.log.epoch
        ]
        assert own == list(self.run.log.entries())
        assert self.run.recorder.status().last_error is None


def _document(model: root.ModelRoot) -> reading.Document:
    """Return what an export of a model is read as."""
    with tempfile.NamedTemporaryFile('w', suffix='.json') as stream:
        stream.writelines(formats.chunks('json', model))
        stream.flush()
        return reading.read(stream.name)


TestHistory = _History.TestCase
# Each example makes a file, and each of its steps may write to it.
TestHistory.settings = hypothesis.settings(
    max_examples=25, stateful_step_count=30
)
