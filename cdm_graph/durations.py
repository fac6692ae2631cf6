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

"""Durations: how long something took, each time, counted in buckets.

It costs about a microsecond to note one, and a few numbers to keep them all.
"""

import bisect
import dataclasses
import threading


@dataclasses.dataclass(frozen=True, slots=True)
class Distribution:
    """How many took how long.

    ``counts`` has a number for each of the ``bounds``, of those that took as
    long at most and longer than the bound before, and a last one of those
    that took longer than all bounds.  ``seconds`` is how long all took
    together.
    """

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    seconds: float


class Durations:
    """Counts durations; safe to use from any thread.

    :param bounds: seconds, in rising order
    """

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._lock = threading.Lock()
        self._counts = [0] * (len(bounds) + 1)
        self._seconds = 0.0

    def note(self, seconds: float) -> None:
        """Count one more."""
        place = bisect.bisect_left(self._bounds, seconds)
        with self._lock:
            self._counts[place] += 1
            self._seconds += seconds

    def read(self) -> Distribution:
        """Return what was counted, all as of one moment."""
        with self._lock:
            return Distribution(
                self._bounds, tuple(self._counts), self._seconds
            )
