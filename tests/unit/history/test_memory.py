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
from tests.support import clock as clocks
from tests.support import elements
from tests.support import history


def test_it_has_what_the_log_has(
    tmp_path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    run = history.Run(tmp_path / 'x', clock, most=2).fill()
    run.flavor('a', 'b', 'c')
    found = run.memory.walk(history.ALL, history.EVER)
    assert [entry.change.key.key for entry in found] == ['c', 'b']


def test_it_knows_as_much_as_was_not_forgotten(
    tmp_path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    run = history.Run(tmp_path / 'x', clock, most=2)
    clock.advance(5)
    assert run.memory.coverage() == (clock.now, ())
    run.fill(elements.flavor('first'))
    filled_at = clock.now
    clock.advance(5)
    assert run.memory.coverage() == (filled_at, ())
    run.flavor('a', 'b', 'c')
    assert run.memory.coverage().began_at == filled_at + 6


def test_what_was_away_before_a_warm_start_is_summed_up(
    tmp_path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    began_at = clock.now
    known = elements.flavor('known')
    run = history.Run(tmp_path / 'x', clock, recalled=[known])
    (gap,) = run.memory.coverage().gaps
    assert gap == (began_at, None, source.Reason.SUMMED_UP)
    clock.advance(5)
    run.fill(elements.flavor('new'))
    clock.advance(5)
    (gap,) = run.memory.coverage().gaps
    assert gap == (began_at, began_at + 5, source.Reason.SUMMED_UP)
