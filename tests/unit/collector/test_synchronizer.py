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

"""Synchronizes: one at a time, when asked to, and never in vain."""

import collections.abc
import threading
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import health as healths
from cdm_graph.collector import reconcile
from cdm_graph.collector import synchronizer as synchronizers
from cdm_graph.model import freshness
from cdm_graph.model import mutation
from cdm_graph.model import schema
from tests.support import clock as clocks
from tests.support import elements
from tests.support import memory


def test_a_synchronize_makes_the_model_ready(rig: memory.Rig) -> None:
    rig.source.put(elements.node(1), elements.hosted(2, elements.node(1)))
    assert rig.model.freshness.readiness is freshness.Readiness.NOT_READY
    rig.synchronize()
    assert rig.model.freshness.readiness is freshness.Readiness.READY
    assert len(rig.model.get_node_instances(elements.node(1))) == 1
    report = rig.synchronizer.report
    assert report is not None
    # The first one corrects nothing: it fills.
    assert (report.drift, report.elements) == ({}, 2)


def test_drift_is_what_a_synchronize_had_to_correct(rig: memory.Rig) -> None:
    rig.source.put(
        elements.instance(1), elements.instance(2), elements.flavor('a')
    )
    rig.synchronize()
    rig.source.cloud.clear()
    rig.source.put(elements.instance(2, name='true'), elements.instance(3))
    rig.synchronize()
    report = rig.synchronizer.report
    assert report is not None
    assert report.drift == {
        'stale attribute Instance': 1,
        'missed Instance': 1,
        'phantom Instance': 1,
        'phantom Flavor': 1,
    }
    assert set(rig.model.graph) == {elements.uuid(2), elements.uuid(3)}


def test_only_a_model_that_is_in_service_is_listed_with_pauses(
    rig: memory.Rig, pauses: list[None]
) -> None:
    rig.source.put(elements.instance(1), elements.instance(2))
    rig.synchronize()
    assert pauses == []
    rig.synchronize()
    # Each row that is fetched, each element that is known, and each row
    # that is merged.
    assert len(pauses) == 6


