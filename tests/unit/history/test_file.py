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


import pathlib

from cdm_graph.history import source
from cdm_graph.model import period as periods
from cdm_graph.model import selection as selections
from tests.support import clock as clocks
from tests.support import elements
from tests.support import history


def test_what_is_not_written_yet_is_told_with_what_is(
    tmp_path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    run = history.Run(tmp_path / 'x', clock).fill()
    run.flavor('a', 'b')
    run.recorder.step()
    run.flavor('c')
    found = [
        entry.change.key.key
        for entry in run.file.walk(history.ALL, history.EVER)
    ]
    assert found == ['c', 'b', 'a']
    period = periods.Period(clock.now - 2, clock.now - 1)
    assert run.names(period=period) == ['b']
    assert run.names(selections.Selection(element='c')) == ['c']


def test_before_anything_is_known_it_knows_what_memory_does(
    tmp_path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    run = history.Run(tmp_path / 'x', clock)
    run.recorder.step()
    clock.advance(7)
    assert run.file.coverage() == (clock.now, ())
    assert list(run.file.walk(history.ALL, history.EVER)) == []


def test_a_gap_has_ended_before_that_is_written(
    tmp_path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    first = history.Run(tmp_path / 'x', clock).fill()
    first.flavor('a')
    first.recorder.step()
    first.end()
    ended_at = clock.now
    clock.advance(5)
    again = history.Run(
        tmp_path / 'x', clock, recalled=first.model.elements_put()
    )
    again.recorder.step()
    assert again.file.coverage().gaps == (
        (ended_at, None, source.Reason.AWAY),
    )
    clock.advance(2)
    again.put(elements.flavor('b'))
    again.model.mark_synchronized(clock.now)
    told = ((ended_at, clock.now, source.Reason.SUMMED_UP),)
    clock.advance(1)
    assert again.file.coverage().gaps == told
    again.recorder.step()
    assert again.file.coverage().gaps == told
