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

"""The rows of Nova's API, at any microversion.

Which field came or went with which microversion is in Nova's API reference;
the numbers here are those.
"""

import hashlib
import typing

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import microversions
from cdm_graph.simulation import moments
from cdm_graph.simulation import records

Row = dict[str, typing.Any]

_REBUILD: typing.Final = dict.fromkeys(
    ('rebuilding', 'rebuild_block_device_mapping', 'rebuild_spawning'),
    'REBUILD',
)
_RESIZE: typing.Final = dict.fromkeys(
    ('resize_prep', 'resize_migrating', 'resize_migrated', 'resize_finish'),
    'RESIZE',
)
#: The status by state and task; by state alone if the task is not there.
_STATUS: typing.Final[dict[str, tuple[str, dict[str, str]]]] = {
    'active': (
        'ACTIVE',
        {
            'rebooting': 'REBOOT',
            'reboot_pending': 'REBOOT',
            'reboot_started': 'REBOOT',
            'rebooting_hard': 'HARD_REBOOT',
            'reboot_pending_hard': 'HARD_REBOOT',
            'reboot_started_hard': 'HARD_REBOOT',
            'migrating': 'MIGRATING',
            **_REBUILD,
            **_RESIZE,
        },
    ),
    'building': ('BUILD', {}),
    'stopped': ('SHUTOFF', {**_REBUILD, **_RESIZE}),
    'resized': ('VERIFY_RESIZE', {'resize_reverting': 'REVERT_RESIZE'}),
    'paused': ('PAUSED', {'migrating': 'MIGRATING'}),
    'suspended': ('SUSPENDED', {}),
    'rescued': ('RESCUE', {}),
    'error': ('ERROR', _REBUILD),
    'deleted': ('DELETED', {}),
    'soft-delete': ('SOFT_DELETED', {}),
    'shelved': ('SHELVED', {}),
    'shelved_offloaded': ('SHELVED_OFFLOADED', {}),
}
_WITH_PROGRESS: typing.Final = frozenset(
    {'ACTIVE', 'BUILD', 'REBUILD', 'RESIZE', 'VERIFY_RESIZE', 'MIGRATING'}
)
#: Statuses of live migrations that have links to what they are about.
_WITH_LINKS: typing.Final = frozenset(
    {'queued', 'preparing', 'running', 'post-migrating'}
)


def status_of(row: records.Server) -> str:
    """Return the status that the API makes of a server's states."""
    default, by_task = _STATUS[row.vm_state]
    return by_task.get(row.task_state or '', default)


