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

"""What every collector does, whatever the service."""

import collections.abc
import dataclasses
import datetime
import threading
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import base
from cdm_graph.collector import loadable
from cdm_graph.collector import reconcile
from cdm_graph.conf import loading
from cdm_graph.model import freshness
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification import accounting
from cdm_graph.notification import announcer as announcers
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import handler
from tests.support import clock as clocks
from tests.support import elements
from tests.support import memory

_KEY = schema.key_of(elements.instance(1))
_LIMIT = 2


class _Collector(base.BaseClusterModelCollector):
    """A collector of a cloud in memory, which announces what changes."""

    announcer: typing.ClassVar[announcers.Announcer | None] = (
        announcers.Announcer(
            name='Cloud',
            publishers=r'cloud\.',
            exchange='cloud',
            topics=('notifications',),
            where='cloud.conf',
            topics_option='topics',
            settings=(),
        )
    )

    def __init__(
        self, surroundings: loadable.Surroundings, source: memory.Memory
    ) -> None:
        self.source = source
        super().__init__(surroundings)

    @property
    def notification_handler(self) -> handler.NotificationHandler:
        raise NotImplementedError

    def synchronize(self) -> live_model.LiveModel:
        raise NotImplementedError

    def list_all(self, stage: reconcile.Stage) -> reconcile.Coverage:
        return self.source.list_all(stage)

    def read(self, key: schema.ElementKey) -> reconcile.Reading:
        return self.source.read(key)

    def poll(self, since: datetime.datetime) -> reconcile.Reading:
        return self.source.poll(since)


class _Silent(_Collector):
    """A collector of one that announces nothing."""

    announcer = None
    kinds: typing.ClassVar = frozenset({schema.Kind.INSTANCE})


class _Simple(base.BaseClusterModelCollector):
    """A collector that has no more than it needs."""

    @property
    def notification_handler(self) -> handler.NotificationHandler:
        raise NotImplementedError

    def synchronize(self) -> live_model.LiveModel:
        return live_model.LiveModel([elements.instance(1, project_id='red')])

    def read(self, key: schema.ElementKey) -> reconcile.Reading:
        return reconcile.Reading((elements.instance(1, project_id='red'),))


@pytest.fixture
def surroundings(clock: clocks.FakeClock) -> loadable.Surroundings:
    conf = loading.load(
        overrides={
            ('collector', 'refresh_delay'): 0.0,
            ('collector', 'refresh_rate'): 0.0,
            ('collector', 'settling_time'): 0.0,
            ('collector', 'drift_limit'): _LIMIT,
            ('collector', 'poll_overlap'): 30,
            ('collector', 'tombstone_age'): 50.0,
        },
        find_files=False,
    )
    return loadable.Surroundings(conf, clock, accounting.Accounting())


@pytest.fixture
def source() -> memory.Memory:
    source = memory.Memory()
    source.put(*(elements.instance(number) for number in range(5)))
    return source


@pytest.fixture
def collector(
    surroundings: loadable.Surroundings, source: memory.Memory
) -> collections.abc.Iterator[_Collector]:
    """Return a collector whose model is filled."""
    made = _Collector(surroundings, source)
    memory.eventually(lambda: made.last_synchronize)
    yield made
    source.gate.set()
    made.stop()


@pytest.fixture
def silent(
    surroundings: loadable.Surroundings, source: memory.Memory
) -> collections.abc.Iterator[_Silent]:
    """Return a collector that relies on nobody, whose model is filled."""
    made = _Silent(surroundings, source)
    memory.eventually(lambda: made.last_synchronize)
    yield made
    source.gate.set()
    made.stop()


def _lists(collector: _Collector, number: int) -> None:
    """Wait until so many synchronizes are over."""
    memory.eventually(lambda: collector.source.lists == number)
    ticket = collector._synchronizer._requested
    assert collector.wait_for_synchronize(ticket, memory.PATIENCE)


# -- freshness ---


def test_its_model_is_as_fresh_as_the_last_heartbeat(
    collector: _Collector, clock: clocks.FakeClock
) -> None:
    """Contract 3."""
    model = collector.cluster_data_model
    clock.advance(60)
    assert model.freshness.age == 60
    collector.note_heartbeat(clock.time() - 5, 0.25)
    assert collector.wait_until(age=5.0, timeout=memory.PATIENCE)
    shown = model.freshness
    assert shown.age == 5
    assert shown.pulse == freshness.Pulse(
        heard_at=clock.time() - 5, gap_at=None, unread_at=None, lag=0.25
    )
    assert collector.get_latest_cluster_data_model().freshness == shown


