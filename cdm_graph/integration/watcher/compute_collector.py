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

"""ComputeCollector: what Watcher loads for its data model ``compute``.

Watcher's strategies ask for a collector named ``compute``, and its loader
refuses a name that two packages offer.  So this one has another name, under
which ``[collector] collector_plugins`` has it loaded when the decision engine
starts; and takes the place of Watcher's own, which is a singleton, as its one
instance.  From then on whoever asks for ``compute`` is handed this one.

For that it writes to where oslo.service keeps singletons, which is private;
Watcher's own tests do, too.  Watcher has no other way: the name ``compute`` is
a word in its strategies, no option leads from it to another class, and what
its own collector is handed over its public setter is thrown away at the next
scope.  Whatever else reaches the strategies would change Watcher's classes.

Watcher builds its model for the scope of an audit, hands out deep copies, and
two audits at a time share what the last one asked for.  Here the model is the
whole cloud, kept fresh by what happens in it; each audit has its own view of
a snapshot, which Watcher's own scope reduces.
"""

import typing

from oslo_config import cfg
from oslo_log import log
from watcher.common import exception
from watcher.decision_engine.model.collector import base
from watcher.decision_engine.model.collector import nova
from watcher.decision_engine.scope import compute as compute_scope

from cdm_graph import exceptions
from cdm_graph.integration.watcher import capacities
from cdm_graph.integration.watcher import compute_elements
from cdm_graph.integration.watcher import compute_model
from cdm_graph.integration.watcher import options
from cdm_graph.integration.watcher import source as sources
from cdm_graph.model import freshness
from cdm_graph.model import root

LOG = log.getLogger(__name__)

_Any = typing.Any


class ComputeCollector(
    base.BaseClusterDataModelCollector  # type: ignore[misc] # has no types
):
    """Hands a new model to each strategy, over a snapshot of a live one.

    :param config: the values of :meth:`get_config_opts`
    :param osc: Watcher's clients
    :param source: the live model; by default the one of ``config_files``
    :param offered: what nodes offer; by default as Placement says
    """

    def __init__(
        self,
        config: _Any,
        osc: _Any = None,
        source: sources.Source | None = None,
        offered: capacities.Capacities | None = None,
    ) -> None:
        super().__init__(config, osc)
        self._source = source or sources.Source.configured_in(
            config.config_files
        )
        self._offered = offered or capacities.Capacities()
        self._source.start()
        self._stand_in()

    @classmethod
    def get_config_opts(cls) -> list[cfg.Opt]:
        """Return the options of the collector."""
        return [*super().get_config_opts(), *options.OPTS]

    @property
    def notification_endpoints(self) -> list[_Any]:
        """Nothing of Watcher's: the live model listens by itself."""
        return []

    @property
    def cluster_data_model(self) -> compute_model.ComputeModel:
        """A new model."""
        return self.get_latest_cluster_data_model()

    def get_audit_scope_handler(self, audit_scope: _Any) -> _Any:
        """Return what reduces a model to the scope of an audit."""
        return compute_scope.ComputeScope(audit_scope, self.config)

    def get_latest_cluster_data_model(self) -> compute_model.ComputeModel:
        """Return a new model of the cloud as it is now.

        :raises watcher.common.exception.ClusterDataModelCollectionError: if
            there is none yet
        """
        snapshot = self._snapshot()
        readiness = snapshot.freshness.readiness
        return compute_model.ComputeModel(
            snapshot,
            self._offered,
            stale=readiness is freshness.Readiness.STALE,
            instance_class=_instance_class(),
        )

    def execute(self) -> compute_model.ComputeModel:
        """Return a new model: there is nothing to build."""
        return self.get_latest_cluster_data_model()

    def synchronize(self) -> None:
        """Read anew what Placement knows: Watcher calls it once a period.

        The live model has periods of its own.
        """
        try:
            nodes = self._snapshot().get_all_compute_nodes()
        except exception.ClusterDataModelCollectionError as error:
            LOG.warning('What nodes offer is not read anew: %s', error)
            return
        self._offered.refresh(nodes.values())

    def _snapshot(self) -> root.ModelRoot:
        try:
            return self._source.snapshot(self.config.ready_timeout)
        except exceptions.NotReady as error:
            raise exception.ClusterDataModelCollectionError(
                message=str(error)
            ) from error

    def _stand_in(self) -> None:
        own = nova.NovaClusterDataModelCollector
        type(own)._instances[own] = self


def _instance_class() -> type[compute_elements.Instance]:
    group = cfg.CONF.compute_model
    if group.enable_extended_attributes:
        return compute_elements.ExtendedInstance
    return compute_elements.Instance
