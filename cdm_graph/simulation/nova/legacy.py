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

"""The payloads of unversioned (legacy) notifications.

They name a server's fields differently, have no ``updated_at`` and write
times in more than one way.  Names and keys are those of a recording.
"""

import collections.abc
import typing

from cdm_graph.simulation import moments
from cdm_graph.simulation import notification
from cdm_graph.simulation import records

_GLANCE: typing.Final = 'http://glance.cloud.test/images/'


def _server(row: records.Server) -> notification.Payload:
    flavor = row.flavor
    return {
        'tenant_id': row.project.project_id,
        'user_id': row.project.user_id,
        'instance_id': row.uuid,
        'display_name': row.display_name,
        'reservation_id': row.reservation_id,
        'hostname': row.hostname,
        'instance_type': flavor.name,
        'instance_type_id': flavor.number,
        'instance_flavor_id': flavor.flavorid,
        'architecture': None,
        'memory_mb': flavor.memory_mb,
        'disk_gb': flavor.root_gb + flavor.ephemeral_gb,
        'vcpus': flavor.vcpus,
        'root_gb': flavor.root_gb,
        'ephemeral_gb': flavor.ephemeral_gb,
        'host': row.host,
        'node': row.node,
        'availability_zone': row.availability_zone,
        'cell_name': '',
        'created_at': moments.spaced(row.created_at) + '+00:00',
        'terminated_at': moments.blank(row.terminated_at),
        'deleted_at': moments.blank(row.deleted_at),
        'launched_at': moments.blank(row.launched_at),
        'image_ref_url': _GLANCE + row.image,
        'os_type': None,
        'kernel_id': '',
        'ramdisk_id': '',
        'state': row.vm_state,
        'state_description': row.task_state or '',
        'progress': '',
        'access_ip_v4': None,
        'access_ip_v6': None,
        'image_meta': _image_meta(row),
        'metadata': dict(row.metadata),
    }


def _image_meta(row: records.Server) -> notification.Payload:
    return {
        'base_image_ref': row.image,
        'container_format': 'bare',
        'disk_format': 'raw',
        'min_disk': str(row.flavor.root_gb),
        'min_ram': '0',
        'owner_specified.openstack.md5': '',
        'owner_specified.openstack.object': 'images/simulated',
        'owner_specified.openstack.sha256': '',
    }


def _fixed_ips(row: records.Server) -> list[notification.Payload]:
    return [
        {
            'address': address,
            'type': 'fixed',
            'version': 6 if ':' in address else 4,
            'meta': {},
            'floating_ips': [],
            'label': port.network,
            'vif_mac': port.mac_address,
        }
        for port in row.ports
        for address in port.addresses
    ]


_FIXED_IPS: typing.Final = frozenset(
    {
        'create.end',
        'live_migration_post.end',
        'live_migration_post.start',
        'live_migration_post_dest.end',
        'live_migration_post_dest.start',
        'live_migration_pre.end',
        'live_migration_pre.start',
        'rebuild.end',
        'rescue.end',
        'rescue.start',
        'resize.end',
        'resize.start',
        'resize_confirm.end',
        'resize_finish.end',
        'resize_finish.start',
        'unrescue.end',
        'unrescue.start',
    }
)
_IMAGE_NAME: typing.Final = {
    'create.start': 'image_name',
    'rebuild.start': 'image_name',
    'rebuild.end': 'image_name',
    'rescue.start': 'rescue_image_name',
    'rescue.end': 'rescue_image_name',
}


def instance(
    event: str,
    row: records.Server,
    images: collections.abc.Mapping[str, records.Image],
    extra: notification.Payload,
) -> notification.Payload:
    """Return the payload of an event about a server.

    ``event`` is the versioned name, without the leading ``instance.``.
    """
    data = _server(row)
    if event in _FIXED_IPS:
        data['fixed_ips'] = _fixed_ips(row)
    if event in _IMAGE_NAME:
        image = images.get(row.image)
        data[_IMAGE_NAME[event]] = '' if image is None else image.name
    data.update(extra)
    return data


def state_update(
    before: records.Server, after: records.Server
) -> notification.Payload:
    """Return what changed of a server's states."""
    return {
        'old_state': before.vm_state,
        'old_task_state': before.task_state or after.task_state,
        'new_task_state': after.task_state,
    }


def audit_period(now: int, spaced: bool) -> notification.Payload:
    """Return the period from the begin of the month until now."""
    begin = moments.month_of(now)
    return {
        'audit_period_beginning': moments.spaced(begin)
        if spaced
        else moments.blank(begin),
        'audit_period_ending': moments.spaced(now)
        if spaced
        else moments.blank(now),
    }


