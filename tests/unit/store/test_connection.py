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

import neo4j
import pytest

from cdm_graph import exceptions
from cdm_graph.store import connection


@pytest.mark.parametrize(
    'uri',
    ['', 'localhost', 'http://localhost', 'neo4j://host?a=', 'bolt+x://h'],
)
def test_what_is_no_address_is_a_wrong_configuration(uri: str) -> None:
    with pytest.raises(
        exceptions.ConfigurationError, match=r'\[store\] uri'
    ) as caught:
        connection.open_driver(uri, 'neo4j', 'hidden')
    assert 'hidden' not in str(caught.value)


@pytest.mark.parametrize('user', ['', 'neo4j'])
def test_a_driver_connects_only_once_it_is_used(user: str) -> None:
    with connection.open_driver('bolt://127.0.0.1:9', user, '') as driver:
        assert isinstance(driver, neo4j.Driver)


def test_a_server_is_named_without_secrets_and_lasts() -> None:
    connector = connection.ServerConnector(
        'bolt://db:7687', 'someone', 'hidden', 'cloud'
    )
    try:
        assert connector.address == 'cloud at bolt://db:7687'
        assert connector.database == 'cloud'
        assert connector.is_lasting
        driver = connector.reader()
        assert driver is connector.writer()
        connector.break_off()
        assert connector.reader() is connector.writer() is not driver
    finally:
        connector.close()
