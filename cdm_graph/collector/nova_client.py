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

"""NovaClient: what is read from Nova's API, as rows of plain JSON.

It speaks through python-novaclient over a keystoneauth session, with the
highest microversion that both sides know.  It promises that a list is whole,
whatever page size the server allows, and that every failure is one of this
package's errors.  Safe to use from many threads.
"""

import collections.abc
import contextlib
import datetime
import functools
import time
import typing
import urllib.parse

from keystoneauth1 import adapter
from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1 import session as keystone_session
from novaclient import api_versions
from novaclient import client as nova_client
from novaclient import exceptions as nova_exceptions
import orjson
from oslo_log import log
import requests

from cdm_graph import exceptions

LOG = log.getLogger(__name__)

Row = dict[str, typing.Any]

#: What every Nova speaks.
_FIRST: typing.Final = api_versions.APIVersion('2.1')
#: From here on the servers of a cell that is down are shown as UNKNOWN.
_OLDEST: typing.Final = api_versions.APIVersion('2.69')
#: From 2.88 on hypervisors do not show their capacity, and Nova makes a call
#: to each host to list them.
_NEWEST_FOR_HYPERVISORS: typing.Final = api_versions.APIVersion('2.87')
#: From here on the shares of a server can be asked for.
_OLDEST_FOR_SHARES: typing.Final = api_versions.APIVersion('2.97')
#: What a Nova answers that has no such version, or no such policy.
_REFUSALS: typing.Final = frozenset({403, 406})
#: Seconds to wait before a page that failed is asked for again.
_PAGE_RETRIES: typing.Final = (0.5, 2.0, 5.0)
_NOT_FOUND: typing.Final = 404
_LEAST_ERROR: typing.Final = 400
#: Bytes of an answer to read at a time.
_PIECE: typing.Final = 2**20
#: How often a list begins anew when its marker has gone.
_RESTARTS: typing.Final = 5


class ServerNotFound(exceptions.CollectorError):
    """Nova does not know the server, or the group."""


