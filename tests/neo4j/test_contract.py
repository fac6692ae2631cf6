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

"""What a store has to keep to, on each of the databases."""

import collections.abc
import dataclasses
import datetime
import json
import pathlib
import subprocess
import sys
import time
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.store import bolt
from cdm_graph.store import contract
from cdm_graph.store import dialect
from cdm_graph.store import recall
from cdm_graph.store import writer
from tests.neo4j import backends
from tests.neo4j import equality
from tests.support import elements

_KIND = schema.Kind
_HOSTED_ON = schema.Relation.HOSTED_ON
_LIMITS: typing.Final = contract.Limits(10.0, 1000)
#: It takes any database longer than it may.
_ENDLESS: typing.Final = (
    'UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b '
    'WITH a, b WHERE a * b < 0 RETURN count(*) AS count'
)


def _model(*more: schema.Element) -> live_model.LiveModel:
    nodes = [elements.node(number) for number in range(3)]
    return live_model.LiveModel(
        [
            *nodes,
            elements.aggregate(10, hosts=('host-0', 'host-1')),
            elements.group(
                11, members=(elements.uuid(100),), project_id='acme'
            ),
            elements.flavor('m1.small'),
            *(
                elements.hosted(
                    100 + number,
                    nodes[number % 3],
                    flavor_name='m1.small',
                    project_id='acme',
                    ports=(f'fa:16:3e:00:00:{number:02x}',),
                    volumes=(elements.uuid(500 + number),),
                )
                for number in range(6)
            ),
            *more,
        ]
    )


@pytest.fixture
def filled(store: bolt.BoltStore, region: str) -> bolt.BoltStore:
    """A store that holds the model of this module."""
    store.write(equality.whole(_model(), region))
    return store


@pytest.fixture(scope='module')
def brief_engine(
    tmp_path_factory: pytest.TempPathFactory,
) -> collections.abc.Iterator[backends.Embedded]:
    """An engine that ends what takes more than two seconds."""
    folder = tmp_path_factory.mktemp('brief')
    with backends.an_engine(folder, 2.0) as own:
        yield own


def _put(
    store: bolt.BoltStore, region: str, *several: schema.Element
) -> live_model.LiveModel:
    """Write a model of some elements only."""
    model = live_model.LiveModel(several)
    store.write(equality.whole(model, region))
    return model


def _claiming(
    record: contract.Record, other: contract.Record
) -> contract.Record:
    """Return a record that no database takes: an id has one node."""
    return contract.Record(
        record.kind,
        record.id,
        {**record.properties, 'id': other.id},
        record.relations,
    )


# -- the schema ------------------------------------------------------------


def test_the_schema_can_be_ensured_again(
    filled: bolt.BoltStore, region: str
) -> None:
    filled.ensure_schema()
    filled.ensure_schema()

    equality.assert_equal(filled, _model(), region)


def test_the_schema_of_a_newer_release_is_refused(
    backend: backends.Backend, store: bolt.BoltStore
) -> None:
    backend.run("MATCH (s:CdmSchema {name: 'cdm-graph'}) SET s.version = 2")

    with pytest.raises(
        exceptions.StoreUnsupported, match=r'version 2 .*version 1\. Upgrade'
    ):
        store.ensure_schema()

    backend.run("MATCH (s:CdmSchema {name: 'cdm-graph'}) SET s.version = 1")
    store.ensure_schema()


# -- writing and reading ---------------------------------------------------


def test_an_empty_store_has_nothing(store: bolt.BoltStore) -> None:
    assert store.cursor() is None
    assert not [*store.hashes(_KIND.INSTANCE)]
    assert not [*store.nodes(_KIND.INSTANCE)]
    assert not [*store.ends(_KIND.INSTANCE, _HOSTED_ON, _KIND.COMPUTE_NODE)]


def test_what_is_written_is_read_back(
    filled: bolt.BoltStore, region: str
) -> None:
    equality.assert_equal(filled, _model(), region)


@pytest.mark.parametrize(
    'cursor',
    [
        contract.Cursor('epoch', 0),
        contract.Cursor('epoch', 2**40, 1_800_000_000.25),
    ],
)
def test_the_cursor_is_where_it_was_moved_to(
    store: bolt.BoltStore, cursor: contract.Cursor
) -> None:
    store.write(contract.Batch(cursor=contract.Cursor('before', 7, 1.0)))
    store.write(contract.Batch(cursor=cursor))
    store.write(contract.Batch())

    assert store.cursor() == cursor


