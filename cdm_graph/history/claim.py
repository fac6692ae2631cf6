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


"""That one daemon only records into a file."""

import pathlib

from cdm_graph import exceptions
from cdm_graph import file_lock
from cdm_graph.history import database


class Claim:
    """Holds a file for this process, which ends with it at the latest.

    :raises cdm_graph.exceptions.HistoryUnavailable: if another one has it, or
        there can be no history in it
    """

    def __init__(self, path: pathlib.Path) -> None:
        with database.trouble(path):
            self._lock = _locked(path)
        try:
            database.check(path)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let another process have it."""
        self._lock.close()


def _locked(path: pathlib.Path) -> file_lock.FileLock:
    try:
        return file_lock.FileLock(pathlib.Path(f'{path}.lock'))
    except BlockingIOError as error:
        raise exceptions.HistoryUnavailable(
            f'Another daemon records into {path}. Stop it, or name '
            'another file.'
        ) from error
