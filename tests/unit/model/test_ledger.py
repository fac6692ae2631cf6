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

import pytest

from cdm_graph.model import ledger as ledgers
from cdm_graph.model import schema
from tests.support import elements

_KEY = schema.key_of(elements.instance(1))


@pytest.fixture
def ledger() -> ledgers.Ledger:
    return ledgers.Ledger()


def test_nothing_is_known_of_what_never_changed(
    ledger: ledgers.Ledger,
) -> None:
    assert not ledger.is_touched_since(_KEY, 0)
    assert not ledger.is_absent(_KEY)
    assert not ledger.is_deleted(_KEY)
    assert ledger.as_of(_KEY) is None


def test_a_touch_is_before_the_fences_that_follow(
    ledger: ledgers.Ledger,
) -> None:
    fences = [ledger.raise_fence()]
    ledger.touch([_KEY], {})
    ledger.touch([], {})
    fences += [ledger.raise_fence(), ledger.raise_fence()]
    assert fences[0] < fences[1] < fences[2]
    assert [ledger.is_touched_since(_KEY, each) for each in fences] == [
        True,
        False,
        False,
    ]
    ledger.touch([_KEY], {})
    assert ledger.is_touched_since(_KEY, fences[2])


def test_a_list_is_one_touch_of_all_that_it_may_show(
    ledger: ledgers.Ledger,
) -> None:
    before, own = ledger.raise_fence(), ledger.raise_fence()
    ledger.note_merge([_KEY.kind], own)
    ledger.touch([_KEY], {_KEY: own})
    after = ledger.raise_fence()
    assert ledger.is_touched_since(_KEY, before)
    assert not ledger.is_touched_since(_KEY, own)
    assert not ledger.is_touched_since(_KEY, after)
    ledger.touch([_KEY], {_KEY: after})
    assert ledger.is_touched_since(_KEY, own)
    assert ledger.is_touched_since(_KEY, after)


def test_what_a_list_overtook_is_forgotten(
    ledger: ledgers.Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, '_DROPPED_AT_ONCE', 2)
    keys = [schema.key_of(elements.instance(each)) for each in range(5)]
    ledger.touch(keys, {})
    since = ledger.raise_fence()
    fences = []
    for _ in range(2):
        fences.append(ledger.raise_fence())
        ledger.note_merge([_KEY.kind], fences[-1])
        # The same merge once more, as when it is tried again.
        ledger.note_merge([_KEY.kind], fences[-1])
        assert all(ledger.is_touched_since(key, since) for key in keys)
    assert not any(ledger.is_touched_since(key, fences[-1]) for key in keys)
    left = []
    for _ in range(5):
        left.append(sum(map(len, ledger._outdated)))
        ledger.forget(0.0)
    assert left == [5, 3, 1, 0, 0]


def test_a_list_overtakes_what_began_before_it_was_merged(
    ledger: ledgers.Ledger,
) -> None:
    before = ledger.raise_fence()
    own = ledger.raise_fence()
    during = ledger.raise_fence()
    ledger.note_merge([_KEY.kind], own)
    after = ledger.raise_fence()
    assert ledger.is_overtaken(_KEY.kind, before)
    assert ledger.is_overtaken(_KEY.kind, during)
    assert not ledger.is_overtaken(_KEY.kind, own)
    assert not ledger.is_overtaken(_KEY.kind, after)
    assert not ledger.is_overtaken(schema.Kind.FLAVOR, before)


def test_a_list_that_is_merged_late_is_overtaken_itself(
    ledger: ledgers.Ledger,
) -> None:
    slow, quick = ledger.raise_fence(), ledger.raise_fence()
    ledger.note_merge([_KEY.kind], quick)
    between = ledger.raise_fence()
    assert not ledger.is_overtaken(_KEY.kind, between)
    ledger.note_merge([_KEY.kind], slow)
    ledger.note_merge([_KEY.kind], slow)
    assert ledger.is_overtaken(_KEY.kind, slow)
    assert ledger.is_overtaken(_KEY.kind, quick)
    assert ledger.is_overtaken(_KEY.kind, between)
    assert not ledger.is_overtaken(_KEY.kind, ledger.raise_fence())


def test_what_is_buried_was_touched_then(ledger: ledgers.Ledger) -> None:
    ledger.touch([_KEY], {})
    ledger.note_as_of({_KEY: elements.moment(1)})
    ledger.bury(_KEY, 100.0, final=False)
    assert ledger.is_touched_since(_KEY, 1)
    assert not ledger.is_touched_since(_KEY, 2)
    assert ledger.is_absent(_KEY)
    assert not ledger.is_deleted(_KEY)
    assert ledger.as_of(_KEY) is None


def test_a_deletion_stays_one_when_a_read_shows_it_too(
    ledger: ledgers.Ledger,
) -> None:
    ledger.bury(_KEY, 100.0, final=True)
    ledger.bury(_KEY, 101.0, final=False)
    assert ledger.is_deleted(_KEY)


def test_what_is_there_again_is_not_buried(ledger: ledgers.Ledger) -> None:
    ledger.bury(_KEY, 100.0, final=True)
    ledger.touch([_KEY], {})
    assert not ledger.is_absent(_KEY)
    assert not ledger.is_deleted(_KEY)
    assert ledger.is_touched_since(_KEY, 1)
    assert not ledger.is_touched_since(_KEY, 2)


def test_only_old_tombstones_are_forgotten(ledger: ledgers.Ledger) -> None:
    other = schema.key_of(elements.instance(2))
    ledger.bury(_KEY, 100.0, final=True)
    ledger.bury(other, 200.0, final=True)
    ledger.bury(_KEY, 300.0, final=True)
    ledger.forget(201.0 + ledgers.TOMBSTONE_AGE)
    assert not ledger.is_absent(other)
    assert ledger.is_absent(_KEY)


def test_tombstones_are_kept_for_as_long_as_is_told() -> None:
    ledger = ledgers.Ledger(tombstone_age=10.0)
    ledger.bury(_KEY, 100.0, final=True)
    ledger.forget(110.0)
    assert ledger.is_deleted(_KEY)
    ledger.forget(110.1)
    assert not ledger.is_deleted(_KEY)
    assert not ledger.is_absent(_KEY)


def test_the_last_reads_are_remembered(
    ledger: ledgers.Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, '_READS_KEPT', 2)
    first, second, third = (
        schema.key_of(elements.instance(number)) for number in range(3)
    )
    early, late = ledger.raise_fence(), ledger.raise_fence()
    ledger.note_read(first, late)
    ledger.note_read(second, early)
    ledger.note_read(first, early)
    assert (ledger.read_at(first), ledger.read_at(second)) == (late, early)
    ledger.note_read(third, early)
    assert ledger.read_at(second) == 0
    assert (ledger.read_at(first), ledger.read_at(third)) == (late, early)
    ledger.bury(first, 100.0, final=False)
    assert ledger.read_at(first) == 0


def test_the_rows_of_a_list_are_no_reads(ledger: ledgers.Ledger) -> None:
    fence, late = ledger.raise_fence(), ledger.raise_fence()
    ledger.note_merge([schema.Kind.INSTANCE], fence)
    ledger.note_read(_KEY, fence)
    assert ledger.read_at(_KEY) == 0
    ledger.note_read(_KEY, late)
    assert ledger.read_at(_KEY) == late
