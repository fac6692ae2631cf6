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


"""The recorder: writes what a log of changes has into a file.

It follows the log in a thread of its own, which holds up nobody.  The file
tells where it is, and is asked for that whenever it is opened: a change is
neither written twice nor left out, whatever happened to the file meanwhile.

If the file cannot be used it tries again, and goes on as far as the log still
has what is missing.  What it has not any more is counted, and leaves a gap in
the file.
"""

import dataclasses
import pathlib
import random
import threading
import typing

from oslo_log import log as logging

from cdm_graph import backoff
from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.history import database
from cdm_graph.history import source
from cdm_graph.model import change_log

LOG = logging.getLogger(__name__)

#: Changes of a transaction.
_BATCH: typing.Final = 500
#: Seconds in which changes gather, and between two looks for some.
_PAUSE: typing.Final = 0.2
#: Seconds after which a file is told that the daemon lives.
_ALIVE: typing.Final = 30.0
#: Seconds to wait after an error: after the first, and at most.
_SHORTEST_WAIT: typing.Final = 0.5
_LONGEST_WAIT: typing.Final = 15.0
#: Seconds that it may take to stop.
_STOPPING: typing.Final = 5.0


@dataclasses.dataclass(frozen=True, slots=True)
class RecorderStatus:
    """What is in a file, and what is not.

    :param state: *recording* or *unavailable*
    :param changes: how many it has, those of earlier runs as well
    :param behind: how many of this run are to be written
    :param missed: how many of this run never will be
    :param began_at: since when it knows changes; none if it knows none yet
    """

    file: str
    state: str
    changes: int
    behind: int
    missed: int
    began_at: float | None
    last_error: str | None
    last_error_at: float | None


class Recorder:
    """Writes the changes of a log into a file, in a thread of its own.

    :param most: how many changes the file keeps
    :param jitter: spreads what is tried again
    """

    def __init__(
        self,
        log: change_log.ChangeLog,
        path: pathlib.Path,
        most: int,
        clock: clocks.Clock,
        jitter: random.Random | None = None,
    ) -> None:
        self._log = log
        self._path = path
        self._most = most
        self._clock = clock
        self._jitter = jitter or random.Random()  # noqa: S311 - no secret
        self._writer: database.Writer | None = None
        #: The last change that the file has; none if it has none yet.
        self._sequence: int | None = None
        #: When that was.
        self._at = log.began_at
        self._seen_at = clock.monotonic()
        self._changes = 0
        self._missed = 0
        self._began_at: float | None = None
        self._failures = 0
        #: Whether the trouble that there is was logged.
        self._is_told = False
        self._last_error: str | None = None
        self._last_error_at: float | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to follow the log."""
        self._thread = threading.Thread(
            target=self._run, name='history', daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Write what is not written yet, if that does not take long."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_STOPPING)
            self._thread = None
        behind = self.status().behind
        if behind:
            LOG.warning('%s lacks the last %d changes.', self._path, behind)

    def status(self) -> RecorderStatus:
        """Return what the file has."""
        sequence = self._sequence
        if sequence is None:
            sequence = self._log.kept_after
        return RecorderStatus(
            file=str(self._path),
            state='unavailable' if self._failures else 'recording',
            changes=self._changes,
            behind=max(0, self._log.sequence - sequence),
            missed=self._missed,
            began_at=self._began_at,
            last_error=self._last_error,
            last_error_at=self._last_error_at,
        )

    def note_trouble(self, reason: str) -> None:
        """Note that the file could not be used; it is logged once."""
        if not self._is_told:
            LOG.warning(
                'The history is kept in memory only from now on: %s The '
                'daemon goes on, and tries again.',
                reason,
            )
        self._is_told = True
        self._last_error = reason
        self._last_error_at = self._clock.time()

    # -- its own thread ----------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self.step())
        self.finish()

    def finish(self) -> None:
        """Write what there is a last time, for who does the steps."""
        self._stopping.set()
        self.step()
        self._close()

    def step(self) -> float:
        """Write what there is; return the seconds to wait after it."""
        try:
            with database.trouble(self._path):
                self._write_all(self._opened())
        except exceptions.HistoryUnavailable as error:
            return self._failed(str(error))
        except Exception as error:  # it goes on from where the file is
            LOG.exception('The recorder of the history failed.')
            return self._failed(f'{type(error).__name__}: {error}.')
        if self._failures:
            LOG.info('The history is recorded in %s again.', self._path)
            self._failures = 0
            self._is_told = False
        return _PAUSE

    def _opened(self) -> database.Writer:
        """Return the file, which may be another one than it was."""
        writer = self._writer
        if writer is not None and writer.is_there:
            return writer
        self._close()
        writer = database.Writer(self._path)
        self._writer = writer
        with writer.transaction():
            self._sequence = writer.join(self._log, self._clock.time())
        self._at = writer.last_at() or self._log.began_at
        self._began_at = writer.began_at
        self._changes = writer.count()
        return writer

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _write_all(self, writer: database.Writer) -> None:
        # First whether it is complete, then what there is.
        complete_since = self._log.complete_since
        if self._sequence is None and not self._begin(writer):
            self._see(writer)
            return
        while self._write(writer):
            pass
        if complete_since is not None and writer.has_open_gap:
            # Since when the file has all that happens in the cloud.
            with writer.transaction():
                writer.close_gap(
                    complete_since, source.reason_before(self._log)
                )
        self._see(writer)

    def _begin(self, writer: database.Writer) -> bool:
        """Begin with this run, once there is something to be kept."""
        start, reach = self._log.start, self._log.reach
        if start is None or reach is None:
            return False
        if writer.began_at is None:
            # What a new file has not is known to nobody.
            start = reach
            with writer.transaction():
                writer.begin(start.at)
            self._began_at = start.at
        self._sequence, self._at = start
        return True

    def _write(self, writer: database.Writer) -> bool:
        """Write some changes; return whether there may be more."""
        sequence = self._sequence
        assert sequence is not None  # noqa: S101 - it has begun
        page = self._log.since(sequence, _BATCH)
        if not page.entries:
            return False
        missed = 0
        now = self._clock.time()
        with writer.transaction():
            if page.has_gap:
                first = page.entries[0]
                missed = first.change.sequence - sequence - 1
                writer.add_gap(
                    source.Gap(self._at, first.at, source.Reason.BEHIND)
                )
            writer.add(page.entries, self._log.epoch)
            writer.forget(self._most)
            writer.see(self._log.epoch, page.sequence, now)
        self._sequence, self._at = page.sequence, page.entries[-1].at
        self._count(writer, missed)
        return True

    def _count(self, writer: database.Writer, missed: int) -> None:
        self._seen_at = self._clock.monotonic()
        self._changes = writer.count()
        self._began_at = writer.began_at
        self._missed += missed
        if missed:
            LOG.warning(
                '%d changes are missing from %s: more happened than could be '
                'written. [history] changes says how many can wait.',
                missed,
                self._path,
            )

    def _see(self, writer: database.Writer) -> None:
        """Tell the file now and then that the daemon lives."""
        is_due = self._clock.monotonic() - self._seen_at >= _ALIVE
        if is_due or self._stopping.is_set():
            with writer.transaction():
                writer.see(self._log.epoch, self._sequence, self._clock.time())
            self._seen_at = self._clock.monotonic()

    def _failed(self, reason: str) -> float:
        """Note an error; return the seconds to wait before the next try."""
        self.note_trouble(reason)
        self._failures += 1
        self._close()
        return backoff.delay(
            self._failures, _SHORTEST_WAIT, _LONGEST_WAIT, self._jitter
        )
