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

"""Servers move from host to host.

Here most of what misleads comes from: the services that take part have
copies of the server of different ages, and each announces its own.
"""

import typing

from cdm_graph import exceptions
from cdm_graph.simulation import connections
from cdm_graph.simulation import notification
from cdm_graph.simulation import records
from cdm_graph.simulation.nova import instance
from cdm_graph.simulation.nova import payloads
from cdm_graph.simulation.operations import base
from cdm_graph.simulation.operations import power

_RUNNING: typing.Final = records.PowerState.RUNNING
_SHUTDOWN: typing.Final = records.PowerState.SHUTDOWN


class Moves(power.Power):
    """Migrate live and cold, resize, evacuate, shelve and unshelve."""

    def live_migrate(
        self, uuid: str, dest: str | None = None, force_complete: bool = False
    ) -> base.Operation:
        """Move a running server.

        The last word, ``live_migration_post.end`` of the source, still says
        the old host: it is made of the copy from before the move.
        """
        move = yield from self._begin_live_migration(uuid, dest)
        if move is None:
            return
        if force_complete:
            obj = self._reload(move.obj)
            for phase in ('start', 'end'):
                yield obj.tell(
                    f'live_migration_force_complete.{phase}', move.at_source
                )
        yield [
            *move.obj.tell('live_migration_post.start', move.at_source),
            *self._connections.release(move.obj, move.attachments),
        ]
        arrived = move.obj.copy()
        yield [
            *self._connections.released(move.obj, move.attachments),
            *arrived.tell('live_migration_post_dest.start', move.at_dest),
        ]
        yield arrived.save(
            host=move.dest.host,
            node=move.dest.hostname,
            task_state=None,
            power_state=arrived.row.power_state,
        )
        yield arrived.tell('live_migration_post_dest.end', move.at_dest)
        self.cloud.change_migration(move.migration, status='completed')
        yield move.obj.tell('live_migration_post.end', move.at_source)

    def live_migrate_aborted(
        self, uuid: str, dest: str | None = None
    ) -> base.Operation:
        """Begin to move a running server, and abort it on request."""
        return self._live_migration_rolled_back(uuid, dest, aborted=True)

    def live_migrate_failing(
        self, uuid: str, dest: str | None = None
    ) -> base.Operation:
        """Begin to move a running server, which fails and is rolled back."""
        return self._live_migration_rolled_back(uuid, dest, aborted=False)

    def _live_migration_rolled_back(
        self, uuid: str, dest: str | None, aborted: bool
    ) -> base.Operation:
        move = yield from self._begin_live_migration(uuid, dest)
        if move is None:
            return
        if aborted:
            obj = self._reload(move.obj)
            for phase in ('start', 'end'):
                yield obj.tell(f'live_migration_abort.{phase}', move.at_source)
        new = tuple(
            each
            for each in self._connections.held(move.obj)
            if each.host == move.dest.host
        )
        yield [
            *move.obj.tell('live_migration_rollback.start', move.at_source),
            *self._connections.release(move.obj, new),
        ]
        left = move.obj.copy()
        # The zone that was set for the destination is written by this save:
        # the server's column is wrong from now on, as with Nova.
        yield [
            *self._connections.released(move.obj, new),
            *move.obj.save(task_state=None),
        ]
        status = 'cancelled' if aborted else 'failed'
        self.cloud.change_migration(move.migration, status=status)
        if aborted:
            yield move.obj.tell('live_migration_rollback.end', move.at_source)
            return
        yield left.tell('live_migration_rollback_dest.start', move.at_dest)
        yield move.obj.tell('live_migration_rollback.end', move.at_source)
        yield left.tell('live_migration_rollback_dest.end', move.at_dest)

    def _begin_live_migration(
        self, uuid: str, dest: str | None
    ) -> 'base.Search[_LiveMigration | None]':
        """Bring a live migration until the memory is copied.

        None if no host takes the server.
        """
        obj = self._load(uuid, 'active', 'paused')
        source = self._host_of(obj)
        yield obj.save(task_state='migrating')
        number = self.cloud.start_migration(
            obj.row, 'live-migration', 'accepted'
        ).number
        node = yield from self._select(obj, dest=dest)
        if node is None:
            self.cloud.change_migration(number, status='error')
            yield from self._not_moved(obj, 'migrate_server')
            return None
        self.cloud.change_migration(number, dest=node, status='queued')
        yield []
        self.cloud.change_migration(number, status='preparing')
        obj.set(availability_zone=self.cloud.zone_of(node.host))
        at_dest = notification.compute(node.host)
        kept = self._connections.held(obj)
        self._connections.reserve_again(obj)
        yield [
            *obj.tell('live_migration_pre.start', at_dest),
            *self._connections.connect(obj, node.host),
        ]
        yield [
            *self._connections.complete(obj),
            *obj.tell('live_migration_pre.end', at_dest),
        ]
        self.cloud.change_migration(number, status='running')
        return _LiveMigration(
            obj,
            node,
            notification.compute(source.host),
            at_dest,
            number,
            kept,
        )

    def _reload(self, obj: instance.InstanceObject) -> instance.InstanceObject:
        """Return the copy of another request, made while one is under way."""
        row = self.cloud.server(obj.row.uuid)
        return instance.InstanceObject(
            self.cloud, self._announcer, self._request(row.project), row
        )

    def cold_migrate(
        self, uuid: str, dest: str | None = None
    ) -> base.Operation:
        """Move a server by stopping it; to be confirmed or reverted."""
        return self._resize(uuid, None, dest)

    def resize(
        self, uuid: str, flavor: str, dest: str | None = None
    ) -> base.Operation:
        """Give a server another flavor; to be confirmed or reverted."""
        return self._resize(uuid, flavor, dest)

    def _resize(
        self, uuid: str, flavor: str | None, dest: str | None
    ) -> base.Operation:
        obj = self._load(uuid, 'active', 'stopped')
        wanted = (
            obj.row.flavor if flavor is None else self.cloud.flavor(flavor)
        )
        yield obj.save(task_state='resize_prep')
        migration = self.cloud.start_migration(
            obj.row,
            'migration' if flavor is None else 'resize',
            'pre-migrating',
            wanted,
        )
        node = yield from self._select(obj, wanted, dest)
        if node is None:
            self.cloud.change_migration(migration.number, status='error')
            yield from self._not_moved(obj, 'migrate_server')
            return
        migration = self.cloud.change_migration(migration.number, dest=node)
        yield from self._prepare_resize(obj, node, wanted)
        yield from self._leave(obj, node, migration)
        yield from self._finish_resize(obj, node, migration)

    def _prepare_resize(
        self,
        obj: instance.InstanceObject,
        node: records.Node,
        flavor: records.Flavor,
    ) -> base.Operation:
        at_dest = notification.compute(node.host)
        new_flavor = {'new_flavor': payloads.flavor(flavor)}
        obj.set(availability_zone=self.cloud.zone_of(node.host))
        yield obj.exists(at_dest)
        yield obj.tell('resize_prep.start', at_dest, extra=new_flavor)
        yield obj.save()
        yield obj.tell(
            'resize_prep.end',
            at_dest,
            extra=new_flavor,
            legacy_extra={
                'new_instance_type': flavor.name,
                'new_instance_type_id': flavor.number,
            },
        )

    def _leave(
        self,
        obj: instance.InstanceObject,
        dest: records.Node,
        migration: records.Migration,
    ) -> base.Operation:
        """Leave the source: the new host comes before the new flavor."""
        at_source = notification.compute(migration.source.host)
        number = migration.number
        self.cloud.change_migration(number, status='migrating')
        yield obj.save(task_state='resize_migrating')
        kept = self._connections.held(obj)
        self._connections.reserve_again(obj)
        yield [
            *obj.tell('resize.start', at_source),
            *self._connections.release(obj, kept),
        ]
        self.cloud.change_migration(number, status='post-migrating')
        yield [
            *self._connections.released(obj, kept),
            *obj.save(
                host=dest.host,
                node=dest.hostname,
                task_state='resize_migrated',
            ),
        ]
        yield obj.tell('resize.end', at_source)

    def _finish_resize(
        self,
        obj: instance.InstanceObject,
        dest: records.Node,
        migration: records.Migration,
    ) -> base.Operation:
        at_dest = notification.compute(dest.host)
        yield obj.save(flavor=migration.new_flavor, task_state='resize_finish')
        yield [
            *obj.tell('resize_finish.start', at_dest),
            *self._connections.connect(obj, dest.host),
        ]
        self.cloud.change_migration(migration.number, status='finished')
        yield [
            *self._connections.complete(obj),
            *obj.save(
                vm_state='resized', task_state=None, launched_at=obj.now()
            ),
        ]
        yield obj.tell('resize_finish.end', at_dest)

    def _finished(self, uuid: str) -> records.Migration:
        migration = self.cloud.finished_resize_of(uuid)
        if migration is None:
            raise exceptions.SimulationError(
                f'Server {uuid} has no resize to confirm or revert.'
            )
        return migration

    def confirm_resize(self, uuid: str) -> base.Operation:
        """Stay on the new host."""
        obj = self._load(uuid, 'resized')
        migration = self._finished(uuid)
        at_source = notification.compute(migration.source.host)
        self.cloud.change_migration(migration.number, status='confirming')
        yield obj.tell('resize_confirm.start', at_source)
        yield obj.save(vm_state=self._at_rest(obj), task_state=None)
        self.cloud.change_migration(migration.number, status='confirmed')
        yield obj.tell('resize_confirm.end', at_source)
        yield obj.save()

    def _at_rest(self, obj: instance.InstanceObject) -> str:
        off = obj.row.power_state is _SHUTDOWN
        return 'stopped' if off else 'active'

    def revert_resize(self, uuid: str) -> base.Operation:
        """Go back to the old host and the old flavor."""
        obj = self._load(uuid, 'resized')
        migration = self._finished(uuid)
        source = migration.source
        at_source = notification.compute(source.host)
        yield obj.save(task_state='resize_reverting')
        self.cloud.change_migration(migration.number, status='reverting')
        yield obj.exists(notification.compute(self._host_of(obj).host))
        kept = self._connections.held(obj)
        self._connections.reserve_again(obj)
        yield [
            *obj.tell('resize_revert.start', at_source),
            *self._connections.release(obj, kept),
        ]
        yield [
            *self._connections.released(obj, kept),
            *obj.save(
                host=source.host,
                node=source.hostname,
                flavor=migration.old_flavor,
                availability_zone=self.cloud.zone_of(source.host),
            ),
        ]
        yield [
            *self._connections.connect(obj, source.host),
            *obj.save(launched_at=obj.now()),
        ]
        yield [
            *self._connections.complete(obj),
            *obj.save(vm_state=self._at_rest(obj), task_state=None),
        ]
        self.cloud.change_migration(migration.number, status='reverted')
        yield obj.tell('resize_revert.end', at_source)
        yield obj.save()

    def evacuate(self, uuid: str, dest: str | None = None) -> base.Operation:
        """Rebuild a server of a dead host elsewhere; it ends stopped.

        ``rebuild.end`` still says the dead host; only the ``instance.update``
        after it says where the server is.
        """
        obj = self._load(uuid, 'active', 'stopped', 'error')
        source = self._host_of(obj)
        if source.up:
            raise exceptions.SimulationError(
                f'Host {source.host} is up: evacuate needs it to be down.'
            )
        yield obj.save(task_state='rebuilding')
        number = self.cloud.start_migration(
            obj.row, 'evacuation', 'accepted'
        ).number
        yield obj.tell('evacuate', notification.API)
        node = yield from self._select(obj, dest=dest)
        if node is None:
            self.cloud.change_migration(number, status='error')
            yield from self._not_moved(obj, 'rebuild_server')
            return
        self.cloud.change_migration(number, dest=node, status='pre-migrating')
        publisher = notification.compute(node.host)
        yield self._rebuild_scheduled(obj, node.host)
        yield obj.save(availability_zone=self.cloud.zone_of(node.host))
        yield obj.exists(publisher)
        yield obj.tell('rebuild.start', publisher)
        yield from self._rebuild_steps(
            obj, node.host, records.PowerState.PENDING
        )
        yield from self._stop(obj, node.host)
        yield obj.tell('rebuild.end', publisher)
        self.cloud.change_migration(number, status='done')
        yield obj.save(host=node.host, node=node.hostname)

    def shelve(self, uuid: str, offload: bool = True) -> base.Operation:
        """Put a server away; off its host too if it is offloaded."""
        obj = self._load(uuid, 'active', 'stopped', 'paused', 'suspended')
        publisher = notification.compute(self._host_of(obj).host)
        yield obj.save(task_state='shelving')
        yield obj.exists(publisher)
        yield obj.tell('shelve.start', publisher)
        yield obj.save(task_state='shelving_image_uploading')
        yield obj.save(
            vm_state='shelved',
            task_state='shelving_offloading' if offload else None,
            power_state=_SHUTDOWN,
        )
        yield obj.tell('shelve.end', publisher)
        if offload:
            yield from self._offload(obj, publisher)

    def shelve_offload(self, uuid: str) -> base.Operation:
        """Take a shelved server off its host."""
        obj = self._load(uuid, 'shelved')
        publisher = notification.compute(self._host_of(obj).host)
        yield obj.save(task_state='shelving_offloading')
        yield from self._offload(obj, publisher)

    def _offload(
        self,
        obj: instance.InstanceObject,
        publisher: notification.Publisher,
    ) -> base.Operation:
        kept = self._connections.held(obj)
        self._connections.reserve_again(obj)
        yield [
            *obj.tell('shelve_offload.start', publisher),
            *self._connections.release(obj, kept),
        ]
        yield [
            *self._connections.released(obj, kept),
            *obj.save(vm_state='shelved_offloaded', task_state=None),
        ]
        yield obj.save(host=None, node=None, availability_zone=None)
        yield obj.tell('shelve_offload.end', publisher)

    def unshelve(self, uuid: str, dest: str | None = None) -> base.Operation:
        """Bring a shelved server back, to another host if it was offloaded."""
        obj = self._load(uuid, 'shelved', 'shelved_offloaded')
        yield obj.save(task_state='unshelving')
        if obj.row.host is not None:
            yield from self._start(obj)
            return
        node = yield from self._select(obj, dest=dest)
        if node is None:
            yield obj.save(task_state=None)
            return
        publisher = notification.compute(node.host)
        obj.set(availability_zone=self.cloud.zone_of(node.host))
        yield obj.tell('unshelve.start', publisher)
        yield [
            *obj.save(task_state='spawning'),
            *self._connections.connect(obj, node.host),
        ]
        yield [
            *self._connections.complete(obj),
            *obj.save(host=node.host, node=node.hostname),
        ]
        yield obj.save(
            vm_state='active',
            task_state=None,
            power_state=_RUNNING,
            launched_at=obj.now(),
        )
        yield obj.tell('unshelve.end', publisher)


class _LiveMigration(typing.NamedTuple):
    """A live migration while the memory is copied."""

    obj: instance.InstanceObject
    dest: records.Node
    at_source: notification.Publisher
    at_dest: notification.Publisher
    migration: int
    #: Those of its volumes to the source.
    attachments: connections.Attachments
