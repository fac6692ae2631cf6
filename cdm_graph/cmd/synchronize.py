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

"""``cdm-graph synchronize``: a full synchronize, now."""

import argparse

from cdm_graph.cmd import base
from cdm_graph.cmd import client
from cdm_graph.cmd import status


class Synchronize(base.Command):
    """Have a running daemon synchronize now, and wait for it."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""
        base.add_json(parser)
        base.add_socket(parser)
        base.add_timeout(parser, 300.0)

    def execute(self, options: argparse.Namespace) -> int:
        """Synchronize, and print the status."""
        conf = self.load_conf(base.socket_overrides(options))
        daemon = client.DaemonClient(conf.daemon.socket)
        after = daemon.synchronize(options.timeout)
        if options.json:
            self.show_json(after)
        else:
            self.show(status.describe(after))
        return 0
