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

"""A mirror that is stepped, or runs, beside a store in memory."""

import logging
import threading
import time
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.store import contract
from cdm_graph.store import mirror as mirrors
from tests.support import clock as clocks
from tests.support import elements
from tests.support import store as stores

_PERIOD: typing.Final = 3600.0
_TIMEOUT: typing.Final = 10.0


class _Mirrored:
    """A model and its mirror."""

    def __init__(self, *several: schema.Element) -> None:
        self.clock = clocks.FakeClock()
        self.model = live_model.LiveModel(several, clock=self.clock)
        self.model.mark_synchronized(self.clock.time())
        self.store = stores.MemoryStore()
        self.renew()

    def renew(self) -> None:
        self.mirror = mirrors.Mirror(
            self.model, self.store, 'here', _PERIOD, self.clock
        )
        self.mirror.attach()

    def put(self, *several: schema.Element) -> None:
        self.model.apply([mutation.Put(each) for each in several])

    def remove(self, element: schema.Element) -> None:
        key = schema.key_of(element)
        self.model.apply([mutation.Absence(key, self.model.fence())])

    def reconcile(self) -> None:
        self.clock.advance(_PERIOD)
        self.mirror.step()

    @property
    def is_equal(self) -> bool:
        return stores.model_of(self.store) == stores.content_of(self.model)

    @property
    def status(self) -> mirrors.MirrorStatus:
        return self.mirror.status()


def _cloud() -> _Mirrored:
    node = elements.node(1)
    return _Mirrored(
        node,
        elements.node(2),
        elements.hosted(3, node, project_id='red', flavor_name='small'),
        elements.flavor('small'),
    )


# -- following ---


def test_all_is_written_first_and_then_what_changes() -> None:
    cloud = _cloud()
    assert cloud.status.state == 'waiting'
    assert (cloud.status.sequence, cloud.status.behind) == (None, None)
    cloud.mirror.step()
    assert cloud.is_equal
    assert cloud.store.schemas == 1
    assert cloud.status.state == 'following'
    assert cloud.status.written == len(cloud.model)
    assert cloud.store.cursor() == contract.Cursor(
        cloud.mirror.epoch, cloud.model.sequence, clocks.EPOCH
    )
    before = len(cloud.store.batches)
    cloud.put(elements.hosted(3, elements.node(2), project_id='red'))
    cloud.mirror.step()
    assert cloud.is_equal
    [batch] = cloud.store.batches[before:]
    assert batch.cursor is not None
    assert batch.cursor.sequence == cloud.model.sequence
    assert {record.id for record in batch.records} == {elements.uuid(3)}


def test_a_synchronize_that_found_nothing_moves_the_cursor() -> None:
    cloud = _cloud()
    cloud.mirror.step()
    written = cloud.status.written
    cloud.clock.advance(60.0)
    cloud.model.mark_synchronized(cloud.clock.time())
    cloud.mirror.step()
    cursor = cloud.store.cursor()
    assert cursor is not None
    assert cursor.synchronized_at == cloud.clock.time()
    assert cloud.status.written == written


def test_it_can_be_stopped_twice() -> None:
    cloud = _cloud()
    cloud.mirror.stop()
    cloud.mirror.stop()


def test_what_is_gone_is_deleted_with_what_existed_by_it() -> None:
    cloud = _cloud()
    cloud.mirror.step()
    cloud.remove(elements.instance(3))
    cloud.mirror.step()
    assert cloud.is_equal
    assert cloud.status.deleted == 2
    held = stores.model_of(cloud.store)
    assert held[schema.Kind.PROJECT] == {}


