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

"""A graph database that speaks Bolt: Neo4j, or one that is compatible.

One implementation for all of them, with Neo4j's own driver.  What differs is
where the connection comes from (:class:`Connector`) and the few points of
:mod:`cdm_graph.store.dialect`.

Whether a transaction was committed is not known when the connection breaks in
its middle.  All that is written may be written twice, so such a batch is
reported as not written, for the caller to repeat.
"""

import collections.abc
import contextlib
import threading
import typing

import neo4j
from neo4j import exceptions as neo4j_exceptions
import neo4j.api

from cdm_graph import exceptions
from cdm_graph.model import answer
from cdm_graph.model import schema
from cdm_graph.store import contract
from cdm_graph.store import dialect as dialects
from cdm_graph.store import encoding
from cdm_graph.store import plain
from cdm_graph.store import statements
from cdm_graph.store import watchdog

_Leaving = tuple[schema.Kind, schema.Relation]

#: The version of the schema that this release writes.
SCHEMA_VERSION: typing.Final = 1
#: Seconds after which a database that gives no answer is believed to hang:
#: for what the mirror does, and for a query beyond what that may take.
_PATIENCE: typing.Final = 300.0
_GRACE: typing.Final = 15.0
#: Rows that the driver asks for at a time.
_FETCHED: typing.Final = 1000
#: What the driver raises: also for a name that is not found, and for values
#: that it cannot send.
_ERRORS: typing.Final = (
    neo4j_exceptions.Neo4jError,
    neo4j_exceptions.DriverError,
    OSError,
    ValueError,
    OverflowError,
)


class Connector(typing.Protocol):
    """What has the connections to a database."""

    @property
    def address(self) -> str:
        """Where the database is, without secrets."""

    @property
    def database(self) -> str:
        """The name of the database."""

    @property
    def is_lasting(self) -> bool:
        """Whether the database is there after a restart of the process."""

    @property
    def bookmarks(self) -> neo4j.api.BookmarkManager | None:
        """What lets readers of a cluster see what was written before."""

    def writer(self) -> neo4j.Driver:
        """Return a driver that may write.

        :raises cdm_graph.exceptions.StoreUnavailable: if there is none now
        """

    def reader(self) -> neo4j.Driver:
        """Return a driver for what users ask."""

    def break_off(self) -> None:
        """Make all that is under way fail, at once; others come after it."""

    def close(self) -> None:
        """Close all connections."""


