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

"""Rows of Cinder have the keys and types that a real Cinder's have."""

import dataclasses
import typing

import pytest

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation.cinder import records
from cdm_graph.simulation.cinder import rows as cinder_rows
from tests.unit.simulation import support

_NEWEST: typing.Final = (3, 71)


@pytest.fixture(scope='module')
def cloud() -> cloud_module.SimulatedCloud:
    return support.stored_cloud(instances=400)


@pytest.fixture(scope='module')
def recorded() -> dict[str, typing.Any]:
    return support.answers_of_cinder()


def _rows(
    cloud: cloud_module.SimulatedCloud, version: tuple[int, int] = _NEWEST
) -> cinder_rows.Rows:
    return cinder_rows.Rows(cloud.storage, version, 'http://cinder')


def _shape(value: typing.Any) -> typing.Any:
    """Return the keys and the types of a row; metadata is free."""
    if isinstance(value, dict):
        return {
            key: None if key.endswith('metadata') else _shape(inner)
            for key, inner in value.items()
            if key != 'extra_specs'
        }
    if isinstance(value, list):
        return [_shape(inner) for inner in value[:1]]
    return 'number' if isinstance(value, float) else type(value).__name__


def _attached(
    cloud: cloud_module.SimulatedCloud, status: str
) -> tuple[records.Volume, records.Attachment]:
    for row in cloud.storage.attachments.values():
        if row.status == status:
            return cloud.storage.volumes.get(row.volume), row
    raise AssertionError(f'no volume is {status}')


def test_a_volume(
    cloud: cloud_module.SimulatedCloud, recorded: dict[str, typing.Any]
) -> None:
    shown = _rows(cloud).volume(support.loose_volume(cloud))
    assert _shape(shown) == _shape(recorded['volume'])


def test_a_volume_of_a_server(
    cloud: cloud_module.SimulatedCloud, recorded: dict[str, typing.Any]
) -> None:
    volume, attachment = _attached(cloud, 'attached')
    shown = _rows(cloud).volume(volume)
    assert _shape(shown) == _shape(recorded['volume attached'])
    (one,) = shown['attachments']
    assert one['id'] == one['volume_id'] == volume.uuid
    assert one['attachment_id'] == attachment.uuid
    assert one['server_id'] == attachment.server


def test_what_is_only_reserved_is_not_among_the_attachments(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    volume, _ = _attached(cloud, 'reserved')
    assert volume.status == 'reserved'
    assert _rows(cloud).volume(volume)['attachments'] == []


def test_a_volume_that_was_migrated(
    cloud: cloud_module.SimulatedCloud, recorded: dict[str, typing.Any]
) -> None:
    row = dataclasses.replace(
        support.loose_volume(cloud),
        description='hello',
        migration_status='success',
        name_id='other',
        image_metadata={'os': 'x'},
        admin_metadata={'readonly': 'False', 'secret': 'x'},
    )
    shown = _rows(cloud).volume(row)
    assert _shape(shown) == _shape(recorded['volume migrated'])
    assert shown['metadata'] == {**row.metadata, 'readonly': 'False'}


def test_a_volume_without_a_host(
    cloud: cloud_module.SimulatedCloud, recorded: dict[str, typing.Any]
) -> None:
    row = dataclasses.replace(
        support.loose_volume(cloud),
        status='error',
        pool=None,
        service_uuid=None,
        shared_targets=True,
    )
    shown = _rows(cloud).volume(row)
    assert _shape(shown) == _shape(recorded['volume without a host'])


@pytest.mark.parametrize(
    ('key', 'since'),
    [
        ('group_id', (3, 13)),
        ('provider_id', (3, 21)),
        ('service_uuid', (3, 48)),
        ('cluster_name', (3, 61)),
        ('volume_type_id', (3, 63)),
        ('consumes_quota', (3, 65)),
    ],
)
def test_fields_of_volumes_come_with_their_microversion(
    cloud: cloud_module.SimulatedCloud, key: str, since: tuple[int, int]
) -> None:
    row = support.loose_volume(cloud)
    assert key in _rows(cloud, since).volume(row)
    assert key not in _rows(cloud, (3, since[1] - 1)).volume(row)


def test_a_snapshot(
    cloud: cloud_module.SimulatedCloud, recorded: dict[str, typing.Any]
) -> None:
    row = next(iter(cloud.storage.snapshots.values()))
    shown = _rows(cloud).snapshot(row)
    assert _shape(shown) == _shape(recorded['snapshot'])


@pytest.mark.parametrize(
    ('status', 'example'),
    [('attached', 'attachment'), ('reserved', 'attachment reserved')],
)
def test_an_attachment(
    cloud: cloud_module.SimulatedCloud,
    recorded: dict[str, typing.Any],
    status: str,
    example: str,
) -> None:
    _, row = _attached(cloud, status)
    shown = _shape(_rows(cloud).attachment(row))
    # That of the recording was of no server.
    shown['instance'] = _shape(recorded[example]['instance'])
    assert shown == _shape(recorded[example])
    brief = _rows(cloud).attachment_brief(row)
    assert brief.keys() == recorded['attachment brief'].keys()


def test_a_volume_type(
    cloud: cloud_module.SimulatedCloud, recorded: dict[str, typing.Any]
) -> None:
    row = cloud.storage.type_named('ssd-multiattach')
    shown = _rows(cloud).volume_type(row)
    assert _shape(shown) == _shape(recorded['type'])
    assert shown['extra_specs']['multiattach'] == '<is> True'


def test_services(
    cloud: cloud_module.SimulatedCloud, recorded: dict[str, typing.Any]
) -> None:
    rows = _rows(cloud)
    assert _shape(rows.scheduler()) == _shape(recorded['scheduler'])
    row = next(iter(cloud.storage.backends.values()))
    for example, changes in (
        ('service', {}),
        ('service disabled', {'disabled': True, 'disabled_reason': 'maint'}),
        (
            'service frozen',
            {'disabled': True, 'disabled_reason': 'frozen', 'frozen': True},
        ),
        ('service down', {'reporting': False, 'disabled_reason': ''}),
    ):
        shown = rows.service(dataclasses.replace(row, **changes))
        model = recorded[example]
        assert _shape(shown) == _shape(model)
        for key in ('status', 'state', 'backend_state', 'frozen'):
            assert shown[key] == model[key]
    assert 'backend_state' not in _rows(cloud, (3, 48)).service(row)
    assert 'cluster' not in _rows(cloud, (3, 6)).service(row)


def test_a_pool(
    cloud: cloud_module.SimulatedCloud, recorded: dict[str, typing.Any]
) -> None:
    shown = _shape(
        _rows(cloud).pool(cloud.storage.pools['storage-01@ssd#fast'])
    )
    model = _shape(recorded['pool'])
    for shape in (shown, model):
        for key, value in shape['capabilities'].items():
            if value == 'int':
                shape['capabilities'][key] = 'number'
    assert shown == model


def test_a_pool_whose_driver_cannot_tell(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    rows = _rows(cloud)
    for name, word in (('cold', 'unknown'), ('deep', 'infinite')):
        pool = cloud.storage.pools[f'storage-03@archive#{name}']
        told = rows.pool(pool)['capabilities']
        assert told['total_capacity_gb'] == told['free_capacity_gb'] == word
