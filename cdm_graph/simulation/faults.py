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

"""Faults of the simulated API, for tests to order.

They are counted down request by request, over all clients.  Paths are those
below the server's root, such as ``/compute/v2.1/servers/detail``.
"""

import collections
import collections.abc
import dataclasses
import re
import threading


@dataclasses.dataclass(slots=True)
class _Order:
    pattern: re.Pattern[str]
    status: int | None
    seconds: float
    left: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """What is to happen to one request: wait, then fail or go on."""

    seconds: float
    status: int | None


class Faults:
    """What shall go wrong, and what was asked for so far.

    A pattern is a regular expression that is searched in the path.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[_Order] = []
        self._requests: collections.Counter[str] = collections.Counter()
        self._unreachable: frozenset[str] = frozenset()

    def fail(self, pattern: str, status: int, count: int | None = 1) -> None:
        """Answer matching requests with an error; None is until cleared."""
        self._order(_Order(re.compile(pattern), status, 0.0, count))

    def delay(
        self, pattern: str, seconds: float, count: int | None = None
    ) -> None:
        """Let matching requests wait; None is until cleared."""
        self._order(_Order(re.compile(pattern), None, seconds, count))

    def cell_down(self, hosts: collections.abc.Iterable[str]) -> None:
        """Let the cell with these hosts be unreachable for the API."""
        with self._lock:
            self._unreachable = frozenset(hosts)

    def clear(self) -> None:
        """Let nothing go wrong any more; the counters stay."""
        with self._lock:
            self._orders.clear()
            self._unreachable = frozenset()

    @property
    def unreachable(self) -> frozenset[str]:
        """The hosts in cells that are down."""
        return self._unreachable

    @property
    def requests(self) -> collections.Counter[str]:
        """How often each path was asked for."""
        with self._lock:
            return self._requests.copy()

    def judge(self, path: str) -> Verdict:
        """Count a request, and say what is to happen to it."""
        with self._lock:
            self._requests[path] += 1
            due = [
                order for order in self._orders if order.pattern.search(path)
            ]
            failing = [order for order in due if order.status is not None][:1]
            delaying = [order for order in due if order.status is None]
            self._count_down(failing + delaying)
            return Verdict(
                sum(order.seconds for order in delaying),
                failing[0].status if failing else None,
            )

    def _order(self, order: _Order) -> None:
        with self._lock:
            self._orders.append(order)

    def _count_down(self, used: list[_Order]) -> None:
        for order in used:
            if order.left is not None:
                order.left -= 1
        self._orders = [order for order in self._orders if order.left != 0]
