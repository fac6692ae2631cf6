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

"""As much of Cinder's API as a model of the cloud reads.

Lists and single rows, with Cinder's paging, filters and errors; nothing that
changes the cloud.  Every caller is the administrator.
"""

import collections.abc
import dataclasses
import itertools
import operator
import typing
import urllib.parse

from starlette import datastructures
from starlette import requests
from starlette import responses
from starlette import routing

from cdm_graph.simulation import api_error
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import microversions
from cdm_graph.simulation import records
from cdm_graph.simulation import rest_api
from cdm_graph.simulation.cinder import filters
from cdm_graph.simulation.cinder import records as cinder_records
from cdm_graph.simulation.cinder import rows as cinder_rows

Body = rest_api.Body

_TRUE: typing.Final = frozenset({'1', 't', 'true', 'on', 'y', 'yes'})
#: What an unknown path is answered with.
_PAGE: typing.Final = """<html>
 <head>
  <title>404 Not Found</title>
 </head>
 <body>
  <h1>404 Not Found</h1>
  The resource could not be found.<br /><br />



 </body>
</html>"""
#: By what a list can be sorted: the attribute of its rows.
_SORT_KEYS: typing.Final = {
    'created_at': 'created_at',
    'host': 'pool',
    'id': 'uuid',
    'name': 'name',
    'size': 'size_gb',
    'status': 'status',
    'updated_at': 'updated_at',
}
_Listed = (
    cinder_records.Volume
    | cinder_records.Snapshot
    | cinder_records.Attachment
    | cinder_records.VolumeType
)
_Row = typing.TypeVar('_Row', bound=_Listed)


@dataclasses.dataclass(frozen=True, slots=True)
class _Call:
    """One request: what it asks for, and the means to answer it."""

    params: datastructures.QueryParams
    version: microversions.Version
    root: str
    rows: cinder_rows.Rows
    max_limit: int

    def flag(self, name: str) -> bool:
        """Return a parameter that is a truth value."""
        return self.params.get(name, '').lower() in _TRUE

    @property
    def limit(self) -> int:
        """How many rows the page may have."""
        text = self.params.get('limit')
        if text is None:
            return self.max_limit
        if not text.isdecimal():
            raise api_error.ApiError(
                400, f'limit param must be an integer: {text}'
            )
        return min(int(text), self.max_limit)

    @property
    def order(self) -> tuple[str, bool]:
        """By which attribute the list is sorted, and whether downwards."""
        text = self.params.get('sort')
        if text is None:
            key = self.params.get('sort_key', 'created_at')
            direction = self.params.get('sort_dir', 'desc')
        else:
            key, _, direction = text.partition(':')
        if key not in _SORT_KEYS:
            raise api_error.ApiError(400, f'Invalid sort key {key}')
        return _SORT_KEYS[key], direction != 'asc'

    def next_link(self, marker: str, path: str) -> list[dict[str, str]]:
        """Return the link to the page after that marker."""
        query = {**self.params, 'marker': marker}
        return [
            {
                'rel': 'next',
                'href': (
                    f'{self.root}/v3/{path}?{urllib.parse.urlencode(query)}'
                ),
            }
        ]


