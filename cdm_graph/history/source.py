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


"""Where the past is read from: the contract of all such places.

A source goes back to a moment, and after that may have *gaps*: what happened
in them is not known, or not when.
"""

import collections.abc
import enum
import typing

from cdm_graph.model import change_log
from cdm_graph.model import period as periods
from cdm_graph.model import selection as selections


class Reason(enum.StrEnum):
    """Why something is not known."""

    #: No daemon ran, or its model was not filled yet.
    AWAY = 'away'
    #: No daemon ran; what became different is known, but not when and why.
    SUMMED_UP = 'summed up'
    #: More happened than could be recorded.
    BEHIND = 'behind'


class Gap(typing.NamedTuple):
    """A time of which not everything is known.

    :param since: in seconds since the epoch
    :param until: none if it has not ended yet
    """

    since: float
    until: float | None
    reason: Reason

    def overlaps(self, period: periods.Period) -> bool:
        """Return whether a part of a period is within it."""
        return (period.until is None or self.since < period.until) and (
            period.since is None
            or self.until is None
            or self.until > period.since
        )

    def hides(self, period: periods.Period) -> bool:
        """Return whether the changes of a period may lack something.

        What is summed up lacks nothing of a period that has all of it.
        """
        if self.reason is not Reason.SUMMED_UP:
            return self.overlaps(period)
        return self.overlaps(period) and not self._is_within(period)

    def _is_within(self, period: periods.Period) -> bool:
        starts = period.since is None or period.since <= self.since
        ends = period.until is None or (
            self.until is not None and self.until <= period.until
        )
        return starts and ends and self.until is not None


def reason_before(log: change_log.ChangeLog) -> Reason:
    """Return why not everything is known of the time before a run."""
    return Reason.SUMMED_UP if log.was_recalled else Reason.AWAY


class Coverage(typing.NamedTuple):
    """Of which time changes are known.

    :param began_at: since when, in seconds since the epoch
    """

    began_at: float
    gaps: tuple[Gap, ...]


class Source(typing.Protocol):
    """A place that changes are read from; safe to use from any thread.

    It may know very many, and gives way to others while it is walked through.
    """

    def walk(
        self, selection: selections.Selection, period: periods.Period
    ) -> collections.abc.Generator[change_log.Entry, None, None]:
        """Yield what happened, the latest first.

        :raises cdm_graph.exceptions.HistoryUnavailable: if it cannot be read
        """

    def coverage(self) -> Coverage:
        """Return of which time it knows changes.

        :raises cdm_graph.exceptions.HistoryUnavailable: if it cannot be read
        """
