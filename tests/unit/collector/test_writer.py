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
import datetime
import threading
import typing

import pytest

from cdm_graph.collector import dirty as dirty_sets
from cdm_graph.collector import writer as writers
from cdm_graph.model import change
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification import accounting
from cdm_graph.notification import envelope as envelopes
from tests.support import clock as clocks
from tests.support import elements

_KEY = schema.key_of(elements.instance(1))


class _Broken(mutation.Mutation):
    """A mistake that the model does not expect."""

    def visit(self, draft: mutation.Draft) -> mutation.Verdict:
        raise RuntimeError('a mistake')


class _Rig:
    def __init__(self) -> None:
        self.clock = clocks.FakeClock()
        self.model = live_model.LiveModel(clock=self.clock)
        self.dirty = dirty_sets.DirtySet(self.clock, 0.0, 5.0)
        self.counters = accounting.Accounting()
        self.changes: list[change.Change] = []
        self.model.subscribe(self.changes.extend)
        self.lost: list[str] = []
        self.writer = writers.ModelWriter(
            self.model,
            self.dirty,
            self.counters,
            self.clock,
            self.lost.append,
        )

    def submit(self, *visitors: mutation.Mutation) -> None:
        for visitor in visitors:
            self.writer.submit(visitor, self.envelope())

    def envelope(self, sent: float | None = None) -> envelopes.Envelope:
        return envelopes.Envelope.stamp(
            self.counters.receive(),
            self.clock.time(),
            'info',
            'nova-compute:a',
            'instance.update',
            {},
            {
                'timestamp': None
                if sent is None
                else datetime.datetime.fromtimestamp(
                    sent, datetime.UTC
                ).isoformat()
            },
        )

    def drain(self) -> None:
        self.writer.submit_read([], change.Cause('end')).result(20)


@pytest.fixture
def rig() -> collections.abc.Iterator[_Rig]:
    rig = _Rig()
    rig.writer.start()
    yield rig
    rig.writer.stop()


def test_notifications_and_reads_are_applied_in_the_order_they_came(
    rig: _Rig,
) -> None:
    for number in range(1, 40, 2):
        rig.submit(mutation.Put(elements.node(number)))
        rig.writer.submit_read(
            [mutation.Put(elements.node(number + 1))], change.Cause('read')
        )
    rig.drain()
    keys = [
        each.key.key
        for each in rig.changes
        if each.key.kind is schema.Kind.COMPUTE_NODE
    ]
    assert keys == [elements.uuid(number) for number in range(1, 41)]
    assert {each.cause.what for each in rig.changes} == {
        'instance.update',
        'read',
    }


def test_each_notification_gets_its_outcome(rig: _Rig) -> None:
    """Contract 8."""
    rig.submit(
        mutation.Put(elements.node(1)),
        mutation.Put(elements.node(1)),
        mutation.Nothing('unrelated'),
        mutation.Failure('malformed'),
        mutation.Doubt((_KEY,), 'why'),
        _Broken(),
    )
    rig.drain()
    read = rig.counters.read()
    assert read.outcomes == {
        'applied': 1,
        'duplicate': 1,
        'ignored': 1,
        'failed': 2,
        'deferred': 1,
        'stale': 0,
    }
    assert read.pending == 0


def test_what_a_message_alone_says_is_no_reason_of_its_own(rig: _Rig) -> None:
    """Reasons are labels of a counter: there must be few."""
    rig.submit(mutation.Put(elements.instance(1)))
    for number in range(3):
        rig.submit(
            mutation.Hint(
                _KEY,
                {'vcpus': f'odd {number}', 'updated_at': elements.moment(9)},
                elements.moment(9),
                version=elements.moment(9),
            )
        )
    rig.drain()
    assert rig.counters.read().reasons['failed: invalid fact'] == 3


