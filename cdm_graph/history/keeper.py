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


"""The keeper: remembers the past, in memory and in a file if one is named."""

import pathlib

from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.history import claim as claims
from cdm_graph.history import file as files
from cdm_graph.history import memory
from cdm_graph.history import past as pasts
from cdm_graph.history import recorder as recorders
from cdm_graph.model import change_log
from cdm_graph.model import live_model


class Keeper:
    """Keeps the changes of a model, from its start on.

    :param path: of the file; none for what is to end with the process
    :param most: how many changes it keeps
    :raises cdm_graph.exceptions.HistoryUnavailable: if the file cannot be
        used, or another process uses it
    """

    def __init__(
        self, path: pathlib.Path | None, most: int, clock: clocks.Clock
    ) -> None:
        self._path = path
        self._most = most
        self._clock = clock
        self._claim = None if path is None else claims.Claim(path)
        self._log: change_log.ChangeLog | None = None
        self._past: pasts.Past | None = None
        self._recorder: recorders.Recorder | None = None

    def start(self, model: live_model.LiveModel) -> None:
        """Begin to keep what changes."""
        log = change_log.ChangeLog(model, self._clock, self._most)
        remembered = memory.MemorySource(log, self._clock)
        self._past = pasts.Past([remembered])
        if self._path is not None:
            self._recorder = recorders.Recorder(
                log, self._path, self._most, self._clock
            )
            self._recorder.start()
            self._past = pasts.Past(
                [files.FileSource(self._path, log, self._clock), remembered],
                self._recorder.note_trouble,
            )
        self._log = log

    def stop(self) -> None:
        """Write what is not written yet, and let others have the file."""
        if self._recorder is not None:
            self._recorder.stop()
        if self._claim is not None:
            self._claim.release()

    @property
    def log(self) -> change_log.ChangeLog:
        """The last changes of this process.

        :raises cdm_graph.exceptions.NotReady: before the start
        """
        if self._log is None:
            raise exceptions.NotReady('The daemon starts; ask again.')
        return self._log

    @property
    def past(self) -> pasts.Past:
        """All changes that are known.

        :raises cdm_graph.exceptions.NotReady: before the start
        """
        if self._past is None:
            raise exceptions.NotReady('The daemon starts; ask again.')
        return self._past

    def status(self) -> recorders.RecorderStatus | None:
        """Return what the file has; none if there is none."""
        return None if self._recorder is None else self._recorder.status()
