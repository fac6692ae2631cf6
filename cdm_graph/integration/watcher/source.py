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
costs nothing.  A daemon may run beside it; each asks Nova, and each follows
the bus, by a queue of its own: hence ``pool`` or ``topics`` of
``[notifications]`` have to be others than the daemon's.
"""

import collections.abc
import typing

from oslo_config import cfg

from cdm_graph import exceptions
from cdm_graph import service as services
from cdm_graph.conf import loading
from cdm_graph.model import root


class Source:
    """Keeps a model live in this process, from :meth:`start` on.

    :param conf: the options of the daemon
    :raises cdm_graph.exceptions.ConfigurationError: if one cannot be used
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._service = services.ClusterModelService(conf)

    @classmethod
    def configured_in(
        cls, files: collections.abc.Sequence[str]
    ) -> typing.Self:
        """Return one that is configured in some files.

        :param files: paths; if there are none, those of the usual places
        :raises cdm_graph.exceptions.ConfigurationError: if a file or an
            option cannot be used
        """
        return cls(loading.load(files))

    def start(self) -> None:
        """Begin to fill the model, and to keep it fresh."""
        self._service.start()
        self._service.scheduler.start()

    def stop(self) -> None:
        """Let go of the bus and the cloud."""
        self._service.scheduler.stop()
        self._service.stop()

    def snapshot(self, timeout: float) -> root.ModelRoot:
        """Return a read-only snapshot.

        :param timeout: seconds to wait until the model is filled
        :raises cdm_graph.exceptions.NotReady: if it is not filled in time
        """
        try:
            return self._service.snapshot()
        except exceptions.NotReady:
            self._service.synchronize(timeout)
            return self._service.snapshot()
