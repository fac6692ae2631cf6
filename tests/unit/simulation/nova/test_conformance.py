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

"""Payloads have the keys and types that a real Nova's have."""

import collections
import collections.abc
import typing

import pytest

from cdm_graph.simulation import notification
from tests.unit.simulation import shapes
from tests.unit.simulation import support

Events = shapes.Events


@pytest.fixture(scope='module')
def recorded() -> Events:
    return shapes.of_messages(
        (row['topic'], row['event_type'], row['payload'])
        for row in support.recorded()
    )


@pytest.fixture(scope='module')
def messages() -> list[notification.Notification]:
    """Everything that the simulated cloud announces, of plain servers."""
    return list(_everything())


@pytest.fixture(scope='module')
def simulated(messages: list[notification.Notification]) -> Events:
    return shapes.of_messages(
        (each.topic, each.event_type, each.payload) for each in messages
    )


def _everything() -> collections.abc.Iterator[notification.Notification]:
    cloud = support.small_cloud(hosts=20)
    does = support.operations(cloud)
    uuid = support.plain_server(cloud).uuid
    doomed = support.plain_server(cloud, 'stopped').uuid
    host = cloud.server(uuid).host
    image = cloud.server(uuid).image
    assert host is not None
    group = next(iter(cloud.groups), None)
    aggregate = 1 + len(cloud.aggregates)

    def operations() -> collections.abc.Iterator[typing.Any]:
        yield does.create_server(image=image)
        yield does.create_server(image=image, zone='az1', group=group)
        yield does.create_flavor('huge', memory_mb=2**40)
        yield does.create_server(image=image, flavor='huge')
        yield does.create_server(image=image, fails=True)
        yield does.force_delete_server(cloud.servers.at(124).uuid)
        yield does.delete_server(cloud.servers.at(123).uuid)
        yield does.delete_server(cloud.servers.at(121).uuid)
        for name in (
            'power_off',
            'power_on',
            'pause',
            'unpause',
            'suspend',
            'resume',
            'reboot',
            'rescue',
            'unrescue',
            'rebuild',
            'live_migrate',
            'live_migrate_aborted',
            'live_migrate_failing',
            'cold_migrate',
            'confirm_resize',
            'cold_migrate',
            'revert_resize',
            'shelve',
            'unshelve',
            'soft_delete_server',
            'restore_server',
        ):
            yield getattr(does, name)(uuid)
        yield does.live_migrate(uuid, force_complete=True)
        yield does.attach_interface(uuid)
        yield does.attach_interface(uuid, fails=True)
        yield does.detach_interface(uuid)
        yield does.attach_volume(uuid)
        yield does.attach_volume(uuid, fails=True)
        yield does.swap_volume(uuid)
        yield does.detach_volume(uuid)
        yield does.power_off(uuid)
        yield does.attach_share(uuid)
        yield does.detach_share(uuid)
        yield does.power_on(uuid)
        yield does.lock(uuid, 'maintenance')
        yield does.unlock(uuid)
        yield does.rename(uuid, 'other')
        yield does.set_metadata(uuid, {'a': 'b'})
        yield does.add_tag(uuid, 'blue')
        yield does.resize(uuid, 'm1.large')
        yield does.confirm_resize(uuid)
        evacuated = cloud.server(uuid).host
        assert evacuated is not None
        yield does.disable_service(evacuated, 'maintenance')
        yield does.enable_service(evacuated)
        yield does.force_down(evacuated)
        yield does.evacuate(uuid)
        yield does.unforce_down(evacuated)
        yield does.delete_server(doomed)
        yield does.create_aggregate('rack', 'zone-x')
        yield does.set_aggregate_metadata(aggregate, {'rack': '1'})
        yield does.rename_aggregate(aggregate, 'rack-one')
        yield does.delete_aggregate(aggregate)
        yield does.create_server_group('group')
        yield does.delete_server_group(next(reversed(cloud.groups)))
        yield does.create_flavor('new')
        yield does.set_extra_specs('new', {'a': 'b'})
        yield does.delete_flavor('new')
        yield does.add_host()
        yield does.add_to_aggregate(4, next(reversed(cloud.nodes)))
        yield does.remove_host(next(reversed(cloud.nodes)))

    for operation in operations():
        yield from support.run(cloud, operation)


