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

"""Graph databases to test against: one place that knows how to have them.

The embedded one is ArcadeDB in a child process; it ends when its standard
input does.  The other one is a Neo4j server, started by the script that the
environment names::

    CDM_NEO4J_SERVER=PATH pytest tests/integration
"""

import collections.abc
import contextlib
import dataclasses
import os
import pathlib
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import typing

NEO4J_SERVER: typing.Final = 'CDM_NEO4J_SERVER'
_PATIENCE: typing.Final = 180.0
_DATABASE: typing.Final = 'cdm'
_BOLT: typing.Final = 'Bolt:com.arcadedb.bolt.BoltProtocolPlugin'


@dataclasses.dataclass(frozen=True, slots=True)
class Engine:
    """How to reach a database."""

    name: str
    uri: str
    user: str
    password: str
    database: str


class EngineError(Exception):
    """A database did not start."""


@contextlib.contextmanager
def embedded() -> collections.abc.Iterator[Engine]:
    """Run the embedded database, empty, in a folder of its own."""
    password = secrets.token_hex(16)
    bolt, http = _free_ports(2)
    with tempfile.TemporaryDirectory(prefix='cdm-graph-embedded-') as name:
        folder = pathlib.Path(name)
        with (folder / 'output').open('wb') as output:
            child = subprocess.Popen(
                [sys.executable, __file__, str(bolt), str(http)],
                cwd=folder,
                env={**os.environ, 'CDM_PASSWORD': password},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait_for(folder / 'ready', child)
            yield Engine(
                'embedded',
                f'bolt://127.0.0.1:{bolt}',
                'root',
                password,
                _DATABASE,
            )
        finally:
            _end(child)


@contextlib.contextmanager
def neo4j_server() -> collections.abc.Iterator[Engine]:
    """Run a Neo4j server, empty, in a folder of its own."""
    script = os.environ[NEO4J_SERVER]
    password = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix='cdm-graph-neo4j-') as folder:

        def call(command: str, *arguments: str) -> str:
            return subprocess.run(
                [script, command, '--home', folder, *arguments],
                check=True,
                text=True,
                timeout=_PATIENCE * 2,
                stdout=subprocess.PIPE,
            ).stdout

        call(
            *('start', '--bolt-port', '0', '--http-port', 'off', '--fresh'),
            *('--password', password),
        )
        try:
            told = dict(
                line.removeprefix('export ').split('=', 1)
                for line in call('env').splitlines()
            )
            yield Engine(
                'neo4j',
                told['NEO4J_URI'].strip('\'"'),
                told['NEO4J_USER'].strip('\'"'),
                password,
                'neo4j',
            )
        finally:
            call('stop')


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        # All are held until each is known, or two may be the same.
        taken = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in taken:
            each.bind(('127.0.0.1', 0))
        return [each.getsockname()[1] for each in taken]


def _wait_for(sign: pathlib.Path, child: 'subprocess.Popen[bytes]') -> None:
    end = time.monotonic() + _PATIENCE
    while not sign.exists():
        if child.poll() is not None or time.monotonic() > end:
            output = (sign.parent / 'output').read_text(errors='replace')
            raise EngineError(f'The database did not start:\n{output}')
        time.sleep(0.05)


def _end(child: 'subprocess.Popen[bytes]') -> None:
    assert child.stdin is not None
    child.stdin.close()
    try:
        child.wait(30)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _serve(bolt: int, http: int) -> None:
    """Serve until standard input ends; this is the child."""
    import arcadedb_embedded

    root = pathlib.Path.cwd()
    server = arcadedb_embedded.create_server(
        str(root),
        root_password=os.environ['CDM_PASSWORD'],
        config={
            'host': '127.0.0.1',
            'http_port': http,
            'bolt_port': bolt,
            'server_plugins': _BOLT,
        },
    )
    server.start()
    server.create_database(_DATABASE)
    (root / 'ready').touch()
    sys.stdin.read()
    server.stop()


if __name__ == '__main__':
    _serve(*map(int, sys.argv[1:]))
