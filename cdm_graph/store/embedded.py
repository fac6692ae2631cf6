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

"""The embedded engine: found, started, and started again when it died.

Its process belongs to the one that uses it, and ends with that, whatever ends
it (:mod:`cdm_graph.store.engine`).  Nobody else has its passwords, which are
drawn for each start.
"""

import contextlib
import importlib.util
import json
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import typing

import neo4j
import neo4j.api
from oslo_log import log

from cdm_graph import exceptions
from cdm_graph import file_lock
from cdm_graph.store import connection
from cdm_graph.store import engine

LOG = log.getLogger(__name__)

#: Seconds that a start may take.
_STARTING: typing.Final = 120.0
#: Seconds that a stop may take before it is killed.
_STOPPING: typing.Final = 15.0
_LOG: typing.Final = 'engine.log'
_LOCK: typing.Final = 'engine.lock'
_LOOPBACK: typing.Final = '127.0.0.1'


class EmbeddedEngine:
    """A process of the engine that is there when it is needed.

    It is thread-safe.

    :param directory: where it keeps its data; none for a temporary one that
        goes with it
    :param memory: of its Java machine, such as ``1g``
    :param query_timeout: seconds after which it ends any statement
    :raises cdm_graph.exceptions.ConfigurationError: if the engine is not
        installed, or the directory cannot be used
    """

    def __init__(
        self, directory: str | None, memory: str, query_timeout: float
    ) -> None:
        if importlib.util.find_spec('arcadedb_embedded') is None:
            raise exceptions.ConfigurationError(
                'The embedded engine is not installed: it is the extra '
                '"embedded" of cdm-graph.'
            )
        self._temporary = directory is None
        self._directory = _directory(directory)
        self._memory = memory
        self._query_timeout = query_timeout
        self._lock = threading.Lock()
        # There is one server only.
        self.bookmarks: neo4j.api.BookmarkManager | None = None
        self._process: subprocess.Popen[str] | None = None
        self._drivers: tuple[neo4j.Driver, neo4j.Driver] | None = None
        self._closed = False

    @property
    def address(self) -> str:
        """Where the database is, without secrets."""
        return f'the embedded engine in {self._directory}'

    @property
    def database(self) -> str:
        """The name of the database."""
        return engine.DATABASE

    @property
    def is_lasting(self) -> bool:
        """Whether the database is there after a restart of the process."""
        return not self._temporary

    @property
    def pid(self) -> int | None:
        """The number of its process; none while there is none."""
        process = self._process
        return None if process is None else process.pid

    def writer(self) -> neo4j.Driver:
        """Return a driver that may write; the engine is started for it."""
        return self._running()[0]

    def reader(self) -> neo4j.Driver:
        """Return a driver that may only read."""
        return self._running()[1]

    def break_off(self) -> None:
        """End the engine at once: it is started again when it is needed."""
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """Stop the engine."""
        with self._lock:
            self._closed = True
            self._stop()
            if self._temporary:
                shutil.rmtree(self._directory, ignore_errors=True)

    def _running(self) -> tuple[neo4j.Driver, neo4j.Driver]:
        with self._lock:
            if self._closed:
                raise exceptions.StoreUnavailable(
                    f'{self.address} was stopped.'
                )
            alive = self._process is not None and self._process.poll() is None
            if self._drivers is None or not alive:
                if self._process is not None and not alive:
                    LOG.warning(
                        'The embedded engine died (exit code %s); it is '
                        'started again.',
                        self._process.poll(),
                    )
                self._stop()
                self._drivers = self._start()
            return self._drivers

    def _start(self) -> tuple[neo4j.Driver, neo4j.Driver]:
        bolt, http = _free_port(), _free_port()
        passwords = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        with (
            contextlib.closing(self._locked()) as lock,
            open(self._directory / _LOG, 'a') as output,
        ):
            output.truncate(0)
            self._process = subprocess.Popen(
                [sys.executable, '-m', 'cdm_graph.store.engine'],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                # A signal from a terminal is for the parent.
                start_new_session=True,
                # It has the lock for as long as it runs.
                pass_fds=(lock.fileno(),),
            )
        self._tell(
            self._process,
            {
                'directory': str(self._directory),
                'temporary': self._temporary,
                'memory': self._memory,
                'query_timeout': self._query_timeout,
                'bolt_port': bolt,
                'http_port': http,
                'password': passwords[0],
                'reader_password': passwords[1],
            },
        )
        self._wait(self._process)
        uri = f'bolt://{_LOOPBACK}:{bolt}'
        return (
            connection.open_driver(uri, engine.WRITER, passwords[0]),
            connection.open_driver(uri, engine.READER, passwords[1]),
        )

    def _locked(self) -> file_lock.FileLock:
        """Keep others from the directory.

        :raises cdm_graph.exceptions.StoreUnavailable: if another has it
        """
        try:
            return file_lock.FileLock(self._directory / _LOCK)
        except BlockingIOError as error:
            raise exceptions.StoreUnavailable(
                f'The directory {self._directory} belongs to an engine that '
                'runs, such as that of a daemon: ask the daemon.'
            ) from error

    def _tell(
        self, process: subprocess.Popen[str], told: dict[str, typing.Any]
    ) -> None:
        orders = typing.cast(typing.TextIO, process.stdin)
        try:
            orders.write(json.dumps(told) + '\n')
            orders.flush()
        except OSError:
            # It has died; who waits for it tells why.
            return

    def _wait(self, process: subprocess.Popen[str]) -> None:
        """Wait until it serves.

        :raises cdm_graph.exceptions.StoreUnavailable: if it does not
        """
        timer = threading.Timer(_STARTING, process.kill)
        timer.start()
        try:
            if typing.cast(typing.TextIO, process.stdout).readline():
                return
        finally:
            timer.cancel()
        process.kill()
        process.wait()
        self._process = None
        raise exceptions.StoreUnavailable(
            f'{self.address} did not start; what it says is in '
            f'{self._directory / _LOG}: {_last_words(self._directory / _LOG)}'
        )

    def _stop(self) -> None:
        for driver in self._drivers or ():
            driver.close()
        self._drivers = None
        process, self._process = self._process, None
        if process is None:
            return
        try:
            typing.cast(typing.TextIO, process.stdin).close()
        except OSError:
            # It is gone already.
            LOG.debug('The pipe to the embedded engine was broken.')
        try:
            process.wait(_STOPPING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        typing.cast(typing.TextIO, process.stdout).close()


def _directory(wanted: str | None) -> pathlib.Path:
    if wanted is None:
        return pathlib.Path(tempfile.mkdtemp(prefix='cdm-graph-store-'))
    directory = pathlib.Path(wanted).absolute()
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        (directory / _LOG).touch()
    except OSError as error:
        raise exceptions.ConfigurationError(
            f'[store] directory: {directory} cannot be written to: '
            f'{error.strerror}.'
        ) from error
    return directory


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _last_words(path: pathlib.Path) -> str:
    try:
        lines = path.read_text('utf-8', 'replace').strip().splitlines()
    except OSError:
        return ''
    return ' '.join(lines[-3:])[-600:]
