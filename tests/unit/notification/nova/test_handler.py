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

"""Whatever comes from the bus, the handler returns a mutation."""

import copy
import json
import re
import typing

import hypothesis
from hypothesis import strategies as st
import pytest

from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification.nova import handler as nova_handler
from tests.support import clock as clocks
from tests.support import elements
from tests.support import nova
from tests.support import recordings

_KEY: typing.Final = schema.ElementKey(schema.Kind.INSTANCE, elements.uuid(3))

Message = dict[str, typing.Any]
#: Never changed in place.
_RECORDED: typing.Final = recordings.messages()
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ['\ud800', '\x00', '2026-13-40T00:00:00Z', 'nan', '1e999']
    ),
)
_JSON = st.recursive(
    _SCALARS,
    lambda children: st.one_of(
        st.lists(children, max_size=3),
        st.dictionaries(st.text(max_size=4), children, max_size=3),
    ),
    max_leaves=5,
)


def _handle(message: Message) -> mutation.Mutation:
    return nova.new_handler().handle(recordings.envelope(message))


def _about_instance(event_type: str = 'instance.power_on.end') -> Message:
    message = recordings.versioned(event_type)
    message['payload']['nova_object.data']['uuid'] = _KEY.key
    return message


@pytest.mark.parametrize(
    'publisher',
    [
        'nova-compute:host-1',
        'nova-api:controller',
        'nova-conductor:controller',
        'nova-scheduler:controller',
        'compute.host-1',
        'conductor.controller',
        'scheduler.controller',
        'api.controller',
        'nova-api.controller',
        'aggregate.17',
        'aggregate.rack-1',
        'servergroup.controller',
    ],
)
def test_novas_publishers_are_observed(publisher: str) -> None:
    assert re.match(nova.new_handler().get_publisher_id(), publisher)


@pytest.mark.parametrize(
    'publisher',
    ['volume.host-1@lvm', 'network.controller', 'cdm-graph:x', 'identity.a'],
)
def test_other_publishers_are_not(publisher: str) -> None:
    assert not re.match(nova.new_handler().get_publisher_id(), publisher)


# -- what cannot be understood ---


_MISTYPED: typing.Final[dict[str, typing.Any]] = {
    'display_name': 5,
    'state': ['active'],
    'task_state': {},
    'power_state': 1,
    'tenant_id': None,
    'host': 7,
    'node': [],
    'locked': 'perhaps',
    'metadata': ['a'],
    'created_at': 'once upon a time',
    'updated_at': 'yesterday',
    'launched_at': {},
    'flavor': 'm1.small',
    'tags': 5,
}


@pytest.mark.parametrize('field', _MISTYPED)
def test_a_field_of_the_wrong_type_fails_and_has_the_instance_read(
    field: str,
) -> None:
    message = _about_instance()
    message['payload']['nova_object.data'][field] = _MISTYPED[field]
    assert _handle(message) == mutation.Failure('malformed', (_KEY,))


def test_nothing_of_what_is_malformed_is_applied() -> None:
    message = _about_instance()
    data = message['payload']['nova_object.data']
    data.update(state='error', locked='perhaps', updated_at=None)
    model = live_model.LiveModel([elements.instance(3)])
    (verdict,) = model.apply([_handle(message)])
    assert verdict.outcome is mutation.Outcome.FAILED
    assert verdict.reread == (_KEY,)
    assert model.elements() == (elements.instance(3),)


@pytest.mark.parametrize(
    'flavor',
    [
        {},
        [],
        {'nova_object.data': None},
        {'nova_object.data': {'vcpus': -1}},
        {'nova_object.data': {'vcpus': None}},
        {'nova_object.data': {'extra_specs': {'a': 1}}},
        {'nova_object.data': {'extra_specs': 'a'}},
    ],
)
def test_a_flavor_that_is_none_fails(flavor: object) -> None:
    message = _about_instance()
    message['payload']['nova_object.data']['flavor'] = flavor
    assert _handle(message) == mutation.Failure('malformed', (_KEY,))


@pytest.mark.parametrize('payload', [None, 5, 'text', [], True])
def test_a_payload_that_is_no_object_fails(payload: object) -> None:
    message = {**_about_instance(), 'payload': payload}
    assert _handle(message) == mutation.Failure('malformed')


@pytest.mark.parametrize('data', [None, 5, 'text', []])
def test_data_that_is_no_object_fails(data: object) -> None:
    message = _about_instance()
    message['payload']['nova_object.data'] = data
    assert _handle(message) == mutation.Failure('malformed')


