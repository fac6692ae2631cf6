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

"""The mirror of a live model, whatever befalls its database."""

import collections.abc
import contextlib
import threading
import time
import typing

import pytest

from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.store import bolt
from cdm_graph.store import contract
from cdm_graph.store import mirror as mirrors
from cdm_graph.store import recall
from tests.benchmark import clouds
from tests.neo4j import backends
from tests.neo4j import equality
from tests.neo4j import stream
from tests.support import elements

_KIND = schema.Kind
#: Long enough for a machine that is busy with something else.
_TIMEOUT: typing.Final = 90.0
#: Seconds between two reconciliations: never in a test, unless it asks.
_PERIOD: typing.Final = 3600.0
#: Seconds for which a database hangs, and for which it is followed between.
_HANGING: typing.Final = 4.0
_FOLLOWED: typing.Final = 2.0
#: Seconds after which a database is taken to hang.  One that only has to
#: share its machine with others answers before.
_PATIENCE: typing.Final = (10.0, 10.0)
_LIMITS: typing.Final = contract.Limits(30.0, 1000)
#: Neo4j isolates no reader from a transaction that is committed amid a scan:
#: which share of scans may see such a moment.  Two transactions for a move
#: would show in most of them.
_TORN: typing.Final = {'neo4j': 0.01, 'embedded': 0.0}
_NOT_ON_ONE_NODE: typing.Final = (
    'MATCH (i:Instance) WHERE i.region = $region AND i.node IS NOT NULL '
    'OPTIONAL MATCH (i)-[:HOSTED_ON]->(h:ComputeNode) '
    'WITH i, count(h) AS hosts WHERE hosts <> 1 '
    'RETURN i.id AS id, hosts'
)


@pytest.fixture(scope='session')
def large_cloud() -> list[schema.Element]:
    return clouds.elements(50, 2000)


@pytest.fixture(scope='session')
def small_cloud() -> list[schema.Element]:
    return clouds.elements(5, 100)


def _model(
    several: collections.abc.Iterable[schema.Element],
) -> live_model.LiveModel:
    made = live_model.LiveModel(several)
    made.mark_synchronized(time.time())
    return made


@contextlib.contextmanager
def _mirrored(
    model: live_model.LiveModel, store: contract.GraphStore, region: str
) -> collections.abc.Iterator[mirrors.Mirror]:
    mirror = mirrors.Mirror(model, store, region, _PERIOD)
    mirror.start()
    try:
        yield mirror
    finally:
        mirror.stop()


def _wait(mirror: mirrors.Mirror, model: live_model.LiveModel) -> None:
    """Wait until the store has all that the model has now."""
    assert mirror.wait_for(model.sequence, _TIMEOUT), mirror.status()


def _eventually(what: str, probe: collections.abc.Callable[[], bool]) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while not probe():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


class _GatedStore(bolt.BoltStore):
    """A store whose writes can be held up, so that it can be looked at."""

    gate: threading.Lock

    def write(self, batch: contract.Batch) -> None:
        with self.gate:
            super().write(batch)


def _gated(store: bolt.BoltStore) -> _GatedStore:
    store.__class__ = _GatedStore
    gated = typing.cast(_GatedStore, store)
    gated.gate = threading.Lock()
    return gated


# -- equality --------------------------------------------------------------


def test_a_model_is_mirrored_and_followed(
    backend: backends.Backend,
    region: str,
    large_cloud: list[schema.Element],
) -> None:
    model, store = _model(large_cloud), backend.store(region)

    with _mirrored(model, store, region) as mirror:
        _wait(mirror, model)
        equality.assert_equal(store, model, region)
        with stream.Stream(model, 1) as changes:
            time.sleep(_FOLLOWED)
        _wait(mirror, model)
        equality.assert_equal(store, model, region)
        assert changes.count > 10
        status = mirror.status()
        assert (status.state, status.behind, status.backlog) == (
            'following',
            0,
            0,
        )
        assert status.refused == 0
        assert store.cursor() == contract.Cursor(
            mirror.epoch, model.sequence, model.synchronized_at
        )

        mirror.request_reconcile()
        _eventually(
            'a reconciliation', lambda: mirror.status().drift is not None
        )
        assert mirror.status().drift == 0


def test_what_changed_while_nobody_mirrored_is_found(
    backend: backends.Backend,
    region: str,
    small_cloud: list[schema.Element],
) -> None:
    model, store = _model(small_cloud), backend.store(region)
    with _mirrored(model, store, region) as mirror:
        _wait(mirror, model)
    changes = stream.Stream(model, 2)
    for _ in range(100):
        changes.step()

    with _mirrored(model, store, region) as mirror:
        _wait(mirror, model)
        assert mirror.status().written < len(small_cloud)
        equality.assert_equal(store, model, region)