def test_many_changes_of_an_element_are_one_write() -> None:
    cloud = _cloud()
    cloud.mirror.step()
    before = cloud.store.rows_written
    for vcpus in range(20, 40):
        cloud.put(elements.node(1, vcpus=vcpus))
    assert (cloud.status.behind, cloud.status.backlog) == (20, 1)
    cloud.mirror.step()
    assert cloud.store.rows_written == before + 1
    [record] = cloud.store.batches[-1].records
    # Its relations are as they were.
    assert record.relations is None
    assert cloud.is_equal
    assert (cloud.status.behind, cloud.status.backlog) == (0, 0)


def test_where_nothing_changed_the_store_is_not_even_asked() -> None:
    cloud = _cloud()
    cloud.mirror.step()
    before = len(cloud.store.batches)
    cloud.store.unavailable = True
    cloud.mirror.step()
    assert cloud.status.state == 'following'
    assert len(cloud.store.batches) == before


@pytest.mark.parametrize('recalled', [False, True])
def test_a_model_that_is_not_filled_is_not_mirrored(recalled: bool) -> None:
    """What is stale would only be written over what it came from."""
    clock = clocks.FakeClock()
    model = live_model.LiveModel([elements.node(1)], clock=clock)
    if recalled:
        model.mark_recalled(1.0)
    store = stores.MemoryStore()
    mirror = mirrors.Mirror(model, store, 'here', _PERIOD, clock)
    mirror.attach()
    assert mirror.step() > 0
    assert mirror.status().state == 'waiting'
    assert store.batches == []
    model.mark_synchronized(clock.time())
    mirror.step()
    assert mirror.status().state == 'following'
    assert stores.model_of(store) == stores.content_of(model)


def test_a_partial_model_is_mirrored() -> None:
    cloud = _cloud()
    cloud.model.mark_partial(['a cell is down'])
    cloud.mirror.step()
    assert cloud.is_equal


def test_the_lag_is_that_of_the_first_change_also_while_it_is_written() -> (
    None
):
    cloud = _cloud()
    cloud.mirror.step()
    assert cloud.status.lag == 0.0
    cloud.put(elements.node(1, vcpus=20))
    cloud.clock.advance(3.0)
    cloud.put(elements.node(2, vcpus=20))
    assert cloud.status.lag == 3.0
    seen = []

    def write(batch: contract.Batch) -> None:
        cloud.clock.advance(4.0)
        seen.append((cloud.status.lag, cloud.status.backlog))
        stores.MemoryStore.write(cloud.store, batch)

    cloud.store.write = write  # type: ignore[method-assign]
    cloud.mirror.step()
    assert seen == [(7.0, 2)]
    assert (cloud.status.lag, cloud.status.backlog) == (0.0, 0)


# -- reconciling ---


def test_a_restart_writes_only_what_differs() -> None:
    cloud = _cloud()
    cloud.mirror.step()
    cloud.mirror.stop()
    before = cloud.store.rows_written
    cloud.put(elements.node(1, vcpus=20))
    cloud.remove(elements.node(2))
    cloud.renew()
    cloud.mirror.step()
    assert cloud.is_equal
    assert cloud.store.rows_written == before + 2
    assert cloud.status.drift is None
    cursor = cloud.store.cursor()
    assert cursor is not None
    assert cursor.epoch == cloud.mirror.epoch


def test_nothing_is_written_by_a_reconcile_where_nothing_changed() -> None:
    cloud = _cloud()
    cloud.mirror.step()
    first = cloud.status.reconciled_at
    before = cloud.store.rows_written
    cloud.reconcile()
    assert cloud.store.rows_written == before
    assert cloud.status.drift == 0
    assert cloud.status.reconciled_at == (first or 0) + _PERIOD
    # And not again before it is time.
    cloud.clock.advance(_PERIOD - 1)
    cloud.store.unavailable = True
    cloud.mirror.step()
    assert cloud.status.state == 'following'


def test_a_reconcile_can_be_asked_for() -> None:
    cloud = _cloud()
    cloud.mirror.step()
    at = cloud.status.reconciled_at
    cloud.clock.advance(1.0)
    cloud.mirror.request_reconcile()
    cloud.mirror.step()
    assert cloud.status.reconciled_at == (at or 0) + 1.0


