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

"""LagWindow: how late the last notifications became visible.

They are kept in the order of their size as they come, so that whoever asks
for the percentiles, as a dashboard does all the time, makes nobody wait who
counts.
"""

import bisect
import collections
import dataclasses
import typing

_KEPT: typing.Final = 20_000


@dataclasses.dataclass(frozen=True, slots=True)
class Lag:
    """Seconds from publication to visibility, of the last notifications.

    The sender's clock and this process's are compared, so it is as good as
    they agree.
    """

    count: int
    p50: float | None
    p99: float | None
    largest: float | None


class LagWindow:
    """The last 20,000 lags; one thread may use it at a time."""

    def __init__(self) -> None:
        self._last: collections.deque[float] = collections.deque()
        self._ordered: list[float] = []

    def add(self, lag: float) -> None:
        """Keep a lag, in seconds, instead of the oldest if there are many."""
        if len(self._last) == _KEPT:
            oldest = self._last.popleft()
            del self._ordered[bisect.bisect_left(self._ordered, oldest)]
        self._last.append(lag)
        bisect.insort(self._ordered, lag)

    def read(self) -> Lag:
        """Return the percentiles of those that are kept."""
        ordered = self._ordered
        if not ordered:
            return Lag(0, None, None, None)
        last = len(ordered) - 1
        return Lag(
            count=len(ordered),
            p50=ordered[last // 2],
            p99=ordered[int(last * 0.99)],
            largest=ordered[-1],
        )
