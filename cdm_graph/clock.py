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

"""Time, as it is passed in.

Nothing in this package reads the machine's clock by itself: what needs the
time takes a :class:`Clock`, so that a whole daemon runs under a simulated one
in the tests.
"""

import time
import typing


class Clock(typing.Protocol):
    """Where the time comes from; safe to use from any thread."""

    def time(self) -> float:
        """Return the time in seconds since the epoch, UTC."""

    def monotonic(self) -> float:
        """Return seconds that never go back, from an arbitrary start."""


class SystemClock:
    """The machine's own clock."""

    def time(self) -> float:
        """Return the time in seconds since the epoch, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never go back, from an arbitrary start."""
        return time.monotonic()
