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

"""As much of Nova's API as a model of the cloud reads.

Lists and single rows, with Nova's paging, filters and errors; nothing that
changes the cloud.  Every caller is the administrator.
"""

import collections.abc
import dataclasses
import datetime
import itertools
import re
import typing
import urllib.parse

from starlette import datastructures
from starlette import requests
from starlette import responses
from starlette import routing

from cdm_graph.simulation import api_error
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import faults as faults_module
from cdm_graph.simulation import microversions
from cdm_graph.simulation import moments
from cdm_graph.simulation import records
from cdm_graph.simulation import rest_api
from cdm_graph.simulation.nova import rows as rows_module

Body = rest_api.Body

_TRUE: typing.Final = frozenset({'1', 't', 'true', 'on', 'y', 'yes'})
#: Parameters with which a list tells of servers in cells that are down.
_KEEPING_CELLS: typing.Final = frozenset({'all_tenants'})


@dataclasses.dataclass(frozen=True, slots=True)
class _Call:
    """One request: what it asks for, and the means to answer it."""

    params: datastructures.QueryParams
    version: microversions.Version
    root: str
    rows: rows_module.Rows
    max_limit: int

    def flag(self, name: str) -> bool:
        """Return a parameter that is a truth value."""
        return self.params.get(name, '').lower() in _TRUE

    @property
    def limit(self) -> int:
        """How many rows the page may have."""
        return min(self.number('limit', self.max_limit), self.max_limit)

    def number(self, name: str, default: int) -> int:
        """Return a parameter that is a number and not negative."""
        text = self.params.get(name)
        if text is None:
            return default
        if not text.isdecimal():
            raise api_error.ApiError(
                400,
                f'Invalid input for query parameters {name}. Value: {text}.',
            )
        return int(text)

    def next_link(self, marker: str, path: str) -> list[dict[str, str]]:
        """Return the link to the page after that marker."""
        query = {**self.params, 'marker': marker}
        return [
            {
                'rel': 'next',
                'href': (
                    f'{self.root}/v2.1/{path}?{urllib.parse.urlencode(query)}'
                ),
            }
        ]


def _cell_failure() -> api_error.ApiError:
    """Return how Nova fails when it cannot ask a cell."""
    return api_error.ApiError(
        500,
        'Unexpected API Error. Please contact the administrator\n'
        "<class 'oslo_db.exception.DBConnectionError'>",
    )