def test_a_batch_may_be_written_twice(
    filled: bolt.BoltStore, region: str
) -> None:
    filled.write(equality.whole(_model(), region))

    equality.assert_equal(filled, _model(), region)


def test_what_is_new_is_made_and_refused_if_it_is_there(
    store: bolt.BoltStore, region: str
) -> None:
    at = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, datetime.UTC)
    model = _model(elements.instance(200, launched_at=at, metadata={'a': 'b'}))
    whole = equality.whole(model, region)
    batch = contract.Batch(
        tuple(
            dataclasses.replace(record, is_new=True)
            for record in whole.records
        )
    )

    store.write(batch)

    equality.assert_equal(store, model, region)
    with pytest.raises(exceptions.StoreRefused):
        store.write(batch)
    equality.assert_equal(store, model, region)


def test_what_an_element_has_no_more_is_gone(
    store: bolt.BoltStore, region: str
) -> None:
    _put(store, region, elements.instance(1, task_state='rebooting'))
    model = _put(store, region, elements.instance(1))

    equality.assert_equal(store, model, region)


@pytest.mark.parametrize('place', [0, -1])
def test_of_a_batch_with_a_bad_row_nothing_is_written(
    filled: bolt.BoltStore, region: str, place: int
) -> None:
    other = live_model.LiveModel(
        elements.instance(number, name='other') for number in range(100, 106)
    )
    rows = list(equality.whole(other, region).records)
    rows[place] = _claiming(rows[place], rows[2])
    batch = contract.Batch(
        tuple(rows),
        ((_KIND.COMPUTE_NODE, elements.uuid(0)),),
        contract.Cursor('epoch', 1),
    )

    with pytest.raises(exceptions.StoreRefused):
        filled.write(batch)

    equality.assert_equal(filled, _model(), region)
    assert filled.cursor() is None


def test_a_bad_row_is_left_out_and_the_others_are_written(
    store: bolt.BoltStore, region: str
) -> None:
    model = _model()
    rows = list(equality.whole(model, region).records)
    # The later of two, whichever that is: the other one has it by then.
    taken, *_, last = (row for row in rows if row.kind is _KIND.INSTANCE)
    bad = last.id
    rows = [_claiming(row, taken) if row is last else row for row in rows]
    batches = writer.BatchWriter(store)

    batches.write(rows, (), contract.Cursor('epoch', 5), 100, lambda: None)

    assert list(batches.refused) == [(_KIND.INSTANCE, bad)]
    assert store.cursor() == contract.Cursor('epoch', 5)
    assert {vertex for vertex, _ in store.hashes(_KIND.INSTANCE)} == {
        vertex for vertex in model.get_all_instances() if vertex != bad
    }


def test_a_move_leaves_an_instance_on_one_node(
    filled: bolt.BoltStore, region: str
) -> None:
    model = _model()
    vertex = elements.uuid(100)
    for number in (1, 2, 2, 0, 1):
        model.apply(
            [
                mutation.Put(
                    schema.replace(
                        model.get_instance_by_uuid(vertex),
                        node=f'node-{number}',
                        host=f'host-{number}',
                    )
                )
            ]
        )
        filled.write(
            contract.Batch(
                (equality.records(model, _KIND.INSTANCE, region)[vertex],)
            )
        )
        hosts = [
            target
            for source, target in filled.ends(
                _KIND.INSTANCE, _HOSTED_ON, _KIND.COMPUTE_NODE
            )
            if source == vertex
        ]
        assert hosts == [elements.uuid(number)]

    equality.assert_equal(filled, model, region)


def test_relations_that_are_not_told_stay(
    filled: bolt.BoltStore, region: str
) -> None:
    row = equality.records(_model(), _KIND.INSTANCE, region)[
        elements.uuid(100)
    ]

    filled.write(
        contract.Batch(
            (contract.Record(row.kind, row.id, row.properties, None),)
        )
    )

    equality.assert_equal(filled, _model(), region)


def test_relations_to_nothing_are_taken_away(
    filled: bolt.BoltStore, region: str
) -> None:
    row = equality.records(_model(), _KIND.INSTANCE, region)[
        elements.uuid(100)
    ]

    filled.write(
        contract.Batch(
            (
                contract.Record(
                    row.kind, row.id, row.properties, {_HOSTED_ON: ()}
                ),
            )
        )
    )

    hosted = filled.ends(_KIND.INSTANCE, _HOSTED_ON, _KIND.COMPUTE_NODE)
    assert row.id not in {source for source, _ in hosted}


