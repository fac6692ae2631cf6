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

"""What stands before each path of a simulated service.

Keystone's middleware asks for a token, then a microversion is agreed on, and
an error is told as the service tells it.  What a path answers is read under
the lock of the cloud, so that it is of one moment.
"""

import abc
import collections.abc
import typing

from starlette import requests
from starlette import responses

from cdm_graph.simulation import api_error
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import microversions

Body = dict[str, typing.Any]
Handler = collections.abc.Callable[..., Body]
Endpoint = collections.abc.Callable[[requests.Request], responses.Response]
IsValidToken = collections.abc.Callable[[str | None], bool]


class RestApi(abc.ABC):
    """The API of a service on one cloud."""

    def __init__(
        self,
        cloud: cloud_module.SimulatedCloud,
        is_valid_token: IsValidToken,
        supported: microversions.Supported,
    ) -> None:
        self._cloud = cloud
        self._is_valid_token = is_valid_token
        self._supported = supported

    @abc.abstractmethod
    def _call(
        self, request: requests.Request, version: microversions.Version
    ) -> typing.Any:
        """Return a request as the handlers of the service read it."""

    @abc.abstractmethod
    def _headers(self, version: microversions.Version) -> dict[str, str]:
        """Return how the service tells which version an answer is of."""

    def _refused(
        self, error: microversions.Malformed | microversions.NotSupported
    ) -> responses.Response:
        """Return what the service answers if it cannot agree on a version."""
        is_malformed = isinstance(error, microversions.Malformed)
        return api_error.response(400 if is_malformed else 406, str(error))

    def _error(
        self, error: api_error.ApiError, headers: dict[str, str]
    ) -> responses.Response:
        """Return an error as the service writes it."""
        return api_error.response(error.status, error.message, headers)

    def _endpoint(self, handler: Handler) -> Endpoint:
        """Return what answers the requests that a handler is for."""

        def endpoint(request: requests.Request) -> responses.Response:
            if not self._is_valid_token(request.headers.get('x-auth-token')):
                return api_error.unauthorized(request)
            try:
                version = microversions.negotiate(
                    request.headers, self._supported
                )
            except (
                microversions.Malformed,
                microversions.NotSupported,
            ) as error:
                return self._refused(error)
            return self._answer(handler, request, version)

        return endpoint

    def _answer(
        self,
        handler: Handler,
        request: requests.Request,
        version: microversions.Version,
    ) -> responses.Response:
        headers = self._headers(version)
        try:
            with self._cloud.lock:
                body = handler(
                    self._call(request, version), **request.path_params
                )
        except api_error.ApiError as error:
            return self._error(error, headers)
        return responses.JSONResponse(body, headers=headers)