@pytest.mark.parametrize('uuid', [None, '', 5, ['a'], {}])
def test_no_uuid_fails(uuid: object) -> None:
    for event_type in ('instance.delete.end', 'instance.power_on.end'):
        message = _about_instance()
        message['event_type'] = event_type
        message['payload']['nova_object.data']['uuid'] = uuid
        assert _handle(message) == mutation.Failure('malformed')


@pytest.mark.parametrize(
    ('event_type', 'facts'),
    [
        ('service.update', {'host': None}),
        ('service.update', {'host': ''}),
        ('service.update', {'forced_down': None}),
        ('service.update', {'disabled': 'perhaps'}),
        ('service.update', {'binary': 5}),
        ('aggregate.create.end', {'uuid': None}),
        ('aggregate.create.end', {'id': 'many'}),
        ('aggregate.create.end', {'metadata': 'none'}),
        ('aggregate.create.end', {'metadata': {'availability_zone': 5}}),
        ('aggregate.create.end', {'hosts': 5}),
        ('aggregate.create.end', {'hosts': ['a', 5]}),
        ('aggregate.create.end', {'hosts': [5]}),
        ('server_group.create', {'uuid': 5}),
        ('server_group.create', {'members': [None]}),
        ('server_group.create', {'rules': ['a']}),
        ('server_group.create', {'name': None}),
    ],
)
def test_the_other_kinds_are_checked_too(
    event_type: str, facts: dict[str, typing.Any]
) -> None:
    message = recordings.versioned(
        'aggregate.add_host.end'
        if event_type.startswith('aggregate')
        else event_type
    )
    message['event_type'] = event_type
    message['payload']['nova_object.data'].update(facts)
    kind = {
        'service': schema.Kind.COMPUTE_NODE,
        'aggregate': schema.Kind.HOST_AGGREGATE,
        'server_group': schema.Kind.SERVER_GROUP,
    }[event_type.partition('.')[0]]
    assert _handle(message) == mutation.Failure(
        'malformed', (schema.ElementKey(kind, schema.EVERY),)
    )


# -- what the log says of it ---


def _complain(
    handler: nova_handler.NovaNotificationHandler,
    caplog: pytest.LogCaptureFixture,
    message: Message,
) -> str:
    """Handle what is malformed; return what was logged."""
    caplog.clear()
    meaning = handler.handle(recordings.envelope(message))
    assert isinstance(meaning, mutation.Failure)
    return caplog.text


def test_what_is_malformed_is_logged_once_and_then_counted(
    caplog: pytest.LogCaptureFixture, clock: clocks.FakeClock
) -> None:
    """A mistake that repeats itself does not fill the log."""
    handler = nova_handler.NovaNotificationHandler(nova.Nowhere(), clock)
    message = _about_instance()
    message['payload']['nova_object.data']['locked'] = 'perhaps'
    first = _complain(handler, caplog, message)
    assert first.count('is malformed') == 1
    assert message['event_type'] in first
    assert message['publisher_id'] in first
    assert _KEY.key in first
    assert 'What it names will be read.' in first
    assert 'like it' not in first
    for _ in range(7):
        assert _complain(handler, caplog, message) == ''
    clock.advance(60)
    again = _complain(handler, caplog, message)
    assert '(7 like it were not logged.)' in again
    clock.advance(60)
    assert 'like it' not in _complain(handler, caplog, message)


def test_each_kind_of_mistake_is_logged(
    caplog: pytest.LogCaptureFixture, clock: clocks.FakeClock
) -> None:
    handler = nova_handler.NovaNotificationHandler(nova.Nowhere(), clock)
    first, other, newer = (
        _about_instance(),
        _about_instance('instance.update'),
        _about_instance(),
    )
    for message in (first, other):
        message['payload']['nova_object.data']['locked'] = 'perhaps'
    newer['payload']['nova_object.version'] = '9.0'
    for message in (first, other, newer):
        assert 'is malformed' in _complain(handler, caplog, message)
        assert _complain(handler, caplog, message) == ''


def test_what_names_nothing_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    message = {**_about_instance(), 'payload': 5}
    text = _complain(nova.new_handler(), caplog, message)
    assert 'about nothing known' in text
    assert 'will be read' not in text


def test_no_payload_makes_a_line_of_the_log_long(
    caplog: pytest.LogCaptureFixture,
) -> None:
    message = _about_instance()
    message['payload']['nova_object.version'] = 'x\n' * 10_000
    text = _complain(nova.new_handler(), caplog, message)
    assert '...' in text
    assert len(text) < 1000
    assert text.count('\n') == 1