def test_what_somebody_changed_by_hand_is_drift_and_is_healed() -> None:
    cloud = _cloud()
    cloud.mirror.step()
    held = cloud.store.database.elements
    held['here', schema.Kind.FLAVOR, 'flavor/small']['hash'] = 'other'
    held['here', schema.Kind.FLAVOR, 'flavor/alien'] = {
        'region': 'here',
        'id': 'flavor/alien',
        'hash': 'x',
    }
    cloud.put(elements.node(1, vcpus=20))
    cloud.reconcile()
    assert cloud.is_equal
    # The change of the node was none.
    assert cloud.status.drift == 2


def test_relations_to_what_was_missing_are_healed_as_well() -> None:
    """Their sources have the right hash, and yet lack them."""
    cloud = _cloud()
    cloud.mirror.step()
    database = cloud.store.database
    gone = elements.uuid(1)
    del database.elements['here', schema.Kind.COMPUTE_NODE, gone]
    for edge in [edge for edge in database.edges if gone in edge]:
        del database.edges[edge]
    # Neither a failure amid it nor an unknown outcome is to hide it.
    cloud.store.unknown_outcomes = 1
    cloud.reconcile()
    assert cloud.status.state == 'unavailable'
    cloud.mirror.step()
    assert cloud.is_equal
    before = cloud.store.rows_written
    cloud.reconcile()
    assert cloud.store.rows_written == before


def test_another_region_is_left_alone() -> None:
    cloud = _cloud()
    other = _Mirrored(elements.node(1), elements.instance(3))
    other.store = stores.MemoryStore('there', cloud.store.database)
    other.mirror = mirrors.Mirror(
        other.model, other.store, 'there', _PERIOD, other.clock
    )
    other.mirror.step()
    before = cloud.store.database.of_region('there')
    cloud.mirror.step()
    cloud.remove(elements.node(1))
    cloud.mirror.step()
    cloud.reconcile()
    assert cloud.is_equal
    assert cloud.store.database.of_region('there') == before
    assert before[0]


# -- faults ---


def test_what_fails_is_written_once_the_store_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cloud = _cloud()
    cloud.mirror.step()
    sequence = cloud.status.sequence
    cloud.store.unavailable = True
    cloud.put(elements.node(1, vcpus=20))
    cloud.clock.advance(2.0)
    with caplog.at_level(logging.INFO):
        pauses = [cloud.mirror.step() for _ in range(12)]
        assert pauses[0] < 1 < max(pauses) <= 15
        assert cloud.status.state == 'unavailable'
        assert cloud.status.last_error == 'memory: it is away.'
        assert cloud.status.last_error_at == cloud.clock.time()
        assert cloud.status.sequence == sequence
        assert (cloud.status.behind, cloud.status.backlog) == (1, 1)
        assert cloud.status.lag == 2.0
        cloud.store.unavailable = False
        assert cloud.mirror.step() < 1
    assert cloud.is_equal
    assert cloud.status.state == 'following'
    assert [each.levelname for each in caplog.records] == ['WARNING', 'INFO']


def test_what_changes_meanwhile_is_not_lost_either() -> None:
    cloud = _cloud()
    cloud.mirror.step()
    cloud.store.unavailable = True
    cloud.put(elements.instance(9))
    cloud.mirror.step()
    cloud.put(elements.hosted(9, elements.node(2)))
    cloud.remove(elements.node(1))
    cloud.mirror.step()
    cloud.store.unavailable = False
    cloud.mirror.step()
    assert cloud.is_equal


@pytest.mark.parametrize('step', [0, 1])
def test_an_unknown_outcome_is_written_again(step: int) -> None:
    cloud = _cloud()
    for _ in range(step):
        cloud.mirror.step()
    cloud.put(elements.node(1, vcpus=20))
    cloud.store.unknown_outcomes = 1
    cloud.mirror.step()
    assert cloud.status.state == 'unavailable'
    cloud.mirror.step()
    assert cloud.is_equal
    assert cloud.status.behind == 0


