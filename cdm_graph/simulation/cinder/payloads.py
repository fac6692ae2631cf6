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

"""The payloads of Cinder's notifications.

Names and keys are those of a recording.  The fields of a volume are those of
the copy that the sending service holds, its metadata and its attachments
those of the database at the moment of sending: two moments in one payload.
"""

import collections.abc
import json
import typing

from cdm_graph.simulation import moments
from cdm_graph.simulation import notification
from cdm_graph.simulation import records
from cdm_graph.simulation.cinder import records as cinder_records
from cdm_graph.simulation.cinder import rows
from cdm_graph.simulation.cinder import storage as storage_module

#: What no volume of the simulated cloud has.
_PROVIDER: typing.Final = dict.fromkeys(
    (
        'provider_id',
        'provider_location',
        'provider_auth',
        'provider_geometry',
    )
)
_REPLICATION: typing.Final = dict.fromkeys(
    (
        'replication_status',
        'replication_extended_status',
        'replication_driver_data',
    )
)


def _zoned(seconds: int) -> str:
    return f'{str(moments.precise(seconds)).partition(".")[0]}+00:00'


def volume(
    storage: storage_module.Storage, row: cinder_records.Volume
) -> notification.Payload:
    """Return the payload of an event about a volume.

    What was never launched is told to be launched now.
    """
    stored = storage.volumes.find(row.uuid)
    payload: notification.Payload = {
        'tenant_id': row.project.project_id,
        'host': row.pool,
        'user_id': row.project.user_id,
        'availability_zone': row.zone,
        'volume_id': row.uuid,
        'volume_type': row.type_uuid,
        'display_name': row.name,
        'launched_at': (
            moments.measured(storage.time())
            if row.launched_at is None
            else _zoned(row.launched_at)
        ),
        'created_at': _zoned(row.created_at),
        'status': row.status,
        'snapshot_id': row.snapshot_id,
        'size': row.size_gb,
        **_REPLICATION,
        'metadata': pairs((stored or row).metadata),
        'volume_attachment': [
            _attachment(storage, each)
            for each in storage.attachments_of(row.uuid)
        ],
    }
    if stored is not None and stored.image_metadata:
        payload['glance_metadata'] = _image_metadata(stored)
    return payload


def pairs(metadata: records.Strings) -> list[notification.Payload]:
    """Return metadata as the rows of its table."""
    return [{'key': key, 'value': value} for key, value in metadata.items()]


def _image_metadata(
    row: cinder_records.Volume,
) -> list[notification.Payload]:
    return [
        {
            'id': number,
            'volume_id': row.uuid,
            'snapshot_id': None,
            'key': key,
            'value': value,
            'deleted_at': None,
            'deleted': False,
            'created_at': moments.precise(row.created_at),
            'updated_at': None,
        }
        for number, (key, value) in enumerate(
            row.image_metadata.items(), start=1
        )
    ]


def attachment_columns(
    row: cinder_records.Attachment,
) -> notification.Payload:
    """Return the columns of an attachment that no service rewrites."""
    return {
        'id': row.uuid,
        'volume_id': row.volume,
        'instance_uuid': row.server,
        'attached_host': row.host,
        'mountpoint': row.device,
        'attach_time': moments.precise(row.attached_at),
        'detach_time': None,
        'attach_status': row.status,
        'attach_mode': row.mode,
        'deleted_at': None,
        'deleted': False,
        'created_at': moments.precise(row.created_at),
        'updated_at': moments.precise(row.updated_at),
    }


def _attachment(
    storage: storage_module.Storage, row: cinder_records.Attachment
) -> notification.Payload:
    connector = connector_of(row)
    return {
        **attachment_columns(row),
        'connection_info': json.dumps(rows.connection_info(row)),
        'connector': None if connector is None else json.dumps(connector),
        'volume': database_row(storage, storage.volumes.get(row.volume)),
    }


def connector_of(
    row: cinder_records.Attachment,
) -> notification.Payload | None:
    """Return what a host said of itself to have a volume; none if none."""
    if row.host is None:
        return None
    return {
        'ip': '127.0.0.1',
        'initiator': 'simulated',
        'host': row.host,
        'mountpoint': row.device,
    }


