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

"""Payloads of Cinder have the keys and types that a real Cinder's have."""

import collections
import collections.abc
import typing

import pytest

from cdm_graph.simulation import notification
from tests.unit.simulation import shapes
from tests.unit.simulation import support

_SSD: typing.Final = 'storage-01@ssd'
_SLOW: typing.Final = 'storage-02@hdd#slow'


def _everything() -> collections.abc.Iterator[notification.Notification]:
    """Yield everything that the simulated Cinder announces."""
    cloud = support.stored_cloud()
    does = support.operations(cloud)
    storage = cloud.storage
    server = support.plain_server(cloud).uuid
    others = [host for host in storage.backends if host != _SSD]

    def newest() -> str:
        return next(reversed(list(storage.volumes))).uuid

    def operations() -> collections.abc.Iterator[typing.Any]:
        yield does.create_volume('a', kind='ssd', metadata={'k': '1'})
        one = newest()
        yield does.update_volume(one, 'a2', 'hello')
        yield does.update_volume_metadata(one, {'k': '2'})
        yield does.set_volume_metadata(one, {'k': None})
        yield does.set_volume_readonly(one, False)
        yield does.set_volume_image_metadata(one, {'os': 'x'})
        yield does.extend_volume(one, 3)
        yield does.extend_volume(one, 10**9)
        yield does.retype_volume(one, 'ssd-encrypted')
        yield does.retype_volume(one, 'ssd')
        yield does.retype_volume(one, 'hdd', migrate=False)
        yield does.retype_volume(one, 'nowhere')
        yield does.retype_volume(one, 'hdd')
        yield does.reset_volume_status(one, 'error')
        yield does.reset_volume_status(one, 'available')
        yield does.create_snapshot(one, 's', {'a': 'b'})
        snapshot = next(reversed(storage.snapshots))
        yield does.update_snapshot(snapshot, 's2')
        yield does.reset_snapshot_status(snapshot, 'available')
        yield does.create_volume('b', 3, kind='hdd', snapshot=snapshot)
        yield does.delete_volume(newest())
        yield does.delete_snapshot(snapshot)
        yield does.create_volume('c')
        two = newest()
        yield does.offer_volume(two)
        yield does.withdraw_volume(two)
        yield does.offer_volume(two)
        yield does.accept_volume(two, next(reversed(cloud.projects)))
        yield does.unmanage_volume(two)
        yield does.manage_volume('m', _SLOW, 5)
        yield does.delete_volume(newest())
        yield does.create_volume('none', kind='nowhere')
        yield does.delete_volume(newest())
        yield does.create_volume('failing', kind='hdd', fails=True)
        yield does.create_volume('d', kind='ssd')
        three = newest()
        yield does.attach_volume(server, volume=three)
        yield does.extend_volume(three, 4)
        yield does.migrate_volume(three, 'storage-03@archive#cold')
        yield does.detach_volume(server, three)
        for backend in others:
            yield does.disable_backend(backend, 'maintenance')
        yield does.create_volume('e')
        for backend in others:
            yield does.thaw_backend(backend)
        yield does.attach_volume(server, volume=newest())
        yield does.live_migrate(server)
        yield does.shelve(server)
        yield does.unshelve(server)
        yield does.migrate_volume(newest(), _SLOW)
        yield does.retype_volume(newest(), 'ssd')
        yield does.delete_server(server)
        yield does.create_volume_type('t', {'a': 'b'})
        yield does.create_volume_type('t')
        yield does.add_type_specs('t', {'c': 'd'})
        yield does.change_type_spec('t', 'c', 'e')
        yield does.delete_type_spec('t', 'c')
        yield does.update_volume_type('t', 'u', 'x')
        yield does.delete_volume_type('u')
        yield does.delete_volume_type('ssd')
        yield does.crash_backend(_SSD)
        yield does.recover_backend(_SSD)
        yield does.report_capacity('storage-03@archive')

    for operation in operations():
        yield from support.run(cloud, operation)


@pytest.fixture(scope='module')
def messages() -> list[notification.Notification]:
    return [
        message
        for message in _everything()
        if message.exchange == notification.CINDER_EXCHANGE
    ]


@pytest.fixture(scope='module')
def recorded() -> shapes.Events:
    return shapes.of_messages(
        ('notifications', row['event_type'], row['payload'])
        for row in support.recorded_of_cinder()
    )


@pytest.fixture(scope='module')
def simulated(messages: list[notification.Notification]) -> shapes.Events:
    return shapes.of_messages(
        (each.topic, each.event_type, each.payload) for each in messages
    )


def test_every_shared_event_conforms(
    recorded: shapes.Events, simulated: shapes.Events
) -> None:
    unlike = {
        event: list(simulated[event].unlike(recorded[event]))
        for event in recorded.keys() & simulated.keys()
    }
    assert {event: why for event, why in unlike.items() if why} == {}


def test_what_is_not_simulated(
    recorded: shapes.Events, simulated: shapes.Events
) -> None:
    missing = {event for _, event in recorded.keys() - simulated.keys()}
    assert missing == {
        'qos_specs.associate',
        'qos_specs.create',
        'qos_specs.delete',
        'qos_specs.disassociate',
        'snapshot.revert.end',
        'snapshot.revert.start',
        'volume.revert.end',
        'volume.revert.start',
        'volume_type_project.access.add',
        'volume_type_project.access.remove',
    }
    assert not simulated.keys() - recorded.keys()


def _publisher(text: str) -> str:
    """Return who signs, with any back end and any pool."""
    service, _, place = text.partition('.')
    if '@' not in place:
        return text
    return f'{service}.backend{"#pool" if "#" in place else ""}'


def test_envelopes_conform(messages: list[notification.Notification]) -> None:
    seen: dict[str, set[tuple[str, str]]] = collections.defaultdict(set)
    for row in support.recorded_of_cinder():
        seen[row['event_type']].add(
            (row['priority'], _publisher(row['publisher_id']))
        )
    for each in messages:
        told = each.priority.upper(), _publisher(each.publisher_id)
        assert told in seen[each.event_type], each.event_type


def test_no_message_of_the_recording_is_a_secret() -> None:
    for row in support.recorded_of_cinder():
        assert 'auth_password' not in str(row)
        assert 'auth_key' not in str(row)
