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

"""One notification, as it stands on the bus.

Nova publishes in two formats.  ``versioned`` ones have payloads of declared
types and go to the topic ``versioned_notifications``; ``unversioned``
(legacy) ones have other names, other fields and the topic ``notifications``.
Cinder has only these, on an exchange of its own.
"""

import collections.abc
import dataclasses
import enum
import functools
import typing

from cdm_graph.simulation import records


class Format(enum.StrEnum):
    """Which notifications a cloud publishes; Nova's own words."""

    VERSIONED = 'versioned'
    UNVERSIONED = 'unversioned'
    BOTH = 'both'

    @property
    def versioned(self) -> bool:
        """Whether versioned notifications are published."""
        return self is not Format.UNVERSIONED

    @property
    def unversioned(self) -> bool:
        """Whether legacy notifications are published."""
        return self is not Format.VERSIONED


#: The exchanges that the services publish on if they are left alone.
NOVA_EXCHANGE: typing.Final = 'nova'
CINDER_EXCHANGE: typing.Final = 'openstack'
IRONIC_EXCHANGE: typing.Final = 'ironic'
VERSIONED_TOPIC: typing.Final = 'versioned_notifications'
UNVERSIONED_TOPIC: typing.Final = 'notifications'
#: That of Ironic, all of whose notifications are versioned.
IRONIC_TOPIC: typing.Final = 'ironic_versioned_notifications'
#: The host of the services that are no nova-compute.
CONTROLLER: typing.Final = 'controller'

Payload = dict[str, typing.Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """What Nova's options have to say of notifications; its own names.

    Without ``notify_on_state_change`` there is no ``instance.update``, except
    where tags change; ``bdms_in_notifications`` and
    ``include_share_mapping`` make every payload list what is attached.
    """

    formats: Format = Format.BOTH
    notify_on_state_change: bool = True
    bdms_in_notifications: bool = False
    include_share_mapping: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A message with its envelope."""

    exchange: str = NOVA_EXCHANGE
    topic: str
    priority: str
    publisher_id: str
    event_type: str
    payload: Payload
    context: dict[str, typing.Any]
    message_id: str
    timestamp: str


Notifications = collections.abc.Sequence[Notification]


@dataclasses.dataclass(frozen=True, slots=True)
class Publisher:
    """Who announces, as either format names it.

    ``place`` is the host or the cell by whose clock it dates its messages.
    """

    versioned: str
    unversioned: str
    place: str = ''


@functools.lru_cache(maxsize=4096)
def compute(host: str) -> Publisher:
    """Return the publisher that the nova-compute of a host is."""
    return Publisher(f'nova-compute:{host}', f'compute.{host}', host)


def shares(host: str) -> Publisher:
    """Return the nova-compute of a host as it signs what it tells of shares.

    It takes itself for an API there: so it is in Nova.
    """
    return Publisher(f'nova-api:{host}', f'compute.{host}', host)


@functools.lru_cache(maxsize=64)
def saved(cell: str) -> Publisher:
    """Return the conductor of a cell that saves for a nova-compute.

    It names the service, but its own host.
    """
    return Publisher('nova-compute:controller', 'compute.controller', cell)


API: typing.Final = Publisher('nova-api:controller', 'compute.controller')
#: The API where it writes a table itself, as it does with tags.
API_ITSELF: typing.Final = Publisher(
    'nova-api:controller', 'nova-api.controller'
)
CONDUCTOR: typing.Final = Publisher(
    'nova-conductor:controller', 'conductor.controller'
)
SCHEDULER: typing.Final = Publisher(
    'nova-scheduler:controller', 'scheduler.controller'
)
COMPUTE_TASK: typing.Final = Publisher(
    'nova-conductor:controller', 'compute_task.controller'
)
GROUPS: typing.Final = Publisher(
    'nova-api:controller', 'servergroup.controller'
)


@dataclasses.dataclass(frozen=True, slots=True)
class RequestContext:
    """Who asked for an operation, and by which request."""

    request_id: str
    actor: records.Project

    def to_dict(self) -> dict[str, typing.Any]:
        """Return the context as services pass it on."""
        return {
            'request_id': self.request_id,
            'project_id': self.actor.project_id,
            'project_name': self.actor.name,
            'user_id': self.actor.user_id,
            'user_name': self.actor.user_name,
        }


_LEGACY_FAMILIES: typing.Final = {
    'resize_prep': 'resize.prep',
    'resize_finish': 'finish_resize',
    'resize_confirm': 'resize.confirm',
    'resize_revert': 'resize.revert',
    'live_migration_pre': 'live_migration.pre',
    'live_migration_post': 'live_migration._post',
    'live_migration_post_dest': 'live_migration.post.dest',
    'live_migration_rollback': 'live_migration._rollback',
    'live_migration_rollback_dest': 'live_migration.rollback.dest',
    'live_migration_abort': 'live.migration.abort',
    'live_migration_force_complete': 'live.migration.force.complete',
    'rebuild_scheduled': 'rebuild.scheduled',
}
_VERSIONED_ONLY: typing.Final = frozenset(
    {
        'interface_attach',
        'interface_detach',
        'lock',
        'share_attach',
        'share_detach',
        'unlock',
        'volume_attach',
        'volume_detach',
        'volume_swap',
    }
)


def legacy_instance_event(event: str) -> str | None:
    """Return the legacy name of a versioned event about a server.

    ``event`` is without the leading ``instance.``; None where the legacy
    format has no such event.
    """
    family, dot, phase = event.partition('.')
    if family in _VERSIONED_ONLY:
        return None
    family = _LEGACY_FAMILIES.get(family, family)
    return f'compute.instance.{family}{dot}{phase}'
