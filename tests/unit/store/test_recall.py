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

import logging

import pytest

from cdm_graph import exceptions
from cdm_graph.model import live_model
from cdm_graph.model import schema
from cdm_graph.store import contract
from cdm_graph.store import mirror as mirrors
from cdm_graph.store import recall
from tests.support import clock as clocks
from tests.support import elements
from tests.support import store as stores


def _mirrored(model: live_model.LiveModel) -> stores.MemoryStore:
    store = stores.MemoryStore()
    mirror = mirrors.Mirror(model, store, 'here', 60.0, clocks.FakeClock())
    mirror.step()
    return store


def _model() -> live_model.LiveModel:
    node = elements.node(1, hypervisor_type='QEMU', disabled_reason='because')
    model = live_model.LiveModel(
        [
            node,
            elements.node(2),
            elements.hosted(
                3,
                node,
                migrating_to='host-2',
                task_state='migrating',
                flavor_name='small',
                project_id='red',
                metadata={'a=b': 'c%'},
                tags=('x', 'y'),
                ports=('fa:16:3e:00:00:01', 'fa:16:3e:00:00:02'),
                volumes=(elements.uuid(41),),
                shares=(elements.uuid(51),),
                created_at=elements.moment(5),
            ),
            elements.instance(4, vcpus=2**70),
            elements.aggregate(
                5,
                hosts=('host-1', 'host-2'),
                availability_zone='az1',
                metadata={'ssd': 'true'},
            ),
            elements.group(
                6,
                members=(elements.uuid(3), elements.uuid(4)),
                project_id='blue',
                policy='affinity',
            ),
            elements.flavor('small', vcpus=2, extra_specs={'hw:x': '1'}),
            elements.volume(41),
            schema.StorageNode(host='box@one', availability_zone='az2'),
            elements.pool('box@one#a', total_capacity_gb=None),
            schema.VolumeType(uuid=elements.uuid(61), name='fast'),
            schema.VolumeSnapshot(
                uuid=elements.uuid(71), volume_id=elements.uuid(41)
            ),
            schema.Chassis(uuid=elements.uuid(91)),
            schema.BaremetalNode(
                uuid=elements.uuid(81),
                chassis_uuid=elements.uuid(91),
                compute_names=('node-1', 'node-2'),
            ),
        ]
    )
    model.mark_synchronized(1234.5)
    return model


def test_what_was_mirrored_is_remembered() -> None:
    model = _model()
    recalled = recall.recall(_mirrored(model))
    assert recalled is not None
    assert recalled.synchronized_at == 1234.5
    again = live_model.LiveModel(recalled.elements)
    told = {schema.key_of(each): each for each in again.elements()}
    assert told == {schema.key_of(each): each for each in model.elements()}
    assert set(again.graph.edges) == set(model.graph.edges)


def test_what_no_relation_tells_is_not_remembered() -> None:
    model = live_model.LiveModel(
        [
            elements.node(1),
            elements.aggregate(2, hosts=('host-1', 'unknown')),
            elements.group(3, members=(elements.uuid(9),)),
        ]
    )
    model.mark_synchronized(1.0)
    recalled = recall.recall(_mirrored(model))
    assert recalled is not None
    again = live_model.LiveModel(recalled.elements)
    aggregate = again.get(schema.Kind.HOST_AGGREGATE, elements.uuid(2))
    assert isinstance(aggregate, schema.HostAggregate)
    assert aggregate.hosts == ('host-1',)
    group = again.get(schema.Kind.SERVER_GROUP, elements.uuid(3))
    assert isinstance(group, schema.ServerGroup)
    assert group.members == ()


def test_nothing_is_remembered_of_what_was_never_synchronized() -> None:
    store = _mirrored(_model())
    store.be_at(contract.Cursor('before', 3))
    assert recall.recall(store) is None
    assert recall.recall(stores.MemoryStore()) is None


def test_what_another_region_holds_is_not_remembered() -> None:
    store = _mirrored(_model())
    other = stores.MemoryStore('there', store.database)
    other.be_at(contract.Cursor('theirs', 1, 5.0))
    recalled = recall.recall(other)
    assert recalled is not None
    assert recalled.elements == ()


def test_what_cannot_be_an_element_is_left_out_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = _mirrored(_model())
    for place, properties in store.database.elements.items():
        if place[1] is schema.Kind.INSTANCE:
            properties['vcpus'] = 'many'
    with caplog.at_level(logging.WARNING):
        recalled = recall.recall(store)
    assert recalled is not None
    kinds = {type(each).kind for each in recalled.elements}
    assert schema.Kind.INSTANCE not in kinds
    assert schema.Kind.COMPUTE_NODE in kinds
    assert '2 of kind Instance are not taken' in caplog.text


def test_a_store_that_is_away_is_an_error() -> None:
    store = stores.MemoryStore()
    store.unavailable = True
    with pytest.raises(exceptions.StoreUnavailable):
        recall.recall(store)
