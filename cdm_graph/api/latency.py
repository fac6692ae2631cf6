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

"""RequestLatency: notes how long the application takes to answer.

It tells requests apart by the template of their route, never by their path:
whoever asks for many paths makes no more metrics.
"""

import collections.abc
import typing

import prometheus_client
from starlette import types

from cdm_graph import clock as clocks

#: What no route is for.
NO_ROUTE: typing.Final = 'none'
#: What goes on for as long as somebody listens.
_ENDLESS: typing.Final = b'text/event-stream'
#: What becomes of an error that nobody has handled.
_UNHANDLED: typing.Final = 500


class RequestLatency:
    """Notes each request that the application has answered.

    :param histogram: has the labels *route* and *status*
    """

    def __init__(
        self,
        app: types.ASGIApp,
        histogram: prometheus_client.Histogram,
        clock: clocks.Clock | None = None,
    ) -> None:
        self._app = app
        self._histogram = histogram
        self._clock = clock or clocks.SystemClock()

    async def __call__(
        self, scope: types.Scope, receive: types.Receive, send: types.Send
    ) -> None:
        """Have the application answer."""
        if scope['type'] != 'http':
            await self._app(scope, receive, send)
            return
        began = self._clock.monotonic()
        status, endless = _UNHANDLED, False

        def note() -> None:
            self._histogram.labels(_route(scope), str(status)).observe(
                self._clock.monotonic() - began
            )

        async def send_noting(message: types.Message) -> None:
            nonlocal status, endless
            if message['type'] == 'http.response.start':
                status = message['status']
                endless = _is_endless(message.get('headers', ()))
                if endless:
                    note()
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        finally:
            if not endless:
                note()


def _route(scope: types.Scope) -> str:
    """Return the template of the route that was taken."""
    return str(getattr(scope.get('route'), 'path', NO_ROUTE))


def _is_endless(
    headers: collections.abc.Iterable[tuple[bytes, bytes]],
) -> bool:
    return any(
        name.lower() == b'content-type' and value.startswith(_ENDLESS)
        for name, value in headers
    )
