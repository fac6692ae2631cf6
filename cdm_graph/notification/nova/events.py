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

"""Nova's versioned event types and what each may be believed for.

This table is the only place that knows an event type.  Its facts were read
in Nova's sources and checked against recordings of a real Nova.  What an
event is believed for is its *authority*; an event that misleads about a fact
has no authority over it:

- ``instance.live_migration_post.end`` is sent by the source after the
  destination has finished, and still names the source;
- ``instance.rebuild.end`` of an evacuation names the host that failed, and
  is sent before the new host is saved;
- ``instance.update`` of a deletion is sent before the row is deleted, and is
  all that is sent where a server never had a host;
- ``instance.update`` shows the row as it was saved, but with the
  ``updated_at`` of the save before, so that it never seems to be new;
- ``instance.volume_detach.end`` and ``instance.volume_attach.error`` are sent
  before the API shows the volume no more;
- ``service.*`` says nothing of whether a service is up.
"""

import dataclasses
import enum
import typing


class Authority(enum.Enum):
    """What an event is believed for."""

    #: All of the row, with the place of the instance.
    PLACE = 'place and attributes'
    #: The row, but for the place.
    ATTRIBUTES = 'attributes only'
    #: The row but for the place; the publisher is where it is moved to.
    MIGRATION_BEGUN = 'attributes, and a migration to the publisher'
    #: The row but for the place; it is not being moved any more.
    MIGRATION_ENDED = 'attributes, and the end of a migration'
    #: Nothing: the instance is read.
    REREAD = 'targeted refresh'
    #: Nothing yet: the instance is read now, and again later.
    REREAD_TWICE = 'targeted refresh, repeated'
    #: What is attached to the instance, by a read.
    RELATIONS = 'relation set, by a targeted refresh'
    #: One share of the instance.
    SHARE_ATTACHED = 'relation set: a share more'
    SHARE_DETACHED = 'relation set: a share less'
    #: The instance is gone.
    DELETION = 'deletion, with a tombstone'
    #: The nova-compute service on a host.
    SERVICE = 'service'
    SERVICE_CREATION = 'new service'
    SERVICE_DELETION = 'deleted service'
    #: All of a host aggregate.
    AGGREGATE = 'host aggregate'
    AGGREGATE_DELETION = 'deleted host aggregate'
    #: All of a server group.
    SERVER_GROUP = 'server group'
    SERVER_GROUP_DELETION = 'deleted server group'
    #: Flavors are read.
    FLAVOR = 'flavors are read'
    #: The instance named by a failed task is read.
    TASK = "targeted refresh of the task's instance"
    #: Nothing in the model depends on it.
    NOTHING = 'nothing'


@dataclasses.dataclass(frozen=True, slots=True)
class EventType:
    """One of Nova's event types.

    ``creates`` tells that an instance may become known by it; ``major`` is
    the newest major version of its payload that is understood.  ``lagging``
    tells that the row's version in the payload is that of the save before
    the one that it announces.
    """

    name: str
    authority: Authority
    creates: bool = False
    major: int = 1
    lagging: bool = False


def _phases(stem: str, *phases: str) -> tuple[str, ...]:
    return tuple(f'{stem}.{phase}' for phase in phases or ('start', 'end'))