class BoltStore(contract.GraphStore):
    """The part of a database that holds one region.

    :param region: the name of the cloud
    :param patience: seconds that the mirror waits for what it does, and for
        a query beyond the time that it has
    """

    def __init__(
        self,
        connector: Connector,
        region: str,
        dialect: dialects.Dialect,
        patience: tuple[float, float] = (_PATIENCE, _GRACE),
    ) -> None:
        self._connector = connector
        self._region = region
        self._dialect = dialect
        self._patience, self._grace = patience
        # The order of batches is that of the calls.
        self._writing = threading.Lock()

    @property
    def address(self) -> str:
        """Where it is, for a message; without secrets."""
        return self._connector.address

    @property
    def is_lasting(self) -> bool:
        """Whether what it holds is there after a restart of the process."""
        return self._connector.is_lasting

    # -- writing -----------------------------------------------------------

    def ensure_schema(self) -> None:
        """Create the constraints and indexes that are missing."""
        with self._writing, self._session() as session:
            self._check_server()
            # It has to be there for the version to be found, and it may
            # be the first that is ever written.
            session.run(statements.statement('schema/unique-schema')).consume()
            self._check_version(session)
            for text in _schema():
                session.run(text).consume()
            session.run(
                statements.statement('mirror/write-schema'),
                version=SCHEMA_VERSION,
            ).consume()

    def _check_server(self) -> None:
        found = self._connector.writer().get_server_info(
            database=self._connector.database
        )
        self._dialect.check_server(self.address, found.agent)

    def _check_version(self, session: neo4j.Session) -> None:
        found = session.run(
            statements.statement('mirror/read-schema')
        ).single()
        version = 0 if found is None else int(found['version'])
        if version > SCHEMA_VERSION:
            raise exceptions.StoreUnsupported(
                f'{self.address} has version {version} of the schema of '
                f'cdm-graph, and this release knows version {SCHEMA_VERSION}. '
                'Upgrade cdm-graph, or name another database.'
            )

    def write(self, batch: contract.Batch) -> None:
        """Write a batch, as a whole or not at all."""
        with self._writing, self._session() as session:
            # What takes that long is too much, which the server tells.
            limited = neo4j.unit_of_work(timeout=self._patience / 2)
            session.execute_write(limited(self._write), batch)

    def _write(
        self, transaction: neo4j.ManagedTransaction, batch: contract.Batch
    ) -> None:
        for text, rows in _puts(batch.records):
            self._run(transaction, text, rows=rows)
        for text, rows in _relates(batch.records):
            self._run(transaction, text, rows=rows)
        for text, ids in _deletes(batch.deletions):
            self._run(transaction, text, ids=ids)
        if batch.cursor is not None:
            self._run(
                transaction,
                statements.statement('mirror/move-cursor'),
                **batch.cursor._asdict(),
            )

    def _run(
        self,
        transaction: neo4j.ManagedTransaction,
        text: str,
        **values: typing.Any,
    ) -> None:
        transaction.run(text, values, region=self._region).consume()

    # -- reading -----------------------------------------------------------

    def cursor(self) -> contract.Cursor | None:
        """Return where the store is; none if nothing was ever written."""
        for found in self._read('mirror/read-cursor'):
            return contract.Cursor(*found)
        return None

    def hashes(
        self, kind: schema.Kind
    ) -> collections.abc.Iterator[tuple[str, str]]:
        """Yield the vertices and hashes of the elements of a kind."""
        for found in self._read('mirror/read-hashes', kind=kind):
            yield found['id'], found['hash']

    def nodes(
        self, kind: schema.Kind
    ) -> collections.abc.Iterator[contract.Properties]:
        """Yield the properties of the elements of a kind."""
        for (properties,) in self._read('mirror/read-nodes', kind=kind):
            yield plain.value(properties)

    def ends(
        self,
        source: schema.Kind,
        relation: schema.Relation,
        target: schema.Kind,
    ) -> collections.abc.Iterator[tuple[str, str]]:
        """Yield the sources and targets of the relations of a type."""
        for found in self._read(
            'mirror/read-ends', source=source, relation=relation, target=target
        ):
            yield found['source'], found['target']

    def _read(
        self, path: str, **names: str
    ) -> collections.abc.Iterator[neo4j.Record]:
        text = statements.statement(path, **names)
        with self._session() as session:
            yield from session.run(text, region=self._region)

    # -- what users ask ----------------------------------------------------

    def query(
        self,
        statement: str,
        values: contract.Values,
        limits: contract.Limits,
    ) -> answer.Answer:
        """Run a statement that only reads."""
        with (
            self._reading_session(limits) as session,
            session.begin_transaction(timeout=limits.seconds) as asked,
        ):
            result = asked.run(statement, dict(values))
            columns = tuple(result.keys())
            rows: list[tuple[typing.Any, ...]] = []
            for found in result:
                if len(rows) == limits.rows:
                    return answer.Answer(columns, tuple(rows), True)
                rows.append(tuple(map(plain.value, found.values())))
            return answer.Answer(columns, tuple(rows))

    def explain(self, statement: str, values: contract.Values) -> str:
        """Return the database's plan of a statement, as text."""
        limits = contract.Limits()
        with self._reading_session(limits) as session:
            result = session.run(f'EXPLAIN {statement}', dict(values))
            plan = result.consume().plan or {}
        shown = plan.get('args', {}).get('string-representation')
        return str(shown or plan).strip()

    def close(self) -> None:
        """Let go of the database."""
        self._connector.close()

    # -- sessions and errors -----------------------------------------------

    @contextlib.contextmanager
    def _session(self) -> collections.abc.Iterator[neo4j.Session]:
        """Yield a session that may write."""
        try:
            # To have it may take as long as the start of an engine.
            driver = self._connector.writer()
            with (
                self._watched(self._patience),
                driver.session(
                    database=self._connector.database,
                    default_access_mode=neo4j.WRITE_ACCESS,
                    bookmark_manager=self._connector.bookmarks,
                    fetch_size=_FETCHED,
                ) as session,
            ):
                yield session
        except _ERRORS as error:
            raise self._dialect.store_error(self.address, error) from error

    @contextlib.contextmanager
    def _reading_session(
        self, limits: contract.Limits
    ) -> collections.abc.Iterator[neo4j.Session]:
        """Yield a session for what users ask."""
        try:
            driver = self._connector.reader()
            with (
                self._watched(limits.seconds + self._grace),
                driver.session(
                    database=self._connector.database,
                    default_access_mode=neo4j.READ_ACCESS,
                    bookmark_manager=self._connector.bookmarks,
                    fetch_size=min(_FETCHED, limits.rows + 1),
                ) as session,
            ):
                yield session
        except (*_ERRORS, TypeError) as error:
            raise self._dialect.query_error(self.address, error) from error

    def _watched(
        self, seconds: float
    ) -> contextlib.AbstractContextManager[None]:
        return watchdog.watched(
            seconds, self.address, self._connector.break_off
        )


