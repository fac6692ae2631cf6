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

"""BackgroundTaskScheduler: synchronizes and polls, once a period each."""

import collections.abc
import datetime
import threading
import time
import typing

from apscheduler.schedulers import base
import pytest

from cdm_graph import scheduling
from tests.support import memory


class _Collector:
    """Counts what it is asked for."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.polls = 0
        self.most_at_a_time = 0
        self.seconds = 0.0
        self._running = 0
        self._lock = threading.Lock()

    def request_synchronize(self, reason: str) -> int:
        with self._lock:
            self._running += 1
            self.most_at_a_time = max(self.most_at_a_time, self._running)
            self.reasons.append(reason)
        time.sleep(self.seconds)
        with self._lock:
            self._running -= 1
        return len(self.reasons)

    def run_poll(self) -> None:
        self.polls += 1


class _Manager:
    def __init__(self, *names: str) -> None:
        self.collectors = {name: _Collector() for name in names}

    def get_collectors(self) -> dict[str, _Collector]:
        return dict(self.collectors)


class _Scene(typing.NamedTuple):
    scheduler: scheduling.BackgroundTaskScheduler
    collectors: dict[str, _Collector]
    periods: dict[str, float]


@pytest.fixture
def scene() -> collections.abc.Iterator[_Scene]:
    manager = _Manager('nova', 'cinder')
    periods = {'nova': 100.0, 'cinder': 200.0, 'poll': 50.0}
    scheduler = scheduling.BackgroundTaskScheduler(
        manager,
        periods.__getitem__,
        lambda: periods['poll'],
    )
    yield _Scene(scheduler, manager.collectors, periods)
    scheduler.stop()


def _seconds_to(scene: _Scene, name: str) -> float:
    """Return how long it is to the next run of a job."""
    [job] = [job for job in scene.scheduler.get_jobs() if job.id == name]
    now = datetime.datetime.now(datetime.UTC)
    return float((job.next_run_time - now).total_seconds())


def _wait_for(collector: _Collector, runs: int) -> None:
    deadline = time.monotonic() + 10
    while len(collector.reasons) < runs:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_each_collector_has_jobs_with_their_own_periods(scene: _Scene) -> None:
    scene.scheduler.start()
    jobs = {job.id: job for job in scene.scheduler.get_jobs()}
    assert {
        name: job.trigger.interval.total_seconds()
        for name, job in jobs.items()
    } == {
        'synchronize nova': 100,
        'synchronize cinder': 200,
        'poll nova': 50,
        'poll cinder': 50,
    }
    assert all(job.name == name for name, job in jobs.items())
    # The first synchronize is the collector's own.
    assert not scene.collectors['nova'].reasons
    assert not scene.collectors['nova'].polls


def test_runs_are_spread_by_a_tenth_and_never_early(scene: _Scene) -> None:
    scene.scheduler.start()
    waits = []
    for _ in range(50):
        scene.periods['nova'] = 101.0 if scene.periods['nova'] == 100 else 100
        scene.scheduler.reset()
        wait = _seconds_to(scene, 'synchronize nova')
        waits.append(wait - scene.periods['nova'])
    assert min(waits) > -1
    assert max(waits) <= 11
    assert max(waits) - min(waits) > 2


def test_a_collector_is_asked_again_and_again(scene: _Scene) -> None:
    scene.periods['nova'] = 0.05
    scene.scheduler.start()
    _wait_for(scene.collectors['nova'], 3)
    assert set(scene.collectors['nova'].reasons) == {'period'}
    assert not scene.collectors['cinder'].reasons


def test_a_collector_polls_again_and_again(scene: _Scene) -> None:
    scene.periods['poll'] = 0.05
    scene.scheduler.start()
    for collector in scene.collectors.values():
        memory.eventually(lambda each=collector: each.polls >= 3)
        assert collector.reasons == []


def test_a_reset_takes_over_the_period_of_the_polls(scene: _Scene) -> None:
    scene.scheduler.start()
    before = {job.id: job.next_run_time for job in scene.scheduler.get_jobs()}
    scene.periods['poll'] = 1000.0
    scene.scheduler.reset()
    after = {job.id: job.next_run_time for job in scene.scheduler.get_jobs()}
    assert 999 < _seconds_to(scene, 'poll nova') < 1101
    assert 999 < _seconds_to(scene, 'poll cinder') < 1101
    for name in ('synchronize nova', 'synchronize cinder'):
        assert after[name] == before[name]


def test_a_period_that_is_mistaken_stays_as_it_was(
    scene: _Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.scheduler.start()
    del scene.periods['poll']
    scene.periods['nova'] = 1000.0

    def mistaken() -> float:
        raise ValueError('no number')

    scene.scheduler._poll_period = mistaken
    scene.scheduler.reset()
    assert "'poll nova' keeps its period: no number" in caplog.text
    assert _seconds_to(scene, 'poll nova') < 60
    assert _seconds_to(scene, 'synchronize nova') > 900


def test_runs_of_a_collector_never_overlap(scene: _Scene) -> None:
    scene.periods.update(nova=0.02, cinder=0.02)
    slow = scene.collectors['nova']
    slow.seconds = 0.1
    scene.scheduler.start()
    _wait_for(slow, 3)
    assert slow.most_at_a_time == 1
    # Nor does a slow one hold up another one.
    assert len(scene.collectors['cinder'].reasons) > len(slow.reasons)


def test_a_reset_takes_over_what_has_changed_only(scene: _Scene) -> None:
    scene.scheduler.start()
    before = {job.id: job.next_run_time for job in scene.scheduler.get_jobs()}
    scene.periods['nova'] = 1000.0
    scene.scheduler.reset()
    after = {job.id: job.next_run_time for job in scene.scheduler.get_jobs()}
    for name in ('synchronize cinder', 'poll nova', 'poll cinder'):
        assert after[name] == before[name]
    assert 999 < _seconds_to(scene, 'synchronize nova') < 1101


def test_nothing_begins_once_it_was_stopped(scene: _Scene) -> None:
    scene.scheduler.stop()
    scene.periods['nova'] = 0.02
    scene.scheduler.start()
    time.sleep(0.1)
    assert not scene.scheduler.running
    assert scene.collectors['nova'].reasons == []


def test_a_stop_amid_a_start_waits_for_it(
    scene: _Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()
    start = base.BaseScheduler.start

    def linger(scheduler: typing.Any, paused: bool) -> None:
        start(scheduler, paused)
        begun.set()
        # It runs, as it says, and has no thread yet.
        time.sleep(0.1)

    monkeypatch.setattr(base.BaseScheduler, 'start', linger)
    starting = threading.Thread(target=scene.scheduler.start)
    starting.start()
    assert begun.wait(10)
    scene.scheduler.stop()
    starting.join()
    assert not scene.scheduler.running


def test_it_can_be_stopped_twice(scene: _Scene) -> None:
    scene.periods['nova'] = 0.02
    scene.scheduler.start()
    _wait_for(scene.collectors['nova'], 1)
    scene.scheduler.stop()
    scene.scheduler.stop()
    runs = len(scene.collectors['nova'].reasons)
    time.sleep(0.1)
    assert len(scene.collectors['nova'].reasons) == runs


def test_a_reset_before_the_start_does_no_harm(scene: _Scene) -> None:
    scene.scheduler.reset()
    scene.scheduler.start()
    assert len(scene.scheduler.get_jobs()) == 4
