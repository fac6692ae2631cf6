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
import signal
import threading

from oslo_log import log
from oslo_service import service as oslo_service

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
        api = server.ApiService(app.build(main), conf.daemon.socket)
        services = oslo_service.Services(restart_method='mutate')
        signals = _Signals(services)
        main.start()
        services.add(main.scheduler)
        services.add(api)
        LOG.info('Serving on %s.', conf.daemon.socket)
        signals.wait_for_stop(main)
        LOG.info('Stopping.')
        services.stop()
        main.stop()
        return 0


class _Signals:
    """What the signals mean; handled in the main thread."""

    def __init__(self, services: oslo_service.Services) -> None:
        self._services = services
        self._wake = threading.Event()
        self._stop = False
        self._reload = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGHUP, self._on_reload)

    def wait_for_stop(self, main: service.ClusterModelService) -> None:
        """Return when the daemon is to stop; reload meanwhile."""
        while not self._stop:
            self._wake.wait()
            self._wake.clear()
            if self._reload:
                self._reload = False
                LOG.info('Reading the configuration again.')
                main.reset()
                self._services.restart()

    def _on_stop(self, *_args: object) -> None:
        self._stop = True
        self._wake.set()

    def _on_reload(self, *_args: object) -> None:
        self._reload = True
        self._wake.set()
