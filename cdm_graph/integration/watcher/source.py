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

"""Source: the live model in Watcher's process.

It is built and kept fresh there as the daemon does it, by the same service
with the same options: a snapshot is handed over within the process, and so
costs nothing.  A daemon may run beside it; each asks the cloud, and each
follows the bus, by a queue of its own: hence ``pool`` or ``topics`` of
``[notifications]`` have to be others than the daemon's.

All of Watcher's collectors share one: a collector of ours is one in its
process, with one configuration.
"""

import collections.abc
import threading
import typing

from oslo_config import cfg

from cdm_graph import exceptions
from cdm_graph import service as services
from cdm_graph.conf import loading
from cdm_graph.model import root

_Files = tuple[str, ...]


class Source:
    """Keeps a model live in this process, from :meth:`start` on.

    Thread-safe.

    :param conf: the options of the daemon
    :raises cdm_graph.exceptions.ConfigurationError: if one cannot be used
    """

    _lock: typing.ClassVar = threading.Lock()
    _shared: typing.ClassVar[dict[_Files, 'Source']] = {}

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._service = services.ClusterModelService(conf)
        self._is_running = False

    @classmethod
    def configured_in(cls, files: collections.abc.Sequence[str]) -> 'Source':
        """Return the one of this process, which some files configure.

        :param files: paths; if there are none, those of the usual places
        :raises cdm_graph.exceptions.ConfigurationError: if a file or an
            option cannot be used, or there is one with other files
        """
        wanted = tuple(files)
        with cls._lock:
            if wanted not in cls._shared:
                for known in cls._shared:
                    raise _differ(wanted, known)
                cls._shared[wanted] = cls(loading.load(wanted))
            return cls._shared[wanted]

    def require(self, name: str) -> None:
        """Refuse a configuration by which a collector does not run.

        :param name: that of the collector
        :raises cdm_graph.exceptions.ConfigurationError: if it is so
        """
        running = self._service.conf.collector.collectors
        if name not in running:
            raise exceptions.ConfigurationError(
                f'[collector] collectors names {", ".join(running)}: the '
                f'model that Watcher asks for needs {name} there, too.'
            )

    def start(self) -> None:
        """Begin to fill the model, and to keep it fresh, if it is not yet."""
        with self._lock:
            if not self._is_running:
                self._service.start()
                self._service.scheduler.start()
                self._is_running = True

    def stop(self) -> None:
        """Let go of the bus and the cloud."""
        with self._lock:
            for files, source in list(self._shared.items()):
                if source is self:
                    del self._shared[files]
        self._service.scheduler.stop()
        self._service.stop()

    def snapshot(self, name: str, timeout: float) -> root.ModelRoot:
        """Return a read-only snapshot of what a collector fills.

        What the others do, or cannot do, does not touch it.

        :param name: that of the collector
        :param timeout: seconds to wait until it is filled
        :raises cdm_graph.exceptions.NotReady: if it is not filled in time
        """
        manager = self._service.collector_manager
        try:
            return manager.get_latest_cluster_data_model(name, read_only=True)
        except exceptions.NotReady:
            collector = manager.get_collector(name)
            ticket = collector.request_synchronize('Watcher waits for it')
            collector.wait_for_synchronize(ticket, timeout)
            return manager.get_latest_cluster_data_model(name, read_only=True)


def _differ(wanted: _Files, known: _Files) -> exceptions.ConfigurationError:
    return exceptions.ConfigurationError(
        f'config_files is {_listed(wanted)} here, and {_listed(known)} for '
        'another collector: let all name the same files.'
    )


def _listed(files: _Files) -> str:
    return ','.join(files) or 'empty'
