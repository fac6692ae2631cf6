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

"""DaemonClient: asks a running daemon, over its Unix socket."""

import codecs
import collections.abc
import contextlib
import http.client
import json
import socket
import types
import typing
import urllib.parse

from cdm_graph import exceptions
from cdm_graph.api import headers as own_headers
from cdm_graph.cmd import server_events

_BLOCK: typing.Final = 1 << 16
_NO_HEADERS: typing.Final = types.MappingProxyType[str, str]({})


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__('localhost', timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class DaemonClient:
    """A daemon, by the path of its socket.

    :param timeout: seconds to wait for an answer
    """

    def __init__(self, path: str, timeout: float = 60.0) -> None:
        self._path = path
        self._timeout = timeout

    def status(self) -> dict[str, typing.Any]:
        """Return freshness, counters and sizes.

        :raises cdm_graph.exceptions.DaemonUnreachable: if nothing answers
        """
        return self._document('GET', '/status')

    def export(
        self,
        format_: str,
        begin: collections.abc.Callable[[int], object] = lambda _lines: None,
    ) -> collections.abc.Iterator[str]:
        """Yield the model in a format, piece by piece.

        :param begin: called with about how many lines there will be, before
            the first piece
        :raises cdm_graph.exceptions.DaemonError: if there is no daemon, or
            it has no model yet
        """
        with self._ask('GET', f'/export?format={format_}') as response:
            begin(int(response.headers.get(own_headers.LINES, 0)))
            decoder = codecs.getincrementaldecoder('utf-8')()
            while block := response.read(_BLOCK):
                yield decoder.decode(block)

    def history(
        self, wanted: collections.abc.Sequence[tuple[str, str]]
    ) -> dict[str, typing.Any]:
        """Return what is known of changes.

        :param wanted: what chooses among them, and ``limit``
        :raises cdm_graph.exceptions.DaemonError: if it cannot be told
        """
        path = f'/history?{urllib.parse.urlencode(wanted)}'
        return self._document('GET', path)

    def differences(
        self, wanted: collections.abc.Sequence[tuple[str, str]]
    ) -> dict[str, typing.Any]:
        """Return what is different between two moments.

        :param wanted: ``since``, ``until``, and what chooses among elements
        :raises cdm_graph.exceptions.DaemonError: if it cannot be told
        """
        path = f'/differences?{urllib.parse.urlencode(wanted)}'
        return self._document('GET', path)

    def watch(
        self,
        wanted: collections.abc.Sequence[tuple[str, str]],
        last_id: str | None = None,
    ) -> collections.abc.Iterator[server_events.Event]:
        """Yield the events of changes, until the daemon ends.

        :param wanted: what chooses among them
        :param last_id: that of the last event before a break
        :raises cdm_graph.exceptions.DaemonError: if there is no daemon
        """
        path = f'/changes?{urllib.parse.urlencode(wanted)}'
        told = {} if last_id is None else {'Last-Event-ID': last_id}
        with self._ask('GET', path, headers=told) as response:
            yield from server_events.read(response)

    def query(self, asked: dict[str, typing.Any]) -> dict[str, typing.Any]:
        """Return what a query answers: columns and rows, or a plan.

        :raises cdm_graph.exceptions.DaemonError: if it cannot be answered
        """
        return self._document('POST', '/query', body=json.dumps(asked))

    def refresh(
        self, wanted: collections.abc.Sequence[tuple[str, str]], timeout: float
    ) -> dict[str, typing.Any]:
        """Have elements read now, and return what they are then.

        :param wanted: names what to read
        :raises cdm_graph.exceptions.DaemonError: if that did not succeed
            within so many seconds
        """
        asked = urllib.parse.urlencode([*wanted, ('timeout', str(timeout))])
        return self._document('POST', f'/refresh?{asked}', timeout)

    def synchronize(self, timeout: float) -> dict[str, typing.Any]:
        """Synchronize now, and return the status afterwards.

        :raises cdm_graph.exceptions.DaemonError: if that did not succeed
            within so many seconds
        """
        path = f'/synchronize?timeout={timeout}'
        return self._document('POST', path, timeout)

    def _document(
        self,
        method: str,
        path: str,
        patience: float = 0.0,
        body: str | None = None,
    ) -> dict[str, typing.Any]:
        with self._ask(method, path, patience, body) as response:
            return typing.cast(dict[str, typing.Any], json.load(response))

    @contextlib.contextmanager
    def _ask(
        self,
        method: str,
        path: str,
        patience: float = 0.0,
        body: str | None = None,
        headers: collections.abc.Mapping[str, str] = _NO_HEADERS,
    ) -> collections.abc.Iterator[http.client.HTTPResponse]:
        connection = _Connection(self._path, self._timeout + patience)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            if response.status != http.HTTPStatus.OK:
                raise exceptions.DaemonError(_sentence(response))
            yield response
        except (OSError, http.client.HTTPException) as error:
            raise exceptions.DaemonUnreachable(
                f'No cdm-graph daemon answers on {self._path} '
                f'({_words(error)}). Start one with "cdm-graph serve", or '
                'name its socket with --socket.'
            ) from error
        finally:
            connection.close()


def _sentence(response: http.client.HTTPResponse) -> str:
    try:
        return str(json.load(response)['error'])
    except (ValueError, KeyError, TypeError):
        return f'The daemon answered {response.status} {response.reason}.'


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
