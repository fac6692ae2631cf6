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

"""The rows of a query, as people and programs read them."""

import collections.abc
import csv
import io
import json
import typing

import networkx as nx

from cdm_graph import exceptions
from cdm_graph.cmd import tables
from cdm_graph.export import values
from cdm_graph.model import answer

#: Characters of a cell of a table.
_WIDEST: typing.Final = 120


def table(found: answer.Answer) -> str:
    """Return a table for people."""
    if not found.rows:
        return '(no rows)'
    return tables.table(
        [[_cell(cell) for cell in row] for row in found.rows], found.columns
    )


def as_json(found: answer.Answer) -> str:
    """Return a list of objects."""
    return json.dumps(values.plain(found.dicts()), indent=2)


def as_csv(found: answer.Answer) -> str:
    """Return comma-separated values, with a line of columns first."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator='\n')
    writer.writerow(found.columns)
    for row in found.rows:
        writer.writerow(
            ['' if cell is None else values.scalar(cell) for cell in row]
        )
    return stream.getvalue().removesuffix('\n')


def as_graphml(found: answer.Answer) -> str:
    """Return the nodes, relations and paths of the rows as a graph.

    :raises cdm_graph.exceptions.QueryInvalid: if there are none, or a
        relation lacks an end
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    for row in found.rows:
        _gather(row, graph)
    if found.rows and not graph:
        raise exceptions.QueryInvalid(
            'The query returns no nodes, relations or paths, which GraphML '
            'is of: return them instead of their attributes.'
        )
    return '\n'.join(nx.generate_graphml(graph))


FORMATS: typing.Final[
    dict[str, collections.abc.Callable[[answer.Answer], str]]
] = {
    'table': table,
    'json': as_json,
    'csv': as_csv,
    'graphml': as_graphml,
}


def _cell(value: typing.Any) -> typing.Any:
    if isinstance(value, list):
        value = ', '.join(str(values.scalar(each)) for each in value)
    shown = values.scalar(value)
    if isinstance(shown, str) and len(shown) > _WIDEST:
        return f'{shown[: _WIDEST - 3]}...'
    return shown


def _gather(value: typing.Any, graph: 'nx.DiGraph[str]') -> None:
    match value:
        case {'kind': _, 'id': str(vertex)}:
            graph.add_node(vertex, **_attributes(value))
        case {'relation': relation, 'source': source, 'target': target}:
            if source is None or target is None:
                raise exceptions.QueryInvalid(
                    f'The query returns a relation {relation} without its '
                    'ends: return these, too, or a path.'
                )
            graph.add_edge(source, target, relation=relation)
        case list() | tuple():
            for each in value:
                _gather(each, graph)


def _attributes(
    node: dict[str, typing.Any],
) -> dict[str, str | int | float | bool]:
    found = {}
    for name, each in node.items():
        shown = values.scalar(each)
        if shown is not None and name != 'id':
            found[name] = shown
    return found
