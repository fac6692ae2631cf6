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

"""What is different between two exports or moments, in words of changes."""

import collections
import collections.abc
import typing

from cdm_graph.export import reading
from cdm_graph.export import values
from cdm_graph.model import change
from cdm_graph.model import schema

_Row = dict[str, typing.Any]
_Ends = collections.abc.Mapping[str, list[dict[str, str]]]

#: Attributes that a person knows an element by.
_NAMES: typing.Final = ('name', 'hostname')
_NOTHING: typing.Final[dict[str, typing.Any]] = {}


def rows(
    before: reading.Document, after: reading.Document
) -> collections.abc.Iterator[_Row]:
    """Yield what is different, by kind and name.

    :returns: rows like those of :func:`cdm_graph.export.changes.row`, which
        say nothing of when and why
    """
    came = _ends(after.edges - before.edges)
    went = _ends(before.edges - after.edges)
    places = [
        (*_label(vertex, known), vertex)
        for vertex, known in {**before.vertices, **after.vertices}.items()
        if before.vertices.get(vertex) != after.vertices.get(vertex)
        or vertex in came
        or vertex in went
    ]
    for *label, vertex in sorted(places):
        yield _row(vertex, label, before.vertices, after.vertices, came, went)


def of_changes(
    changes: collections.abc.Iterable[change.Change],
) -> collections.abc.Iterator[_Row]:
    """Yield the same of what became different, one change of an element."""
    before, after = _Part(), _Part()
    for each in changes:
        before.add(each.key, each.before, each.unrelated)
        after.add(each.key, each.after, each.related)
    yield from rows(before.document(), after.document())


class _Part:
    """What an export of one of two moments has that the other has not."""

    def __init__(self) -> None:
        self._vertices: dict[str, dict[str, typing.Any]] = {}
        self._edges: set[tuple[str, str, str]] = set()

    def add(
        self,
        key: schema.ElementKey,
        element: schema.Element | None,
        edges: tuple[change.Edge, ...],
    ) -> None:
        if element is not None:
            self._vertices[key.vertex] = {
                name: values.scalar(value)
                for name, value in schema.attributes_of(element).items()
                if value is not None
            }
        self._edges.update(
            (edge.source, edge.relation.value, edge.target) for edge in edges
        )

    def document(self) -> reading.Document:
        return reading.Document(self._vertices, frozenset(self._edges))


def _ends(
    edges: collections.abc.Iterable[tuple[str, str, str]],
) -> _Ends:
    ends: dict[str, list[dict[str, str]]] = collections.defaultdict(list)
    for source, relation, target in sorted(edges):
        ends[source].append({'relation': relation, 'target': target})
    return ends


def _label(vertex: str, known: dict[str, typing.Any]) -> tuple[str, str]:
    """Return the kind and the name of what has these attributes."""
    names = (str(known[name]) for name in _NAMES if known.get(name))
    return known.get('kind', ''), next(names, vertex)


def _row(
    vertex: str,
    label: collections.abc.Sequence[str],
    before: dict[str, dict[str, typing.Any]],
    after: dict[str, dict[str, typing.Any]],
    came: _Ends,
    went: _Ends,
) -> _Row:
    old, new = before.get(vertex, _NOTHING), after.get(vertex, _NOTHING)
    kind, name = label
    return {
        'kind': kind,
        'id': vertex,
        'name': name,
        'what': _what(vertex, before, after),
        'changed': {
            name: {'before': old.get(name), 'after': new.get(name)}
            for name in {**old, **new}
            if old.get(name) != new.get(name)
        },
        'related': came.get(vertex, []),
        'unrelated': went.get(vertex, []),
    }


def _what(
    vertex: str,
    before: dict[str, dict[str, typing.Any]],
    after: dict[str, dict[str, typing.Any]],
) -> str:
    if vertex not in before:
        return 'created'
    if vertex not in after:
        return 'deleted'
    return 'related' if before[vertex] == after[vertex] else 'changed'
