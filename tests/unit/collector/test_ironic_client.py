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

"""Ironic's client on the simulated Ironic, over HTTP."""

import collections.abc
import json
import pathlib
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import credentials
from cdm_graph.collector import ironic_client
from cdm_graph.collector import rest_client
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import microversions
from cdm_graph.simulation import server
from cdm_graph.simulation.ironic import api as ironic_api
from cdm_graph.simulation.ironic import operations as ironic_operations
from cdm_graph.simulation.ironic import population as ironic_population
from tests.support import elements
from tests.unit.collector import conftest

_Connect = collections.abc.Callable[..., ironic_client.IronicClient]
_ERRORS: typing.Final = json.loads(
    pathlib.Path(__file__).with_name('ironic_recorded.json').read_text()
)['errors']


@pytest.fixture
def cloud(
    cloud: cloud_module.SimulatedCloud,
) -> cloud_module.SimulatedCloud:
    ironic_population.furnish(cloud, 10)
    return cloud


@pytest.fixture
def connect(serve: conftest.Serve, configure: conftest.Configure) -> _Connect:
    """Return what connects Ironic's client to an API."""

    def made(page_size: int = 1000, **options: object) -> typing.Any:
        conf = configure(serve(**options))
        conf.set_override('ironic_page_size', page_size, group='collector')
        return credentials.connect(conf, ironic_client.IronicClient)

    return made


def _uuids(
    rows: collections.abc.Iterable[ironic_client.Row],
) -> list[typing.Any]:
    return [row['uuid'] for row in rows]


@pytest.mark.parametrize(
    ('size', 'options'),
    [(1, {}), (3, {}), (1000, {}), (1000, {'max_limit': 2})],
)
def test_lists_are_whole_whatever_the_page(
    connect: _Connect,
    cloud: cloud_module.SimulatedCloud,
    size: int,
    options: dict[str, int],
) -> None:
    client = connect(size, **options)
    assert client.microversion is None
    assert _uuids(client.machines()) == list(cloud.metal.machines)
    assert _uuids(client.outlines()) == list(cloud.metal.machines)
    assert _uuids(client.chassis()) == list(cloud.metal.chassis)
    assert client.microversion == '1.115'


def test_one_row_is_as_in_the_list(connect: _Connect) -> None:
    client = connect()
    machine = next(iter(client.machines()))
    assert client.machine(machine['uuid']) == machine
    chassis = next(iter(client.chassis()))
    assert client.one_chassis(chassis['uuid']) == chassis


def test_an_outline_is_a_part_of_the_row(connect: _Connect) -> None:
    client = connect()
    for outline, whole in zip(
        client.outlines(), client.machines(), strict=True
    ):
        assert outline.items() <= whole.items()
        assert 'chassis_uuid' not in outline


def test_only_ironic_says_that_a_machine_is_gone(connect: _Connect) -> None:
    client = connect()
    with pytest.raises(rest_client.RowNotFound, match='Ironic has no'):
        client.machine(elements.uuid(1))
    with pytest.raises(rest_client.RowNotFound, match='Ironic has no'):
        client.one_chassis(elements.uuid(1))


@pytest.mark.parametrize('uuid', ['a/b', '../chassis'])
def test_a_path_that_is_none_says_nothing_of_a_machine(
    connect: _Connect, uuid: str
) -> None:
    with pytest.raises(exceptions.CloudAnswerInvalid, match='not Ironic'):
        connect().machine(uuid)


def test_a_list_whose_marker_is_gone_begins_anew(
    connect: _Connect, cloud: cloud_module.SimulatedCloud
) -> None:
    client = connect(2)
    rows = client.machines()
    seen = [next(rows)['uuid'], next(rows)['uuid']]
    cloud.metal.remove_machine(seen[-1])
    seen += _uuids(rows)
    assert set(cloud.metal.machines) <= set(seen)