def test_what_waits_to_be_read_keeps_the_model_old(
    collector: _Collector, clock: clocks.FakeClock
) -> None:
    """Contract 3."""
    model = collector.cluster_data_model
    clock.advance(60)
    collector.source.gate.clear()
    collector.refresh([_KEY], wait=False)
    memory.eventually(lambda: collector.source.at_once == 1)
    clock.advance(10)
    collector.note_heartbeat(clock.time(), 0.0)
    memory.eventually(lambda: collector._writer.heard_at == clock.time())
    assert model.freshness.pulse.dirty == collector.dirty == 1
    assert model.freshness.age == 10
    collector.source.gate.set()
    assert collector.wait_until(age=0.0, timeout=memory.PATIENCE)
    assert model.freshness.pulse.dirty == 0


def test_a_gap_keeps_the_model_old_until_it_is_synchronized(
    collector: _Collector, clock: clocks.FakeClock
) -> None:
    """Contract 2, 3; race 6."""
    model = collector.cluster_data_model
    clock.advance(60)
    collector.source.gate.clear()
    collector.note_gap('the bus was away')
    memory.eventually(lambda: collector.source.lists == 2)
    clock.advance(1)
    collector.note_heartbeat(clock.time(), 0.0)
    memory.eventually(lambda: collector._writer.heard_at == clock.time())
    assert model.freshness.pulse.gap_at == clock.time() - 1
    assert model.freshness.age == 61
    collector.source.gate.set()
    _lists(collector, 2)
    assert model.freshness.age == 0


def test_a_bus_that_is_silent_makes_no_model_newer_that_nobody_announces(
    silent: _Silent, clock: clocks.FakeClock
) -> None:
    """Contract 3."""
    began = clock.time()
    clock.advance(60)
    silent.note_heartbeat(clock.time(), 0.25)
    memory.eventually(lambda: silent._writer.heard_at == clock.time())
    shown = silent.cluster_data_model.freshness
    assert (shown.as_of, shown.age) == (began, 60)
    assert shown.pulse == freshness.Pulse(lag=0.25)
    assert not silent.wait_until(age=59.0, timeout=0.0)


@pytest.mark.parametrize(
    ('changes', 'age'),
    [
        ({}, 0),
        # What it does not show may have changed.
        ({'every': ()}, 60),
        ({'every': (schema.Kind.FLAVOR,)}, 60),
        ({'partial': ('a cell is down',)}, 60),
        ({'is_hidden': lambda _: False}, 60),
    ],
)
def test_a_poll_that_shows_everything_makes_it_newer(
    silent: _Silent,
    clock: clocks.FakeClock,
    changes: dict[str, typing.Any],
    age: float,
) -> None:
    """Contract 3."""
    whole = reconcile.Reading(
        elements=tuple(silent.source.cloud.values()),
        every=(schema.Kind.INSTANCE,),
    )
    silent.source.changed = dataclasses.replace(whole, **changes)
    clock.advance(60)
    silent.run_poll()
    assert silent.cluster_data_model.freshness.age == age
    clock.advance(10)
    assert silent.cluster_data_model.freshness.age == age + 10


def test_a_poll_that_fails_makes_nothing_newer(
    silent: _Silent, clock: clocks.FakeClock
) -> None:
    silent.source.changed = reconcile.Reading(every=(schema.Kind.INSTANCE,))
    silent.source.errors = [exceptions.CloudUnavailable('It is away.')]
    clock.advance(60)
    silent.run_poll()
    assert silent.poll_health.failures == 1
    assert silent.cluster_data_model.freshness.age == 60


