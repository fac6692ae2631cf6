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


"""What stands before each path of a simulated service."""

import typing

import pytest
from starlette import applications
from starlette import requests
from starlette import routing
from starlette import testclient

from cdm_graph.simulation import api_error
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import microversions
from cdm_graph.simulation import rest_api
from tests.support import clock as clocks

_SUPPORTED: typing.Final = microversions.Supported('tides', (1, 0), (1, 7))


class _Tides(rest_api.RestApi):
    def routes(self) -> list[routing.BaseRoute]:
        return [routing.Route('/{place}', self._endpoint(self._tide))]

    def _call(
        self, request: requests.Request, version: microversions.Version
    ) -> microversions.Version:
        return version

    def _headers(self, version: microversions.Version) -> dict[str, str]:
        return {'Tides-Version': microversions.text(version)}

    def _tide(
        self, version: microversions.Version, place: str
    ) -> rest_api.Body:
        if place == 'inland':
            raise api_error.ApiError(404, 'there is no tide')
        return {'place': place, 'version': version}


@pytest.fixture
def tides() -> testclient.TestClient:
    cloud = cloud_module.SimulatedCloud(1, clocks.FakeClock())
    api = _Tides(cloud, {'good'}.__contains__, _SUPPORTED)
    return testclient.TestClient(
        applications.Starlette(routes=api.routes()),
        headers={'X-Auth-Token': 'good'},
    )


def test_a_handler_is_told_which_version_is_asked_for(
    tides: testclient.TestClient,
) -> None:
    answer = tides.get(
        '/dover', headers={'OpenStack-API-Version': 'tides 1.5'}
    )
    assert answer.json() == {'place': 'dover', 'version': [1, 5]}
    assert answer.headers['Tides-Version'] == '1.5'


def test_nobody_without_a_token_is_answered(
    tides: testclient.TestClient,
) -> None:
    answer = tides.get('/inland', headers={'X-Auth-Token': 'bad'})
    assert answer.status_code == 401
    assert 'identity/v3' in answer.headers['WWW-Authenticate']


@pytest.mark.parametrize(
    ('version', 'status'), [('1.8', 406), ('0.9', 400), ('two', 400)]
)
def test_a_version_has_to_be_one_that_there_is(
    tides: testclient.TestClient, version: str, status: int
) -> None:
    answer = tides.get(
        '/dover', headers={'OpenStack-API-Version': f'tides {version}'}
    )
    assert answer.status_code == status
    assert 'Tides-Version' not in answer.headers


def test_an_error_tells_its_version_too(tides: testclient.TestClient) -> None:
    answer = tides.get('/inland')
    assert answer.status_code == 404
    assert answer.json()['itemNotFound']['message'] == 'there is no tide'
    assert answer.headers['Tides-Version'] == '1.0'
