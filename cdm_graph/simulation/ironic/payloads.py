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

"""The contents of Ironic's notifications.

A payload shows a machine as the service has it in memory, which need not be
what the database has; its time is that of the last save.
"""

import typing

from cdm_graph.simulation import moments
from cdm_graph.simulation import notification
from cdm_graph.simulation.ironic import records
from cdm_graph.simulation.ironic import rows

_Data = dict[str, typing.Any]

#: The payload of each kind of event, with the version of its class.
_CLASSES: typing.Final = {
    'create': ('NodeCRUDPayload', '1.15'),
    'update': ('NodeCRUDPayload', '1.15'),
    'delete': ('NodeCRUDPayload', '1.15'),
    'maintenance_set': ('NodePayload', '1.17'),
    'power_set': ('NodeSetPowerStatePayload', '1.17'),
    'power_state_corrected': ('NodeCorrectedPowerStatePayload', '1.17'),
    'provision_set': ('NodeSetProvisionStatePayload', '1.18'),
}
_WITH_CHASSIS: typing.Final = 'NodeCRUDPayload'
_UNSET: typing.Final = (
    'boot_mode',
    'description',
    'inspection_finished_at',
    'inspection_started_at',
    'lessee',
    'owner',
    'protected_reason',
    'retired_reason',
    'secure_boot',
)


def machine(
    action: str, row: records.Machine, extra: _Data | None = None
) -> notification.Payload:
    """Return the payload of an event about a machine."""
    name, version = _CLASSES[action]
    data: _Data = {**_machine(row), **(extra or {})}
    if name == _WITH_CHASSIS:
        data |= {
            'chassis_uuid': row.chassis,
            'driver_info': {},
            'instance_info': {},
        }
    return _payload(name, version, data)


def chassis(row: records.Chassis) -> notification.Payload:
    """Return the payload of an event about a chassis."""
    data: _Data = {
        'uuid': row.uuid,
        'description': row.description,
        'extra': {},
        'created_at': moments.zulu(row.created_at),
        'updated_at': moments.zulu(row.updated_at),
    }
    return _payload('ChassisCRUDPayload', '1.0', data)


def _payload(name: str, version: str, data: _Data) -> notification.Payload:
    return {
        'ironic_object.name': name,
        'ironic_object.namespace': 'ironic',
        'ironic_object.version': version,
        'ironic_object.data': data,
    }


def _machine(row: records.Machine) -> _Data:
    interfaces = {
        name: value
        for name, value in rows.INTERFACES.items()
        if name != 'firmware_interface'
    }
    return {
        **dict.fromkeys(_UNSET),
        **interfaces,
        'clean_step': {},
        'conductor_group': '',
        'console_enabled': False,
        'created_at': moments.zulu(row.created_at),
        'deploy_step': {},
        'disable_power_off': False,
        'driver': row.driver,
        'extra': row.extra,
        'fault': row.fault,
        'instance_uuid': row.instance,
        'last_error': row.last_error,
        'maintenance': row.maintenance,
        'maintenance_reason': row.maintenance_reason,
        'name': row.name,
        'power_state': row.power_state,
        'properties': row.properties,
        'protected': False,
        'provision_state': row.provision_state,
        'provision_updated_at': moments.zulu(row.provisioned_at),
        'resource_class': row.resource_class,
        'retired': False,
        'target_power_state': row.target_power_state,
        'target_provision_state': row.target_provision_state,
        'traits': [],
        'updated_at': moments.zulu(row.updated_at),
        'uuid': row.uuid,
    }
