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

"""Targeted refresh: what is dirty is read, until that succeeds."""

import collections.abc
import dataclasses
import time
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import dirty as dirty_sets
from cdm_graph.collector import reconcile
from cdm_graph.collector import refresher as refreshers
from cdm_graph.model import change
from cdm_graph.model import mutation
from cdm_graph.model import schema
from tests.support import clock as clocks
from tests.support import elements
from tests.support import memory


def test_what_is_dirty_is_read(rig: memory.Rig) -> None:
    rig.source.put(elements.instance(1))
    key = schema.key_of(elements.instance(1))
    rig.dirty.add([key])
    rig.settle(key)
    assert rig.model.elements() == (elements.instance(1),)
    del rig.source.cloud[key]
    rig.dirty.add([key])
    rig.settle(key)
    assert len(rig.model) == 0


@pytest.mark.parametrize('together', [False, True])
def test_what_a_read_shows_is_due_to_what_asked_for_it(
    together: bool,
) -> None:
    kinds = frozenset({schema.Kind.INSTANCE} if together else ())
    rig = memory.Rig(together=kinds)
    keys = _many(rig, 2, cause=change.Cause('instance.x.end', 'req-1'))
    other = elements.instance(9)
    rig.source.put(other)
    rig.dirty.add([schema.key_of(other)])
    causes: dict[schema.ElementKey, set[change.Cause]] = {}

    def note(changes: collections.abc.Sequence[change.Change]) -> None:
        for each in changes:
            causes.setdefault(each.key, set()).add(each.cause)

    rig.model.subscribe(note)
    rig.start()
    try:
        rig.settle(*keys, schema.key_of(other))
    finally:
        rig.stop()
    assert len(rig.source.together) == together
    for key in keys:
        assert causes[key] == {
            change.Cause('refresh after instance.x.end', 'req-1')
        }
    assert causes[schema.key_of(other)] == {change.Cause('refresh')}


@pytest.mark.parametrize(
    'error', [exceptions.CloudUnavailable('It is away.'), KeyError('a bug')]
)
def test_a_read_that_fails_is_repeated_until_it_succeeds(
    rig: memory.Rig, error: Exception
) -> None:
    """Contract 9."""
    rig.source.put(elements.instance(1))
    rig.source.errors = [error] * 3
    key = schema.key_of(elements.instance(1))
    rig.dirty.add([key])
    rig.settle(key)
    assert rig.source.reads == [key] * 4
    assert len(rig.model) == 1


@pytest.mark.parametrize(
    ('error', 'longest'),
    [
        (exceptions.CloudUnavailable('It is away.'), 8.0),
        (exceptions.ElementUnobservable('Its cell is down.'), 60.0),
    ],
)
def test_an_api_that_is_back_is_not_kept_waiting(
    clock: clocks.FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    longest: float,
) -> None:
    """What one element alone fails with is asked for less and less."""
    rig = memory.Rig(clock)
    rig.refresher._longest_delay = 60.0
    key = schema.key_of(elements.instance(1))
    delays: list[float] = []
    monkeypatch.setattr(
        rig.dirty, 'failed', lambda _key, delay: delays.append(delay)
    )
    for failures in range(12):
        rig.refresher._retry(dirty_sets.Task(key, None, failures), error)
    assert delays[0] <= 1.25
    assert max(delays) <= longest
    assert max(delays) > longest / 2


def test_what_changes_while_it_is_read_is_read_again(rig: memory.Rig) -> None:
    """Contract 1, race 13."""
    key = schema.key_of(elements.instance(1))
    rig.source.put(elements.instance(1, name='old'))
    rig.source.gate.clear()
    rig.dirty.add([key])
    memory.eventually(lambda: rig.source.at_once == 1)
    told = elements.instance(1, name='told', updated_at=elements.moment(5))
    rig.writer.submit_read(
        [mutation.Put(told)], change.Cause('a hint')
    ).result(memory.PATIENCE)
    rig.source.gate.set()
    memory.eventually(lambda: len(rig.source.reads) == 2)
    rig.settle(key)
    assert rig.source.reads == [key] * 2