def test_what_is_deleted_is_gone_with_its_relations(
    filled: bolt.BoltStore, region: str
) -> None:
    gone = ((_KIND.INSTANCE, elements.uuid(100)),)

    filled.write(contract.Batch(deletions=gone))
    filled.write(contract.Batch(deletions=gone))

    assert elements.uuid(100) not in dict(filled.hashes(_KIND.INSTANCE))
    for source, relation, target, _ in schema.RELATIONS:
        for ends in filled.ends(source, relation, target):
            assert elements.uuid(100) not in ends


def test_a_region_is_not_touched_by_another_one(
    backend: backends.Backend, filled: bolt.BoltStore, region: str
) -> None:
    other = backend.store(f'{region}-b')
    other.ensure_schema()
    # The same vertices, and other facts.
    model = live_model.LiveModel(
        [
            elements.node(0, vcpus=1),
            elements.hosted(100, elements.node(0), name='other'),
        ]
    )

    assert other.cursor() is None
    assert not [*other.hashes(_KIND.INSTANCE)]
    other.write(equality.whole(model, f'{region}-b'))
    other.write(contract.Batch(cursor=contract.Cursor('other', 1)))
    equality.assert_equal(filled, _model(), region)
    equality.assert_equal(other, model, f'{region}-b')
    assert filled.cursor() is None

    other.write(
        contract.Batch(
            deletions=tuple(
                (kind, vertex)
                for kind in schema.Kind
                for vertex, _ in filled.hashes(kind)
            )
        )
    )
    equality.assert_equal(filled, _model(), region)
    equality.assert_equal(other, live_model.LiveModel(), f'{region}-b')


# -- odd values ------------------------------------------------------------

_ODD_TEXTS: typing.Final = (
    '',
    ' ',
    'it\'s "quoted" \\ `back` $x {y}',
    '\x00\x01\x7f',
    'line\nline\r\n\ttab',
    'Zürich Ω 東京 \U0001f600',
    'e\u0301 is not \u00e9',
    '\u202eright to left\ufeff\uffff',
    'x' * 5000,
)
_ODD_MAPPINGS: typing.Final[tuple[dict[str, str], ...]] = (
    {},
    {'a=b': 'c=d', '%': '%', '%3D': '=', '': '', '=': '==', 'a%=': '1'},
    {'nested': '{"a": {"b": [1, null]}}'},
    {'ключ': 'Ω', '\x00': '\x00'},
    {str(number): 'x' * 200 for number in range(200)},
)
_ODD_NUMBERS: typing.Final = (
    0,
    -1,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    2**63,
    -(2**63) - 1,
    10**40,
)


def _recalled(
    store: bolt.BoltStore, kind: schema.Kind
) -> list[schema.Element]:
    """Return what is remembered, with the cursor that it takes."""
    store.write(contract.Batch(cursor=contract.Cursor('epoch', 1, 1.0)))
    found = recall.recall(store)
    assert found is not None
    return [each for each in found.elements if each.kind is kind]


@pytest.mark.parametrize('text', _ODD_TEXTS, ids=range(len(_ODD_TEXTS)))
def test_an_odd_text_comes_back(
    store: bolt.BoltStore, region: str, text: str
) -> None:
    wanted = elements.instance(
        1,
        # What has an index may be no longer on some.
        name=text,
        user_id=text,
        locked_reason=text,
        tags=(text, f'{text}2'),
        metadata={text: text},
    )
    model = _put(store, region, wanted)

    equality.assert_equal(store, model, region)
    assert _recalled(store, _KIND.INSTANCE) == [wanted]


@pytest.mark.parametrize(
    'mapping', _ODD_MAPPINGS, ids=range(len(_ODD_MAPPINGS))
)
def test_an_odd_mapping_comes_back(
    store: bolt.BoltStore, region: str, mapping: dict[str, str]
) -> None:
    wanted = elements.instance(1, metadata=mapping)
    model = _put(store, region, wanted)

    equality.assert_equal(store, model, region)
    assert _recalled(store, _KIND.INSTANCE) == [wanted]