def _schema() -> collections.abc.Iterator[str]:
    """Yield the statements of the schema; constraints come first."""
    paths = list(statements.in_folder('schema'))
    paths.sort(key=lambda path: '/unique-' not in path)
    for path in paths:
        if '<kind>' in statements.statement(path):
            for kind in schema.Kind:
                yield statements.statement(path, kind=kind)
        else:
            yield statements.statement(path)


def _puts(
    records: collections.abc.Iterable[contract.Record],
) -> collections.abc.Iterator[tuple[str, list[contract.Properties]]]:
    by_kind: dict[tuple[str, schema.Kind], list[contract.Properties]] = {}
    for record in records:
        path = 'mirror/put-new' if record.is_new else 'mirror/put'
        by_kind.setdefault((path, record.kind), []).append(
            _flat(record) if record.is_new else _row(record)
        )
    for (path, kind), rows in by_kind.items():
        yield statements.statement(path, kind=kind), rows


def _flat(record: contract.Record) -> contract.Properties:
    """Return the row of a new node."""
    return {**record.properties, **_moments(record)}


def _row(record: contract.Record) -> contract.Properties:
    """Return the row of a node that may be there."""
    moments = _moments(record)
    properties = {
        name: value
        for name, value in record.properties.items()
        if name not in moments
    }
    return {'id': record.id, 'properties': properties, 'moments': moments}


def _moments(record: contract.Record) -> dict[str, str]:
    """Return the moments that a node tells, as text.

    The driver takes longer for a moment than for all else of a node.
    """
    properties = record.properties
    return {
        name: properties[name].isoformat()
        for name in schema.MOMENTS[record.kind]
        if name in properties
    }


def _relates(
    records: collections.abc.Iterable[contract.Record],
) -> collections.abc.Iterator[tuple[str, list[contract.Properties]]]:
    """Yield the statements for relations, with their rows.

    What is new has none yet, so they are told by what they lead to: a target
    that is looked up once is looked up for all of them.
    """
    known: dict[_Leaving, list[contract.Properties]] = {}
    new: dict[_Leaving, dict[str, list[str]]] = {}
    for record in records:
        for relation, targets in (record.relations or {}).items():
            leaving = record.kind, relation
            if record.is_new:
                sources = new.setdefault(leaving, {})
                for target in targets:
                    sources.setdefault(target, []).append(record.id)
            else:
                known.setdefault(leaving, []).append(
                    {'id': record.id, 'targets': list(targets)}
                )
    for leaving, sources in new.items():
        rows = [
            {'target': target, 'ids': ids} for target, ids in sources.items()
        ]
        if rows:
            yield _relating('mirror/relate-new', leaving), rows
    for leaving, rows in known.items():
        yield _relating('mirror/relate', leaving), rows


def _relating(path: str, leaving: _Leaving) -> str:
    source, relation = leaving
    return statements.statement(
        path,
        source=source,
        relation=relation,
        target=encoding.LEAVING[source][relation],
    )


def _deletes(
    deletions: collections.abc.Iterable[tuple[schema.Kind, str]],
) -> collections.abc.Iterator[tuple[str, list[str]]]:
    by_kind: dict[schema.Kind, list[str]] = {}
    for kind, vertex in deletions:
        by_kind.setdefault(kind, []).append(vertex)
    for kind, ids in by_kind.items():
        yield statements.statement('mirror/delete', kind=kind), ids
