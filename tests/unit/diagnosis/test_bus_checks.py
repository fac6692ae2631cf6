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

"""What the state of the bus means."""

import typing

import pytest

from cdm_graph.diagnosis import broker
from cdm_graph.diagnosis import bus_checks
from tests.unit.diagnosis import support

_CHECK = bus_checks.check


def test_a_healthy_bus_is_ok() -> None:
    assert support.severities(_CHECK) == {
        'bus': 'ok',
        'delivery': 'ok',
        'queue sharing': 'ok',
        'undrained queues': 'ok',
    }


def test_without_a_bus_it_is_said_what_is_late_and_what_to_set() -> None:
    bus = support.bus(is_configured=False)
    (each,) = support.found(_CHECK, bus=bus).values()
    assert (each.name, each.severity) == ('bus', 'stale')
    assert '120 s' in each.words
    assert 'transport_url' in each.remedy[0]


def test_a_bus_that_cannot_be_used_is_wrong_and_nothing_else_is_said() -> None:
    bus = support.bus(error='connection refused', before={}, after={})
    found = support.found(_CHECK, bus=bus)
    assert set(found) == {'bus'}
    assert found['bus'].severity == 'wrong'
    assert 'connection refused' in found['bus'].words


def test_one_server_of_many_that_is_away_is_an_advice() -> None:
    addresses = (
        broker.Address('one:5672'),
        broker.Address('two:5672', 'no route to host'),
    )
    found = support.found(_CHECK, bus=support.bus(addresses=addresses))
    assert found['bus'].severity == 'advice'
    assert 'two:5672: no route to host' in found['bus'].words


@pytest.mark.parametrize(
    ('durable', 'severity'), [(True, 'advice'), (False, 'wrong')]
)
def test_an_exchange_of_another_kind_is_told(
    durable: bool, severity: str
) -> None:
    bus = support.bus(
        is_durable=durable, conflicts={'nova': 'PRECONDITION_FAILED'}
    )
    each = support.found(_CHECK, bus=bus)['declarations']
    assert each.severity == severity
    assert 'amqp_durable_queues' in each.remedy[0]


def test_a_bus_that_does_not_deliver_is_wrong() -> None:
    bus = support.bus(hearings=(support.hearing(hears=False, delays=()),))
    each = support.found(_CHECK, bus=bus)['delivery']
    assert each.severity == 'wrong'
    assert support.TOPIC in each.words


def test_numbered_messages_that_are_missing_are_wrong() -> None:
    bus = support.bus(hearings=(support.hearing(gaps=2),))
    each = support.found(_CHECK, bus=bus)['delivery']
    assert each.severity == 'wrong'
    assert '2 gaps' in each.words


@pytest.mark.parametrize(
    ('changes', 'queue', 'consumers', 'daemon', 'severity'),
    [
        ({}, 'pool', 1, True, 'ok'),
        ({}, 'pool', 0, False, 'ok'),
        ({}, 'pool', 2, True, 'wrong'),
        ({}, 'pool', 1, False, 'advice'),
        ({'pool': None}, f'{support.TOPIC}.info', 1, True, 'ok'),
        ({'pool': None}, f'{support.TOPIC}.info', 2, True, 'wrong'),
        ({'pool': None}, f'{support.TOPIC}.info', 1, False, 'advice'),
    ],
)
def test_a_queue_that_others_read_too_is_told(
    changes: dict[str, typing.Any],
    queue: str,
    consumers: int,
    daemon: bool,
    severity: str,
) -> None:
    seen = support.queue(queue, consumers=consumers)
    found = support.found(
        _CHECK,
        settings=support.settings(**changes),
        bus=support.bus(before=seen, after=seen),
        daemon=daemon,
    )
    assert found['queue sharing'].severity == severity


@pytest.mark.parametrize(
    ('pool', 'queue', 'remedy'),
    [
        ('pool', 'pool', 'pool = a name of its own'),
        (None, f'{support.TOPIC}.info', 'versioned_notifications_topics'),
    ],
)
def test_what_to_set_against_sharing_depends_on_the_pool(
    pool: str | None, queue: str, remedy: str
) -> None:
    each = support.found(
        _CHECK,
        settings=support.settings(pool=pool),
        bus=support.bus(after=support.queue(queue, consumers=9)),
    )['queue sharing']
    assert any(remedy in line for line in each.remedy)


def test_a_daemon_that_does_not_keep_up_is_stale() -> None:
    bus = support.bus(
        before=support.queue(depth=10), after=support.queue(depth=250)
    )
    each = support.found(_CHECK, bus=bus)['backlog']
    assert each.severity == 'stale'
    assert '250 messages' in each.words
    assert '240 more' in each.words


@pytest.mark.parametrize(
    ('name', 'remedy'),
    [
        (f'{support.TOPIC}.info', 'set_policy'),
        ('pool', 'rabbitmqctl delete_queue'),
    ],
)
def test_a_queue_that_nobody_drains_is_an_advice(
    name: str, remedy: str
) -> None:
    bus = support.bus(
        before=support.queue(name, 10, 0), after=support.queue(name, 30, 0)
    )
    each = support.found(_CHECK, bus=bus)['undrained queues']
    assert each.severity == 'advice'
    assert f'30 in {name} (20 of them' in each.words
    assert remedy in each.remedy[0]


def test_a_queue_that_was_read_a_moment_ago_is_not_undrained() -> None:
    bus = support.bus(
        before=support.queue('other.info', 10, 1),
        after=support.queue('other.info', 30, 0),
    )
    assert support.found(_CHECK, bus=bus)['undrained queues'].severity == 'ok'


def test_other_drivers_do_not_tell_of_queues() -> None:
    bus = support.bus(is_rabbit=False, addresses=(), before={}, after={})
    assert support.severities(_CHECK, bus=bus) == {
        'bus': 'ok',
        'delivery': 'ok',
        'queues': 'unknown',
    }