_BY_AUTHORITY: typing.Final[dict[Authority, tuple[str, ...]]] = {
    Authority.PLACE: (
        'instance.create.end',
        'instance.update',
        'instance.resize.end',
        *_phases('instance.resize_finish'),
        *_phases('instance.resize_confirm'),
        'instance.resize_revert.end',
        'instance.live_migration_post_dest.end',
        'instance.shelve_offload.end',
        'instance.unshelve.end',
    ),
    Authority.ATTRIBUTES: (
        'instance.create.start',
        'instance.delete.start',
        *_phases('instance.soft_delete'),
        *_phases('instance.restore'),
        *_phases('instance.shutdown'),
        *_phases('instance.pause'),
        *_phases('instance.unpause'),
        *_phases('instance.suspend'),
        *_phases('instance.resume'),
        *_phases('instance.power_on'),
        *_phases('instance.power_off'),
        *_phases('instance.reboot', 'start', 'end', 'error'),
        *_phases('instance.rescue'),
        *_phases('instance.unrescue'),
        'instance.lock',
        'instance.unlock',
        'instance.resize.start',
        'instance.resize_revert.start',
        'instance.live_migration_post.start',
        'instance.live_migration_post.end',
        'instance.live_migration_post_dest.start',
        *_phases('instance.live_migration_abort'),
        *_phases('instance.live_migration_force_complete'),
        'instance.rebuild_scheduled',
        *_phases('instance.shelve'),
        'instance.shelve_offload.start',
        'instance.unshelve.start',
        'instance.exists',
    ),
    Authority.MIGRATION_BEGUN: (
        *_phases('instance.resize_prep'),
        *_phases('instance.live_migration_pre'),
    ),
    Authority.MIGRATION_ENDED: (
        *_phases('instance.live_migration_rollback'),
        *_phases('instance.live_migration_rollback_dest'),
    ),
    Authority.REREAD: (
        'instance.create.error',
        'instance.resize.error',
        'instance.rebuild.error',
        'instance.evacuate',
    ),
    Authority.REREAD_TWICE: _phases('instance.rebuild'),
    Authority.RELATIONS: (
        *_phases('instance.interface_attach', 'end'),
        *_phases('instance.interface_detach', 'end'),
        *_phases('instance.volume_attach', 'end', 'error'),
        *_phases('instance.volume_detach', 'end'),
        *_phases('instance.volume_swap', 'end'),
    ),
    Authority.SHARE_ATTACHED: ('instance.share_attach.end',),
    Authority.SHARE_DETACHED: ('instance.share_detach.end',),
    Authority.DELETION: ('instance.delete.end',),
    Authority.SERVICE: ('service.update',),
    Authority.SERVICE_CREATION: ('service.create',),
    Authority.SERVICE_DELETION: ('service.delete',),
    Authority.AGGREGATE: (
        'aggregate.create.end',
        'aggregate.add_host.end',
        'aggregate.remove_host.end',
        'aggregate.update_prop.end',
        'aggregate.update_metadata.end',
    ),
    Authority.AGGREGATE_DELETION: ('aggregate.delete.end',),
    Authority.SERVER_GROUP: (
        'server_group.create',
        'server_group.add_member',
    ),
    Authority.SERVER_GROUP_DELETION: ('server_group.delete',),
    Authority.FLAVOR: ('flavor.create', 'flavor.update', 'flavor.delete'),
    Authority.TASK: (
        'compute_task.build_instances.error',
        'compute_task.migrate_server.error',
        'compute_task.rebuild_server.error',
    ),
    Authority.NOTHING: (
        *_phases('instance.interface_attach', 'start', 'error'),
        'instance.interface_detach.start',
        'instance.volume_attach.start',
        'instance.volume_detach.start',
        *_phases('instance.volume_swap', 'start', 'error'),
        *_phases('instance.share_attach', 'start', 'error'),
        *_phases('instance.share_detach', 'start', 'error'),
        *_phases('instance.snapshot'),
        *_phases('instance.trigger_crash_dump'),
        'aggregate.create.start',
        'aggregate.delete.start',
        'aggregate.add_host.start',
        'aggregate.remove_host.start',
        'aggregate.update_metadata.start',
        'aggregate.update_prop.start',
        *_phases('aggregate.cache_images', 'start', 'progress', 'end'),
        *_phases('keypair.create'),
        *_phases('keypair.delete'),
        *_phases('keypair.import'),
        *_phases('scheduler.select_destinations'),
        'libvirt.connect.error',
        'compute.exception',
        'metrics.update',
        'volume.usage',
    ),
}

_CREATING: typing.Final = frozenset(
    {'instance.create.start', 'instance.create.end'}
)
_LAGGING: typing.Final = frozenset({'instance.update'})
_MAJOR: typing.Final = {'instance.update': 2, 'instance.exists': 2}

