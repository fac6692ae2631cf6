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

"""What all operations share.

An operation is an iterator of steps.  To advance it by one is to let the
step happen: the database changes, and the notifications that are sent at that
point are returned, in their order.  Between two steps anything else may
happen, in other operations.
"""

import collections.abc
import typing

from cdm_graph import exceptions
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import connections
from cdm_graph.simulation import notification
from cdm_graph.simulation import records
from cdm_graph.simulation.cinder import announcer as cinder_announcer
from cdm_graph.simulation.nova import announcer as nova_announcer
from cdm_graph.simulation.nova import instance
from cdm_graph.simulation.nova import payloads

_Result = typing.TypeVar('_Result')

Step = list[notification.Notification]
Operation = collections.abc.Iterator[Step]
#: Steps that find something out which the steps after them need.
Search = collections.abc.Generator[Step, None, _Result]

NO_VALID_HOST: typing.Final = (
    'NoValidHost_Remote',
    'No valid host was found. ',
)


class OperationsBase:
    """A cloud, and the means to announce what happens in it."""

    def __init__(
        self,
        cloud: cloud_module.SimulatedCloud,
        formats: notification.Format | str = notification.Format.BOTH,
        notify_on_state_change: bool = True,
        bdms_in_notifications: bool = False,
        include_share_mapping: bool = False,
    ) -> None:
        self.cloud = cloud
        self._cinder = cinder_announcer.StorageAnnouncer(cloud.storage)
        self._connections = connections.Connections(
            cloud.storage, self._cinder
        )
        self._announcer = nova_announcer.Announcer(
            cloud,
            notification.Options(
                notification.Format(formats),
                notify_on_state_change,
                bdms_in_notifications,
                include_share_mapping,
            ),
        )

    def _request(
        self, actor: records.Project | None = None
    ) -> notification.RequestContext:
        """Return the context of a request, an administrator's by default."""
        return notification.RequestContext(
            f'req-{self.cloud.new_uuid()}', actor or self.cloud.admin
        )

    def _load(
        self,
        uuid: str,
        *states: str,
        context: notification.RequestContext | None = None,
    ) -> instance.InstanceObject:
        """Return the API's copy of a server, for a new request.

        The server must be at rest, and in one of the states if there are
        any.
        """
        row = self.cloud.server(uuid)
        if row.task_state is not None:
            raise exceptions.SimulationError(
                f'Server {uuid} is busy ({row.task_state}): wait until it is '
                f'at rest.'
            )
        if states and row.vm_state not in states:
            raise exceptions.SimulationError(
                f'Server {uuid} is {row.vm_state}; this operation needs one '
                f'that is {" or ".join(states)}.'
            )
        return instance.InstanceObject(
            self.cloud,
            self._announcer,
            context or self._request(row.project),
            row,
        )

    def _host_of(self, obj: instance.InstanceObject) -> records.Node:
        """Return the node that a server is on."""
        host = obj.row.host
        if host is None:
            raise exceptions.SimulationError(
                f'Server {obj.row.uuid} is on no host.'
            )
        return self.cloud.node(host)

    def _select(
        self,
        obj: instance.InstanceObject,
        flavor: records.Flavor | None = None,
        dest: str | None = None,
    ) -> Search[records.Node | None]:
        """Let the scheduler choose where to move a server.

        None, and nothing is announced, if no host takes it.
        """
        if dest is not None:
            return self._same_cell(obj, self.cloud.node(dest))
        source = obj.row.host
        node = self.cloud.select_node(
            flavor or obj.row.flavor,
            zone=obj.row.pinned_zone,
            cell=obj.row.cell,
            exclude=() if source is None else (source,),
            group=self.cloud.group_of(obj.row.uuid),
        )
        if node is None:
            return None
        where = payloads.destination(None, in_cell=True)
        ignored = None if source is None else [source]
        for phase in ('start', 'end'):
            yield self._announcer.select_destinations(
                phase,
                obj.row,
                obj.context,
                destination=where,
                ignore_hosts=ignored,
            )
        return node

    def _same_cell(
        self, obj: instance.InstanceObject, node: records.Node
    ) -> records.Node:
        if node.cell != obj.row.cell:
            raise exceptions.SimulationError(
                f'Host {node.host} is in another cell than server '
                f'{obj.row.uuid}: it cannot be moved there.'
            )
        return node

    def _not_moved(self, obj: instance.InstanceObject, task: str) -> Operation:
        """End a move for which no host was found."""
        yield obj.save(task_state=None)
        yield self._announcer.task_failed(
            task, obj.row, obj.context, *NO_VALID_HOST
        )
