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

"""The reference of elements and relations, from the schema itself.

``.. model-elements::`` writes a section with a table of attributes for each
kind of element, ``.. model-relations::`` the table of relations.  What they
say stands in :mod:`cdm_graph.model.schema` alone, so the reference cannot
fall behind it.
"""

import datetime
import inspect
import types
import typing

from docutils import nodes
from sphinx import application
from sphinx.util import docutils
from sphinx.util import typing as sphinx_typing
import tables

from cdm_graph.model import schema

_PLAIN: typing.Final[dict[typing.Any, str]] = {
    bool: 'boolean',
    datetime.datetime: 'UTC timestamp',
    float: 'number',
    int: 'integer',
    str: 'string',
    types.NoneType: 'none',
}


def _type_name(hint: typing.Any) -> str:
    """Return what a type is called in the documentation."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    arguments = typing.get_args(hint)
    match typing.get_origin(hint):
        case typing.Literal:
            return ' or '.join(f'``{value}``' for value in arguments)
        case types.UnionType | typing.Union:
            return ' or '.join(_type_name(member) for member in arguments)
        case origin if origin is tuple:
            return f'list of {_type_name(arguments[0])}s'
        case origin if origin is dict:
            return f'map of {_type_name(arguments[1])}s'
    raise TypeError(
        f'The reference has no name for the type {hint}: add it to '
        f'{__name__}._PLAIN'
    )


def _attribute_row(attribute: schema.Attribute) -> tables.Row:
    return (
        f'``{attribute.name}``',
        _type_name(attribute.type),
        attribute.unit or '',
        attribute.description,
    )


def _vertex_form(kind: schema.Kind) -> str:
    key = schema.ELEMENT_CLASSES[kind].key_field
    form = schema.vertex_of(kind, key.upper())
    return f'Its vertex is ``{form}``.'


def _elements() -> str:
    parts = []
    for kind in schema.Kind:
        cls = schema.ELEMENT_CLASSES[kind]
        rows = [_attribute_row(each) for each in schema.ATTRIBUTES[kind]]
        parts += [
            f'.. _element-{kind.value}:\n',
            kind.value,
            '~' * len(kind.value) + '\n',
            inspect.cleandoc(cls.__doc__ or '') + '\n',
            _vertex_form(kind) + '\n',
            tables.list_table(
                ('Attribute', 'Type', 'Unit', 'What it is'),
                (20, 22, 8, 50),
                rows,
            ),
        ]
    return '\n'.join(parts)


def _relations() -> str:
    rows = [
        (
            f':ref:`{source.value} <element-{source.value}>`',
            f'``{relation.value}``',
            f':ref:`{target.value} <element-{target.value}>`',
            meaning,
        )
        for source, relation, target, meaning in schema.RELATIONS
    ]
    return tables.list_table(
        ('From', 'Relation', 'To', 'What it says'), (18, 18, 18, 46), rows
    )


class ElementsDirective(docutils.SphinxDirective):
    """``.. model-elements::``."""

    def run(self) -> list[nodes.Node]:
        """Return a section for each kind of element."""
        self.env.note_dependency(schema.__file__)
        return self.parse_text_to_nodes(
            _elements(), allow_section_headings=True
        )


class RelationsDirective(docutils.SphinxDirective):
    """``.. model-relations::``."""

    def run(self) -> list[nodes.Node]:
        """Return the table of relations."""
        self.env.note_dependency(schema.__file__)
        return self.parse_text_to_nodes(_relations())


def setup(app: application.Sphinx) -> sphinx_typing.ExtensionMetadata:
    """Register the directives."""
    app.add_directive('model-elements', ElementsDirective)
    app.add_directive('model-relations', RelationsDirective)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