# -- what is newer than this release ---


@pytest.mark.parametrize(
    ('event_type', 'version', 'understood'),
    [
        ('instance.power_on.end', '1.0', True),
        ('instance.power_on.end', '1.99', True),
        ('instance.power_on.end', '2.0', False),
        ('instance.power_on.end', 'x', False),
        ('instance.power_on.end', '', False),
        ('instance.update', '2.1', True),
        ('instance.update', '3.0', False),
    ],
)
def test_an_unknown_major_version_has_the_instance_read(
    event_type: str, version: str, understood: bool
) -> None:
    message = {**_about_instance(), 'event_type': event_type}
    message['payload']['nova_object.version'] = version
    meaning = _handle(message)
    if understood:
        assert isinstance(meaning, mutation.Hint)
    else:
        assert meaning == mutation.Failure('unknown major version', (_KEY,))


def test_unknown_fields_are_ignored() -> None:
    message = _about_instance()
    before = _handle(message)
    message['payload']['nova_object.data']['invented'] = {'a': [1]}
    after = _handle(message)
    assert before == after


def test_an_unknown_event_about_an_instance_has_it_read() -> None:
    message = {**_about_instance(), 'event_type': 'instance.teleport.end'}
    assert _handle(message) == mutation.Doubt((_KEY,), 'unknown event type')


@pytest.mark.parametrize(
    'event_type', ['quota.update', 'instance', '', 'instance.\ud800']
)
def test_an_unknown_event_about_nothing_is_ignored(event_type: str) -> None:
    message = {**_about_instance(), 'event_type': event_type}
    message['payload']['nova_object.data'] = {'uuid': 'no uuid'}
    assert _handle(message) == mutation.Nothing('unknown event type')


def test_a_message_that_does_not_say_when_it_was_sent_was_sent_now() -> None:
    message = {**_about_instance(), 'timestamp': 'never'}
    meaning = _handle(message)
    assert isinstance(meaning, mutation.Hint)
    assert meaning.sent_at.timestamp() == 0.0


# -- the same, at random ---


def _places(value: typing.Any) -> list[list[typing.Any]]:
    """Return the way to each value within a value."""
    found: list[list[typing.Any]] = [[]]
    pairs: typing.Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, child in pairs:
        found.extend([key, *rest] for rest in _places(child))
    return found


def _changed(
    payload: typing.Any, way: list[typing.Any], to: typing.Any
) -> typing.Any:
    if not way:
        return to
    payload = copy.copy(payload)
    payload[way[0]] = _changed(payload[way[0]], way[1:], to)
    return payload


@hypothesis.settings(max_examples=300)
@hypothesis.given(data=st.data())
def test_no_payload_makes_the_handler_or_the_model_fail(
    data: st.DataObject,
) -> None:
    """Contract 8: one mutation comes out, and it has one outcome."""
    message = dict(data.draw(st.sampled_from(_RECORDED)))
    named = json.dumps(message['payload'])
    for _ in range(data.draw(st.integers(1, 3))):
        way = data.draw(st.sampled_from(_places(message['payload'])))
        message['payload'] = _changed(
            message['payload'], way, data.draw(_JSON)
        )
    meaning = _handle(message)
    assert isinstance(meaning, mutation.Mutation)
    if isinstance(meaning, mutation.Failure):
        for key in meaning.keys:
            assert key.key == schema.EVERY or key.key in named
    model = live_model.LiveModel([elements.node(1)])
    (verdict,) = model.apply([meaning])
    assert isinstance(verdict.outcome, mutation.Outcome)


@hypothesis.settings(max_examples=150)
@hypothesis.given(
    event_type=st.one_of(
        st.text(max_size=20),
        st.sampled_from(
            sorted({message['event_type'] for message in _RECORDED})
        ),
    ),
    payload=st.one_of(
        _JSON,
        st.fixed_dictionaries(
            {'nova_object.data': _JSON},
            optional={'nova_object.version': _SCALARS},
        ),
    ),
)
def test_no_message_at_all_makes_the_handler_fail(
    event_type: str, payload: typing.Any
) -> None:
    envelope = envelopes.Envelope.stamp(
        1, 0.0, 'info', 'nova-compute:a', event_type, payload, {}
    )
    meaning = nova.new_handler().handle(envelope)
    assert isinstance(meaning, mutation.Mutation)
    live_model.LiveModel().apply([meaning])
