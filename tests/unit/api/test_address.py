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

import socket

import pytest

from cdm_graph import exceptions
from cdm_graph.api import address


@pytest.mark.parametrize(
    'text',
    [
        'localhost',
        '127.0.0.1',
        '127.0.0.1:x',
        '127.0.0.1:99999',
        'example.com:8780',
        ':8780',
        '8780',
        '[::1',
        '127.1:80',
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(
        exceptions.ConfigurationError, match=r'\[api\] listen: .*127\.0\.0\.1'
    ):
        address.read(text)


@pytest.mark.parametrize(
    ('text', 'host', 'is_loopback'),
    [
        ('127.0.0.1:8780', '127.0.0.1', True),
        ('127.0.0.2:8780', '127.0.0.2', True),
        ('localhost:8780', '127.0.0.1', True),
        ('[::1]:8780', '::1', True),
        ('[::]:8780', '::', False),
        ('192.0.2.1:8780', '192.0.2.1', False),
    ],
)
def test_an_address_is_read(text: str, host: str, is_loopback: bool) -> None:
    found = address.read(text)
    assert found == (host, 8780)
    assert found.is_loopback is is_loopback


@pytest.mark.parametrize('text', ['127.0.0.1:0', 'localhost:0', '127.0.0.2:0'])
def test_it_listens(text: str) -> None:
    with address.listen(address.read(text)) as listening:
        with socket.create_connection(listening.getsockname(), 10):
            pass


def test_a_port_that_is_in_use_is_told() -> None:
    with address.listen(address.Address('127.0.0.1', 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(
            exceptions.ConfigurationError,
            match=f'nobody can listen on 127.0.0.1 port {port}: Address .*use',
        ):
            address.listen(address.Address('127.0.0.1', port))
