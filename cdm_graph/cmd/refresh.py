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

"""``cdm-graph refresh``: some elements, read from the cloud now."""

import argparse
import typing

from cdm_graph.cmd import base
from cdm_graph.cmd import changes
from cdm_graph.cmd import client


class Refresh(base.Command):
    """Have a running daemon read some elements from the cloud, now.

    It returns once they were read.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""
        parser.add_argument(
            'elements',
            nargs='+',
            metavar='ELEMENT',
            help='Name or UUID of a server, a host or something else.',
        )
        changes.add_kind(parser)
        base.add_json(parser)
        base.add_socket(parser)
        base.add_timeout(parser, 10.0)

    def execute(self, options: argparse.Namespace) -> int:
        """Refresh, and print what the elements are."""
        conf = self.load_conf(base.socket_overrides(options))
        found = client.DaemonClient(conf.daemon.socket).refresh(
            [
                *(('element', each) for each in options.elements),
                *(('kind', each) for each in options.kind),
            ],
            options.timeout,
        )
        if options.json:
            self.show_json(found)
        else:
            self.show('\n'.join(_lines(found)))
        return 0


def _lines(found: dict[str, typing.Any]) -> list[str]:
    """Return a line for each element."""
    return [
        *(
            ' '.join([row['kind'], row['label'], *changes.telling(row)])
            for row in found['elements']
        ),
        *(f'{absent}: there is none' for absent in found['absent']),
    ]
