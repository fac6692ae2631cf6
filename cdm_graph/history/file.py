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


"""The past as a file has it, with what is not written yet."""

import collections.abc
import contextlib
import pathlib

from cdm_graph import clock as clocks
from cdm_graph import pacer
from cdm_graph.history import database
from cdm_graph.history import memory
from cdm_graph.history import source
from cdm_graph.model import change_log
from cdm_graph.model import period as periods
from cdm_graph.model import selection as selections


class FileSource:
    """The changes of all runs that a file has, and those of a log.

    :param log: of this run
    """

    def __init__(
        self,
        path: pathlib.Path,
        log: change_log.ChangeLog,
        clock: clocks.Clock,
    ) -> None:
        self._path = path
        self._log = log
        self._clock = clock

    def walk(
        self, selection: selections.Selection, period: periods.Period
    ) -> collections.abc.Generator[change_log.Entry, None, None]:
        """Yield what happened, the latest first.

        :raises cdm_graph.exceptions.HistoryUnavailable: if it cannot be read
        """
        with self._reading() as reader:
            page = self._unwritten(reader)
            yield from memory.latest_first(page.entries, selection, period)
            yield from pacer.paced(reader.walk(selection, period))

    def coverage(self) -> source.Coverage:
        """Return of which time it knows changes.

        :raises cdm_graph.exceptions.HistoryUnavailable: if it cannot be read
        """
        with self._reading() as reader:
            began_at = reader.began_at()
            if began_at is None:
                return memory.MemorySource(self._log, self._clock).coverage()
            return source.Coverage(
                began_at,
                (
                    *map(self._as_it_ended, reader.gaps()),
                    *self._unwritten_gap(reader),
                ),
            )

    @contextlib.contextmanager
    def _reading(self) -> collections.abc.Iterator[database.Reader]:
        with (
            database.trouble(self._path),
            contextlib.closing(database.Reader(self._path)) as reader,
        ):
            yield reader

    def _unwritten(self, reader: database.Reader) -> change_log.Page:
        """Return what the file has not yet."""
        sequence = reader.sequence(self._log.epoch)
        if sequence is None:
            sequence = self._log.kept_after
        return self._log.since(sequence)

    def _as_it_ended(self, gap: source.Gap) -> source.Gap:
        """Return a gap whose end the recorder has yet to write, if it has."""
        until = self._log.complete_since
        if gap.until is not None or until is None:
            return gap
        return source.Gap(gap.since, until, source.reason_before(self._log))

    def _unwritten_gap(
        self, reader: database.Reader
    ) -> collections.abc.Iterator[source.Gap]:
        """Yield the gap that the recorder will leave."""
        page = self._unwritten(reader)
        if page.has_gap and page.entries:
            yield source.Gap(
                reader.last_at() or self._log.began_at,
                page.entries[0].at,
                source.Reason.BEHIND,
            )
