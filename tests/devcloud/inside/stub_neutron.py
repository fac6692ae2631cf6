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

"""Runs inside the cloud: a stub of Neutron that has no networks.

Every collection is empty and nothing can be made.  Nova's servers are created
without a network, so that nothing else is ever asked for.
"""

import http
import http.server
import json
import sys
import typing
import urllib.parse


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self) -> None:
        words = urllib.parse.urlsplit(self.path).path.strip('/').split('/')
        match words:
            case ['']:
                host = f'http://{self.headers["Host"]}/v2.0/'
                version = {
                    'id': 'v2.0',
                    'status': 'CURRENT',
                    'links': [{'rel': 'self', 'href': host}],
                }
                self._answer(http.HTTPStatus.OK, {'versions': [version]})
            case ['v2.0']:
                self._answer(http.HTTPStatus.OK, {'resources': []})
            case ['v2.0', collection]:
                name = collection.removesuffix('.json').replace('-', '_')
                self._answer(http.HTTPStatus.OK, {name: []})
            case _:
                self._refuse(http.HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get('Content-Length') or 0))
        self._refuse(http.HTTPStatus.CONFLICT)

    do_PUT = do_DELETE = do_POST

    def _refuse(self, status: http.HTTPStatus) -> None:
        problem = {'type': 'Stub', 'message': 'a stub', 'detail': ''}
        self._answer(status, {'NeutronError': problem})

    def _answer(
        self, status: http.HTTPStatus, body: dict[str, typing.Any]
    ) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == '__main__':
    _Server(('127.0.0.1', int(sys.argv[1])), _Handler).serve_forever()