# -- a database that fails -------------------------------------------------


@pytest.mark.parametrize(
    'rounds', [('kill', 'pause', 'kill', 'pause')], ids=['rounds']
)
def test_no_change_is_lost_whatever_becomes_of_the_database(
    backend: backends.Backend,
    region: str,
    large_cloud: list[schema.Element],
    rounds: tuple[str, ...],
) -> None:
    model = _model(large_cloud)
    store, onlooker = _gated(backend.store(region)), backend.store(region)

    with _mirrored(model, store, region) as mirror:
        _wait(mirror, model)
        with stream.Stream(model, 3) as changes:
            for what in rounds:
                time.sleep(_FOLLOWED)
                if what == 'kill':
                    backend.kill()
                    acknowledged = mirror.status().sequence
                    # Whoever is in the middle of a write fails.
                    with store.gate:
                        backend.start()
                        cursor = onlooker.cursor()
                    assert acknowledged is not None
                    assert cursor is not None
                    assert cursor.epoch == mirror.epoch
                    assert cursor.sequence >= acknowledged
                else:
                    backend.pause()
                    time.sleep(_HANGING)
                    backend.resume()
                _wait(mirror, model)
        assert changes.count > 100
        _wait(mirror, model)
        equality.assert_equal(store, model, region)
        assert mirror.status().refused == 0


def test_a_database_that_hangs_is_let_go(
    backend: backends.Backend,
    region: str,
    small_cloud: list[schema.Element],
) -> None:
    model = _model(small_cloud)
    store = backend.store(region, _PATIENCE)
    changes = stream.Stream(model, 4)

    with _mirrored(model, store, region) as mirror:
        _wait(mirror, model)
        backend.pause()
        try:
            changes.step()
            _eventually(
                'an error', lambda: mirror.status().last_error is not None
            )
        finally:
            backend.resume()
        assert 'gave no answer for' in str(mirror.status().last_error)
        _wait(mirror, model)
        equality.assert_equal(store, model, region)


def test_a_database_that_lost_all_is_filled_again(
    backend: backends.Backend,
    region: str,
    small_cloud: list[schema.Element],
    caplog: pytest.LogCaptureFixture,
) -> None:
    model, store = _model(small_cloud), backend.store(region)
    changes = stream.Stream(model, 4)

    with _mirrored(model, store, region) as mirror:
        _wait(mirror, model)
        # Nothing is written meanwhile, so that no write fails.
        backend.wipe()
        changes.step()
        _wait(mirror, model)
        equality.assert_equal(store, model, region)
        assert 'has lost what was written to it' in caplog.text
        # The schema is there again, too.
        backend.clear()
        store.ensure_schema()
        changes.step()
        _wait(mirror, model)
        equality.assert_equal(store, model, region)


def test_a_database_that_was_emptied_is_filled_when_it_is_compared(
    backend: backends.Backend,
    region: str,
    small_cloud: list[schema.Element],
) -> None:
    model, store = _model(small_cloud), backend.store(region)

    with _mirrored(model, store, region) as mirror:
        _wait(mirror, model)
        backend.clear()
        mirror.request_reconcile()
        _eventually('a cursor', lambda: store.cursor() is not None)
        equality.assert_equal(store, model, region)


# -- readers ---------------------------------------------------------------


def test_a_reader_sees_each_instance_on_one_node_while_they_move(
    backend: backends.Backend,
    region: str,
    small_cloud: list[schema.Element],
) -> None:
    model, store = _model(small_cloud), backend.store(region)
    seen: list[object] = []
    ended = threading.Event()
    count = 0

    def read() -> None:
        nonlocal count
        while not ended.is_set():
            found = store.query(_NOT_ON_ONE_NODE, {'region': region}, _LIMITS)
            if found.rows:
                seen.append(found.rows)
            count += 1

    with _mirrored(model, store, region) as mirror:
        _wait(mirror, model)
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        with stream.Stream(model, 5, only_moves=True):
            time.sleep(8.0)
        _wait(mirror, model)
        ended.set()
        reader.join(_TIMEOUT)

    assert count > 10
    assert len(seen) <= count * _TORN[backend.name], (len(seen), count)


# -- several daemons -------------------------------------------------------


