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

"""Many operations at once, for as long as wanted.

Operations begin at a steady rate, on random suitable servers and hosts, and
each takes its time between two steps: so they interleave as they do in a
cloud.  Their order depends on the seed alone, not on how fast they are run:
:meth:`Churn.step` for tests, :meth:`Churn.start` against the wall clock.

Two operations are never under way on one server.  Servers that are left
half-way, such as resized ones, are taken up again later; creations and
deletions keep the number of servers about where it was.

What happens to storage by itself, and to bare machines, begins at a rate of
its own, and by chance of its own: what happens in Nova is chosen as it is
without.
"""

import bisect
import collections.abc
import heapq
import itertools
import random
import threading
import typing

from cdm_graph import exceptions
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import finder
from cdm_graph.simulation import notification
from cdm_graph.simulation import operations
from cdm_graph.simulation.cinder import scenarios as cinder_scenarios
from cdm_graph.simulation.ironic import scenarios as ironic_scenarios
from cdm_graph.simulation.nova import scenarios as nova_scenarios

Publish = collections.abc.Callable[[notification.Notification], None]

#: Mean seconds between two steps of an operation.
_STEP_SECONDS: typing.Final = 0.25
#: Behind by more than this, time is skipped rather than made up for.
_TOLERATED_LAG: typing.Final = 2.0
#: How many kinds of operation are tried before none is begun.
_ATTEMPTS: typing.Final = 10
#: Operations between two archivings of deleted servers, and what is kept.
_ARCHIVE_EACH: typing.Final = 1000
_ARCHIVE_AGE: typing.Final = 3600.0


class _Stream:
    """What begins at one rate, by chance of its own."""

    def __init__(
        self,
        found_by: finder.Finder,
        rng: random.Random,
        rate: float,
        weights: collections.abc.Mapping[str, int],
    ) -> None:
        self.interval = 1.0 / rate
        self._finder = found_by
        self._rng = rng
        self._names = list(weights)
        self._totals = list(itertools.accumulate(weights.values()))

    def begin(self) -> finder.Scenario | None:
        """Choose something that can be done now, if there is anything."""
        for _ in range(_ATTEMPTS):
            drawn = self._rng.random() * self._totals[-1]
            name = self._names[bisect.bisect(self._totals, drawn)]
            scenario = self._finder.begin(name)
            if scenario is not None:
                return scenario
        return None

    def end(self, scenario: finder.Scenario) -> None:
        """Let go of what a scenario worked on."""
        self._finder.end(scenario)

    def pause(self) -> float:
        """Return how long it takes to the next step, in seconds."""
        return self._rng.expovariate(1.0 / _STEP_SECONDS)


