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

"""Gate: lets in who has a token of Keystone, to do what the policy allows.

A program sends its token in the header ``X-Auth-Token``, the page in a cookie.
A cookie is sent by whatever a browser shows, so with one a page of another
site may not act.

What tells nothing of the cloud is open to everybody: the page without its
data, the description of the API, and whether the daemon answers.

A token that expires ends what it began, such as a stream of changes.
"""

import asyncio
from concurrent import futures
import http.cookies
import typing
import urllib.parse

from starlette import datastructures
from starlette import responses
from starlette import types

from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.api import access
from cdm_graph.api import answers
from cdm_graph.api import origin
from cdm_graph.api import policy
from cdm_graph.api import tokens

#: The cookie that the page keeps its token in.
COOKIE: typing.Final = 'cdm_graph_token'
_OPEN: typing.Final = frozenset({'/', '/openapi.json', '/health', '/ready'})
_OPEN_FOLDER: typing.Final = '/page/'
_STATUSES: typing.Final[dict[type[exceptions.RequestRefused], int]] = {
    exceptions.TokenInvalid: 401,
    exceptions.PolicyForbids: 403,
    exceptions.IdentityUnavailable: 503,
    exceptions.PolicyUnusable: 503,
}
#: How many ask Keystone at a time.
_THREADS: typing.Final = 16


class Gate:
    """An application that answers who may ask.

    :param app: what answers
    :param tokens: tells whose a token is
    :param policy: tells what they may do
    """

    def __init__(
        self,
        app: types.ASGIApp,
        tokens: tokens.Tokens,
        policy: policy.Policy,
        clock: clocks.Clock | None = None,
    ) -> None:
        self._app = app
        self._tokens = tokens
        self._policy = policy
        self._clock = clock or clocks.SystemClock()
        # Their own: a Keystone that hangs keeps nobody else waiting.
        self._threads = futures.ThreadPoolExecutor(_THREADS, 'keystone')

    async def __call__(
        self, scope: types.Scope, receive: types.Receive, send: types.Send
    ) -> None:
        """Answer a request, or refuse it."""
        if scope['type'] != 'http' or _is_open(scope['path']):
            await self._app(
                access.granting(scope, access.NOTHING), receive, send
            )
            return
        loop = asyncio.get_running_loop()
        try:
            identity, allowed = await loop.run_in_executor(
                self._threads, self._admit, scope
            )
        except exceptions.RequestRefused as error:
            await self._refuse(error)(scope, receive, send)
        else:
            await _Answer(send).within(
                identity.expires_at - self._clock.time(),
                self._app,
                access.granting(scope, allowed),
                receive,
            )

    def _refuse(self, error: exceptions.RequestRefused) -> responses.Response:
        headers = {}
        if isinstance(error, exceptions.TokenInvalid):
            headers['WWW-Authenticate'] = f'Keystone uri="{self._tokens.uri}"'
        return answers.error(_STATUSES[type(error)], str(error), headers)

    def _admit(
        self, scope: types.Scope
    ) -> tuple[tokens.Identity, access.Access]:
        headers = datastructures.Headers(scope=scope)
        token = headers.get('X-Auth-Token')
        if token is None:
            token = _cookie(headers)
            if origin.is_of_another_site(scope['method'], headers):
                raise exceptions.PolicyForbids(origin.REFUSED)
        identity = self._tokens.identify(scope['method'], scope['path'], token)
        return identity, self._policy.admit(identity.context)


class _Answer:
    """Sends an answer, which may not go on for ever."""

    def __init__(self, send: types.Send) -> None:
        self._send = send
        self._has_begun = False
        self._has_ended = False

    async def within(
        self,
        seconds: float,
        app: types.ASGIApp,
        scope: types.Scope,
        receive: types.Receive,
    ) -> None:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                await app(scope, receive, self._note)
        except TimeoutError:
            if not limit.expired():
                raise
            await self._end(scope, receive)

    async def _note(self, message: types.Message) -> None:
        self._has_begun = True
        self._has_ended = message[
            'type'
        ] == 'http.response.body' and not message.get('more_body', False)
        await self._send(message)

    async def _end(self, scope: types.Scope, receive: types.Receive) -> None:
        if not self._has_begun:
            await answers.error(401, 'Your token has expired meanwhile.')(
                scope, receive, self._send
            )
        elif not self._has_ended:
            await self._send({'type': 'http.response.body', 'body': b''})


def _is_open(path: str) -> bool:
    return path in _OPEN or path.startswith(_OPEN_FOLDER)


def _cookie(headers: datastructures.Headers) -> str | None:
    """Return the token that the page keeps, which writes it percent-encoded.

    A token of Fernet may end with ``=``, which a cookie cannot.
    """
    try:
        cookies = http.cookies.SimpleCookie(headers.get('Cookie', ''))
    except http.cookies.CookieError:
        return None
    if COOKIE not in cookies:
        return None
    return urllib.parse.unquote(cookies[COOKIE].value)
