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

"""The simulated Ironic over HTTP, beside the answers of a real one."""

import collections.abc
import json
import secrets
import typing

from keystoneauth1 import adapter
from keystoneauth1 import identity
from keystoneauth1 import session as keystone_session
import pytest

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import keystone_api
from cdm_graph.simulation import server
from tests.unit.simulation import support

_PASSWORD: typing.Final = secrets.token_urlsafe()
_LIMIT: typing.Final = 4
_NOBODY: typing.Final = '00000000-0000-4000-8000-000000000000'
_Get = collections.abc.Callable[..., typing.Any]


@pytest.fixture(scope='module')
def cloud() -> cloud_module.SimulatedCloud:
    return support.metal_cloud()


@pytest.fixture(scope='module')
def get(cloud: cloud_module.SimulatedCloud) -> collections.abc.Iterator[_Get]:
    """Return what asks the API, as the administrator."""
    api = server.ApiServer(cloud, password=_PASSWORD, max_limit=_LIMIT)
    auth = identity.V3Password(
        f'{api.start()}/identity',
        username='admin',
        password=_PASSWORD,
        project_name='admin',
        user_domain_name=keystone_api.DOMAIN_NAME,
        project_domain_name=keystone_api.DOMAIN_NAME,
    )
    client = adapter.Adapter(
        keystone_session.Session(auth=auth), service_type='baremetal'
    )

    def ask(path: str, version: str = '1.115', **options: object) -> object:
        return client.get(
            path,
            raise_exc=False,
            headers={'X-OpenStack-Ironic-API-Version': version},
            **options,
        )

    yield ask
    api.stop()


def _fault(response: typing.Any) -> dict[str, typing.Any]:
    fault: dict[str, typing.Any]
    fault = json.loads(response.json()['error_message'])
    return fault


@pytest.mark.parametrize(
    ('name', 'path', 'version'),
    [
        ('404', f'/v1/nodes/{_NOBODY}', '1.115'),
        ('406', '/v1/nodes', '1.999'),
        ('bad limit', '/v1/nodes?limit=x', '1.115'),
        ('limit 0', '/v1/nodes?limit=0', '1.115'),
        ('marker gone', f'/v1/nodes?marker={_NOBODY}', '1.115'),
        ('marker nonsense', '/v1/nodes?marker=xx', '1.115'),
        ('no such path', '/v1/nope', '1.115'),
    ],
)
def test_errors_are_those_of_a_real_ironic(
    get: _Get, name: str, path: str, version: str
) -> None:
    real = support.answers_of_ironic()['errors'][name]
    answer = get(path, version)
    assert answer.status_code == real['status']
    told = json.loads(real['body']['error_message'])
    said = _fault(answer)
    assert said.keys() == told.keys()
    assert said.get('faultstring') == told.get('faultstring')


@pytest.mark.parametrize('kind', ['nodes', 'chassis'])
@pytest.mark.parametrize('query', ['', '?detail=True', '?limit=2'])
def test_pages_lead_to_the_end(
    get: _Get, cloud: cloud_module.SimulatedCloud, kind: str, query: str
) -> None:
    found: list[typing.Any] = []
    target: str | None = f'/v1/{kind}{query}'
    while target is not None:
        body = get(target).json()
        assert len(body[kind]) <= _LIMIT
        found += [row['uuid'] for row in body[kind]]
        target = body.get('next')
    table = cloud.metal.machines if kind == 'nodes' else cloud.metal.chassis
    assert found == list(table)


def test_a_list_without_details_is_brief(get: _Get) -> None:
    (brief, *_) = get('/v1/nodes').json()['nodes']
    (whole, *_) = get('/v1/nodes?detail=True').json()['nodes']
    assert 'chassis_uuid' not in brief
    assert 'chassis_uuid' in whole
    assert brief.items() <= whole.items()


def test_some_fields_can_be_asked_for(get: _Get) -> None:
    (row, *_) = get('/v1/nodes?fields=uuid,extra').json()['nodes']
    assert sorted(row) == ['extra', 'links', 'uuid']
    assert get('/v1/nodes?fields=uuid&detail=True').status_code == 400


@pytest.mark.parametrize('field', ['chassis_uuid', 'updated_at'])
def test_a_list_breaks_at_some_fields(get: _Get, field: str) -> None:
    real = support.answers_of_ironic()['errors']['bad field']
    assert real['status'] == 500
    assert get(f'/v1/nodes?fields=uuid,{field}').status_code == 500


def test_details_are_for_newer_versions(get: _Get) -> None:
    assert get('/v1/nodes?detail=True', '1.42').status_code == 406
    assert get('/v1/nodes?detail=True', '1.43').status_code == 200


def test_a_machine_is_shown_by_its_name_too(
    get: _Get, cloud: cloud_module.SimulatedCloud
) -> None:
    row = support.named_machine(cloud)
    assert get(f'/v1/nodes/{row.name}').json()['uuid'] == row.uuid


def test_the_versions_are_told(get: _Get) -> None:
    real = support.answers_of_ironic()['root']
    told = get('/v1').json()
    assert told['version']['version'] == real['version']['version']
    assert told['version']['min_version'] == real['version']['min_version']
    answer = get('/v1/nodes', '1.50')
    assert answer.headers['X-OpenStack-Ironic-API-Version'] == '1.50'
    assert get('/').json()['versions'][0]['id'] == 'v1'


def test_only_who_is_known_is_answered(get: _Get) -> None:
    assert get('/v1/nodes', authenticated=False).status_code == 401