def fault(exception: str, message: str) -> notification.Payload:
    """Return the reason of a failure to create."""
    return {
        'code': 500,
        'message': message,
        'exception': str({'message': message, 'class': exception}),
    }


def request_spec(
    row: records.Server,
    image: records.Image | None,
    context: notification.RequestContext,
    answered: bool,
) -> notification.Payload:
    """Return what the scheduler is asked for, or has ``answered``."""
    flavor = row.flavor
    return {
        'image': _image(image),
        'instance_properties': _properties(row, context, answered),
        'instance_type': {
            'id': flavor.number,
            'flavorid': flavor.flavorid,
            'name': flavor.name,
            'memory_mb': flavor.memory_mb,
            'vcpus': flavor.vcpus,
            'root_gb': flavor.root_gb,
            'ephemeral_gb': flavor.ephemeral_gb,
            'swap': flavor.swap_mb,
            'rxtx_factor': 1.0,
            'vcpu_weight': 0,
            'disabled': flavor.disabled,
            'is_public': flavor.is_public,
            'extra_specs': dict(flavor.extra_specs),
            'description': None,
            'created_at': moments.blank(flavor.created_at),
            'updated_at': None,
            'deleted_at': None,
            'deleted': False,
        },
        'num_instances': 1,
    }


def compute_task(
    row: records.Server,
    spec: notification.Payload,
    method: str,
    exception: str,
    message: str,
) -> notification.Payload:
    """Return the failure of what a conductor was to do."""
    return {
        'request_spec': spec,
        'instance_properties': spec['instance_properties'],
        'instance_id': row.uuid,
        'state': row.vm_state,
        'method': method,
        'reason': str({'message': message, 'class': exception}),
    }


def _image(row: records.Image | None) -> notification.Payload:
    if row is None:
        return {'min_disk': 0, 'min_ram': 0, 'properties': {}, 'size': 0}
    return {
        'id': row.uuid,
        'name': row.name,
        'owner': row.owner,
        'status': 'active',
        'size': 4096,
        'checksum': row.uuid.replace('-', ''),
        'container_format': 'bare',
        'disk_format': 'raw',
        'min_disk': 0,
        'min_ram': 0,
        'created_at': moments.blank(row.created_at),
        'updated_at': moments.blank(row.created_at),
        'properties': {},
    }


def _properties(
    row: records.Server,
    context: notification.RequestContext,
    answered: bool,
) -> notification.Payload:
    return {
        'uuid': row.uuid,
        'project_id': row.project.project_id,
        'user_id': row.project.user_id,
        'availability_zone': row.availability_zone,
        'memory_mb': row.flavor.memory_mb,
        'vcpus': row.flavor.vcpus,
        'root_gb': row.flavor.root_gb,
        'ephemeral_gb': row.flavor.ephemeral_gb,
        'numa_topology': None,
        'pci_requests': _pci_requests(row, context, answered),
    }


def _pci_requests(
    row: records.Server,
    context: notification.RequestContext,
    answered: bool,
) -> notification.Payload:
    """Return an object that the scheduler completes with the server's UUID."""
    data: notification.Payload = {
        'VERSION': '1.1',
        '_changed_fields': ['requests'],
        '_context': _serialized(context),
        '_obj_requests': [],
    }
    if answered:
        data['_changed_fields'].append('instance_uuid')
        data['_obj_instance_uuid'] = row.uuid
    return data


#: What a serialized context has beside who asked; Nova lets it leak here.
_CONTEXT: typing.Final[notification.Payload] = {
    '_enginefacade_context': {},
    '_is_admin': True,
    '_read_deleted': 'no',
    'auth_token': 'none',
    'cell_uuid': None,
    'db_connection': None,
    'domain_id': None,
    'domain_name': None,
    'global_request_id': None,
    'is_admin_project': True,
    'mq_connection': None,
    'project_domain_id': 'default',
    'project_domain_name': None,
    'quota_class': None,
    'read_only': False,
    'remote_address': '127.0.0.1',
    'resource_uuid': None,
    'roles': ['admin', 'reader', 'member', 'manager'],
    'service_catalog': [],
    'service_project_domain_id': None,
    'service_project_domain_name': None,
    'service_project_id': None,
    'service_project_name': None,
    'service_roles': [],
    'service_token': None,
    'service_user_domain_id': None,
    'service_user_domain_name': None,
    'service_user_id': None,
    'service_user_name': None,
    'show_deleted': False,
    'system_scope': None,
    'timestamp': '',
    'user_auth_plugin': None,
    'user_domain_id': 'default',
    'user_domain_name': None,
}


def _serialized(
    context: notification.RequestContext,
) -> notification.Payload:
    return {**_CONTEXT, **context.to_dict()}
