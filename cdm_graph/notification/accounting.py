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

"""The counters of conservation: no notification is silently dropped.

At rest, what was received equals what was applied, stale, duplicate,
ignored, deferred or failed.
"""

import collections
import dataclasses
import threading

from cdm_graph.model import mutation
from cdm_graph.notification import lags as lag_windows


@dataclasses.dataclass(frozen=True, slots=True)
class Counters:
    """What became of the notifications so far."""

    received: int
    outcomes: dict[str, int]
    reasons: dict[str, int]
    lag: lag_windows.Lag

    @property
    def accounted(self) -> int:
        """How many have an outcome."""
        return sum(self.outcomes.values())

    @property
    def pending(self) -> int:
        """How many are still on their way."""
        return self.received - self.accounted


class Accounting:
    """Counts notifications; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._received = 0
        self._reasons: collections.Counter[tuple[mutation.Outcome, str]] = (
            collections.Counter()
        )
        self._lags = lag_windows.LagWindow()

    def receive(self) -> int:
        """Count one that came in, and return its number."""
        with self._lock:
            self._received += 1
            return self._received

    def settle(self, outcome: mutation.Outcome, reason: str) -> None:
        """Count what became of one."""
        with self._lock:
            self._reasons[outcome, reason] += 1

    def lagged(self, lag: float) -> None:
        """Note how late something became visible, in seconds."""
        with self._lock:
            self._lags.add(lag)

    def read(self) -> Counters:
        """Return the counters, all as of one moment."""
        with self._lock:
            received = self._received
            by_reason = dict(self._reasons)
            lag = self._lags.read()
        outcomes = {outcome.value: 0 for outcome in mutation.Outcome}
        reasons: dict[str, int] = {}
        for (outcome, reason), count in sorted(by_reason.items()):
            outcomes[outcome.value] += count
            reasons[f'{outcome.value}: {reason}'] = count
        return Counters(received, outcomes, reasons, lag)
