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

"""Servers come and go."""

import typing

from cdm_graph import exceptions
from cdm_graph.simulation import notification
from cdm_graph.simulation import records
from cdm_graph.simulation.nova import instance
from cdm_graph.simulation.nova import legacy
from cdm_graph.simulation.nova import payloads
from cdm_graph.simulation.operations import base

_FAULT: typing.Final = (
    'BuildAbortException',
    'Build of instance {} aborted: the hypervisor refused it.',
)


class Lifecycle(base.OperationsBase):
    """Create and delete, and all that is between being and not being."""

    def create_server(
        self,
        name: str | None = None,
        flavor: str | None = None,
        *,
        project: str | None = None,
        image: str | None = None,
        zone: str | None = None,
        host: str | None = None,
        group: str | None = None,
        fails: bool = False,
    ) -> base.Operation:
        """Create a server; random where nothing is told.

        An empty image means that it boots from a volume.  It ends in error
        if no host takes it, or on the host if it ``fails``.
        """
        row = self._new_server(name, flavor, project, image, zone)
        context = self._request(row.project)
        obj = instance.InstanceObject(
            self.cloud, self._announcer, context, row
        )
        self.cloud.add_server(row)
        members = None if group is None else self._join(row, group)
        provided = [
            message
            for volume in row.volumes
            for message in self._connections.provide(obj, volume)
        ]
        yield [
            *provided,
            *([] if members is None else self._joined(obj, members)),
        ]
        node = self._node_for(row, zone, host, members)
        if node is None:
            yield obj.save(vm_state='error', task_state=None)
            yield self._announcer.task_failed(
                'build_instances', obj.row, context, *base.NO_VALID_HOST
            )
            return
        yield from self._schedule(obj, zone, members)
        yield from self._build(obj, node, fails)

    def _new_server(
        self,
        name: str | None,
        flavor: str | None,
        project: str | None,
        image: str | None,
        zone: str | None,
    ) -> records.Server:
        cloud = self.cloud
        with cloud.lock:
            number = cloud.servers.next_number
            name = name or f'vm-{number:06}'
            if image is None:
                image = cloud.rng.choice(list(cloud.images))
            root = () if image else (cloud.devices.root_volume(),)
            return records.Server(
                number=number,
                uuid=cloud.new_uuid(),
                display_name=name,
                hostname=name,
                project=cloud.projects[
                    project or cloud.rng.choice(list(cloud.projects))
                ],
                flavor=cloud.flavor(
                    flavor or cloud.rng.choice(list(cloud.flavors))
                ),
                image=image,
                volumes=root,
                availability_zone=zone,
                pinned_zone=zone,
                task_state='scheduling',
                created_at=cloud.now(),
            )

    def _joined(
        self, obj: instance.InstanceObject, group: records.ServerGroup
    ) -> base.Step:
        return self._announcer.both(
            'server_group.add_member',
            'servergroup.addmember',
            lambda: payloads.server_group(group),
            lambda: {
                'instance_uuids': [obj.row.uuid],
                'server_group_id': group.uuid,
            },
            obj.context,
            notification.GROUPS,
        )

    def _join(self, row: records.Server, group: str) -> records.ServerGroup:
        return self.cloud.add_member(group, row.uuid)

    def _node_for(
        self,
        row: records.Server,
        zone: str | None,
        host: str | None,
        group: records.ServerGroup | None,
    ) -> records.Node | None:
        if host is not None:
            return self.cloud.node(host)
        return self.cloud.select_node(row.flavor, zone=zone, group=group)

    def _schedule(
        self,
        obj: instance.InstanceObject,
        zone: str | None,
        group: records.ServerGroup | None,
    ) -> base.Operation:
        where = None
        if zone is not None:
            where = payloads.destination(
                [
                    aggregate.uuid
                    for aggregate in self.cloud.aggregates_of_zone(zone)
                ],
                in_cell=False,
            )
        for phase in ('start', 'end'):
            yield self._announcer.select_destinations(
                phase, obj.row, obj.context, destination=where, group=group
            )

    def _build(
        self, obj: instance.InstanceObject, node: records.Node, fails: bool
    ) -> base.Operation:
        publisher = notification.compute(node.host)
        yield self._into_cell(obj, node)
        yield obj.save(task_state=None)
        yield obj.tell('create.start', publisher)
        yield obj.save(host=node.host, node=node.hostname)
        yield obj.save(task_state='networking')
        with self.cloud.lock:
            obj.write(ports=(self.cloud.devices.port(),))
        yield [
            *obj.save(task_state='block_device_mapping'),
            *self._connections.connect(obj, node.host),
        ]
        yield [
            *self._connections.complete(obj),
            *obj.save(task_state='spawning'),
        ]
        if fails:
            yield from self._build_fails(obj, publisher)
            return
        yield obj.save(
            vm_state='active',
            task_state=None,
            power_state=records.PowerState.RUNNING,
            launched_at=obj.now(),
        )
        yield obj.tell(
            'create.end', publisher, legacy_extra={'message': 'Success'}
        )

    def _into_cell(
        self, obj: instance.InstanceObject, node: records.Node
    ) -> base.Step:
        """Write the server into its cell, with the zone of its host."""
        before, obj.row = self.cloud.change_server(
            obj.row.uuid,
            touch=False,
            availability_zone=self.cloud.zone_of(node.host),
            cell=node.cell,
        )
        return self._announcer.update(
            before, obj.row, obj.context, notification.CONDUCTOR
        )

    def _build_fails(
        self,
        obj: instance.InstanceObject,
        publisher: notification.Publisher,
    ) -> base.Operation:
        exception, text = _FAULT
        message = text.format(obj.row.uuid)
        yield from self._shut_down(obj, publisher)
        yield obj.save(host=None, node=None)
        yield obj.tell(
            'create.error',
            publisher,
            extra={'fault': payloads.fault(exception, message)},
            legacy_extra=legacy.fault(exception, message),
            priority='error',
        )
        yield obj.save()
        yield obj.save(
            vm_state='error', task_state=None, availability_zone=None
        )

    def delete_server(self, uuid: str) -> base.Operation:
        """Delete a server, whatever state it is in."""
        obj = self._load(uuid)
        local = self._is_local(obj)
        yield obj.save(task_state='deleting')
        yield from self._delete(obj, local)

    def _is_local(self, obj: instance.InstanceObject) -> bool:
        """Whether the API itself deletes, since no nova-compute can."""
        return obj.row.host is None or not self._host_of(obj).up

    def _delete(
        self, obj: instance.InstanceObject, local: bool
    ) -> base.Operation:
        if local:
            publisher = notification.API
        else:
            publisher = notification.compute(self._host_of(obj).host)
        yield obj.tell('delete.start', publisher)
        if local:
            obj.write(ports=())
        else:
            yield from self._shut_down(obj, publisher)
        yield self._deleted(obj)
        obj.destroy()
        yield [
            *self._connections.deleted(obj),
            *obj.tell('delete.end', publisher),
        ]

    def _shut_down(
        self,
        obj: instance.InstanceObject,
        publisher: notification.Publisher,
    ) -> base.Operation:
        """Take a server off its hypervisor, and its devices off the server.

        Nova still lists its volumes, which Cinder has back by then.
        """
        kept = self._connections.held(obj)
        yield [
            *obj.tell('shutdown.start', publisher),
            *self._connections.release(obj, kept),
        ]
        obj.write(ports=())
        yield [
            *self._connections.released(obj, kept),
            *obj.tell('shutdown.end', publisher),
        ]

    def _deleted(self, obj: instance.InstanceObject) -> base.Step:
        """Mark a server as deleted; what it still holds, the API lets go."""
        kept = self._connections.held(obj)
        return [
            *self._connections.drop(obj, kept),
            *self._connections.delete(obj),
            *obj.save(
                vm_state='deleted',
                task_state=None,
                power_state=records.PowerState.PENDING,
                terminated_at=obj.now(),
            ),
        ]

    def force_delete_server(self, uuid: str) -> base.Operation:
        """Delete a server at once, also one that is soft-deleted.

        Without a host there is no versioned event but ``instance.update``.
        """
        obj = self._load(uuid)
        yield obj.save(task_state='deleting')
        if obj.row.host is not None:
            yield from self._delete(obj, self._is_local(obj))
            return
        yield self._force_deleted(obj, 'start')
        yield self._deleted(obj)
        obj.destroy()
        yield [
            *self._connections.deleted(obj),
            *self._force_deleted(obj, 'end'),
        ]

    def _force_deleted(
        self, obj: instance.InstanceObject, phase: str
    ) -> base.Step:
        return self._announcer.legacy_instance(
            f'force_delete.{phase}', obj.row, obj.context, notification.API
        )

    def soft_delete_server(self, uuid: str) -> base.Operation:
        """Delete a server so that it can be restored for a while."""
        obj = self._load(uuid, 'active', 'stopped', 'paused', 'suspended')
        node = self._host_of(obj)
        if not node.up:
            raise exceptions.SimulationError(
                f'Host {node.host} is down: its servers cannot be '
                f'soft-deleted.'
            )
        publisher = notification.compute(node.host)
        yield obj.save(task_state='soft-deleting', deleted_at=obj.now())
        yield obj.tell('soft_delete.start', publisher)
        yield obj.save(
            vm_state='soft-delete',
            task_state=None,
            power_state=records.PowerState.SHUTDOWN,
        )
        yield obj.tell('soft_delete.end', publisher)

    def restore_server(self, uuid: str) -> base.Operation:
        """Take back the deletion of a soft-deleted server."""
        obj = self._load(uuid, 'soft-delete')
        publisher = notification.compute(self._host_of(obj).host)
        yield obj.save(task_state='restoring', deleted_at=None)
        yield obj.tell('restore.start', publisher)
        yield obj.save(
            vm_state='active',
            task_state=None,
            power_state=records.PowerState.RUNNING,
        )
        yield obj.tell('restore.end', publisher)
