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

"""The payloads of versioned notifications.

Names, versions and keys are those that a Nova of release 34 publishes; a
test compares them with a recording of one.
"""

import collections.abc
import typing

from cdm_graph.simulation import moments
from cdm_graph.simulation import notification
from cdm_graph.simulation import records

#: The cell that everything is in.
CELL_UUID: typing.Final = '7d7c6f0e-4b0c-4f0c-9f57-1d1c3a0f6c55'
_SERVICE_VERSION: typing.Final = 74
_REPORT_INTERVAL: typing.Final = 10

#: Events that always carry the list of block devices; others carry null
#: unless an option says that they shall not.
WITH_BLOCK_DEVICES: typing.Final = frozenset(
    {
        'create.end',
        'create.error',
        'create.start',
        'delete.end',
        'delete.start',
        'live_migration_pre.end',
        'live_migration_pre.start',
        'live_migration_rollback.end',
        'live_migration_rollback.start',
        'live_migration_rollback_dest.end',
        'live_migration_rollback_dest.start',
        'reboot.end',
        'reboot.start',
        'rebuild.end',
        'resize.end',
        'resize.start',
        'resize_finish.end',
        'resize_finish.start',
        'resize_revert.end',
        'resize_revert.start',
        'resume.end',
        'resume.start',
        'shelve.end',
        'shelve.start',
        'shelve_offload.end',
        'shelve_offload.start',
        'shutdown.end',
        'shutdown.start',
        'unshelve.end',
        'unshelve.start',
    }
)
_ACTION: typing.Final = ('InstanceActionPayload', '1.9')
_CLASSES: typing.Final[dict[str, tuple[str, str]]] = {
    'create': ('InstanceCreatePayload', '1.13'),
    'exists': ('InstanceExistsPayload', '2.1'),
    'rebuild': ('InstanceActionRebuildPayload', '1.10'),
    'rebuild_scheduled': ('InstanceActionRebuildPayload', '1.10'),
    'rescue': ('InstanceActionRescuePayload', '1.4'),
    'resize_prep': ('InstanceActionResizePrepPayload', '1.4'),
    'share_attach': ('InstanceActionSharePayload', '1.0'),
    'share_detach': ('InstanceActionSharePayload', '1.0'),
    'update': ('InstanceUpdatePayload', '2.1'),
    'volume_attach': ('InstanceActionVolumePayload', '1.7'),
    'volume_detach': ('InstanceActionVolumePayload', '1.7'),
    'volume_swap': ('InstanceActionVolumeSwapPayload', '1.9'),
}


def envelope(
    name: str, version: str, data: notification.Payload
) -> notification.Payload:
    """Return data as a serialized object of Nova."""
    return {
        'nova_object.name': name,
        'nova_object.namespace': 'nova',
        'nova_object.version': version,
        'nova_object.data': data,
    }


def flavor(
    row: records.Flavor,
    projects: list[str] | None = None,
    with_specs: bool = True,
) -> notification.Payload:
    """Return a flavor; in a server's payload it is the server's copy."""
    return envelope(
        'FlavorPayload',
        '1.4',
        {
            'flavorid': row.flavorid,
            'name': row.name,
            'memory_mb': row.memory_mb,
            'vcpus': row.vcpus,
            'root_gb': row.root_gb,
            'ephemeral_gb': row.ephemeral_gb,
            'swap': row.swap_mb,
            'rxtx_factor': 1.0,
            'vcpu_weight': 0,
            'disabled': row.disabled,
            'is_public': row.is_public,
            'extra_specs': dict(row.extra_specs) if with_specs else None,
            'projects': projects,
            'description': None,
        },
    )


def ip_addresses(
    ports: collections.abc.Iterable[records.Port],
) -> list[notification.Payload]:
    """Return the addresses of ports: a port may have several."""
    return [
        envelope(
            'IpPayload',
            '1.0',
            {
                'label': port.network,
                'mac': port.mac_address,
                'meta': {},
                'port_uuid': port.uuid,
                'version': 6 if ':' in address else 4,
                'address': address,
                'device_name': port.device_name,
            },
        )
        for port in ports
        for address in port.addresses
    ]


