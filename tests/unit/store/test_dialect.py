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

"""What the driver's own errors mean."""

from neo4j import exceptions as neo4j_exceptions
import pytest

from cdm_graph import exceptions
from cdm_graph.store import dialect as dialects

_WHERE = 'neo4j at bolt://db'


def _error(code: str, message: str = 'Words.') -> Exception:
    # As the driver does when a server answers with an error.
    return neo4j_exceptions.Neo4jError._hydrate_neo4j(
        code=code, message=message
    )


@pytest.mark.parametrize(
    ('error', 'expected'),
    [
        (
            _error('Neo.TransientError.General.OutOfMemoryError'),
            exceptions.StoreOverloaded,
        ),
        (
            _error('Neo.TransientError.General.MemoryPoolOutOfMemoryError'),
            exceptions.StoreOverloaded,
        ),
        (
            _error('Neo.TransientError.General.TransactionMemoryLimit'),
            exceptions.StoreOverloaded,
        ),
        (
            _error('Neo.ClientError.Security.Unauthorized'),
            exceptions.StoreAccessDenied,
        ),
        (
            _error('Neo.ClientError.Security.Forbidden'),
            exceptions.StoreAccessDenied,
        ),
        (
            _error('Neo.ClientError.Security.AuthenticationRateLimit'),
            exceptions.StoreAccessDenied,
        ),
        (
            _error('Neo.TransientError.Transaction.DeadlockDetected'),
            exceptions.StoreUnavailable,
        ),
        (
            _error('Neo.ClientError.Cluster.NotALeader'),
            exceptions.StoreUnavailable,
        ),
        (
            _error('Neo.DatabaseError.General.UnknownError'),
            exceptions.StoreUnavailable,
        ),
        (
            _error('Neo.ClientError.Database.DatabaseNotFound'),
            exceptions.StoreUnavailable,
        ),
        (
            neo4j_exceptions.ServiceUnavailable('Gone.'),
            exceptions.StoreUnavailable,
        ),
        (
            neo4j_exceptions.IncompleteCommit('Who knows.'),
            exceptions.StoreUnavailable,
        ),
        (
            neo4j_exceptions.SessionExpired('Moved.'),
            exceptions.StoreUnavailable,
        ),
        (
            _error('Neo.ClientError.Schema.ConstraintValidationFailed'),
            exceptions.StoreRefused,
        ),
        (
            _error('Neo.ClientError.Statement.ArgumentError'),
            exceptions.StoreRefused,
        ),
        (
            neo4j_exceptions.ConfigurationError('Odd.'),
            exceptions.StoreRefused,
        ),
        # A name that is not found is an error of Python's own.
        (
            ValueError('Failed to DNS resolve address db:7687'),
            exceptions.StoreUnavailable,
        ),
        (ConnectionResetError('Reset.'), exceptions.StoreUnavailable),
        (OverflowError('Too large.'), exceptions.StoreRefused),
        (ValueError('No such value.'), exceptions.StoreRefused),
    ],
)
def test_what_befalls_the_mirror_is_told_apart(
    error: Exception, expected: type[Exception]
) -> None:
    told = dialects.Dialect().store_error(_WHERE, error)
    assert type(told) is expected
    assert str(told).startswith(_WHERE)
    assert getattr(error, 'message', None) or str(error) in str(told)


@pytest.mark.parametrize(
    ('error', 'expected', 'words'),
    [
        (
            _error('Neo.ClientError.Statement.SyntaxError', 'Here: ^'),
            exceptions.QueryInvalid,
            'Here: ',
        ),
        (
            _error('Neo.ClientError.Statement.AccessMode', 'Writing is out.'),
            exceptions.QueryInvalid,
            r'nothing was changed. \(Writing is out',
        ),
        (
            _error('Neo.ClientError.Security.Forbidden', 'No.'),
            exceptions.QueryInvalid,
            'nothing was changed',
        ),
        (
            _error('Neo.DatabaseError.General.UnknownError', 'not allowed'),
            exceptions.QueryInvalid,
            'nothing was changed',
        ),
        (
            _error(
                'Neo.ClientError.Transaction.'
                'TransactionTimedOutClientConfiguration'
            ),
            exceptions.QueryTooSlow,
            'took longer',
        ),
        (
            _error('Neo.DatabaseError.General.UnknownError', 'Timed out'),
            exceptions.QueryTooSlow,
            'took longer',
        ),
        (
            _error('Neo.ClientError.Security.Unauthorized'),
            exceptions.StoreAccessDenied,
            'credentials',
        ),
        (
            _error('Neo.TransientError.General.DatabaseUnavailable'),
            exceptions.StoreUnavailable,
            _WHERE,
        ),
        (
            neo4j_exceptions.ServiceUnavailable('Gone.'),
            exceptions.StoreUnavailable,
            'Gone',
        ),
        (
            ValueError('Failed to DNS resolve address db:7687'),
            exceptions.StoreUnavailable,
            _WHERE,
        ),
        (OverflowError('Too large.'), exceptions.QueryInvalid, 'Too large'),
    ],
)
def test_what_is_wrong_with_a_query_is_told_apart(
    error: Exception, expected: type[Exception], words: str
) -> None:
    told = dialects.Dialect().query_error(_WHERE, error)
    assert type(told) is expected
    with pytest.raises(expected, match=words):
        raise told
