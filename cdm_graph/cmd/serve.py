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

"""``cdm-graph serve``: the daemon."""

import argparse
import queue
import signal

from oslo_log import log
from oslo_service import service as oslo_service

from cdm_graph import interpreter
from cdm_graph import service
from cdm_graph.api import app
from cdm_graph.api import server
from cdm_graph.cmd import base

LOG = log.getLogger(__name__)


class Serve(base.Command):
    """Keep the model of a cloud live, until stopped by SIGTERM or SIGINT.

    SIGHUP reads the configuration files again; options that say so change.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""
        base.add_socket(parser)

    def execute(self, options: argparse.Namespace) -> int:
        """Serve, and return 0 when told to stop."""
        conf = self.load_conf(base.socket_overrides(options))
        if self.debug:
            conf.set_override('debug', True)
        log.setup(conf, 'cdm-graph')
        main = service.ClusterModelService(conf)
        tuned = interpreter.Interpreter(main.last_read_at)
        api = server.ApiService(app.build(main), conf)
        services = oslo_service.Services(restart_method='mutate')
        signals = _Signals(services, main)
        main.start()
        services.add(tuned)
        services.add(main.scheduler)
        services.add(api)
        LOG.info(
            'Serving on %s.',
            ' and '.join(filter(None, (conf.daemon.socket, conf.api.listen))),
        )
        signals.wait_for_stop()
        LOG.info('Stopping.')
        services.stop()
        main.stop()
        return 0


class _Signals:
    """What the signals mean; handled in the main thread.

    A signal handler interrupts the thread that waits: the one thing that it
    may safely wake it with is a simple queue, which is reentrant.
    """

    def __init__(
        self,
        services: oslo_service.Services,
        main: service.ClusterModelService,
    ) -> None:
        self._services = services
        self._main = main
        self._asked: queue.SimpleQueue[bool] = queue.SimpleQueue()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGHUP, self._on_reload)

    def wait_for_stop(self) -> None:
        """Return when the daemon is to stop; reload meanwhile."""
        while not self._asked.get():
            LOG.info('Reading the configuration again.')
            self._main.reset()
            self._services.restart()

    def _on_stop(self, *_args: object) -> None:
        self._main.stop_soon()
        self._asked.put(True)

    def _on_reload(self, *_args: object) -> None:
        self._asked.put(False)
