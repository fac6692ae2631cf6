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

"""RestClient: what is read from an OpenStack API, as rows of plain JSON.

It asks over a keystoneauth session, by the client library of the service,
which knows where the API is; and promises that a list is whole, whatever page
size the server allows, and that every failure is one of this package's
errors.  Safe to use from many threads.
"""

import abc
import collections.abc
import contextlib
import dataclasses
import functools
import time
import typing
import urllib.parse

from keystoneauth1 import adapter
from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1 import session as keystone_session
import orjson
from oslo_log import log
import requests

from cdm_graph import exceptions

LOG = log.getLogger(__name__)

Row = dict[str, typing.Any]

#: Seconds to wait before a page that failed is asked for again.
_PAGE_RETRIES: typing.Final = (0.5, 2.0, 5.0)
_BAD_REQUEST: typing.Final = 400
_UNAUTHORIZED: typing.Final = 401
_FORBIDDEN: typing.Final = 403
_NOT_FOUND: typing.Final = 404
_LEAST_ERROR: typing.Final = 400
#: Bytes of an answer to read at a time.
_PIECE: typing.Final = 2**20
#: How often a list begins anew when its marker has gone.
_RESTARTS: typing.Final = 5


class RowNotFound(exceptions.CollectorError):
    """The service does not know what was asked for."""


class HttpError(Exception):
    """A service answered with a status that is an error.

    :param status: of HTTP
    :param message: what the answer says
    """

    def __init__(self, status: int, message: str = '') -> None:
        super().__init__(f'{message or "no reason given"} (HTTP {status})')
        self.status = status


@dataclasses.dataclass(frozen=True, slots=True)
class Service:
    """How a service is called, in messages and in headers.

    :param name: such as Nova
    :param group: of the options with its credentials, such as nova
    :param type: its type in the catalog of the cloud, such as compute
    :param api: its name in the header of microversions, such as compute
    :param rights: what its credentials have to allow
    """

    name: str
    group: str
    type: str
    api: str
    rights: str