def test_elements_are_read_by_several_threads(rig: memory.Rig) -> None:
    keys = [schema.key_of(elements.instance(n)) for n in range(6)]
    rig.source.gate.clear()
    rig.dirty.add(keys)
    memory.eventually(lambda: rig.source.at_once == 2)
    rig.source.gate.set()
    assert rig.dirty.wait_until_clean(keys, memory.PATIENCE)
    assert sorted(rig.source.reads) == sorted(keys)
    assert rig.source.most_at_once == 2


def test_a_read_of_all_that_lacks_too_much_is_tried_again(
    rig: memory.Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 4: the share may be raised meanwhile."""
    rig.model.apply([mutation.Put(elements.node(n)) for n in range(30)])
    key = schema.ElementKey(schema.Kind.COMPUTE_NODE, schema.EVERY)
    nothing = reconcile.Reading(every=(schema.Kind.COMPUTE_NODE,))
    reads: list[schema.ElementKey] = []

    def read(key: schema.ElementKey) -> reconcile.Reading:
        reads.append(key)
        return nothing

    monkeypatch.setattr(rig.source, 'read', read)
    rig.dirty.add([key])
    memory.eventually(lambda: len(reads) > 1)
    assert len(rig.model.get_all_compute_nodes()) == 30
    rig.share = 1.0
    rig.settle(key)
    assert len(rig.model.get_all_compute_nodes()) == 0


def test_reads_keep_to_the_budget(clock: clocks.FakeClock) -> None:
    """Ten at once; another one only when it was earned."""
    rig = memory.Rig(clock, rate=0.001)
    keys = [schema.key_of(elements.instance(n)) for n in range(11)]
    rig.dirty.add(keys)
    rig.start()
    try:
        memory.eventually(lambda: len(rig.source.reads) == 10)
        assert not rig.dirty.wait_until_clean(keys, 0.05)
        assert len(rig.source.reads) == 10
        # Nor is it taken before: what is taken is not read late.
        (left,) = set(keys) - set(rig.source.reads)
        task = rig.dirty.take(0)
        assert task is not None
        assert task.key == left
    finally:
        rig.stop()


def test_what_waits_for_the_budget_is_not_read_after_the_end(
    clock: clocks.FakeClock,
) -> None:
    rig = memory.Rig(clock, rate=0.001)
    rig.start()
    rig.dirty.add(schema.key_of(elements.instance(n)) for n in range(11))
    memory.eventually(lambda: len(rig.source.reads) == 10)
    rig.stop()
    time.sleep(0.2)
    assert len(rig.source.reads) == 10


def test_who_reads_nothing_spends_nothing(
    clock: clocks.FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshers, '_IDLE', 0.001)
    rig = memory.Rig(clock, rate=1.0)
    rig.start()
    time.sleep(0.3)
    key = schema.key_of(elements.instance(1))
    rig.dirty.add([key])
    clean = rig.dirty.wait_until_clean([key], 0.3)
    rig.stop()
    assert clean


# -- reading many together ---

_SENT = 5000.0


@pytest.fixture
def sociable(
    clock: clocks.FakeClock,
) -> collections.abc.Iterator[memory.Rig]:
    """A rig that reads two instances together, when it is started."""
    made = memory.Rig(clock, together=frozenset({schema.Kind.INSTANCE}))
    clock.now = _SENT + 1
    yield made
    made.stop()


def _many(
    rig: memory.Rig, count: int, cause: change.Cause | None = None
) -> list[schema.ElementKey]:
    several = [elements.instance(number) for number in range(count)]
    rig.source.put(*several)
    keys = [schema.key_of(each) for each in several]
    rig.dirty.add(keys, _SENT, cause=cause)
    return keys


def _begin_two(rig: memory.Rig) -> list[schema.ElementKey]:
    """Begin to read two elements together, and hold the answer up."""
    keys = _many(rig, 2)
    rig.source.gate.clear()
    rig.start()
    memory.eventually(lambda: rig.source.at_once == 1)
    return keys


def test_many_are_read_by_one_list_of_what_changed_since(
    sociable: memory.Rig,
) -> None:
    keys = _many(sociable, 4)
    gone = keys.pop()
    del sociable.source.cloud[gone]
    sociable.model.apply([mutation.Put(elements.instance(3))])
    sociable.start()
    assert sociable.dirty.wait_until_clean([*keys, gone], memory.PATIENCE)
    assert sociable.source.reads == []
    ((asked, since),) = sociable.source.together
    assert sorted(asked) == sorted([*keys, gone])
    assert since.timestamp() < _SENT
    shown = {schema.key_of(each) for each in sociable.model.elements()}
    assert shown == set(keys)


def test_what_the_list_does_not_show_is_read_by_itself(
    sociable: memory.Rig,
) -> None:
    """Contract 1: no clock and no filter decides what is true."""
    keys = _many(sociable, 3)
    sociable.source.unshown = set(keys[:2])
    sociable.start()
    assert sociable.dirty.wait_until_clean(keys, memory.PATIENCE)
    assert sorted(sociable.source.reads) == sorted(keys[:2])
    assert len(sociable.model) == 3


@pytest.mark.parametrize(
    'error', [exceptions.CloudUnavailable('It is away.'), KeyError('a bug')]
)
def test_a_list_that_fails_leaves_a_read_of_each(
    clock: clocks.FakeClock, error: Exception
) -> None:
    """Contract 9: one row that nobody can read spoils no other."""
    rig = memory.Rig(together=frozenset({schema.Kind.INSTANCE}))
    keys = _many(rig, 3)
    rig.source.errors = [error]
    rig.start()
    try:
        assert rig.dirty.wait_until_clean(keys, memory.PATIENCE)
    finally:
        rig.stop()
    assert len(rig.source.together) == 1
    assert sorted(rig.source.reads) == sorted(keys)
    assert len(rig.model) == 3


def test_what_a_list_leaves_open_is_read_again(
    sociable: memory.Rig, clock: clocks.FakeClock
) -> None:
    keys = _many(sociable, 2)
    read = sociable.source.read_changed

    left = [tuple(keys[:1])]

    def unsettled(*asked: typing.Any) -> reconcile.Reading:
        return dataclasses.replace(read(*asked), unsettled=left.pop())

    sociable.source.read_changed = unsettled  # type: ignore[method-assign]
    sociable.start()

    def is_read_alone() -> bool:
        clock.advance(0.5)
        return sociable.source.reads == keys[:1]

    memory.eventually(is_read_alone)
    sociable.settle(*keys)
    assert len(sociable.model) == 2


def test_a_list_looks_back_for_two_minutes_at_most(
    sociable: memory.Rig, clock: clocks.FakeClock
) -> None:
    keys = _many(sociable, 2)
    clock.advance(3600)
    sociable.start()
    assert sociable.dirty.wait_until_clean(keys, memory.PATIENCE)
    ((_, since),) = sociable.source.together
    assert clock.time() - 130 < since.timestamp() <= clock.time() - 120


def test_no_list_however_long_it_took_is_waited_for(
    sociable: memory.Rig, clock: clocks.FakeClock
) -> None:
    """One that takes its time has the next wait for half a second."""
    slow = _begin_two(sociable)
    clock.advance(30)
    sociable.source.gate.set()
    assert sociable.dirty.wait_until_clean(slow, memory.PATIENCE)
    keys = _many(sociable, 2)

    def is_clean() -> bool:
        clock.advance(0.5)
        return sociable.dirty.wait_until_clean(keys, memory.PATIENCE / 10)

    # The first list may not have ended yet when they are asked for.
    assert is_clean() or is_clean()
    assert len(sociable.source.together) == 2


def test_what_changes_while_many_are_read_is_read_again(
    sociable: memory.Rig, clock: clocks.FakeClock
) -> None:
    """Contract 1, race 13."""
    keys = _begin_two(sociable)
    told = elements.instance(0, name='told', updated_at=elements.moment(5))
    sociable.writer.submit_read(
        [mutation.Put(told)], change.Cause('a hint')
    ).result(memory.PATIENCE)
    sociable.source.gate.set()
    memory.eventually(lambda: len(sociable.model) == 2)

    def is_clean() -> bool:
        clock.advance(1)
        return sociable.dirty.wait_until_clean(keys, 0)

    memory.eventually(is_clean)
    assert sociable.source.reads == [schema.key_of(told)]