#: The legacy format has no versions to compare: an event about a server has
#: it read.  The names are those that Nova allows
#: (``nova.rpc.LegacyValidatingNotifier``).
_LEGACY_BY_AUTHORITY: typing.Final[dict[Authority, tuple[str, ...]]] = {
    Authority.REREAD_TWICE: (
        *_phases('compute.instance.create', 'start', 'end', 'error'),
        *_phases('compute.instance.create_ip'),
        *_phases('compute.instance.delete', 'start'),
        *_phases('compute.instance.delete_ip'),
        'compute.instance.evacuate',
        'compute.instance.exists',
        *_phases('compute.instance.finish_resize'),
        *_phases('compute.instance.live.migration.abort'),
        *_phases('compute.instance.live.migration.force.complete'),
        *_phases('compute.instance.live_migration._post'),
        *_phases('compute.instance.live_migration._rollback'),
        *_phases('compute.instance.live_migration.post.dest'),
        *_phases('compute.instance.live_migration.pre'),
        *_phases('compute.instance.live_migration.rollback.dest'),
        *_phases('compute.instance.pause'),
        *_phases('compute.instance.power_off'),
        *_phases('compute.instance.power_on'),
        *_phases('compute.instance.reboot', 'start', 'end', 'error'),
        *_phases(
            'compute.instance.rebuild', 'start', 'end', 'error', 'scheduled'
        ),
        *_phases('compute.instance.rescue'),
        *_phases('compute.instance.resize', 'start', 'end', 'error'),
        *_phases('compute.instance.resize.confirm'),
        *_phases('compute.instance.resize.prep'),
        *_phases('compute.instance.resize.revert'),
        *_phases('compute.instance.restore'),
        *_phases('compute.instance.resume'),
        *_phases('compute.instance.shelve'),
        *_phases('compute.instance.shelve_offload'),
        *_phases('compute.instance.shutdown'),
        *_phases('compute.instance.soft_delete'),
        *_phases('compute.instance.suspend'),
        *_phases('compute.instance.unpause'),
        *_phases('compute.instance.unrescue'),
        *_phases('compute.instance.unshelve'),
        'compute.instance.update',
        'compute.instance.volume.attach',
        'compute.instance.volume.detach',
    ),
    Authority.DELETION: ('compute.instance.delete.end',),
    Authority.AGGREGATE: (
        'aggregate.addhost.end',
        'aggregate.create.end',
        'aggregate.delete.end',
        'aggregate.removehost.end',
        'aggregate.updatemetadata.end',
        'aggregate.updateprop.end',
    ),
    Authority.SERVER_GROUP: (
        'servergroup.addmember',
        'servergroup.create',
        'servergroup.delete',
    ),
    Authority.SERVICE: (
        'HostAPI.power_action.end',
        'HostAPI.set_enabled.end',
        'HostAPI.set_maintenance.end',
    ),
    Authority.TASK: (
        'compute_task.build_instances',
        'compute_task.migrate_server',
        'compute_task.rebuild_server',
    ),
    Authority.NOTHING: (
        'aggregate.addhost.start',
        'aggregate.create.start',
        'aggregate.delete.start',
        'aggregate.removehost.start',
        'aggregate.updatemetadata.start',
        'aggregate.updateprop.start',
        *_phases('compute.instance.snapshot'),
        *_phases('compute.instance.trigger_crash_dump'),
        'compute.libvirt.error',
        'compute.metrics.update',
        'HostAPI.power_action.start',
        'HostAPI.set_enabled.start',
        'HostAPI.set_maintenance.start',
        *_phases('keypair.create'),
        *_phases('keypair.delete'),
        *_phases('keypair.import'),
        'network.floating_ip.allocate',
        'network.floating_ip.associate',
        'network.floating_ip.deallocate',
        'network.floating_ip.disassociate',
        *_phases('scheduler.select_destinations'),
        'volume.usage',
    ),
}


def _table(
    by_authority: dict[Authority, tuple[str, ...]],
) -> dict[str, EventType]:
    return {
        name: EventType(
            name,
            authority,
            creates=name in _CREATING,
            major=_MAJOR.get(name, 1),
            lagging=name in _LAGGING,
        )
        for authority, names in by_authority.items()
        for name in names
    }


#: Every event type of the versioned format, by its name.
VERSIONED: typing.Final = _table(_BY_AUTHORITY)
#: Every event type of the legacy format, by its name.
LEGACY: typing.Final = _table(_LEGACY_BY_AUTHORITY)
