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

"""What the daemon exports, and the alerts that are shipped.

``.. metric-table:: GROUP`` writes a table of the families of a group, from
:mod:`cdm_graph.api.families`; ``.. alert-table::`` one of all alerts, from
:file:`etc/prometheus`.  So the page cannot fall behind them.
"""

import collections.abc
import pathlib
import re
import typing

from docutils import nodes
from sphinx import application
from sphinx.util import docutils
from sphinx.util import typing as sphinx_typing
import tables
import yaml

from cdm_graph.api import exposition
from cdm_graph.api import families
from cdm_graph.api import family

_ALERTS: typing.Final = (
    pathlib.Path(__file__).parents[3]
    / 'etc'
    / 'prometheus'
    / 'cdm-graph-alerts.yaml'
)
#: What the end of a name says of the unit; the first that fits.
_UNITS: typing.Final = {
    'timestamp_seconds': 'seconds since the epoch',
    'seconds': 'seconds',
    'elements': 'elements',
    'relations': 'relations',
    'changes': 'changes',
    'reasons': 'reasons',
    'notifications': 'notifications',
    'notifications_received': 'notifications',
    'notifications_pending': 'notifications',
    'interruptions': 'interruptions',
    'synchronizes': 'synchronizes',
    'polls': 'polls',
    'in_a_row': 'attempts',
    'state': '0 or 1',
    'configured': '0 or 1',
    'alive': '0 or 1',
    'info': '1',
}
#: Of a value in a template of Prometheus.
_PLACEHOLDER: typing.Final = re.compile(
    r'\{\{ \$(?:labels\.)?(\w+)(?: \| \w+)? \}\}'
)


def _unit(name: str) -> str:
    bare = name.removesuffix('_total')
    return next(
        unit for end, unit in _UNITS.items() if bare.endswith(f'_{end}')
    )


def _row(each: family.Family) -> tables.Row:
    return (
        f'``{each.name}``',
        each.type.value,
        _unit(each.name),
        ', '.join(f'``{label}``' for label in each.labels),
        each.meaning,
    )


def _group(name: str) -> collections.abc.Iterable[family.Family]:
    if name != 'http':
        found: tuple[family.Family, ...] = getattr(families, name.upper())
        return found
    return [
        family.Family(
            exposition.LATENCY,
            family.Type.HISTOGRAM,
            exposition.LATENCY_MEANING,
            exposition.LATENCY_LABELS,
            lambda _: iter(()),
        )
    ]


def _in_words(template: str) -> str:
    """Return a template with the names of what is put in."""
    return _PLACEHOLDER.sub(r'*\1*', template)


def _alert_row(rule: dict[str, typing.Any]) -> tables.Row:
    notes = rule['annotations']
    return (
        f'``{rule["alert"]}``',
        rule['labels']['severity'],
        rule.get('for', 'at once'),
        _in_words(notes['summary']),
        _in_words(notes['description']),
    )


class MetricTableDirective(docutils.SphinxDirective):
    """``.. metric-table:: GROUP``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        self.env.note_dependency(families.__file__)
        self.env.note_dependency(exposition.__file__)
        return self.parse_text_to_nodes(
            tables.list_table(
                ('Metric', 'Type', 'Unit', 'Labels', 'Meaning'),
                (34, 9, 12, 12, 33),
                [_row(each) for each in _group(self.arguments[0])],
            )
        )


class AlertTableDirective(docutils.SphinxDirective):
    """``.. alert-table::``."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        self.env.note_dependency(str(_ALERTS))
        groups = yaml.safe_load(_ALERTS.read_text())['groups']
        return self.parse_text_to_nodes(
            tables.list_table(
                ('Alert', 'Severity', 'After', 'What it says', 'What to do'),
                (24, 10, 8, 26, 32),
                [
                    _alert_row(each)
                    for group in groups
                    for each in group['rules']
                ],
            )
        )


def setup(app: application.Sphinx) -> sphinx_typing.ExtensionMetadata:
    """Register the directives."""
    app.add_directive('metric-table', MetricTableDirective)
    app.add_directive('alert-table', AlertTableDirective)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
