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

"""Each operation announces what a real Nova announces, in its order.

The recorded and the simulated sequences are compared message by message:
event, priority, publisher, states, tasks, and which host and which flavor the
payload names, with hosts and flavors as letters by first appearance.
"""

import collections.abc
import re
import typing

import pytest

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import notification
from cdm_graph.simulation import operations as operations_module
from tests.unit.simulation import support

Steps = collections.abc.Iterable[notification.Notifications]
_RECORDED: typing.Final = support.recorded_sequences()


class _Story:
    """What was done in each recorded step, done in a simulated cloud."""

    def __init__(self) -> None:
        self.cloud: cloud_module.SimulatedCloud = support.small_cloud()
        self.does: operations_module.Operations = support.operations(
            self.cloud
        )
        self.uuid = support.plain_server(self.cloud).uuid

    def messages(self, *names: str) -> list[notification.Notification]:
        return self.of(
            *(getattr(self.does, name)(self.uuid) for name in names)
        )

    def of(self, *operations: Steps) -> list[notification.Notification]:
        return [
            message
            for operation in operations
            for message in support.run(self.cloud, operation)
        ]

    def create(self, **how: typing.Any) -> list[notification.Notification]:
        self.uuid = ''
        messages = self.of(self.does.create_server(**how))
        row = self.cloud.servers.at(self.cloud.servers.last_number)
        assert row is not None
        self.uuid = row.uuid
        return messages


def _without_host(story: _Story) -> list[notification.Notification]:
    story.of(story.does.create_flavor('huge', memory_mb=2**40))
    return story.create(flavor='huge') + story.messages('delete_server')


def _evacuated(story: _Story) -> list[notification.Notification]:
    host = story.cloud.server(story.uuid).host
    assert host is not None
    story.of(story.does.crash(host), story.does.force_down(host))
    return story.messages('evacuate')


def _grouped(story: _Story) -> list[notification.Notification]:
    story.of(story.does.create_server_group('group'))
    group = next(reversed(story.cloud.groups))
    return story.create(group=group) + story.messages('delete_server')


def _metadata(story: _Story) -> list[notification.Notification]:
    return story.of(
        story.does.set_metadata(story.uuid, {'tier': '1'}),
        story.does.delete_metadata(story.uuid, 'tier'),
    )


def _tags(story: _Story) -> list[notification.Notification]:
    return story.of(
        story.does.add_tag(story.uuid, 'blue'),
        story.does.remove_tag(story.uuid, 'blue'),
    )


def _after(
    *names: str,
) -> collections.abc.Callable[[_Story], list[notification.Notification]]:
    """Carry out all of them, but tell of the last only."""

    def tell(story: _Story) -> list[notification.Notification]:
        story.messages(*names[:-1])
        return story.messages(names[-1])

    return tell


def _plainly(
    *names: str,
) -> collections.abc.Callable[[_Story], list[notification.Notification]]:
    return lambda story: story.messages(*names)