@pytest.mark.parametrize('number', _ODD_NUMBERS)
def test_an_odd_number_comes_back(
    store: bolt.BoltStore, region: str, number: int
) -> None:
    wanted = elements.node(1, hypervisor_version=number)
    model = _put(store, region, wanted)

    (properties,) = store.nodes(_KIND.COMPUTE_NODE)
    large = not -(2**63) <= number < 2**63
    assert properties['hypervisor_version'] == (
        str(number) if large else number
    )
    equality.assert_equal(store, model, region)
    assert _recalled(store, _KIND.COMPUTE_NODE) == [wanted]


def test_what_is_no_text_is_written_with_a_backslash(
    store: bolt.BoltStore, region: str
) -> None:
    model = _put(
        store,
        region,
        elements.instance(
            1,
            name='a\ud800b',
            tags=('\udfff',),
            metadata={'\ud800=': '\ud800'},
            flavor_name='\ud800',
        ),
    )

    (properties,) = store.nodes(_KIND.INSTANCE)
    assert properties['name'] == 'a\\ud800b'
    assert properties['tags'] == ['\\udfff']
    assert properties['metadata'] == ['\\ud800%3D=\\ud800']
    equality.assert_equal(store, model, region)


def test_what_is_none_is_no_property(
    store: bolt.BoltStore, region: str
) -> None:
    wanted = schema.Instance(uuid=elements.uuid(1))
    _put(store, region, wanted)

    (properties,) = store.nodes(_KIND.INSTANCE)
    assert properties['name'] == ''
    assert properties['tags'] == []
    assert properties['locked'] is False
    assert 'task_state' not in properties
    assert 'created_at' not in properties
    assert _recalled(store, _KIND.INSTANCE) == [wanted]


@pytest.mark.parametrize(
    'moment',
    [
        datetime.datetime(1, 1, 1, tzinfo=datetime.UTC),
        datetime.datetime(1969, 12, 31, 23, 59, 59, tzinfo=datetime.UTC),
        datetime.datetime(2026, 11, 24, 12, 0, 1, tzinfo=datetime.UTC),
        datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC),
    ],
    ids=str,
)
def test_a_moment_comes_back(
    store: bolt.BoltStore, region: str, moment: datetime.datetime
) -> None:
    wanted = elements.instance(1, created_at=moment)
    model = _put(store, region, wanted)

    equality.assert_equal(store, model, region)
    assert _recalled(store, _KIND.INSTANCE) == [wanted]


def test_names_with_signs_of_cypher_are_only_names(
    backend: backends.Backend,
) -> None:
    region = "r'}) DETACH DELETE n //"
    store = backend.store(region)
    store.ensure_schema()
    model = _put(
        store,
        region,
        elements.flavor("'; MATCH (n) DETACH DELETE n; //"),
        elements.flavor('flavor/flavor/x'),
        elements.instance(1, project_id='project/`p`'),
    )

    equality.assert_equal(store, model, region)


# -- what users ask --------------------------------------------------------

_WRITES: typing.Final = (
    'CREATE (n:Intruder) RETURN n',
    'MERGE (n:Intruder {id: 1}) RETURN n',
    "MATCH (n:Instance) SET n.name = 'x' RETURN n.name",
    'MATCH (n:Instance) REMOVE n.name RETURN n.id',
    'MATCH (n:Instance) DETACH DELETE n',
    'MATCH (:Instance)-[r]->() DELETE r',
    'MATCH (a:Instance), (b:ComputeNode) CREATE (a)-[:X]->(b)',
    'CREATE INDEX intruder IF NOT EXISTS FOR (n:Instance) ON (n.vm_state)',
    'CREATE CONSTRAINT intruder IF NOT EXISTS '
    'FOR (n:Intruder) REQUIRE n.id IS UNIQUE',
    'DROP INDEX instance_name',
    'DROP CONSTRAINT unique_Instance',
)


@pytest.mark.parametrize('statement', _WRITES)
def test_a_query_that_would_write_is_refused(
    filled: bolt.BoltStore, region: str, statement: str
) -> None:
    with pytest.raises(exceptions.QueryInvalid):
        filled.query(statement, {}, _LIMITS)

    equality.assert_equal(filled, _model(), region)
    counted = filled.query(
        'MATCH (n:Intruder) RETURN count(n) AS count', {}, _LIMITS
    )
    assert counted.rows == ((0,),)


def test_a_query_that_would_write_is_told_what_it_did_not(
    filled: bolt.BoltStore,
) -> None:
    with pytest.raises(exceptions.QueryInvalid, match='may only read'):
        filled.query('CREATE (n:Intruder)', {}, _LIMITS)


