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

"""What whoever asks may do, and of which part of the cloud.

It is decided once, where a request comes in, and goes along with the request
(``request.state.access``).  A request that nobody decided on may do nothing.
"""

import dataclasses
import enum
import typing

from starlette import requests
from starlette import responses
from starlette import types

from cdm_graph import exceptions
from cdm_graph.model import scope as scopes

_STATE: typing.Final = 'state'
_ACCESS: typing.Final = 'access'

Endpoint = typing.Callable[
    [requests.Request], typing.Awaitable[responses.Response]
]


class Rule(enum.StrEnum):
    """What somebody may be allowed to do, named as policy rules are."""

    READ = 'cdm_graph:read'
    READ_PROJECT = 'cdm_graph:read:project'
    STATUS = 'cdm_graph:status'
    QUERY = 'cdm_graph:query'
    REFRESH = 'cdm_graph:refresh'
    SYNCHRONIZE = 'cdm_graph:synchronize'


@dataclasses.dataclass(frozen=True, slots=True)
class Access:
    """What a request may do.

    :param rules: what is allowed
    :param scope: the part of the cloud that may be read; none if none may be
    """

    rules: frozenset[Rule] = frozenset()
    scope: scopes.Scope | None = None

    def check(self, rule: Rule) -> None:
        """Do nothing if something is allowed.

        :raises cdm_graph.exceptions.PolicyForbids: if it is not
        """
        if rule not in self.rules:
            raise _forbidden(rule)

    def readable(self) -> scopes.Scope:
        """Return the part of the cloud that may be read.

        :raises cdm_graph.exceptions.PolicyForbids: if none may be
        """
        if self.scope is None:
            raise _forbidden(Rule.READ_PROJECT)
        return self.scope


NOTHING: typing.Final = Access()
EVERYTHING: typing.Final = Access(frozenset(Rule), scopes.WholeCloud())


class Trusting:
    """An application whose every request may do everything.

    :param app: what answers
    """

    def __init__(self, app: types.ASGIApp) -> None:
        self._app = app

    async def __call__(
        self, scope: types.Scope, receive: types.Receive, send: types.Send
    ) -> None:
        """Answer a request."""
        await self._app(granting(scope, EVERYTHING), receive, send)


def granting(scope: types.Scope, access: Access) -> types.Scope:
    """Return the scope of a request that may do something."""
    return {**scope, _STATE: {**scope.get(_STATE, {}), _ACCESS: access}}


def of(request: requests.Request) -> Access:
    """Return what a request may do."""
    found = request.scope.get(_STATE, {}).get(_ACCESS, NOTHING)
    return typing.cast(Access, found)


def only(rule: Rule, endpoint: Endpoint) -> Endpoint:
    """Return an endpoint that answers who is allowed something."""

    async def answer(request: requests.Request) -> responses.Response:
        of(request).check(rule)
        return await endpoint(request)

    return answer


def _forbidden(rule: Rule) -> exceptions.PolicyForbids:
    return exceptions.PolicyForbids(
        f'The policy {rule} does not allow you that; the roles and the scope '
        'of your token decide.'
    )