class NovaClient:
    """Reads lists and rows of a Nova.

    :param page_size: rows to ask for at a time; a server may give fewer
    :param url: where the cloud is, for messages
    :param pause: waits for that many seconds
    """

    def __init__(
        self,
        session: keystone_session.Session,
        *,
        adapter_options: collections.abc.Mapping[str, typing.Any],
        page_size: int,
        url: str,
        pause: collections.abc.Callable[[float], None] = time.sleep,
    ) -> None:
        self._session = session
        self._adapter_options = dict(adapter_options)
        self._page_size = page_size
        self._url = url
        self._pause = pause
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
        :raises ServerNotFound: if there is no such server
        """
        if not self._tells_shares:
            return None
        path = f'/servers/{_quoted(uuid)}/shares'
        with self._errors(path):
            body = self._read(path, _OLDEST_FOR_SHARES, _REFUSALS)
        if body is None:
            self._tells_shares = False
            return None
        return _rows(body, 'shares', self._url, path)

    def server(self, uuid: str) -> Row:
        """Return one server.

        :raises ServerNotFound: if there is none
        """
        return self._one(f'/servers/{_quoted(uuid)}', 'server')

    def hypervisors(self) -> collections.abc.Iterator[Row]:
        """Yield all hypervisors, with their capacity."""
        yield from self._pages(
            '/os-hypervisors/detail',
            'hypervisors',
            newest=_NEWEST_FOR_HYPERVISORS,
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

        :raises ServerNotFound: if there is none
        """
        return self._one(f'/os-server-groups/{_quoted(uuid)}', 'server_group')

    def _pages(
        self,
        path: str,
        name: str,
        newest: api_versions.APIVersion | None = None,
        key: str = 'id',
        **filters: str,
    ) -> collections.abc.Iterator[Row]:
        """Yield the rows of all pages; a row may come twice.

        The server may give fewer rows than were asked for, so only an empty
        page is the last one.  A page in the middle that fails is asked for
        again, so that a long list does not begin anew for it.
        """
        marker: str | None = None
        restarts = failures = 0
        while True:
            query = {**filters, 'limit': str(self._page_size)}
            if marker is not None:
                query['marker'] = marker
            try:
                rows = self._list(
                    f'{path}?{urllib.parse.urlencode(query)}', name, newest
                )
            except _MarkerGone:
                restarts += 1
                if restarts > _RESTARTS:
                    raise
                LOG.debug('The marker %s is gone; listing anew.', marker)
                marker = None
                continue
            except exceptions.CloudUnavailable as error:
                failures += 1
                if marker is None or failures > len(_PAGE_RETRIES):
                    raise
                LOG.debug('A page of %s failed: %s Asking again.', path, error)
                self._pause(_PAGE_RETRIES[failures - 1])
                continue
            failures = 0
            if not rows:
                return
            yield from rows
            marker = str(rows[-1].get(key))

    def _list(
        self,
        path: str,
        name: str,
        newest: api_versions.APIVersion | None = None,
    ) -> list[Row]:
        return _rows(self._get(path, newest), name, self._url, path)

    def _one(self, path: str, name: str) -> Row:
        row = self._get(path).get(name)
        if not isinstance(row, dict):
            raise exceptions.CloudAnswerInvalid(
                f'Nova at {self._url} answered {path} without {name}.'
            )
        return row

    def _get(
        self, path: str, newest: api_versions.APIVersion | None = None
    ) -> Row:
        with self._errors(path):
            version = self._negotiated()
            if newest is not None:
                version = min(version, newest)
            return self._read(path, version) or {}

    def _read(
        self,
        path: str,
        version: api_versions.APIVersion,
        refusals: frozenset[int] = frozenset(),
    ) -> Row | None:
        """Return the body; none if the answer is one of the refusals."""
        status, body = self._ask(path, version, refusals)
        if status in refusals:
            return None
        if not isinstance(body, dict):
            raise exceptions.CloudAnswerInvalid(
                f'Nova at {self._url} answered {path} with something that is '
                f'not JSON (status {status}). Check that [nova] names the '
                'compute API and not a web page.'
            )
        if status == _NOT_FOUND:
            raise _missing(self._url, path, body)
        return body

    def _ask(
        self,
        path: str,
        version: api_versions.APIVersion,
        refusals: frozenset[int] = frozenset(),
    ) -> tuple[int, typing.Any]:
        """Return the status, and the body if it is JSON.

        :param refusals: statuses that are returned, beside 404 and those
            below 400
        :raises novaclient.exceptions.ClientException: for any other status
        """
        response = self._send(path, version)
        body = _body(response)
        status: int = response.status_code
        if status >= _LEAST_ERROR and status not in refusals | {_NOT_FOUND}:
            raise nova_exceptions.from_response(response, body, path, 'GET')
        return status, body

    def _send(self, path: str, version: api_versions.APIVersion) -> typing.Any:
        """Return the response, whose body is still to be read.

        It asks through the adapter below novaclient's, which knows no
        version that is newer than itself, and decodes slowly.
        """
        return adapter.Adapter.request(
            self._client.client,
            path,
            'GET',
            raise_exc=False,
            stream=True,
            headers={
                'Accept': 'application/json',
                'OpenStack-API-Version': f'compute {version.get_string()}',
            },
        )

    @functools.cached_property
    def _client(self) -> typing.Any:
        """Novaclient's client, of the oldest microversion."""
        return nova_client.Client(
            _FIRST, session=self._session, **self._adapter_options
        )

    def _negotiated(self) -> api_versions.APIVersion:
        if self._version is None:
            version = api_versions.discover_version(
                self._client, api_versions.APIVersion('2.latest')
            )
            if version < _OLDEST:
                raise exceptions.UnsupportedCloud(
                    f'Nova at {self._url} knows microversions up to '
                    f'{version.get_string()} only; '
                    f'{_OLDEST.get_string()} (Stein) or newer is needed.'
                )
            self._version = version
        return self._version

    @contextlib.contextmanager
    def _errors(self, path: str) -> collections.abc.Iterator[None]:
        """Turn what the clients raise into this package's errors."""
        try:
            yield
        except nova_exceptions.BadRequest as error:
            if 'marker' in str(error).lower():
                raise _MarkerGone(
                    f'Nova at {self._url} lost its place in {path} again and '
                    'again.'
                ) from error
            raise exceptions.CloudAnswerInvalid(
                f'Nova at {self._url} refused {path}: {error}'
            ) from error
        except (
            nova_exceptions.Unauthorized,
            nova_exceptions.Forbidden,
            keystone_exceptions.Unauthorized,
            keystone_exceptions.Forbidden,
        ) as error:
            raise exceptions.AccessDenied(
                f'The cloud at {self._url} refused {path}: {error} Check '
                'the credentials in [nova], and that they may list the '
                'servers of all projects.'
            ) from error
        except (
            nova_exceptions.ClientException,
            nova_exceptions.UnsupportedVersion,
            keystone_exceptions.ClientException,
            requests.RequestException,
        ) as error:
            raise exceptions.CloudUnavailable(
                f'The cloud at {self._url} did not answer {path}: '
                f'{_first_line(error)}'
            ) from error
        except ValueError as error:
            raise exceptions.CloudAnswerInvalid(
                f'Nova at {self._url} answered {path} with something that '
                f'cannot be read: {_first_line(error)}'
            ) from error


class _MarkerGone(exceptions.CloudAnswerInvalid):
    """The row at which a page was to begin does not exist any more."""


def _body(response: typing.Any) -> typing.Any:
    """Read the body of a response; return it if it is JSON, none if not.

    In pieces of the usual size, a page would be hundreds of them, and each
    has to wait for a turn of the interpreter.
    """
    body = b''.join(response.iter_content(_PIECE))
    try:
        return orjson.loads(body)
    except ValueError:
        return None


def _rows(body: Row, name: str, url: str, path: str) -> list[Row]:
    rows = body.get(name)
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) for row in rows
    ):
        raise exceptions.CloudAnswerInvalid(
            f'Nova at {url} answered {path} without {name}.'
        )
    return rows


def _moment(moment: datetime.datetime) -> str:
    """Return a moment in UTC as Nova reads it, in whole seconds."""
    return moment.astimezone(datetime.UTC).strftime('%Y-%m-%dT%H:%M:%SZ')


def _missing(
    url: str, path: str, body: Row
) -> ServerNotFound | exceptions.CloudAnswerInvalid:
    """Return what an answer that nothing was found means.

    Only Nova can say that it does not know a server; whatever else stands
    in the way knows nothing of servers.
    """
    if 'itemNotFound' in body:
        return ServerNotFound(f'Nova has no {path}.')
    return exceptions.CloudAnswerInvalid(
        f'Something at {url} that is not Nova has no {path}. Check that '
        '[nova] names the compute API.'
    )


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe='')


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
