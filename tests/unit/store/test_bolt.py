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

"""What is said to a driver, without a database behind it."""

import contextlib
import dataclasses
import datetime
import threading
import types
import typing

from neo4j import exceptions as neo4j_exceptions
import pytest

from cdm_graph import exceptions
from cdm_graph.model import schema
from cdm_graph.store import bolt
from cdm_graph.store import contract
from cdm_graph.store import dialect

_KIND = schema.Kind
_RELATION = schema.Relation


class _Found(dict[str, typing.Any]):
    """A row, which is a mapping and unpacked as values."""

    def __iter__(self) -> typing.Any:
        return iter(self.values())


class _Result:
    def __init__(self, rows: list[dict[str, typing.Any]]) -> None:
        self._rows = [_Found(row) for row in rows]
        self.plan: dict[str, typing.Any] = {}

    def __iter__(self) -> typing.Any:
        return iter(self._rows)

    def keys(self) -> list[str]:
        return list(self._rows[0].keys()) if self._rows else []

    def single(self) -> _Found | None:
        return self._rows[0] if self._rows else None

    def consume(self) -> '_Result':
        return self


class _Driver:
    """Notes what it is told, and answers what a test wants."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, typing.Any]]] = []
        self.sessions: list[dict[str, typing.Any]] = []
        self.timeouts: list[float] = []
        self.transactions = 0
        self.rows: list[dict[str, typing.Any]] = []
        self.plan: dict[str, typing.Any] = {}
        self.error: Exception | None = None
        self.fetched = 0
        self.agent = 'Neo4j/5.26.0'

    # A driver, a session and a transaction at once.

    def get_server_info(self, database: str) -> typing.Any:
        assert database == 'cloud'
        return types.SimpleNamespace(agent=self.agent)

    @contextlib.contextmanager
    def session(self, **options: typing.Any) -> typing.Any:
        self.sessions.append(options)
        yield self

    @contextlib.contextmanager
    def begin_transaction(self, timeout: float) -> typing.Any:
        self.timeouts.append(timeout)
        yield self

    def execute_write(
        self, work: typing.Any, *arguments: typing.Any
    ) -> typing.Any:
        self.transactions += 1
        return work(self, *arguments)

    def run(
        self,
        text: str,
        values: dict[str, typing.Any] | None = None,
        **more: typing.Any,
    ) -> _Result:
        self.told.append((text, {**(values or {}), **more}))
        if self.error is not None:
            raise self.error
        result = _Result(self.rows)
        result.plan = self.plan
        return result


class _Connector:
    def __init__(self) -> None:
        self.address = 'somewhere'
        self.database = 'cloud'
        self.is_lasting = False
        self.bookmarks = None
        self.writing = _Driver()
        self.reading = _Driver()
        self.broken_off = threading.Event()
        self.closed = False

    def writer(self) -> typing.Any:
        return self.writing

    def reader(self) -> typing.Any:
        return self.reading

    def break_off(self) -> None:
        self.broken_off.set()

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def connector() -> _Connector:
    return _Connector()


@pytest.fixture
def store(connector: _Connector) -> bolt.BoltStore:
    return bolt.BoltStore(connector, 'here', dialect.Dialect())


def _record(
    kind: schema.Kind,
    vertex: str,
    relations: dict[schema.Relation, tuple[str, ...]] | None,
) -> contract.Record:
    return contract.Record(kind, vertex, {'id': vertex}, relations)


# -- writing ---


def test_a_batch_is_one_transaction_in_the_order_of_the_contract(
    store: bolt.BoltStore, connector: _Connector
) -> None:
    store.write(
        contract.Batch(
            (
                _record(_KIND.COMPUTE_NODE, 'n', {_RELATION.IN_ZONE: ('z',)}),
                _record(_KIND.INSTANCE, 'i', {_RELATION.HOSTED_ON: ('n',)}),
                _record(_KIND.INSTANCE, 'j', {_RELATION.HOSTED_ON: ()}),
                _record(_KIND.INSTANCE, 'k', None),
            ),
            ((_KIND.PORT, 'p'), (_KIND.FLAVOR, 'f'), (_KIND.PORT, 'q')),
            contract.Cursor('now', 7, 1.5),
        )
    )
    driver = connector.writing
    assert driver.transactions == 1
    assert connector.reading.told == []
    assert all(values['region'] == 'here' for _, values in driver.told)
    texts = [text for text, _ in driver.told]
    values = [
        {name: each for name, each in values.items() if name != 'region'}
        for _, values in driver.told
    ]
    assert 'MERGE (element:ComputeNode' in texts[0]
    assert values[0] == {
        'rows': [{'id': 'n', 'properties': {'id': 'n'}, 'moments': {}}]
    }
    assert 'MERGE (element:Instance' in texts[1]
    assert [row['id'] for row in values[1]['rows']] == ['i', 'j', 'k']
    assert '(source)-[:IN_ZONE]->(target)' in texts[2]
    assert 'target:AvailabilityZone' in texts[2]
    assert '(source)-[:HOSTED_ON]->(target)' in texts[3]
    assert values[3] == {
        'rows': [
            {'id': 'i', 'targets': ['n']},
            {'id': 'j', 'targets': []},
        ]
    }
    assert 'MATCH (element:Port' in texts[4]
    assert values[4] == {'ids': ['p', 'q']}
    assert values[5] == {'ids': ['f']}
    assert values[6] == {
        'epoch': 'now',
        'sequence': 7,
        'synchronized_at': 1.5,
    }
    assert len(driver.told) == 7


def test_what_is_new_is_created_and_related_by_its_targets(
    store: bolt.BoltStore, connector: _Connector
) -> None:
    several = [
        dataclasses.replace(
            _record(_KIND.INSTANCE, name, {_RELATION.HOSTED_ON: targets}),
            is_new=True,
        )
        for name, targets in (('i', ('n',)), ('j', ('m',)), ('k', ('n',)))
    ]
    store.write(contract.Batch(tuple(several)))
    (put, put_values), (relate, relate_values) = connector.writing.told
    assert 'CREATE (:Instance {' in put
    assert '  name: row.name,' in put
    assert '  created_at: datetime(row.created_at),' in put
    assert put_values['rows'] == [{'id': 'i'}, {'id': 'j'}, {'id': 'k'}]
    assert 'CREATE (source)-[:HOSTED_ON]->(target)' in relate
    assert relate_values['rows'] == [
        {'target': 'n', 'ids': ['i', 'k']},
        {'target': 'm', 'ids': ['j']},
    ]


@pytest.mark.parametrize('is_new', [False, True])
def test_moments_are_sent_as_text_which_the_driver_is_quick_at(
    store: bolt.BoltStore, connector: _Connector, is_new: bool
) -> None:
    at = datetime.datetime(2026, 1, 2, 3, 4, 5, 6, datetime.UTC)
    told = {'id': 'i', 'name': 'x', 'created_at': at}
    store.write(
        contract.Batch(
            (contract.Record(_KIND.INSTANCE, 'i', told, None, is_new),)
        )
    )
    ((text, values),) = connector.writing.told
    moment = {'created_at': '2026-01-02T03:04:05.000006+00:00'}
    facts = {'id': 'i', 'name': 'x'}
    assert 'datetime(row.' in text
    assert values['rows'] == [
        {**facts, **moment}
        if is_new
        else {'id': 'i', 'properties': facts, 'moments': moment}
    ]
    assert told['created_at'] == at


def test_what_hangs_is_broken_off(connector: _Connector) -> None:
    def hang(*_: typing.Any) -> typing.NoReturn:
        assert connector.broken_off.wait(30.0)
        raise neo4j_exceptions.ServiceUnavailable('closed')

    connector.writing.execute_write = hang  # type: ignore[method-assign]
    connector.reading.run = hang  # type: ignore[method-assign,assignment]
    store = bolt.BoltStore(connector, 'here', dialect.Dialect(), (0.01, 0.01))
    with pytest.raises(
        exceptions.StoreUnavailable,
        match=r'somewhere gave no answer for 0\.01',
    ):
        store.write(contract.Batch())
    connector.broken_off.clear()
    with pytest.raises(exceptions.StoreUnavailable, match=r'for 0\.02 s'):
        store.query('RETURN 1', {}, contract.Limits(0.01, 1))


def test_a_cursor_stays_where_it_is_unless_it_is_told(
    store: bolt.BoltStore, connector: _Connector
) -> None:
    store.write(contract.Batch((_record(_KIND.FLAVOR, 'f', {}),)))
    assert len(connector.writing.told) == 1


def test_the_schema_is_checked_before_and_noted_after(
    store: bolt.BoltStore, connector: _Connector
) -> None:
    store.ensure_schema()
    texts = [text for text, _ in connector.writing.told]
    assert connector.writing.told[-1][1] == {'version': bolt.SCHEMA_VERSION}
    assert not any('<' in text for text in texts)
    constraints = [n for n, text in enumerate(texts) if 'UNIQUE' in text]
    indexes = [n for n, text in enumerate(texts) if 'CREATE INDEX' in text]
    assert max(constraints) < min(indexes)
    for kind in schema.Kind:
        assert any(f':{kind})' in text for text in texts)


def test_nothing_is_written_to_a_server_that_is_too_old(
    store: bolt.BoltStore, connector: _Connector
) -> None:
    connector.writing.agent = 'Neo4j/4.4.12'
    with pytest.raises(
        exceptions.StoreUnsupported,
        match=r'somewhere is Neo4j/4\.4\.12, and cdm-graph needs Neo4j 5',
    ):
        store.ensure_schema()
    assert connector.writing.told == []


def test_a_newer_schema_is_left_alone(
    store: bolt.BoltStore, connector: _Connector
) -> None:
    connector.writing.rows = [{'version': bolt.SCHEMA_VERSION + 1}]
    with pytest.raises(exceptions.StoreUnsupported, match='Upgrade'):
        store.ensure_schema()
    # Nothing but what the version is read by.
    assert len(connector.writing.told) == 2


def test_an_older_schema_is_taken(
    store: bolt.BoltStore, connector: _Connector
) -> None:
    connector.writing.rows = [{'version': bolt.SCHEMA_VERSION}]
    store.ensure_schema()
    assert len(connector.writing.told) > 2


# -- reading ---


def test_the_cursor_is_read(
    store: bolt.BoltStore, connector: _Connector
) -> None:
    assert store.cursor() is None
    connector.writing.rows = [
        {'epoch': 'now', 'sequence': 3, 'synchronized_at': None}
    ]
    assert store.cursor() == contract.Cursor('now', 3, None)
    assert connector.writing.told[-1][1] == {'region': 'here'}


def test_what_it_holds_is_read(
    store: bolt.BoltStore, connector: _Connector
) -> None:
    driver = connector.writing
    driver.rows = [{'id': 'a', 'hash': 'x'}, {'id': 'b', 'hash': 'y'}]
    assert list(store.hashes(_KIND.PORT)) == [('a', 'x'), ('b', 'y')]
    assert ':Port' in driver.told[-1][0]
    driver.rows = [{'properties': {'id': 'a', 'tags': ('t',)}}]
    assert list(store.nodes(_KIND.INSTANCE)) == [{'id': 'a', 'tags': ['t']}]
    driver.rows = [{'source': 'a', 'target': 'b'}]
    found = store.ends(_KIND.INSTANCE, _RELATION.HOSTED_ON, _KIND.COMPUTE_NODE)
    assert list(found) == [('a', 'b')]
    text, values = driver.told[-1]
    assert '(source:Instance)-[:HOSTED_ON]->(target:ComputeNode)' in text
    assert values == {'region': 'here'}


# -- what users ask ---


def test_a_query_is_asked_of_the_driver_that_only_reads(
    store: bolt.BoltStore, connector: _Connector
) -> None:
    connector.reading.rows = [{'a': 1, 'b': ('x',)}, {'a': 2, 'b': None}]
    found = store.query('RETURN', {'p': 1}, contract.Limits(2.5, 10))
    assert found.columns == ('a', 'b')
    assert found.rows == ((1, ['x']), (2, None))
    assert not found.truncated
    assert connector.reading.told == [('RETURN', {'p': 1})]
    assert connector.reading.timeouts == [2.5]
    assert connector.reading.sessions == [
        {
            'database': 'cloud',
            'default_access_mode': 'READ',
            'bookmark_manager': None,
            'fetch_size': 11,
        }
    ]
    assert connector.writing.told == []


@pytest.mark.parametrize(('most', 'truncated'), [(2, True), (3, False)])
def test_no_more_rows_are_returned_than_may(
    store: bolt.BoltStore, connector: _Connector, most: int, truncated: bool
) -> None:
    connector.reading.rows = [{'a': number} for number in range(3)]
    found = store.query('RETURN', {}, contract.Limits(1.0, most))
    assert (len(found.rows), found.truncated) == (most, truncated)


def test_a_plan_is_shown_as_the_database_draws_it(
    store: bolt.BoltStore, connector: _Connector
) -> None:
    connector.reading.plan = {'args': {'string-representation': ' +--+\n'}}
    assert store.explain('MATCH', {'a': 1}) == '+--+'
    assert connector.reading.told == [('EXPLAIN MATCH', {'a': 1})]
    connector.reading.plan = {'operatorType': 'Scan'}
    assert 'Scan' in store.explain('MATCH', {})


# -- errors ---


@pytest.mark.parametrize(
    ('error', 'expected', 'asked'),
    [
        (
            neo4j_exceptions.ServiceUnavailable('Gone.'),
            exceptions.StoreUnavailable,
            exceptions.StoreUnavailable,
        ),
        (
            OSError('Reset.'),
            exceptions.StoreUnavailable,
            exceptions.StoreUnavailable,
        ),
        (
            ValueError('Failed to DNS resolve address db'),
            exceptions.StoreUnavailable,
            exceptions.StoreUnavailable,
        ),
        (
            OverflowError('Integer out of range'),
            exceptions.StoreRefused,
            exceptions.QueryInvalid,
        ),
    ],
)
def test_what_the_driver_raises_is_told_in_errors_of_this_package(
    store: bolt.BoltStore,
    connector: _Connector,
    error: Exception,
    expected: type[Exception],
    asked: type[Exception],
) -> None:
    connector.writing.error = connector.reading.error = error
    cursor = contract.Batch(cursor=contract.Cursor('now', 1))
    for use in (
        lambda: store.write(cursor),
        lambda: list(store.hashes(_KIND.PORT)),
        store.cursor,
        store.ensure_schema,
    ):
        with pytest.raises(expected, match='somewhere'):
            use()
    with pytest.raises(asked):
        store.query('RETURN', {}, contract.Limits())
    with pytest.raises(asked):
        store.explain('RETURN', {})


def test_a_parameter_that_cannot_be_sent_makes_a_query_wrong(
    store: bolt.BoltStore, connector: _Connector
) -> None:
    connector.reading.error = TypeError('Values of type object')
    with pytest.raises(exceptions.QueryInvalid, match='of type object'):
        store.query('RETURN', {'a': object()}, contract.Limits())


def test_it_is_where_its_connector_is(
    store: bolt.BoltStore, connector: _Connector
) -> None:
    assert store.address == 'somewhere'
    assert not store.is_lasting
    store.close()
    assert connector.closed
