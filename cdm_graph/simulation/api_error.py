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

"""Answers that are errors, as Nova and Cinder write them alike."""

import typing

from starlette import requests
from starlette import responses

_NAMES: typing.Final = {
    400: 'badRequest',
    403: 'forbidden',
    404: 'itemNotFound',
    409: 'conflictingRequest',
    429: 'overLimit',
    503: 'serviceUnavailable',
}


class ApiError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def response(
    status: int, message: str, headers: dict[str, str] | None = None
) -> responses.Response:
    """Return an error as the services write it."""
    name = _NAMES.get(status, 'computeFault')
    return responses.JSONResponse(
        {name: {'code': status, 'message': message}},
        status_code=status,
        headers=headers,
    )


def unauthorized(request: requests.Request) -> responses.Response:
    """Return what Keystone's middleware answers in front of a service."""
    error = {
        'code': 401,
        'title': 'Unauthorized',
        'message': 'The request you have made requires authentication.',
    }
    keystone = f'{request.base_url}identity/v3'
    return responses.JSONResponse(
        {'error': error},
        status_code=401,
        headers={'WWW-Authenticate': f'Keystone uri="{keystone}"'},
    )