def test_what_is_in_doubt_becomes_dirty(rig: _Rig) -> None:
    other = schema.key_of(elements.instance(2))
    rig.submit(
        mutation.Doubt((_KEY,), 'why'),
        mutation.Doubt((other,), 'why', mutation.Reread.TWICE),
        mutation.Failure('malformed', (schema.key_of(elements.node(3)),)),
    )
    rig.drain()
    assert len(rig.dirty) == 3
    while (task := rig.dirty.take(0)) is not None:
        assert task.cause == change.Cause('instance.update', None)
        rig.dirty.done(task.key)
    assert len(rig.dirty) == 1


def test_what_a_read_leaves_in_doubt_no_notification_asks_for(
    rig: _Rig,
) -> None:
    rig.writer.submit_read(
        [mutation.Doubt((_KEY,), 'why')], change.Cause('synchronize')
    )
    rig.drain()
    task = rig.dirty.take(0)
    assert task is not None
    assert task.cause is None


def test_a_mistake_does_not_end_the_writer(rig: _Rig) -> None:
    """Contract 9."""
    (verdict,) = rig.writer.submit_read(
        [_Broken()], change.Cause('read')
    ).result(20)
    assert verdict.outcome is mutation.Outcome.FAILED
    failed = rig.writer.submit_read(
        typing.cast(typing.Any, 5), change.Cause('read')
    )
    with pytest.raises(TypeError):
        failed.result(20)
    rig.submit(mutation.Put(elements.node(1)))
    rig.drain()
    assert len(rig.model.get_all_compute_nodes()) == 1


def test_a_merge_lets_notifications_pass_between_its_parts(
    rig: _Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, '_CHUNK', 10)
    batches: list[int] = []
    rig.model.subscribe(lambda changes: batches.append(len(changes)))
    made = 0

    def make() -> collections.abc.Iterator[mutation.Mutation]:
        nonlocal made
        for number in range(25):
            made += 1
            yield mutation.Put(elements.flavor(f'f{number}'))

    settled = rig.writer.submit_all(make(), change.Cause('merge'))
    visitor, verdict = next(settled)
    assert visitor == mutation.Put(elements.flavor('f0'))
    assert verdict.outcome is mutation.Outcome.APPLIED
    # No more is made than what is next.
    assert made == 20
    assert len(list(settled)) == 24
    assert batches == [10, 10, 5]
    assert list(rig.writer.submit_all([], change.Cause('merge'))) == []


def test_what_was_submitted_is_applied_before_the_end() -> None:
    rig = _Rig()
    rig.submit(*(mutation.Put(elements.flavor(f'f{n}')) for n in range(100)))
    rig.writer.start()
    rig.writer.stop()
    assert len(rig.model) == 100
    assert not any(
        thread.name == 'model-writer' for thread in threading.enumerate()
    )


def test_a_lag_is_from_the_sending_to_the_model(rig: _Rig) -> None:
    """Contract 3; what was sent before the model was filled counts not."""
    rig.writer.submit(mutation.Put(elements.node(1)), rig.envelope())
    rig.drain()
    rig.model.mark_synchronized(rig.clock.time())
    rig.drain()
    rig.writer.submit(
        mutation.Put(elements.node(2)), rig.envelope(rig.clock.time() - 60)
    )
    rig.drain()
    assert rig.counters.read().lag.count == 0
    sent = rig.clock.time()
    rig.clock.advance(2)
    rig.writer.submit(mutation.Put(elements.node(3)), rig.envelope(sent))
    rig.drain()
    lag = rig.counters.read().lag
    assert (lag.count, lag.largest) == (1, 2.0)


def test_the_lag_of_what_has_to_be_read_is_until_it_was_read(
    rig: _Rig,
) -> None:
    rig.model.mark_synchronized(rig.clock.time())
    rig.drain()
    sent = rig.clock.time()
    rig.writer.submit(mutation.Doubt((_KEY,), 'why'), rig.envelope(sent))
    rig.drain()
    assert rig.counters.read().lag.count == 0
    task = rig.dirty.take(0)
    assert task is not None
    assert task.since == sent
    rig.clock.advance(4)
    rig.writer.submit_read([], change.Cause('refresh'), task.since).result(20)
    assert rig.counters.read().lag.largest == 4.0


