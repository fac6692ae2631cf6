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

"""The curated questions, from their files.

``.. question-table::`` writes a table of all of them, ``.. question-list::``
a section for each, with what it takes and answers and with its statement.
What they say stands in :file:`cypher/queries` alone, so the reference cannot
fall behind it.
"""

import collections.abc
import json
import pathlib
import re
import textwrap
import typing

from docutils import nodes
from sphinx import application
from sphinx.util import docutils
from sphinx.util import typing as sphinx_typing
import tables

from cdm_graph.store import questions

#: What means something in reStructuredText.
_MARKUP: typing.Final = re.compile(r'[\\*`|]|_\b')
_FOLDER: typing.Final = (
    pathlib.Path(questions.__file__).parents[1] / 'cypher' / 'queries'
)


def _text(text: str) -> str:
    """Return plain text as reStructuredText that shows it."""
    return _MARKUP.sub(r'\\\g<0>', text)


def _taken(question: questions.Question) -> str:
    """Return the names of the parameters; those that are needed are bold."""
    return ', '.join(
        each.name if each.has_default else f'**{each.name}**'
        for each in question.parameters
    )


def _table() -> str:
    rows = [
        (
            f':ref:`{each.name} <question-{each.name}>`',
            _text(each.title),
            _taken(each),
        )
        for each in questions.all_questions()
    ]
    return tables.list_table(
        ('Question', 'What it asks', 'Parameters'), (34, 38, 28), rows
    )


def _parameter_row(parameter: questions.Parameter) -> tables.Row:
    default = (
        f'``{json.dumps(parameter.default)}``'
        if parameter.has_default
        else 'is needed'
    )
    return (
        f'``{parameter.name}``',
        parameter.type.value,
        default,
        _text(parameter.description),
    )


def _column_row(column: questions.Column) -> tables.Row:
    return (
        f'``{column.name}``',
        column.type.value,
        _text(column.description),
    )


def _section(question: questions.Question) -> collections.abc.Iterator[str]:
    yield f'.. _question-{question.name}:\n'
    yield question.name
    yield '~' * len(question.name) + '\n'
    yield f'{_text(question.title)}.  {_text(question.about)}\n'
    yield tables.list_table(
        ('Parameter', 'Type', 'Default', 'What it is'),
        (22, 16, 14, 48),
        list(map(_parameter_row, question.parameters)),
    )
    yield tables.list_table(
        ('Column', 'Type', 'What it is'),
        (22, 18, 60),
        list(map(_column_row, question.columns)),
    )
    # Pygments does not know the parameters of Cypher.
    yield '.. code-block:: cypher\n   :force:\n'
    yield textwrap.indent(question.statement, '   ') + '\n'


class TableDirective(docutils.SphinxDirective):
    """``.. question-table::``."""

    def run(self) -> list[nodes.Node]:
        """Return the table of all questions."""
        _note(self)
        return self.parse_text_to_nodes(_table())


class ListDirective(docutils.SphinxDirective):
    """``.. question-list::``."""

    def run(self) -> list[nodes.Node]:
        """Return a section for each question."""
        _note(self)
        return self.parse_text_to_nodes(
            '\n'.join(
                line
                for each in questions.all_questions()
                for line in _section(each)
            ),
            allow_section_headings=True,
        )


def _note(directive: docutils.SphinxDirective) -> None:
    """Have the page read again when a question is different, or is new."""
    directive.env.note_dependency(questions.__file__)
    directive.env.note_dependency(str(_FOLDER))
    for path in _FOLDER.iterdir():
        directive.env.note_dependency(str(path))


def setup(app: application.Sphinx) -> sphinx_typing.ExtensionMetadata:
    """Register the directives."""
    app.add_directive('question-table', TableDirective)
    app.add_directive('question-list', ListDirective)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
