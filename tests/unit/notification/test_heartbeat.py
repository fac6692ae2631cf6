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

from cdm_graph.notification import heartbeat as heartbeats
from tests.support import clock as clocks

_PERIOD = 10.0


class _Rig:
    def __init__(self, clock: clocks.FakeClock) -> None:
        self.clock = clock
        self.told: list[str] = []
        self.delivered: list[tuple[float, float]] = []
        self.heartbeat = heartbeats.Heartbeat(
            clock, _PERIOD, self.told.append, self._deliver
        )
        self.run = self.heartbeat.run

    def _deliver(self, sent_at: float, lag: float) -> None:
        self.delivered.append((sent_at, lag))

    def beat(
        self, number: int, after: float = _PERIOD, late: float = 0.0
    ) -> None:
        """Receive a heartbeat, that long after the last one."""
        self.clock.advance(after)
        sent = self.clock.monotonic() - late
        beat = {'run': self.run, 'number': number, 'sent': sent}
        self.heartbeat.info({}, 'p', 'e', beat, {})

    @property
    def alive(self) -> bool | None:
        return self.heartbeat.pulse.alive


def _quick(clock: clocks.FakeClock, period: float) -> heartbeats.Heartbeat:
    return heartbeats.Heartbeat(
        clock, period, lambda _: None, lambda _sent_at, _lag: None
    )


@pytest.fixture
def rig(clock: clocks.FakeClock) -> _Rig:
    return _Rig(clock)


def test_nothing_is_known_until_the_first_one_is_due(rig: _Rig) -> None:
    assert rig.alive is None
    rig.clock.advance(3 * _PERIOD)
    assert rig.alive is None
    rig.clock.advance(0.1)
    assert rig.alive is False


def test_the_first_one_tells_that_the_bus_is_there(rig: _Rig) -> None:
    assert not rig.heartbeat.wait_for_first(0)
    rig.beat(1)
    assert rig.heartbeat.wait_for_first(0)
    assert rig.alive is True
    # What was sent before it was not received.
    assert rig.told == ['the bus is there']
    assert rig.heartbeat.pulse.interruptions == 0


def test_the_first_one_may_be_late(rig: _Rig) -> None:
    rig.clock.advance(1000)
    rig.beat(80)
    assert rig.told == ['the bus is there']
    assert rig.alive is True


def test_regular_ones_tell_nothing(rig: _Rig) -> None:
    for number in range(1, 50):
        rig.beat(number)
    assert rig.told == ['the bus is there']
    assert rig.alive is True


def test_a_number_that_is_missing_tells_of_a_loss(rig: _Rig) -> None:
    """Race 6."""
    for number in (1, 2, 4, 5):
        rig.beat(number)
    assert rig.told == ['the bus is there', 'the bus was away']
    assert rig.heartbeat.pulse.interruptions == 1


@pytest.mark.parametrize('repeated', [1, 2, 3])
def test_one_that_is_delivered_twice_tells_of_no_loss(
    rig: _Rig, repeated: int
) -> None:
    """Race 5."""
    for number in (1, 2, 3, repeated, 4, 5):
        rig.beat(number)
    assert rig.told == ['the bus is there']
    rig.beat(7)
    assert rig.told == ['the bus is there', 'the bus was away']


def test_those_of_an_earlier_daemon_mean_nothing(rig: _Rig) -> None:
    own, rig.run = rig.run, 'earlier'
    rig.beat(100)
    assert rig.told == []
    rig.run = own
    rig.beat(1)
    rig.beat(2)
    assert rig.told == ['the bus is there']


def test_a_gap_in_time_tells_of_a_loss(rig: _Rig) -> None:
    """Race 19: the bus took nothing for a while, from others neither."""
    rig.beat(1)
    rig.clock.advance(2 * _PERIOD)
    assert rig.alive is True
    rig.beat(2, after=_PERIOD + 0.1)
    assert rig.told == ['the bus is there', 'the bus was away']
    rig.beat(3)
    assert len(rig.told) == 2


def test_all_that_come_late_tell_of_no_loss(rig: _Rig) -> None:
    """A queue that is long has lost nothing."""
    rig.beat(1)
    rig.beat(2, after=10 * _PERIOD, late=9 * _PERIOD)
    for number in range(3, 12):
        rig.beat(number, after=0.01, late=(11 - number) * _PERIOD)
    assert rig.told == ['the bus is there']
    assert rig.heartbeat.pulse.interruptions == 0