def test_a_mistake_in_a_query_is_shown(filled: bolt.BoltStore) -> None:
    with pytest.raises(exceptions.QueryInvalid, match=r'RETRUN|column|line'):
        filled.query('MATCH (n:Instance) RETRUN n', {}, _LIMITS)


def test_a_parameter_that_is_missing_is_named(filled: bolt.BoltStore) -> None:
    with pytest.raises(exceptions.QueryInvalid, match='host'):
        filled.query(
            'MATCH (n:ComputeNode {hostname: $host}) RETURN n.id', {}, _LIMITS
        )


def test_values_are_taken_as_they_are(filled: bolt.BoltStore) -> None:
    values = {
        'text': "'; MATCH (n) DETACH DELETE n //",
        'number': 2**53 + 1,
        'list': [1, 'two', 3.5, None, True],
        'map': {'a': {'b': [1]}},
        'none': None,
    }

    found = filled.query(
        'RETURN $text AS text, $number AS number, $list AS list, '
        '$map AS map, $none AS none',
        values,
        _LIMITS,
    )

    assert found.dicts() == [values]
    assert not found.truncated


def test_a_query_that_takes_too_long_is_ended(
    backend: backends.Backend,
    store: bolt.BoltStore,
    brief_engine: backends.Embedded,
) -> None:
    if isinstance(backend, backends.Embedded):
        # The limit is that which it was started with.
        store = brief_engine.store('slow')
        store.ensure_schema()
    began = time.monotonic()

    with pytest.raises(exceptions.QueryTooSlow):
        store.query(_ENDLESS, {}, contract.Limits(2.0, 10))

    assert time.monotonic() - began < 20.0
    # It answers the next.
    assert store.query('RETURN 1 AS one', {}, _LIMITS).rows == ((1,),)


def test_a_query_of_a_database_that_hangs_is_broken_off(
    backend: backends.Backend, region: str
) -> None:
    store = backend.store(region, (60.0, 1.0))
    limits = contract.Limits(1.0, 1)
    assert store.query('RETURN 1 AS one', {}, limits).rows == ((1,),)
    backend.pause()
    try:
        with pytest.raises(
            exceptions.StoreUnavailable, match='gave no answer for 2 s'
        ):
            store.query('RETURN 1 AS one', {}, limits)
    finally:
        backend.resume()
    assert store.query('RETURN 2 AS two', {}, _LIMITS).rows == ((2,),)


@pytest.mark.parametrize('rows', [1, 5, 6, 7])
def test_no_more_rows_come_than_may(filled: bolt.BoltStore, rows: int) -> None:
    found = filled.query(
        'MATCH (n:Instance) RETURN n.id AS id ORDER BY id',
        {},
        contract.Limits(10.0, rows),
    )

    assert found.columns == ('id',)
    assert [row for (row,) in found.rows] == [
        elements.uuid(100 + number) for number in range(min(rows, 6))
    ]
    assert found.truncated == (rows < 6)


def test_nodes_and_relations_are_plain_values(
    filled: bolt.BoltStore, region: str
) -> None:
    found = filled.query(
        'MATCH (i:Instance {id: $id})-[r:HOSTED_ON]->(h:ComputeNode) '
        'RETURN i, r, h, [h] AS hosts, {host: h} AS map',
        {'id': elements.uuid(100)},
        _LIMITS,
    )

    instance, relation, host, hosts, mapped = found.rows[0]
    rows = equality.records(_model(), _KIND.INSTANCE, region)
    properties = rows[elements.uuid(100)].properties
    assert instance == {'kind': 'Instance', **properties}
    assert instance['updated_at'] == elements.moment(0)
    assert relation == {
        'relation': 'HOSTED_ON',
        'source': elements.uuid(100),
        'target': elements.uuid(0),
    }
    assert host['kind'] == 'ComputeNode'
    assert hosts == [host]
    assert mapped == {'host': host}


def test_a_path_is_a_list_of_nodes_and_relations(
    filled: bolt.BoltStore,
) -> None:
    found = filled.query(
        'MATCH p = (:Instance {id: $id})-[:HOSTED_ON]->()'
        '-[:MEMBER_OF]->(:HostAggregate) RETURN p',
        {'id': elements.uuid(100)},
        _LIMITS,
    )

    ((path,),) = found.rows
    assert [step.get('kind') or step['relation'] for step in path] == [
        'Instance',
        'HOSTED_ON',
        'ComputeNode',
        'MEMBER_OF',
        'HostAggregate',
    ]
    assert path[1]['source'] == path[0]['id']
    assert path[1]['target'] == path[2]['id']


