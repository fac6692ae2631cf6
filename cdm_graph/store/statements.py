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

"""The Cypher statements of the package, by their names.

A label or the type of a relation cannot be a parameter in Cypher.  Where a
statement is for several it has ``<kind>`` and the like in its place, which is
filled in with names of the schema, never with what a user says.  A line with
``<moment>`` or ``<fact>`` is there once for each attribute of the kind that is
a moment or another one.
"""

import collections.abc
import functools
import importlib.resources
import typing

from cdm_graph.model import schema

_ROOT: typing.Final = 'cypher'
_SUFFIX: typing.Final = '.cypher'
_MOMENT: typing.Final = '<moment>'
_FACT: typing.Final = '<fact>'


@functools.cache
def statement(path: str, **names: str) -> str:
    """Return a statement without its comments.

    :param path: its folder and name, such as ``mirror/put``
    :param names: labels and types of relations, by their places
    """
    text = _read(path)
    if 'kind' in names:
        text = _with_attributes(text, schema.Kind(names['kind']))
    for place, name in names.items():
        text = text.replace(f'<{place}>', name)
    return text


def in_folder(folder: str) -> collections.abc.Iterator[str]:
    """Yield the paths of the statements in a folder, by their names."""
    for name in sorted(
        each.name for each in _root().joinpath(folder).iterdir()
    ):
        if name.endswith(_SUFFIX):
            yield f'{folder}/{name.removesuffix(_SUFFIX)}'


def _read(path: str) -> str:
    lines = _root().joinpath(f'{path}{_SUFFIX}').read_text('utf-8')
    return '\n'.join(
        line for line in lines.splitlines() if not line.startswith('//')
    )


def _with_attributes(text: str, kind: schema.Kind) -> str:
    moments = schema.MOMENTS[kind]
    names = [each.name for each in schema.ATTRIBUTES[kind]]
    facts = [name for name in names if name not in moments]
    return '\n'.join(
        made
        for line in text.splitlines()
        for made in _repeated(line, {_MOMENT: moments, _FACT: facts})
    )


def _repeated(
    line: str,
    names: collections.abc.Mapping[str, collections.abc.Iterable[str]],
) -> list[str]:
    for place, several in names.items():
        if place in line:
            return [line.replace(place, name) for name in several]
    return [line]


def _root() -> typing.Any:
    return importlib.resources.files('cdm_graph') / _ROOT
