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

"""What Cinder's collector reads of a simulated Cinder."""

import dataclasses
import datetime
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import reconcile
from cdm_graph.collector import rest_client
from cdm_graph.model import live_model
from cdm_graph.model import schema
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation.cinder import population as cinder_population
from cdm_graph.simulation.cinder import records as cinder_records
from cdm_graph.simulation.cinder import truth as cinder_truth
from tests.support import cinder
from tests.support import clock as clocks
from tests.support import elements

_KIND: typing.Final = schema.Kind


@pytest.fixture
def cloud(
    cloud: cloud_module.SimulatedCloud,
) -> cloud_module.SimulatedCloud:
    cinder_population.furnish(cloud, 2, 10)
    return cloud


@pytest.fixture
def source(
    cloud: cloud_module.SimulatedCloud, clock: clocks.FakeClock
) -> cinder.InProcessSource:
    return cinder.source(cinder.InProcessCinder(cloud, page_size=4), clock)


def _fill(source: cinder.InProcessSource) -> None:
    """Let the source know what there is."""
    source._model = source.synchronize()


def _list(
    source: cinder.InProcessSource,
) -> tuple[list[schema.Element], reconcile.Coverage]:
    staged: list[schema.Element] = []
    return staged, source.list_all(staged.append)


def _a_backend(
    cloud: cloud_module.SimulatedCloud,
) -> cinder_records.Backend:
    return next(iter(cloud.storage.backends.values()))


def _volume(uuid: str) -> schema.ElementKey:
    return schema.ElementKey(_KIND.VOLUME, uuid)


def _since(clock: clocks.FakeClock) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(clock.time(), datetime.UTC)


