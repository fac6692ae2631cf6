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

"""UnixSocket: where the commands of the machine ask the daemon.

Only the user that runs the daemon may connect.  A socket that another daemon
serves is refused; one that a dead daemon left behind is taken over.
"""

import contextlib
import errno
import os
import pathlib
import socket
import stat

from cdm_graph import exceptions
from cdm_graph import file_lock


class UnixSocket:
    """A socket that listens at a path, which is this daemon's alone.

    :raises cdm_graph.exceptions.DaemonAlreadyRunning: if another daemon
        serves on it
    :raises cdm_graph.exceptions.ConfigurationError: if there can be no
        socket at that path
    """

    def __init__(self, path: str) -> None:
        self._path = pathlib.Path(path)
        self._lock = _locked(self._path)
        self.listening = self._listen()

    def close(self) -> None:
        """Listen no more, and remove the socket."""
        self.listening.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        self._lock.close()

    def _listen(self) -> socket.socket:
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._remove_stale()
            previous = os.umask(0o177)
            try:
                listening.bind(str(self._path))
            finally:
                os.umask(previous)
            listening.listen()
        except OSError as error:
            listening.close()
            self._lock.close()
            raise _unusable(self._path, error) from error
        return listening

    def _remove_stale(self) -> None:
        """Remove the socket of a dead daemon, but nothing else.

        :raises FileExistsError: if something else is there
        """
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISSOCK(self._path.stat().st_mode):
                raise FileExistsError(
                    errno.EEXIST, 'there is something that is no socket'
                )
            self._path.unlink()


def _locked(path: pathlib.Path) -> file_lock.FileLock:
    """Return what one daemon only has that serves on a path."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return file_lock.FileLock(path.with_name(path.name + '.lock'))
    except BlockingIOError:
        raise exceptions.DaemonAlreadyRunning(
            f'Another cdm-graph serves on {path}. Stop it, or give this '
            'one another [daemon] socket.'
        ) from None
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(
    path: pathlib.Path, error: OSError
) -> exceptions.ConfigurationError:
    return exceptions.ConfigurationError(
        f'[daemon] socket: there can be no socket at {path}: '
        f'{error.strerror or error}.'
    )
