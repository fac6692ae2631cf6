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

"""The embedded engine under test, in a process of its own.

It listens on loopback only, and on ports that were free.  Its files and all
that it says are in a folder that goes with it.
"""

import collections.abc
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import pathlib
import secrets
import signal
import socket
import tempfile
import typing

_HOST: typing.Final = '127.0.0.1'
_USER: typing.Final = 'root'
_PLUGIN: typing.Final = 'Bolt:com.arcadedb.bolt.BoltProtocolPlugin'
_START_TIMEOUT: typing.Final = 120.0


class Endpoint(typing.NamedTuple):
    """Where the engine is reached, over Bolt and HTTP, and as whom."""

    uri: str
    http: str
    user: str
    password: str


@contextlib.contextmanager
def engine() -> collections.abc.Generator[Endpoint]:
    """Start an engine without a database; end it, even one that hangs."""
    bolt, http = _free_ports(2)
    password = secrets.token_urlsafe()
    # A JVM does not survive a fork.
    context = multiprocessing.get_context('spawn')
    connection, other = context.Pipe()
    with tempfile.TemporaryDirectory(
        prefix='cdm-tck-', ignore_cleanup_errors=True
    ) as folder:
        process = context.Process(
            target=_serve,
            args=(folder, password, bolt, http, other),
            name='tck-engine',
            daemon=True,
        )
        process.start()
        other.close()
        try:
            _wait(connection, pathlib.Path(folder))
            yield Endpoint(
                f'bolt://{_HOST}:{bolt}',
                f'http://{_HOST}:{http}',
                _USER,
                password,
            )
        finally:
            process.kill()
            process.join()
            connection.close()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        # All are held until the last is known, so no two are the same.
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((_HOST, 0))
        return [each.getsockname()[1] for each in sockets]


def _wait(
    connection: multiprocessing.connection.Connection, folder: pathlib.Path
) -> None:
    """Return when the engine serves; tell what it said if it does not."""
    try:
        if connection.poll(_START_TIMEOUT):
            connection.recv()
            return
        problem = 'does not serve'
    except EOFError:
        problem = 'ended'
    said = _log(folder).read_text(errors='replace')[-2000:]
    raise RuntimeError(f'The engine {problem}: {said}')


def _log(folder: pathlib.Path) -> pathlib.Path:
    return folder / 'engine.log'


def _serve(
    folder: str,
    password: str,
    bolt: int,
    http: int,
    connection: multiprocessing.connection.Connection,
) -> None:
    """Be the engine's process, until the connection is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with _log(pathlib.Path(folder)).open('wb') as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    # The engine writes into the folder that it is started in, too.
    os.chdir(folder)
    # Here, as only this process may start a JVM.
    import arcadedb_embedded

    server = arcadedb_embedded.create_server(
        str(pathlib.Path(folder, 'root')),
        root_password=password,
        config={
            'host': _HOST,
            'http_port': http,
            'server_plugins': _PLUGIN,
            'bolt_port': bolt,
        },
    )
    server.start()
    connection.send('ready')
    with contextlib.suppress(EOFError):
        connection.recv()
    os._exit(0)
