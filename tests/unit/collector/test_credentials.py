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

import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.collector import credentials
from cdm_graph.collector import nova_client
from cdm_graph.collector import rest_client
from cdm_graph.conf import loading

_NOVA: typing.Final = nova_client.NovaClient.service
_URL: typing.Final = 'http://127.0.0.1:9/identity'


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        'AUTH_URL',
        'USERNAME',
        'PASSWORD',
        'PROJECT_NAME',
        'REGION_NAME',
    ):
        monkeypatch.delenv(f'OS_{name}', raising=False)


def test_without_any_credentials_it_is_said_where_to_put_them() -> None:
    with pytest.raises(exceptions.ConfigurationError, match=r'\[nova\].*OS_'):
        credentials.load_session(loading.load(find_files=False), _NOVA)


def test_the_variables_of_an_openrc_file_will_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv('OS_AUTH_URL', _URL)
    monkeypatch.setenv('OS_USERNAME', 'admin')
    monkeypatch.setenv('OS_PASSWORD', 'swordfish')
    monkeypatch.setenv('OS_REGION_NAME', 'west')
    conf = loading.load(find_files=False)
    session = credentials.load_session(conf, _NOVA)
    assert session.auth.auth_url == _URL
    assert credentials.describe(conf, _NOVA) == _URL
    assert credentials.adapter_options(conf, _NOVA)['region_name'] == 'west'


def test_an_unknown_plugin_names_its_group() -> None:
    conf = loading.load(
        overrides={('nova', 'auth_type'): 'pigeon'}, find_files=False
    )
    with pytest.raises(exceptions.ConfigurationError, match=r'\[nova\]'):
        credentials.load_session(conf, _NOVA)


def test_an_option_that_is_missing_is_named() -> None:
    conf = loading.load(
        overrides={('nova', 'auth_type'): 'password'}, find_files=False
    )
    with pytest.raises(exceptions.ConfigurationError, match='auth_url'):
        credentials.load_session(conf, _NOVA)


def test_where_the_cloud_is_holds_no_secret() -> None:
    conf = loading.with_credentials(
        loading.load(
            overrides={('nova', 'auth_type'): 'password'}, find_files=False
        ),
        _URL,
        {'username': 'admin', 'password': 'swordfish'},
    )
    assert credentials.describe(conf, _NOVA) == _URL
    assert credentials.load_session(conf, _NOVA).auth.auth_url == _URL
    assert (
        credentials.adapter_options(conf, _NOVA)['endpoint_type'] == 'public'
    )


def test_a_service_without_credentials_uses_those_of_nova() -> None:
    conf = loading.load(
        overrides={
            ('nova', 'auth_type'): 'password',
            ('cinder', 'region_name'): 'east',
        },
        find_files=False,
    )
    loading.with_credentials(conf, _URL, {'username': 'x', 'password': 'y'})
    cinder = rest_client.Service(
        'Cinder', 'cinder', 'block-storage', 'volume', 'list'
    )
    assert credentials.load_session(conf, cinder).auth.auth_url == _URL
    assert credentials.describe(conf, cinder) == _URL
    options = credentials.adapter_options(conf, cinder)
    assert options['region_name'] == 'east'
    conf.set_override('endpoint_override', 'http://c.test', group='cinder')
    assert credentials.describe(conf, cinder) == 'http://c.test'
