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

"""Reading exports again, of any format, compressed or not.

What they hold becomes scalar, as GraphML has it, so that exports of different
formats can be compared.
"""

import contextlib
import dataclasses
import gzip
import json
import pathlib
import typing
import xml.etree.ElementTree

import networkx as nx

from cdm_graph import exceptions
from cdm_graph.export import values

_COMPRESSED: typing.Final = '.gz'
_Scalar = str | int | float | bool | None
_Row = dict[str, typing.Any]
_Bytes = typing.IO[bytes]


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """What an export holds.

    :param vertices: attributes by vertex; what is none is left out
    :param edges: sources, relations and targets
    """

    vertices: dict[str, dict[str, _Scalar]]
    edges: frozenset[tuple[str, str, str]]


def read(path: str) -> Document:
    """Return what an export holds.

    :raises cdm_graph.exceptions.ExportError: if it cannot be read, or is no
        export
    """
    try:
        with _opened(path) as stream:
            first = stream.read(1)
        with _opened(path) as stream:
            if first == b'<':
                return _of_graphml(stream)
            return _of_json(stream)
    except (OSError, EOFError) as error:
        raise exceptions.ExportError(
            f'{path} cannot be read: '
            f'{getattr(error, "strerror", None) or error}.'
        ) from error
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
        nx.NetworkXException,
        xml.etree.ElementTree.ParseError,
    ) as error:
        raise exceptions.ExportError(
            f'{path} is no export of cdm-graph, or not all of one: it is '
            f'neither GraphML nor node-link JSON ({error}).'
        ) from error


def _opened(path: str) -> contextlib.AbstractContextManager[_Bytes]:
    if path.endswith(_COMPRESSED):
        return typing.cast(
            contextlib.AbstractContextManager[_Bytes], gzip.open(path)
        )
    return pathlib.Path(path).open('rb')


def _of_graphml(stream: _Bytes) -> Document:
    graph = nx.read_graphml(stream)
    return Document(
        {
            vertex: dict(attributes)
            for vertex, attributes in graph.nodes(data=True)
        },
        frozenset(
            (source, relation, target)
            for source, target, relation in graph.edges(data='relation')
        ),
    )


def _of_json(stream: _Bytes) -> Document:
    """Read a document, or one of lines: its first line is whole."""
    head = stream.readline()
    try:
        first = json.loads(head)
    except ValueError:
        first = None
    if first is None or 'nodes' in first:
        document = json.loads(head + stream.read())
        return _of_rows(document['nodes'], document['edges'])
    rows = [json.loads(line) for line in stream]
    if not isinstance(first['graph'], dict):
        raise TypeError('the first line says nothing of a graph')
    return _of_rows(
        [row for row in rows if 'source' not in row],
        [row for row in rows if 'source' in row],
    )


def _of_rows(nodes: list[_Row], edges: list[_Row]) -> Document:
    return Document(
        {row['id']: _scalars(row) for row in nodes},
        frozenset(
            (row['source'], row['relation'], row['target']) for row in edges
        ),
    )


def _scalars(row: _Row) -> dict[str, _Scalar]:
    return {
        name: values.scalar(value)
        for name, value in row.items()
        if value is not None and name != 'id'
    }
