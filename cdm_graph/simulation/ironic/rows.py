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

"""Machines and chassis as Ironic's API shows them, at the newest version."""

import typing

from cdm_graph.simulation import moments
from cdm_graph.simulation.ironic import metal
from cdm_graph.simulation.ironic import records

Body = dict[str, typing.Any]

#: The interfaces of a driver, each with what it is.
_INTERFACES: typing.Final = {
    'bios': 'no-bios',
    'boot': 'redfish-virtual-media',
    'console': 'no-console',
    'deploy': 'direct',
    'firmware': 'no-firmware',
    'inspect': 'agent',
    'management': 'redfish',
    'network': 'noop',
    'power': 'redfish',
    'raid': 'no-raid',
    'rescue': 'no-rescue',
    'storage': 'noop',
    'vendor': 'no-vendor',
}
_SUBRESOURCES: typing.Final = ('ports', 'states', 'portgroups', 'volume')
INTERFACES: typing.Final = {
    f'{name}_interface': value for name, value in _INTERFACES.items()
}
#: What nobody has set; the empty ones are written by the API as they are.
_UNSET: typing.Final = (
    'allocation_uuid',
    'automated_clean',
    'boot_mode',
    'description',
    'health',
    'inspection_finished_at',
    'inspection_started_at',
    'instance_name',
    'lessee',
    'owner',
    'parent_node',
    'protected_reason',
    'retired_reason',
    'secure_boot',
    'shard',
)
_EMPTY: typing.Final = (
    'clean_step',
    'deploy_step',
    'driver_info',
    'driver_internal_info',
    'instance_info',
    'network_data',
    'raid_config',
    'service_step',
    'target_raid_config',
)
_NOT: typing.Final = (
    'console_enabled',
    'disable_power_off',
    'protected',
    'retired',
)


def machine(row: records.Machine, root: str) -> Body:
    """Return a machine."""
    links = _links(root, f'nodes/{row.uuid}')
    return {
        **dict.fromkeys(_UNSET),
        **{name: {} for name in _EMPTY},
        **dict.fromkeys(_NOT, False),
        **INTERFACES,
        **_subresources(row.uuid, root),
        'uuid': row.uuid,
        'name': row.name,
        'chassis_uuid': row.chassis,
        'conductor': metal.CONDUCTOR,
        'conductor_group': '',
        'created_at': written(row.created_at),
        'driver': row.driver,
        'extra': row.extra,
        'fault': row.fault,
        'instance_uuid': row.instance,
        'last_error': row.last_error,
        'links': links,
        'maintenance': row.maintenance,
        'maintenance_reason': row.maintenance_reason,
        'power_state': row.power_state,
        'properties': row.properties,
        'provision_state': row.provision_state,
        'provision_updated_at': written(row.provisioned_at),
        'reservation': row.reservation,
        'resource_class': row.resource_class,
        'target_power_state': row.target_power_state,
        'target_provision_state': row.target_provision_state,
        'traits': [],
        'updated_at': written(row.updated_at),
    }


def machine_brief(row: records.Machine, root: str) -> Body:
    """Return a machine as a list without details has it."""
    return {
        'uuid': row.uuid,
        'name': row.name,
        'instance_uuid': row.instance,
        'maintenance': row.maintenance,
        'power_state': row.power_state,
        'provision_state': row.provision_state,
        'links': _links(root, f'nodes/{row.uuid}'),
    }


def chassis(row: records.Chassis, root: str) -> Body:
    """Return a chassis; its nodes are a list in a list, as in Ironic."""
    return {
        'uuid': row.uuid,
        'description': row.description,
        'extra': {},
        'created_at': written(row.created_at),
        'updated_at': written(row.updated_at),
        'links': _links(root, f'chassis/{row.uuid}'),
        'nodes': [_links(root, f'chassis/{row.uuid}/nodes')],
    }


def chassis_brief(row: records.Chassis, root: str) -> Body:
    """Return a chassis as a list without details has it."""
    return {
        'uuid': row.uuid,
        'description': row.description,
        'links': _links(root, f'chassis/{row.uuid}'),
    }


def written(seconds: int | None) -> str | None:
    """Return a time as the API has it."""
    told = moments.zulu(seconds)
    return None if told is None else told.replace('Z', '+00:00')


def _subresources(uuid: str, root: str) -> Body:
    return {
        name: _links(root, f'nodes/{uuid}/{name}') for name in _SUBRESOURCES
    }


def _links(root: str, path: str) -> list[Body]:
    return [
        {'href': f'{root}/v1/{path}', 'rel': 'self'},
        {'href': f'{root}/{path}', 'rel': 'bookmark'},
    ]
