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

"""The clock of an API, compared with ours by what its answers are dated."""

import collections.abc
import dataclasses
import email.utils
import typing

from cdm_graph import clock as clocks

#: How often the time is asked for; the answer that came soonest counts.
_TIMES: typing.Final = 3
#: A header has whole seconds only, and many servers make it once a second:
#: it is up to two seconds behind, and one on average.
_BEHIND: typing.Final = 1.0

#: Asks for anything; returns the headers of the answer, none if there is none.
Ask = collections.abc.Callable[[], collections.abc.Mapping[str, str] | None]


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """Seconds that a clock is ahead of ours, give or take the error."""

    seconds: float
    error: float

    @property
    def least(self) -> float:
        """How far the clocks are apart at least; never negative."""
        return max(0.0, abs(self.seconds) - self.error)


def difference(ask: Ask, clock: clocks.Clock) -> Difference | None:
    """Compare an API's clock with ours; none if it does not tell."""
    found = [
        each for each in (_compare(ask, clock) for _ in range(_TIMES)) if each
    ]
    return min(found, key=lambda each: each.error, default=None)


def _compare(ask: Ask, clock: clocks.Clock) -> Difference | None:
    before = clock.time()
    headers = ask()
    after = clock.time()
    text = headers and headers.get('Date')
    if not text:
        return None
    try:
        theirs = email.utils.parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None
    ours = (before + after) / 2
    return Difference(theirs + _BEHIND - ours, _BEHIND + (after - before) / 2)
