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

"""New databases of the engine, over its HTTP API: Bolt has no statement.

A label takes the name that a relationship's type would need, and the engine
keeps both when all that had them is deleted.  So only a new database is as
good as an empty graph.
"""

import itertools
import typing

import requests

from tests.tck import engine

_TIMEOUT: typing.Final = 20.0


class Databases:
    """Creates a database, and drops the one before."""

    def __init__(self, endpoint: engine.Endpoint) -> None:
        self._url = f'{endpoint.http}/api/v1/server'
        self._session = requests.Session()
        # A proxy of this machine has no business with loopback.
        self._session.trust_env = False
        self._session.auth = (endpoint.user, endpoint.password)
        self._numbers = itertools.count(1)
        self._name = ''

    def close(self) -> None:
        self._session.close()

    def renew(self) -> str:
        """Return the name of a database that is empty."""
        if self._name:
            self._command(f'drop database {self._name}')
        self._name = f'tck{next(self._numbers)}'
        self._command(f'create database {self._name}')
        return self._name

    def _command(self, command: str) -> None:
        self._session.post(
            self._url, json={'command': command}, timeout=_TIMEOUT
        ).raise_for_status()
