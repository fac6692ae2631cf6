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

"""What a real Ironic announced, and what it means.

``recorded.jsonl`` is of an Ironic 39.0.0 with its fake hardware.
"""

import json
import logging
import pathlib
import re
import typing

import pytest

from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification.ironic import handler as handlers
from tests.support import clock as clocks
from tests.support import elements

_KIND: typing.Final = schema.Kind
_UUID: typing.Final = elements.uuid(81)
_SENT: typing.Final = '2026-11-27 01:52:44.976221'
_RECORDED: typing.Final = [
    json.loads(line)
    for line in pathlib.Path(__file__)
    .with_name('recorded.jsonl')
    .read_text()
    .splitlines()
]


@pytest.fixture
def handler(clock: clocks.FakeClock) -> handlers.IronicNotificationHandler:
    return handlers.IronicNotificationHandler(
        typing.cast(typing.Any, None), clock
    )


def _envelope(
    event: str, payload: typing.Any, sent: str | None = _SENT
) -> envelopes.Envelope:
    return envelopes.Envelope.stamp(
        1,
        0.0,
        'info',
        'ironic-conductor.one',
        event,
        payload,
        {'timestamp': sent},
    )


def _told(event: str, **facts: typing.Any) -> envelopes.Envelope:
    """Return an event about a machine, with that in its payload."""
    row = next(
        each
        for each in _RECORDED
        if each['event_type'] == 'baremetal.node.power_set.end'
    )
    data = {**row['payload']['ironic_object.data'], 'uuid': _UUID, **facts}
    return _envelope(event, {**row['payload'], 'ironic_object.data': data})


def _recorded(row: dict[str, typing.Any]) -> envelopes.Envelope:
    return envelopes.Envelope.stamp(
        1,
        0.0,
        row['priority'].lower(),
        row['publisher_id'],
        row['event_type'],
        row['payload'],
        {'timestamp': row['timestamp']},
    )


def _meaning(event: str) -> type[mutation.Mutation]:
    """Return what an event has to mean, by the table of the facts."""
    _, about, action, status = event.split('.')
    early = {'create', 'update', 'delete', 'maintenance_set'}
    if about not in ('node', 'chassis'):
        return mutation.Nothing
    if action in early and status == 'start':
        return mutation.Nothing
    if about == 'chassis' or action == 'delete':
        return mutation.Doubt
    if action in early and status == 'error':
        return mutation.Doubt
    return mutation.Hint


@pytest.mark.parametrize(
    'row', _RECORDED, ids=[row['event_type'] for row in _RECORDED]
)
def test_what_was_recorded_is_understood(
    handler: handlers.IronicNotificationHandler, row: dict[str, typing.Any]
) -> None:
    envelope = _recorded(row)
    assert re.match(handler.get_publisher_id(), envelope.publisher_id)
    visitor = handler.handle(envelope)
    assert type(visitor) is _meaning(envelope.event_type)
    data = row['payload']['ironic_object.data']
    if isinstance(visitor, mutation.Doubt):
        assert [key.key for key in visitor.keys] == [data['uuid']]
    if isinstance(visitor, mutation.Hint):
        model = live_model.LiveModel([schema.BaremetalNode(uuid='other')])
        made = mutation.Hint(
            visitor.key, visitor.facts, visitor.sent_at, creates=True
        )
        (verdict,) = model.apply([made])
        assert verdict.outcome is mutation.Outcome.APPLIED
        known = model.get(_KIND.BAREMETAL_NODE, data['uuid'])
        assert known.power_state == data['power_state']
        assert known.provision_state == data['provision_state']
        assert known.chassis_uuid == data.get('chassis_uuid')


def _known(**facts: typing.Any) -> live_model.LiveModel:
    known: dict[str, typing.Any] = {
        'uuid': _UUID,
        'power_state': 'power off',
        'chassis_uuid': elements.uuid(91),
        'updated_at': '2026-11-27T01:52:40',
        **facts,
    }
    return live_model.LiveModel([schema.BaremetalNode(**known)])


def _apply(
    model: live_model.LiveModel, visitor: mutation.Mutation
) -> mutation.Verdict:
    (verdict,) = model.apply([visitor])
    return verdict


