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

"""Complaints: that a mistake which repeats itself does not fill the log."""

import collections
import threading
import typing

from cdm_graph import clock as clocks

#: Seconds in which the same complaint is made once.
_PERIOD: typing.Final = 60.0
#: Complaints that are remembered.
_KEPT: typing.Final = 1_000


class Complaints:
    """Tells which complaints are worth a line; safe to use from any thread."""

    def __init__(self, clock: clocks.Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._made: collections.OrderedDict[str, tuple[float, int]] = (
            collections.OrderedDict()
        )

    def note(self, what: str) -> int | None:
        """Note a complaint.

        :returns: none if it was made lately, else how often it was held
            back since it was made last
        """
        now = self._clock.monotonic()
        with self._lock:
            at, held_back = self._made.get(what, (-_PERIOD, 0))
            if now - at < _PERIOD:
                self._made[what] = (at, held_back + 1)
                return None
            self._made[what] = (now, 0)
            self._made.move_to_end(what)
            if len(self._made) > _KEPT:
                self._made.popitem(last=False)
            return held_back
