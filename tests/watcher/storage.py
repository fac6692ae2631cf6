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

"""Elements of Cinder for tests: valid, small, and different by numbers."""

import typing

from cdm_graph.model import schema
from tests.support import elements


def node(host: str, **facts: typing.Any) -> schema.StorageNode:
    return schema.StorageNode(
        **{'host': host, 'availability_zone': 'az1', **facts}
    )


def pool(name: str, **facts: typing.Any) -> schema.StoragePool:
    return schema.StoragePool(
        **{
            'name': name,
            'storage_node': name.partition('#')[0],
            'total_capacity_gb': 100.5,
            'free_capacity_gb': 80.25,
            'allocated_capacity_gb': 20.0,
            'provisioned_capacity_gb': 30.0,
            'total_volumes': 3,
            **facts,
        }
    )


def volume_type(number: int, backend: str) -> schema.VolumeType:
    return schema.VolumeType(
        uuid=elements.uuid(number),
        name=f'type-{number}',
        extra_specs={'volume_backend_name': backend},
    )


def volume(number: int, **facts: typing.Any) -> schema.Volume:
    return schema.Volume(
        **{
            'uuid': elements.uuid(number),
            'name': f'volume-{number}',
            'status': 'available',
            'size_gb': number,
            'volume_type': 'type-90',
            'project_id': 'ab' * 16,
            'bootable': False,
            'multiattach': False,
            'metadata': {'a': 'b'},
            'created_at': elements.moment(number),
            **facts,
        }
    )
