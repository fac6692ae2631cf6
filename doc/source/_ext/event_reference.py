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

"""Writes the reference of Nova's event types from their one table.

``.. nova-events:: versioned`` and ``.. nova-events:: legacy`` write what each
event type is believed for, by :mod:`cdm_graph.notification.nova.events`.
"""

import typing

from docutils import nodes
from sphinx import application
from sphinx.util import docutils
from sphinx.util import typing as sphinx_typing
import tables

from cdm_graph.notification.nova import events

_TABLES: typing.Final = {
    'versioned': events.VERSIONED,
    'legacy': events.LEGACY,
}


def _events(name: str) -> str:
    rows = [
        (f'``{event_type.name}``', event_type.authority.value)
        for event_type in sorted(
            _TABLES[name].values(), key=lambda each: each.name
        )
    ]
    return tables.list_table(
        ('Event type', 'What it is believed for'), (55, 45), rows
    )


class EventsDirective(docutils.SphinxDirective):
    """``.. nova-events:: FORMAT``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table of one format."""
        self.env.note_dependency(events.__file__)
        return self.parse_text_to_nodes(_events(self.arguments[0]))


def setup(app: application.Sphinx) -> sphinx_typing.ExtensionMetadata:
    """Register the directive."""
    app.add_directive('nova-events', EventsDirective)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