class Rows:
    """Writes rows for one request: its microversion and its links."""

    def __init__(
        self,
        cloud: cloud_module.SimulatedCloud,
        version: microversions.Version,
        root: str,
        unreachable: frozenset[str] = frozenset(),
    ) -> None:
        self._cloud = cloud
        self._version = version
        self._root = root
        self._unreachable = unreachable

    def _links(self, path: str) -> list[dict[str, str]]:
        return [
            {'rel': 'self', 'href': f'{self._root}/v2.1/{path}'},
            {'rel': 'bookmark', 'href': f'{self._root}/{path}'},
        ]

    def is_unreachable(self, row: records.Server) -> bool:
        """Whether a server is in a cell that is down."""
        return row.host is not None and row.host in self._unreachable

    def server_brief(self, row: records.Server) -> Row:
        """Return a server in the short list."""
        if self.is_unreachable(row):
            return self._unknown_server(row)
        return {
            'id': row.uuid,
            'name': row.display_name,
            'links': self._links(f'servers/{row.uuid}'),
        }

    def _unknown_server(self, row: records.Server) -> Row:
        """Return the little that is known while a cell is down."""
        return {
            'id': row.uuid,
            'created': moments.zulu(row.created_at),
            'tenant_id': row.project.project_id,
            'status': 'UNKNOWN',
            'links': self._links(f'servers/{row.uuid}'),
        }

    def server(self, row: records.Server, shown: bool = False) -> Row:
        """Return a server in full; ``shown`` is asked for by its UUID."""
        if self.is_unreachable(row):
            return self._unknown_server_shown(row, shown)
        server = self._server_of_2_1(row)
        if self._version >= (2, 3):
            server.update(self._server_of_2_3(row))
        later: dict[microversions.Version, typing.Callable[[], Row]] = {
            (2, 9): lambda: {'locked': row.locked},
            (2, 16): lambda: {'host_status': self._host_status(row)},
            (2, 19): lambda: {'description': None},
            (2, 26): lambda: {'tags': list(row.tags)},
            (2, 63): lambda: {'trusted_image_certificates': None},
            (2, 71): lambda: self._groups_of(row) if shown else {},
            (2, 73): lambda: {'locked_reason': row.locked_reason},
            (2, 96): lambda: {'pinned_availability_zone': row.pinned_zone},
            (2, 100): lambda: {'scheduler_hints': {}},
        }
        for since, fields in later.items():
            if self._version >= since:
                server.update(fields())
        return server

    def _groups_of(self, row: records.Server) -> Row:
        group = self._cloud.group_of(row.uuid)
        return {'server_groups': [] if group is None else [group.uuid]}

    def _unknown_server_shown(self, row: records.Server, shown: bool) -> Row:
        server = self._unknown_server(row)
        if shown:
            server.update(
                {
                    'user_id': row.project.user_id,
                    'image': self._image(row),
                    'flavor': self._flavor_of(row),
                    'OS-EXT-AZ:availability_zone': 'UNKNOWN',
                    'OS-EXT-STS:power_state': 0,
                    'server_groups': [],
                }
            )
        return server

    def _server_of_2_1(self, row: records.Server) -> Row:
        status = status_of(row)
        changed = row.updated_at
        server: Row = {
            'id': row.uuid,
            'name': row.display_name,
            'status': status,
            'tenant_id': row.project.project_id,
            'user_id': row.project.user_id,
            'metadata': dict(row.metadata),
            'hostId': self._host_id(row),
            'image': self._image(row),
            'flavor': self._flavor_of(row),
            'created': moments.zulu(row.created_at),
            'updated': moments.zulu(
                row.created_at if changed is None else changed
            ),
            'addresses': self._addresses(row),
            'accessIPv4': '',
            'accessIPv6': '',
            'links': self._links(f'servers/{row.uuid}'),
            'OS-DCF:diskConfig': 'MANUAL',
            'OS-EXT-AZ:availability_zone': (
                self._cloud.zone_of_server(row) or ''
            ),
            'config_drive': '',
            'key_name': None,
            'OS-SRV-USG:launched_at': moments.precise(row.launched_at),
            'OS-SRV-USG:terminated_at': moments.precise(row.terminated_at),
            'OS-EXT-SRV-ATTR:host': row.host,
            'OS-EXT-SRV-ATTR:instance_name': row.instance_name,
            'OS-EXT-SRV-ATTR:hypervisor_hostname': row.node,
            'OS-EXT-STS:task_state': row.task_state,
            'OS-EXT-STS:vm_state': row.vm_state,
            'OS-EXT-STS:power_state': int(row.power_state),
            'os-extended-volumes:volumes_attached': self._volumes(row),
            'security_groups': [{'name': 'default'}],
        }
        if status in _WITH_PROGRESS:
            server['progress'] = 0
        if row.vm_state in ('error', 'deleted'):
            server['fault'] = {
                'code': 500,
                'created': moments.zulu(row.updated_at),
                'message': 'No valid host was found. ',
            }
        return server

    def _server_of_2_3(self, row: records.Server) -> Row:
        return {
            'OS-EXT-SRV-ATTR:reservation_id': row.reservation_id,
            'OS-EXT-SRV-ATTR:launch_index': 0,
            'OS-EXT-SRV-ATTR:hostname': row.hostname,
            'OS-EXT-SRV-ATTR:kernel_id': '',
            'OS-EXT-SRV-ATTR:ramdisk_id': '',
            'OS-EXT-SRV-ATTR:root_device_name': '/dev/vda',
            'OS-EXT-SRV-ATTR:user_data': None,
        }

    def _host_id(self, row: records.Server) -> str:
        if row.host is None:
            return ''
        text = row.project.project_id + row.host
        return hashlib.sha224(text.encode()).hexdigest()

    def _host_status(self, row: records.Server) -> str:
        node = self._cloud.nodes.get(row.host or '')
        if node is None:
            return ''
        if node.forced_down or not node.reporting:
            return 'DOWN'
        return 'MAINTENANCE' if node.disabled else 'UP'

    def _image(self, row: records.Server) -> Row | str:
        if not row.image:
            return ''
        link = {
            'rel': 'bookmark',
            'href': f'{self._root}/images/{row.image}',
        }
        image: Row = {'id': row.image, 'links': [link]}
        if self._version >= (2, 98):
            image['properties'] = {}
        return image

    def _addresses(self, row: records.Server) -> Row:
        """Return the addresses by network; not before the server is built."""
        networks: dict[str, list[Row]] = {}
        if row.vm_state == 'building':
            return networks
        for port in row.ports:
            networks.setdefault(port.network, []).extend(
                {
                    'version': 6 if ':' in address else 4,
                    'addr': address,
                    'OS-EXT-IPS:type': 'fixed',
                    'OS-EXT-IPS-MAC:mac_addr': port.mac_address,
                }
                for address in port.addresses
            )
        return networks

    def _volumes(self, row: records.Server) -> list[Row]:
        if self._version < (2, 3):
            return [{'id': volume.uuid} for volume in row.volumes]
        return [
            {
                'id': volume.uuid,
                'delete_on_termination': volume.delete_on_termination,
            }
            for volume in row.volumes
        ]

    def share(self, row: records.Server, share: records.Share) -> Row:
        """Return one of the shares of a server."""
        return {
            'share_id': share.uuid,
            'status': row.status_of(share),
            'tag': share.uuid,
        }

    def _flavor_of(self, row: records.Server) -> Row:
        flavor = row.flavor
        if self._version < (2, 47):
            link = {
                'rel': 'bookmark',
                'href': f'{self._root}/flavors/{flavor.flavorid}',
            }
            return {'id': flavor.flavorid, 'links': [link]}
        return {
            'original_name': flavor.name,
            'vcpus': flavor.vcpus,
            'ram': flavor.memory_mb,
            'disk': flavor.root_gb,
            'ephemeral': flavor.ephemeral_gb,
            'swap': flavor.swap_mb,
            'extra_specs': dict(flavor.extra_specs),
        }

    def hypervisor_brief(self, row: records.Node) -> Row:
        """Return a hypervisor in the short list."""
        return {
            'id': row.uuid if self._version >= (2, 53) else row.number,
            'hypervisor_hostname': row.hostname,
            'state': 'up' if row.up else 'down',
            'status': 'disabled' if row.disabled else 'enabled',
        }

    def hypervisor(self, row: records.Node, with_servers: bool) -> Row:
        """Return a hypervisor in full."""
        hypervisor = self.hypervisor_brief(row)
        hypervisor.update(
            {
                'hypervisor_type': row.hypervisor_type,
                'hypervisor_version': row.hypervisor_version,
                'host_ip': '127.0.0.1',
                'service': {
                    'id': (
                        row.service_uuid
                        if self._version >= (2, 53)
                        else row.number
                    ),
                    'host': row.host,
                    'disabled_reason': row.disabled_reason,
                },
            }
        )
        if self._version < (2, 88):
            hypervisor.update(self._capacity(row))
        else:
            hypervisor['uptime'] = None
        if with_servers and self._version >= (2, 53):
            servers = [
                {'uuid': server.uuid, 'name': server.instance_name}
                for server in self._cloud.servers.on_host(row.host)
            ]
            if servers or self._version >= (2, 75):
                hypervisor['servers'] = servers
        return hypervisor

    def _capacity(self, row: records.Node) -> Row:
        usage = self._cloud.usage(row.host)
        return {
            'vcpus': row.vcpus,
            'vcpus_used': usage.vcpus,
            'memory_mb': row.memory_mb,
            'memory_mb_used': usage.memory_mb,
            'free_ram_mb': row.memory_mb - usage.memory_mb,
            'local_gb': row.disk_gb,
            'local_gb_used': usage.disk_gb,
            'free_disk_gb': row.disk_gb - usage.disk_gb,
            'disk_available_least': row.disk_gb - usage.disk_gb,
            'current_workload': 0,
            'running_vms': usage.servers,
            'cpu_info': {} if self._version >= (2, 28) else '{}',
        }

    def service(self, row: records.Node) -> Row:
        """Return a nova-compute service."""
        if row.host in self._unreachable:
            return {
                'binary': 'nova-compute',
                'host': row.host,
                'status': 'UNKNOWN',
            }
        return self._service(
            row.service_uuid if self._version >= (2, 53) else row.number,
            'nova-compute',
            row.host,
            self._cloud.zone_of(row.host),
            row,
        )

    def _service(
        self,
        identifier: str | int,
        binary: str,
        host: str,
        zone: str,
        node: records.Node | None,
    ) -> Row:
        disabled = node is not None and node.disabled
        up = node is None or node.up
        seen = self._cloud.now() if node is None else node.updated_at
        service: Row = {
            'id': identifier,
            'binary': binary,
            'host': host,
            'zone': zone,
            'status': 'disabled' if disabled else 'enabled',
            'state': 'up' if up else 'down',
            'updated_at': moments.precise(seen),
            'disabled_reason': None if node is None else node.disabled_reason,
        }
        if self._version >= (2, 11):
            service['forced_down'] = node is not None and node.forced_down
        return service

    def controller_services(self) -> list[Row]:
        """Return the services that run no servers."""
        identifiers: list[tuple[str, str | int]] = [
            ('nova-scheduler', 'b3c1a0de-0000-4000-a000-000000000001'),
            ('nova-conductor', 'b3c1a0de-0000-4000-a000-000000000002'),
        ]
        if self._version < (2, 53):
            identifiers = [('nova-scheduler', -1), ('nova-conductor', -2)]
        return [
            self._service(identifier, binary, 'controller', 'internal', None)
            for binary, identifier in identifiers
        ]

    def aggregate(self, row: records.Aggregate) -> Row:
        """Return an aggregate."""
        aggregate: Row = {
            'id': row.number,
            'name': row.name,
            'availability_zone': row.availability_zone,
            'hosts': list(row.hosts),
            'metadata': dict(row.metadata),
            'created_at': moments.precise(row.created_at),
            'updated_at': moments.precise(row.updated_at),
            'deleted': False,
            'deleted_at': None,
        }
        if self._version >= (2, 41):
            aggregate['uuid'] = row.uuid
        return aggregate

    def server_group(self, row: records.ServerGroup) -> Row:
        """Return a server group, with the members that exist."""
        group: Row = {
            'id': row.uuid,
            'name': row.name,
            'members': list(self._cloud.members_of(row)),
        }
        if self._version >= (2, 13):
            group['project_id'] = row.project.project_id
            group['user_id'] = row.project.user_id
        if self._version >= (2, 64):
            group['policy'] = row.policy
            group['rules'] = dict(row.rules)
        else:
            group['policies'] = [row.policy]
            group['metadata'] = {}
        return group

    def flavor(self, row: records.Flavor) -> Row:
        """Return a flavor."""
        no_swap: int | str = 0 if self._version >= (2, 75) else ''
        flavor: Row = {
            'id': row.flavorid,
            'name': row.name,
            'ram': row.memory_mb,
            'disk': row.root_gb,
            'vcpus': row.vcpus,
            'swap': row.swap_mb or no_swap,
            'OS-FLV-EXT-DATA:ephemeral': row.ephemeral_gb,
            'os-flavor-access:is_public': row.is_public,
            'links': self._links(f'flavors/{row.flavorid}'),
        }
        if self._version < (2, 102):
            flavor['rxtx_factor'] = 1.0
            flavor['OS-FLV-DISABLED:disabled'] = row.disabled
        if self._version >= (2, 55):
            flavor['description'] = None
        if self._version >= (2, 61):
            flavor['extra_specs'] = dict(row.extra_specs)
        return flavor

    def flavor_brief(self, row: records.Flavor) -> Row:
        """Return a flavor in the short list."""
        flavor: Row = {
            'id': row.flavorid,
            'name': row.name,
            'links': self._links(f'flavors/{row.flavorid}'),
        }
        if self._version >= (2, 55):
            flavor['description'] = None
        return flavor

    def migration(self, row: records.Migration) -> Row:
        """Return the record of a move."""
        dest = row.dest
        migration: Row = {
            'id': row.number,
            'instance_uuid': row.server,
            'status': row.status,
            'source_compute': row.source.host,
            'source_node': row.source.hostname,
            'dest_compute': None if dest is None else dest.host,
            'dest_node': None if dest is None else dest.hostname,
            'dest_host': None if dest is None else '127.0.0.1',
            'old_instance_type_id': row.old_flavor.number,
            'new_instance_type_id': row.new_flavor.number,
            'created_at': moments.precise(row.created_at),
            'updated_at': moments.precise(row.updated_at),
        }
        if self._version >= (2, 23):
            migration['migration_type'] = row.kind
            if row.kind == 'live-migration' and row.status in _WITH_LINKS:
                path = f'servers/{row.server}/migrations/{row.number}'
                migration['links'] = self._links(path)
        if self._version >= (2, 59):
            migration['uuid'] = row.uuid
        if self._version >= (2, 80):
            migration['project_id'] = row.project.project_id
            migration['user_id'] = row.project.user_id
        return migration
