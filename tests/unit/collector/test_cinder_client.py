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

"""Cinder's client on the simulated Cinder, over HTTP."""

import collections.abc
import datetime
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import cinder_client
from cdm_graph.collector import credentials
from cdm_graph.collector import rest_client
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import server
from cdm_graph.simulation.cinder import population as cinder_population
from tests.support import clock as clocks
from tests.support import elements
from tests.unit.collector import conftest

_Connect = collections.abc.Callable[..., cinder_client.CinderClient]


@pytest.fixture
def cloud(
    cloud: cloud_module.SimulatedCloud,
) -> cloud_module.SimulatedCloud:
    cinder_population.furnish(cloud, 2, 10)
    return cloud


@pytest.fixture
def connect(serve: conftest.Serve, configure: conftest.Configure) -> _Connect:
    """Return what connects Cinder's client to an API."""

    def made(page_size: int = 1000, **options: object) -> typing.Any:
        conf = configure(serve(**options))
        conf.set_override('cinder_page_size', page_size, group='collector')
        return credentials.connect(conf, cinder_client.CinderClient)

    return made


def _ids(
    rows: collections.abc.Iterable[cinder_client.Row],
) -> list[typing.Any]:
    return [row.get('id', row.get('name')) for row in rows]


@pytest.mark.parametrize('size', [1, 3, 1000])
def test_lists_are_whole_whatever_the_page(
    connect: _Connect, cloud: cloud_module.SimulatedCloud, size: int
) -> None:
    client = connect(size)
    storage = cloud.storage
    assert sorted(_ids(client.volumes())) == sorted(
        row.uuid for row in storage.volumes
    )
    assert sorted(_ids(client.snapshots())) == sorted(storage.snapshots)
    assert sorted(_ids(client.types())) == sorted(storage.types)
    assert client.microversion == '3.71'


def test_back_ends_and_pools_are_told(
    connect: _Connect, cloud: cloud_module.SimulatedCloud
) -> None:
    client = connect()
    assert sorted(row['host'] for row in client.services()) == sorted(
        cloud.storage.backends
    )
    assert sorted(_ids(client.pools())) == sorted(cloud.storage.pools)


def test_one_row_is_as_in_the_list(connect: _Connect) -> None:
    client = connect()
    volume = next(iter(client.volumes()))
    assert client.volume(volume['id']) == volume
    snapshot = next(iter(client.snapshots()))
    assert client.snapshot(snapshot['id']) == snapshot


@pytest.mark.parametrize('uuid', [elements.uuid(1), 'a?b', '../types'])
def test_what_is_not_there_is_not_found(connect: _Connect, uuid: str) -> None:
    client = connect()
    with pytest.raises(exceptions.CollectorError):
        client.volume(uuid)
    with pytest.raises(exceptions.CollectorError):
        client.snapshot(uuid)


def test_only_cinder_says_that_a_volume_is_gone(connect: _Connect) -> None:
    with pytest.raises(rest_client.RowNotFound, match='Cinder has no'):
        connect().volume(elements.uuid(1))


def test_what_changed_is_listed_from_that_second_on(
    connect: _Connect,
    cloud: cloud_module.SimulatedCloud,
    clock: clocks.FakeClock,
) -> None:
    client = connect()
    clock.advance(3600)
    changed, other = list(cloud.storage.volumes)[:2]
    cloud.storage.change_volume(changed.uuid, name='other')
    now = datetime.datetime.fromtimestamp(clock.time(), datetime.UTC)
    assert set(_ids(client.changed_volumes(now))) == {changed.uuid}
    later = now + datetime.timedelta(seconds=1)
    assert list(client.changed_volumes(later)) == []
    assert other.uuid in set(
        _ids(client.changed_volumes(now - datetime.timedelta(days=900)))
    )


def test_a_list_whose_marker_is_gone_begins_anew(
    connect: _Connect, cloud: cloud_module.SimulatedCloud
) -> None:
    client = connect(2)
    rows = client.volumes()
    seen = [next(rows)['id'], next(rows)['id']]
    cloud.storage.remove_volume(seen[-1])
    seen += _ids(rows)
    assert {row.uuid for row in cloud.storage.volumes} <= set(seen)


def test_a_cloud_without_cinder_is_told(
    serve: conftest.Serve, configure: conftest.Configure
) -> None:
    conf = configure(serve())
    conf.set_override('region_name', 'nowhere', group='cinder')
    with pytest.raises(
        exceptions.ConfigurationError, match=r'\[cinder\] region_name'
    ):
        credentials.check(conf, cinder_client.CinderClient.service)


def test_credentials_that_are_wrong_are_denied(
    serve: conftest.Serve, configure: conftest.Configure
) -> None:
    conf = configure(serve(), 'wrong')
    client = credentials.connect(conf, cinder_client.CinderClient)
    with pytest.raises(exceptions.AccessDenied, match=r'\[cinder\]'):
        list(client.volumes())


def test_an_api_that_is_not_there_is_unavailable(
    serve: conftest.Serve, configure: conftest.Configure
) -> None:
    api: server.ApiServer = serve()
    conf = configure(api)
    client = credentials.connect(conf, cinder_client.CinderClient)
    api.stop()
    with pytest.raises(exceptions.CloudUnavailable):
        list(client.volumes())
