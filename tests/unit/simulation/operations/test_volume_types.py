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

"""Volume types are announced whole, their extra specs are not."""

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import operations as operations_module
from tests.unit.simulation import support


def test_a_type_comes_and_goes(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    messages = [
        *support.run(cloud, does.create_volume_type('t', {'a': 'b'}, False)),
        *support.run(cloud, does.update_volume_type('t', 'u', 'x')),
        *support.run(cloud, does.delete_volume_type('u')),
    ]
    assert [
        (
            each.publisher_id,
            each.event_type,
            each.payload['volume_types']['name'],
        )
        for each in messages
    ] == [
        ('volumeType.controller', 'volume_type.create', 't'),
        ('volumeType.controller', 'volume_type.update', 'u'),
        ('volumeType.controller', 'volume_type.delete', 'u'),
    ]
    told = messages[1].payload['volume_types']
    assert told['extra_specs'] == {'a': 'b'}
    assert told['is_public'] is False
    assert told['description'] == 'x'
    assert told['id'] not in cloud.storage.types


def test_what_is_refused_is_an_error(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    before = dict(cloud.storage.types)
    for operation, error in (
        (does.create_volume_type('ssd'), 'VolumeTypeExists'),
        (does.delete_volume_type('ssd'), 'VolumeTypeInUse'),
    ):
        (message,) = support.run(cloud, operation)
        assert message.priority == 'error'
        assert message.payload['error_message'].startswith(error)
    assert cloud.storage.types == before


def test_of_extra_specs_mostly_the_key_is_told(
    cloud: cloud_module.SimulatedCloud, does: operations_module.Operations
) -> None:
    before = cloud.storage.type_named('hdd')
    added = support.run(cloud, does.add_type_specs('hdd', {'c': 'd'}))
    changed = support.run(cloud, does.change_type_spec('hdd', 'c', 'e'))
    assert cloud.storage.type_named('hdd').extra_specs['c'] == 'e'
    deleted = support.run(cloud, does.delete_type_spec('hdd', 'c'))
    assert [each.event_type for each in (*added, *changed, *deleted)] == [
        f'volume_type_extra_specs.{event}'
        for event in ('create', 'update', 'delete')
    ]
    assert added[0].payload['specs'] == {'c': 'd'}
    keys = {'type_id', 'id', 'created_at', 'updated_at'}
    assert changed[0].payload.keys() == keys
    assert deleted[0].payload.keys() == keys | {'deleted_at'}
    assert changed[0].payload['id'] == deleted[0].payload['id'] == 'c'
    assert cloud.storage.type_named('hdd') == before