class RestClient(abc.ABC):
    """Reads lists and rows of a service.

    :param page_size: rows to ask for at a time; a server may give fewer
    :param url: where the cloud is, for messages
    :param pause: waits for that many seconds
    """

    service: typing.ClassVar[Service]

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

    @abc.abstractmethod
    def _open(self) -> adapter.Adapter:
        """Return the adapter of the service's own client library."""

    @abc.abstractmethod
    def _negotiated(self) -> str:
        """Return the highest microversion that both sides know."""

    @functools.cached_property
    def _adapter(self) -> adapter.Adapter:
        return self._open()

    def answer(self, path: str) -> Row:
        """Return what is answered, as it is; of a list no more than a page.

        :raises cdm_graph.exceptions.CollectorError: if it cannot be read
        """
        return self._get(path)

    def _pages(
        self,
        path: str,
        name: str,
        version: str | None = None,
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
                    f'{path}?{urllib.parse.urlencode(query)}', name, version
                )
            except (_MarkerGone, RowNotFound) as error:
                restarts += 1
                if marker is None:
                    raise
                if restarts > _RESTARTS:
                    raise exceptions.CloudAnswerInvalid(
                        f'{self.service.name} at {self._url} lost its place '
                        f'in {path} again and again.'
                    ) from error
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
        self, path: str, name: str, version: str | None = None
    ) -> list[Row]:
        return self._rows(self._get(path, version), name, path)

    def _rows(self, body: Row, name: str, path: str) -> list[Row]:
        rows = body.get(name)
        if not isinstance(rows, list) or not all(
            isinstance(row, dict) for row in rows
        ):
            raise exceptions.CloudAnswerInvalid(
                f'{self.service.name} at {self._url} answered {path} without '
                f'{name}.'
            )
        return rows

    def _one(self, path: str, name: str) -> Row:
        row = self._get(path).get(name)
        if not isinstance(row, dict):
            raise exceptions.CloudAnswerInvalid(
                f'{self.service.name} at {self._url} answered {path} without '
                f'{name}.'
            )
        return row

    def _get(self, path: str, version: str | None = None) -> Row:
        with self._errors(path):
            return self._read(path, version or self._negotiated()) or {}

    def _read(
        self,
        path: str,
        version: str,
        refusals: frozenset[int] = frozenset(),
    ) -> Row | None:
        """Return the body; none if the answer is one of the refusals."""
        status, body = self._ask(path, version, refusals)
        if status in refusals:
            return None
        if not isinstance(body, dict):
            raise exceptions.CloudAnswerInvalid(
                f'{self.service.name} at {self._url} answered {path} with '
                f'something that is not JSON (status {status}). Check that '
                f'[{self.service.group}] names the {self.service.api} API '
                'and not a web page.'
            )
        if status == _NOT_FOUND:
            raise self._missing(path, body)
        return body

    def _ask(
        self,
        path: str,
        version: str,
        refusals: frozenset[int] = frozenset(),
    ) -> tuple[int, typing.Any]:
        """Return the status, and the body if it is JSON.

        :param refusals: statuses that are returned, beside 404 and those
            below 400
        :raises HttpError: for any other status
        """
        response = self._send(path, version)
        body = _body(response)
        status: int = response.status_code
        if status >= _LEAST_ERROR and status not in refusals | {_NOT_FOUND}:
            raise HttpError(status, self._said(body))
        return status, body

    def _send(self, path: str, version: str) -> typing.Any:
        """Return the response, whose body is still to be read.

        It asks through the adapter below that of the client library, which
        knows no version that is newer than itself, and decodes slowly.
        """
        return adapter.Adapter.request(
            self._adapter,
            path,
            'GET',
            raise_exc=False,
            stream=True,
            headers={
                'Accept': 'application/json',
                'OpenStack-API-Version': f'{self.service.api} {version}',
            },
        )

    @contextlib.contextmanager
    def _errors(self, path: str) -> collections.abc.Iterator[None]:
        """Turn what the clients raise into this package's errors."""
        try:
            yield
        except HttpError as error:
            raise self._refused(path, error) from error
        except (
            keystone_exceptions.Unauthorized,
            keystone_exceptions.Forbidden,
        ) as error:
            raise self._denied(path, error) from error
        except (
            keystone_exceptions.ClientException,
            requests.RequestException,
        ) as error:
            raise self._unavailable(path, error) from error
        except ValueError as error:
            raise exceptions.CloudAnswerInvalid(
                f'{self.service.name} at {self._url} answered {path} with '
                f'something that cannot be read: {_first_line(error)}'
            ) from error

    def _refused(
        self, path: str, error: HttpError
    ) -> exceptions.CollectorError:
        """Return what a status that is an error means."""
        match error.status:
            case status if status == _BAD_REQUEST:
                if 'marker' in str(error).lower():
                    return _MarkerGone(str(error))
                return exceptions.CloudAnswerInvalid(
                    f'{self.service.name} at {self._url} refused {path}: '
                    f'{error}'
                )
            case status if status in (_UNAUTHORIZED, _FORBIDDEN):
                return self._denied(path, error)
        return self._unavailable(path, error)

    def _denied(self, path: str, error: Exception) -> exceptions.AccessDenied:
        return exceptions.AccessDenied(
            f'The cloud at {self._url} refused {path}: {error} Check the '
            f'credentials in [{self.service.group}], and that they may '
            f'{self.service.rights}.'
        )

    def _unavailable(
        self, path: str, error: Exception
    ) -> exceptions.CloudUnavailable:
        return exceptions.CloudUnavailable(
            f'The cloud at {self._url} did not answer {path}: '
            f'{_first_line(error)}'
        )

    def _too_old(self, known: str, needed: str) -> exceptions.UnsupportedCloud:
        """Return the error of a service that lacks the microversion."""
        return exceptions.UnsupportedCloud(
            f'{self.service.name} at {self._url} knows microversions up to '
            f'{known} only; {needed} or newer is needed.'
        )

    def _missing(
        self, path: str, body: Row
    ) -> RowNotFound | exceptions.CloudAnswerInvalid:
        """Return what an answer that nothing was found means.

        Only the service itself can say that it does not know something;
        whatever else stands in the way knows nothing of it.
        """
        if self._is_own_absence(body):
            return RowNotFound(f'{self.service.name} has no {path}.')
        return exceptions.CloudAnswerInvalid(
            f'Something at {self._url} that is not {self.service.name} has '
            f'no {path}. Check that [{self.service.group}] names the '
            f'{self.service.api} API.'
        )

    def _is_own_absence(self, body: Row) -> bool:
        """Return whether it is the service that says: not found."""
        return 'itemNotFound' in body

    def _said(self, body: typing.Any) -> str:
        """Return the message of a fault, if it has one."""
        faults = body.values() if isinstance(body, dict) else ()
        for fault in (body, *faults):
            if isinstance(fault, dict) and isinstance(
                fault.get('message'), str
            ):
                return str(fault['message'])
        return ''


class _MarkerGone(exceptions.CloudAnswerInvalid):
    """The row at which a page was to begin does not exist any more."""


def quoted(text: str) -> str:
    """Return a text as one part of a path."""
    return urllib.parse.quote(text, safe='')


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


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