class CinderApi(rest_api.RestApi):
    """The paths of Cinder's API on one cloud."""

    def __init__(
        self,
        cloud: cloud_module.SimulatedCloud,
        is_valid_token: rest_api.IsValidToken,
        max_limit: int,
        supported: microversions.Supported = microversions.CINDER,
    ) -> None:
        super().__init__(cloud, is_valid_token, supported)
        self._storage = cloud.storage
        self._max_limit = max_limit

    def routes(self) -> collections.abc.Sequence[routing.BaseRoute]:
        """Return the paths that it serves."""
        handlers: dict[str, rest_api.Handler] = {
            'volumes': self._volumes,
            'volumes/detail': self._volumes_detail,
            'volumes/summary': self._summary,
            'volumes/{uuid}': self._volume,
            'snapshots': self._snapshots,
            'snapshots/detail': self._snapshots_detail,
            'snapshots/{uuid}': self._snapshot,
            'attachments': self._attachments,
            'attachments/detail': self._attachments_detail,
            'attachments/{uuid}': self._attachment,
            'types': self._types,
            'types/{uuid}': self._type,
            'os-services': self._services,
            'scheduler-stats/get_pools': self._pools,
        }
        return [
            routing.Route('/', self._choices),
            routing.Route('/v3', self._versions),
            routing.Route('/v3/', self._versions),
            *(
                routing.Route(f'/v3/{path}', self._endpoint(handler))
                for path, handler in handlers.items()
            ),
            routing.Route('/{path:path}', _not_found),
        ]

    # Discovery.

    def _described(self, request: requests.Request) -> Body:
        return {
            'versions': [
                {
                    'id': 'v3.0',
                    'status': 'CURRENT',
                    'version': microversions.text(self._supported.maximum),
                    'min_version': microversions.text(self._supported.minimum),
                    'updated': '2023-08-31T00:00:00Z',
                    'links': [
                        {
                            'rel': 'describedby',
                            'type': 'text/html',
                            'href': 'https://docs.openstack.org/',
                        },
                        {
                            'rel': 'self',
                            'href': f'{request.base_url}volume/v3/',
                        },
                    ],
                    'media-types': [
                        {
                            'base': 'application/json',
                            'type': (
                                'application/'
                                'vnd.openstack.volume+json;version=3'
                            ),
                        }
                    ],
                }
            ]
        }

    def _choices(self, request: requests.Request) -> responses.Response:
        return responses.JSONResponse(
            self._described(request), status_code=300
        )

    def _versions(self, request: requests.Request) -> responses.Response:
        return responses.JSONResponse(self._described(request))

    # Every other request.

    def _call(
        self, request: requests.Request, version: microversions.Version
    ) -> _Call:
        root = f'{request.base_url}volume'
        rows = cinder_rows.Rows(self._storage, version, root)
        return _Call(
            request.query_params, version, root, rows, self._max_limit
        )

    def _headers(self, version: microversions.Version) -> dict[str, str]:
        return {
            'OpenStack-API-Version': f'volume {microversions.text(version)}',
            'Vary': 'OpenStack-API-Version',
        }

    # Lists with pages.

    def _page(
        self,
        call: _Call,
        path: str,
        rows: collections.abc.Iterable[_Row],
        write: collections.abc.Callable[[_Row], Body],
    ) -> Body:
        """Return the page of rows that are in order and after the marker."""
        name = path.partition('/')[0]
        page = list(itertools.islice(rows, call.limit))
        body: Body = {name: [write(row) for row in page]}
        if page and len(page) == call.limit:
            body[f'{name}_links'] = call.next_link(page[-1].uuid, path)
        return body

    def _sorted(
        self,
        call: _Call,
        rows: collections.abc.Iterable[_Row],
        marker: _Listed | None,
    ) -> list[_Row]:
        """Return rows in the order asked for, from the marker on."""
        name, downwards = call.order

        def key(row: typing.Any) -> tuple[bool, typing.Any, str]:
            value = getattr(row, name)
            return value is not None, value, row.uuid

        ordered = sorted(rows, key=key, reverse=downwards)
        if marker is None:
            return ordered
        passed = operator.lt if downwards else operator.gt
        return [row for row in ordered if passed(key(row), key(marker))]

    def _owned(
        self, call: _Call, rows: collections.abc.Iterable[typing.Any]
    ) -> collections.abc.Iterable[typing.Any]:
        """Return what the caller's project has, or all of it."""
        if call.flag('all_tenants'):
            return rows
        mine = self._cloud.admin.project_id
        return (row for row in rows if row.project.project_id == mine)

    # Volumes.

    def _volumes(self, call: _Call) -> Body:
        return self._list_volumes(call, 'volumes', call.rows.volume_brief)

    def _volumes_detail(self, call: _Call) -> Body:
        return self._list_volumes(call, 'volumes/detail', call.rows.volume)

    def _list_volumes(
        self,
        call: _Call,
        path: str,
        write: collections.abc.Callable[[cinder_records.Volume], Body],
    ) -> Body:
        matching = self._matching_volumes(call)
        body = self._page(call, path, self._ordered_volumes(call), write)
        if call.flag('with_count') and call.version >= (3, 45):
            body['count'] = len(list(matching))
        return body

    def _matching_volumes(
        self,
        call: _Call,
        rows: collections.abc.Iterable[cinder_records.Volume] | None = None,
    ) -> collections.abc.Iterable[cinder_records.Volume]:
        return filters.matching(
            self._owned(call, self._storage.volumes if rows is None else rows),
            filters.VOLUMES,
            call.params,
        )

    def _ordered_volumes(
        self, call: _Call
    ) -> collections.abc.Iterable[cinder_records.Volume]:
        uuid = call.params.get('marker')
        marker = None if uuid is None else self._found_volume(uuid)
        if call.order == ('created_at', True):
            newest = self._storage.volumes.newest_first(marker)
            return self._matching_volumes(call, newest)
        return self._sorted(call, self._matching_volumes(call), marker)

    def _found_volume(self, uuid: str) -> cinder_records.Volume:
        row = self._storage.volumes.find(uuid)
        if row is None:
            raise api_error.ApiError(404, f'Volume {uuid} could not be found.')
        return row

    def _volume(self, call: _Call, uuid: str) -> Body:
        return {'volume': call.rows.volume(self._found_volume(uuid))}

    def _summary(self, call: _Call) -> Body:
        rows = list(self._matching_volumes(call))
        metadata: dict[str, list[str]] = {}
        for row in rows:
            for key, value in row.metadata.items():
                values = metadata.setdefault(key, [])
                if value not in values:
                    values.append(value)
        return {
            'volume-summary': {
                'total_count': len(rows),
                'total_size': sum(row.size_gb for row in rows),
                'metadata': metadata,
            }
        }

    # Snapshots.

    def _snapshots(self, call: _Call) -> Body:
        return self._list_snapshots(
            call, 'snapshots', call.rows.snapshot_brief
        )

    def _snapshots_detail(self, call: _Call) -> Body:
        return self._list_snapshots(
            call, 'snapshots/detail', call.rows.snapshot
        )

    def _list_snapshots(
        self,
        call: _Call,
        path: str,
        write: collections.abc.Callable[[cinder_records.Snapshot], Body],
    ) -> Body:
        uuid = call.params.get('marker')
        marker = None if uuid is None else self._found_snapshot(uuid)
        rows = filters.matching(
            self._owned(call, self._storage.snapshots.values()),
            filters.SNAPSHOTS,
            call.params,
        )
        return self._page(call, path, self._sorted(call, rows, marker), write)

    def _found_snapshot(self, uuid: str) -> cinder_records.Snapshot:
        row = self._storage.snapshots.get(uuid)
        if row is None:
            raise api_error.ApiError(
                404, f'Snapshot {uuid} could not be found.'
            )
        return row

    def _snapshot(self, call: _Call, uuid: str) -> Body:
        return {'snapshot': call.rows.snapshot(self._found_snapshot(uuid))}

    # Attachments.

    def _attachments(self, call: _Call) -> Body:
        return self._list_attachments(
            call, 'attachments', call.rows.attachment_brief
        )

    def _attachments_detail(self, call: _Call) -> Body:
        return self._list_attachments(
            call, 'attachments/detail', call.rows.attachment
        )

    def _list_attachments(
        self,
        call: _Call,
        path: str,
        write: collections.abc.Callable[[cinder_records.Attachment], Body],
    ) -> Body:
        uuid = call.params.get('marker')
        marker = None if uuid is None else self._found_attachment(call, uuid)
        rows = filters.matching(
            self._attachments_of_owner(call),
            filters.ATTACHMENTS,
            call.params,
        )
        return self._page(call, path, self._sorted(call, rows, marker), write)

    def _attachments_of_owner(
        self, call: _Call
    ) -> collections.abc.Iterable[cinder_records.Attachment]:
        """Return the attachments of the caller's volumes, or all of them."""
        _with_attachments(call)
        everyones = call.flag('all_tenants')
        mine = self._cloud.admin.project_id
        for row in self._storage.attachments.values():
            owner: records.Project = self._storage.volumes.get(
                row.volume
            ).project
            if everyones or owner.project_id == mine:
                yield row

    def _found_attachment(
        self, call: _Call, uuid: str
    ) -> cinder_records.Attachment:
        _with_attachments(call)
        row = self._storage.attachments.get(uuid)
        if row is None:
            raise api_error.ApiError(
                404,
                f'Volume attachment could not be found with filter: '
                f'attachment_id = {uuid}.',
            )
        return row

    def _attachment(self, call: _Call, uuid: str) -> Body:
        row = self._found_attachment(call, uuid)
        return {'attachment': call.rows.attachment(row)}

    # Types.

    def _types(self, call: _Call) -> Body:
        rows = [*self._storage.types.values()]
        text = call.params.get('is_public', 'true').lower()
        if text != 'none':
            public = text in _TRUE
            rows = [row for row in rows if row.is_public == public]
        uuid = call.params.get('marker')
        marker = None if uuid is None else self._found_type(uuid)
        page = self._page(
            call,
            'types',
            self._sorted(call, rows, marker),
            call.rows.volume_type,
        )
        return {f'volume_{name}': value for name, value in page.items()}

    def _found_type(self, uuid: str) -> cinder_records.VolumeType:
        row = self._storage.types.get(uuid)
        if row is None:
            raise api_error.ApiError(
                404, f'Volume type {uuid} could not be found.'
            )
        return row

    def _type(self, call: _Call, uuid: str) -> Body:
        row = self._found_type(uuid)
        return {'volume_type': call.rows.volume_type(row)}

    # Services and pools.

    def _services(self, call: _Call) -> Body:
        services = [
            call.rows.scheduler(),
            *map(call.rows.service, self._storage.backends.values()),
        ]
        for key in ('host', 'binary'):
            wanted = call.params.get(key)
            if wanted is not None:
                services = [row for row in services if row[key] == wanted]
        return {'services': services}

    def _pools(self, call: _Call) -> Body:
        """Return what the scheduler knows of pools that it may use."""
        name = call.params.get('name')
        write = call.rows.pool_brief
        if call.flag('detail'):
            write = call.rows.pool
        return {
            'pools': [
                write(row)
                for row in self._storage.pools.values()
                if self._storage.backend(row.backend).is_offered
                and name in (None, row.name)
            ]
        }


def _with_attachments(call: _Call) -> None:
    if call.version < (3, 27):
        raise api_error.ApiError(404, 'The resource could not be found.')


def _not_found(_request: requests.Request) -> responses.Response:
    return responses.HTMLResponse(_PAGE, status_code=404)