def test_a_newer_row_is_applied_and_read(
    handler: handlers.IronicNotificationHandler,
) -> None:
    model = _known()
    visitor = handler.handle(_told('baremetal.node.power_set.end'))
    verdict = _apply(model, visitor)
    machine = model.get(_KIND.BAREMETAL_NODE, _UUID)
    assert verdict.outcome is mutation.Outcome.APPLIED
    assert verdict.reread == (schema.key_of(machine),)
    assert verdict.settling == ()
    assert machine.power_state == 'power on'
    assert machine.updated_at is not None
    assert f'{machine.updated_at:%H:%M:%S}' == '01:52:42'


def test_the_chassis_stays_where_an_event_does_not_name_it(
    handler: handlers.IronicNotificationHandler,
) -> None:
    model = _known()
    _apply(model, handler.handle(_told('baremetal.node.power_set.end')))
    machine = model.get(_KIND.BAREMETAL_NODE, _UUID)
    assert machine.chassis_uuid == elements.uuid(91)
    moved = _told(
        'baremetal.node.update.end',
        chassis_uuid=None,
        updated_at='2026-11-27T01:52:50Z',
    )
    _apply(model, handler.handle(moved))
    assert model.get(_KIND.BAREMETAL_NODE, _UUID).chassis_uuid is None


@pytest.mark.parametrize('second', [42, 43])
def test_a_row_that_is_no_newer_is_only_read(
    handler: handlers.IronicNotificationHandler, second: int
) -> None:
    model = _known(updated_at=f'2026-11-27T01:52:{second}')
    visitor = handler.handle(_told('baremetal.node.power_set.end'))
    verdict = _apply(model, visitor)
    assert verdict.outcome is mutation.Outcome.DEFERRED
    assert verdict.reread
    known = model.get(_KIND.BAREMETAL_NODE, _UUID)
    assert known.power_state == 'power off'


def test_what_begins_is_read_once_more(
    handler: handlers.IronicNotificationHandler,
) -> None:
    """Its end may have been before, and is not announced then."""
    visitor = handler.handle(
        _told('baremetal.node.provision_set.start', updated_at=None)
    )
    verdict = _apply(_known(), visitor)
    assert verdict.reread == verdict.settling != ()


@pytest.mark.parametrize(
    'action', ['create', 'update', 'delete', 'maintenance_set']
)
def test_what_the_api_means_to_do_is_not_believed(
    handler: handlers.IronicNotificationHandler, action: str
) -> None:
    """It has the version of the row that it is to replace."""
    model = _known()
    visitor = handler.handle(
        _told(
            f'baremetal.node.{action}.start',
            name='wanted',
            updated_at='2026-11-27T01:52:41Z',
        )
    )
    verdict = _apply(model, visitor)
    assert verdict.outcome is mutation.Outcome.IGNORED
    assert model.get(_KIND.BAREMETAL_NODE, _UUID).name == ''


def test_a_machine_that_is_enrolled_is_known_at_once(
    handler: handlers.IronicNotificationHandler,
) -> None:
    model = live_model.LiveModel()
    visitor = handler.handle(
        _told('baremetal.node.create.end', updated_at=None, name='new')
    )
    assert _apply(model, visitor).outcome is mutation.Outcome.APPLIED
    assert model.get(_KIND.BAREMETAL_NODE, _UUID).name == 'new'


def test_a_late_word_of_a_machine_is_not_of_the_next_one(
    handler: handlers.IronicNotificationHandler,
) -> None:
    """The next one, of the same UUID, need not have been changed yet."""
    model = _known(created_at='2026-11-27T01:52:50', updated_at=None)
    late = _told(
        'baremetal.node.power_set.end', created_at='2026-11-27T01:52:00Z'
    )
    verdict = _apply(model, handler.handle(late))
    assert verdict.outcome is mutation.Outcome.DEFERRED
    assert verdict.reread
    known = model.get(_KIND.BAREMETAL_NODE, _UUID)
    assert known.power_state == 'power off'


def test_another_event_makes_no_machine(
    handler: handlers.IronicNotificationHandler,
) -> None:
    model = live_model.LiveModel()
    visitor = handler.handle(_told('baremetal.node.power_set.end'))
    assert _apply(model, visitor).outcome is mutation.Outcome.DEFERRED
    assert model.find(_KIND.BAREMETAL_NODE, _UUID) is None