def database_row(
    storage: storage_module.Storage, row: cinder_records.Volume
) -> notification.Payload:
    """Return the whole row of a volume, as some payloads let it leak."""
    attached = any(
        each.is_attached for each in storage.attachments_of(row.uuid)
    )
    return {
        'id': row.uuid,
        '_name_id': row.name_id,
        'use_quota': row.use_quota,
        'ec2_id': None,
        'user_id': row.project.user_id,
        'project_id': row.project.project_id,
        'snapshot_id': row.snapshot_id,
        'cluster_name': None,
        'host': row.pool,
        'size': row.size_gb,
        'availability_zone': row.zone,
        'status': row.status,
        'attach_status': 'attached' if attached else 'detached',
        'migration_status': row.migration_status,
        'scheduled_at': moments.precise(row.scheduled_at),
        'launched_at': moments.precise(row.launched_at),
        'terminated_at': None,
        'display_name': row.name,
        'display_description': row.description,
        **_PROVIDER,
        'volume_type_id': row.type_uuid,
        'source_volid': row.source_volume_id,
        'encryption_key_id': None,
        'consistencygroup_id': None,
        'group_id': None,
        'bootable': row.bootable,
        'multiattach': row.multiattach,
        **_REPLICATION,
        'previous_status': row.previous_status,
        'service_uuid': row.service_uuid,
        'shared_targets': row.shared_targets,
        'deleted_at': None,
        'deleted': False,
        'created_at': moments.precise(row.created_at),
        'updated_at': moments.precise(row.updated_at),
    }


def snapshot(
    storage: storage_module.Storage,
    row: cinder_records.Snapshot,
    deleted: str = '',
) -> notification.Payload:
    """Return the payload of an event about a snapshot.

    ``deleted`` is not empty at its end; its metadata is a text.
    """
    return {
        'tenant_id': row.project.project_id,
        'user_id': row.project.user_id,
        'availability_zone': storage.volumes.get(row.volume).zone,
        'volume_id': row.volume,
        'volume_size': row.size_gb,
        'snapshot_id': row.uuid,
        'display_name': row.name,
        'created_at': _zoned(row.created_at),
        'status': row.status,
        'deleted': deleted,
        'metadata': str(dict(row.metadata)) if row.metadata else '',
    }


def volume_type(row: cinder_records.VolumeType) -> notification.Payload:
    """Return a volume type as its events and the scheduler's have it."""
    return {
        'id': row.uuid,
        'name': row.name,
        'description': row.description,
        'qos_specs_id': None,
        'is_public': row.is_public,
        'deleted_at': None,
        'deleted': False,
        'created_at': moments.precise(row.created_at),
        'updated_at': moments.precise(row.updated_at),
        'extra_specs': dict(row.extra_specs),
    }


def extra_specs(
    row: cinder_records.VolumeType, **told: typing.Any
) -> notification.Payload:
    """Return what an event about the extra specs of a type tells."""
    return {
        'type_id': row.uuid,
        **told,
        'created_at': moments.precise(row.created_at),
        'updated_at': moments.precise(row.updated_at),
    }


def capacity(
    name: str, pools: collections.abc.Sequence[cinder_records.Pool]
) -> notification.Payload:
    """Return what pools have in all, none of them without numbers."""
    reports = [pool.report for pool in pools]
    return {
        'name_to_id': name,
        'total': _sum(report.total_gb for report in reports),
        'free': _sum(report.free_gb for report in reports),
        'allocated': _sum(report.allocated_gb for report in reports),
        'provisioned': _sum(report.provisioned_gb for report in reports),
        'virtual_free': _sum(map(storage_module.virtual_free_gb, pools)),
        'reported_at': moments.measured(reports[0].at),
    }


def _sum(
    amounts: collections.abc.Iterable[cinder_records.Capacity],
) -> float:
    return float(sum(each for each in amounts if not isinstance(each, str)))
