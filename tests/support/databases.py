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

"""The databases that are measured: a real Neo4j, and the embedded engine."""

import collections.abc
import contextlib
import pathlib
import tempfile

import neo4j

from cdm_graph.store import bolt
from cdm_graph.store import connection
from cdm_graph.store import dialect
from cdm_graph.store import embedded
from tests.neo4j import server as servers

REGION = 'RegionOne'
_CLEAR = (
    'MATCH ()-[each]->() WITH each LIMIT 10000 DELETE each '
    'RETURN count(*) AS deleted',
    'MATCH (each) WITH each LIMIT 5000 DELETE each RETURN count(*) AS deleted',
)
_QUERY_TIMEOUT = 120.0
_MEMORY = '2g'


class Database:
    """A database that runs.

    :param connector: what has the connections to it
    :param pid: the number of its process
    """

    def __init__(self, connector: bolt.Connector, pid: int) -> None:
        self.connector = connector
        self.store = self.of_region(REGION)
        self.pid = pid

    def of_region(self, region: str) -> bolt.BoltStore:
        """Return the part of it that holds a region."""
        return bolt.BoltStore(self.connector, region, dialect.Dialect())

    def session(self) -> neo4j.Session:
        """Return a session that may write."""
        return self.connector.writer().session(
            database=self.connector.database
        )

    def clear(self) -> None:
        """Delete all that is in it, but for the schema.

        A node with very many relations is more than a transaction can take.
        """
        with self.session() as session:
            for statement in _CLEAR:
                while session.run(statement).single(strict=True)['deleted']:
                    continue

    def memory(self) -> int:
        """Return how many bytes of memory its process takes."""
        status = pathlib.Path(f'/proc/{self.pid}/status').read_text()
        (line,) = (
            line for line in status.splitlines() if line.startswith('VmRSS')
        )
        return int(line.split()[1]) * 1024


@contextlib.contextmanager
def of_neo4j() -> collections.abc.Iterator[Database]:
    """Yield a Neo4j without a password that is worth one."""
    with tempfile.TemporaryDirectory(prefix='cdm-graph-bench-') as home:
        server = servers.Neo4jServer(pathlib.Path(home))
        server.start()
        try:
            connector = connection.ServerConnector(
                server.uri, server.user, server.password, 'neo4j'
            )
            assert server.pid is not None
            yield Database(connector, server.pid)
            connector.close()
        finally:
            server.kill()


@contextlib.contextmanager
def of_embedded() -> collections.abc.Iterator[Database]:
    """Yield the embedded engine, in a temporary directory."""
    engine = embedded.EmbeddedEngine(None, _MEMORY, _QUERY_TIMEOUT)
    with contextlib.closing(engine):
        engine.writer()
        assert engine.pid is not None
        yield Database(engine, engine.pid)
