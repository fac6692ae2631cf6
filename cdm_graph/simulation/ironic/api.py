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

"""Ironic's API as far as cdm-graph reads it.

Lists and single rows, with Ironic's paging and errors; nothing that changes
the cloud.  Every caller is the administrator.
"""

import collections.abc
import dataclasses
import itertools
import json
import re
import typing
import urllib.parse

from starlette import datastructures
from starlette import requests
from starlette import responses
from starlette import routing

from cdm_graph.simulation import api_error
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import microversions
from cdm_graph.simulation import rest_api
from cdm_graph.simulation.ironic import records
from cdm_graph.simulation.ironic import rows as ironic_rows

Body = rest_api.Body

_TRUE: typing.Final = frozenset({'1', 't', 'true', 'on', 'y', 'yes'})
_UUID: typing.Final = re.compile(
    r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', re.I
)
#: From here on a list takes the parameter ``detail``.
_DETAIL: typing.Final[microversions.Version] = (1, 43)
#: Fields of a machine that a list of some fields breaks at, in 39.0.0.
_NOT_LISTED: typing.Final = frozenset(
    {'chassis_uuid', 'created_at', 'updated_at'}
)
_HEADER: typing.Final = 'X-OpenStack-Ironic-API'
_Row = typing.TypeVar('_Row', records.Machine, records.Chassis)
_Write = collections.abc.Callable[[_Row, str], Body]


@dataclasses.dataclass(frozen=True, slots=True)
class _Call:
    """One request: what it asks for, and the means to answer it."""

    params: datastructures.QueryParams
    version: microversions.Version
    root: str
    max_limit: int

    @property
    def limit(self) -> int:
        """How many rows the page may have."""
        text = self.params.get('limit')
        if text is None:
            return self.max_limit
        try:
            limit = int(text)
        except ValueError:
            raise api_error.ApiError(
                400, f'Expected an integer for limit: {text}'
            ) from None
        if limit <= 0:
            raise api_error.ApiError(400, 'Limit must be positive')
        return min(limit, self.max_limit)

    @property
    def has_details(self) -> bool:
        """Whether the rows are to be whole."""
        text = self.params.get('detail')
        if text is not None and self.version < _DETAIL:
            raise api_error.ApiError(406, 'Request not acceptable.')
        return (text or '').lower() in _TRUE

    @property
    def fields(self) -> list[str]:
        """Which fields the rows are to have; none for the usual ones."""
        text = self.params.get('fields')
        fields = text.split(',') if text else []
        if fields and self.has_details:
            raise api_error.ApiError(
                400,
                'Can not specify ?detail=True and fields in the same request.',
            )
        for field in fields:
            if field in _NOT_LISTED:
                raise api_error.ApiError(
                    500, f"type object 'Node' has no attribute '{field}'"
                )
        return fields

    @property
    def marker(self) -> str | None:
        """The UUID after whose row the page begins."""
        text = self.params.get('marker')
        if text is not None and not _UUID.fullmatch(text):
            raise api_error.ApiError(400, f'Expected UUID for marker: {text}')
        return text

    def next_link(self, name: str, marker: str) -> str:
        """Return the link to the page after that marker."""
        query = {
            'sort_key': 'id',
            'sort_dir': 'asc',
            **self.params,
            'limit': str(self.limit),
            'marker': marker,
        }
        return f'{self.root}/v1/{name}?{urllib.parse.urlencode(query)}'