def _fail_reads(
    rig: memory.Rig, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Let every read of one element fail from now on."""

    def fail(_key: schema.ElementKey) -> reconcile.Reading:
        raise error

    monkeypatch.setattr(rig.source, 'read', fail)


def test_a_synchronize_whose_suspects_are_unread_is_not_complete(
    rig: memory.Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract 2, rule 5."""
    monkeypatch.setattr(synchronizers, '_READS_TIMEOUT', 0.05)
    rig.source.put(elements.instance(1))
    rig.synchronize()
    before = rig.model.freshness.synchronized_at
    rig.source.cloud.clear()
    _fail_reads(rig, monkeypatch, exceptions.CloudUnavailable('away'))
    rig.synchronize()
    shown = rig.model.freshness
    assert shown.synchronized_at == before
    assert shown.partial == ('1 suspects are still to be read',)
    assert shown.readiness is freshness.Readiness.PARTIAL


def test_what_came_before_the_first_list_holds_nobody_up(
    rig: memory.Rig,
) -> None:
    rig.model.apply([mutation.Put(elements.instance(1))])
    rig.source.put(elements.instance(2))
    rig.synchronize()
    assert set(rig.model.graph) == {elements.uuid(2)}
    assert rig.model.freshness.partial == ()


def test_a_synchronize_ends_when_the_suspects_were_read(
    rig: memory.Rig,
) -> None:
    """Contract 2: then the model equals the cloud."""
    rig.source.put(*(elements.instance(n) for n in range(10)))
    rig.synchronize()
    rig.source.cloud.clear()
    rig.synchronize()
    assert len(rig.model) == 0


def test_a_synchronize_ends_when_what_waited_for_it_was_read(
    rig: memory.Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then a model that had a gap is as fresh as one that had none."""
    rig.source.put(elements.instance(1))
    rig.synchronize()
    submit = rig.writer.submit_all

    def merge(*how: typing.Any) -> typing.Any:
        yield from submit(*how)
        told = elements.instance(2)
        rig.source.put(told)
        rig.dirty.add([schema.key_of(told)])

    monkeypatch.setattr(rig.writer, 'submit_all', merge)
    rig.synchronize()
    assert elements.uuid(2) in rig.model.graph


def test_a_synchronize_waits_a_while_for_what_cannot_be_read(
    rig: memory.Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has seen all that there is, so it is complete."""
    monkeypatch.setattr(synchronizers, '_BACKLOG_TIMEOUT', 0.05)
    rig.source.put(elements.instance(1))
    rig.synchronize()
    _fail_reads(
        rig, monkeypatch, exceptions.ElementUnobservable('its cell is down')
    )
    rig.dirty.add([schema.key_of(elements.instance(2))])
    rig.synchronize()
    assert rig.model.freshness.partial == ()
    assert len(rig.dirty) == 1


@pytest.mark.parametrize(
    'error', [exceptions.CloudUnavailable('It is away.'), KeyError('a bug')]
)
def test_the_last_good_model_stays_when_a_list_fails(
    rig: memory.Rig, error: Exception
) -> None:
    """Contract 9; rule 4 of the design."""
    rig.source.put(elements.instance(1))
    rig.synchronize()
    synchronized_at = rig.model.freshness.synchronized_at
    sequence = rig.model.sequence
    rig.source.gate.clear()
    rig.source.errors = [error] * 2
    ticket = rig.synchronizer.request('a test')
    memory.eventually(lambda: rig.source.at_once == 1)
    rig.source.gate.set()
    rig.source.gate.clear()
    memory.eventually(lambda: rig.synchronizer.health.failures >= 1)
    assert rig.synchronizer.health.last_error == str(error)
    assert rig.synchronizer.health.retry_at is not None
    assert rig.model.sequence == sequence
    assert rig.model.freshness.synchronized_at == synchronized_at
    rig.source.gate.set()
    assert rig.synchronizer.wait(ticket, memory.PATIENCE)
    assert rig.synchronizer.health == healths.SourceHealth()
    history = rig.synchronizer.history
    assert (history.succeeded, history.failed) == (2, 2)
    freshness_now = rig.model.freshness.synchronized_at
    assert freshness_now is not None
    assert synchronized_at is not None
    assert freshness_now > synchronized_at


def test_a_list_that_lacks_too_much_changes_nothing(rig: memory.Rig) -> None:
    rig.source.put(*(elements.instance(n) for n in range(30)))
    rig.synchronize()
    rig.source.cloud.clear()
    ticket = rig.synchronizer.request('a test')
    memory.eventually(lambda: rig.synchronizer.health.failures > 1)
    assert 'deletion_share' in (rig.synchronizer.health.last_error or '')
    assert len(rig.model) == 30
    rig.share = 1.0
    assert rig.synchronizer.wait(ticket, memory.PATIENCE)
    assert len(rig.model) == 0


def test_a_partial_list_says_so(rig: memory.Rig) -> None:
    rig.source.partial = ('a cell is down',)
    rig.synchronize()
    assert rig.model.freshness.readiness is freshness.Readiness.PARTIAL
    report = rig.synchronizer.report
    assert report is not None
    assert report.partial == ('a cell is down',)


def test_lists_do_not_overlap_and_a_request_meanwhile_leads_to_another(
    rig: memory.Rig,
) -> None:
    rig.source.gate.clear()
    first = rig.synchronizer.request('first')
    memory.eventually(lambda: rig.source.lists == 1)
    rig.source.put(elements.instance(1))
    later = [rig.synchronizer.request(f'later {n}') for n in range(3)]
    assert not rig.synchronizer.wait(first, 0)
    rig.source.gate.set()
    assert rig.synchronizer.wait(later[-1], memory.PATIENCE)
    assert rig.source.lists == 2
    assert rig.source.most_at_once == 1
    assert len(rig.model) == 1


@pytest.mark.parametrize('errors', [[], [exceptions.CloudUnavailable('no')]])
def test_it_is_told_since_when_a_list_is_running(
    rig: memory.Rig, errors: list[Exception]
) -> None:
    rig.synchronize()
    assert rig.synchronizer.listing_since is None
    rig.source.gate.clear()
    rig.source.errors = errors
    before = rig.clock.time()
    rig.synchronizer.request('a test')
    memory.eventually(lambda: rig.source.at_once == 1)
    since = rig.synchronizer.listing_since
    assert since is not None
    assert before <= since <= rig.clock.time()
    rig.source.gate.set()
    memory.eventually(lambda: rig.synchronizer.listing_since is None)


def test_waiting_ends_when_it_is_stopped(rig: memory.Rig) -> None:
    rig.source.gate.clear()
    ticket = rig.synchronizer.request('a test')
    threading.Timer(0.05, rig.synchronizer.stop).start()
    assert not rig.synchronizer.wait(ticket, memory.PATIENCE)


def test_a_suspect_that_is_still_there_is_drift_of_its_own(
    rig: memory.Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Race 14: it was in no list, but it is not gone."""
    rig.source.put(elements.instance(1), elements.instance(2))
    rig.synchronize()
    whole = dict(rig.source.cloud)
    del rig.source.cloud[schema.key_of(elements.instance(2))]

    def read(key: schema.ElementKey) -> reconcile.Reading:
        return reconcile.Reading((whole[key],))

    monkeypatch.setattr(rig.source, 'read', read)
    rig.synchronize()
    report = rig.synchronizer.report
    assert report is not None
    assert report.drift == {'suspect Instance': 1}
    assert len(rig.model) == 2


def test_what_no_list_shows_as_a_whole_is_read_before_the_end(
    rig: memory.Rig,
) -> None:
    rig.source.put(elements.instance(1))
    rig.source.unsure = (schema.key_of(elements.instance(1)),)
    rig.synchronize()
    assert rig.source.reads == list(rig.source.unsure)
    assert rig.model.freshness.partial == ()


def test_a_model_that_is_filled_for_the_first_time_waits_for_no_few(
    rig: memory.Rig,
) -> None:
    """Those that are unsure are few; the many are there."""
    rig.source.put(elements.instance(1), elements.instance(2))
    rig.source.unsure = (schema.key_of(elements.instance(1)),)
    held = threading.Event()
    read = rig.source.read

    def slow(key: schema.ElementKey) -> reconcile.Reading:
        assert held.wait(memory.PATIENCE)
        return read(key)

    rig.source.read = slow  # type: ignore[method-assign]
    ticket = rig.synchronizer.request('a test')
    memory.eventually(lambda: rig.model.freshness.synchronized_at is not None)
    assert rig.model.freshness.partial == ('1 suspects are still to be read',)
    assert len(rig.model) == 2
    held.set()
    assert rig.synchronizer.wait(ticket, memory.PATIENCE)
    assert rig.model.freshness.partial == ()


# -- gaps ---


_PAUSE = 10.0


@pytest.fixture
def paused(clock: clocks.FakeClock) -> collections.abc.Iterator[memory.Rig]:
    """Return a rig by whose clock gaps have to wait; it was synchronized."""
    rig = memory.Rig(clock, _PAUSE)
    rig.start()
    rig.synchronize()
    yield rig
    rig.stop()


def test_the_first_gap_is_waited_for_by_nobody(
    clock: clocks.FakeClock,
) -> None:
    rig = memory.Rig(clock, _PAUSE)
    rig.start()
    try:
        ticket = rig.synchronizer.request_after_gap('the bus is there')
        assert rig.synchronizer.wait(ticket, memory.PATIENCE)
    finally:
        rig.stop()


def test_gaps_are_synchronized_after_at_a_distance_and_at_once(
    paused: memory.Rig, clock: clocks.FakeClock
) -> None:
    """A bus that comes and goes does not wear out the cloud."""
    clock.advance(_PAUSE / 4)
    first = paused.synchronizer.request_after_gap('first')
    assert not paused.synchronizer.wait(first, 0.05)
    assert paused.source.lists == 1
    clock.advance(_PAUSE - _PAUSE / 4)
    # The first of them has waited long enough for both.
    second = paused.synchronizer.request_after_gap('second')
    assert paused.synchronizer.wait(second, memory.PATIENCE)
    assert paused.source.lists == 2
    assert paused.synchronizer.wait(first, 0)


def test_a_gap_may_have_to_wait_longer(
    paused: memory.Rig, clock: clocks.FakeClock
) -> None:
    clock.advance(_PAUSE)
    first = paused.synchronizer.request_after_gap('first', 2 * _PAUSE)
    assert not paused.synchronizer.wait(first, 0.05)
    assert paused.source.lists == 1
    # One that need not wait for so long makes good for it.
    second = paused.synchronizer.request_after_gap('second')
    assert paused.synchronizer.wait(second, memory.PATIENCE)
    assert paused.synchronizer.wait(first, 0)
    assert paused.source.lists == 2


def test_a_gap_long_after_the_last_synchronize_waits_for_nothing(
    paused: memory.Rig, clock: clocks.FakeClock
) -> None:
    clock.advance(_PAUSE)
    ticket = paused.synchronizer.request_after_gap('a gap')
    assert paused.synchronizer.wait(ticket, memory.PATIENCE)


def test_who_asks_for_a_synchronize_does_not_wait_for_a_gap(
    paused: memory.Rig,
) -> None:
    gap = paused.synchronizer.request_after_gap('a gap')
    ticket = paused.synchronizer.request('asked for')
    assert paused.synchronizer.wait(ticket, memory.PATIENCE)
    # It began after the gap, so it makes good for that too.
    assert paused.synchronizer.wait(gap, 0)
    assert paused.source.lists == 2


def test_a_gap_during_a_synchronize_leads_to_another_after_the_pause(
    paused: memory.Rig, clock: clocks.FakeClock
) -> None:
    """Race 19: the list may have been read before the loss."""
    paused.source.gate.clear()
    running = paused.synchronizer.request('a test')
    memory.eventually(lambda: paused.source.at_once == 1)
    gap = paused.synchronizer.request_after_gap('a gap')
    paused.source.gate.set()
    assert paused.synchronizer.wait(running, memory.PATIENCE)
    assert not paused.synchronizer.wait(gap, 0.05)
    clock.advance(_PAUSE)
    again = paused.synchronizer.request_after_gap('another')
    assert paused.synchronizer.wait(again, memory.PATIENCE)
    assert paused.source.lists == 3


def test_a_gap_puts_off_nothing_that_was_asked_for_before(
    paused: memory.Rig,
) -> None:
    paused.source.gate.clear()
    running = paused.synchronizer.request('a test')
    memory.eventually(lambda: paused.source.at_once == 1)
    ticket = paused.synchronizer.request('asked for')
    gap = paused.synchronizer.request_after_gap('a gap')
    paused.source.gate.set()
    assert paused.synchronizer.wait(running, memory.PATIENCE)
    assert paused.synchronizer.wait(ticket, memory.PATIENCE)
    assert paused.synchronizer.wait(gap, 0)
    assert paused.source.lists == 3


def test_the_reasons_of_a_synchronize_are_told_each_once(
    paused: memory.Rig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level('INFO')
    for reason in ('a gap', 'another', 'a gap'):
        paused.synchronizer.request_after_gap(reason)
    ticket = paused.synchronizer.request('asked for')
    assert paused.synchronizer.wait(ticket, memory.PATIENCE)
    assert 'begins (a gap, another, asked for)' in caplog.text
