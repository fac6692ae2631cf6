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

"""What a perfect model of the simulated Nova would say.

It is written from the cloud's own state, in the vocabulary of the model but
without its code, and without the API's rows or the notifications: so a
mistake in any of those shows up as a difference.
"""

import typing

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import records
from cdm_graph.simulation import truth as truth_module

#: What Nova does not know of a volume.
_UNTOLD_OF_VOLUMES: typing.Final = dict.fromkeys(
    (
        'name',
        'status',
        'size_gb',
        'pool',
        'volume_type',
        'availability_zone',
        'project_id',
        'user_id',
        'bootable',
        'encrypted',
        'multiattach',
        'attached_to',
        'snapshot_id',
        'source_volume_id',
        'migration_status',
        'metadata',
        'created_at',
        'updated_at',
    )
)


def truth(cloud: cloud_module.SimulatedCloud) -> truth_module.Truth:
    """Return what is true of the cloud at this moment."""
    with cloud.lock:
        writer = _Writer(cloud)
        writer.write()
    return writer.truth


class _Writer(truth_module.Writer):
    def __init__(self, cloud: cloud_module.SimulatedCloud) -> None:
        super().__init__()
        self._cloud = cloud

    def write(self) -> None:
        for flavor in self._cloud.flavors.values():
            self._flavor(flavor)
        for node in self._cloud.nodes.values():
            self._node(node)
        for aggregate in self._cloud.aggregates.values():
            self._aggregate(aggregate)
        for server in self._cloud.servers:
            self._server(server)
        for group in self._cloud.groups.values():
            self._group(group)

    def _flavor(self, row: records.Flavor) -> None:
        self.vertices[f'flavor/{row.name}'] = {
            'kind': 'Flavor',
            'name': row.name,
            'flavor_id': row.flavorid,
            'vcpus': row.vcpus,
            'memory_mb': row.memory_mb,
            'disk_gb': row.root_gb,
            'ephemeral_gb': row.ephemeral_gb,
            'swap_mb': row.swap_mb,
            'is_public': row.is_public,
            'disabled': row.disabled,
            'extra_specs': dict(row.extra_specs),
        }

    def _node(self, row: records.Node) -> None:
        usage = self._cloud.usage(row.host)
        self.vertices[row.uuid] = {
            'kind': 'ComputeNode',
            'uuid': row.uuid,
            'hostname': row.hostname,
            'service_host': row.host,
            'hypervisor_type': row.hypervisor_type,
            'hypervisor_version': row.hypervisor_version,
            'vcpus': row.vcpus,
            'vcpus_used': usage.vcpus,
            'memory_mb': row.memory_mb,
            'memory_mb_used': usage.memory_mb,
            'disk_gb': row.disk_gb,
            'disk_gb_used': usage.disk_gb,
            'state': 'up' if row.up else 'down',
            'status': 'disabled' if row.disabled else 'enabled',
            'disabled_reason': row.disabled_reason,
            'forced_down': row.forced_down,
        }
        self.put_in_zone(row.uuid, self._cloud.zone_of(row.host))

    def _aggregate(self, row: records.Aggregate) -> None:
        self.vertices[row.uuid] = {
            'kind': 'HostAggregate',
            'uuid': row.uuid,
            'aggregate_id': row.number,
            'name': row.name,
            'availability_zone': row.availability_zone,
            'metadata': dict(row.metadata),
        }
        for host in row.hosts:
            node = self._cloud.node(host)
            self.relations.add((node.uuid, 'MEMBER_OF', row.uuid))

    def _server(self, row: records.Server) -> None:
        move = self._cloud.migration_of(row.uuid)
        target = None if move is None else move.dest
        flavor = row.flavor
        self.vertices[row.uuid] = {
            'kind': 'Instance',
            'uuid': row.uuid,
            'name': row.display_name,
            'vm_state': row.vm_state,
            'task_state': row.task_state,
            'power_state': row.power_state.word,
            'flavor_name': flavor.name,
            'vcpus': flavor.vcpus,
            'memory_mb': flavor.memory_mb,
            'disk_gb': flavor.root_gb,
            'ephemeral_gb': flavor.ephemeral_gb,
            'swap_mb': flavor.swap_mb,
            'extra_specs': dict(flavor.extra_specs),
            'project_id': row.project.project_id,
            'user_id': row.project.user_id,
            'availability_zone': self._cloud.zone_of_server(row),
            'pinned_availability_zone': row.pinned_zone,
            'host': row.host,
            'node': row.node,
            'migrating_to': None if target is None else target.host,
            'locked': row.locked,
            'locked_reason': row.locked_reason,
            'metadata': dict(row.metadata),
            'tags': tuple(sorted(row.tags)),
            'image_id': row.image or None,
            'created_at': truth_module.moment(row.created_at),
            'launched_at': truth_module.moment(row.launched_at),
            'updated_at': truth_module.moment(
                row.created_at if row.updated_at is None else row.updated_at
            ),
        }
        self._place(row, target)
        if flavor.name in self._cloud.flavors:
            self.relations.add(
                (row.uuid, 'OF_FLAVOR', f'flavor/{flavor.name}')
            )
        self.put_owned(row.uuid, row.project.project_id)
        self._attached(row)

    def _attached(self, row: records.Server) -> None:
        for port in row.ports:
            vertex = port.mac_address
            self.vertices[vertex] = {
                'kind': 'Port',
                'mac_address': port.mac_address,
            }
            self.relations.add((vertex, 'ATTACHED_TO', row.uuid))
        for volume in row.volumes:
            self.vertices[volume.uuid] = {
                'kind': 'Volume',
                'uuid': volume.uuid,
                **_UNTOLD_OF_VOLUMES,
            }
        for share in row.shares:
            self.vertices[share.uuid] = {'kind': 'Share', 'uuid': share.uuid}
        for uuid in [each.uuid for each in row.volumes] + [
            each.uuid for each in row.shares
        ]:
            self.relations.add((uuid, 'ATTACHED_TO', row.uuid))

    def _place(self, row: records.Server, target: records.Node | None) -> None:
        if row.host is not None:
            node = self._cloud.node(row.host)
            self.relations.add((row.uuid, 'HOSTED_ON', node.uuid))
        if target is not None and target.host != row.host:
            self.relations.add((row.uuid, 'MIGRATING_TO', target.uuid))

    def _group(self, row: records.ServerGroup) -> None:
        self.vertices[row.uuid] = {
            'kind': 'ServerGroup',
            'uuid': row.uuid,
            'name': row.name,
            'policy': row.policy,
            'rules': dict(row.rules),
            'project_id': row.project.project_id,
            'user_id': row.project.user_id,
        }
        self.put_owned(row.uuid, row.project.project_id)
        for member in self._cloud.members_of(row):
            self.relations.add((member, 'MEMBER_OF', row.uuid))
