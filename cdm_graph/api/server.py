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

"""ApiService: the daemon's HTTP on a Unix socket of its own.

Only the user that runs the daemon may connect.  A socket that another daemon
serves is refused; one that a dead daemon left behind is taken over.  It
answers on the loopback interface as well if that is wanted
(:mod:`cdm_graph.api.loopback`).
"""

import contextlib
import errno
import fcntl
import os
import pathlib
import socket
import stat
import threading
import typing

from oslo_service import service
from starlette import applications
import uvicorn

from cdm_graph import exceptions
from cdm_graph.api import loopback

_STOP_TIMEOUT: typing.Final = 2.0


class ApiService(service.ServiceBase):  # type: ignore[misc]
    """Serves an application on a Unix socket, and perhaps on another one.

    :param listen: an address of the loopback interface with a port; empty
        for none
    :raises cdm_graph.exceptions.DaemonAlreadyRunning: if another daemon
        serves on it
    :raises cdm_graph.exceptions.ConfigurationError: if there can be no
        socket at that path
    """

    def __init__(
        self, app: applications.Starlette, path: str, listen: str = ''
    ) -> None:
        self._path = pathlib.Path(path)
        self._lock = _Lock(self._path)
        self._sockets = [self._listen()]
        if listen:
            self._sockets.append(self._listen_on_loopback(listen))
        self._server = uvicorn.Server(
            uvicorn.Config(
                loopback.LocalOnly(app),
                log_config=None,
                lifespan='off',
                access_log=False,
                timeout_graceful_shutdown=1,
            )
        )
        # Both start and stop are called by threads of their own.
        self._stopping = threading.Lock()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to answer; nothing happens once it was stopped."""
        with self._stopping:
            if self._stopped:
                return
            self._thread = threading.Thread(
                target=self._serve, name='api', daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Answer no more, and remove the socket."""
        with self._stopping:
            self._stopped = True
            self._server.should_exit = True
            if self._thread is not None:
                self._thread.join(_STOP_TIMEOUT)
            self._release()

    def _release(self) -> None:
        for listening in self._sockets:
            listening.close()
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        self._lock.release()

    def wait(self) -> None:
        """Wait for nothing: :meth:`stop` has waited."""

    def reset(self) -> None:
        """Do nothing: no option of it can change."""

    def _serve(self) -> None:
        self._server.run(sockets=self._sockets)

    def _listen_on_loopback(self, listen: str) -> socket.socket:
        try:
            return loopback.listen(listen)
        except exceptions.ConfigurationError:
            self._release()
            raise

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
            self._lock.release()
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


class _Lock:
    """That one daemon only serves on a path, as long as it lives."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path.with_name(path.name + '.lock')
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open('w')
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise exceptions.DaemonAlreadyRunning(
                f'Another cdm-graph serves on {path}. Stop it, or give this '
                'one another [daemon] socket.'
            ) from None

    def release(self) -> None:
        self._file.close()


def _unusable(
    path: pathlib.Path, error: OSError
) -> exceptions.ConfigurationError:
    return exceptions.ConfigurationError(
        f'[daemon] socket: there can be no socket at {path}: '
        f'{error.strerror or error}.'
    )