def test_temporal_values_are_plain(filled: bolt.BoltStore) -> None:
    found = filled.query(
        "RETURN datetime('2026-11-24T14:00:01+02:00') AS moment, "
        "date('2026-11-24') AS date",
        {},
        _LIMITS,
    )

    assert found.rows == (
        (
            datetime.datetime(2026, 11, 24, 12, 0, 1, tzinfo=datetime.UTC),
            '2026-11-24',
        ),
    )


def test_durations_and_points_are_their_text(
    filled: bolt.BoltStore,
) -> None:
    found = filled.query(
        "RETURN duration('PT1H30M') AS long, point({x: 1, y: 2}) AS place",
        {},
        _LIMITS,
    )

    ((long, place),) = found.rows
    assert long == 'PT1H30M'
    # Some of them have no points of their own.
    assert isinstance(place, str | dict)


def test_a_plan_is_text_and_nothing_is_run(
    filled: bolt.BoltStore, region: str
) -> None:
    plan = filled.explain(
        'MATCH (i:Instance {name: $name}) RETURN i', {'name': 'x'}
    )

    assert 'Instance' in plan
    equality.assert_equal(filled, _model(), region)
    with pytest.raises(exceptions.QueryInvalid):
        filled.explain('MATCH (n:Instance) RETRUN n', {})


# -- a database that is not there ------------------------------------------


def _uses(
    store: bolt.BoltStore,
) -> collections.abc.Iterator[collections.abc.Callable[[], object]]:
    yield store.ensure_schema
    yield lambda: store.write(
        contract.Batch(cursor=contract.Cursor('epoch', 1))
    )
    yield store.cursor
    yield lambda: list(store.hashes(_KIND.INSTANCE))
    yield lambda: list(store.nodes(_KIND.INSTANCE))
    yield lambda: store.query('RETURN 1 AS one', {}, _LIMITS)
    yield lambda: store.explain('RETURN 1 AS one', {})


def test_a_wrong_password_is_told(neo4j_server: backends.Neo4j) -> None:
    neo4j_server.start()
    store = bolt.BoltStore(
        neo4j_server.connector('wrong-password'), 'denied', dialect.Dialect()
    )

    for use in _uses(store):
        # After some tries the server lets nobody try for a while.
        with pytest.raises(
            exceptions.StoreAccessDenied, match='refuses the credentials'
        ) as caught:
            use()
        assert 'wrong-password' not in str(caught.value)
    store.close()
    time.sleep(5.5)


def test_a_database_that_is_down_is_told(
    neo4j_server: backends.Neo4j,
) -> None:
    neo4j_server.start()
    store = neo4j_server.store('down')
    store.ensure_schema()
    neo4j_server.kill()

    for use in _uses(store):
        with pytest.raises(exceptions.StoreUnavailable, match='bolt://'):
            use()

    neo4j_server.start()
    assert store.cursor() is None
    store.close()


def test_an_engine_is_stopped_and_has_the_same_when_it_starts_again(
    brief_engine: backends.Embedded, region: str
) -> None:
    store = brief_engine.store(region)
    store.ensure_schema()
    store.write(equality.whole(_model(), region))
    assert store.is_lasting
    store.close()

    for use in _uses(store):
        with pytest.raises(exceptions.StoreUnavailable, match='stopped'):
            use()

    with backends.an_engine(brief_engine.directory, 10.0) as again:
        store = again.store(region)
        equality.assert_equal(store, _model(), region)
        store.ensure_schema()
        equality.assert_equal(store, _model(), region)


def test_an_engine_ends_if_its_parent_does_while_it_starts(
    tmp_path: pathlib.Path,
) -> None:
    told = {
        'directory': str(tmp_path),
        'memory': '256m',
        'query_timeout': 10.0,
        'bolt_port': 0,
        'http_port': 0,
        'password': 'correct-horse',
        'reader_password': 'battery-staple',
    }
    with subprocess.Popen(
        [sys.executable, '-m', 'cdm_graph.store.engine'],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        # The pipes of a parent that is no more.
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        process.stdin.write(json.dumps(told) + '\n')
        process.stdin.close()
        try:
            assert process.wait(90.0) == 1
        finally:
            process.kill()
