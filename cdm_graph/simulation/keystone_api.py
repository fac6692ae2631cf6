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

"""As much of Keystone's API as it takes to log in, and to ask who did.

The users are the cloud's administrator, and one of each project who is its
member; all have the same password.  Tokens expire; a catalog has the compute
endpoint, Cinder's in a cloud with storage, and Ironic's in one with machines.
"""

import collections.abc
import dataclasses
import json
import secrets
import threading
import typing

from starlette import requests
from starlette import responses
from starlette import routing

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import moments
from cdm_graph.simulation import records

REGION: typing.Final = 'RegionOne'
DOMAIN_ID: typing.Final = 'default'
DOMAIN_NAME: typing.Final = 'Default'
_VERSION_DATE: typing.Final = '2020-04-07T00:00:00Z'
#: The type of Cinder's service, and the one that it had for long.
_STORAGE_TYPES: typing.Final = ('block-storage', 'volumev3')
_MEMBER: typing.Final = ('member', 'reader')
_ADMIN: typing.Final = ('admin', *_MEMBER)
_Body = dict[str, typing.Any]


@dataclasses.dataclass(frozen=True, slots=True)
class _Token:
    """A token that was given out.

    :param expiry: in seconds since the epoch
    :param body: what Keystone tells of it
    """

    expiry: float
    is_admin: bool
    body: _Body


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
        self._tokens: dict[str, _Token] = {}

    def routes(self) -> collections.abc.Sequence[routing.BaseRoute]:
        """Return the paths that it serves."""
        return [
            routing.Route('/', self._versions),
            routing.Route('/v3', self._version),
            routing.Route('/v3/', self._version),
            routing.Route(
                '/v3/auth/tokens', self._authenticate, methods=['POST']
            ),
            routing.Route('/v3/auth/tokens', self._tell, methods=['GET']),
        ]

    def is_admin(self, token: str | None) -> bool:
        """Return whether a token is the administrator's, and valid."""
        known = self._find(token)
        return known is not None and known.is_admin

    def _find(self, token: str | None) -> _Token | None:
        """Return a token that was given out and has not expired."""
        if token is None:
            return None
        with self._lock:
            known = self._tokens.get(token)
            if known is None or known.expiry > self._cloud.clock.time():
                return known
            del self._tokens[token]
            return None

    def revoke_all(self) -> None:
        """Let every token that was given out be invalid."""
        with self._lock:
            self._tokens.clear()

    def _described(self, request: requests.Request) -> _Body:
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
            wants_system = 'system' in body['auth'].get('scope', {})
        except (AttributeError, KeyError, TypeError, ValueError):
            return self._error(
                400, 'Bad Request', 'Expecting a password method in auth.'
            )
        owner = self._owner(name)
        if owner is None or password != self._password:
            return self._unauthorized()
        is_admin = owner == self._cloud.admin
        if wants_system and not is_admin:
            return self._unauthorized()
        scope = {'system': {'all': True}} if wants_system else _project(owner)
        return self._issue(request, owner, scope, is_admin=is_admin)

    def _tell(self, request: requests.Request) -> responses.Response:
        if not self.is_admin(request.headers.get('X-Auth-Token')):
            return self._unauthorized()
        subject = request.headers.get('X-Subject-Token')
        known = self._find(subject)
        if known is None:
            return self._error(
                404, 'Not Found', 'Could not find token, it has expired.'
            )
        return responses.JSONResponse(
            known.body, headers={'X-Subject-Token': subject or ''}
        )

    def _owner(self, name: str) -> records.Project | None:
        """Return the project whose user has that name or id."""
        for project in (self._cloud.admin, *self._cloud.projects.values()):
            if name in (project.user_name, project.user_id):
                return project
        return None

    def _unauthorized(self) -> responses.Response:
        return self._error(
            401,
            'Unauthorized',
            'The request you have made requires authentication.',
        )

    def _error(
        self, status: int, title: str, message: str
    ) -> responses.Response:
        error = {'code': status, 'title': title, 'message': message}
        return responses.JSONResponse({'error': error}, status_code=status)

    def _issue(
        self,
        request: requests.Request,
        owner: records.Project,
        scope: _Body,
        *,
        is_admin: bool,
    ) -> responses.Response:
        now = self._cloud.clock.time()
        token = secrets.token_urlsafe(32)
        body: _Body = {
            'token': {
                'methods': ['password'],
                'user': {
                    'id': owner.user_id,
                    'name': owner.user_name,
                    'domain': _domain(),
                    'password_expires_at': None,
                },
                **scope,
                'is_domain': False,
                'roles': [
                    {'id': role, 'name': role}
                    for role in (_ADMIN if is_admin else _MEMBER)
                ],
                'catalog': self._catalog(request),
                'audit_ids': [token[:22]],
                'issued_at': moments.token(now),
                'expires_at': moments.token(now + self._lifetime),
            }
        }
        with self._lock:
            self._tokens[token] = _Token(now + self._lifetime, is_admin, body)
        return responses.JSONResponse(
            body, status_code=201, headers={'X-Subject-Token': token}
        )

    def _catalog(self, request: requests.Request) -> list[_Body]:
        root = str(request.base_url)
        services = [
            self._service('compute', 'nova', f'{root}compute/v2.1'),
            self._service('identity', 'keystone', f'{root}identity'),
            *(
                self._service(kind, 'cinder', f'{root}volume/v3')
                for kind in _STORAGE_TYPES
                if self._cloud.storage.backends
            ),
        ]
        if self._cloud.metal.machines:
            services.append(
                self._service('baremetal', 'ironic', f'{root}baremetal')
            )
        return services

    def _service(self, kind: str, name: str, url: str) -> _Body:
        return {
            'id': f'{name}-{kind}',
            'type': kind,
            'name': name,
            'endpoints': [
                {
                    'id': f'{name}-{kind}-{interface}',
                    'interface': interface,
                    'region': REGION,
                    'region_id': REGION,
                    'url': url,
                }
                for interface in ('public', 'internal', 'admin')
            ],
        }


def _domain() -> _Body:
    return {'id': DOMAIN_ID, 'name': DOMAIN_NAME}


def _project(owner: records.Project) -> _Body:
    """Return what a token says of the project that it is for."""
    return {
        'project': {
            'id': owner.project_id,
            'name': owner.name,
            'domain': _domain(),
        }
    }
