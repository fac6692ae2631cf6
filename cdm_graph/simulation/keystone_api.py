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

"""As much of Keystone's API as it takes to log in.

One user, the cloud's administrator, with a password; tokens that expire; a
catalog with the compute endpoint.
"""

import collections.abc
import json
import secrets
import threading
import typing

from starlette import requests
from starlette import responses
from starlette import routing

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import moments

REGION: typing.Final = 'RegionOne'
DOMAIN_ID: typing.Final = 'default'
DOMAIN_NAME: typing.Final = 'Default'
_VERSION_DATE: typing.Final = '2020-04-07T00:00:00Z'


class Keystone:
    """Gives out tokens and tells which are valid."""

    def __init__(
        self,
        cloud: cloud_module.SimulatedCloud,
        password: str,
        token_lifetime: float,
    ) -> None:
        self._cloud = cloud
        self._password = password
        self._lifetime = token_lifetime
        self._lock = threading.Lock()
        self._expiry: dict[str, float] = {}

    def routes(self) -> collections.abc.Sequence[routing.BaseRoute]:
        """Return the paths that it serves."""
        return [
            routing.Route('/', self._versions),
            routing.Route('/v3', self._version),
            routing.Route('/v3/', self._version),
            routing.Route(
                '/v3/auth/tokens', self._authenticate, methods=['POST']
            ),
        ]

    def is_valid(self, token: str | None) -> bool:
        """Return whether a token was given out and has not expired."""
        if token is None:
            return False
        with self._lock:
            expiry = self._expiry.get(token)
            if expiry is None:
                return False
            if expiry > self._cloud.clock.time():
                return True
            del self._expiry[token]
            return False

    def revoke_all(self) -> None:
        """Let every token that was given out be invalid."""
        with self._lock:
            self._expiry.clear()

    def _described(self, request: requests.Request) -> dict[str, typing.Any]:
        return {
            'id': 'v3.14',
            'status': 'stable',
            'updated': _VERSION_DATE,
            'links': [
                {'rel': 'self', 'href': f'{request.base_url}identity/v3/'}
            ],
            'media-types': [
                {
                    'base': 'application/json',
                    'type': 'application/vnd.openstack.identity-v3+json',
                }
            ],
        }

    def _versions(self, request: requests.Request) -> responses.Response:
        versions = {'versions': {'values': [self._described(request)]}}
        return responses.JSONResponse(versions, status_code=300)

    def _version(self, request: requests.Request) -> responses.Response:
        return responses.JSONResponse({'version': self._described(request)})

    async def _authenticate(
        self, request: requests.Request
    ) -> responses.Response:
        try:
            body = json.loads(await request.body())
            identity = body['auth']['identity']
            user = identity['password']['user']
            name = user.get('name', user.get('id'))
            password = user['password']
        except (AttributeError, KeyError, TypeError, ValueError):
            return self._error(
                400, 'Bad Request', 'Expecting a password method in auth.'
            )
        admin = self._cloud.admin
        known = name in (admin.user_name, admin.user_id)
        if not known or password != self._password:
            return self._error(
                401,
                'Unauthorized',
                'The request you have made requires authentication.',
            )
        return self._issue(request)

    def _error(
        self, status: int, title: str, message: str
    ) -> responses.Response:
        error = {'code': status, 'title': title, 'message': message}
        return responses.JSONResponse({'error': error}, status_code=status)

    def _issue(self, request: requests.Request) -> responses.Response:
        now = self._cloud.clock.time()
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._expiry[token] = now + self._lifetime
        admin = self._cloud.admin
        domain = {'id': DOMAIN_ID, 'name': DOMAIN_NAME}
        body = {
            'token': {
                'methods': ['password'],
                'user': {
                    'id': admin.user_id,
                    'name': admin.user_name,
                    'domain': domain,
                    'password_expires_at': None,
                },
                'project': {
                    'id': admin.project_id,
                    'name': admin.name,
                    'domain': domain,
                },
                'is_domain': False,
                'roles': [{'id': 'admin', 'name': 'admin'}],
                'catalog': self._catalog(request),
                'audit_ids': [token[:22]],
                'issued_at': moments.token(now),
                'expires_at': moments.token(now + self._lifetime),
            }
        }
        return responses.JSONResponse(
            body, status_code=201, headers={'X-Subject-Token': token}
        )

    def _catalog(
        self, request: requests.Request
    ) -> list[dict[str, typing.Any]]:
        root = str(request.base_url)
        return [
            self._service('compute', 'nova', f'{root}compute/v2.1'),
            self._service('identity', 'keystone', f'{root}identity'),
        ]

    def _service(
        self, kind: str, name: str, url: str
    ) -> dict[str, typing.Any]:
        return {
            'id': name,
            'type': kind,
            'name': name,
            'endpoints': [
                {
                    'id': f'{name}-{interface}',
                    'interface': interface,
                    'region': REGION,
                    'region_id': REGION,
                    'url': url,
                }
                for interface in ('public', 'internal', 'admin')
            ],
        }