def test_a_store_that_lost_everything_is_filled_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cloud = _cloud()
    cloud.mirror.step()
    cloud.store.unavailable = True
    cloud.put(elements.node(1, vcpus=20))
    cloud.mirror.step()
    cloud.store.database.lose_everything()
    cloud.store.unavailable = False
    caplog.clear()
    cloud.mirror.step()
    assert cloud.is_equal
    assert cloud.store.schemas == 2
    assert [each.levelname for each in caplog.records] == ['WARNING']
    assert 'has lost what was written' in caplog.text


def test_a_store_that_was_set_back_is_compared() -> None:
    cloud = _cloud()
    cloud.mirror.step()
    old = cloud.store.cursor()
    assert old is not None
    cloud.put(elements.node(1, vcpus=20))
    cloud.mirror.step()
    cloud.store.unavailable = True
    cloud.put(elements.node(2, vcpus=20))
    cloud.mirror.step()
    # A backup is brought back.
    cloud.store.be_at(old)
    place = 'here', schema.Kind.COMPUTE_NODE, elements.uuid(1)
    cloud.store.database.elements[place]['hash'] = 'old'
    cloud.store.unavailable = False
    cloud.mirror.step()
    assert cloud.is_equal


def test_another_daemon_of_the_same_region_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cloud = _cloud()
    cloud.mirror.step()
    cloud.store.be_at(contract.Cursor('somebody', 10**6))
    with caplog.at_level(logging.WARNING):
        cloud.reconcile()
    [told] = caplog.records
    assert 'Another daemon writes region here' in told.getMessage()
    assert cloud.is_equal


def test_what_the_store_refuses_is_left_out_and_named() -> None:
    cloud = _cloud()
    node = elements.uuid(1)
    cloud.store.refused_ids = {node}
    cloud.mirror.step()
    assert cloud.status.state == 'following'
    assert cloud.status.refused == 1
    assert cloud.status.refused_names == (f'ComputeNode {node}',)
    assert stores.model_of(cloud.store) == stores.without(
        stores.content_of(cloud.model), {node}
    )
    before = cloud.store.rows_written
    cloud.reconcile()
    # It is no drift, and nothing else is written for it.
    assert (cloud.status.drift, cloud.store.rows_written) == (0, before)


@pytest.mark.parametrize('reconciled', [False, True])
def test_what_is_taken_after_all_gets_its_relations(reconciled: bool) -> None:
    """Those of its own, and those of others to it."""
    cloud = _cloud()
    cloud.store.refused_ids = {elements.uuid(1)}
    cloud.mirror.step()
    cloud.store.refused_ids = set()
    if not reconciled:
        # Of its relations nothing becomes different.
        cloud.put(elements.node(1, vcpus=20))
        cloud.mirror.step()
    else:
        cloud.reconcile()
    assert cloud.is_equal
    assert cloud.status.refused == 0


def test_relations_to_what_is_taken_survive_a_failure_amid_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mirrors, '_LIVE', 1)
    cloud = _cloud()
    cloud.store.refused_ids = {elements.uuid(1)}
    cloud.mirror.step()
    cloud.store.refused_ids = set()
    cloud.put(elements.node(1, vcpus=20))
    cloud.store.unknown_outcomes = 1
    cloud.mirror.step()
    cloud.mirror.step()
    assert cloud.is_equal


def test_what_was_refused_and_is_no_more_is_forgotten() -> None:
    cloud = _cloud()
    cloud.store.refused_ids = {elements.uuid(2)}
    cloud.mirror.step()
    assert cloud.status.refused == 1
    cloud.remove(elements.node(2))
    cloud.reconcile()
    assert cloud.status.refused == 0
    assert cloud.is_equal


