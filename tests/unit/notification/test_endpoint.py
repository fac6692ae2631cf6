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

import typing

import oslo_messaging
import pytest

from cdm_graph.notification import accounting
from cdm_graph.notification import endpoint as endpoints
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import heartbeat
from cdm_graph.notification import manager as managers
from tests.support import clock as clocks

_HANDLED = oslo_messaging.NotificationResult.HANDLED


class _Manager(managers.NotificationHandlerManager):
    """Keeps what it is to dispatch."""

    def __init__(self, counters: accounting.Accounting) -> None:
        super().__init__(counters)
        self.dispatched: list[envelopes.Envelope] = []

    def dispatch(self, envelope: envelopes.Envelope) -> None:
        self.dispatched.append(envelope)


class _Rig:
    def __init__(self, ignored_events: str = '') -> None:
        self.clock = clocks.FakeClock()
        self.counters = accounting.Accounting()
        self.manager = _Manager(self.counters)
        self.endpoint = endpoints.EventsNotificationEndpoint(
            self.manager, self.counters, self.clock, ignored_events
        )

    def info(
        self, event_type: typing.Any = 'instance.update', **others: typing.Any
    ) -> oslo_messaging.NotificationResult:
        message: dict[str, typing.Any] = {
            'publisher_id': 'nova-compute:a',
            'payload': {'a': 1},
            'metadata': {
                'message_id': 'm',
                'timestamp': '2026-11-22 16:14:50.973032',
            },
            **others,
        }
        return self.endpoint.info({}, event_type=event_type, **message)


def test_messages_are_stamped_and_passed_on() -> None:
    rig = _Rig()
    assert rig.info() is _HANDLED
    rig.clock.advance(3)
    assert (
        rig.endpoint.error({}, 'nova-compute:a', 'instance.update', {}, {})
        is _HANDLED
    )
    first, second = rig.manager.dispatched
    assert (first.sequence, first.priority, first.message_id) == (
        1,
        'info',
        'm',
    )
    assert (second.sequence, second.priority, second.message_id) == (
        2,
        'error',
        None,
    )
    assert second.received_at - first.received_at == 3
    assert rig.counters.read().pending == 2


@pytest.mark.parametrize(
    ('event_type', 'ignored'),
    [
        ('scheduler.select_destinations.end', True),
        ('compute.exception', True),
        ('compute.instance.update', False),
        ('instance.scheduler.x', False),
    ],
)
def test_ignored_events_are_counted_and_left_alone(
    event_type: str, ignored: bool
) -> None:
    """Contract 8."""
    rig = _Rig(r'scheduler\.|compute\.exception')
    assert rig.info(event_type) is _HANDLED
    assert len(rig.manager.dispatched) == (0 if ignored else 1)
    assert rig.counters.read().outcomes['ignored'] == int(ignored)


@pytest.mark.parametrize(
    'odd',
    [
        {'event_type': None},
        {'event_type': 5},
        {'event_type': ['a']},
        {'publisher_id': None},
        {'payload': None},
        {'payload': float('nan')},
        {'metadata': None},
        {'metadata': {}},
        {'metadata': {'timestamp': []}},
        {'metadata': {'timestamp': 'x' * 10_000}},
    ],
)
def test_nothing_makes_it_raise(odd: dict[str, typing.Any]) -> None:
    """To oslo.messaging an exception means: throw the message away."""
    rig = _Rig('scheduler')
    assert rig.info(**odd) is _HANDLED
    assert len(rig.manager.dispatched) == 1


def test_heartbeats_are_not_for_it() -> None:
    rule = endpoints.EventsNotificationEndpoint.filter_rule

    def takes(event_type: str) -> bool:
        return bool(rule.match({}, 'p', event_type, {'timestamp': 't'}, {}))

    assert takes('instance.update')
    assert takes(f'{heartbeat.EVENT_TYPE}.other')
    assert not takes(heartbeat.EVENT_TYPE)