def block_devices(
    volumes: collections.abc.Iterable[records.Volume],
) -> list[notification.Payload]:
    """Return volumes as they are attached."""
    return [
        envelope(
            'BlockDevicePayload',
            '1.0',
            {
                'boot_index': 0 if volume.is_root else None,
                'delete_on_termination': volume.delete_on_termination,
                'device_name': volume.device_name,
                'tag': None,
                'volume_id': volume.uuid,
            },
        )
        for volume in volumes
    ]


def shares(row: records.Server) -> list[notification.Payload]:
    """Return the shares of a server as they are attached."""
    return [
        envelope(
            'SharePayload',
            '1.0',
            {
                'share_mapping_uuid': share.mapping_uuid,
                'share_id': share.uuid,
                'status': row.status_of(share),
                'tag': share.uuid,
            },
        )
        for share in row.shares
    ]


def _server(
    row: records.Server, context: notification.RequestContext
) -> notification.Payload:
    return {
        'uuid': row.uuid,
        'display_name': row.display_name,
        'display_description': None,
        'host_name': row.hostname,
        'host': row.host,
        'node': row.node,
        'availability_zone': row.availability_zone,
        'tenant_id': row.project.project_id,
        'user_id': row.project.user_id,
        'reservation_id': row.reservation_id,
        'state': row.vm_state,
        'task_state': row.task_state,
        'power_state': row.power_state.word,
        'progress': 0,
        'os_type': None,
        'architecture': None,
        'image_uuid': row.image,
        'key_name': None,
        'kernel_id': '',
        'ramdisk_id': '',
        'created_at': moments.zulu(row.created_at),
        'launched_at': moments.zulu(row.launched_at),
        'terminated_at': moments.zulu(row.terminated_at),
        'deleted_at': moments.zulu(row.deleted_at),
        'updated_at': moments.zulu(row.updated_at),
        'metadata': dict(row.metadata),
        'locked': row.locked,
        'locked_reason': row.locked_reason,
        'auto_disk_config': 'MANUAL',
        'action_initiator_project': context.actor.project_id,
        'action_initiator_user': context.actor.user_id,
        'request_id': context.request_id,
        'flavor': flavor(row.flavor),
    }


def _family_fields(family: str, row: records.Server) -> notification.Payload:
    if family == 'create':
        return {
            'fault': None,
            'instance_name': row.instance_name,
            'keypairs': [],
            'tags': list(row.tags),
            'trusted_image_certificates': None,
        }
    if family in ('rebuild', 'rebuild_scheduled'):
        return {'fault': None, 'trusted_image_certificates': None}
    if family == 'rescue':
        return {'fault': None, 'rescue_image_ref': None}
    if family == 'update':
        return {'tags': list(row.tags)}
    if family == 'exists':
        return {}
    return {'fault': None}


def instance(
    event: str,
    row: records.Server,
    context: notification.RequestContext,
    lists: notification.Payload,
    extra: notification.Payload,
) -> notification.Payload:
    """Return the payload of an event about a server.

    ``event`` is without the leading ``instance.``, ``lists`` what is
    attached, ``extra`` what only the operation knows.
    """
    family = event.partition('.')[0]
    name, version = _CLASSES.get(family, _ACTION)
    data = _server(row, context)
    data.update(lists)
    data.update(_family_fields(family, row))
    data.update(extra)
    return envelope(name, version, data)


def audit_period(now: int) -> notification.Payload:
    """Return the period from the begin of the month until now."""
    return envelope(
        'AuditPeriodPayload',
        '1.0',
        {
            'audit_period_beginning': moments.zulu(moments.month_of(now)),
            'audit_period_ending': moments.zulu(now),
        },
    )


def state_update(
    before: records.Server, after: records.Server
) -> notification.Payload:
    """Return what changed of a server's states.

    A task state that was none before is told as the new one: so does Nova.
    """
    return envelope(
        'InstanceStateUpdatePayload',
        '1.0',
        {
            'old_state': before.vm_state,
            'state': after.vm_state,
            'old_task_state': before.task_state or after.task_state,
            'new_task_state': after.task_state,
        },
    )


def fault(exception: str, message: str) -> notification.Payload:
    """Return the reason of a failure."""
    return envelope(
        'ExceptionPayload',
        '1.1',
        {
            'exception': exception,
            'exception_message': message,
            'function_name': 'spawn',
            'module_name': 'nova.virt.simulated',
            'traceback': f'Traceback (most recent call last):\n{message}\n',
        },
    )


