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

"""The interpreter of the daemon: short turns, and quiet memory."""

import collections.abc
import gc
import sys
import threading
import weakref

import pytest

from cdm_graph import interpreter


class _Cycle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def grown() -> list[float]:
    """Return what the number of the models is."""
    return [0.0]


@pytest.fixture
def running(
    grown: list[float],
) -> collections.abc.Iterator[interpreter.Interpreter]:
    made = interpreter.Interpreter(lambda: grown[0], period=3600.0)
    made.start()
    yield made
    made.stop()


def test_it_leaves_the_interpreter_as_it_was(grown: list[float]) -> None:
    before = sys.getswitchinterval(), gc.get_threshold(), gc.get_freeze_count()
    made = interpreter.Interpreter(lambda: grown[0], period=3600.0)
    made.start()
    assert sys.getswitchinterval() < before[0]
    assert gc.get_threshold() != before[1]
    made.collect()
    assert gc.get_freeze_count() > before[2]
    made.stop()
    made.stop()
    assert before == (
        sys.getswitchinterval(),
        gc.get_threshold(),
        gc.get_freeze_count(),
    )


def test_one_that_was_stopped_before_it_started_changes_nothing(
    grown: list[float],
) -> None:
    """A daemon may be told to stop while it still starts."""
    before = sys.getswitchinterval(), gc.get_threshold()
    made = interpreter.Interpreter(lambda: grown[0], period=3600.0)
    made.stop()
    made.start()
    assert made._thread is None
    assert before == (sys.getswitchinterval(), gc.get_threshold())


def test_it_can_be_stopped_while_it_starts(
    grown: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = interpreter.Interpreter(lambda: grown[0], period=3600.0)
    stopper = threading.Thread(target=made.stop)
    start = threading.Thread.start

    def start_late(thread: threading.Thread) -> None:
        if thread is not stopper:
            start(stopper)
            stopper.join(0.05)
        start(thread)

    monkeypatch.setattr(threading.Thread, 'start', start_late)
    made.start()
    stopper.join(20)
    assert made._thread is None


def test_cycles_are_collected(running: interpreter.Interpreter) -> None:
    lost = weakref.ref(_Cycle())
    running.collect()
    assert lost() is None


def test_a_model_that_has_grown_is_set_aside_without_a_collection(
    running: interpreter.Interpreter, grown: list[float]
) -> None:
    """It would stop all threads for as long as the model is large."""
    kept = [object() for _ in range(10)]
    ran: list[str] = []
    gc.callbacks.append(lambda phase, info: ran.append(phase))
    try:
        grown[0] += 1
        running.collect()
        assert ran == []
        assert not any(each is kept for each in gc.get_objects())
        running.collect()
        assert ran == ['start', 'stop']
    finally:
        gc.callbacks.pop()


def test_what_was_set_aside_goes_when_nothing_refers_to_it(
    running: interpreter.Interpreter,
) -> None:
    kept = _Cycle()
    kept.itself = None  # type: ignore[assignment]
    running.collect()
    alive = weakref.ref(kept)
    del kept
    assert alive() is None


def test_it_collects_by_itself(grown: list[float]) -> None:
    made = interpreter.Interpreter(lambda: grown[0], period=0.001)
    lost = weakref.ref(_Cycle())
    made.start()
    try:
        for _ in range(10_000):
            if lost() is None:
                break
            made._stopping.wait(0.001)
    finally:
        made.stop()
    assert lost() is None


@pytest.mark.parametrize('error', [AttributeError('musl'), OSError('none')])
def test_a_system_that_takes_no_memory_back_is_left_alone(
    running: interpreter.Interpreter,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    def load(_name: None) -> object:
        raise error

    monkeypatch.setattr(interpreter.ctypes, 'CDLL', load)
    running.collect()


def test_all_threads_share_two_arenas(
    grown: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []

    class _Library:
        def mallopt(self, name: int, value: int) -> None:
            asked.append((name, value))

    monkeypatch.setattr(interpreter.ctypes, 'CDLL', lambda _name: _Library())
    interpreter.Interpreter(lambda: grown[0])
    # M_ARENA_MAX of malloc.h.
    assert asked == [(-8, 2)]


def test_much_is_collected_before_the_period_is_over(
    grown: list[float],
) -> None:
    made = interpreter.Interpreter(lambda: grown[0], period=3600.0)
    made.start()
    lost = weakref.ref(_Cycle())
    # In the oldest generation, which collections of the young do not visit.
    gc.collect(1)
    gc.collect(1)
    try:
        for _ in range(10_000):
            if lost() is None:
                break
            made._visits.seconds += 1.0
            made._stopping.wait(0.001)
    finally:
        made.stop()
    assert lost() is None


def test_how_long_collections_of_the_young_take_is_noted(
    running: interpreter.Interpreter,
) -> None:
    running._visits.seconds = 0.0
    gc.collect(0)
    noted = running._visits.seconds
    assert noted > 0.0
    running.collect()
    assert running._visits.seconds == 0.0
