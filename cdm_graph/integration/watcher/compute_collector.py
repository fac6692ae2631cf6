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

"""ComputeCollector: what Watcher loads for its data model ``compute``."""

import typing

from oslo_config import cfg
from oslo_log import log
from watcher.common import exception
from watcher.decision_engine.model.collector import nova
from watcher.decision_engine.scope import compute as compute_scope

from cdm_graph.integration.watcher import capacities
from cdm_graph.integration.watcher import collector
from cdm_graph.integration.watcher import compute_elements
from cdm_graph.integration.watcher import compute_model
from cdm_graph.integration.watcher import options
from cdm_graph.integration.watcher import source as sources
from cdm_graph.model import root

LOG = log.getLogger(__name__)

_Any = typing.Any


class ComputeCollector(collector.Collector):
    """Hands out models of the nodes and their servers.

    :param config: as of :class:`~cdm_graph.integration.watcher.collector.\
Collector`
    :param osc: Watcher's clients
    :param source: the live model; by default the one of ``config_files``
    :param offered: what nodes offer; by default as Placement says
    """

    stands_in_for = nova.NovaClusterDataModelCollector
    filled_by = 'nova'
    opts = options.COMPUTE_OPTS

    def __init__(
        self,
        config: _Any,
        osc: _Any = None,
        source: sources.Source | None = None,
        offered: capacities.Capacities | None = None,
    ) -> None:
        self._offered = offered or capacities.Capacities()
        super().__init__(config, osc, source)

    def get_audit_scope_handler(self, audit_scope: _Any) -> _Any:
        """Return what reduces a model to the scope of an audit."""
        return compute_scope.ComputeScope(audit_scope, self.config)

    def synchronize(self) -> None:
        """Read anew what Placement knows: Watcher calls it once a period."""
        try:
            nodes = self._snapshot().get_all_compute_nodes()
        except exception.ClusterDataModelCollectionError as error:
            LOG.warning('What nodes offer is not read anew: %s', error)
            return
        self._offered.refresh(nodes.values())

    def _model_over(
        self, snapshot: root.ModelRoot, stale: bool
    ) -> compute_model.ComputeModel:
        return compute_model.ComputeModel(
            snapshot,
            self._offered,
            stale=stale,
            instance_class=_instance_class(),
        )


def _instance_class() -> type[compute_elements.Instance]:
    group = cfg.CONF.compute_model
    if group.enable_extended_attributes:
        return compute_elements.ExtendedInstance
    return compute_elements.Instance