def service(row: records.Node, ever_seen: bool) -> notification.Payload:
    """Return a nova-compute service."""
    return envelope(
        'ServiceStatusPayload',
        '1.1',
        {
            'uuid': row.service_uuid,
            'host': row.host,
            'binary': 'nova-compute',
            'topic': 'compute',
            'report_count': (
                (row.updated_at - row.created_at) // _REPORT_INTERVAL
            ),
            'disabled': row.disabled,
            'disabled_reason': row.disabled_reason,
            'availability_zone': None,
            'last_seen_up': moments.zulu(row.updated_at)
            if ever_seen
            else None,
            'forced_down': row.forced_down,
            'version': _SERVICE_VERSION,
        },
    )


def aggregate(
    row: records.Aggregate, created: bool = True
) -> notification.Payload:
    """Return an aggregate; it has neither id nor hosts until created."""
    return envelope(
        'AggregatePayload',
        '1.1',
        {
            'id': row.number if created else None,
            'uuid': row.uuid,
            'name': row.name,
            'hosts': list(row.hosts) if created else None,
            'metadata': dict(row.metadata),
        },
    )


def server_group(
    row: records.ServerGroup, hosts: list[str] | None = None
) -> notification.Payload:
    """Return a server group."""
    return envelope(
        'ServerGroupPayload',
        '1.1',
        {
            'uuid': row.uuid,
            'name': row.name,
            'user_id': row.project.user_id,
            'project_id': row.project.project_id,
            'policies': [row.policy],
            'policy': row.policy,
            'rules': dict(row.rules),
            'members': list(row.members),
            'hosts': hosts,
        },
    )


def request_spec(
    row: records.Server,
    image: records.Image | None,
    *,
    destination: notification.Payload | None,
    ignore_hosts: list[str] | None,
    group: records.ServerGroup | None,
) -> notification.Payload:
    """Return what the scheduler is asked for."""
    return envelope(
        'RequestSpecPayload',
        '1.1',
        {
            'instance_uuid': row.uuid,
            'project_id': row.project.project_id,
            'user_id': row.project.user_id,
            'availability_zone': row.availability_zone,
            'flavor': flavor(row.flavor),
            'image': _image(image),
            'num_instances': 1,
            'force_hosts': None,
            'force_nodes': None,
            'ignore_hosts': ignore_hosts,
            'instance_group': (
                None if group is None else server_group(group, hosts=[])
            ),
            'numa_topology': None,
            'pci_requests': envelope(
                'InstancePCIRequestsPayload',
                '1.0',
                {'instance_uuid': row.uuid, 'requests': []},
            ),
            'requested_destination': destination,
            'retry': None,
            'scheduler_hints': (
                {} if group is None else {'group': [group.uuid]}
            ),
            'security_groups': ['default'],
        },
    )


def destination(
    aggregates: list[str] | None, in_cell: bool
) -> notification.Payload:
    """Return where the scheduler must look."""
    data: notification.Payload = {'aggregates': aggregates}
    if in_cell:
        data['cell'] = envelope(
            'CellMappingPayload',
            '2.0',
            {'uuid': CELL_UUID, 'name': 'cell1', 'disabled': False},
        )
    return envelope('DestinationPayload', '1.0', data)


def _image(row: records.Image | None) -> notification.Payload:
    return envelope(
        'ImageMetaPayload',
        '1.0',
        {
            'id': None if row is None else row.uuid,
            'name': None if row is None else row.name,
            'owner': None if row is None else row.owner,
            'status': 'active',
            'visibility': None,
            'protected': None,
            'checksum': None if row is None else row.uuid.replace('-', ''),
            'size': 0 if row is None else 4096,
            'virtual_size': None,
            'container_format': 'bare',
            'disk_format': 'raw',
            'created_at': None
            if row is None
            else moments.zulu(row.created_at),
            'updated_at': None
            if row is None
            else moments.zulu(row.created_at),
            'tags': None,
            'direct_url': None,
            'min_ram': 0,
            'min_disk': 0,
            'properties': envelope('ImageMetaPropsPayload', '1.20', {}),
        },
    )


def compute_task(
    row: records.Server,
    spec: notification.Payload,
    reason: notification.Payload,
) -> notification.Payload:
    """Return the failure of what a conductor was to do."""
    return envelope(
        'ComputeTaskPayload',
        '1.0',
        {
            'instance_uuid': row.uuid,
            'request_spec': spec,
            'state': row.vm_state,
            'reason': reason,
        },
    )
