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

"""CollectorManager: the collectors of a process."""

import threading
import typing

from cdm_graph import exceptions
from cdm_graph.collector import base
from cdm_graph.collector import loadable
from cdm_graph.collector import loader as loaders
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
            self._collectors = {}