def test_what_comes_while_a_list_is_read_is_in_it(
    connect: _Connect, cloud: cloud_module.SimulatedCloud
) -> None:
    rows = connect(2).machines()
    seen = [next(rows)['uuid']]
    for _ in ironic_operations.MetalOperations(cloud).create('late'):
        pass
    seen += _uuids(rows)
    assert seen == list(cloud.metal.machines)


def test_an_endpoint_may_name_the_version(
    serve: conftest.Serve,
    configure: conftest.Configure,
    cloud: cloud_module.SimulatedCloud,
) -> None:
    api: server.ApiServer = serve()
    conf = configure(api)
    root = conf.nova.auth_url.removesuffix('/identity')
    for path in ('/baremetal', '/baremetal/v1', '/baremetal/v1/'):
        conf.set_override('endpoint_override', f'{root}{path}', group='ironic')
        client = credentials.connect(conf, ironic_client.IronicClient)
        assert _uuids(client.chassis()) == list(cloud.metal.chassis)


def test_an_ironic_that_is_too_old_is_refused(
    connect: _Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = microversions.Supported('baremetal', (1, 1), (1, 38))
    monkeypatch.setattr(ironic_api.IronicApi.__init__, '__defaults__', (old,))
    with pytest.raises(
        exceptions.UnsupportedCloud, match=r'up to 1\.38 only; 1\.43 \(Rocky'
    ):
        list(connect().machines())


def test_an_older_ironic_is_asked_in_its_version(
    connect: _Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = microversions.Supported('baremetal', (1, 1), (1, 58))
    monkeypatch.setattr(ironic_api.IronicApi.__init__, '__defaults__', (old,))
    client = connect()
    assert len(list(client.machines())) == 10
    assert client.microversion == '1.58'


@pytest.mark.parametrize('name', sorted(_ERRORS))
def test_what_a_real_ironic_refuses_is_told_in_its_words(name: str) -> None:
    client = ironic_client.IronicClient(
        typing.cast(typing.Any, None),
        adapter_options={},
        page_size=1,
        url='http://ironic',
    )
    body = _ERRORS[name]['body']
    told = json.loads(body['error_message'])
    said = told.get('faultstring') or told['description']
    assert client._said(body) == said
    own = name not in ('406', 'no such path')
    assert client._is_own_absence(body) is own


@pytest.mark.parametrize(
    'body',
    [
        None,
        [],
        {},
        {'error_message': 7},
        {'error_message': '7'},
        {'error_message': 'Not JSON'},
        {'error_message': {'faultstring': 7}},
    ],
)
def test_what_is_no_fault_of_ironics_says_nothing(
    connect: _Connect, body: object
) -> None:
    assert connect()._said(body) == ''


def test_a_region_without_ironic_is_told(
    serve: conftest.Serve, configure: conftest.Configure
) -> None:
    conf = configure(serve())
    conf.set_override('region_name', 'nowhere', group='ironic')
    with pytest.raises(
        exceptions.ConfigurationError, match=r'\[ironic\] region_name'
    ):
        credentials.check(conf, ironic_client.IronicClient.service)
    client = credentials.connect(conf, ironic_client.IronicClient)
    with pytest.raises(exceptions.CloudUnavailable, match='baremetal'):
        list(client.machines())


def test_credentials_that_are_wrong_are_denied(
    serve: conftest.Serve, configure: conftest.Configure
) -> None:
    conf = configure(serve(), 'wrong')
    client = credentials.connect(conf, ironic_client.IronicClient)
    with pytest.raises(exceptions.AccessDenied, match=r'\[ironic\]'):
        list(client.machines())


def test_an_api_that_is_not_there_is_unavailable(
    serve: conftest.Serve, configure: conftest.Configure
) -> None:
    api: server.ApiServer = serve()
    conf = configure(api)
    client = credentials.connect(conf, ironic_client.IronicClient)
    api.stop()
    with pytest.raises(exceptions.CloudUnavailable):
        list(client.machines())
