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

"""What a benchmark prints: one figure a line, NAME METRIC VALUE UNIT."""

import collections.abc
import gc
import statistics
import time
import typing


class Cost(typing.NamedTuple):
    """What was taken, in seconds."""

    cpu: float
    wall: float


class Figures:
    """Prints the figures of one benchmark.

    :param name: what each line begins with
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def show(self, metric: str, value: float, unit: str) -> None:
        """Print a figure."""
        shown = f'{value:.4g}' if abs(value) < 1000 else f'{value:.0f}'
        print(self._name, metric, shown, unit, flush=True)


class Stopwatch:
    """Tells what was taken since it was made."""

    def __init__(self) -> None:
        self._wall = time.perf_counter_ns()
        self._cpu = time.process_time_ns()

    def read(self) -> Cost:
        """Return what was taken so far."""
        return Cost(
            (time.process_time_ns() - self._cpu) / 1e9,
            (time.perf_counter_ns() - self._wall) / 1e9,
        )


def cpu(work: collections.abc.Callable[[], object]) -> float:
    """Return the seconds of CPU that some work takes.

    What it returns is dropped outside of the time that is taken.
    """
    watch = Stopwatch()
    result = work()
    taken = watch.read().cpu
    del result
    return taken


def median_cpu(
    work: collections.abc.Callable[[], object],
    times: int,
    prepare: collections.abc.Callable[[], object] = lambda: None,
) -> float:
    """Return the median of the seconds of CPU that some work takes.

    :param prepare: done before each time, outside of what is timed
    """
    taken = []
    for _ in range(times):
        prepare()
        taken.append(cpu(work))
    return statistics.median(taken)


def set_aside() -> None:
    """Keep the garbage collector away from all that is there.

    It stays on: what a benchmark itself makes is collected as usual, and
    each peer is measured alike.
    """
    gc.collect()
    gc.freeze()
