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

"""What Cinder's notifications mean; those recorded are of a real Cinder."""

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
from cdm_graph.notification.cinder import handler as handlers
from tests.support import clock as clocks
from tests.support import elements

_KIND: typing.Final = schema.Kind
_RECORDED: typing.Final = [
    json.loads(line)
    for line in pathlib.Path(__file__)
    .with_name('recorded.jsonl')
    .read_text()
    .splitlines()
]
_VOLUME: typing.Final = elements.uuid(41)
_SNAPSHOT: typing.Final = elements.uuid(71)
_POOL: typing.Final = schema.StoragePool(
    name='box@one#a',
    storage_node='box@one',
    total_capacity_gb=10,
    free_capacity_gb=9,
)


@pytest.fixture
def handler(clock: clocks.FakeClock) -> handlers.CinderNotificationHandler:
    return handlers.CinderNotificationHandler(
        typing.cast(typing.Any, None), clock
    )


def _envelope(
    event: str,
    told: typing.Any,
    sent: str | None = '2026-11-27 00:49:24.530271',
) -> envelopes.Envelope:
    return envelopes.Envelope.stamp(
        1, 0.0, 'info', 'volume.box@one', event, told, {'timestamp': sent}
    )


def _recorded(row: dict[str, typing.Any]) -> envelopes.Envelope:
    return envelopes.Envelope.stamp(
        1,
        0.0,
        row['priority'].lower(),
        row['publisher_id'],
        row['event_type'],
        row['payload'],
        {'timestamp': row['timestamp']},
        {'request_id': row['request_id']},
    )


@pytest.mark.parametrize(
    'row', _RECORDED, ids=[row['event_type'] for row in _RECORDED]
)
def test_what_was_recorded_is_understood(
    handler: handlers.CinderNotificationHandler, row: dict[str, typing.Any]
) -> None:
    envelope = _recorded(row)
    visitor = handler.handle(envelope)
    family = envelope.event_type.partition('.')[0]
    if family in ('qos_specs',):
        assert isinstance(visitor, mutation.Nothing)
        return
    assert re.match(handler.get_publisher_id(), envelope.publisher_id)
    if envelope.event_type == 'capacity.pool':
        assert isinstance(visitor, mutation.Hint)
    elif family == 'capacity':
        assert isinstance(visitor, mutation.Nothing)
    else:
        assert isinstance(visitor, mutation.Doubt)
        named = json.dumps(row['payload'])
        assert all(
            key.key == schema.EVERY or key.key in named for key in visitor.keys
        )


@pytest.mark.parametrize(
    ('event', 'kinds'),
    [
        ('volume.delete.end', {_KIND.VOLUME}),
        ('volume.attach.end', {_KIND.VOLUME}),
        ('volume.something.new', {_KIND.VOLUME}),
        ('backup.create.end', {_KIND.VOLUME}),
        ('snapshot.delete.end', {_KIND.VOLUME_SNAPSHOT}),
        ('snapshot.revert.end', {_KIND.VOLUME_SNAPSHOT, _KIND.VOLUME}),
    ],
)
def test_each_event_has_what_it_names_read(
    handler: handlers.CinderNotificationHandler,
    event: str,
    kinds: set[schema.Kind],
) -> None:
    told = {'volume_id': _VOLUME, 'snapshot_id': _SNAPSHOT}
    visitor = handler.handle(_envelope(event, told))
    assert isinstance(visitor, mutation.Doubt)
    assert {key.kind for key in visitor.keys} == kinds
    assert {key.key for key in visitor.keys} <= {_VOLUME, _SNAPSHOT}
    assert visitor.reread is mutation.Reread.ALWAYS


@pytest.mark.parametrize(
    'event', ['volume.retype', 'scheduler.create_volume', 'scheduler.retype']
)
def test_what_is_told_before_it_is_done_is_read_twice(
    handler: handlers.CinderNotificationHandler, event: str
) -> None:
    visitor = handler.handle(_envelope(event, {'volume_id': _VOLUME}))
    assert isinstance(visitor, mutation.Doubt)
    assert visitor.reread is mutation.Reread.TWICE


