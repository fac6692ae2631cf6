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

"""What is counted of the messages that come."""

import datetime
import typing

import pytest

from cdm_graph.diagnosis import tally
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification.cinder import handler as cinder_handler
from cdm_graph.notification.ironic import handler as ironic_handler

_UUID: typing.Final = '00000000-0000-4000-8000-000000000001'
_NOW: typing.Final = 1_800_000_000.0


def _envelope(
    event_type: str,
    payload: typing.Any,
    sender: str = 'nova-compute:a',
    delay: float | None = 0.0,
) -> envelopes.Envelope:
    sent_at = None
    if delay is not None:
        sent_at = datetime.datetime.fromtimestamp(_NOW - delay, datetime.UTC)
    return envelopes.Envelope(
        0, _NOW, 'info', sender, event_type, payload, 'id', sent_at
    )


def _versioned(version: str = '1.0', **data: object) -> dict[str, object]:
    return {'nova_object.data': data, 'nova_object.version': version}


def _heard(*messages: envelopes.Envelope) -> tally.Heard:
    counted = tally.Tally('topic')
    for message in messages:
        counted.take(message)
    return counted.read()


@pytest.mark.parametrize(
    ('event_type', 'payload', 'format_'),
    [
        ('instance.update', _versioned(uuid=_UUID), 'versioned'),
        ('compute.instance.update', {'instance_id': _UUID}, 'legacy'),
        ('compute.instance.frobnicate', {}, 'legacy'),
        ('HostAPI.set_enabled.end', {}, 'legacy'),
        ('volume.create.end', {'volume_id': _UUID}, 'foreign'),
        ('instance.update', 'what?', 'foreign'),
    ],
)
def test_formats_are_told_apart(
    event_type: str, payload: typing.Any, format_: str
) -> None:
    heard = _heard(_envelope(event_type, payload))
    assert heard.types == {(tally.Format(format_), event_type): 1}
    assert heard.of_nova == (format_ != 'foreign')


@pytest.mark.parametrize(
    ('event_type', 'payload'),
    [
        ('instance.update', _versioned(uuid=_UUID)),
        (
            'compute_task.build_instances.error',
            _versioned(instance_uuid=_UUID),
        ),
        ('compute.instance.update', {'instance_id': _UUID}),
    ],
)
def test_it_is_known_what_came_about_a_server(
    event_type: str, payload: typing.Any
) -> None:
    heard = _heard(_envelope(event_type, payload))
    assert heard.servers == {_UUID: {event_type}}


@pytest.mark.parametrize(
    'payload',
    [None, [], 'text', {'nova_object.data': 7}, _versioned(uuid=['x'])],
)
def test_an_odd_message_is_counted(payload: typing.Any) -> None:
    heard = _heard(_envelope('compute.instance.odd', payload))
    assert sum(heard.types.values()) == 1
    assert not heard.servers


def test_the_least_delay_of_each_sender_is_kept() -> None:
    heard = _heard(
        *(
            _envelope('instance.update', _versioned(), sender, delay)
            for sender, delay in (
                ('a', 3.0),
                ('a', -1.0),
                ('a', 2.0),
                ('b', 9.0),
                ('c', None),
            )
        )
    )
    assert heard.senders == {
        'a': tally.Delays(3, pytest.approx(-1.0)),
        'b': tally.Delays(1, pytest.approx(9.0)),
    }


_CINDER: typing.Final = cinder_handler.ANNOUNCER
_IRONIC: typing.Final = ironic_handler.ANNOUNCER


def test_services_that_are_followed_are_told_apart_from_strangers() -> None:
    counted = tally.Tally('topic', (_CINDER, _IRONIC))
    other = '00000000-0000-4000-8000-000000000002'
    for event, payload, sender, delay in (
        ('volume.create.start', {'volume_id': _UUID}, 'volume.a@b', 3.0),
        ('volume.create.end', {'volume_id': _UUID}, 'volume.a@b', -1.0),
        ('capacity.pool', {'name_to_id': 'a@b#c'}, 'capacity.a', 1.0),
        (
            'baremetal.node.update.end',
            {'ironic_object.data': {'uuid': other, 'name': 'm'}},
            'ironic-api.a',
            0.0,
        ),
        ('baremetal.node.odd', 'what?', 'ironic-conductor.a', None),
        # Nova calls one of its publishers as Cinder does.
        ('scheduler.create_volume', {'volume_id': other}, 'scheduler.a', 0.0),
        ('image.create', {'id': _UUID}, 'image.a', 0.0),
        ('instance.update', _versioned(uuid=_UUID), 'nova-compute:a', 0.0),
    ):
        counted.take(_envelope(event, payload, sender, delay))
    heard = counted.read()
    assert heard.told_by('Cinder') == tally.Told(
        {'volume.create.start', 'volume.create.end', 'capacity.pool'},
        3,
        {_UUID},
    )
    assert heard.told_by('Ironic') == tally.Told(
        {'baremetal.node.update.end', 'baremetal.node.odd'}, 2, {other}
    )
    assert heard.told_by('Glance') == tally.Told()
    assert heard.names(tally.Format.FOREIGN) == {
        'scheduler.create_volume',
        'image.create',
    }
    assert heard.count(tally.Format.OTHER) == 5
    assert heard.of_nova == 1
    assert heard.servers == {_UUID: {'instance.update'}}
    assert heard.senders['volume.a@b'] == tally.Delays(2, pytest.approx(-1.0))
    assert 'image.a' not in heard.senders


def test_what_several_topics_tell_is_put_together() -> None:
    one = tally.Told({'a'}, 1, {'x'})
    two = tally.Told({'a', 'b'}, 3, {'y'})
    assert one + two == tally.Told({'a', 'b'}, 4, {'x', 'y'})


@pytest.mark.parametrize(
    ('event_type', 'version', 'unreadable'),
    [
        ('instance.power_off.end', '1.9', False),
        ('instance.power_off.end', '2.0', True),
        ('instance.update', '2.1', False),
        ('instance.update', '3.0', True),
        ('instance.update', 'newest', True),
        ('instance.teleport', '9.0', False),
    ],
)
def test_a_payload_that_is_too_new_is_noted(
    event_type: str, version: str, unreadable: bool
) -> None:
    heard = _heard(_envelope(event_type, _versioned(version)))
    assert (event_type in heard.unreadable) == unreadable
