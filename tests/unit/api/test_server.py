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
import ssl
import subprocess
import sys
import tempfile
import typing

import httpx2
import pytest
from starlette import applications
from starlette import requests
from starlette import responses
from starlette import routing

from cdm_graph import api
from cdm_graph import exceptions
from cdm_graph.api import access
from cdm_graph.api import server
from tests.unit.api import support


async def _allowed(request: requests.Request) -> responses.Response:
    return responses.PlainTextResponse(
        ' '.join(sorted(access.of(request).rules))
    )


_APPLICATION: typing.Final = applications.Starlette(
    routes=[routing.Route('/', _allowed)]
)
_EVERYTHING: typing.Final = ' '.join(sorted(access.Rule))


class _Served:
    """An application on a Unix socket and on a port."""

    def __init__(self, folder: pathlib.Path, **options: typing.Any) -> None:
        self.path = folder / 'cdm.sock'
        with socket.create_server(('127.0.0.1', 0)) as free:
            self.port = free.getsockname()[1]
        self.service = server.ApiService(
            _APPLICATION,
            support.configuration(
                self.path, listen=f'127.0.0.1:{self.port}', **options
            ),
        )
        self.service.start()


@pytest.fixture
def folder() -> typing.Iterator[pathlib.Path]:
    with tempfile.TemporaryDirectory(prefix='cdm-graph-') as found:
        yield pathlib.Path(found)


def _get(url: str, **transport: typing.Any) -> str:
    with httpx2.Client(
        transport=httpx2.HTTPTransport(retries=5, **transport)
    ) as web:
        return web.get(url).text


def test_the_socket_and_the_port_are_answered(folder: pathlib.Path) -> None:
    served = _Served(folder)
    try:
        on_port = _get(f'http://127.0.0.1:{served.port}/')
        # There any name of a host is right.
        on_socket = _get('http://whatever/', uds=str(served.path))
        assert on_port == on_socket == _EVERYTHING
    finally:
        served.service.stop()
    assert not served.path.exists()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f'http://127.0.0.1:{served.port}/')


def _certificate(folder: pathlib.Path) -> tuple[str, str]:
    paths = str(folder / 'cert.pem'), str(folder / 'key.pem')
    subprocess.run(
        [
            *('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes'),
            *('-days', '1', '-subj', '/CN=localhost', '-addext'),
            'subjectAltName=IP:127.0.0.1',
            *('-out', paths[0], '-keyout', paths[1]),
        ],
        check=True,
        capture_output=True,
    )
    return paths


def test_tls_is_spoken_on_the_port(folder: pathlib.Path) -> None:
    cert_file, key_file = _certificate(folder)
    served = _Served(folder, cert_file=cert_file, key_file=key_file)
    try:
        trusting = ssl.create_default_context(cafile=cert_file)
        url = f'https://127.0.0.1:{served.port}/'
        assert _get(url, verify=trusting) == _EVERYTHING
        assert _get('http://here/', uds=str(served.path)) == _EVERYTHING
    finally:
        served.service.stop()


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        ({'listen': 'nonsense'}, r'\[api\] listen'),
        ({'listen': '0.0.0.0:0'}, 'auth_strategy'),
        ({'listen': '192.0.2.1:0', 'auth_strategy': 'noauth'}, 'keystone'),
        ({'cert_file': '/not/there'}, r'\[api\] cert_file.*No such file'),
        ({'cert_file': __file__}, r'\[api\] cert_file.*cannot be used'),
        ({'auth_strategy': 'keystone'}, r'\[keystone_authtoken\] auth_type'),
    ],
)
def test_a_mistake_is_told_and_leaves_no_socket_behind(
    folder: pathlib.Path, options: dict[str, str], words: str
) -> None:
    path = folder / 'cdm.sock'
    conf = support.configuration(path, **{'listen': '127.0.0.1:0', **options})
    for _ in range(2):
        with pytest.raises(exceptions.ConfigurationError, match=words):
            server.ApiService(_APPLICATION, conf)
        assert not path.exists()


def test_what_is_not_installed_is_told(
    folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'keystonemiddleware', None)
    for name in ('gate', 'tokens'):
        monkeypatch.delitem(
            sys.modules, f'cdm_graph.api.{name}', raising=False
        )
        monkeypatch.delattr(api, name, raising=False)
    conf = support.configuration(
        folder / 'cdm.sock', listen='127.0.0.1:0', auth_strategy='keystone'
    )
    with pytest.raises(
        exceptions.ConfigurationError, match='extra "keystone"'
    ):
        server.ApiService(_APPLICATION, conf)


def test_what_was_never_started_can_be_stopped(folder: pathlib.Path) -> None:
    path = folder / 'cdm.sock'
    stopped = server.ApiService(_APPLICATION, support.configuration(path))
    stopped.stop()
    # Both are called by threads of their own.
    stopped.start()
    assert not path.exists()
