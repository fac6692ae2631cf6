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

"""Collector: what Watcher loads for one of its data models.

Watcher's strategies ask for collectors named ``compute``, ``storage`` and
``baremetal``, and its loader refuses a name that two packages offer.  So one
of these has another name, under which ``[collector] collector_plugins`` has it
loaded when the decision engine starts; and takes the place of Watcher's own,
which is a singleton, as its one instance.  From then on whoever asks for
Watcher's is handed this one.

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

import abc
import collections.abc
import typing

from oslo_config import cfg
from watcher.common import exception
from watcher.decision_engine.model.collector import base

from cdm_graph import exceptions
from cdm_graph.integration.watcher import model
from cdm_graph.integration.watcher import options
from cdm_graph.integration.watcher import source as sources
from cdm_graph.model import freshness
from cdm_graph.model import root

_Any = typing.Any


class Collector(
    base.BaseClusterDataModelCollector,  # type: ignore[misc] # has no types
):
    """Hands a new model to each strategy, over a snapshot of a live one.

    :param config: the values of :meth:`get_config_opts`
    :param osc: Watcher's clients
    :param source: the live model; by default the one of ``config_files``
    :raises cdm_graph.exceptions.ConfigurationError: if a file, or an option
        in one, cannot be used
    """

    #: Watcher's own, whose place it takes.
    stands_in_for: typing.ClassVar[type]
    #: The collector of ours that fills the live model.
    filled_by: typing.ClassVar[str]
    #: What its model is asked for in Watcher's file, beside ``period``.
    opts: typing.ClassVar[collections.abc.Sequence[cfg.Opt]] = options.OPTS

    def __init__(
        self,
        config: _Any,
        osc: _Any = None,
        source: sources.Source | None = None,
    ) -> None:
        super().__init__(config, osc)
        self._source = source or sources.Source.configured_in(
            config.config_files
        )
        self._source.require(self.filled_by)
        self._source.start()
        self._stand_in()

    @classmethod
    def get_config_opts(cls) -> list[cfg.Opt]:
        """Return the options of the collector."""
        return [*super().get_config_opts(), *cls.opts]

    @property
    def notification_endpoints(self) -> list[_Any]:
        """Nothing of Watcher's: the live model listens by itself."""
        return []

    @property
    def cluster_data_model(self) -> model.Model:
        """A new model."""
        return self.get_latest_cluster_data_model()

    def get_latest_cluster_data_model(self) -> model.Model:
        """Return a new model of the cloud as it is now.

        :raises watcher.common.exception.ClusterDataModelCollectionError: if
            there is none yet
        """
        snapshot = self._snapshot()
        readiness = snapshot.freshness.readiness
        is_stale = readiness is freshness.Readiness.STALE
        return self._model_over(snapshot, is_stale)

    def execute(self) -> model.Model:
        """Return a new model: there is nothing to build."""
        return self.get_latest_cluster_data_model()

    def synchronize(self) -> None:
        """Do nothing, once a period: the live model has periods of its own."""

    @abc.abstractmethod
    def _model_over(
        self, snapshot: root.ModelRoot, stale: bool
    ) -> model.Model:
        """Return a model that begins as a snapshot is."""

    def _snapshot(self) -> root.ModelRoot:
        try:
            return self._source.snapshot(
                self.filled_by, self.config.ready_timeout
            )
        except exceptions.NotReady as error:
            raise exception.ClusterDataModelCollectionError(
                message=str(error)
            ) from error

    def _stand_in(self) -> None:
        own = self.stands_in_for
        type(own)._instances[own] = self  # type: ignore[attr-defined]
