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

"""What differs between databases that speak Bolt.

No more than the codes of some errors, what of a message is for people, and
which versions are too old.
"""

import re
import typing

from neo4j import exceptions as neo4j_exceptions

from cdm_graph import exceptions

_MEMORY: typing.Final = re.compile(r'OutOfMemory|MemoryPool|MemoryLimit', re.I)
_READ_ONLY: typing.Final = re.compile(
    r'AccessMode|Forbidden|not allowed|not authorized|read.?only', re.I
)
_TIMED_OUT: typing.Final = re.compile(r'TimedOut|Timeout|timed? ?out', re.I)
#: What the embedded engine says of what does not fit into its memory, and of
#: a file that it does not read.
_ELEMENTS: typing.Final = re.compile(r'queryMax|in-heap', re.I)
_LOAD_CSV: typing.Final = re.compile(r'loadCsv|update security')
#: The driver has no error of its own for a name that is not found.
_NOT_FOUND: typing.Final = re.compile(r'DNS')
#: What a database calls itself; compatible ones say with which it is.
_VERSION: typing.Final = re.compile(r'Neo4j/(\d+)\.')
#: From there on an id can be unique within a region.
_LEAST_VERSION: typing.Final = 5
_ACCESS: typing.Final = (
    'Neo.ClientError.Security.Unauthorized',
    'Neo.ClientError.Security.AuthenticationRateLimit',
    'Neo.ClientError.Security.CredentialsExpired',
    'Neo.ClientError.Security.Forbidden',
)


class Dialect:
    """What the errors of a database mean."""

    def check_server(self, address: str, agent: str) -> None:
        """Refuse a database that is too old.

        :param agent: what it calls itself
        :raises cdm_graph.exceptions.StoreUnsupported: if it is
        """
        found = _VERSION.match(agent)
        if found and int(found[1]) < _LEAST_VERSION:
            raise exceptions.StoreUnsupported(
                f'{address} is {agent}, and cdm-graph needs Neo4j '
                f'{_LEAST_VERSION} or newer: upgrade it, or name another one.'
            )

    def store_error(
        self, address: str, error: Exception
    ) -> exceptions.StoreError:
        """Return what went wrong where the mirror used the database."""
        code, words = _code(error), _words(error)
        if _MEMORY.search(code) or _is_timeout(error):
            # What takes too long is too much, as well.
            return exceptions.StoreOverloaded(f'{address}: {words}')
        if code in _ACCESS or isinstance(error, neo4j_exceptions.AuthError):
            return exceptions.StoreAccessDenied(
                f'{address} refuses the credentials, or what they may do: '
                f'{words}'
            )
        if self.is_passing(error):
            return exceptions.StoreUnavailable(f'{address}: {words}')
        return exceptions.StoreRefused(f'{address}: {words}')

    def query_error(
        self, address: str, error: Exception
    ) -> exceptions.StoreError:
        """Return what went wrong with a query of a user."""
        code, words = _code(error), _words(error)
        if code in _ACCESS[:3]:
            return self.store_error(address, error)
        if _is_timeout(error):
            return exceptions.QueryTooSlow(
                'The query took longer than it may, and was ended. Ask for '
                'less, or raise [store] query_timeout.'
            )
        if _MEMORY.search(code) or _ELEMENTS.search(words):
            return exceptions.QueryInvalid(
                'The query takes more memory than it may. Ask for less, or '
                f'raise the memory of the database. ({words})'
            )
        if _LOAD_CSV.search(words):
            return exceptions.QueryInvalid(
                'LOAD CSV is not allowed here: a query reads the graph, and '
                'no files.'
            )
        if _READ_ONLY.search(code) or _READ_ONLY.search(words):
            return exceptions.QueryInvalid(
                'A query may only read, and this one would write: nothing '
                f'was changed. ({words})'
            )
        if self.is_passing(error):
            return exceptions.StoreUnavailable(f'{address}: {words}')
        return exceptions.QueryInvalid(words)

    def is_passing(self, error: Exception) -> bool:
        """Return whether the same may work later."""
        if isinstance(error, OSError):
            return True
        if isinstance(error, ValueError):
            return _NOT_FOUND.search(str(error)) is not None
        if isinstance(
            error,
            neo4j_exceptions.DriverError | neo4j_exceptions.TransientError,
        ):
            # Such as a connection that is lost, also amid a commit.
            return not isinstance(error, neo4j_exceptions.ConfigurationError)
        code = _code(error)
        return code.startswith(
            (
                'Neo.TransientError',
                'Neo.DatabaseError.General',
                'Neo.DatabaseError.Transaction',
                'Neo.ClientError.Cluster',
                'Neo.ClientError.Database',
            )
        )


def _is_timeout(error: Exception) -> bool:
    return isinstance(error, neo4j_exceptions.Neo4jError) and bool(
        _TIMED_OUT.search(_code(error)) or _TIMED_OUT.search(_words(error))
    )


def _code(error: Exception) -> str:
    return str(getattr(error, 'code', None) or type(error).__name__)


def _words(error: Exception) -> str:
    message = getattr(error, 'message', None)
    return str(message or error).strip()