class IronicApi(rest_api.RestApi):
    """The paths of Ironic's API on one cloud."""

    def __init__(
        self,
        cloud: cloud_module.SimulatedCloud,
        is_valid_token: rest_api.IsValidToken,
        max_limit: int,
        supported: microversions.Supported = microversions.IRONIC,
    ) -> None:
        super().__init__(cloud, is_valid_token, supported)
        self._metal = cloud.metal
        self._max_limit = max_limit

    def routes(self) -> collections.abc.Sequence[routing.BaseRoute]:
        """Return the paths that it serves."""
        handlers: dict[str, rest_api.Handler] = {
            'nodes': self._machines,
            'nodes/{uuid}': self._machine,
            'chassis': self._all_chassis,
            'chassis/{uuid}': self._chassis,
        }
        return [
            routing.Route('/', self._choices),
            routing.Route('/v1', self._root),
            routing.Route('/v1/', self._root),
            *(
                routing.Route(f'/v1/{path}', self._endpoint(handler))
                for path, handler in handlers.items()
            ),
            routing.Route('/{path:path}', _no_such_path),
        ]

    # Discovery.

    def _described(self, request: requests.Request) -> Body:
        return {
            'id': 'v1',
            'status': 'CURRENT',
            'min_version': microversions.text(self._supported.minimum),
            'version': microversions.text(self._supported.maximum),
            'links': [
                {'href': f'{request.base_url}baremetal/v1/', 'rel': 'self'}
            ],
        }

    def _choices(self, request: requests.Request) -> responses.Response:
        described = self._described(request)
        return responses.JSONResponse(
            {
                'name': 'OpenStack Ironic API',
                'default_version': described,
                'versions': [described],
            }
        )

    def _root(self, request: requests.Request) -> responses.Response:
        described = self._described(request)
        return responses.JSONResponse(
            {
                'id': 'v1',
                'links': described['links'],
                'version': described,
            }
        )

    # Every other request.

    def _call(
        self, request: requests.Request, version: microversions.Version
    ) -> _Call:
        root = f'{request.base_url}baremetal'
        return _Call(request.query_params, version, root, self._max_limit)

    def _headers(self, version: microversions.Version) -> dict[str, str]:
        minimum, maximum = self._supported.minimum, self._supported.maximum
        return {
            f'{_HEADER}-Version': microversions.text(version),
            f'{_HEADER}-Minimum-Version': microversions.text(minimum),
            f'{_HEADER}-Maximum-Version': microversions.text(maximum),
        }

    def _refused(
        self, error: microversions.Malformed | microversions.NotSupported
    ) -> responses.Response:
        return _refused(406, 'Not Acceptable', str(error))

    def _error(
        self, error: api_error.ApiError, headers: dict[str, str]
    ) -> responses.Response:
        told = {
            'faultcode': 'Client',
            'faultstring': error.message,
            'debuginfo': None,
        }
        return _error(error.status, told, headers)

    # Lists and rows.

    def _machines(self, call: _Call) -> Body:
        write = ironic_rows.machine_brief
        if call.has_details or call.fields:
            write = ironic_rows.machine
        return _page(call, 'nodes', 'Node', self._metal.machines, write)

    def _machine(self, call: _Call, uuid: str) -> Body:
        row = self._metal.find_machine(uuid)
        if row is None:
            raise _missing('Node', uuid)
        return ironic_rows.machine(row, call.root)

    def _all_chassis(self, call: _Call) -> Body:
        write = ironic_rows.chassis_brief
        if call.has_details:
            write = ironic_rows.chassis
        return _page(call, 'chassis', 'Chassis', self._metal.chassis, write)

    def _chassis(self, call: _Call, uuid: str) -> Body:
        row = self._metal.chassis.get(uuid)
        if row is None:
            raise _missing('Chassis', uuid)
        return ironic_rows.chassis(row, call.root)


def _page(
    call: _Call,
    name: str,
    kind: str,
    table: dict[str, _Row],
    write: _Write[_Row],
) -> Body:
    """Return the page of rows after the marker, in the order of making."""
    rows = iter(table.values())
    marker = call.marker
    if marker is not None:
        if marker not in table:
            raise _missing(kind, marker)
        rows = itertools.dropwhile(lambda row: row.uuid != marker, rows)
        next(rows)
    page = list(itertools.islice(rows, call.limit))
    body: Body = {
        name: [_chosen(write(row, call.root), call.fields) for row in page]
    }
    if page and len(page) == call.limit:
        body['next'] = call.next_link(name, page[-1].uuid)
    return body


def _chosen(row: Body, fields: list[str]) -> Body:
    """Return the fields that are asked for, and the links."""
    if not fields:
        return row
    return {name: row[name] for name in (*fields, 'links')}


def _missing(kind: str, uuid: str) -> api_error.ApiError:
    return api_error.ApiError(404, f'{kind} {uuid} could not be found.')


def _refused(status: int, title: str, text: str) -> responses.Response:
    """Return what Ironic answers before it knows what is asked for."""
    told = {'code': status, 'title': title, 'description': text}
    return _error(status, told, {})


def _no_such_path(_request: requests.Request) -> responses.Response:
    return _refused(404, 'Not Found', '')


def _error(
    status: int, told: Body, headers: dict[str, str]
) -> responses.Response:
    """Return an error as Ironic writes it: JSON, within JSON as a text."""
    return responses.JSONResponse(
        {'error_message': json.dumps(told)},
        status_code=status,
        headers=headers,
    )
