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

"""FileLock: that one process only has something, for as long as it lives."""

import fcntl
import pathlib


class FileLock:
    """A file that one process at a time holds.

    It is held until it is closed, or the process ends; a process that is
    started with its descriptor holds it on.

    :raises BlockingIOError: if another process holds it
    :raises OSError: if there can be no such file
    """

    def __init__(self, path: pathlib.Path) -> None:
        self._file = path.open('w')
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise

    def fileno(self) -> int:
        """Return its descriptor."""
        return self._file.fileno()

    def close(self) -> None:
        """Let another process have it."""
        self._file.close()