_STORIES: typing.Final[
    dict[
        str,
        collections.abc.Callable[[_Story], list[notification.Notification]],
    ]
] = {
    'create 20 servers': lambda story: story.create(),
    'create, no valid host': _without_host,
    'create, spawn fails': lambda story: (
        story.create(fails=True) + story.messages('force_delete_server')
    ),
    'live migrate': _plainly('live_migrate'),
    'live migrate, abort': _plainly('live_migrate_aborted'),
    'live migrate, force complete': lambda story: story.of(
        story.does.live_migrate(story.uuid, force_complete=True)
    ),
    'cold migrate + confirm': _plainly('cold_migrate', 'confirm_resize'),
    'resize + confirm': lambda story: story.of(
        story.does.resize(story.uuid, 'c1.pinned'),
        story.does.confirm_resize(story.uuid),
    ),
    'resize + revert': lambda story: story.of(
        story.does.resize(story.uuid, 'c1.pinned'),
        story.does.revert_resize(story.uuid),
    ),
    'pause': _plainly('pause'),
    'unpause': _after('pause', 'unpause'),
    'suspend': _plainly('suspend'),
    'resume': _after('suspend', 'resume'),
    'stop': _plainly('power_off'),
    'start': _after('power_off', 'power_on'),
    'reboot soft': _plainly('reboot'),
    'reboot hard': lambda story: story.of(story.does.reboot(story.uuid, True)),
    'rebuild': _plainly('rebuild'),
    'rescue': _plainly('rescue'),
    'unrescue': _after('rescue', 'unrescue'),
    'shelve (offload) + unshelve': _plainly('shelve', 'unshelve'),
    'lock': _plainly('lock'),
    'unlock': _after('lock', 'unlock'),
    'rename (update)': lambda story: story.of(
        story.does.rename(story.uuid, 'other')
    ),
    'metadata set, delete': _metadata,
    'tag add, delete': _tags,
    'evacuate (kill + force down)': _evacuated,
    'soft delete, restore, force': _plainly(
        'soft_delete_server', 'restore_server'
    ),
    'server group + member': _grouped,
    'delete all': _plainly('delete_server'),
}


class _Letters:
    """Names hosts and flavors by the order in which they appear."""

    def __init__(self, cloud: cloud_module.SimulatedCloud) -> None:
        self._hosts: dict[str, str] = {}
        self._flavors: dict[str, str] = {}
        self._of_node = {
            node.hostname: node.host for node in cloud.nodes.values()
        }

    def host(self, name: str | None) -> str | None:
        if name is None or name == 'controller':
            return name
        name = self._of_node.get(name, name)
        return self._hosts.setdefault(name, chr(65 + len(self._hosts)))

    def flavor(self, name: str) -> str:
        return self._flavors.setdefault(name, f'F{1 + len(self._flavors)}')

    def publisher(self, name: str) -> str:
        match = re.match(r'([a-z_]+(?:-[a-z]+)?)([:.])(.*)', name)
        assert match is not None
        kind, colon, host = match.groups()
        return f'{kind}{colon}{self.host(host)}'


def _told(
    message: notification.Notification, letters: _Letters
) -> dict[str, typing.Any]:
    versioned = message.topic == notification.VERSIONED_TOPIC
    payload = message.payload
    data = payload['nova_object.data'] if versioned else payload
    told: dict[str, typing.Any] = {
        'event': message.event_type,
        'priority': message.priority,
    }
    if 'host' in data:
        told['host'] = letters.host(data['host'])
        told['node'] = letters.host(data['node'])
        told['state'] = data['state']
        if versioned:
            told['task'] = data['task_state']
            flavor = data['flavor']['nova_object.data']['name']
        else:
            told['task'] = data['state_description'] or None
            flavor = data['instance_type']
        told['flavor'] = letters.flavor(flavor)
    told['publisher'] = letters.publisher(message.publisher_id)
    update = data.get('state_update') if versioned else data
    if update and versioned:
        update = update['nova_object.data']
    if update and 'old_task_state' in update:
        told['old'] = [update['old_state'], update['old_task_state']]
    return told


@pytest.mark.parametrize('step', _STORIES)
@pytest.mark.parametrize('topic', ['versioned', 'unversioned'])
def test_order_is_the_recorded_one(step: str, topic: str) -> None:
    story = _Story()
    letters = _Letters(story.cloud)
    messages = _STORIES[step](story)
    mine = [
        _told(message, letters)
        for message in messages
        if (message.topic == notification.VERSIONED_TOPIC)
        == (topic == 'versioned')
        and not message.event_type.startswith(('server_group', 'servergroup'))
    ]
    assert mine == _RECORDED[step][topic]


def test_every_recorded_step_is_compared() -> None:
    assert _RECORDED.keys() - _STORIES.keys() == {'snapshot'}