def test_a_synchronize_tells_the_truth(
    source: cinder.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    model = source.synchronize()
    truth = cinder_truth.truth(cloud)
    assert dict(model.graph.nodes) == truth.vertices
    edges = model.graph.edges(data='relation')
    assert {(s, r, t) for s, t, r in edges} == truth.relations


def test_it_keeps_what_it_stages(source: cinder.InProcessSource) -> None:
    staged, _ = _list(source)
    assert {element.kind for element in staged} == source.kinds


@pytest.mark.parametrize(
    'change',
    [
        {'disabled': True},
        {'reporting': False},
    ],
)
def test_the_pools_of_a_back_end_that_is_away_are_hidden(
    source: cinder.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    change: dict[str, bool],
) -> None:
    _fill(source)
    away = _a_backend(cloud).host
    cloud.storage.change_backend(away, **change)
    staged, coverage = _list(source)
    shown = {schema.key_of(each) for each in staged}
    known = source._model.each(_KIND.STORAGE_POOL)
    for pool in known:
        assert isinstance(pool, schema.StoragePool)
        is_away = pool.storage_node == away
        assert (schema.key_of(pool) in shown) is not is_away
        assert coverage.is_hidden(pool) is is_away
    assert (_KIND.STORAGE_NODE, away) in shown


def test_a_pool_that_its_back_end_lacks_is_gone(
    source: cinder.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    _fill(source)
    host = next(
        host
        for host in cloud.storage.backends
        if len(cloud.storage.pools_of(host)) > 1
    )
    gone = cloud.storage.pools_of(host)[0].name
    del cloud.storage.pools[gone]
    reading = source.read(schema.ElementKey(_KIND.STORAGE_POOL, schema.EVERY))
    assert _KIND.STORAGE_POOL in reading.every
    pool = source._model.get(_KIND.STORAGE_POOL, gone)
    assert pool not in reading.elements
    assert not reading.is_hidden(pool)


def test_one_volume_is_read(
    source: cinder.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    _fill(source)
    row = next(iter(cloud.storage.volumes))
    reading = source.read(_volume(row.uuid))
    assert reading.elements == (source._model.get(_KIND.VOLUME, row.uuid),)
    assert source.read(_volume(elements.uuid(1))).absent == (
        _volume(elements.uuid(1)),
    )


def test_one_snapshot_is_read(
    source: cinder.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    uuid = next(iter(cloud.storage.snapshots))
    key = schema.ElementKey(_KIND.VOLUME_SNAPSHOT, uuid)
    (snapshot,) = source.read(key).elements
    assert schema.key_of(snapshot) == key
    cloud.storage.remove_snapshot(uuid)
    assert source.read(key).absent == (key,)


def test_the_other_end_of_a_migration_is_absent(
    source: cinder.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    row = next(iter(cloud.storage.volumes))
    cloud.storage.change_volume(
        row.uuid, migration_status=f'target:{elements.uuid(1)}'
    )
    assert source.read(_volume(row.uuid)).absent == (_volume(row.uuid),)
    staged, _ = _list(source)
    assert _volume(row.uuid) not in map(schema.key_of, staged)


@pytest.mark.parametrize(
    'change', [{'status': 'extending'}, {'migration_status': 'migrating'}]
)
def test_what_is_on_its_way_is_looked_at_again(
    source: cinder.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
    change: dict[str, str],
) -> None:
    _fill(source)
    clock.advance(3600)
    uuid = next(
        row.uuid for row in cloud.storage.volumes if row.status == 'available'
    )
    assert source.read(_volume(uuid)).unsettled == ()
    cloud.storage.change_volume(uuid, **change)
    assert source.read(_volume(uuid)).unsettled == (_volume(uuid),)
    since = _since(clock)
    assert source.poll(since).unsettled == (_volume(uuid),)
    changed = source.read_changed([_volume(uuid)], since)
    assert changed.unsettled == (_volume(uuid),)


def test_what_has_just_moved_is_looked_at_again(
    source: cinder.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    _fill(source)
    uuid = next(
        row.uuid for row in cloud.storage.volumes if row.status == 'available'
    )
    cloud.storage.change_volume(uuid, pool='elsewhere@b#c')
    assert source.read(_volume(uuid)).unsettled == (_volume(uuid),)
    _fill(source)
    assert source.read(_volume(uuid)).unsettled == ()


def test_many_volumes_are_read_by_one_list(
    source: cinder.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
) -> None:
    clock.advance(3600)
    first, second, third = [row.uuid for row in cloud.storage.volumes][:3]
    for uuid in (first, second):
        cloud.storage.change_volume(uuid, name='other')
    reading = source.read_changed(
        [_volume(first), _volume(third)], _since(clock)
    )
    assert [schema.key_of(each) for each in reading.elements] == [
        _volume(first)
    ]
    assert reading.absent == ()


def test_a_poll_shows_what_is_never_announced(
    source: cinder.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
) -> None:
    _fill(source)
    clock.advance(3600)
    host = _a_backend(cloud).host
    cloud.storage.change_backend(host, disabled=True, disabled_reason='x')
    reading = source.poll(_since(clock))
    (node,) = (
        each
        for each in reading.elements
        if isinstance(each, schema.StorageNode) and each.host == host
    )
    assert (node.status, node.disabled_reason) == ('disabled', 'x')
    assert set(reading.every) == {
        _KIND.STORAGE_NODE,
        _KIND.STORAGE_POOL,
        _KIND.VOLUME_TYPE,
    }
    assert not any(
        isinstance(each, schema.Volume) for each in reading.elements
    )


def test_volumes_of_a_type_that_was_renamed_are_read(
    source: cinder.InProcessSource,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
) -> None:
    """They show its name, and Cinder says nothing of them."""
    _fill(source)
    clock.advance(3600)
    every = schema.ElementKey(_KIND.VOLUME_TYPE, schema.EVERY)
    assert source.read(every).doubts == ()
    row = cloud.storage.types[next(iter(cloud.storage.volumes)).type_uuid]
    cloud.storage.put_type(dataclasses.replace(row, name='other'))
    of_it = {
        _volume(volume.uuid)
        for volume in cloud.storage.volumes
        if volume.type_uuid == row.uuid
    }
    for reading in (source.read(every), source.poll(_since(clock))):
        assert set(reading.doubts) == of_it


def test_what_is_not_cinders_is_not_read(
    source: cinder.InProcessSource,
) -> None:
    key = schema.ElementKey(_KIND.INSTANCE, elements.uuid(1))
    assert source.read(key) == reconcile.Reading()


def test_a_list_that_fails_is_no_list(
    source: cinder.InProcessSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = source._cinder._ask

    def fail(path: str, *how: typing.Any) -> typing.Any:
        if path.startswith('/snapshots'):
            raise rest_client.HttpError(503)
        return ask(path, *how)

    monkeypatch.setattr(source._cinder, '_ask', fail)
    with pytest.raises(exceptions.CloudUnavailable):
        _list(source)


def test_the_joined_graph_leads_from_pools_to_nodes(
    source: cinder.InProcessSource, cloud: cloud_module.SimulatedCloud
) -> None:
    """A volume that Nova attached is that of Cinder's."""
    model = source.synchronize()
    attached = {
        uuid
        for row in cloud.servers
        for uuid in [volume.uuid for volume in row.volumes]
    }
    known = {each.uuid for each in cloud.storage.volumes}
    assert attached
    assert attached <= known
    assert isinstance(model, live_model.LiveModel)
    for uuid in attached:
        volume = model.get(_KIND.VOLUME, uuid)
        assert isinstance(volume, schema.Volume)
        assert volume.attached_to
