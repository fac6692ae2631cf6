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


"""The past as far as the daemon has it in memory."""

import collections.abc

from cdm_graph import clock as clocks
from cdm_graph import pacer
from cdm_graph.history import source
from cdm_graph.model import change_log
from cdm_graph.model import period as periods
from cdm_graph.model import selection as selections


class MemorySource:
    """The changes of a log."""

    def __init__(self, log: change_log.ChangeLog, clock: clocks.Clock) -> None:
        self._log = log
        self._clock = clock

    def walk(
        self, selection: selections.Selection, period: periods.Period
    ) -> collections.abc.Generator[change_log.Entry, None, None]:
        """Yield what happened, the latest first."""
        yield from latest_first(self._log.entries(), selection, period)

    def coverage(self) -> source.Coverage:
        """Return of which time it knows changes."""
        reach = self._log.reach
        if reach is None:
            return source.Coverage(self._clock.time(), ())
        return source.Coverage(reach.at, tuple(self._gaps()))

    def _gaps(self) -> collections.abc.Iterator[source.Gap]:
        if self._log.was_recalled:
            until = self._log.complete_since
            yield source.Gap(
                self._log.began_at, until, source.Reason.SUMMED_UP
            )


def latest_first(
    entries: tuple[change_log.Entry, ...],
    selection: selections.Selection,
    period: periods.Period,
) -> collections.abc.Iterator[change_log.Entry]:
    """Yield those of some entries that are chosen, the latest first."""
    for entry in pacer.paced(reversed(entries)):
        if period.holds(entry.at) and selection.takes(entry.change):
            yield entry
