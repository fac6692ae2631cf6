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

"""The stores that can be configured, by the entry points of their names."""

import typing

from oslo_config import cfg
from stevedore import driver
from stevedore import exception as stevedore_exceptions

from cdm_graph import exceptions
from cdm_graph.store import contract

_NAMESPACE: typing.Final = 'cdm_graph.stores'
_DEFAULT_REGION: typing.Final = 'RegionOne'


def region_of(conf: cfg.ConfigOpts) -> str:
    """Return the name of the cloud in a database."""
    return str(conf.store.region or conf.nova.region_name or _DEFAULT_REGION)


def limits_of(conf: cfg.ConfigOpts) -> contract.Limits:
    """Return what a query may take."""
    return contract.Limits(conf.store.query_timeout, conf.store.query_rows)


def open_store(
    conf: cfg.ConfigOpts, name: str | None = None
) -> contract.GraphStore | None:
    """Return the configured store; none if none is configured.

    It need not be there yet: that is found when it is used.

    :param name: another one than the configured
    :raises cdm_graph.exceptions.ConfigurationError: if there is none of that
        name, or it is not installed
    """
    wanted = conf.store.name if name is None else name
    if not wanted:
        return None
    try:
        manager: typing.Any = driver.DriverManager(
            _NAMESPACE,
            wanted,
            invoke_on_load=True,
            invoke_args=(conf, region_of(conf)),
        )
    except stevedore_exceptions.NoMatches as error:
        raise exceptions.ConfigurationError(
            f'[store] name is {wanted!r}, which is not installed: there are '
            'embedded and neo4j, and those of plugins.'
        ) from error
    return typing.cast(contract.GraphStore, manager.driver)


def open_neo4j(conf: cfg.ConfigOpts, region: str) -> contract.GraphStore:
    """Return the part of a Neo4j that is of a region."""
    bolt, connection, dialect = _bolt()
    group = conf.store
    connector = connection.ServerConnector(
        group.uri, group.user, group.password, group.database
    )
    store: contract.GraphStore = bolt.BoltStore(
        connector, region, dialect.Dialect()
    )
    return store


def open_embedded(conf: cfg.ConfigOpts, region: str) -> contract.GraphStore:
    """Return the part of the embedded engine that is of a region."""
    bolt, _, dialect = _bolt()
    from cdm_graph.store import embedded

    group = conf.store
    engine = embedded.EmbeddedEngine(
        group.directory or None, group.memory, group.query_timeout
    )
    store: contract.GraphStore = bolt.BoltStore(
        engine, region, dialect.Dialect()
    )
    return store


def _bolt() -> tuple[typing.Any, typing.Any, typing.Any]:
    """Return the modules that need the driver, which is an extra."""
    try:
        from cdm_graph.store import bolt
        from cdm_graph.store import connection
        from cdm_graph.store import dialect
    except ModuleNotFoundError as error:
        raise exceptions.ConfigurationError(
            f'{error.name} is not installed: it comes with the extra '
            '"embedded" or "neo4j" of cdm-graph.'
        ) from error
    return bolt, connection, dialect
