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

"""Which samples are a fault's, and how old the model was.

Pure: samples and faults in, figures out.  All times are in seconds since the
epoch.
"""

import collections.abc
import dataclasses
import math
import statistics


@dataclasses.dataclass(frozen=True, slots=True)
class Read:
    """A synchronize or a poll that ended well."""

    kind: str
    began_at: float
    seconds: float

    @property
    def ended_at(self) -> float:
        return self.began_at + self.seconds


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """Something that was done to the cloud or to the bus.

    ``heals`` are the kinds of reads that make good for it: what the bus may
    have lost is found by a synchronize only.
    """

    name: str
    began_at: float
    ended_at: float
    heals: frozenset[str]


@dataclasses.dataclass(frozen=True, slots=True)
class Window:
    """A fault, from its begin until it was made good for.

    ``healed`` is what did; none if nothing has.
    """

    fault: Fault
    ended_at: float
    healed: Read | None

    def holds(self, at: float) -> bool:
        return self.fault.began_at <= at <= self.ended_at


@dataclasses.dataclass(frozen=True, slots=True)
class Ages:
    """Ages of the model over some samples; none where there are none."""

    count: int
    p50: float
    p99: float
    largest: float


def window(
    fault: Fault, reads: collections.abc.Iterable[Read], last_at: float
) -> Window:
    """Return a fault's window.

    It ends with the first read that makes good for it, began after the
    fault's end and has ended; without one it lasts to ``last_at``.
    """
    good = [
        read
        for read in reads
        if read.kind in fault.heals and read.began_at >= fault.ended_at
    ]
    if not good:
        return Window(fault, last_at, None)
    first = min(good, key=lambda read: read.ended_at)
    return Window(fault, first.ended_at, first)


def ages(found: collections.abc.Iterable[float]) -> Ages | None:
    ordered = sorted(found)
    if not ordered:
        return None
    return Ages(
        len(ordered),
        percentile(ordered, 0.5),
        percentile(ordered, 0.99),
        ordered[-1],
    )


def percentile(
    ordered: collections.abc.Sequence[float], share: float
) -> float:
    """Return the least value that so many are not above (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def growth(first: float, last: float) -> float:
    """Return by how many percent something has grown."""
    return 100.0 * (last - first) / first


def middle(found: collections.abc.Iterable[float]) -> float:
    """Return the median; not a number if there is nothing."""
    values = list(found)
    return statistics.median(values) if values else math.nan


def slope(points: collections.abc.Iterable[tuple[float, float]]) -> float:
    """Return the slope of the line through points, by least squares."""
    xs, ys = zip(*points, strict=True)
    return statistics.linear_regression(xs, ys).slope
