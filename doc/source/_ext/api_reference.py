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

"""The HTTP API, from its description.

``.. api-reference::`` writes a section for each path of
:file:`openapi.json`, with what it takes and answers.
"""

import collections.abc
import importlib.resources
import json
import typing

from docutils import nodes
from sphinx import application
from sphinx.util import docutils
from sphinx.util import typing as sphinx_typing
import tables

_Object = dict[str, typing.Any]


def _document() -> _Object:
    folder = importlib.resources.files('cdm_graph.api')
    text = folder.joinpath('openapi.json').read_text('utf-8')
    return typing.cast(_Object, json.loads(text))


def _at(document: _Object, thing: _Object) -> _Object:
    """Return a thing, or what it refers to."""
    while '$ref' in thing:
        found = document
        for name in thing['$ref'].removeprefix('#/').split('/'):
            found = found[name]
        thing = found
    return thing


def _sections(document: _Object) -> collections.abc.Iterator[str]:
    for path, methods in document['paths'].items():
        for method, operation in methods.items():
            title = f'{method.upper()} {path}'
            yield f'{title}\n{"-" * len(title)}\n'
            yield f'{operation["summary"]}.\n'
            yield from _taken(document, operation)
            yield from _answers(document, operation)


def _taken(
    document: _Object, operation: _Object
) -> collections.abc.Iterator[str]:
    rows = [
        _parameter(document, _at(document, each))
        for each in operation.get('parameters', ())
    ]
    if body := operation.get('requestBody'):
        (content,) = body['content'].values()
        schema = _at(document, content['schema'])
        rows += [
            (
                f'``{name}``',
                'body',
                _default(name in schema['required'], each),
                each.get('description', ''),
            )
            for name, each in schema['properties'].items()
        ]
    if rows:
        yield tables.list_table(
            ('Parameter', 'Where', 'Default', 'What it is'),
            (22, 12, 14, 52),
            rows,
        )


def _parameter(document: _Object, parameter: _Object) -> tables.Row:
    schema = _at(document, parameter['schema'])
    again = ' May be repeated.' if schema.get('type') == 'array' else ''
    return (
        f'``{parameter["name"]}``',
        parameter['in'],
        _default(parameter.get('required', False), schema),
        f'{parameter["description"]}{again}',
    )


def _default(is_needed: bool, schema: _Object) -> str:
    if is_needed:
        return 'is needed'
    return (
        f'``{json.dumps(schema["default"])}``' if 'default' in schema else ''
    )


def _answers(
    document: _Object, operation: _Object
) -> collections.abc.Iterator[str]:
    yield tables.list_table(
        ('Status', 'What it answers', 'Form'),
        (12, 52, 36),
        [
            (code, told['description'], _form(told))
            for code, answer in operation['responses'].items()
            for told in (_at(document, answer),)
        ],
    )


def _form(answer: _Object) -> str:
    return ', '.join(f'``{media}``' for media in answer.get('content', ()))


class ReferenceDirective(docutils.SphinxDirective):
    """``.. api-reference::``."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        text = '\n'.join(_sections(_document()))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def setup(app: application.Sphinx) -> sphinx_typing.ExtensionMetadata:
    """Register the directive."""
    app.add_directive('api-reference', ReferenceDirective)
    return {'parallel_read_safe': True}
