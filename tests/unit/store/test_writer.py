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

import collections.abc
import dataclasses
import logging
import threading

import pytest

from cdm_graph import exceptions
from cdm_graph.model import live_model
from cdm_graph.model import schema
from cdm_graph.store import contract
from cdm_graph.store import encoding
from cdm_graph.store import writer as writers
from tests.support import elements
from tests.support import store as stores

_CURSOR = contract.Cursor('now', 7, 1.0)


def _go_on() -> None:
    """Let it write."""


def _records(count: int) -> list[contract.Record]:
    model = live_model.LiveModel(
        elements.flavor(f'f{number:04}') for number in range(count)
    )
    return [
        encoding.record(model, each, 'here')
        for each in sorted(
            model.each(schema.Kind.FLAVOR),
            key=lambda each: schema.key_of(each).key,
        )
    ]


def _sizes(store: stores.MemoryStore) -> list[int]:
    return [len(batch) for batch in store.batches]


def test_elements_are_written_in_order_and_the_cursor_last() -> None:
    store = stores.MemoryStore()
    writer = writers.BatchWriter(store)
    records = _records(5)
    gone = [(schema.Kind.FLAVOR, 'flavor/a'), (schema.Kind.FLAVOR, 'x')]
    assert writer.write(records, gone, _CURSOR, 3, _go_on) == 7
    assert _sizes(store) == [3, 3, 1]
    written = [r for batch in store.batches for r in batch.records]
    assert written == records
    assert [d for batch in store.batches for d in batch.deletions] == gone
    assert [batch.cursor for batch in store.batches] == [None, None, _CURSOR]
    assert (writer.written, writer.deleted) == (5, 2)


def test_without_anything_to_write_only_a_cursor_is_written() -> None:
    store = stores.MemoryStore()
    writer = writers.BatchWriter(store)
    assert writer.write([], [], None, 3, _go_on) == 0
    assert store.batches == []
    assert writer.write([], [], _CURSOR, 3, _go_on) == 0
    assert store.batches == [contract.Batch(cursor=_CURSOR)]


def test_a_full_last_part_is_not_followed_by_an_empty_one() -> None:
    store = stores.MemoryStore()
    writers.BatchWriter(store).write(_records(6), [], _CURSOR, 3, _go_on)
    assert _sizes(store) == [3, 3]
    assert store.batches[-1].cursor == _CURSOR


def test_it_is_asked_before_each_part_whether_to_go_on() -> None:
    store = stores.MemoryStore()
    asked = []

    def check() -> None:
        asked.append(len(store.batches))
        if len(asked) == 3:
            raise exceptions.StoreUnavailable('Stop.')

    with pytest.raises(exceptions.StoreUnavailable, match='Stop'):
        writers.BatchWriter(store).write(_records(9), [], _CURSOR, 3, check)
    assert asked == [0, 1, 2]
    assert _sizes(store) == [3, 3]
    assert store.cursor() is None


def test_what_is_too_much_is_halved_and_smaller_from_then_on() -> None:
    store = stores.MemoryStore()
    store.most_rows = 100
    writer = writers.BatchWriter(store)
    assert writer.write(_records(900), [], _CURSOR, 300, _go_on) == 900
    # 300 became twice 150, and each of these twice 75.
    assert _sizes(store)[:4] == [75] * 4
    assert max(_sizes(store)[5:]) == 75
    assert store.cursor() == _CURSOR
    assert [batch.cursor for batch in store.batches[:-1]] == (
        [None] * (len(store.batches) - 1)
    )
    before = len(store.batches)
    writer.write(_records(75), [], _CURSOR, 300, _go_on)
    assert _sizes(store)[before:] == [75]


def test_what_is_too_much_however_small_it_is_is_an_error() -> None:
    store = stores.MemoryStore()
    store.most_rows = 10
    writer = writers.BatchWriter(store)
    with pytest.raises(exceptions.StoreOverloaded):
        writer.write(_records(200), [], _CURSOR, 300, _go_on)
    assert writer.written == 0


def test_what_somebody_else_made_meanwhile_is_written_all_the_same() -> None:
    store = stores.MemoryStore()
    records = [
        dataclasses.replace(record, is_new=True) for record in _records(6)
    ]
    store.write(contract.Batch((records[4],)))
    writer = writers.BatchWriter(store)
    assert writer.write(records, [], _CURSOR, 3, _go_on) == 6
    assert _sizes(store) == [1, 3, 3]
    assert [record.is_new for record in store.batches[1].records] == [True] * 3
    assert [record.is_new for record in store.batches[2].records] == (
        [False] * 3
    )
    assert writer.refused == {}


def test_what_comes_next_is_made_while_a_part_is_written() -> None:
    made: list[int] = []
    third = threading.Event()

    def making() -> collections.abc.Iterator[contract.Record]:
        for number, record in enumerate(_records(5)):
            made.append(number)
            if number == 2:
                third.set()
            yield record

    class Store(stores.MemoryStore):
        def write(self, batch: contract.Batch) -> None:
            assert third.wait(30.0)
            super().write(batch)

    store = Store()
    writers.BatchWriter(store).write(making(), [], _CURSOR, 1, _go_on)
    assert _sizes(store) == [1] * 5
    assert made == [0, 1, 2, 3, 4]


def test_what_is_refused_is_left_out_alone_and_named_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = stores.MemoryStore()
    store.refused_ids = {'flavor/f0003', 'flavor/f0009'}
    writer = writers.BatchWriter(store)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            count = writer.write(_records(10), [], _CURSOR, 10, _go_on)
            # What was left out was not written.
            assert count == 8
    assert writer.written == 16
    held = stores.model_of(store)[schema.Kind.FLAVOR]
    assert len(held) == 8
    assert not store.refused_ids & held.keys()
    assert store.cursor() == _CURSOR
    assert writer.refused == {
        (schema.Kind.FLAVOR, vertex): f'memory: not {vertex}.'
        for vertex in store.refused_ids
    }
    assert len(caplog.records) == 2
    assert 'Flavor flavor/f0003' in caplog.text


def test_what_is_taken_after_all_is_not_refused_any_more() -> None:
    store = stores.MemoryStore()
    writer = writers.BatchWriter(store)
    first, second = _records(2)
    store.refused_ids = {first.id, second.id}
    writer.write([first, second], [], None, 10, _go_on)
    store.refused_ids = set()
    writer.write([first], [(second.kind, second.id)], None, 10, _go_on)
    assert writer.refused == {}


def test_a_cursor_that_is_refused_is_an_error() -> None:
    class _Refusing(stores.MemoryStore):
        def write(self, batch: contract.Batch) -> None:
            raise exceptions.StoreRefused('Never.')

    with pytest.raises(exceptions.StoreRefused, match='Never'):
        writers.BatchWriter(_Refusing()).write([], [], _CURSOR, 3, _go_on)