def test_the_lag_counts_no_second_look(rig: _Rig) -> None:
    rig.model.mark_synchronized(rig.clock.time())
    rig.drain()
    later = mutation.Doubt((_KEY,), 'on its way', mutation.Reread.LATER)
    rig.writer.submit_read(
        [later], change.Cause('refresh'), rig.clock.time()
    ).result(20)
    assert rig.counters.read().lag.count == 1
    rig.clock.advance(60)
    task = rig.dirty.take(0)
    assert task is not None
    rig.writer.submit_read([], change.Cause('refresh'), task.since).result(20)
    lag = rig.counters.read().lag
    assert (lag.count, lag.largest) == (1, 0.0)


# -- what is known to be in the model ---


def test_nothing_was_heard_before_the_first_heartbeat(rig: _Rig) -> None:
    rig.submit(mutation.Put(elements.node(1)))
    rig.drain()
    assert rig.writer.heard_at is None


def test_a_heartbeat_counts_when_all_before_it_is_applied() -> None:
    """Contract 3."""
    rig = _Rig()
    heard: list[float | None] = []
    rig.model.subscribe(lambda _changes: heard.append(rig.writer.heard_at))
    rig.submit(mutation.Put(elements.node(1)))
    rig.writer.submit_heartbeat(100.0)
    rig.submit(mutation.Put(elements.node(2)))
    assert rig.writer.heard_at is None
    rig.writer.start()
    rig.writer.stop()
    # A node brings its zone along.
    assert heard == [None, 100.0]
    assert rig.writer.heard_at == 100.0


def test_a_heartbeat_that_comes_late_takes_nothing_back(rig: _Rig) -> None:
    """Race 3."""
    for sent_at in (100.0, 90.0, 95.0):
        rig.writer.submit_heartbeat(sent_at)
    rig.drain()
    assert rig.writer.heard_at == 100.0
    rig.writer.submit_heartbeat(101.0)
    rig.drain()
    assert rig.writer.heard_at == 101.0


def test_a_heartbeat_is_no_notification_and_has_no_lag(rig: _Rig) -> None:
    """Contract 8."""
    rig.model.mark_synchronized(rig.clock.time())
    rig.drain()
    rig.writer.submit_heartbeat(rig.clock.time())
    rig.drain()
    read = rig.counters.read()
    assert (read.accounted, read.lag.count) == (0, 0)
    assert rig.changes == []


def test_what_cannot_be_understood_and_names_nothing_is_lost(
    rig: _Rig,
) -> None:
    """Contract 2: nobody can tell what has to be read."""
    rig.submit(mutation.Failure('malformed'), _Broken())
    rig.drain()
    assert rig.lost == ['a notification could not be understood'] * 2


def test_what_cannot_be_understood_but_names_something_is_read(
    rig: _Rig,
) -> None:
    rig.submit(mutation.Failure('malformed', (_KEY,)))
    rig.drain()
    assert rig.lost == []
    assert len(rig.dirty) == 1


def test_what_is_understood_is_not_lost(rig: _Rig) -> None:
    rig.submit(
        mutation.Put(elements.node(1)),
        mutation.Nothing('unrelated'),
        mutation.Doubt((_KEY,), 'why'),
    )
    rig.drain()
    assert rig.lost == []


def test_a_read_that_fails_loses_no_notification(rig: _Rig) -> None:
    """Whoever reads tries again."""
    rig.writer.submit_read([_Broken()], change.Cause('read')).result(20)
    assert rig.lost == []


def test_a_malformed_notification_about_what_is_deleted_is_no_gap() -> None:
    rig = _Rig()
    key = schema.key_of(elements.instance(1))
    rig.submit(mutation.Deletion(key), mutation.Failure('malformed', (key,)))
    rig.writer.start()
    rig.writer.stop()
    assert rig.lost == []
