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

"""Polls: what changed lately, and what nobody announces."""

import collections.abc
import datetime
import threading

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import health as healths
from cdm_graph.collector import poller as pollers
from cdm_graph.collector import reconcile
from cdm_graph.model import change
from cdm_graph.model import mutation
from cdm_graph.model import schema
from tests.support import clock as clocks
from tests.support import elements
from tests.support import memory

_KIND = schema.Kind


@pytest.fixture
def rig(clock: clocks.FakeClock) -> collections.abc.Iterator[memory.Rig]:
    """Return a rig whose model was filled when the clock began."""
    rig = memory.Rig(clock)
    rig.writer.start()
    rig.model.mark_synchronized(clock.time())
    yield rig
    rig.writer.stop()


def _run(rig: memory.Rig) -> pollers.PollReport:
    report = rig.poller.run()
    assert report is not None
    assert rig.poller.report is report
    return report


def _moment(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC)


def test_a_model_that_was_never_filled_is_not_polled(
    clock: clocks.FakeClock,
) -> None:
    rig = memory.Rig(clock)
    assert rig.poller.run() is None
    assert rig.source.polls == []
    assert rig.poller.report is None
    assert rig.poller.health == healths.SourceHealth()


def test_it_asks_from_the_last_poll_on_and_for_a_while_before(
    rig: memory.Rig, clock: clocks.FakeClock
) -> None:
    """A row is not seen at the moment that it is dated."""
    rig.overlap = 60.0
    began = clock.time()
    for _ in range(3):
        clock.advance(100)
        _run(rig)
    assert rig.source.polls == [
        _moment(began - 60),
        _moment(began + 100 - 60),
        _moment(began + 200 - 60),
    ]


def test_the_overlap_may_change_between_two_polls(
    rig: memory.Rig, clock: clocks.FakeClock
) -> None:
    began = clock.time()
    for overlap in (10.0, 0.0):
        rig.overlap = overlap
        _run(rig)
    assert rig.source.polls == [_moment(began - 10), _moment(began)]


