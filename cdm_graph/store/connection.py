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

"""Drivers of a database, as the mirror and users need them.

The driver retries for a short while only: whoever uses a store has a back-off
of its own, which is capped, and the driver's is not.
"""

import threading
import typing

import neo4j

from cdm_graph import exceptions

#: Seconds in which the driver repeats a transaction by itself.
_RETRIED: typing.Final = 5.0
#: Seconds to connect, to wait for a free connection, and to leave one unused
#: before it is tried.
_CONNECT: typing.Final = 5.0
_ACQUIRE: typing.Final = 15.0
_UNUSED: typing.Final = 30.0
#: The driver knows others, which are not Bolt.
_SCHEMES: typing.Final = tuple(
    f'{scheme}{security}://'
    for scheme in ('bolt', 'neo4j')
    for security in ('', '+s', '+ssc')
)


def open_driver(uri: str, user: str, password: str) -> neo4j.Driver:
    """Return a driver; it connects when it is used.

    :raises cdm_graph.exceptions.ConfigurationError: if the address cannot be
        one of a database
    """
    try:
        if not uri.startswith(_SCHEMES):
            raise ValueError('it begins with none of ' + ', '.join(_SCHEMES))
        return neo4j.GraphDatabase.driver(
            uri,
            auth=(user, password) if user else None,
            connection_timeout=_CONNECT,
            connection_acquisition_timeout=_ACQUIRE,
            liveness_check_timeout=_UNUSED,
            max_transaction_retry_time=_RETRIED,
            notifications_min_severity='OFF',
            telemetry_disabled=True,
        )
    except (neo4j.exceptions.ConfigurationError, ValueError) as error:
        raise exceptions.ConfigurationError(
            f'[store] uri: {uri!r} is no address of a database: {error}'
        ) from error


class ServerConnector:
    """The connections to a server that somebody else runs.

    :param uri: ``neo4j://`` or ``bolt://``, with ``+s`` for TLS
    """

    def __init__(
        self, uri: str, user: str, password: str, database: str
    ) -> None:
        self._uri = uri
        self._database = database
        self._credentials = user, password
        self._lock = threading.Lock()
        self._driver = open_driver(uri, user, password)
        # In a cluster who reads is shown what was written before.
        self.bookmarks = neo4j.GraphDatabase.bookmark_manager()

    @property
    def address(self) -> str:
        """Where the database is, without secrets."""
        return f'{self._database} at {self._uri}'

    @property
    def database(self) -> str:
        """The name of the database."""
        return self._database

    @property
    def is_lasting(self) -> bool:
        """Whether the database is there after a restart of the process."""
        return True

    def writer(self) -> neo4j.Driver:
        """Return a driver that may write."""
        return self._driver

    def reader(self) -> neo4j.Driver:
        """Return a driver for what users ask.

        The server itself refuses to write in a session that only reads.
        """
        return self._driver

    def break_off(self) -> None:
        """Make all that is under way fail, at once."""
        with self._lock:
            broken = self._driver
            self._driver = open_driver(self._uri, *self._credentials)
        broken.close()

    def close(self) -> None:
        """Close all connections."""
        self._driver.close()
