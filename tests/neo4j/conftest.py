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

"""A Neo4j and an embedded engine for the session; regions for tests."""

import collections.abc
import itertools
import logging
import pathlib
import typing

import pytest

from cdm_graph.store import bolt
from tests.neo4j import backends

#: Seconds after which the embedded engine ends a statement: long enough for
#: all but what is to be ended.
_QUERY_TIMEOUT: typing.Final = 15.0
_NUMBERS: typing.Final = itertools.count(1)
_ENGINES: typing.Final = ('neo4j', 'embedded')


@pytest.fixture(scope='session', autouse=True)
def _quiet_driver() -> None:
    """Not each connection that breaks is news here."""
    logging.getLogger('neo4j').setLevel(logging.CRITICAL)


@pytest.fixture(scope='session')
def neo4j_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> collections.abc.Iterator[backends.Neo4j]:
    """The one Neo4j of the session."""
    with backends.a_neo4j(tmp_path_factory.mktemp('neo4j')) as backend:
        yield backend


@pytest.fixture(scope='session')
def engine(
    tmp_path_factory: pytest.TempPathFactory,
) -> collections.abc.Iterator[backends.Embedded]:
    """The one embedded engine of the session, with a lasting directory."""
    folder: pathlib.Path = tmp_path_factory.mktemp('embedded')
    with backends.an_engine(folder, _QUERY_TIMEOUT) as backend:
        yield backend


@pytest.fixture(params=_ENGINES, scope='session')
def shared_backend(request: pytest.FixtureRequest) -> backends.Backend:
    """Each of the two, for all tests of a module in turn."""
    name = 'neo4j_server' if request.param == 'neo4j' else 'engine'
    return typing.cast(backends.Backend, request.getfixturevalue(name))


@pytest.fixture
def backend(
    shared_backend: backends.Backend,
) -> collections.abc.Iterator[backends.Backend]:
    """Each of the two, up and empty."""
    shared_backend.start()
    shared_backend.clear()
    yield shared_backend
    if isinstance(shared_backend, backends.Neo4j):
        shared_backend.close_stores()


@pytest.fixture
def region() -> str:
    """A region that no other test has."""
    return f'region-{next(_NUMBERS)}'


@pytest.fixture
def store(backend: backends.Backend, region: str) -> bolt.BoltStore:
    """A store with its schema, and nothing else."""
    made = backend.store(region)
    made.ensure_schema()
    return made
