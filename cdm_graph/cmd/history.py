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

"""``cdm-graph history``: what a running daemon remembers."""

import argparse
import typing

from cdm_graph.cmd import base
from cdm_graph.cmd import changes
from cdm_graph.cmd import client
from cdm_graph.cmd import periods

_LIMIT: typing.Final = 100


class History(base.Command):
    """Show what changed: where a server was, when it moved, and why.

    The daemon remembers a number of changes ([history] changes), also over a
    restart if there is a file for them ([history] file).
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""
        changes.add_selection(parser)
        periods.add_period(parser)
        parser.add_argument(
            '--limit',
            type=base.positive_integer,
            default=_LIMIT,
            metavar='N',
            help='The last so many changes. Default: %(default)s.',
        )
        base.add_json(parser)
        base.add_socket(parser)

    def execute(self, options: argparse.Namespace) -> int:
        """Print what is known."""
        conf = self.load_conf(base.socket_overrides(options))
        wanted = changes.selection(options) + periods.period(options)
        wanted.append(('limit', str(options.limit)))
        found = client.DaemonClient(conf.daemon.socket).history(wanted)
        if options.json:
            self.show_json(found['changes'])
            return 0
        for row in found['changes']:
            self.show(changes.line(row))
        for gap in found['gaps']:
            self.say(periods.gap(gap))
        self.say(_about(found))
        return 0


def _about(found: dict[str, typing.Any]) -> str:
    count = len(found['changes'])
    return (
        f'{count} {"change" if count == 1 else "changes"}'
        f'{"; there are older ones" if found["has_more"] else ""}; '
        f'the daemon remembers {periods.began(found["began_at"])}.'
    )
