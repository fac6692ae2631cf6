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

"""The payloads of what Cinder's scheduler refuses.

They hold the whole request.  What is asked for a new volume and for one that
exists differs; names and keys are those of a recording.
"""

import typing

from cdm_graph.simulation import notification
from cdm_graph.simulation.cinder import payloads
from cdm_graph.simulation.cinder import records
from cdm_graph.simulation.cinder import rows
from cdm_graph.simulation.cinder import storage as storage_module

#: What becomes of the volume: a word, or what is written to its row.
State = str | dict[str, str | None]

_NO_BACKEND: typing.Final = (
    "NoValidBackend('No valid backend was found. "
    "No weighed backends available')"
)


def refused(
    method: str,
    spec: notification.Payload,
    properties: notification.Payload,
    state: State,
    reason: str = _NO_BACKEND,
) -> notification.Payload:
    """Return the payload of a refusal."""
    return {
        'request_spec': spec,
        'volume_properties': properties,
        'volume_id': spec['volume_id'],
        'state': state,
        'method': method,
        'reason': reason,
    }


def creation(
    storage: storage_module.Storage, row: records.Volume
) -> tuple[notification.Payload, notification.Payload]:
    """Return what is asked for a new volume, and its properties."""
    properties: notification.Payload = {
        'attach_status': 'detached',
        'availability_zone': row.zone,
        'cgsnapshot_id': None,
        'consistencygroup_id': None,
        'group_id': None,
        'display_description': row.description,
        'display_name': row.name,
        'encryption_key_id': None,
        'metadata': dict(row.metadata),
        'multiattach': row.multiattach,
        'project_id': row.project.project_id,
        'qos_specs': None,
        'reservations': [],
        'size': row.size_gb,
        'snapshot_id': row.snapshot_id,
        'source_volid': row.source_volume_id,
        'status': row.status,
        'user_id': row.project.user_id,
        'volume_type_id': row.type_uuid,
    }
    spec = {
        'consistencygroup_id': None,
        'group_id': None,
        'cgsnapshot_id': None,
        'image_id': None,
        'snapshot_id': row.snapshot_id,
        'source_volid': row.source_volume_id,
        'volume_id': row.uuid,
        'volume': {**_object(storage, row), 'glance_metadata': {}},
        'volume_type': {
            **payloads.volume_type(storage.types[row.type_uuid]),
            'projects': [],
        },
        'volume_properties': properties,
        'backup_id': None,
        'availability_zones': [row.zone],
        'resource_properties': properties,
    }
    return spec, properties


def change(
    storage: storage_module.Storage,
    row: records.Volume,
    operation: str,
) -> tuple[notification.Payload, notification.Payload]:
    """Return what is asked for a volume that exists, and its properties."""
    properties = _object(storage, row)
    kind = payloads.volume_type(storage.types[row.type_uuid])
    spec = {
        'volume_properties': properties,
        'volume_type': kind,
        'volume_id': row.uuid,
        'operation': operation,
    }
    return spec, properties


def retype(
    storage: storage_module.Storage,
    row: records.Volume,
    kind: records.VolumeType,
    policy: str,
) -> tuple[notification.Payload, notification.Payload]:
    """Return what is asked for a volume of another type."""
    properties = {**_object(storage, row), 'snapshots': []}
    spec = {
        'volume_properties': properties,
        'volume_id': row.uuid,
        'volume_type': {**payloads.volume_type(kind), 'projects': []},
        'migration_policy': policy,
        'quota_reservations': [],
        'old_reservations': [],
        'availability_zones': [row.zone],
        'operation': 'retype_volume',
    }
    return spec, properties


def _object(
    storage: storage_module.Storage, row: records.Volume
) -> notification.Payload:
    return {
        **payloads.database_row(storage, row),
        'metadata': dict(row.metadata),
        'admin_metadata': dict(row.admin_metadata),
        'volume_type': payloads.volume_type(storage.types[row.type_uuid]),
        'volume_attachment': [
            _attachment(row, each) for each in storage.attachments_of(row.uuid)
        ],
        'name': f'volume-{row.uuid}',
        'name_id': row.name_id or row.uuid,
        'volume_metadata': payloads.pairs(row.metadata),
        'volume_admin_metadata': payloads.pairs(row.admin_metadata),
        'volume_glance_metadata': payloads.pairs(row.image_metadata),
    }


def _attachment(
    volume: records.Volume, row: records.Attachment
) -> notification.Payload:
    """Return an attachment as objects have it, not in text."""
    columns = payloads.attachment_columns(row)
    return {
        **columns,
        'connection_info': rows.connection_info(row),
        'connector': payloads.connector_of(row),
        'project_id': volume.project.project_id,
        'volume_host': volume.pool,
    }
