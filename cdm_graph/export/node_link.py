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

"""Node-link JSON, piece by piece: what ``networkx.node_link_graph`` reads.

One object with ``directed``, ``multigraph``, ``graph``, ``nodes`` and
``edges``; each node and each edge is on a line of its own.
"""

import collections.abc
import json
import typing

from cdm_graph.export import values
from cdm_graph.model import root

_Row = dict[str, typing.Any]


def chunks(model: root.ModelRoot) -> collections.abc.Iterator[str]:
    """Yield the document of a snapshot, one node or edge at a time.

    The model must not change meanwhile.
    """
    yield _json(head(model)).removesuffix('}') + ',\n"nodes": ['
    yield from _rows(nodes(model))
    yield '],\n"edges": ['
    yield from _rows(edges(model))
    yield ']}\n'


def head(model: root.ModelRoot) -> _Row:
    """Return what is said of the graph as a whole."""
    return {
        'directed': True,
        'multigraph': False,
        'graph': values.about(model),
    }


def nodes(model: root.ModelRoot) -> collections.abc.Iterator[_Row]:
    """Yield the vertices: their attributes, and what they are called."""
    for vertex, attributes in model.graph.each_vertex():
        yield {**attributes, 'id': vertex}


def edges(model: root.ModelRoot) -> collections.abc.Iterator[_Row]:
    """Yield the edges: their attributes, and their ends."""
    for source, target, attributes in model.graph.each_edge():
        yield {**attributes, 'source': source, 'target': target}


def line(row: _Row) -> str:
    """Return an object as a line."""
    return f'{_json(row)}\n'


def _rows(
    rows: collections.abc.Iterable[_Row],
) -> collections.abc.Iterator[str]:
    separator = '\n'
    for row in rows:
        yield separator + _json(row)
        separator = ',\n'


def _json(row: _Row) -> str:
    # A lone surrogate stands in no UTF-8 file, so all but ASCII is escaped.
    return json.dumps(values.plain(row))
