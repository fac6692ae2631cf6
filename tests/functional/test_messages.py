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

"""What the bus brings, however odd, is counted and holds up nothing."""

import collections.abc
import contextlib
import pathlib
import tempfile
import typing

import pytest

from cdm_graph.simulation import process
from tests.functional import bus as buses
from tests.functional import conftest
from tests.functional import raw
from tests.functional import rig
from tests.functional import truths

_NOBODY: typing.Final = '00000000-0000-4000-8000-000000000000'
_DEEP: typing.Final = 200


class Scene(typing.NamedTuple):
    """A cloud that stands still, and a daemon beside it."""

    cloud: process.Simulation
    daemon: rig.Daemon
    publisher: raw.RawPublisher


@contextlib.contextmanager
def _a_scene(bus: buses.Bus) -> collections.abc.Iterator[Scene]:
    publisher = raw.RawPublisher(bus.url)
    with (
        conftest.a_cloud(transport_url=bus.url) as cloud,
        tempfile.TemporaryDirectory(prefix='cdm-graph-') as folder,
    ):
        daemon = rig.Daemon(
            pathlib.Path(folder), conftest.daemon_options(cloud, bus.url)
        )
        try:
            yield Scene(cloud, daemon.start(), publisher)
        finally:
            daemon.close()
            publisher.close()


@pytest.fixture(scope='module')
def scene(broker: buses.Bus) -> collections.abc.Iterator[Scene]:
    broker.start()
    with _a_scene(broker) as scene:
        yield scene


def _deep() -> dict[str, typing.Any]:
    value: dict[str, typing.Any] = {}
    for _ in range(_DEEP):
        value = {'nova_object.data': value}
    return value


def _assert_counted(
    scene: Scene, reason: str | None, **parts: typing.Any
) -> None:
    """Send a message; see it counted, and the next one applied."""
    before = scene.daemon.drain(0)
    scene.publisher.send(**parts)
    after = rig.drained(scene.cloud, scene.daemon)
    truths.assert_equal(scene.daemon.exported(), scene.cloud)
    if reason is not None:
        counted = rig.reasons(after).get(reason, 0)
        assert counted == rig.reasons(before).get(reason, 0) + 1


@pytest.mark.parametrize(
    ('reason', 'parts'),
    [
        pytest.param(reason, parts, id=name)
        for name, reason, parts in (
            ('text', 'failed: malformed', {'payload': 'what?'}),
            ('list', 'failed: malformed', {'payload': [1, 2]}),
            ('null', 'failed: malformed', {'payload': None}),
            (
                'data-is-a-list',
                'failed: malformed',
                {'payload': raw.versioned([])},
            ),
            ('no-uuid', 'failed: malformed', {'payload': raw.versioned({})}),
            (
                'uuid-is-a-number',
                'failed: malformed',
                {'payload': raw.versioned({'uuid': 7})},
            ),
            (
                'version-is-a-word',
                'failed: unknown major version',
                {'payload': raw.versioned({}, version='newest')},
            ),
            ('deep', None, {'payload': _deep()}),
            (
                'unknown-event-type',
                'ignored: unknown event type',
                {
                    'event_type': 'instance.frobnicate.end',
                    'payload': raw.versioned({}),
                },
            ),
            (
                'event-type-is-a-number',
                None,
                {'event_type': 7, 'payload': raw.versioned({})},
            ),
            (
                'event-type-is-null',
                None,
                {'event_type': None, 'payload': raw.versioned({})},
            ),
            (
                'ignored-event-type',
                'ignored: event type is ignored',
                {'event_type': 'scheduler.select_destinations.end'},
            ),
            (
                'another-service',
                'ignored: nobody observes it',
                {'publisher_id': 'volume.host', 'event_type': 'volume.create'},
            ),
            (
                'publisher-is-null',
                'ignored: nobody observes it',
                {'publisher_id': None},
            ),
            (
                'legacy-without-a-server',
                'failed: malformed',
                {'event_type': 'compute.instance.update', 'payload': {}},
            ),
            (
                'legacy-with-a-list',
                'failed: malformed',
                {
                    'event_type': 'compute.instance.update',
                    'payload': {'instance_id': ['x']},
                },
            ),
            (
                'legacy-task-with-a-list',
                None,
                {
                    'event_type': 'compute_task.build_instances',
                    'payload': {'instance_properties': ['x']},
                },
            ),
            ('time-is-a-word', None, {'timestamp': 'yesterday'}),
            ('time-is-a-number', None, {'timestamp': 5}),
            ('time-is-null', None, {'timestamp': None}),
            (
                'time-has-no-utc',
                None,
                {'timestamp': '0001-01-01T00:00:00+14:00'},
            ),
            ('id-is-null', None, {'message_id': None}),
            ('id-is-a-list', None, {'message_id': ['x']}),
        )
    ],
)
def test_an_odd_message_is_counted_and_the_next_one_applied(
    scene: Scene, reason: str | None, parts: dict[str, typing.Any]
) -> None:
    _assert_counted(scene, reason, **parts)


def test_a_server_that_is_named_by_what_cannot_be_understood_is_read(
    scene: Scene,
) -> None:
    cloud, daemon, publisher = scene
    uuids = rig.plain_servers(cloud)[:4]
    # What happens to them is announced in a way that nobody understands.
    for uuid in uuids:
        for _messages in cloud.operations.power_off(uuid):
            pass
    before = daemon.drain(0)
    assert truths.differences(daemon.exported(), cloud)
    future, unknown, malformed, legacy = uuids
    publisher.send(payload=raw.versioned({'uuid': future}, version='9.0'))
    publisher.send(
        event_type='instance.frobnicate.end',
        payload=raw.versioned({'uuid': unknown}),
    )
    publisher.send(payload=raw.versioned({'uuid': malformed, 'tags': 7}))
    publisher.send(
        publisher_id='compute.host',
        event_type='compute.instance.frobnicate',
        payload={'instance_id': legacy},
    )
    after = daemon.drain(before['notifications']['received'] + 4)
    truths.assert_equal(daemon.exported(), cloud)
    for reason, count in (
        ('failed: unknown major version', 1),
        ('deferred: unknown event type', 2),
        ('failed: malformed', 1),
    ):
        assert (
            rig.reasons(after)[reason]
            == rig.reasons(before).get(reason, 0) + count
        )


def test_a_message_that_comes_twice_is_counted_as_a_duplicate(
    scene: Scene,
) -> None:
    reason = 'duplicate: message delivered twice'
    before = scene.daemon.drain(0)
    for _ in range(3):
        scene.publisher.send(message_id='the-same', publisher_id='volume.host')
    after = scene.daemon.drain(before['notifications']['received'] + 3)
    assert rig.reasons(after)[reason] == rig.reasons(before).get(reason, 0) + 2
