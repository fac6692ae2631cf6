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

"""Cinder's API, for who does something and wants to know that it is done."""

import collections.abc
import http
import typing

from keystoneauth1 import session

from tests.devcloud import api
from tests.devcloud import errors
from tests.devcloud import process

_MICROVERSION: typing.Final = '3.71'
_TIMEOUT: typing.Final = 120

Row = collections.abc.Mapping[str, typing.Any]


class CinderApi:
    """Asks as one user."""

    def __init__(self, authorized: session.Session) -> None:
        """Ask as that user."""
        self._cinder = api.service(authorized, 'block-storage')

    def ask(self, method: str, path: str, body: Row | None = None) -> Row:
        """Return what is answered, if it is no refusal."""
        answer = self._cinder.request(
            path,
            method,
            json=body,
            microversion=_MICROVERSION,
            raise_exc=False,
        )
        if not answer.ok:
            raise errors.DevcloudError(
                f'{method} {path} of {body}: {answer.text}'
            )
        row: Row = answer.json() if answer.content else {}
        return row

    def delete(self, *paths: str) -> None:
        """Delete things; return when the API does not show them."""
        for path in paths:
            self.ask('DELETE', path)
        self.wait_until_gone(*paths)

    def wait_until_gone(self, *paths: str) -> None:
        """Return when the API does not show things that are deleted."""
        for path in paths:
            process.wait_until(
                f'{path} is gone',
                lambda path=path: self._is_gone(path),
                timeout=_TIMEOUT,
            )

    def _is_gone(self, path: str) -> bool:
        answer = self._cinder.get(path, raise_exc=False)
        return bool(answer.status_code == http.HTTPStatus.NOT_FOUND)
