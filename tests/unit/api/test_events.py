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

import asyncio
import collections.abc
import itertools

import pytest

from cdm_graph.api import events
from cdm_graph.cmd import server_events
from cdm_graph.model import change
from cdm_graph.model import change_log
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import scope
from cdm_graph.model import selection as selections
from tests.support import clock as clocks
from tests.support import elements

_ANY = selections.Selection()


class _Rig:
    def __init__(self, most: int = 1000) -> None:
        self.clock = clocks.FakeClock()
        self.model = live_model.LiveModel(clock=self.clock)
        self.log = change_log.ChangeLog(self.model, self.clock, most)
        self.model.mark_synchronized(1.0)
        self._numbers = itertools.count(1)

    def change(self, times: int = 1) -> None:
        for _ in range(times):
            flavor = elements.flavor(f'f-{next(self._numbers)}')
            self.model.apply([mutation.Put(flavor)], change.Cause('event'))

    def take(
        self,
        count: int,
        last_id: str | None = None,
        selection: selections.Selection = _ANY,
    ) -> list[server_events.Event]:
        """Return so many events, as a client reads them."""
        return asyncio.run(self._take(count, last_id, selection))

    async def _take(
        self, count: int, last_id: str | None, selection: selections.Selection
    ) -> list[server_events.Event]:
        found: list[server_events.Event] = []
        stream = events.stream(
            self.log, scope.WholeCloud(), selection, last_id
        )
        async for text in stream:
            assert isinstance(stream, collections.abc.AsyncGenerator)
            lines = text.encode().splitlines(keepends=True)
            found += server_events.read(lines)
            if len(found) == count:
                await stream.aclose()
                break
            if found[-1].name == 'start':
                self.change(2)
        return found


def _names(several: list[server_events.Event]) -> list[str]:
    return [event.name for event in several]


def test_who_begins_now_is_told_where_and_then_what_comes() -> None:
    rig = _Rig()
    rig.change(3)
    start, *several = rig.take(3)
    assert (start.name, start.data) == ('start', {'sequence': 3})
    assert _names(several) == ['change', 'change']
    assert [event.data['name'] for event in several] == ['f-4', 'f-5']


def test_who_comes_back_goes_on_where_it_was() -> None:
    rig = _Rig()
    *_, last = rig.take(2)
    rig.change(2)
    several = rig.take(3, last.id)
    assert [event.data['sequence'] for event in several] == [2, 3, 4]


def test_who_was_away_for_too_long_is_told() -> None:
    rig = _Rig(most=2)
    *_, last = rig.take(2)
    rig.change(5)
    gap, *several = rig.take(3, last.id)
    assert gap.name == 'gap'
    assert gap.data['reason'] == 'Changes are no more known.'
    assert [event.data['sequence'] for event in several] == [6, 7]
    # It can come back with any of them.
    assert _names(rig.take(1, several[0].id)) == ['change']


@pytest.mark.parametrize(
    'last_id', ['', 'x', 'other-5', '-1', 'EPOCH-', 'EPOCH-x', 'EPOCH--1']
)
def test_an_id_of_another_process_is_a_gap(last_id: str) -> None:
    rig = _Rig()
    rig.change()
    (gap,) = rig.take(1, last_id.replace('EPOCH', rig.log.epoch))
    assert (gap.name, gap.data['sequence']) == ('gap', 1)
    assert 'process' in gap.data['reason']


def test_only_what_is_wanted_is_told() -> None:
    rig = _Rig()
    start = rig.take(1)[0]
    rig.change(5)
    wanted = selections.Selection(element='f-5')
    (event,) = rig.take(1, start.id, wanted)
    assert event.data['name'] == 'f-5'


def test_a_sign_of_life_moves_the_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, '_ALIVE', events._PACE)
    rig = _Rig()
    start = rig.take(1)[0]
    rig.change(2)
    nobody = selections.Selection(element='nobody')
    (alive,) = rig.take(1, start.id, nobody)
    assert (alive.name, alive.id) == ('', f'{rig.log.epoch}-2')
