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

"""CollectorManager: the collectors of a process, and their models as one.

Where one collector runs its model is the model; where several do, they are
joined (:mod:`cdm_graph.model.joined_model`).
"""

import collections.abc
import threading
import time
import typing

from cdm_graph import exceptions
from cdm_graph.collector import base
from cdm_graph.collector import loadable
from cdm_graph.collector import loader as loaders
from cdm_graph.collector import rest_client
from cdm_graph.model import freshness
from cdm_graph.model import joined_model
from cdm_graph.model import live_model
from cdm_graph.model import schema
from cdm_graph.model import snapshot as snapshots
from cdm_graph.notification import handler


class CollectorManager:
    """Loads the configured collectors, and keeps them.

    Thread-safe.

    :param names: the entry points to load
    """

    def __init__(
        self,
        names: typing.Iterable[str],
        surroundings: loadable.Surroundings,
        loader: loaders.ClusterModelCollectorLoader | None = None,
    ) -> None:
        self.loader = loader or loaders.ClusterModelCollectorLoader()
        self._names = tuple(names)
        self._surroundings = surroundings
        self._lock = threading.Lock()
        self._collectors: dict[str, base.BaseClusterModelCollector] = {}
        self._joined: dict[tuple[str, ...], joined_model.JoinedModel] = {}

    def get_collectors(self) -> dict[str, base.BaseClusterModelCollector]:
        """Return the collectors by their names, loading them if need be.

        :raises cdm_graph.exceptions.CollectorNotFound: if one is not
            installed
        """
        with self._lock:
            for name in self._names:
                if name not in self._collectors:
                    self._collectors[name] = self.loader.load(
                        name, self._surroundings
                    )
            return dict(self._collectors)

    def get_loaded(self) -> tuple[base.BaseClusterModelCollector, ...]:
        """Return the collectors that are loaded by now."""
        return tuple(self._collectors.values())

    def get_collector(self, name: str) -> base.BaseClusterModelCollector:
        """Return one collector.

        :raises cdm_graph.exceptions.CollectorNotFound: if it is not among
            the configured ones
        """
        try:
            return self.get_collectors()[name]
        except KeyError:
            raise exceptions.CollectorNotFound(
                f'No collector {name!r} is configured; there are: '
                f'{", ".join(self._names)}.'
            ) from None

    def services(self) -> tuple[rest_client.Service, ...]:
        """Return the services that are asked, before any of them is.

        :raises cdm_graph.exceptions.CollectorNotFound: if a collector is not
            installed
        """
        found = (
            each
            for name in self._names
            for each in self.loader.find(name).services
        )
        return tuple(dict.fromkeys(found))

    def get_model(self, *names: str) -> live_model.LiveModel:
        """Return the live model of some collectors together.

        :param names: of the collectors; all that are configured if none is
            named.  Of an element that several have the first counts
        :raises cdm_graph.exceptions.CollectorNotFound: if one is not among
            the configured ones
        """
        chosen = names or self._names
        models = {
            name: self.get_collector(name).cluster_data_model
            for name in chosen
        }
        if len(models) == 1:
            return next(iter(models.values()))
        with self._lock:
            if chosen not in self._joined:
                self._joined[chosen] = joined_model.JoinedModel(
                    models,
                    clock=self._surroundings.clock,
                    default_zone=self._default_zone,
                )
            return self._joined[chosen]

    def get_latest_cluster_data_model(
        self, *names: str, read_only: bool = False
    ) -> snapshots.Snapshot:
        """Return an isolated snapshot of the model of some collectors.

        :param names: as of :meth:`get_model`
        :param read_only: whether it will only be read: then it shares what
            is looked at with others
        :raises cdm_graph.exceptions.CollectorNotFound: if a collector is not
            among the configured ones
        :raises cdm_graph.exceptions.NotReady: if no model was ever filled
        """
        model = self.get_model(*names)
        readiness = model.freshness.readiness
        if readiness is freshness.Readiness.NOT_READY:
            raise self._not_ready(names or self._names)
        return model.snapshot(read_only=read_only)

    def keeps(self, kind: schema.Kind) -> bool:
        """Return whether a collector can read elements of a kind."""
        return any(kind in each.kinds for each in self.get_loaded())

    def refresh(
        self,
        keys: collections.abc.Iterable[schema.ElementKey],
        timeout: float,
    ) -> bool:
        """Have elements read by the collectors that can.

        :returns: whether all were, within that many seconds
        """
        wanted = tuple(keys)
        deadline = time.monotonic() + timeout
        asked = [
            (each, [key for key in wanted if key.kind in each.kinds])
            for each in self.get_loaded()
        ]
        for collector, some in asked:
            collector.refresh(some, wait=False)
        return all(
            collector.wait_until_clean(
                some, max(0.0, deadline - time.monotonic())
            )
            for collector, some in asked
        )

    def _not_ready(self, names: tuple[str, ...]) -> exceptions.NotReady:
        errors = (self.get_collector(name).health.last_error for name in names)
        said = ' '.join(str(error) for error in errors if error)
        return exceptions.NotReady(
            'The model is being filled for the first time.'
            + (f' The last attempt failed: {said}' if said else '')
        )

    @property
    def _default_zone(self) -> str:
        group = self._surroundings.conf.collector
        return str(group.default_availability_zone)

    def get_notification_handlers(
        self,
    ) -> tuple[handler.NotificationHandler, ...]:
        """Return the notification handlers of all collectors."""
        return tuple(
            collector.notification_handler
            for collector in self.get_collectors().values()
        )

    def stop(self) -> None:
        """Stop all collectors, and let go of them."""
        with self._lock:
            for collector in self._collectors.values():
                collector.stop()
            for model in self._joined.values():
                model.close()
            self._collectors = {}
            self._joined = {}