class NovaApi(rest_api.RestApi):
    """The paths of Nova's API on one cloud.

    While a cell is down, Nova shows the servers of it in no page: only a list
    without any limit or filter tells that they exist.  It lists no
    hypervisors, and no server groups with members there.
    """

    def __init__(
        self,
        cloud: cloud_module.SimulatedCloud,
        faults: faults_module.Faults,
        is_valid_token: rest_api.IsValidToken,
        maximum: microversions.Version,
        max_limit: int,
    ) -> None:
        super().__init__(
            cloud,
            is_valid_token,
            dataclasses.replace(microversions.NOVA, maximum=maximum),
        )
        self._faults = faults
        self._max_limit = max_limit

    def routes(self) -> collections.abc.Sequence[routing.BaseRoute]:
        """Return the paths that it serves."""
        handlers: dict[str, rest_api.Handler] = {
            'servers': self._servers,
            'servers/detail': self._servers_detail,
            'servers/{uuid}': self._server,
            'servers/{uuid}/shares': self._shares,
            'servers/{uuid}/shares/{share}': self._share,
            'os-hypervisors': self._hypervisors,
            'os-hypervisors/detail': self._hypervisors_detail,
            'os-hypervisors/{key}': self._hypervisor,
            'os-services': self._services,
            'os-aggregates': self._aggregates,
            'os-aggregates/{key}': self._aggregate,
            'os-availability-zone': self._zones,
            'os-availability-zone/detail': self._zones_detail,
            'os-server-groups': self._groups,
            'os-server-groups/{uuid}': self._group,
            'flavors': self._flavors,
            'flavors/detail': self._flavors_detail,
            'flavors/{flavorid}': self._flavor,
            'flavors/{flavorid}/os-extra_specs': self._extra_specs,
            'os-migrations': self._migrations,
        }
        return [
            routing.Route('/', self._versions),
            routing.Route('/v2.1', self._version),
            routing.Route('/v2.1/', self._version),
            *(
                routing.Route(f'/v2.1/{path}', self._endpoint(handler))
                for path, handler in handlers.items()
            ),
        ]

    # Discovery.

    def _described(self, request: requests.Request) -> Body:
        return {
            'id': 'v2.1',
            'status': 'CURRENT',
            'version': microversions.text(self._supported.maximum),
            'min_version': microversions.text(self._supported.minimum),
            'updated': '2013-07-23T11:33:21Z',
            'links': [
                {'rel': 'self', 'href': f'{request.base_url}compute/v2.1/'}
            ],
        }

    def _versions(self, request: requests.Request) -> responses.Response:
        return responses.JSONResponse({'versions': [self._described(request)]})

    def _version(self, request: requests.Request) -> responses.Response:
        return responses.JSONResponse({'version': self._described(request)})

    # Every other request.

    def _call(
        self, request: requests.Request, version: microversions.Version
    ) -> _Call:
        root = f'{request.base_url}compute'
        rows = rows_module.Rows(
            self._cloud, version, root, self._faults.unreachable
        )
        return _Call(
            request.query_params, version, root, rows, self._max_limit
        )

    def _headers(self, version: microversions.Version) -> dict[str, str]:
        text = microversions.text(version)
        return {
            'OpenStack-API-Version': f'compute {text}',
            'X-OpenStack-Nova-API-Version': text,
            'Vary': 'OpenStack-API-Version, X-OpenStack-Nova-API-Version',
        }

    # Servers.

    def _servers(self, call: _Call) -> Body:
        return self._list_servers(call, call.rows.server_brief, 'servers')

    def _servers_detail(self, call: _Call) -> Body:
        return self._list_servers(call, call.rows.server, 'servers/detail')

    def _list_servers(
        self,
        call: _Call,
        write: collections.abc.Callable[[records.Server], Body],
        path: str,
    ) -> Body:
        wanted = self._wanted_servers(call)
        page = list(itertools.islice(wanted, call.limit))
        body: Body = {'servers': [write(row) for row in page]}
        if page and len(page) == call.limit:
            body['servers_links'] = call.next_link(page[-1].uuid, path)
        return body

    def _wanted_servers(
        self, call: _Call
    ) -> collections.abc.Iterator[records.Server]:
        below = self._below(call)
        wanted = self._candidates(call, below)
        if below is not None:
            wanted = (row for row in wanted if row.number < below)
        for matches in self._server_filters(call):
            wanted = filter(matches, wanted)
        return wanted

    def _below(self, call: _Call) -> int | None:
        """Return the number of the marker; deleted servers will do."""
        marker = call.params.get('marker')
        if marker is None:
            return None
        row = self._cloud.servers.find(marker)
        if row is None:
            raise api_error.ApiError(400, f'marker [{marker}] not found')
        if call.rows.is_unreachable(row):
            raise _cell_failure()
        return row.number

    def _candidates(
        self, call: _Call, below: int | None
    ) -> collections.abc.Iterator[records.Server]:
        """Return the servers to filter, the newest first."""
        servers = self._cloud.servers
        since = self._moment(call, 'changes-since')
        deleted = call.flag('deleted')
        if since is not None:
            return servers.changed_since(since)
        host = call.params.get('host')
        if host is not None and not deleted:
            on_host = servers.on_host(host)
            on_host.sort(key=lambda row: row.number, reverse=True)
            return iter(on_host)
        found = servers.newest_first(below, deleted=deleted)
        return (row for row in found if row.deleted == deleted)

    def _moment(
        self,
        call: _Call,
        name: str,
        version: microversions.Version = microversions.MINIMUM,
    ) -> float | None:
        """Return a parameter that is a time, if the version knows it."""
        text = call.params.get(name)
        if text is None or call.version < version:
            return None
        try:
            at = datetime.datetime.fromisoformat(text)
        except ValueError:
            raise api_error.ApiError(
                400,
                f'Invalid input for query parameters {name}. Value: {text}.',
            ) from None
        if at.tzinfo is None:
            at = at.replace(tzinfo=datetime.UTC)
        return at.timestamp()

    def _server_filters(
        self, call: _Call
    ) -> list[collections.abc.Callable[[records.Server], bool]]:
        params = call.params
        filters: list[collections.abc.Callable[[records.Server], bool]] = []
        project = params.get('project_id', params.get('tenant_id'))
        if not call.flag('all_tenants'):
            project = self._cloud.admin.project_id
        if project is not None:
            filters.append(lambda row: row.project.project_id == project)
        if not call.flag('soft_deleted') and 'changes-since' not in params:
            filters.append(lambda row: row.vm_state != 'soft-delete')
        if 'host' in params:
            filters.append(lambda row: row.host == params['host'])
        if 'node' in params:
            filters.append(lambda row: row.node == params['node'])
        if 'status' in params:
            wanted = {text.upper() for text in params.getlist('status')}
            filters.append(lambda row: rows_module.status_of(row) in wanted)
        if 'name' in params:
            name = re.compile(params['name'])
            filters.append(
                lambda row: name.search(row.display_name) is not None
            )
        if call.version < (2, 69) or not params.keys() <= _KEEPING_CELLS:
            filters.append(lambda row: not call.rows.is_unreachable(row))
        return filters

    def _found_server(self, call: _Call, uuid: str) -> records.Server:
        row = self._cloud.servers.find(uuid)
        if row is None or row.deleted:
            raise api_error.ApiError(
                404, f'Instance {uuid} could not be found.'
            )
        if call.rows.is_unreachable(row) and call.version < (2, 69):
            raise api_error.ApiError(
                404, f'Instance {uuid} could not be found.'
            )
        return row

    def _server(self, call: _Call, uuid: str) -> Body:
        row = self._found_server(call, uuid)
        return {'server': call.rows.server(row, shown=True)}

    # Shares.

    def _with_shares(self, call: _Call, uuid: str) -> records.Server:
        if call.version < (2, 97):
            raise api_error.ApiError(404, 'The resource could not be found.')
        row = self._found_server(call, uuid)
        if call.rows.is_unreachable(row):
            raise _cell_failure()
        return row

    def _shares(self, call: _Call, uuid: str) -> Body:
        row = self._with_shares(call, uuid)
        return {'shares': [call.rows.share(row, each) for each in row.shares]}

    def _share(self, call: _Call, uuid: str, share: str) -> Body:
        row = self._with_shares(call, uuid)
        for each in row.shares:
            if each.uuid == share:
                shown = call.rows.share(row, each)
                shown['uuid'] = each.mapping_uuid
                shown['export_location'] = f'10.0.0.50:/mnt/{share}'
                return {'share': shown}
        raise api_error.ApiError(404, f'Share {share} could not be found.')

    # Hypervisors and services.

    def _hypervisors(self, call: _Call) -> Body:
        return self._list_hypervisors(
            call, call.rows.hypervisor_brief, 'os-hypervisors'
        )

    def _hypervisors_detail(self, call: _Call) -> Body:
        with_servers = call.flag('with_servers')
        return self._list_hypervisors(
            call,
            lambda row: call.rows.hypervisor(row, with_servers),
            'os-hypervisors/detail',
        )

    def _list_hypervisors(
        self,
        call: _Call,
        write: collections.abc.Callable[[records.Node], Body],
        path: str,
    ) -> Body:
        nodes = list(self._cloud.nodes.values())
        pattern = call.params.get('hypervisor_hostname_pattern')
        if pattern is not None:
            self._search_cells()
            nodes = [node for node in nodes if pattern in node.hostname]
            if not nodes:
                raise api_error.ApiError(
                    404, f"No hypervisor matching '{pattern}' could be found."
                )
        if call.version < (2, 33):
            self._search_cells()
            return {'hypervisors': [write(node) for node in nodes]}
        nodes = self._after_marker(call, nodes)
        page = nodes[: call.limit]
        self._search_cells(page[-1] if len(page) == call.limit else None)
        body: Body = {'hypervisors': [write(node) for node in page]}
        if page and len(page) == call.limit:
            marker = str(call.rows.hypervisor_brief(page[-1])['id'])
            body['hypervisors_links'] = call.next_link(marker, path)
        return body

    def _after_marker(
        self, call: _Call, nodes: list[records.Node]
    ) -> list[records.Node]:
        marker = call.params.get('marker')
        if marker is None:
            return nodes
        last = self._find_node(call, marker)
        if last is None:
            raise api_error.ApiError(400, f'marker [{marker}] not found')
        return [node for node in nodes if node.number > last.number]

    def _find_node(self, call: _Call, key: str) -> records.Node | None:
        if call.version >= (2, 53):
            return self._cloud.node_by_uuid(key)
        for node in self._cloud.nodes.values():
            if str(node.number) == key:
                return node
        return None

    def _search_cells(self, last: records.Node | None = None) -> None:
        """Fail as Nova does when it comes to a cell that is down.

        It asks one cell after the other, until it has found the last one
        that it needs.
        """
        for node in self._cloud.nodes.values():
            if node.host in self._faults.unreachable:
                raise _cell_failure()
            if node is last:
                return

    def _hypervisor(self, call: _Call, key: str) -> Body:
        node = self._find_node(call, key)
        self._search_cells(node)
        if node is None:
            raise api_error.ApiError(
                404, f"Hypervisor with ID '{key}' could not be found."
            )
        with_servers = call.flag('with_servers')
        return {'hypervisor': call.rows.hypervisor(node, with_servers)}

    def _services(self, call: _Call) -> Body:
        services = [
            *call.rows.controller_services(),
            *(
                call.rows.service(node)
                for node in self._cloud.nodes.values()
                if call.version >= (2, 69)
                or node.host not in self._faults.unreachable
            ),
        ]
        for key in ('host', 'binary'):
            wanted = call.params.get(key)
            if wanted is not None:
                services = [row for row in services if row[key] == wanted]
        return {'services': services}

    # Aggregates and zones.

    def _aggregates(self, call: _Call) -> Body:
        aggregates = self._cloud.aggregates.values()
        return {'aggregates': [call.rows.aggregate(row) for row in aggregates]}

    def _aggregate(self, call: _Call, key: str) -> Body:
        for row in self._cloud.aggregates.values():
            if key in (str(row.number), row.uuid):
                return {'aggregate': call.rows.aggregate(row)}
        raise api_error.ApiError(404, f'Aggregate {key} could not be found.')

    def _hosts_by_zone(self) -> dict[str, list[records.Node]]:
        zones: dict[str, list[records.Node]] = {}
        for node in self._cloud.nodes.values():
            if node.host in self._faults.unreachable:
                continue
            zone = self._cloud.zone_of(node.host)
            zones.setdefault(zone, []).append(node)
        return zones

    def _zones(self, call: _Call) -> Body:
        zones = self._hosts_by_zone()
        return {
            'availabilityZoneInfo': [
                {
                    'zoneName': zone,
                    'zoneState': {
                        'available': any(not node.disabled for node in nodes)
                    },
                    'hosts': None,
                }
                for zone, nodes in zones.items()
            ]
        }

    def _zones_detail(self, call: _Call) -> Body:
        body = self._zones(call)
        zones = self._hosts_by_zone()
        for info in body['availabilityZoneInfo']:
            info['hosts'] = {
                node.host: {
                    'nova-compute': {
                        'active': not node.disabled,
                        'available': node.up,
                        'updated_at': moments.precise(node.updated_at),
                    }
                }
                for node in zones[info['zoneName']]
            }
        return body

    # Server groups.

    def _groups(self, call: _Call) -> Body:
        groups = list(self._cloud.groups.values())
        if 'all_projects' not in call.params:
            mine = self._cloud.admin.project_id
            groups = [row for row in groups if row.project.project_id == mine]
        offset = call.number('offset', 0)
        page = groups[offset : offset + call.limit]
        self._check_members(call, page)
        return {'server_groups': [call.rows.server_group(row) for row in page]}

    def _group(self, call: _Call, uuid: str) -> Body:
        row = self._cloud.groups.get(uuid)
        if row is None:
            raise api_error.ApiError(
                404, f'Instance group {uuid} could not be found.'
            )
        self._check_members(call, [row])
        return {'server_group': call.rows.server_group(row)}

    def _check_members(
        self,
        call: _Call,
        groups: collections.abc.Iterable[records.ServerGroup],
    ) -> None:
        """Fail if Nova could not ask which members still exist."""
        for uuid in itertools.chain(*(row.members for row in groups)):
            server = self._cloud.servers.find(uuid)
            if server is not None and call.rows.is_unreachable(server):
                raise _cell_failure()

    # Flavors.

    def _flavors(self, call: _Call) -> Body:
        return self._list_flavors(call, call.rows.flavor_brief, 'flavors')

    def _flavors_detail(self, call: _Call) -> Body:
        return self._list_flavors(call, call.rows.flavor, 'flavors/detail')

    def _list_flavors(
        self,
        call: _Call,
        write: collections.abc.Callable[[records.Flavor], Body],
        path: str,
    ) -> Body:
        flavors = sorted(
            self._cloud.flavors.values(), key=lambda row: row.flavorid
        )
        text = call.params.get('is_public', 'true').lower()
        if text != 'none':
            public = text in _TRUE
            flavors = [row for row in flavors if row.is_public == public]
        marker = call.params.get('marker')
        if marker is not None:
            if self._cloud.flavor_by_id(marker) is None:
                raise api_error.ApiError(400, f'marker [{marker}] not found')
            flavors = [row for row in flavors if row.flavorid > marker]
        page = flavors[: call.limit]
        body: Body = {'flavors': [write(row) for row in page]}
        if page and len(page) == call.limit:
            body['flavors_links'] = call.next_link(page[-1].flavorid, path)
        return body

    def _found_flavor(self, flavorid: str) -> records.Flavor:
        row = self._cloud.flavor_by_id(flavorid)
        if row is None:
            raise api_error.ApiError(
                404, f'Flavor {flavorid} could not be found.'
            )
        return row

    def _flavor(self, call: _Call, flavorid: str) -> Body:
        return {'flavor': call.rows.flavor(self._found_flavor(flavorid))}

    def _extra_specs(self, call: _Call, flavorid: str) -> Body:
        return {'extra_specs': dict(self._found_flavor(flavorid).extra_specs)}

    # Migrations.

    def _migrations(self, call: _Call) -> Body:
        matches = self._migration_filter(call)
        migrations = list(
            filter(matches, self._cloud.migrations.newest_first())
        )
        if call.version < (2, 59):
            return {
                'migrations': [call.rows.migration(row) for row in migrations]
            }
        marker = call.params.get('marker')
        if marker is not None:
            number = self._number_of_migration(marker)
            migrations = [row for row in migrations if row.number < number]
        page = migrations[: call.limit]
        body: Body = {'migrations': [call.rows.migration(row) for row in page]}
        if page and len(page) == call.limit:
            body['migrations_links'] = call.next_link(
                page[-1].uuid, 'os-migrations'
            )
        return body

    def _number_of_migration(self, uuid: str) -> int:
        for row in self._cloud.migrations.newest_first():
            if row.uuid == uuid:
                return row.number
        raise api_error.ApiError(400, f'Marker {uuid} could not be found.')

    def _migration_filter(
        self, call: _Call
    ) -> collections.abc.Callable[[records.Migration], bool]:
        """Return what matches the moves that are asked for.

        One that was never changed is not among those changed since.
        """
        params = call.params
        since = self._moment(call, 'changes-since', (2, 59))
        before = self._moment(call, 'changes-before', (2, 66))
        exact = {
            'status': params.get('status'),
            'server': params.get('instance_uuid'),
            'kind': params.get('migration_type'),
        }
        wanted = {name: text for name, text in exact.items() if text}
        host = params.get('host')

        def matches(row: records.Migration) -> bool:
            server = self._cloud.servers.find(row.server)
            if server is not None and call.rows.is_unreachable(server):
                return False
            changed = row.updated_at
            if since is not None and (changed is None or changed < since):
                return False
            if before is not None and (changed is None or changed > before):
                return False
            if any(
                getattr(row, name) != text for name, text in wanted.items()
            ):
                return False
            return host is None or host in (
                row.source.host,
                None if row.dest is None else row.dest.host,
            )

        return matches
