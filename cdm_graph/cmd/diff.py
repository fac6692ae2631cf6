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

"""``cdm-graph diff``: what is different between two exports."""

import argparse
import collections
import typing

from cdm_graph import exceptions
from cdm_graph.cmd import base
from cdm_graph.cmd import changes
from cdm_graph.export import difference
from cdm_graph.export import reading

#: As diff has it.
_TROUBLE: typing.Final = 2


class Diff(base.Command):
    """Show what is different between two exports, of whatever format.

    It returns 0 if nothing is, 1 if something is and 2 if one cannot be read.
    """

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own options."""
        parser.add_argument(
            'before', metavar='BEFORE', help='An export of the first moment.'
        )
        parser.add_argument(
            'after', metavar='AFTER', help='An export of the second moment.'
        )
        changes.add_kind(parser)
        base.add_json(parser)

    def execute(self, options: argparse.Namespace) -> int:
        """Print the differences."""
        try:
            documents = map(reading.read, (options.before, options.after))
            rows = list(difference.rows(*documents))
        except exceptions.ExportError as error:
            return self._fail(error, _TROUBLE)
        found = [
            row
            for row in rows
            if not options.kind or row['kind'] in options.kind
        ]
        if options.json:
            self.show_json(found)
        else:
            for row in found:
                self.show(
                    f'{row["kind"]} {row["name"]}  {changes.details(row)}'
                )
            self.say(_summary(found))
        return int(bool(found))


def _summary(found: list[dict[str, typing.Any]]) -> str:
    counts = collections.Counter(row['what'] for row in found)
    if not counts:
        return 'Nothing is different.'
    return ', '.join(
        f'{count} {what}' for what, count in sorted(counts.items())
    )
