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

"""HTTP over a Unix socket, as anybody would ask it, and a whole answer."""

import email.message
import http.client
import pathlib
import socket
import typing

#: Seconds to wait for an answer.
_TIMEOUT: typing.Final = 20.0


class Answer(typing.NamedTuple):
    status: int
    headers: email.message.Message
    body: bytes


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: pathlib.Path) -> None:
        super().__init__('localhost', timeout=_TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(
    path: pathlib.Path, target: str, method: str = 'GET', **headers: str
) -> Answer:
    connection = _Connection(path)
    try:
        connection.request(method, target, headers=headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()
