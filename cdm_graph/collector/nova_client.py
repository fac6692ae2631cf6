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

"""NovaClient: what is read from Nova's API.

It speaks through python-novaclient, with the highest microversion that both
sides know.
"""

import collections.abc
import contextlib
import datetime
import functools
import typing
import urllib.parse

from keystoneauth1 import adapter
from novaclient import api_versions
from novaclient import client as nova_client
from novaclient import exceptions as nova_exceptions

from cdm_graph.collector import rest_client

Row = rest_client.Row

#: What every Nova speaks.
_FIRST: typing.Final = api_versions.APIVersion('2.1')
#: From here on the servers of a cell that is down are shown as UNKNOWN.
_OLDEST: typing.Final = api_versions.APIVersion('2.69')
#: From 2.88 on hypervisors do not show their capacity, and Nova makes a call
#: to each host to list them.
_NEWEST_FOR_HYPERVISORS: typing.Final = api_versions.APIVersion('2.87')
#: From here on the shares of a server can be asked for.
_FOR_SHARES: typing.Final = '2.97'
#: What a Nova answers that has no such version, or no such policy.
_REFUSALS: typing.Final = frozenset({403, 406})


class NovaClient(rest_client.RestClient):
    """Reads lists and rows of a Nova."""

    service = rest_client.Service(
        name='Nova',
        group='nova',
        type='compute',
        api='compute',
        rights='list the servers of all projects',
    )

    def __init__(self, *args: typing.Any, **options: typing.Any) -> None:
        super().__init__(*args, **options)
        self._tells_shares = True
        self._version: api_versions.APIVersion | None = None

    @property
    def microversion(self) -> str | None:
        """The microversion in use; none before the first request."""
        return self._version.get_string() if self._version else None

    def servers(self) -> collections.abc.Iterator[Row]:
        """Yield all servers of all projects.

        Nova leaves those that are soft-deleted out of every list that does
        not ask for them, though they keep their place on their hosts.
        """
        yield from self._pages(
            '/servers/detail', 'servers', all_tenants='1', soft_deleted='true'
        )

    def changed_servers(
        self, since: datetime.datetime
    ) -> collections.abc.Iterator[Row]:
        """Yield the servers that changed since then, the deleted ones too.

        Nova dates a row when it is saved, in whole seconds, and means *at or
        after*.
        """
        yield from self._pages(
            '/servers/detail',
            'servers',
            all_tenants='1',
            **{'changes-since': _moment(since)},
        )

    def changed_migrations(
        self, since: datetime.datetime
    ) -> collections.abc.Iterator[Row]:
        """Yield the moves of servers that changed since then."""
        yield from self._pages(
            '/os-migrations',
            'migrations',
            key='uuid',
            **{'changes-since': _moment(since)},
        )

    def shares(self, uuid: str) -> list[Row] | None:
        """Return the shares of a server.

        :returns: none if this Nova cannot tell
        :raises cdm_graph.collector.rest_client.RowNotFound: if there is no
            such server
        """
        if not self._tells_shares:
            return None
        path = f'/servers/{rest_client.quoted(uuid)}/shares'
        with self._errors(path):
            body = self._read(path, _FOR_SHARES, _REFUSALS)
        if body is None:
            self._tells_shares = False
            return None
        return self._rows(body, 'shares', path)

    def server(self, uuid: str) -> Row:
        """Return one server.

        :raises cdm_graph.collector.rest_client.RowNotFound: if there is none
        """
        return self._one(f'/servers/{rest_client.quoted(uuid)}', 'server')

    def hypervisors(self) -> collections.abc.Iterator[Row]:
        """Yield all hypervisors, with their capacity."""
        with self._errors('/os-hypervisors/detail'):
            version = min(self._discovered(), _NEWEST_FOR_HYPERVISORS)
        yield from self._pages(
            '/os-hypervisors/detail', 'hypervisors', version.get_string()
        )

    def compute_services(self) -> list[Row]:
        """Return all nova-compute services."""
        return self._list('/os-services?binary=nova-compute', 'services')

    def aggregates(self) -> list[Row]:
        """Return all host aggregates."""
        return self._list('/os-aggregates', 'aggregates')

    def availability_zones(self) -> list[Row]:
        """Return all availability zones, with their hosts."""
        return self._list(
            '/os-availability-zone/detail', 'availabilityZoneInfo'
        )

    def flavors(self) -> collections.abc.Iterator[Row]:
        """Yield all flavors, the private ones too."""
        yield from self._pages('/flavors/detail', 'flavors', is_public='None')

    def server_groups(self) -> collections.abc.Iterator[Row]:
        """Yield the server groups of all projects."""
        offset = 0
        while True:
            query = urllib.parse.urlencode(
                {
                    'all_projects': 'True',
                    'limit': self._page_size,
                    'offset': offset,
                }
            )
            rows = self._list(f'/os-server-groups?{query}', 'server_groups')
            yield from rows
            if not rows:
                return
            offset += len(rows)

    def server_group(self, uuid: str) -> Row:
        """Return one server group.

        :raises cdm_graph.collector.rest_client.RowNotFound: if there is none
        """
        return self._one(
            f'/os-server-groups/{rest_client.quoted(uuid)}', 'server_group'
        )

    @functools.cached_property
    def _client(self) -> typing.Any:
        """Novaclient's client, of the oldest microversion."""
        return nova_client.Client(
            _FIRST, session=self._session, **self._adapter_options
        )

    def _open(self) -> adapter.Adapter:
        return typing.cast(adapter.Adapter, self._client.client)

    def _negotiated(self) -> str:
        return str(self._discovered().get_string())

    def _discovered(self) -> api_versions.APIVersion:
        if self._version is None:
            version = api_versions.discover_version(
                self._client, api_versions.APIVersion('2.latest')
            )
            if version < _OLDEST:
                raise self._too_old(
                    version.get_string(), f'{_OLDEST.get_string()} (Stein)'
                )
            self._version = version
        return self._version

    @contextlib.contextmanager
    def _errors(self, path: str) -> collections.abc.Iterator[None]:
        """Turn what novaclient raises, too, into this package's errors."""
        with super()._errors(path):
            try:
                yield
            except nova_exceptions.UnsupportedVersion as error:
                raise self._unavailable(path, error) from error
            except nova_exceptions.ClientException as error:
                raise rest_client.HttpError(
                    error.code, str(error.message)
                ) from error


def _moment(moment: datetime.datetime) -> str:
    """Return a moment in UTC as Nova reads it, in whole seconds."""
    return moment.astimezone(datetime.UTC).strftime('%Y-%m-%dT%H:%M:%SZ')
