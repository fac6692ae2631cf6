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

"""``cdm-graph diff``: what is different between two exports or moments."""

import argparse
import collections
import typing

from cdm_graph import exceptions
from cdm_graph.cmd import base
from cdm_graph.cmd import changes
from cdm_graph.cmd import client
from cdm_graph.cmd import periods
from cdm_graph.export import difference
from cdm_graph.export import reading

#: As diff has it.
_TROUBLE: typing.Final = 2

_Rows = list[dict[str, typing.Any]]


class Diff(base.Command):
    """Show what is different between two exports, or between two moments.

    Exports may be of whatever format. With --since the running daemon is
    asked instead what is different between that moment and --until.

    It returns 0 if nothing is, 1 if something is and 2 if that cannot be
    told: an export cannot be read, or not all that happened is known.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""
        parser.add_argument(
            'exports',
            nargs='*',
            metavar='EXPORT',
            help='Two exports: of the first moment, and of the second.',
        )
        periods.add_period(parser)
        changes.add_kind(parser)
        base.add_json(parser)
        base.add_socket(parser)

    def execute(self, options: argparse.Namespace) -> int:
        """Print the differences."""
        try:
            _check(options)
            if options.exports:
                return self._between_exports(options)
            return self._between_moments(options)
        except exceptions.CdmGraphError as error:
            return self._fail(error, _TROUBLE)

    def _between_exports(self, options: argparse.Namespace) -> int:
        documents = map(reading.read, options.exports)
        found = [
            row
            for row in difference.rows(*documents)
            if not options.kind or row['kind'] in options.kind
        ]
        self._print(found, as_json=options.json)
        return int(bool(found))

    def _between_moments(self, options: argparse.Namespace) -> int:
        conf = self.load_conf(base.socket_overrides(options))
        wanted = [('kind', kind) for kind in options.kind]
        wanted += periods.period(options)
        found = client.DaemonClient(conf.daemon.socket).differences(wanted)
        for gap in found['gaps']:
            self.say(periods.gap(gap))
        self._print(found['differences'], as_json=options.json)
        if not found['is_complete']:
            self.say('There may be other differences.')
            return _TROUBLE
        return int(bool(found['differences']))

    def _print(self, found: _Rows, *, as_json: bool) -> None:
        if as_json:
            self.show_json(found)
            return
        for row in found:
            self.show(f'{row["kind"]} {row["name"]}  {changes.details(row)}')
        self.say(_summary(found))


def _check(options: argparse.Namespace) -> None:
    """Look whether it is told between what."""
    moments = periods.period(options)
    if len(options.exports) == 2 and not moments:
        return
    if options.exports or options.since is None:
        raise exceptions.InvalidRequest(
            'Name two exports, or a moment with --since.'
        )


def _summary(found: _Rows) -> str:
    counts = collections.Counter(row['what'] for row in found)
    if not counts:
        return 'Nothing is different.'
    return ', '.join(
        f'{count} {what}' for what, count in sorted(counts.items())
    )
