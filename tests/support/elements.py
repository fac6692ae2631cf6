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

"""Elements for tests: valid, small, and different by their numbers."""

import datetime
import typing

from cdm_graph.model import schema

_NEW_YEAR: typing.Final = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def uuid(number: int) -> str:
    return f'{number:08x}-0000-4000-8000-{number:012x}'


def moment(seconds: float) -> datetime.datetime:
    return _NEW_YEAR + datetime.timedelta(seconds=seconds)


def node(number: int, **facts: typing.Any) -> schema.ComputeNode:
    return schema.ComputeNode(
        **{
            'uuid': uuid(number),
            'hostname': f'node-{number}',
            'service_host': f'host-{number}',
            'vcpus': 16,
            'memory_mb': 65536,
            'disk_gb': 1000,
            **facts,
        }
    )


def instance(number: int, **facts: typing.Any) -> schema.Instance:
    return schema.Instance(
        **{
            'uuid': uuid(number),
            'name': f'vm-{number}',
            'vm_state': 'active',
            'vcpus': 2,
            'memory_mb': 2048,
            'disk_gb': 20,
            'image_id': uuid(999),
            'updated_at': moment(0),
            **facts,
        }
    )


def hosted(
    number: int, on: schema.ComputeNode, **facts: typing.Any
) -> schema.Instance:
    """Return an instance on a node."""
    return instance(number, host=on.service_host, node=on.hostname, **facts)


def aggregate(number: int, **facts: typing.Any) -> schema.HostAggregate:
    return schema.HostAggregate(
        **{
            'uuid': uuid(number),
            'aggregate_id': number,
            'name': f'aggregate-{number}',
            **facts,
        }
    )


def group(number: int, **facts: typing.Any) -> schema.ServerGroup:
    return schema.ServerGroup(
        **{'uuid': uuid(number), 'name': f'group-{number}', **facts}
    )


def flavor(name: str, **facts: typing.Any) -> schema.Flavor:
    return schema.Flavor(**{'name': name, 'flavor_id': name, **facts})


def volume(number: int, **facts: typing.Any) -> schema.Volume:
    """Return a volume of which Cinder told all that it tells of any."""
    return schema.Volume(
        **{
            'uuid': uuid(number),
            'name': f'volume-{number}',
            'status': 'in-use',
            'size_gb': 10,
            'pool': 'box@one#a',
            'volume_type': 'fast',
            'availability_zone': 'nova',
            'project_id': 'red',
            'user_id': 'somebody',
            'bootable': False,
            'encrypted': True,
            'multiattach': False,
            'attached_to': (uuid(11),),
            'snapshot_id': uuid(71),
            'source_volume_id': uuid(42),
            'migration_status': 'success',
            'metadata': {'a': 'b'},
            'created_at': moment(0),
            'updated_at': moment(1),
            **facts,
        }
    )


def pool(name: str, **facts: typing.Any) -> schema.StoragePool:
    return schema.StoragePool(
        **{
            'name': name,
            'storage_node': name.partition('#')[0],
            'total_capacity_gb': 100.5,
            'free_capacity_gb': 50,
            **facts,
        }
    )
