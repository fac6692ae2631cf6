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

"""The graph in the engine, over Bolt: asked, looked at, renewed."""

import collections.abc
import dataclasses
import typing

import neo4j
from neo4j import exceptions

from tests.tck import answers
from tests.tck import databases
from tests.tck import effects
from tests.tck import engine
from tests.tck import values

_NODES: typing.Final = 'MATCH (n) RETURN n'
_RELATIONSHIPS: typing.Final = 'MATCH ()-[r]->() RETURN r'

#: A client has to try again what the engine calls transient.
_TRIES: typing.Final = 3

Parameters = collections.abc.Mapping[str, object]


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """The names of the columns, and the rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


class Graph:
    """A session with the engine."""

    def __init__(self, endpoint: engine.Endpoint) -> None:
        self._driver = neo4j.GraphDatabase.driver(
            endpoint.uri,
            auth=(endpoint.user, endpoint.password),
            notifications_min_severity='OFF',
            telemetry_disabled=True,
        )
        self._databases = databases.Databases(endpoint)
        self._session = self._opened()

    def close(self) -> None:
        self._session.close()
        self._driver.close()
        self._databases.close()

    def ask(self, query: str, parameters: Parameters | None = None) -> Answer:
        """Run a query to its end.

        :raises neo4j.exceptions.Neo4jError: if the engine refuses it
        """
        for _ in range(_TRIES - 1):
            try:
                return self._ask(query, parameters or {})
            except exceptions.TransientError:
                continue
        return self._ask(query, parameters or {})

    def _ask(self, query: str, parameters: Parameters) -> Answer:
        result = self._session.run(query, dict(parameters))
        rows = tuple(
            tuple(map(answers.value, record.values())) for record in result
        )
        return Answer(tuple(result.keys()), rows)

    def renew(self) -> None:
        """Go on with an empty graph."""
        self._session.close()
        self._session = self._opened()

    def state(self) -> effects.State:
        """Return all that is in the graph."""
        return effects.State(
            {
                record[0].element_id: self._seen(record[0])
                for record in self._session.run(_NODES)
            },
            {
                record[0].element_id: self._seen(record[0])
                for record in self._session.run(_RELATIONSHIPS)
            },
        )

    def _opened(self) -> neo4j.Session:
        return self._driver.session(database=self._databases.renew())

    @staticmethod
    def _seen(entity: object) -> typing.Any:
        seen = answers.value(entity)
        assert isinstance(seen, values.Node | values.Relationship)
        return seen
