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

"""A client of a simulated API without a network: function calls for HTTP."""

import collections.abc
import json
import typing
import urllib.parse

from starlette import requests
from starlette import routing

from cdm_graph.collector import rest_client


class InProcess(rest_client.RestClient):
    """Asks the routes of an API; the rest is as it is."""

    #: What stands before the paths, as in the catalog.
    prefix: typing.ClassVar[str]
    _routes: collections.abc.Sequence[routing.BaseRoute]

    def _ask(
        self,
        path: str,
        version: str,
        refusals: frozenset[int] = frozenset(),
    ) -> tuple[int, typing.Any]:
        response = self._answer(path, version)
        body: rest_client.Row = json.loads(response.body)
        if response.status_code not in refusals | {200, 404}:
            raise rest_client.HttpError(response.status_code, self._said(body))
        return response.status_code, body

    def _answer(self, path: str, version: str) -> typing.Any:
        path, _, query = path.partition('?')
        spoken = f'{self.service.api} {version}'.encode()
        scope: dict[str, typing.Any] = {
            'type': 'http',
            'method': 'GET',
            'scheme': 'http',
            'server': ('127.0.0.1', 80),
            'path': urllib.parse.unquote(f'{self.prefix}{path}'),
            'root_path': '',
            'query_string': query.encode(),
            'headers': [(b'openstack-api-version', spoken)],
        }
        for route in self._routes:
            match, found = route.matches(scope)
            if match is routing.Match.FULL:
                request = requests.Request({**scope, **found})
                return typing.cast(typing.Any, route).endpoint(request)
        raise rest_client.HttpError(404, path)
