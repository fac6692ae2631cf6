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

"""The truth of storage is what the model's schema can say."""

import dataclasses

import pytest

from cdm_graph.model import schema
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation.cinder import truth as cinder_truth
from tests.unit.simulation import support


@pytest.fixture
def cloud() -> cloud_module.SimulatedCloud:
    return support.stored_cloud(instances=300)


def test_attributes_are_as_elements_show_them(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    """An element made of them is valid, has that vertex and says the same."""
    kinds = set()
    for vertex, attributes in cinder_truth.truth(cloud).vertices.items():
        kind = schema.Kind(attributes['kind'])
        names = {each.name for each in schema.ATTRIBUTES[kind]}
        assert set(attributes) == names | {'kind'}
        values = {k: v for k, v in attributes.items() if k != 'kind'}
        element = schema.ELEMENT_CLASSES[kind](**values)
        assert schema.attributes_of(element) == attributes
        assert schema.key_of(element).vertex == vertex
        kinds.add(kind)
    assert kinds == {
        schema.Kind.AVAILABILITY_ZONE,
        schema.Kind.PROJECT,
        schema.Kind.STORAGE_NODE,
        schema.Kind.STORAGE_POOL,
        schema.Kind.VOLUME,
        schema.Kind.VOLUME_SNAPSHOT,
        schema.Kind.VOLUME_TYPE,
    }


def test_relations_are_those_of_the_schema(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    truth = cinder_truth.truth(cloud)
    allowed = {
        (source.value, relation.value, target.value)
        for source, relation, target, _ in schema.RELATIONS
    }
    told = {
        (
            truth.vertices[source]['kind'],
            relation,
            truth.vertices[target]['kind'],
        )
        for source, relation, target in truth.relations
    }
    assert told <= allowed
    assert told == {
        ('StorageNode', 'IN_ZONE', 'AvailabilityZone'),
        ('StoragePool', 'PART_OF', 'StorageNode'),
        ('Volume', 'HOSTED_ON', 'StoragePool'),
        ('Volume', 'OF_TYPE', 'VolumeType'),
        ('Volume', 'OWNED_BY', 'Project'),
        ('VolumeSnapshot', 'OWNED_BY', 'Project'),
        ('VolumeSnapshot', 'SNAPSHOT_OF', 'Volume'),
    }


def test_what_is_attached_is_of_the_servers_that_have_it(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    truth = cinder_truth.truth(cloud)
    for server in cloud.servers:
        for volume in server.volumes:
            told = truth.vertices[volume.uuid]
            if server.host is None:
                assert told['attached_to'] == ()
                assert told['status'] == 'reserved'
            else:
                assert told['attached_to'] == (server.uuid,)


def test_two_attachments_of_one_server_are_one(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    storage = cloud.storage
    row = next(iter(storage.attachments.values()))
    storage.put_attachment(dataclasses.replace(row, uuid='second'))
    told = cinder_truth.truth(cloud).vertices[row.volume]
    assert told['attached_to'] == (row.server,)


def test_capacities_that_a_driver_cannot_tell_are_none(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    vertices = cinder_truth.truth(cloud).vertices
    for name in ('cold', 'deep'):
        told = vertices[f'pool/storage-03@archive#{name}']
        assert told['total_capacity_gb'] is None
        assert told['free_capacity_gb'] is None
        assert told['provisioned_capacity_gb'] > 0


@pytest.mark.parametrize(
    ('status', 'migration_status', 'is_there'),
    [
        ('creating', 'target:other', False),
        ('available', 'target:other', False),
        ('deleting', 'deleting', False),
        ('deleting', None, True),
        ('deleting', 'success', True),
        ('available', 'migrating', True),
    ],
)
def test_temporary_rows_of_migrations_are_no_volumes(
    cloud: cloud_module.SimulatedCloud,
    status: str,
    migration_status: str | None,
    is_there: bool,
) -> None:
    uuid = support.loose_volume(cloud).uuid
    cloud.storage.change_volume(
        uuid, status=status, migration_status=migration_status
    )
    truth = cinder_truth.truth(cloud)
    assert (uuid in truth.vertices) == is_there
    assert uuid in truth.vertices or not [
        relation for relation in truth.relations if uuid in relation
    ]


def test_a_reason_that_is_empty_is_none(
    cloud: cloud_module.SimulatedCloud,
) -> None:
    cloud.storage.change_backend('storage-01@ssd', disabled_reason='')
    vertices = cinder_truth.truth(cloud).vertices
    assert vertices['storage/storage-01@ssd']['disabled_reason'] is None
