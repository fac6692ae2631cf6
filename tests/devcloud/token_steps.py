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

"""Tokens of a real Keystone, and what the daemon lets who sends them do.

Each step asks over TCP, where the daemon wants a token.  The servers of the
cloud are of the project ``admin``.
"""

import dataclasses
import http
import http.client
import json
import typing
import urllib.parse

from keystoneauth1 import session
from keystoneauth1.identity import v3

from tests.devcloud import api
from tests.devcloud import errors
from tests.devcloud import identity
from tests.devcloud import scenario
from tests.devcloud import settings

_TIMEOUT: typing.Final = 60
_HIDDEN: typing.Final = ('host', 'node', 'migrating_to')


@dataclasses.dataclass(frozen=True)
class _User:
    """Somebody with a role, in a project or in the system."""

    name: str
    role: str
    project: str | None


_READER: typing.Final = _User('reader', 'reader', 'admin')
_STRANGER: typing.Final = _User('stranger', 'member', 'service')
_AUDITOR: typing.Final = _User('auditor', 'reader', None)


class TokenSteps:
    """Steps for one daemon and its cloud's Keystone."""

    def __init__(
        self, chosen: settings.Settings, authorized: session.Session
    ) -> None:
        """Log in to that cloud."""
        self._settings = chosen
        self._session = authorized
        self._address = f'{settings.ADDRESS}:{chosen.port("cdm-graph")}'

    def steps(self) -> scenario.Steps:
        """Yield the steps in their order."""
        keystone = api.service(self._session, 'identity')
        for user in (_READER, _STRANGER, _AUDITOR):
            identity.admit(keystone, user.name, user.role, user.project)
        for name, act in (
            ('administrator', self._administrator),
            ('reader of the system', self._auditor),
            ('reader of the project', self._reader),
            ('member of another project', self._stranger),
            ('none, and none that is valid', self._nobody),
            ('revoked', self._revoked),
        ):
            yield scenario.Step(f'token: {name}', act, scope=None)

    def _administrator(self) -> None:
        token = self._session.get_token()
        nodes = self._elements(token, 'ComputeNode')
        _expect(len(nodes) > 1, f'{len(nodes)} nodes')
        servers = self._elements(token, 'Instance')
        _expect(any(each['node'] for each in servers), 'no server on a node')
        self._expect_status(token, 200, 'POST', '/synchronize')
        self._expect_status(token, 200, 'GET', '/status')

    def _auditor(self) -> None:
        token = self._token(_AUDITOR)
        nodes = self._elements(token, 'ComputeNode')
        _expect(len(nodes) > 1, f'{len(nodes)} nodes')
        self._expect_status(token, 200, 'GET', '/metrics')
        self._expect_status(token, 403, 'POST', '/synchronize')

    def _reader(self) -> None:
        token = self._token(_READER)
        _expect(not self._elements(token, 'ComputeNode'), 'nodes are shown')
        servers = self._elements(token, 'Instance')
        everything = self._elements(self._session.get_token(), 'Instance')
        _expect(
            [each['id'] for each in servers]
            == [each['id'] for each in everything],
            f'{len(servers)} of {len(everything)} servers',
        )
        told = [each[name] for each in servers for name in _HIDDEN]
        _expect(not any(told), f'it is told where servers run: {told}')
        for path in ('/status', '/metrics', '/drift'):
            self._expect_status(token, 403, 'GET', path)
        self._expect_status(token, 403, 'POST', '/synchronize')

    def _stranger(self) -> None:
        token = self._token(_STRANGER)
        for kind in ('ComputeNode', 'Instance', 'Flavor', 'ServerGroup'):
            shown = self._elements(token, kind)
            _expect(not shown, f'{len(shown)} {kind} are shown')

    def _nobody(self) -> None:
        for token in (None, 'nonsense', 'x' * 300):
            self._expect_status(token, 401, 'GET', '/elements')
        self._expect_status(None, 200, 'GET', '/ready')

    def _revoked(self) -> None:
        token = self._token(_READER)
        self._expect_status(token, 200, 'GET', '/elements')
        api.service(self._session, 'identity').delete(
            '/auth/tokens', headers={'X-Subject-Token': token}
        )
        self._expect_status(token, 401, 'GET', '/elements')

    def _token(self, user: _User) -> str:
        scope: dict[str, str] = (
            {'system_scope': 'all'}
            if user.project is None
            else {
                'project_name': user.project,
                'project_domain_name': 'Default',
            }
        )
        auth = v3.Password(
            auth_url=self._settings.auth_url,
            username=user.name,
            password=settings.PASSWORD,
            user_domain_name='Default',
            **scope,
        )
        return str(auth.get_token(session.Session(timeout=_TIMEOUT)))

    def _elements(
        self, token: str | None, kind: str
    ) -> list[dict[str, typing.Any]]:
        query = urllib.parse.urlencode({'kind': kind, 'limit': 1000})
        status, document = self._ask(token, 'GET', f'/elements?{query}')
        _expect(status == http.HTTPStatus.OK, f'{status}: {document}')
        found: list[dict[str, typing.Any]] = document['elements']
        return found

    def _expect_status(
        self, token: str | None, wanted: int, method: str, path: str
    ) -> None:
        status, document = self._ask(token, method, path)
        _expect(
            status == wanted,
            f'{method} {path}: {status} instead of {wanted}: {document}',
        )

    def _ask(
        self, token: str | None, method: str, path: str
    ) -> tuple[int, typing.Any]:
        connection = http.client.HTTPConnection(
            self._address, timeout=_TIMEOUT
        )
        headers = {} if token is None else {'X-Auth-Token': token}
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        is_json = answer.headers.get_content_subtype() == 'json'
        return answer.status, json.loads(content) if is_json else content


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise errors.DevcloudError(otherwise)
