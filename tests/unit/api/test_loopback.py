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

import pathlib
import socket
import tempfile
import typing

import httpx2
import pytest
from starlette import applications
from starlette import requests
from starlette import responses
from starlette import routing

from cdm_graph import exceptions
from cdm_graph.api import loopback
from cdm_graph.api import server


@pytest.mark.parametrize(
    'text',
    [
        'localhost',
        '127.0.0.1',
        '127.0.0.1:x',
        '127.0.0.1:99999',
        '0.0.0.0:8780',
        '192.168.0.1:8780',
        '[::]:8780',
        'example.com:8780',
        ':8780',
        '8780',
        '[::1',
    ],
)
def test_only_the_loopback_interface_is_listened_on(text: str) -> None:
    with pytest.raises(
        exceptions.ConfigurationError, match=r'\[api\] listen: .*127\.0\.0\.1'
    ):
        loopback.listen(text)


@pytest.mark.parametrize('text', ['127.0.0.1:0', 'localhost:0', '127.0.0.2:0'])
def test_it_listens(text: str) -> None:
    with loopback.listen(text) as listening:
        address, port = listening.getsockname()
        with socket.create_connection((address, port), 10):
            assert address.startswith('127.')


def test_a_port_that_is_in_use_is_told() -> None:
    with loopback.listen('127.0.0.1:0') as listening:
        port = listening.getsockname()[1]
        with pytest.raises(
            exceptions.ConfigurationError, match='nobody can listen on'
        ):
            loopback.listen(f'127.0.0.1:{port}')


async def _yes(request: requests.Request) -> responses.Response:
    return responses.PlainTextResponse('yes')


@pytest.fixture
def address() -> typing.Any:
    with loopback.listen('127.0.0.1:0') as found:
        port = found.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix='cdm-graph-') as folder:
        app = applications.Starlette(
            routes=[routing.Route('/', _yes, methods=['GET', 'POST'])]
        )
        path = str(pathlib.Path(folder) / 'cdm.sock')
        serving = server.ApiService(app, path, f'127.0.0.1:{port}')
        serving.start()
        try:
            yield path, f'127.0.0.1:{port}'
        finally:
            serving.stop()


def _ask(address: str, method: str = 'GET', **headers: str) -> httpx2.Response:
    transport = httpx2.HTTPTransport(retries=5)
    with httpx2.Client(transport=transport) as web:
        return web.request(method, f'http://{address}/', headers=headers)


def test_who_is_here_is_answered(address: tuple[str, str]) -> None:
    _, here = address
    port = here.partition(':')[2]
    for host in (here, f'localhost:{port}', f'[::1]:{port}', 'LOCALHOST'):
        assert _ask(here, host=host).text == 'yes'
    assert _ask(here, 'POST').text == 'yes'
    assert _ask(here, 'POST', origin=f'http://{here}').text == 'yes'


def test_a_name_of_another_site_is_refused(address: tuple[str, str]) -> None:
    _, here = address
    for host in ('example.com', f'localhost.example.com:{here}', '[', ''):
        answer = _ask(here, host=host)
        assert answer.status_code in (400, 403), host


def test_a_page_of_another_site_may_not_act(address: tuple[str, str]) -> None:
    _, here = address
    for origin in ('http://example.com', 'null', 'http://127.0.0.1:1'):
        assert _ask(here, 'POST', origin=origin).status_code == 403
        # What it reads the browser keeps from it.
        assert _ask(here, origin=origin).text == 'yes'


def test_on_the_socket_any_host_is_right(address: tuple[str, str]) -> None:
    path, _ = address
    transport = httpx2.HTTPTransport(uds=path, retries=5)
    with httpx2.Client(transport=transport) as web:
        assert web.get('http://whatever/').text == 'yes'


def test_a_wrong_address_leaves_no_socket_behind(
    tmp_path: pathlib.Path,
) -> None:
    path = tmp_path / 's'
    with pytest.raises(exceptions.ConfigurationError):
        server.ApiService(applications.Starlette(), str(path), 'nonsense')
    assert not path.exists()
