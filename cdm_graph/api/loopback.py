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

"""Listening on the loopback interface, for a browser on this machine.

Nobody logs in there, so nobody else may come: neither from another machine
nor, through the browser, from another site.  A request has to name this
machine as its host, which no name of another site can be made to do, and one
that does more than read has to come from the page itself or from no page.
"""

import ipaddress
import socket
import typing
import urllib.parse

from starlette import datastructures
from starlette import types

from cdm_graph import exceptions
from cdm_graph.api import answers

_SAFE: typing.Final = frozenset({'GET', 'HEAD'})
_LOCALHOST: typing.Final = 'localhost'
#: What uvicorn tells of a Unix socket: a path, and no port.
_UNIX: typing.Final = ('', None)


def listen(text: str) -> socket.socket:
    """Return a socket that listens.

    :param text: an address of the loopback interface and a port
    :raises cdm_graph.exceptions.ConfigurationError: if it is none, or is in
        use
    """
    host, port = _parsed(text)
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise exceptions.ConfigurationError(
            f'[api] listen: nobody can listen on {text}: '
            f'{error.strerror or error}.'
        ) from error
    return listening


class LocalOnly:
    """An application that answers only who is on this machine.

    What comes over a Unix socket is not looked at: only its owner can
    connect.

    :param app: what answers
    """

    def __init__(self, app: types.ASGIApp) -> None:
        self._app = app

    async def __call__(
        self, scope: types.Scope, receive: types.Receive, send: types.Send
    ) -> None:
        """Answer a request, or refuse it."""
        if scope['type'] == 'http' and scope.get('server', _UNIX)[1]:
            headers = datastructures.Headers(scope=scope)
            reason = _why_not(scope['method'], headers)
            if reason is not None:
                refusal = answers.error(403, reason)
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _why_not(method: str, headers: datastructures.Headers) -> str | None:
    host = headers.get('Host', '')
    if not _is_here(host):
        return f'This is not {host!r}: ask for localhost.'
    origin = headers.get('Origin', f'http://{host}')
    if method not in _SAFE and origin != f'http://{host}':
        return 'Pages of other sites may not ask for that.'
    return None


def _is_here(host: str) -> bool:
    try:
        name = urllib.parse.urlsplit(f'//{host}').hostname or ''
    except ValueError:
        return False
    return name == _LOCALHOST or _is_loopback(name)


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _parsed(text: str) -> tuple[str, int]:
    """Return the address and the port."""
    try:
        parts = urllib.parse.urlsplit(f'//{text}')
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host == _LOCALHOST:
        host = '127.0.0.1'
    if host is None or port is None or not _is_loopback(host):
        raise exceptions.ConfigurationError(
            f'[api] listen: {text!r} is no address of the loopback interface '
            'with a port, such as 127.0.0.1:8780.'
        )
    return host, port
