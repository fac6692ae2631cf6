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

"""The peer: Watcher's own collectors, with Watcher's own clients."""

import collections.abc
import logging
import typing
import warnings

from keystoneauth1 import loading
from oslo_log import log
from watcher.common import utils
from watcher.conf import CONF
from watcher.decision_engine.model import model_root
from watcher.decision_engine.model.collector import cinder
from watcher.decision_engine.model.collector import nova
from watcher.decision_engine.strategy import strategies

_Any = typing.Any
_GROUP: typing.Final = 'watcher_clients_auth'


def prepare() -> None:
    """Make Watcher's code work without its services, and log nothing."""
    # Some of its modules turn all warnings on when they are imported.
    assert strategies
    warnings.simplefilter('ignore')
    logging.disable(logging.CRITICAL)
    # What fails here fails again at once.
    CONF.set_override('api_query_interval', 0, group='collector')
    if 'debug' not in CONF:
        log.register_options(CONF)
    CONF([], project='watcher', default_config_files=[])
    CONF.register_opts(
        loading.get_auth_plugin_conf_options('password'), group=_GROUP
    )
    CONF.set_override('auth_type', 'password', group=_GROUP)
    # Nobody: some of Watcher's classes make a client that they do not use.
    CONF.set_override('auth_url', 'http://127.0.0.1:9', group=_GROUP)


def log_in(
    auth_url: str, credentials: collections.abc.Mapping[str, str]
) -> None:
    """Have Watcher's clients use a cloud."""
    CONF.set_override('auth_url', auth_url, group=_GROUP)
    for name, value in credentials.items():
        if name == 'region_name':
            for service in ('nova', 'cinder', 'placement'):
                CONF.set_override(name, value, group=service)
        else:
            CONF.set_override(name, value, group=_GROUP)


class Collector(nova.NovaClusterDataModelCollector):  # type: ignore[misc]
    """Watcher's own, with one of the orders that its model may have."""

    def execute(self) -> _Any:
        return _ordered(super().execute())


def collector() -> Collector:
    """Return a collector that has built nothing yet."""
    made = type.__call__(Collector, utils.Struct(period=3600))
    return typing.cast(Collector, made)


def _ordered(model: _Any) -> _Any:
    """Return a model with the same elements, the nodes by their hosts."""
    if model is None:
        return None
    ordered = model_root.ModelRoot()
    nodes = model.get_all_compute_nodes().values()
    for node in sorted(nodes, key=lambda node: (node.hostname, node.uuid)):
        ordered.add_node(node)
        for instance in model.get_node_instances(node):
            ordered.add_instance(instance)
            ordered.map_instance(instance, node)
    return ordered


class StorageCollector(
    cinder.CinderClusterDataModelCollector  # type: ignore[misc]
):
    """Watcher's own, with one of the orders that attachments may have.

    Cinder's database gives those of a volume in any.
    """

    def execute(self) -> _Any:
        model = super().execute()
        if model is not None:
            for volume in model.get_all_volumes().values():
                volume.attachments = sorted(
                    volume.attachments, key=lambda each: each['server_id']
                )
        return model


def storage_collector() -> StorageCollector:
    """Return a collector of storage that has built nothing yet."""
    made = type.__call__(StorageCollector, utils.Struct(period=3600))
    return typing.cast(StorageCollector, made)