def test_no_more_than_ten_refused_are_named() -> None:
    flavors = [elements.flavor(f'f{number}') for number in range(12)]
    cloud = _Mirrored(*flavors)
    cloud.store.refused_ids = {f'flavor/f{n}' for n in range(12)}
    cloud.mirror.step()
    assert cloud.status.refused == 12
    assert len(cloud.status.refused_names) == 10


def test_what_is_too_much_for_one_transaction_is_written_nevertheless() -> (
    None
):
    cloud = _Mirrored(*(elements.instance(n) for n in range(1, 300)))
    cloud.store.most_rows = 60
    cloud.mirror.step()
    assert cloud.is_equal
    sequences = [each.cursor for each in cloud.store.batches]
    assert sequences[-1] is not None
    assert set(sequences[:-1]) == {None}


def test_an_error_of_its_own_is_told_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cloud = _cloud()
    with monkeypatch.context() as patch:
        patch.setattr(mirrors.encoding, 'record', lambda *_: 1 / 0)
        cloud.mirror.step()
    assert 'ZeroDivisionError' in (cloud.status.last_error or '')
    assert 'The mirror failed' in caplog.text
    cloud.mirror.step()
    assert cloud.is_equal


# -- its thread ---


def test_it_follows_by_itself_until_it_is_stopped() -> None:
    cloud = _cloud()
    cloud.mirror = mirrors.Mirror(
        cloud.model, cloud.store, 'here', _PERIOD, cloud.clock
    )
    cloud.mirror.start()
    try:
        assert cloud.mirror.wait_for(cloud.model.sequence, _TIMEOUT)
        cloud.put(elements.node(1, vcpus=20))
        assert cloud.mirror.wait_for(cloud.model.sequence, _TIMEOUT)
        assert cloud.is_equal
        assert not cloud.mirror.wait_for(cloud.model.sequence + 1, 0.01)
        at = cloud.status.reconciled_at or 0
        cloud.clock.advance(1.0)
        cloud.mirror.request_reconcile()
        deadline = time.monotonic() + _TIMEOUT
        while cloud.status.reconciled_at == at:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        cloud.mirror.stop()
    assert 'mirror' not in {each.name for each in threading.enumerate()}
    before = len(cloud.store.batches)
    cloud.put(elements.node(1, vcpus=30))
    assert cloud.status.backlog == 0
    assert len(cloud.store.batches) == before


def test_a_stop_ends_what_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirrors, '_BOOTSTRAP', 1)
    cloud = _Mirrored(*(elements.instance(n) for n in range(1, 300)))
    begun = threading.Event()

    def write(batch: contract.Batch) -> None:
        begun.set()
        time.sleep(0.01)
        stores.MemoryStore.write(cloud.store, batch)

    cloud.store.write = write  # type: ignore[method-assign]
    cloud.mirror.stop()
    cloud.mirror = mirrors.Mirror(
        cloud.model, cloud.store, 'here', _PERIOD, cloud.clock
    )
    cloud.mirror.start()
    assert begun.wait(_TIMEOUT)
    cloud.mirror.stop()
    assert len(cloud.store.batches) < 290


def test_a_store_that_is_away_holds_nothing_up() -> None:
    cloud = _cloud()
    cloud.store.unavailable = True
    cloud.mirror.start()
    assert not cloud.mirror.wait_for(cloud.model.sequence, 0.05)
    cloud.put(elements.node(1, vcpus=20))
    cloud.mirror.stop()
    assert cloud.status.state == 'unavailable'


def test_nothing_is_written_to_what_is_not_supported() -> None:
    cloud = _cloud()

    def refuse() -> None:
        raise exceptions.StoreUnsupported('It is newer.')

    cloud.store.ensure_schema = refuse  # type: ignore[method-assign]
    cloud.mirror.step()
    assert cloud.status.last_error == 'It is newer.'
    assert cloud.store.batches == []
