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

"""The table of dependencies: bounds from requirements.txt, reasons from here.

The body of ``.. dependencies:: FILE`` has a line ``NAME: what it is for`` for
each requirement of the file.  One that is in only one of the two places is a
warning, and so fails the build.
"""

import pathlib
import re
import typing

from docutils import nodes
from sphinx import application
from sphinx.util import docutils
from sphinx.util import logging
from sphinx.util import typing as sphinx_typing
import tables

LOG = logging.getLogger(__name__)

_REQUIREMENT: typing.Final = re.compile(
    r'(?P<name>[\w.-]+(\[\w+\])?)(?P<bounds>[^#]*)#\s*(?P<license>.+)'
)


class Requirement(typing.NamedTuple):
    """A line of a file of requirements."""

    name: str
    bounds: str
    license: str


def _read(path: pathlib.Path) -> list[Requirement]:
    matches = map(_REQUIREMENT.match, path.read_text().splitlines())
    return [
        Requirement(
            match['name'], match['bounds'].strip(), match['license'].strip()
        )
        for match in matches
        if match
    ]


class DependenciesDirective(docutils.SphinxDirective):
    """``.. dependencies:: FILE``."""

    has_content = True
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        _, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(path)
        requirements = _read(pathlib.Path(path))
        purposes = self._purposes()
        for name in {each.name for each in requirements} ^ purposes.keys():
            LOG.warning(
                '%s has to be both in %s and here, with what it is for',
                name,
                self.arguments[0],
                location=self.get_location(),
            )
        rows = [
            (
                each.name,
                f'``{each.bounds}``',
                each.license,
                purposes.get(each.name, ''),
            )
            for each in requirements
        ]
        return self.parse_text_to_nodes(
            tables.list_table(
                ('Package', 'Bounds', 'License', 'What it is for'),
                (22, 18, 14, 46),
                rows,
            )
        )

    def _purposes(self) -> dict[str, str]:
        lines = (line.partition(':') for line in self.content if line)
        return {name: purpose.strip() for name, _, purpose in lines}


def setup(app: application.Sphinx) -> sphinx_typing.ExtensionMetadata:
    """Register the directive."""
    app.add_directive('dependencies', DependenciesDirective)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
