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

import threading

from cdm_graph.model import change
from cdm_graph.model import change_log as change_logs
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from tests.support import clock as clocks
from tests.support import elements


class _Rig:
    """A filled model with a log, and changes by their numbers."""

    def __init__(self, most: int = 100) -> None:
        self.clock = clocks.FakeClock()
        self.model = live_model.LiveModel(clock=self.clock)
        self.log = change_logs.ChangeLog(self.model, self.clock, most)

    def fill(self) -> int:
        self.change(0)
        self.model.mark_synchronized(self.clock.time())
        return self.model.sequence

    def change(self, number: int) -> None:
        node = elements.node(1, hostname=f'host-{number}')
        self.model.apply(
            [mutation.Put(node)], change.Cause('event', f'req-{number}')
        )


def _names(entries: tuple[change_logs.Entry, ...]) -> list[str]:
    found = []
    for entry in entries:
        if isinstance(entry.change.after, schema.ComputeNode):
            found.append(entry.change.after.hostname)
    return found


def test_what_fills_a_model_is_no_change_of_the_cloud() -> None:
    rig = _Rig()
    start = rig.fill()
    assert len(rig.log) == 0
    assert rig.log.sequence == start
    assert rig.log.since(start, 9) == ((), start, False)
    assert rig.log.since(start - 1, 9).has_gap


def test_a_recalled_model_is_filled() -> None:
    rig = _Rig()
    rig.model.mark_recalled(1.0)
    rig.change(1)
    assert _names(rig.log.entries()) == ['host-1']


def test_changes_come_in_order_with_their_moment_and_cause() -> None:
    rig = _Rig()
    start = rig.fill()
    rig.clock.advance(5.0)
    rig.change(1)
    rig.clock.advance(5.0)
    rig.change(2)
    page = rig.log.since(start, 9)
    assert not page.has_gap
    assert page.sequence == rig.model.sequence == rig.log.sequence
    assert _names(page.entries) == ['host-1', 'host-2']
    first, second = page.entries
    assert second.at - first.at == 5.0
    assert first.change.cause == ('event', 'req-1')


def test_a_page_is_no_longer_than_is_asked_for() -> None:
    rig = _Rig()
    sequence = rig.fill()
    for number in range(5):
        rig.change(number + 1)
    seen = []
    while (page := rig.log.since(sequence, 2)).entries:
        assert len(page.entries) <= 2
        assert not page.has_gap
        seen += _names(page.entries)
        sequence = page.sequence
    assert seen == [f'host-{number + 1}' for number in range(5)]


def test_it_forgets_the_oldest_and_tells_who_missed_them() -> None:
    rig = _Rig(most=3)
    start = rig.fill()
    for number in range(5):
        rig.change(number + 1)
    assert len(rig.log) == 3
    page = rig.log.since(start, 9)
    assert page.has_gap
    assert _names(page.entries) == ['host-3', 'host-4', 'host-5']
    assert not rig.log.since(rig.log.sequence - 3, 9).has_gap
    assert rig.log.since(rig.log.sequence - 4, 9).has_gap


def test_who_is_ahead_gets_nothing() -> None:
    rig = _Rig()
    rig.fill()
    rig.change(1)
    page = rig.log.since(rig.log.sequence + 7, 9)
    assert (page.entries, page.has_gap) == ((), False)


def test_news_are_waited_for() -> None:
    rig = _Rig()
    start = rig.fill()
    assert not rig.log.wait_for_news(start, 0.0)
    thread = threading.Timer(0.01, rig.change, (1,))
    thread.start()
    assert rig.log.wait_for_news(start, 30.0)
    thread.join()


def test_a_log_that_is_closed_keeps_what_it_has() -> None:
    rig = _Rig()
    rig.fill()
    rig.change(1)
    rig.log.close()
    rig.log.close()
    rig.change(2)
    assert _names(rig.log.entries()) == ['host-1']


def test_it_tells_how_far_back_it_goes() -> None:
    rig = _Rig(most=2)
    assert rig.log.start is rig.log.reach is None
    assert rig.log.complete_since is None
    rig.clock.advance(5.0)
    start = rig.fill()
    filled = (start, rig.clock.now)
    assert rig.log.start == rig.log.reach == filled
    assert rig.log.complete_since == rig.clock.now
    for number in range(3):
        rig.clock.advance(5.0)
        rig.change(number + 1)
    assert rig.log.start == filled
    assert rig.log.reach == (start + 1, filled[1] + 5.0)
    assert rig.log.complete_since == filled[1]
    assert rig.log.since(start + 1).has_gap is False
    assert rig.log.since(start).has_gap


def test_many_changes_at_once_are_forgotten_too() -> None:
    rig = _Rig(most=2)
    start = rig.fill()
    rig.clock.advance(5.0)
    flavors = [elements.flavor(name) for name in 'abcde']
    rig.model.apply(map(mutation.Put, flavors))
    assert rig.log.reach == (start + 3, rig.clock.now)
    page = rig.log.since(start + 3)
    assert [entry.change.key.key for entry in page.entries] == ['d', 'e']


def test_a_recalled_model_is_complete_after_its_first_synchronize() -> None:
    model = live_model.LiveModel(clock=clocks.FakeClock())
    model.mark_recalled(1.0)
    clock = clocks.FakeClock()
    log = change_logs.ChangeLog(model, clock, 9)
    assert log.was_recalled
    assert log.start == log.reach == (0, clock.now)
    assert log.complete_since is None
    clock.advance(5.0)
    model.apply([mutation.Put(elements.flavor('new'))])
    merged_at = clock.now
    clock.advance(5.0)
    model.mark_synchronized(clock.now)
    model.apply([mutation.Put(elements.flavor('newer'))])
    assert log.complete_since == merged_at
    assert [entry.run for entry in log.entries()] == [log.epoch] * 2


def test_two_logs_have_two_epochs() -> None:
    assert _Rig().log.epoch != _Rig().log.epoch
