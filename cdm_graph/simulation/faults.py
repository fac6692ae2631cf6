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

They are counted down request by request, over all clients, or befall a share
of the requests by chance, from a seed.  Paths are those below the server's
root, such as ``/compute/v2.1/servers/detail``.
"""

import collections
import collections.abc
import dataclasses
import random
import re
import threading
import typing

#: The pages of lists, and what is read one by one.
PAGES: typing.Final = r'/compute/v2\.1/([a-z-]+/detail|os-[a-z-]+)$'
SINGLE_READS: typing.Final = r'/compute/v2\.1/servers/[0-9a-f-]{36}'


@dataclasses.dataclass(slots=True)
class _Order:
    pattern: re.Pattern[str]
    left: int | None
    share: float
    status: int | None = None
    seconds: float = 0.0
    lag: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """What is to happen to one request: wait, fail or be answered, wait.

    What is answered before the second wait is old when it arrives.
    """

    seconds: float
    status: int | None
    lag: float


_NOTHING: typing.Final = Verdict(0.0, None, 0.0)


class Faults:
    """What shall go wrong, and what was asked for so far.

    A pattern is a regular expression that is searched in the path; a share
    below 1 leaves the other matching requests alone.
    """

    def __init__(self, seed: int = 1) -> None:
        self._lock = threading.Lock()
        self._rng = random.Random(seed)
        self._orders: list[_Order] = []
        self._requests: collections.Counter[str] = collections.Counter()
        self._unreachable: frozenset[str] = frozenset()

    def fail(
        self,
        pattern: str,
        status: int,
        count: int | None = 1,
        share: float = 1.0,
    ) -> None:
        """Answer matching requests with an error; None is until cleared."""
        self._order(_Order(re.compile(pattern), count, share, status=status))

    def delay(
        self,
        pattern: str,
        seconds: float,
        count: int | None = None,
        share: float = 1.0,
        late: bool = False,
    ) -> None:
        """Let matching requests wait; None is until cleared.

        With ``late`` the answer waits: it says how things were before.
        """
        order = _Order(re.compile(pattern), count, share)
        if late:
            order.lag = seconds
        else:
            order.seconds = seconds
        self._order(order)

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
                order for order in self._orders if self._is_due(order, path)
            ]
            if not due:
                return _NOTHING
            failing = [order for order in due if order.status is not None][:1]
            delaying = [order for order in due if order.status is None]
            self._count_down(failing + delaying)
            return Verdict(
                sum(order.seconds for order in delaying),
                failing[0].status if failing else None,
                sum(order.lag for order in delaying),
            )

    def _is_due(self, order: _Order, path: str) -> bool:
        if order.pattern.search(path) is None:
            return False
        return order.share >= 1.0 or self._rng.random() < order.share

    def _order(self, order: _Order) -> None:
        with self._lock:
            self._orders.append(order)

    def _count_down(self, used: list[_Order]) -> None:
        for order in used:
            if order.left is not None:
                order.left -= 1
        self._orders = [order for order in self._orders if order.left != 0]