def test_what_waits_to_be_read_keeps_a_poll_from_making_it_newer(
    silent: _Silent,
    clock: clocks.FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(key: schema.ElementKey) -> reconcile.Reading:
        raise exceptions.CloudUnavailable(f'There is no {key}.')

    monkeypatch.setattr(silent.source, 'read', fail)
    silent.source.changed = reconcile.Reading(
        elements=tuple(silent.source.cloud.values()),
        every=(schema.Kind.INSTANCE,),
    )
    clock.advance(60)
    silent.refresh([_KEY], wait=False)
    clock.advance(10)
    silent.run_poll()
    assert silent.cluster_data_model.freshness.age == 10


def test_a_bus_that_was_away_makes_no_model_older_that_nobody_announces(
    silent: _Silent, clock: clocks.FakeClock
) -> None:
    silent.source.changed = reconcile.Reading(
        elements=tuple(silent.source.cloud.values()),
        every=(schema.Kind.INSTANCE,),
    )
    clock.advance(60)
    silent.run_poll()
    silent.source.gate.clear()
    silent.note_gap('the bus was away')
    assert silent.cluster_data_model.freshness.age == 0


def test_gaps_that_follow_each_other_wait(
    collector: _Collector,
    surroundings: loadable.Surroundings,
    clock: clocks.FakeClock,
) -> None:
    surroundings.conf.set_override('gap_pause', 500.0, group='collector')
    clock.advance(499)
    collector.note_gap('a gap')
    assert not collector.wait_for_synchronize(2, 0.05)
    assert collector.source.lists == 1
    clock.advance(1)
    collector.note_gap('another')
    _lists(collector, 2)


def test_a_notification_that_nobody_understands_is_a_gap(
    collector: _Collector, clock: clocks.FakeClock
) -> None:
    """Contract 2, 8."""
    # [collector] poll_period
    clock.advance(120)
    collector.submit(mutation.Failure('malformed', (_KEY,)), _envelope(clock))
    memory.eventually(lambda: collector.source.reads == [_KEY])
    assert collector.cluster_data_model.freshness.pulse.gap_at is None
    collector.submit(mutation.Failure('malformed'), _envelope(clock))
    # There may be more of them, which one synchronize makes good for.
    assert not collector.wait_for_synchronize(2, 0.05)
    assert collector.cluster_data_model.freshness.pulse.gap_at == clock.time()
    clock.advance(5)
    collector.submit(mutation.Failure('malformed'), _envelope(clock))
    _lists(collector, 2)
    shown = collector.cluster_data_model.freshness
    assert shown.pulse.gap_at == clock.time()
    assert shown.synchronized_at == clock.time()


def test_who_sends_rubbish_does_not_wear_out_the_cloud(
    collector: _Collector, clock: clocks.FakeClock
) -> None:
    """It leads to no more synchronizes than there are polls."""
    clock.advance(119)
    collector.submit(mutation.Failure('malformed'), _envelope(clock))
    assert not collector.wait_for_synchronize(2, 0.05)
    assert collector.source.lists == 1
    # The model is no younger for that.
    assert collector.cluster_data_model.freshness.pulse.gap_at == clock.time()
    clock.advance(5)
    collector.submit(mutation.Failure('malformed'), _envelope(clock))
    _lists(collector, 2)


def _envelope(clock: clocks.FakeClock) -> envelopes.Envelope:
    return envelopes.Envelope(1, clock.time(), 'info', 'p', 'x', {})


# -- polls ---


def test_a_poll_is_told(
    collector: _Collector, clock: clocks.FakeClock
) -> None:
    synchronized_at = collector.cluster_data_model.freshness.synchronized_at
    assert synchronized_at is not None
    assert collector.last_poll is None
    clock.advance(100)
    collector.source.changed = reconcile.Reading((elements.instance(1),))
    collector.run_poll()
    assert collector.last_poll is not None
    assert collector.last_poll.began_at == clock.time()
    assert collector.poll_health.failures == 0
    # [collector] poll_overlap
    assert collector.source.polls == [
        datetime.datetime.fromtimestamp(synchronized_at - 30, datetime.UTC)
    ]


def test_a_poll_that_fails_is_told_and_is_no_gap(
    collector: _Collector,
) -> None:
    collector.source.errors = [exceptions.CloudUnavailable('It is away.')]
    collector.run_poll()
    assert collector.last_poll is None
    assert collector.poll_health.last_error == 'It is away.'
    # How the synchronizes went is told by itself.
    assert collector.health.failures == 0
    assert collector.cluster_data_model.freshness.pulse.gap_at is None


@pytest.mark.parametrize('lost', [_LIMIT, _LIMIT + 1])
def test_a_poll_that_finds_too_much_is_a_gap(
    collector: _Collector, clock: clocks.FakeClock, lost: int
) -> None:
    """Contract 2: what it does not ask for may be lost too."""
    came = [elements.instance(100 + number) for number in range(lost)]
    collector.source.put(*came)
    collector.source.changed = reconcile.Reading(
        (*came, elements.instance(1, name='only changed'))
    )
    clock.advance(100)
    collector.run_poll()
    if lost > _LIMIT:
        _lists(collector, 2)
    gap_at = collector.cluster_data_model.freshness.pulse.gap_at
    assert gap_at == (clock.time() if lost > _LIMIT else None)
    assert collector.source.lists == (2 if lost > _LIMIT else 1)


def test_a_cloud_that_can_be_seen_again_is_synchronized(
    collector: _Collector, clock: clocks.FakeClock
) -> None:
    """Race 14: polls that saw a part cannot be made good for by another."""
    for partial in (('a cell is down',), ('a cell is down',), ()):
        clock.advance(100)
        collector.source.changed = reconcile.Reading(partial=partial)
        collector.run_poll()
        shown = collector.cluster_data_model.freshness
        assert shown.partial == ('a cell is down',)
        assert collector.source.lists == 1 or not partial
    _lists(collector, 2)
    memory.eventually(
        lambda: not collector.cluster_data_model.freshness.partial
    )
    clock.advance(100)
    collector.run_poll()
    assert collector.source.lists == 2


def _come(collector: _Collector, count: int) -> None:
    """Let that many elements come unnoticed, for the next poll to find."""
    came = tuple(elements.instance(100 + number) for number in range(count))
    collector.source.put(*came)
    collector.source.changed = reconcile.Reading(came)


def test_what_is_on_its_way_over_a_slow_bus_is_no_gap(
    collector: _Collector, clock: clocks.FakeClock
) -> None:
    collector.note_heartbeat(clock.time(), 0.0)
    memory.eventually(
        lambda: collector.cluster_data_model.freshness.pulse.heard_at
    )
    clock.advance(100)
    _come(collector, _LIMIT + 1)
    collector.run_poll()
    assert collector.cluster_data_model.freshness.pulse.gap_at is None


def test_a_poll_during_a_gap_begins_no_other(
    collector: _Collector, clock: clocks.FakeClock
) -> None:
    """What was heard before the first gap is all that is known for sure."""
    clock.advance(100)
    collector.note_heartbeat(clock.time(), 0.0)
    memory.eventually(
        lambda: collector.cluster_data_model.freshness.pulse.heard_at
    )
    heard_at = clock.time()
    collector.source.gate.clear()
    try:
        clock.advance(1)
        collector.note_gap('a test')
        gap_at = clock.time()
        clock.advance(1)
        collector.note_heartbeat(clock.time(), 0.0)
        memory.eventually(
            lambda: (
                collector.cluster_data_model.freshness.pulse.heard_at
                == clock.time()
            )
        )
        collector.note_gap('another')
        pulse = collector.cluster_data_model.freshness.pulse
        assert pulse.gap_at == gap_at + 1
        assert pulse.held_at == heard_at
    finally:
        collector.source.gate.set()


def test_a_collector_need_not_poll(
    surroundings: loadable.Surroundings,
) -> None:
    made = _Simple(surroundings)
    try:
        memory.eventually(lambda: made.last_synchronize)
        # What is implied is no element of a list.
        assert set(made.cluster_data_model.graph) == {
            elements.uuid(1),
            'project/red',
        }
        made.run_poll()
        assert made.last_poll is not None
        assert made.last_poll.drift == {}
        assert made.describe() == {}
    finally:
        made.stop()


# -- who is about to act ---


def test_a_refresh_shows_how_things_are(collector: _Collector) -> None:
    collector.source.put(elements.instance(1, name='true'))
    assert collector.refresh([_KEY], timeout=memory.PATIENCE)
    model = collector.cluster_data_model
    assert model.get_instance_by_uuid(_KEY.key).name == 'true'
    assert collector.source.reads == [_KEY]


def test_a_refresh_takes_any_number_of_elements(
    collector: _Collector,
) -> None:
    keys = [schema.key_of(elements.instance(number)) for number in range(5)]
    assert collector.refresh(iter(keys), timeout=memory.PATIENCE)
    assert sorted(collector.source.reads) == sorted(keys)
    assert collector.refresh([], timeout=0.0)


def test_a_refresh_need_not_be_waited_for(collector: _Collector) -> None:
    collector.source.gate.clear()
    assert collector.refresh([_KEY], wait=False)
    assert collector.dirty == 1
    assert not collector.refresh([_KEY], timeout=0.01)
    collector.source.gate.set()
    assert collector.refresh([_KEY], timeout=memory.PATIENCE)


def test_a_refresh_does_not_wait_for_a_burst(
    surroundings: loadable.Surroundings, source: memory.Memory
) -> None:
    """The clock stands still: the usual delay would never be over."""
    surroundings.conf.set_override('refresh_delay', 1000.0, group='collector')
    made = _Collector(surroundings, source)
    try:
        memory.eventually(lambda: made.last_synchronize)
        assert made.refresh([_KEY], timeout=memory.PATIENCE)
        assert source.reads == [_KEY]
    finally:
        made.stop()


def test_who_waits_for_a_sequence_number_is_told(
    collector: _Collector,
) -> None:
    model = collector.cluster_data_model
    sequence = model.sequence
    assert collector.wait_until(sequence=sequence, timeout=0.0)
    assert not collector.wait_until(sequence=sequence + 1, timeout=0.0)
    ended: list[bool] = []
    waiting = threading.Thread(
        target=lambda: ended.append(
            collector.wait_until(
                sequence=sequence + 1, timeout=memory.PATIENCE
            )
        )
    )
    waiting.start()
    model.apply([mutation.Put(elements.instance(1, name='newer'))])
    waiting.join(memory.PATIENCE)
    assert ended == [True]


@pytest.mark.parametrize(
    ('sequence', 'age', 'fresh'),
    [
        (None, None, True),
        (0, 60.0, True),
        (None, 60.0, True),
        (None, 59.9, False),
        (10**9, 60.0, False),
        (0, 0.0, False),
    ],
)
def test_the_model_is_as_new_as_wanted_or_it_is_not(
    collector: _Collector,
    clock: clocks.FakeClock,
    sequence: int | None,
    age: float | None,
    fresh: bool,
) -> None:
    clock.advance(60)
    assert (
        collector.wait_until(sequence=sequence, age=age, timeout=0.0) is fresh
    )


def test_a_model_that_was_never_filled_is_of_no_age(
    surroundings: loadable.Surroundings, source: memory.Memory
) -> None:
    source.gate.clear()
    made = _Collector(surroundings, source)
    try:
        assert not made.wait_until(age=1e9, timeout=0.0)
        with pytest.raises(exceptions.NotReady, match='first time'):
            made.get_latest_cluster_data_model()
        source.gate.set()
        assert made.wait_until(age=0.0, timeout=memory.PATIENCE)
    finally:
        source.gate.set()
        made.stop()


# -- options ---


def test_tombstones_are_kept_for_as_long_as_is_configured(
    collector: _Collector, clock: clocks.FakeClock
) -> None:
    """It is [collector] tombstone_age."""
    model = collector.cluster_data_model
    key = schema.key_of(elements.instance(77))
    late = mutation.Hint(key, {}, elements.moment(1), creates=True)
    model.apply([mutation.Deletion(key)])
    clock.advance(50)
    assert model.apply([late])[0].outcome is mutation.Outcome.STALE
    clock.advance(1)
    assert model.apply([late])[0].outcome is mutation.Outcome.APPLIED


def test_more_than_the_share_may_be_gone_if_that_is_configured(
    collector: _Collector, surroundings: loadable.Surroundings
) -> None:
    """It is [collector] deletion_share."""
    collector.source.put(*(elements.instance(n) for n in range(30)))
    ticket = collector.request_synchronize('a test')
    assert collector.wait_for_synchronize(ticket, memory.PATIENCE)
    kind = schema.Kind.INSTANCE
    collector.source.changed = reconcile.Reading(every=(kind,))
    collector.run_poll()
    assert 'deletion_share' in (collector.poll_health.last_error or '')
    surroundings.conf.set_override('deletion_share', 1.0, group='collector')
    collector.source.cloud.clear()
    collector.run_poll()
    assert collector.poll_health.failures == 0
    assert len(collector.cluster_data_model) == 0