def test_it_goes_on_from_the_begin_of_a_poll_and_not_from_its_end(
    rig: memory.Rig,
    clock: clocks.FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What changes while it is fetched is asked for again."""
    poll = rig.source.poll

    def slow(since: datetime.datetime) -> reconcile.Reading:
        clock.advance(30)
        return poll(since)

    monkeypatch.setattr(rig.source, 'poll', slow)
    began = clock.time()
    report = _run(rig)
    assert (report.began_at, report.seconds) == (began, 30.0)
    _run(rig)
    assert rig.source.polls[1] == _moment(began)


def test_a_synchronize_is_as_good_as_a_poll(
    rig: memory.Rig, clock: clocks.FakeClock
) -> None:
    _run(rig)
    clock.advance(1000)
    rig.model.mark_synchronized(clock.time())
    clock.advance(50)
    _run(rig)
    assert rig.source.polls[-1] == _moment(clock.time() - 50)


def test_a_synchronize_that_saw_a_part_is_no_reason_to_ask_for_less(
    rig: memory.Rig, clock: clocks.FakeClock
) -> None:
    began = clock.time()
    clock.advance(1000)
    rig.model.mark_synchronized(clock.time(), ['a cell is down'])
    _run(rig)
    assert rig.source.polls == [_moment(began)]


@pytest.mark.parametrize(
    'error',
    [
        exceptions.CloudUnavailable('It is away.'),
        exceptions.MassDeletionRefused('Too many.'),
    ],
)
def test_a_poll_that_fails_is_made_good_for_by_the_next(
    rig: memory.Rig, clock: clocks.FakeClock, error: Exception
) -> None:
    """Contract 9."""
    report = _run(rig)
    since = report.began_at
    rig.source.errors = [error] * 2
    for failures in (1, 2):
        clock.advance(100)
        assert rig.poller.run() is None
        assert rig.poller.health == healths.SourceHealth(failures, str(error))
        # What the last good one did is still told.
        assert rig.poller.report is report
    clock.advance(100)
    _run(rig)
    assert rig.poller.health == healths.SourceHealth()
    assert rig.source.polls[1:] == [_moment(since)] * 3
    assert (rig.poller.history.succeeded, rig.poller.history.failed) == (2, 2)


def test_what_it_shows_is_merged_when_it_ends(rig: memory.Rig) -> None:
    rig.model.apply(
        [
            mutation.Put(elements.node(1)),
            mutation.Put(elements.node(2)),
            mutation.Put(elements.instance(3)),
            mutation.Put(elements.instance(4)),
            mutation.Put(elements.instance(5)),
        ]
    )
    key = schema.key_of(elements.instance(5))
    rig.source.changed = reconcile.Reading(
        elements=(
            elements.node(1, vcpus_used=7),
            elements.node(6),
            elements.instance(3, name='true'),
        ),
        absent=(schema.key_of(elements.instance(4)),),
        every=(_KIND.COMPUTE_NODE,),
        doubts=(key,),
    )
    report = _run(rig)
    assert set(rig.model.get_all_compute_nodes()) == {
        elements.uuid(1),
        elements.uuid(6),
    }
    assert rig.model.get_node_by_name('node-1').vcpus_used == 7
    assert {
        uuid: each.name for uuid, each in rig.model.get_all_instances().items()
    } == {elements.uuid(3): 'true', elements.uuid(5): 'vm-5'}
    assert report.drift == {
        'missed ComputeNode': 1,
        'phantom ComputeNode': 1,
        'stale attribute Instance': 1,
        'phantom Instance': 1,
    }
    # What came and went is lost, what only changed is not.
    assert report.lost == 3
    assert rig.dirty.wait_until_clean([key], 0) is False


def test_a_poll_without_news_has_no_drift(rig: memory.Rig) -> None:
    rig.model.apply([mutation.Put(elements.instance(1))])
    rig.source.changed = reconcile.Reading((elements.instance(1),))
    sequence = rig.model.sequence
    report = _run(rig)
    assert (report.drift, report.lost) == ({}, 0)
    assert rig.model.sequence == sequence


def test_what_is_announced_during_a_poll_is_read(
    rig: memory.Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract 1, race 13: the rows may be older than that."""
    told = elements.instance(1, name='told')

    def poll(_since: datetime.datetime) -> reconcile.Reading:
        rig.model.apply([mutation.Put(told)])
        return reconcile.Reading((elements.instance(1, name='as read'),))

    monkeypatch.setattr(rig.source, 'poll', poll)
    assert _run(rig).drift == {}
    assert rig.model.elements() == (told,)
    assert rig.dirty.urgent() == 1


def test_a_poll_that_lacks_too_much_is_refused(rig: memory.Rig) -> None:
    """Rule 4."""
    rig.model.apply([mutation.Put(elements.node(n)) for n in range(30)])
    rig.source.changed = reconcile.Reading(every=(_KIND.COMPUTE_NODE,))
    assert rig.poller.run() is None
    assert 'deletion_share' in (rig.poller.health.last_error or '')
    assert len(rig.model.get_all_compute_nodes()) == 30
    rig.share = 1.0
    assert _run(rig).lost == 30


@pytest.mark.parametrize(
    ('drift', 'lost'),
    [
        ({}, 0),
        ({'missed Instance': 3, 'missed ComputeNode': 1}, 4),
        ({'phantom Instance': 2}, 2),
        ({'stale attribute Instance': 9, 'suspect ServerGroup': 9}, 0),
    ],
)
def test_what_came_or_went_unnoticed_is_lost(
    drift: dict[str, int], lost: int
) -> None:
    assert pollers.PollReport(0.0, 0.0, drift).lost == lost


def test_polls_do_not_overlap(rig: memory.Rig) -> None:
    rig.source.gate.clear()
    threads = [
        threading.Thread(target=rig.poller.run, daemon=True) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    memory.eventually(lambda: rig.source.at_once == 1)
    rig.source.gate.set()
    for thread in threads:
        thread.join(memory.PATIENCE)
    assert len(rig.source.polls) == 3
    assert rig.source.most_at_once == 1


def test_a_mistake_in_a_poll_is_told(clock: clocks.FakeClock) -> None:
    rig = memory.Rig(clock)
    rig.writer.start()
    rig.model.mark_synchronized(clock.time())
    rig.source.errors = [KeyError('a bug')]
    try:
        assert rig.poller.run() is None
        assert rig.poller.health.failures == 1
    finally:
        rig.writer.stop()


def _heard(rig: memory.Rig) -> None:
    """Let all that was sent up to now be delivered."""
    now = rig.clock.time()
    rig.writer.submit_heartbeat(now)
    memory.eventually(lambda: rig.writer.heard_at == now)


def test_what_is_announced_meanwhile_was_not_lost(
    rig: memory.Rig, clock: clocks.FakeClock
) -> None:
    """It is compared when the bus has delivered what was sent before."""
    _heard(rig)
    clock.advance(1)
    came = elements.instance(1)
    rig.source.changed = reconcile.Reading((came,))
    reports: list[pollers.PollReport | None] = []
    poll = threading.Thread(target=lambda: reports.append(rig.poller.run()))
    poll.start()
    memory.eventually(lambda: rig.source.polls)
    rig.writer.submit_read(
        [mutation.Put(came)], change.Cause('announced')
    ).result(memory.PATIENCE)
    _heard(rig)
    poll.join(memory.PATIENCE)
    (report,) = reports
    assert report is not None
    assert (report.heard, report.drift, report.lost) == (True, {}, 0)


def test_a_poll_waits_for_no_bus_that_is_away(
    rig: memory.Rig, clock: clocks.FakeClock
) -> None:
    """What that may have lost is told by its heartbeats."""
    _heard(rig)
    clock.advance(10)
    came = elements.instance(1)
    rig.source.changed = reconcile.Reading((came,))
    report = _run(rig)
    assert report.drift == {'missed Instance': 1}
    assert (report.heard, report.lost) == (False, 0)
    assert rig.model.elements() == (came,)
