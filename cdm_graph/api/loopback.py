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

import urllib.parse

from starlette import datastructures
from starlette import types

from cdm_graph.api import access
from cdm_graph.api import address
from cdm_graph.api import answers
from cdm_graph.api import origin


class LocalOnly:
    """An application that answers only who is on this machine.

    Whoever is may do everything.

    :param app: what answers
    """

    def __init__(self, app: types.ASGIApp) -> None:
        self._app = access.Trusting(app)

    async def __call__(
        self, scope: types.Scope, receive: types.Receive, send: types.Send
    ) -> None:
        """Answer a request, or refuse it."""
        if scope['type'] == 'http':
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
    if origin.is_of_another_site(method, headers):
        return origin.REFUSED
    return None


def _is_here(host: str) -> bool:
    try:
        name = urllib.parse.urlsplit(f'//{host}').hostname or ''
    except ValueError:
        return False
    return address.is_loopback(name)