class Churn:
    """Lets things happen in a cloud; publishes what is said of them.

    ``rate`` is in operations per second, and so are ``storage_rate`` and
    ``metal_rate``: of those on storage and on bare machines, none by default.
    One thread may use it at a time.
    """

    def __init__(
        self,
        cloud: cloud_module.SimulatedCloud,
        publish: Publish,
        rate: float,
        seed: int,
        clock: cloud_module.Clock,
        *,
        formats: notification.Format | str = notification.Format.BOTH,
        notify_on_state_change: bool = True,
        bdms_in_notifications: bool = False,
        include_share_mapping: bool = False,
        weights: collections.abc.Mapping[str, int] | None = None,
        storage_rate: float = 0.0,
        storage_weights: collections.abc.Mapping[str, int] | None = None,
        metal_rate: float = 0.0,
        metal_weights: collections.abc.Mapping[str, int] | None = None,
    ) -> None:
        self._cloud = cloud
        self._publish = publish
        self._clock = clock
        # When it is due, in seconds since the churn began; a tie-breaker;
        # what it belongs to; what is under way, or None where something is
        # to begin.
        self._agenda: list[
            tuple[float, int, _Stream, finder.Scenario | None]
        ] = []
        self._ticket = itertools.count()
        self._begun = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        does = operations.Operations(
            cloud,
            formats,
            notify_on_state_change,
            bdms_in_notifications,
            include_share_mapping,
        )
        self._plan_streams(
            does,
            seed,
            (rate, nova_scenarios.WEIGHTS if weights is None else weights),
            (storage_rate, storage_weights or cinder_scenarios.WEIGHTS),
            (metal_rate, metal_weights or ironic_scenarios.WEIGHTS),
        )

    def _plan_streams(
        self,
        does: operations.Operations,
        seed: int,
        of_servers: tuple[float, collections.abc.Mapping[str, int]],
        of_storage: tuple[float, collections.abc.Mapping[str, int]],
        of_metal: tuple[float, collections.abc.Mapping[str, int]],
    ) -> None:
        """Plan the first beginnings, of each that has a rate."""
        busy: set[str] = set()
        streams = []
        if of_servers[0] > 0:
            rng = random.Random(seed)
            found_by = nova_scenarios.Scenarios(does, rng, busy)
            streams.append(_Stream(found_by, rng, *of_servers))
        if of_storage[0] > 0 and self._cloud.storage.backends:
            rng = random.Random(f'storage churn of {seed}')
            stored = cinder_scenarios.StorageScenarios(does, rng, busy)
            streams.append(_Stream(stored, rng, *of_storage))
        if of_metal[0] > 0 and self._cloud.metal.machines:
            rng = random.Random(f'metal churn of {seed}')
            bare = ironic_scenarios.MetalScenarios(does, rng, busy)
            streams.append(_Stream(bare, rng, *of_metal))
        if not streams:
            raise exceptions.SimulationError(
                f'A churn of {of_servers[0]} operations per second cannot be '
                f'run; the rate must be above 0.'
            )
        for stream in streams:
            self._plan(0.0, stream, None)

    @property
    def begun(self) -> int:
        """How many operations have begun so far."""
        return self._begun

    @property
    def under_way(self) -> int:
        """How many operations are under way."""
        return sum(1 for entry in self._agenda if entry[3] is not None)

    def step(self) -> float:
        """Let the next thing happen, at once.

        Return for when it was due, in seconds since the churn began: the
        time that a simulated clock should have passed.
        """
        due, _, stream, scenario = heapq.heappop(self._agenda)
        if scenario is None:
            self._plan(due + stream.interval, stream, None)
            scenario = self._begin(stream)
        if scenario is not None:
            self._advance(due, stream, scenario)
        return due

    def settle(self) -> None:
        """Complete all operations that are under way; begin none."""
        beginnings = [entry for entry in self._agenda if entry[3] is None]
        self._agenda = [entry for entry in self._agenda if entry[3]]
        heapq.heapify(self._agenda)
        while self._agenda:
            due, _, stream, scenario = heapq.heappop(self._agenda)
            if scenario is not None:
                self._advance(due, stream, scenario)
        self._agenda = beginnings

    def run(self, stop_event: threading.Event) -> None:
        """Let things happen at the rate, until the event is set."""
        began = self._clock.time() - self._agenda[0][0]
        while not stop_event.is_set():
            lag = self._clock.time() - began - self._agenda[0][0]
            if lag > _TOLERATED_LAG:
                began += lag
            elif lag < 0:
                stop_event.wait(-lag)
                continue
            self.step()

    def start(self) -> None:
        """Run in a thread."""
        if self._thread is not None:
            raise exceptions.SimulationError(
                'The churn of the simulated cloud has already been started.'
            )
        self._stop.clear()
        self._thread = threading.Thread(
            target=self.run,
            args=(self._stop,),
            name='simulated-churn',
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; operations stay where they are until settled."""
        if self._thread is None:
            return
        self._stop.set()
        self._thread.join()
        self._thread = None

    def _plan(
        self, due: float, stream: _Stream, scenario: finder.Scenario | None
    ) -> None:
        entry = due, next(self._ticket), stream, scenario
        heapq.heappush(self._agenda, entry)

    def _begin(self, stream: _Stream) -> finder.Scenario | None:
        self._begun += 1
        if self._begun % _ARCHIVE_EACH == 0:
            self._cloud.archive_deleted(_ARCHIVE_AGE)
        return stream.begin()

    def _advance(
        self, due: float, stream: _Stream, scenario: finder.Scenario
    ) -> None:
        notifications = next(scenario.steps, None)
        if notifications is None:
            stream.end(scenario)
            return
        for message in notifications:
            self._publish(message)
        self._plan(due + stream.pause(), stream, scenario)