def test_every_shared_event_conforms(
    recorded: Events, simulated: Events
) -> None:
    unlike = {
        event: list(simulated[event].unlike(recorded[event]))
        for event in recorded.keys() & simulated.keys()
    }
    assert {event: why for event, why in unlike.items() if why} == {}


def test_what_is_not_simulated(recorded: Events, simulated: Events) -> None:
    missing = {event for _, event in recorded.keys() - simulated.keys()}
    assert missing == {
        'compute.instance.snapshot.end',
        'compute.instance.snapshot.start',
        'instance.snapshot.end',
        'instance.snapshot.start',
    }


_ATTACHMENTS: typing.Final = frozenset(
    {
        'compute.instance.volume.attach',
        'compute.instance.volume.detach',
        *(
            f'instance.{family}.{phase}'
            for family in (
                'interface_attach',
                'interface_detach',
                'share_attach',
                'share_detach',
                'volume_attach',
                'volume_detach',
                'volume_swap',
            )
            for phase in ('start', 'end')
        ),
        'instance.interface_attach.error',
        'instance.volume_attach.error',
    }
)


def test_what_was_not_recorded(recorded: Events, simulated: Events) -> None:
    extra = {event for _, event in simulated.keys() - recorded.keys()}
    assert extra == {
        'compute.instance.live_migration.rollback.dest.end',
        'compute.instance.live_migration.rollback.dest.start',
        'instance.live_migration_rollback_dest.end',
        'instance.live_migration_rollback_dest.start',
        *_ATTACHMENTS,
    }


#: By its last words, what an event about something attached has in addition.
_OF_ATTACHMENT: typing.Final[dict[str, tuple[str, str, set[str]]]] = {
    'interface': ('InstanceActionPayload', '1.9', set()),
    'volume_attach': ('InstanceActionVolumePayload', '1.7', {'volume_id'}),
    'volume_detach': ('InstanceActionVolumePayload', '1.7', {'volume_id'}),
    'volume_swap': (
        'InstanceActionVolumeSwapPayload',
        '1.9',
        {'old_volume_id', 'new_volume_id'},
    ),
    'share': ('InstanceActionSharePayload', '1.0', {'share_id'}),
}


def test_events_of_attachments_are_actions_with_an_identifier(
    messages: list[notification.Notification],
) -> None:
    """They were not recorded: Nova's own samples of them say this."""
    (plain, *_) = support.versioned(messages, 'instance.pause.end')
    for each in messages:
        kind = each.event_type.removeprefix('instance.')
        for prefix, (name, version, keys) in _OF_ATTACHMENT.items():
            if kind.startswith(prefix):
                assert _class_of(each.payload) == (name, version)
                data = each.payload['nova_object.data']
                assert data.keys() - plain.keys() == keys
                assert plain.keys() <= data.keys()
                assert (data['fault'] is not None) == kind.endswith('error')
                assert (each.priority == 'error') == kind.endswith('error')


def test_envelopes_conform(
    messages: list[notification.Notification],
) -> None:
    priorities: dict[tuple[str, str], set[str]] = collections.defaultdict(set)
    classes: dict[str, set[tuple[str, str]]] = collections.defaultdict(set)
    for row in support.recorded():
        priorities[row['topic'], row['event_type']].add(row['priority'])
        classes[row['event_type']].add(_class_of(row['payload']))
    for each in messages:
        seen = priorities.get((each.topic, each.event_type))
        if seen is not None:
            assert each.priority in seen
            assert _class_of(each.payload) in classes[each.event_type]


def _class_of(
    payload: collections.abc.Mapping[str, typing.Any],
) -> tuple[str, str]:
    return (
        payload.get('nova_object.name', ''),
        payload.get('nova_object.version', ''),
    )


def test_no_message_of_the_recording_is_a_secret() -> None:
    for row in support.recorded():
        assert 'gAAAA' not in str(row)
