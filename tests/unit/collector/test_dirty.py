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
import time

import pytest

from cdm_graph import clock as clocks_module
from cdm_graph.collector import dirty as dirty_sets
from cdm_graph.model import change
from cdm_graph.model import schema
from tests.support import clock as clocks
from tests.support import elements
from tests.support import memory

_DELAY = 0.5
_SETTLING = 5.0
_ONE = schema.key_of(elements.instance(1))
_TWO = schema.key_of(elements.instance(2))


@pytest.fixture
def dirty(clock: clocks.FakeClock) -> dirty_sets.DirtySet:
    return dirty_sets.DirtySet(clock, _DELAY, _SETTLING)


def _take_all(dirty: dirty_sets.DirtySet) -> list[schema.ElementKey]:
    """Read all that is due."""
    taken = []
    while (task := dirty.take(0)) is not None:
        taken.append(task.key)
        dirty.done(task.key)
    return taken


def test_an_element_is_read_after_the_delay(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([_ONE])
    clock.advance(_DELAY / 2)
    assert dirty.take(0) is None
    clock.advance(_DELAY / 2)
    assert dirty.take(0) == dirty_sets.Task(_ONE, None, 0)


def test_a_burst_leads_to_one_read(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    for _ in range(100):
        dirty.add([_ONE, _TWO, _ONE])
        clock.advance(_DELAY / 200)
    assert len(dirty) == 2
    clock.advance(_DELAY)
    assert sorted(_take_all(dirty)) == [_ONE, _TWO]
    assert len(dirty) == 0
    clock.advance(100)
    assert _take_all(dirty) == []


def test_a_stream_does_not_put_a_read_off_for_ever(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    taken = 0
    for _ in range(40):
        dirty.add([_ONE])
        clock.advance(_DELAY / 4)
        taken += len(_take_all(dirty))
    assert taken == 10


def test_what_is_being_read_is_not_given_out_again(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([_ONE])
    clock.advance(_DELAY)
    assert dirty.take(0) is not None
    dirty.add([_ONE])
    clock.advance(100)
    assert dirty.take(0) is None


def test_what_is_asked_for_while_it_is_read_is_read_again(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    """The read may have come too early."""
    dirty.add([_ONE])
    clock.advance(_DELAY)
    dirty.take(0)
    dirty.add([_ONE])
    dirty.done(_ONE)
    assert dirty.take(0) is None
    clock.advance(_DELAY)
    assert _take_all(dirty) == [_ONE]
    assert len(dirty) == 0


def test_a_read_is_for_the_newest_notification_that_asks_for_it(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    first, second = change.Cause('first'), change.Cause('second', 'req-2')
    dirty.add([_ONE], cause=first)
    dirty.add([_ONE], settling=[_ONE], cause=second)
    # Who reads, and finds that it was too early, tells nothing new.
    dirty.add([_ONE])
    clock.advance(_DELAY)
    task = dirty.take(0)
    assert task is not None
    assert task.cause == second
    dirty.done(_ONE)
    clock.advance(_SETTLING)
    assert dirty.take(0) == task
    dirty.failed(_ONE, 1.0)
    clock.advance(1.0)
    again = dirty.take(0)
    assert again is not None
    assert again.cause == second
    dirty.done(_ONE)
    dirty.add([_ONE])
    clock.advance(_DELAY)
    assert dirty.take(0) == dirty_sets.Task(_ONE, None, 0)


def test_what_settles_is_read_now_and_again_later(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([_ONE], settling=[_ONE])
    clock.advance(_DELAY)
    assert _take_all(dirty) == [_ONE]
    assert (len(dirty), dirty.urgent()) == (1, 0)
    clock.advance(_SETTLING - _DELAY - 0.1)
    assert _take_all(dirty) == []
    clock.advance(0.1)
    assert _take_all(dirty) == [_ONE]
    assert len(dirty) == 0


def test_what_settles_may_be_read_before_for_another_reason(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([], settling=[_ONE])
    clock.advance(_DELAY)
    _take_all(dirty)
    clock.advance(1)
    dirty.add([_ONE])
    assert dirty.urgent() == 1
    clock.advance(_DELAY)
    assert _take_all(dirty) == [_ONE]


def test_what_fails_is_read_again_after_the_delay_that_is_told(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    """Contract 9: it is never forgotten."""
    dirty.add([_ONE])
    clock.advance(_DELAY)
    for failures in range(5):
        assert dirty.take(0) == dirty_sets.Task(_ONE, None, failures)
        dirty.failed(_ONE, 10)
        clock.advance(9.9)
        assert dirty.take(0) is None
        clock.advance(0.2)
    assert dirty.urgent() == 1
    _take_all(dirty)
    assert len(dirty) == 0


def test_a_success_makes_failures_forgotten(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([], settling=[_ONE])
    clock.advance(_DELAY)
    dirty.take(0)
    dirty.failed(_ONE, 1)
    clock.advance(1)
    _take_all(dirty)
    clock.advance(_SETTLING)
    task = dirty.take(0)
    assert task is not None
    assert task.failures == 0


def test_the_oldest_notification_that_asks_is_remembered(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([_ONE])
    dirty.add([_ONE], since=100.0)
    dirty.add([_ONE], since=200.0)
    clock.advance(_DELAY)
    task = dirty.take(0)
    assert task is not None
    assert task.since == 100.0
    dirty.add([_ONE], since=300.0)
    dirty.done(_ONE)


def test_a_second_look_answers_no_notification(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([_ONE], since=100.0, settling=[_ONE, _TWO])
    clock.advance(_DELAY)
    asked = dirty.take(0)
    assert asked is not None
    assert (asked.key, asked.since) == (_ONE, 100.0)
    dirty.done(_ONE)
    clock.advance(_SETTLING)
    second = [dirty.take(0), dirty.take(0)]
    assert [task and task.since for task in second] == [None, None]


def test_a_second_look_that_is_asked_for_answers_who_asks(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([], since=100.0, settling=[_ONE])
    dirty.add([_ONE], since=200.0)
    clock.advance(_DELAY)
    task = dirty.take(0)
    assert task is not None
    assert task.since == 200.0


def test_elements_are_read_in_the_order_in_which_they_are_due(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([_TWO])
    clock.advance(0.1)
    dirty.add([_ONE])
    clock.advance(_DELAY)
    assert _take_all(dirty) == [_TWO, _ONE]


def test_waiting_for_what_is_clean_ends_at_once(
    dirty: dirty_sets.DirtySet,
) -> None:
    assert dirty.wait_until_clean([_ONE], 0)
    dirty.add([_TWO])
    assert dirty.wait_until_clean([_ONE], 0)
    assert not dirty.wait_until_clean([_ONE, _TWO], 0)


def test_waiting_ends_when_the_last_was_read(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([_ONE, _TWO], settling=[_ONE])
    clock.advance(_DELAY)
    ended: list[bool] = []
    waiting = threading.Thread(
        target=lambda: ended.append(dirty.wait_until_clean([_ONE, _TWO], 20))
    )
    waiting.start()
    assert sorted(_take_all(dirty)) == [_ONE, _TWO]
    waiting.join(20)
    # One is still settling.
    assert (ended, len(dirty)) == ([True], 1)


def test_what_only_settles_is_read_later(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([], settling=[_ONE])
    clock.advance(_SETTLING - _DELAY - 0.1)
    assert (dirty.take(0), dirty.urgent()) == (None, 0)
    clock.advance(_DELAY + 0.1)
    assert _take_all(dirty) == [_ONE]
    assert len(dirty) == 0


def test_what_a_read_finds_unsettled_is_read_later(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([_ONE])
    clock.advance(_DELAY)
    assert dirty.take(0) is not None
    dirty.add([], settling=[_ONE])
    dirty.done(_ONE)
    clock.advance(_SETTLING - 0.1)
    assert dirty.take(0) is None
    clock.advance(0.1)
    assert _take_all(dirty) == [_ONE]
    assert len(dirty) == 0


def test_what_fails_is_not_clean(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([_ONE])
    clock.advance(_DELAY)
    dirty.take(0)
    assert not dirty.wait_until_clean([_ONE], 0)
    dirty.failed(_ONE, 1000)
    assert not dirty.wait_until_clean([_ONE], 0)


def test_who_waits_for_work_is_woken(clock: clocks.FakeClock) -> None:
    dirty = dirty_sets.DirtySet(clock, 0.0, _SETTLING)
    taken: list[dirty_sets.Task | None] = []
    worker = threading.Thread(target=lambda: taken.append(dirty.take(20)))
    worker.start()
    dirty.add([_ONE])
    worker.join(20)
    assert taken == [dirty_sets.Task(_ONE, None, 0)]


def test_who_waited_long_enough_by_the_clock_is_woken(
    clock: clocks.FakeClock,
) -> None:
    dirty = dirty_sets.DirtySet(clock, 0.0, _SETTLING)
    taken: list[dirty_sets.Task | None] = []
    worker = threading.Thread(target=lambda: taken.append(dirty.take(20)))
    worker.start()
    memory.eventually(lambda: dirty._watched_until is not None)
    clock.advance(21)
    dirty.add([_ONE])
    worker.join(5)
    assert taken == [dirty_sets.Task(_ONE, None, 0)]


def test_doubts_about_a_kind_that_is_read_whole_are_one_read(
    clock: clocks.FakeClock,
) -> None:
    kind = schema.Kind.COMPUTE_NODE
    dirty = dirty_sets.DirtySet(clock, _DELAY, _SETTLING, frozenset({kind}))
    every = schema.ElementKey(kind, schema.EVERY)
    nodes = [schema.ElementKey(kind, f'node-{n}') for n in range(3)]
    dirty.add([*nodes, every, _ONE])
    clock.advance(_DELAY)
    first = dirty.take(0)
    assert first is not None
    second = dirty.take(0)
    assert second is not None
    assert {first.key, second.key} == {every, _ONE}
    # Another doubt during the read leads to a read after it, not beside it.
    dirty.add(nodes[:1])
    clock.advance(_DELAY)
    assert dirty.take(0) is None
    dirty.done(every)
    clock.advance(_DELAY)
    assert dirty.take(0) == dirty_sets.Task(every, None, 0)


def test_what_settles_is_read_then_whatever_came_before(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([_ONE], settling=[_ONE])
    clock.advance(_DELAY)
    assert _take_all(dirty) == [_ONE]
    clock.advance(1)
    dirty.add([_ONE])
    clock.advance(_DELAY)
    assert _take_all(dirty) == [_ONE]
    clock.advance(_SETTLING)
    assert _take_all(dirty) == [_ONE]
    assert len(dirty) == 0


def test_a_read_that_failed_answers_what_it_was_begun_for(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([_ONE], since=100.0)
    clock.advance(_DELAY)
    dirty.take(0)
    dirty.add([_ONE], since=101.0)
    dirty.failed(_ONE, 1.0)
    clock.advance(1.0)
    assert dirty.take(0) == dirty_sets.Task(_ONE, 100.0, 1)


def test_a_new_event_does_not_undo_the_backing_off(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    """Rule 2."""
    dirty.add([_ONE])
    clock.advance(_DELAY)
    dirty.take(0)
    dirty.failed(_ONE, 30.0)
    dirty.add([_ONE])
    clock.advance(10)
    assert dirty.take(0) is None
    clock.advance(20)
    assert dirty.take(0) is not None


def test_what_came_during_a_read_is_answered_by_the_next(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([_ONE], since=100.0)
    clock.advance(_DELAY)
    dirty.take(0)
    dirty.add([_ONE], since=101.0)
    dirty.done(_ONE)
    clock.advance(_DELAY)
    assert dirty.take(0) == dirty_sets.Task(_ONE, 101.0, 0)


# -- who asks, and since when ---


def test_who_cannot_wait_says_so(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([_ONE], at_once=True)
    assert dirty.take(0) == dirty_sets.Task(_ONE, None, 0)
    dirty.add([_TWO], at_once=True)
    dirty.add([_TWO])
    assert dirty.take(0) == dirty_sets.Task(_TWO, None, 0)


def test_who_cannot_wait_hurries_what_is_asked_for_already(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([_ONE], since=100.0)
    assert dirty.take(0) is None
    dirty.add([_ONE], at_once=True)
    assert dirty.take(0) == dirty_sets.Task(_ONE, 100.0, 0)
    dirty.done(_ONE)
    clock.advance(100)
    assert dirty.take(0) is None


def test_what_settles_does_so_whatever_the_delay(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([_ONE], settling=[_ONE], at_once=True)
    assert _take_all(dirty) == [_ONE]
    clock.advance(_SETTLING)
    assert _take_all(dirty) == [_ONE]


def test_what_waits_longest_is_told(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    """Contract 3: the model is no younger than what it waits for."""
    assert dirty.oldest() is None
    began = clock.time()
    dirty.add([_ONE])
    clock.advance(10)
    dirty.add([_TWO])
    # To ask again makes nothing younger.
    dirty.add([_ONE])
    assert dirty.oldest() == began
    clock.advance(_DELAY)
    assert dirty.take(0) == dirty_sets.Task(_ONE, None, 0)
    # It still waits, until it was read.
    assert dirty.oldest() == began
    dirty.done(_ONE)
    assert dirty.oldest() == began + 10
    assert _take_all(dirty) == [_TWO]
    assert dirty.oldest() is None


def test_what_fails_waits_since_it_was_asked_for_first(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    """Contract 3, 9."""
    began = clock.time()
    dirty.add([_ONE])
    clock.advance(_DELAY)
    for _ in range(3):
        assert dirty.take(0) is not None
        dirty.failed(_ONE, 10)
        assert dirty.oldest() == began
        clock.advance(10)
        assert dirty.oldest() == began
    _take_all(dirty)
    assert dirty.oldest() is None


def test_what_is_asked_for_while_it_is_read_waits_since_then(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    began = clock.time()
    dirty.add([_ONE])
    clock.advance(_DELAY)
    dirty.take(0)
    clock.advance(10)
    dirty.add([_ONE])
    assert dirty.oldest() == began
    dirty.done(_ONE)
    assert dirty.oldest() == began + _DELAY + 10
    clock.advance(_DELAY)
    dirty.take(0)
    dirty.done(_ONE)
    assert dirty.oldest() is None


def test_what_only_settles_waits_for_nothing(
    dirty: dirty_sets.DirtySet, clock: clocks.FakeClock
) -> None:
    dirty.add([_ONE], settling=[_ONE])
    clock.advance(_DELAY)
    assert dirty.oldest() is not None
    assert _take_all(dirty) == [_ONE]
    assert len(dirty) == 1
    assert dirty.oldest() is None
    clock.advance(_SETTLING)
    assert dirty.take(0) is not None
    assert dirty.oldest() is None


def test_a_refresh_during_a_read_waits_for_no_burst(
    clock: clocks.FakeClock,
) -> None:
    dirty = dirty_sets.DirtySet(clock, delay=5.0, settling=5.0)
    key = schema.key_of(elements.instance(1))
    dirty.add([key], at_once=True)
    assert dirty.take(0) is not None
    dirty.add([key], at_once=True)
    dirty.done(key)
    assert dirty.take(0) is not None


# -- reading many together ---


def _sociable(clock: clocks.FakeClock, many: int = 3) -> dirty_sets.DirtySet:
    return dirty_sets.DirtySet(
        clock,
        0.0,
        _SETTLING,
        together=frozenset({schema.Kind.INSTANCE}),
        many=many,
    )


def _keys(count: int) -> list[schema.ElementKey]:
    return [schema.key_of(elements.instance(n)) for n in range(count)]


def _all_of(task: dirty_sets.Task | None) -> list[schema.ElementKey]:
    assert task is not None
    return sorted(each.key for each in (task, *task.others))


def test_many_that_are_due_are_one_task(clock: clocks.FakeClock) -> None:
    dirty = _sociable(clock)
    dirty.add(_keys(3)[:2], since=100.0)
    dirty.add(_keys(3)[2:], since=90.0)
    task = dirty.take(0)
    assert _all_of(task) == sorted(_keys(3))
    assert task is not None
    assert {each.since for each in (task, *task.others)} == {90.0, 100.0}
    assert dirty.take(0) is None
    for key in _keys(3):
        dirty.done(key)
    assert len(dirty) == 0


def test_a_few_that_are_due_are_a_task_each(clock: clocks.FakeClock) -> None:
    dirty = _sociable(clock)
    node = schema.key_of(elements.node(7))
    dirty.add([*_keys(2), node])
    assert sorted(_take_all(dirty)) == sorted([*_keys(2), node])


def test_who_comes_while_many_are_read_waits_for_the_next_time(
    clock: clocks.FakeClock,
) -> None:
    dirty = _sociable(clock)
    dirty.add(_keys(3))
    dirty.take(0)
    late = [schema.key_of(elements.instance(n)) for n in (8, 9)]
    dirty.add(late)
    clock.advance(100)
    assert dirty.take(0) is None
    assert not dirty.wait_until_clean(late, 0)
    for key in _keys(3):
        dirty.done(key)
    dirty.release(2.0)
    clock.advance(1.9)
    assert dirty.take(0) is None
    clock.advance(0.2)
    assert sorted(_take_all(dirty)) == sorted(late)


def test_other_kinds_do_not_wait_for_many(clock: clocks.FakeClock) -> None:
    dirty = _sociable(clock)
    dirty.add(_keys(3))
    dirty.take(0)
    node = schema.key_of(elements.node(7))
    dirty.add([node])
    assert _take_all(dirty) == [node]


def test_who_cannot_wait_does_not_wait_for_many(
    clock: clocks.FakeClock,
) -> None:
    """Neither if it is asked for before, and held already."""
    dirty = _sociable(clock)
    dirty.add(_keys(3))
    dirty.take(0)
    late = [schema.key_of(elements.instance(n)) for n in (8, 9)]
    dirty.add(late)
    assert dirty.take(0) is None
    dirty.add(late[:1], at_once=True)
    assert _take_all(dirty) == late[:1]
    dirty.add(late[:1])
    assert dirty.take(0) is None


def test_what_was_not_shown_is_read_by_itself(clock: clocks.FakeClock) -> None:
    dirty = _sociable(clock)
    dirty.add(_keys(3), since=100.0)
    dirty.take(0)
    assert dirty.oldest() == clock.time()
    asked_at = clock.time()
    clock.advance(1)
    for key in _keys(3):
        dirty.separated(key)
    assert dirty.oldest() == asked_at
    for _ in range(3):
        task = dirty.take(0)
        assert task is not None
        assert (task.since, task.failures, task.others) == (100.0, 0, ())
        dirty.done(task.key)
    assert len(dirty) == 0


def test_what_failed_is_read_by_itself(clock: clocks.FakeClock) -> None:
    dirty = _sociable(clock)
    dirty.add(_keys(3))
    dirty.take(0)
    for key in _keys(3):
        dirty.failed(key, 5.0)
    dirty.release(0.0)
    clock.advance(5)
    task = dirty.take(0)
    assert task is not None
    assert (task.failures, task.others) == (1, ())


def test_what_was_read_by_itself_is_sociable_the_next_time(
    clock: clocks.FakeClock,
) -> None:
    dirty = _sociable(clock)
    keys = _keys(3)
    dirty.add(keys, settling=keys, at_once=True)
    for _ in keys:
        task = dirty.take(0)
        assert task is not None
        dirty.done(task.key)
    clock.advance(_SETTLING)
    assert _all_of(dirty.take(0)) == sorted(keys)


def test_a_thread_that_waits_wakes_when_what_is_held_may_go(
    clock: clocks.FakeClock,
) -> None:
    dirty = _sociable(clock)
    dirty.add(_keys(3))
    dirty.take(0)
    late = schema.key_of(elements.instance(9))
    dirty.add([late])
    assert dirty.take(0) is None
    taken: list[dirty_sets.Task | None] = []
    worker = threading.Thread(target=lambda: taken.append(dirty.take(20)))
    worker.start()
    dirty.release(0.0)
    worker.join(20)
    assert taken == [dirty_sets.Task(late, None, 0)]


def test_nothing_is_given_out_twice_in_one_task(
    clock: clocks.FakeClock,
) -> None:
    """One that is hurried is noted twice, with the same time."""
    dirty = _sociable(clock)
    hurried = _keys(1)
    dirty.add(hurried)
    dirty.add(hurried, at_once=True)
    task = dirty.take(0)
    assert task is not None
    dirty.add(hurried)
    dirty.done(task.key)
    dirty.add(_keys(4))
    task = dirty.take(0)
    taken = _all_of(task)
    assert taken == sorted(set(taken))
    assert taken == sorted(_keys(4))


def test_who_waits_for_many_need_not_find_them_clean_at_once(
    clock: clocks.FakeClock,
) -> None:
    """In a busy cloud some of many are always dirty."""
    dirty = dirty_sets.DirtySet(clock, 0.0, _SETTLING)
    dirty.add([_ONE, _TWO])
    clean: list[bool] = []
    waiting = threading.Thread(
        target=lambda: clean.append(dirty.wait_until_clean([_ONE, _TWO], 20))
    )
    waiting.start()
    memory.eventually(lambda: dirty._awaited)
    for key in (_ONE, _TWO):
        dirty.take(0)
        dirty.take(0)
        dirty.done(key)
        dirty.add([key])
    waiting.join(20)
    assert clean == [True]


def test_who_waits_sees_a_read_that_began_after_it_asked(
    clock: clocks.FakeClock,
) -> None:
    dirty = dirty_sets.DirtySet(clock, 0.0, _SETTLING)
    dirty.add([_ONE])
    dirty.take(0)
    dirty.add([_ONE])
    clean: list[bool] = []
    waiting = threading.Thread(
        target=lambda: clean.append(dirty.wait_until_clean([_ONE], 20))
    )
    waiting.start()
    memory.eventually(lambda: dirty._awaited)
    dirty.done(_ONE)
    assert dirty._awaited == [{_ONE}]
    assert not dirty.wait_until_clean([_ONE], 0)
    dirty.take(0)
    dirty.done(_ONE)
    waiting.join(20)
    assert clean == [True]


def test_what_a_late_message_asks_for_was_wrong_before_it_came(
    clock: clocks.FakeClock,
) -> None:
    """Contract 3: the age counts the way over the bus too."""
    dirty = dirty_sets.DirtySet(clock, 0.0, _SETTLING)
    dirty.add([_ONE], heard_at=clock.time() - 3)
    dirty.add([_ONE, _TWO])
    assert dirty.oldest() == clock.time() - 3


def test_what_is_not_due_yet_wakes_nobody(clock: clocks.FakeClock) -> None:
    dirty = dirty_sets.DirtySet(clock, 60.0, _SETTLING)
    waited: list[float] = []

    def take() -> None:
        began = time.monotonic()
        assert dirty.take(0.3) is None
        waited.append(time.monotonic() - began)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(100):
        dirty.add([schema.key_of(elements.instance(number))])
    for thread in threads:
        thread.join()
    assert min(waited) >= 0.3


def test_what_is_due_is_read_by_all_who_wait() -> None:
    dirty = dirty_sets.DirtySet(clocks_module.SystemClock(), 0.05, _SETTLING)
    taken: list[schema.ElementKey] = []
    all_at_once = threading.Barrier(4)

    def take() -> None:
        task = None
        while task is None:
            task = dirty.take(60.0)
        taken.append(task.key)
        # Only if nobody waits for what another one could read.
        all_at_once.wait(10.0)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    keys = [schema.key_of(elements.instance(number)) for number in range(4)]
    dirty.add(keys)
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(keys)
