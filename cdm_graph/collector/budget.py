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

"""Budget: how many requests a second may be made of a service."""

import threading

from cdm_graph import clock as clocks


class Budget:
    """A bucket of requests that fills at a rate; safe from any thread.

    :param rate: requests a second; 0 for no limit
    :param burst: requests that may be made at once after a rest, beside
        those that were taken before it and given back
    """

    def __init__(
        self, clock: clocks.Clock, rate: float, burst: float = 10.0
    ) -> None:
        self._clock = clock
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = clock.monotonic()
        self._lock = threading.Lock()

    def take(self) -> float:
        """Take one request.

        :returns: 0 if one was left; else none is taken, and that is after
            how many seconds to ask again
        """
        with self._lock:
            self._fill_locked()
            if self._rate and self._left < 1.0:
                return (1.0 - self._left) / self._rate
            self._left -= 1.0
            return 0.0

    def give_back(self) -> None:
        """Return a request that was taken and not made."""
        with self._lock:
            self._left += 1.0

    def _fill_locked(self) -> None:
        now = self._clock.monotonic()
        earned = (now - self._at) * self._rate
        self._at = now
        self._left = min(max(self._burst, self._left), self._left + earned)