@pytest.mark.parametrize(
    ('event', 'told'),
    [
        ('volume.usage', {'volume_id': _VOLUME}),
        ('volume.exists', {'volume_id': _VOLUME}),
        ('group.create.end', {'group_id': _VOLUME}),
        ('scheduler.select_destinations.start', {'instance_uuids': ['x']}),
        ('scheduler.create_group', 7),
        ('capacity.backend', {}),
    ],
)
def test_what_nothing_depends_on_is_ignored(
    handler: handlers.CinderNotificationHandler, event: str, told: typing.Any
) -> None:
    assert isinstance(handler.handle(_envelope(event, told)), mutation.Nothing)


@pytest.mark.parametrize(
    'event',
    [
        'volume_type.update',
        'volume_type_extra_specs.delete',
        'volume_type_project.access.add',
    ],
)
def test_a_type_that_changes_has_all_read(
    handler: handlers.CinderNotificationHandler, event: str
) -> None:
    visitor = handler.handle(_envelope(event, {}))
    assert visitor == mutation.Doubt(
        ((_KIND.VOLUME_TYPE, schema.EVERY),),  # type: ignore[arg-type]
        'a type changed',
    )


def test_the_capacity_of_a_pool_is_believed(
    handler: handlers.CinderNotificationHandler,
) -> None:
    told = {
        'name_to_id': _POOL.name,
        'total': 10.0,
        'free': 4.5,
        'allocated': 3,
        'provisioned': 7.0,
    }
    model = live_model.LiveModel([_POOL])
    later = handler.handle(
        _envelope('capacity.pool', told, '2099-01-01 00:00:02')
    )
    earlier = handler.handle(
        _envelope(
            'capacity.pool', {**told, 'free': 1.0}, '2099-01-01 00:00:01'
        )
    )
    verdicts = model.apply([later, earlier])
    pool = model.find(_KIND.STORAGE_POOL, _POOL.name)
    assert isinstance(pool, schema.StoragePool)
    assert (pool.free_capacity_gb, pool.provisioned_capacity_gb) == (4.5, 7.0)
    assert verdicts[0].outcome is mutation.Outcome.APPLIED
    assert verdicts[1].outcome is not mutation.Outcome.APPLIED


def test_a_pool_that_is_not_known_is_read(
    handler: handlers.CinderNotificationHandler,
) -> None:
    told = dict.fromkeys(('total', 'free', 'allocated', 'provisioned'), 1.0)
    visitor = handler.handle(
        _envelope('capacity.pool', {**told, 'name_to_id': 'new@one#a'})
    )
    (verdict,) = live_model.LiveModel().apply([visitor])
    assert verdict.reread == ((_KIND.STORAGE_POOL, 'new@one#a'),)


@pytest.mark.parametrize(
    ('event', 'told', 'named'),
    [
        ('volume.create.end', {}, []),
        ('volume.create.end', {'volume_id': 7}, []),
        ('volume.create.end', {'volume_id': 'no-uuid'}, []),
        ('volume.create.end', None, []),
        ('volume.create.end', ['x'], []),
        ('snapshot.create.end', {'volume_id': _VOLUME}, [_VOLUME]),
        ('snapshot.revert.end', {'snapshot_id': _SNAPSHOT}, [_SNAPSHOT]),
        ('capacity.pool', {}, [schema.EVERY]),
        ('capacity.pool', 'x', [schema.EVERY]),
        (
            'capacity.pool',
            {
                'name_to_id': 'a@b#c',
                'total': True,
                'free': 1,
                'allocated': 1,
                'provisioned': 1,
            },
            [schema.EVERY],
        ),
        ('capacity.pool', {'name_to_id': ''}, [schema.EVERY]),
    ],
)
def test_what_is_malformed_has_what_it_names_read(
    handler: handlers.CinderNotificationHandler,
    caplog: pytest.LogCaptureFixture,
    event: str,
    told: typing.Any,
    named: list[str],
) -> None:
    with caplog.at_level(logging.WARNING):
        visitor = handler.handle(_envelope(event, told))
    assert isinstance(visitor, mutation.Failure)
    assert [key.key for key in visitor.to_reread_if_failed] == named
    assert 'is malformed' in caplog.text


def test_a_capacity_without_a_time_is_malformed(
    handler: handlers.CinderNotificationHandler,
) -> None:
    told = dict.fromkeys(('total', 'free', 'allocated', 'provisioned'), 1.0)
    told['name_to_id'] = _POOL.name  # type: ignore[assignment]
    visitor = handler.handle(_envelope('capacity.pool', told, None))
    assert isinstance(visitor, mutation.Failure)