def test_a_bus_that_delivers_something_else_is_there(
    clock: clocks.FakeClock,
) -> None:
    """A heartbeat waits for its turn in a long queue."""
    came = [0]
    heartbeat = heartbeats.Heartbeat(
        clock, _PERIOD, lambda _: None, lambda *_: None, lambda: came[0]
    )
    came[0] += 1
    heartbeat._note_traffic()
    assert heartbeat.pulse.alive is None
    beat = {'run': heartbeat.run, 'number': 1, 'sent': clock.monotonic()}
    heartbeat.info({}, 'p', 'e', beat, {})
    for _ in range(10):
        clock.advance(_PERIOD)
        came[0] += 1
        heartbeat._note_traffic()
        assert heartbeat.pulse.alive is True
    clock.advance(3 * _PERIOD + 0.1)
    heartbeat._note_traffic()
    assert heartbeat.pulse.alive is False


def test_a_bus_that_falls_silent_is_away_until_it_is_back(rig: _Rig) -> None:
    rig.beat(1)
    rig.clock.advance(3 * _PERIOD + 1)
    assert rig.alive is False
    rig.beat(2)
    assert rig.alive is True


def test_the_way_over_the_bus_is_timed(rig: _Rig) -> None:
    rig.beat(1, late=0.5)
    pulse = rig.heartbeat.pulse
    assert pulse.round_trip == 0.5
    assert pulse.last_at == rig.clock.time()


def test_each_one_tells_up_to_when_the_bus_delivered(rig: _Rig) -> None:
    """Contract 3."""
    now = rig.clock.time()
    rig.beat(1, late=0.5)
    rig.beat(2)
    assert rig.delivered == [
        (now + _PERIOD - 0.5, 0.5),
        (now + 2 * _PERIOD, 0.0),
    ]


def test_those_of_an_earlier_daemon_deliver_nothing(rig: _Rig) -> None:
    """What was sent between the two is not received."""
    rig.run = 'earlier'
    rig.beat(100)
    assert rig.delivered == []
    assert not rig.heartbeat.wait_for_first(0)


def test_a_loss_is_told_before_what_was_delivered(
    clock: clocks.FakeClock,
) -> None:
    """Nothing may seem to be fresh between the two."""
    told: list[str] = []
    heartbeat = heartbeats.Heartbeat(
        clock,
        _PERIOD,
        told.append,
        lambda sent_at, _lag: told.append(f'{sent_at - clock.time():g}'),
    )
    for number in (1, 3):
        beat = {
            'run': heartbeat.run,
            'number': number,
            'sent': clock.monotonic(),
        }
        heartbeat.info({}, 'p', 'e', beat, {})
    assert told == ['the bus is there', '0', 'the bus was away', '0']


def test_whoever_waits_for_the_first_one_finds_it_delivered(
    clock: clocks.FakeClock,
) -> None:
    waited: list[bool] = []
    heartbeat = heartbeats.Heartbeat(
        clock,
        _PERIOD,
        lambda _: None,
        lambda _sent_at, _lag: waited.append(heartbeat.wait_for_first(0)),
    )
    beat = {'run': heartbeat.run, 'number': 1, 'sent': clock.monotonic()}
    heartbeat.info({}, 'p', 'e', beat, {})
    assert waited == [False]
    assert heartbeat.wait_for_first(0)


def test_quick_heartbeats_are_waited_for_a_while(
    clock: clocks.FakeClock,
) -> None:
    heartbeat = _quick(clock, 0.1)
    clock.advance(4.9)
    assert heartbeat.pulse.alive is None


def test_it_takes_its_own_event_type_only() -> None:
    rule = heartbeats.Heartbeat.filter_rule

    def takes(event_type: str) -> bool:
        return bool(rule.match({}, 'p', event_type, {'timestamp': 't'}, {}))

    assert takes(heartbeats.EVENT_TYPE)
    assert not takes('instance.update')


def test_numbers_are_sent_from_one_on(clock: clocks.FakeClock) -> None:
    heartbeat = _quick(clock, 0.001)

    class _Notifier:
        def __init__(self) -> None:
            self.sent: list[dict[str, float]] = []

        def info(
            self, ctxt: object, event_type: str, payload: dict[str, float]
        ) -> None:
            assert event_type == heartbeats.EVENT_TYPE
            self.sent.append(payload)
            heartbeat.info({}, 'p', event_type, payload, {})
            if len(self.sent) == 3:
                heartbeat.stop()

    notifier = _Notifier()
    heartbeat._send(notifier)
    assert [payload['number'] for payload in notifier.sent] == [1, 2, 3]
    assert notifier.sent[0]['sent'] == clock.monotonic()
    assert {payload['run'] for payload in notifier.sent} == {heartbeat.run}


def test_each_daemon_has_a_run_of_its_own(clock: clocks.FakeClock) -> None:
    assert _quick(clock, 1.0).run != _quick(clock, 1.0).run


@pytest.mark.parametrize('payload', [None, ['no object'], 'text', {}])
def test_what_is_no_heartbeat_means_nothing(
    rig: _Rig, payload: object
) -> None:
    """Anybody on the bus can send this event type."""
    rig.heartbeat.info({}, 'p', 'e', payload, {})
    assert rig.told == []
