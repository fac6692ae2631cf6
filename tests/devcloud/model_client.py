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

"""The daemon's model, over HTTP on its Unix socket."""

import http
import http.client
import json
import pathlib
import socket
import typing

from tests.devcloud import errors
from tests.devcloud import view

#: A synchronize answers when it has committed.
_TIMEOUT: typing.Final = 60

#: By the name of a collector.
Moments = dict[str, float | None]


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: pathlib.Path) -> None:
        super().__init__('localhost', timeout=_TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class ModelClient:
    """Asks one daemon."""

    def __init__(self, path: pathlib.Path) -> None:
        """Ask the daemon that listens on that socket."""
        self._path = path

    def status(self) -> dict[str, typing.Any]:
        """Return what the daemon says of itself."""
        return self._ask('GET', '/status')

    def synchronized_at(self) -> Moments:
        """Return when the last synchronizes that succeeded began."""
        collectors = self.status()['collectors']
        return {
            name: collector['synchronized_at']
            for name, collector in collectors.items()
        }

    def view(self) -> view.View:
        """Return the live model as it is now."""
        return view.of_export(self._ask('GET', '/export?format=json'))

    def synchronize(self) -> None:
        """Return when the daemon has read the whole cloud anew."""
        self._ask('POST', '/synchronize')

    def _ask(self, method: str, path: str) -> dict[str, typing.Any]:
        connection = _UnixConnection(self._path)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            raise errors.DevcloudError(
                f'the daemon answers {method} {path} with {answer.status}: '
                f'{content.decode(errors="replace")[:300]}'
            )
        document: dict[str, typing.Any] = json.loads(content or b'{}')
        return document
