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

"""The databases under test, and stores in them."""

import abc
import collections.abc
import contextlib
import os
import pathlib
import shutil
import signal
import typing

import neo4j

from cdm_graph.store import bolt
from cdm_graph.store import connection
from cdm_graph.store import dialect
from cdm_graph.store import embedded
from tests.neo4j import server as servers

DATABASE: typing.Final = 'neo4j'
_MEMORY: typing.Final = '512m'
#: Seconds; longer than any test.
_PATIENCE: typing.Final = (300.0, 60.0)


class Backend(abc.ABC):
    """A database that keeps what it has, whatever befalls it."""

    name: typing.ClassVar[str]

    def store(
        self, region: str, patience: tuple[float, float] = _PATIENCE
    ) -> bolt.BoltStore:
        """Return the part of it that holds a region."""
        return bolt.BoltStore(
            self.connector(), region, dialect.Dialect(), patience
        )

    @abc.abstractmethod
    def connector(self) -> bolt.Connector:
        """Return what has connections to it."""

    @abc.abstractmethod
    def run(self, statement: str, **values: typing.Any) -> list[typing.Any]:
        """Run a statement as one who may do all; return the first column."""

    @abc.abstractmethod
    def kill(self) -> None:
        """End it as a loss of power would."""

    @abc.abstractmethod
    def start(self) -> None:
        """Have it answer again."""

    @abc.abstractmethod
    def pause(self) -> None:
        """Let it hang."""

    @abc.abstractmethod
    def resume(self) -> None:
        """Let it go on."""

    @abc.abstractmethod
    def wipe(self) -> None:
        """Lose all that it has; it is running again then."""

    def clear(self) -> None:
        """Delete all nodes, so many at once that none takes long."""
        while self.run('MATCH (each) RETURN count(each)') != [0]:
            self.run('MATCH (each) WITH each LIMIT 1000 DETACH DELETE each')


class Neo4j(Backend):
    """A real Neo4j."""

    name = 'neo4j'

    def __init__(self, server: servers.Neo4jServer) -> None:
        self.server = server
        self._driver = connection.open_driver(
            server.uri, server.user, server.password
        )
        self._open: list[bolt.Connector] = []

    def connector(self, password: str | None = None) -> bolt.Connector:
        connector = connection.ServerConnector(
            self.server.uri,
            self.server.user,
            self.server.password if password is None else password,
            DATABASE,
        )
        self._open.append(connector)
        return connector

    def run(self, statement: str, **values: typing.Any) -> list[typing.Any]:
        return _run(self._driver, DATABASE, statement, values)

    def kill(self) -> None:
        self.server.kill()

    def start(self) -> None:
        self.server.start()

    def pause(self) -> None:
        self.server.pause()

    def resume(self) -> None:
        self.server.resume()

    def wipe(self) -> None:
        self.server.stop()
        self.server.wipe()
        self.server.start()

    def close_stores(self) -> None:
        """Close those that were made so far."""
        while self._open:
            self._open.pop().close()

    def close(self) -> None:
        self.close_stores()
        self._driver.close()


class Embedded(Backend):
    """The embedded engine; all stores share its process."""

    name = 'embedded'

    def __init__(self, directory: pathlib.Path, query_timeout: float) -> None:
        self.directory = directory
        self.engine = embedded.EmbeddedEngine(
            str(directory), _MEMORY, query_timeout
        )

    def connector(self) -> bolt.Connector:
        return self.engine

    def run(self, statement: str, **values: typing.Any) -> list[typing.Any]:
        return _run(
            self.engine.writer(), self.engine.database, statement, values
        )

    def kill(self) -> None:
        pid = self._signal(signal.SIGKILL)
        # Whoever looks at once would find it alive.  The engine's owner may
        # have seen it die before.
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    def start(self) -> None:
        """It is started again by whoever uses it."""
        self.engine.writer()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        # Whoever had enough of it has ended it.
        if self.engine.pid is not None:
            self._signal(signal.SIGCONT)

    def wipe(self) -> None:
        self.kill()
        shutil.rmtree(self.directory / 'databases')
        self.start()

    def close(self) -> None:
        self.engine.close()

    def _signal(self, number: signal.Signals) -> int:
        pid = self.engine.pid
        assert pid is not None, 'The engine does not run.'
        os.kill(pid, number)
        return pid


def _run(
    driver: neo4j.Driver,
    database: str,
    statement: str,
    values: dict[str, typing.Any],
) -> list[typing.Any]:
    with driver.session(database=database) as session:
        return [found.value() for found in session.run(statement, values)]


@contextlib.contextmanager
def a_neo4j(folder: pathlib.Path) -> collections.abc.Iterator[Neo4j]:
    """Run a Neo4j."""
    server = servers.Neo4jServer(folder)
    try:
        server.start()
        with contextlib.closing(Neo4j(server)) as backend:
            yield backend
    finally:
        # Nobody wants what it has.
        server.kill()


@contextlib.contextmanager
def an_engine(
    folder: pathlib.Path, query_timeout: float
) -> collections.abc.Iterator[Embedded]:
    """Run an embedded engine that keeps its data."""
    with contextlib.closing(Embedded(folder, query_timeout)) as backend:
        yield backend
