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

import time

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import reconcile
from cdm_graph.collector import refresher as refreshers
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


def test_what_changes_while_it_is_read_is_read_again(rig: memory.Rig) -> None:
    """Contract 1, race 13."""
    key = schema.key_of(elements.instance(1))
    rig.source.put(elements.instance(1, name='old'))
    rig.source.gate.clear()
    rig.dirty.add([key])
    memory.eventually(lambda: rig.source.at_once == 1)
    told = elements.instance(1, name='told', updated_at=elements.moment(5))
    rig.writer.submit_read([mutation.Put(told)], 'a hint').result(
        memory.PATIENCE
    )
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
    nothing = reconcile.Reading(every=schema.Kind.COMPUTE_NODE)
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