def test_two_daemons_share_a_database(
    backend: backends.Backend,
    region: str,
    small_cloud: list[schema.Element],
) -> None:
    regions = (f'{region}-a', f'{region}-b')
    models = [_model(small_cloud) for _ in regions]
    stores = [backend.store(each) for each in regions]

    with contextlib.ExitStack() as stack:
        several = [
            stack.enter_context(_mirrored(*each))
            for each in zip(models, stores, regions, strict=True)
        ]
        with stream.Stream(models[0], 6), stream.Stream(models[1], 7):
            time.sleep(3 * _FOLLOWED)
        for mirror, model in zip(several, models, strict=True):
            _wait(mirror, model)
        for each in zip(stores, models, regions, strict=True):
            equality.assert_equal(*each)

        models[1].apply(
            [
                mutation.Deletion(schema.key_of(element))
                for element in models[1].elements()
                if element.kind not in schema.IMPLIED_KINDS
            ]
        )
        assert len(models[1]) == 0
        _wait(several[1], models[1])
        for each in zip(stores, models, regions, strict=True):
            equality.assert_equal(*each)


def test_another_daemon_of_the_same_region_is_noticed(
    backend: backends.Backend,
    region: str,
    small_cloud: list[schema.Element],
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, second = _model(small_cloud), _model(small_cloud[:50])
    store = backend.store(region)

    with (
        _mirrored(first, store, region) as mirror,
        contextlib.ExitStack() as stack,
    ):
        _wait(mirror, first)
        # It has seen fewer changes, as one that began later.
        assert second.sequence < first.sequence
        other = stack.enter_context(
            _mirrored(second, backend.store(region), region)
        )
        _wait(other, second)
        mirror.request_reconcile()
        _eventually(
            'a warning',
            lambda: f'Another daemon writes region {region}' in caplog.text,
        )
        stack.close()
        mirror.request_reconcile()
        _eventually(
            'its own cursor',
            lambda: getattr(store.cursor(), 'epoch', '') == mirror.epoch,
        )
        equality.assert_equal(store, first, region)


# -- what it remembers, and what it cannot hold ----------------------------


def test_a_model_is_recalled_from_what_mirrors_it(
    backend: backends.Backend,
    region: str,
    large_cloud: list[schema.Element],
) -> None:
    model, store = _model(large_cloud), backend.store(region)
    with _mirrored(model, store, region) as mirror:
        _wait(mirror, model)

    found = recall.recall(store)

    assert found is not None
    assert found.synchronized_at == model.synchronized_at
    recalled = live_model.LiveModel(found.elements)
    assert _remembered(recalled, recalled) == _remembered(model, model)
    # Whoever starts with it has nothing to write.
    recalled.mark_synchronized(time.time())
    with _mirrored(recalled, store, region) as mirror:
        _wait(mirror, recalled)
        assert mirror.status().written == 0
        assert mirror.status().deleted == 0


def _remembered(
    model: live_model.LiveModel, known: live_model.LiveModel
) -> dict[schema.ElementKey, schema.Element]:
    """Return the elements, without what no relation tells."""
    hosts = {
        node.service_host for node in known.get_all_compute_nodes().values()
    }
    told: dict[schema.ElementKey, schema.Element] = {}
    for element in model.elements():
        if isinstance(element, schema.HostAggregate):
            element = schema.replace(
                element,
                hosts=tuple(host for host in element.hosts if host in hosts),
            )
        elif isinstance(element, schema.ServerGroup):
            element = schema.replace(
                element,
                members=tuple(
                    member
                    for member in element.members
                    if known.find(_KIND.INSTANCE, member)
                ),
            )
        elif isinstance(element, schema.Instance):
            # No share, or none told: it is the same to a graph.
            element = schema.replace(element, shares=element.shares or None)
        told[schema.key_of(element)] = element
    return told


def test_what_the_database_cannot_hold_is_left_out(
    neo4j_server: backends.Neo4j,
    region: str,
    small_cloud: list[schema.Element],
) -> None:
    neo4j_server.start()
    neo4j_server.clear()
    # What has an index can be no longer than some kilobytes.
    bad = elements.instance(1, name='x' * 40_000)
    model = _model([*small_cloud, bad])
    store = neo4j_server.store(region)

    with _mirrored(model, store, region) as mirror:
        _wait(mirror, model)
        status = mirror.status()
        assert (status.refused, status.refused_names) == (
            1,
            (f'Instance {bad.uuid}',),
        )
        assert dict(store.hashes(_KIND.INSTANCE)).keys() == (
            model.get_all_instances().keys() - {bad.uuid}
        )

        # As one that becomes so while the others change.
        other = elements.instance(2, name='y' * 40_000)
        changes = stream.Stream(model, 8, only_moves=True)
        model.apply([mutation.Put(other)])
        for _ in range(20):
            changes.step()
        _wait(mirror, model)
        assert mirror.status().refused == 2

        model.apply(
            mutation.Put(schema.replace(each, name='short'))
            for each in (bad, other)
        )
        _wait(mirror, model)
        assert mirror.status().refused == 0
        equality.assert_equal(store, model, region)
    store.close()