def test_a_uuid_may_be_used_again(
    handler: handlers.IronicNotificationHandler,
) -> None:
    """Operators enroll a machine anew with the UUID that it had."""
    model = _known()
    key = schema.ElementKey(_KIND.BAREMETAL_NODE, _UUID)
    deletion = handler.handle(_told('baremetal.node.delete.end'))
    assert _apply(model, deletion).reread == (key,)
    _apply(model, mutation.Absence(key, model.fence()))
    assert model.find(*key) is None
    again = handler.handle(_told('baremetal.node.create.end', updated_at=None))
    assert _apply(model, again).reread == (key,)


@pytest.mark.parametrize(
    ('event', 'kind'),
    [
        ('baremetal.node.something.new', _KIND.BAREMETAL_NODE),
        ('baremetal.node.update.error', _KIND.BAREMETAL_NODE),
        ('baremetal.chassis.update.end', _KIND.CHASSIS),
        ('baremetal.chassis.delete.end', _KIND.CHASSIS),
    ],
)
def test_the_rest_has_what_it_names_read(
    handler: handlers.IronicNotificationHandler, event: str, kind: schema.Kind
) -> None:
    visitor = handler.handle(_told(event))
    assert isinstance(visitor, mutation.Doubt)
    assert visitor.keys == ((kind, _UUID),)


@pytest.mark.parametrize(
    'event',
    [
        'baremetal.port.create.end',
        'baremetal.allocation.create.end',
        'baremetal.node',
        'baremetal.node.update',
        'identity.project.created',
    ],
)
def test_the_rest_of_ironic_is_nothing_to_the_model(
    handler: handlers.IronicNotificationHandler, event: str
) -> None:
    assert isinstance(handler.handle(_told(event)), mutation.Nothing)


@pytest.mark.parametrize(
    ('payload', 'named'),
    [
        (None, False),
        ([], False),
        ({}, False),
        ({'ironic_object.data': None}, False),
        ({'ironic_object.data': {'uuid': 7}}, False),
        ({'ironic_object.data': {'uuid': '../chassis'}}, False),
        ({'ironic_object.data': {'uuid': _UUID}}, True),
        ({'ironic_object.data': {'uuid': _UUID, 'updated_at': 'x'}}, True),
        (
            {
                'ironic_object.data': {
                    'uuid': _UUID,
                    'created_at': None,
                    'updated_at': None,
                    'properties': 7,
                }
            },
            True,
        ),
    ],
)
def test_what_is_malformed_leads_to_a_read_of_what_it_names(
    handler: handlers.IronicNotificationHandler,
    caplog: pytest.LogCaptureFixture,
    payload: object,
    named: bool,
) -> None:
    with caplog.at_level(logging.WARNING):
        visitor = handler.handle(
            _envelope('baremetal.node.update.end', payload)
        )
    assert isinstance(visitor, mutation.Failure)
    key = schema.ElementKey(_KIND.BAREMETAL_NODE, _UUID)
    assert visitor.keys == ((key,) if named else ())
    assert 'is malformed' in caplog.text


def test_a_message_without_a_time_is_malformed(
    handler: handlers.IronicNotificationHandler,
) -> None:
    told = _told('baremetal.node.update.end')
    visitor = handler.handle(told._replace(sent_at=None))
    assert isinstance(visitor, mutation.Failure)


def test_a_fact_of_the_wrong_type_leads_to_a_read(
    handler: handlers.IronicNotificationHandler,
) -> None:
    model = _known()
    visitor = handler.handle(
        _told('baremetal.node.power_set.end', power_state=7)
    )
    assert _apply(model, visitor).outcome is mutation.Outcome.FAILED
    key = schema.ElementKey(_KIND.BAREMETAL_NODE, _UUID)
    assert visitor.to_reread_if_failed == (key,)


@pytest.mark.parametrize(
    'publisher', ['nova-compute:alpha', 'volume.box', 'baremetal.x', 'ironic']
)
def test_others_are_not_its_publishers(
    handler: handlers.IronicNotificationHandler, publisher: str
) -> None:
    assert re.match(handler.get_publisher_id(), publisher) is None
