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

"""What is around some elements, as far as somebody wants to look.

It goes along relations, whichever way they point, the nearest first, until
it has as many elements as are wanted; then it tells how many neighbours of
each are left out.
"""

import collections
import collections.abc
import dataclasses
import typing

from cdm_graph.model import change
from cdm_graph.model import root
from cdm_graph.model import schema


@dataclasses.dataclass(frozen=True, slots=True)
class Reach:
    """How far to look.

    :param depth: relations from a root at most
    :param relations: the types to go along; all if it is empty
    :param kinds: the kinds of elements to take; all if it is empty
    :param most: elements to take at most, the roots among them
    """

    depth: int = 1
    relations: frozenset[schema.Relation] = frozenset()
    kinds: frozenset[schema.Kind] = frozenset()
    most: int = 1500


class Neighbourhood(typing.NamedTuple):
    """A part of a graph.

    :param elements: by their vertices, the nearest first
    :param edges: all relations between them
    :param more: by vertex, how many of its neighbours were left out
    """

    elements: dict[str, schema.Element]
    edges: tuple[change.Edge, ...]
    more: dict[str, int]


def around(
    model: root.ModelRoot,
    roots: collections.abc.Iterable[schema.Element],
    reach: Reach,
) -> Neighbourhood:
    """Return what is around some elements of a model.

    :raises cdm_graph.exceptions.ElementNotFound: if one is not in it
    """
    found: dict[str, schema.Element] = {}
    more: collections.Counter[str] = collections.Counter()
    waiting = collections.deque((element, 0) for element in roots)
    for element, _ in waiting:
        found[schema.key_of(element).vertex] = element
    while waiting:
        element, distance = waiting.popleft()
        if distance == reach.depth:
            continue
        vertex = schema.key_of(element).vertex
        for neighbour in _neighbours(model, element, reach):
            other = schema.key_of(neighbour).vertex
            if other in found:
                continue
            if len(found) >= reach.most:
                more[vertex] += 1
                continue
            found[other] = neighbour
            waiting.append((neighbour, distance + 1))
    return Neighbourhood(found, tuple(_edges(model, found, reach)), dict(more))


def _neighbours(
    model: root.ModelRoot, element: schema.Element, reach: Reach
) -> collections.abc.Iterator[schema.Element]:
    for relation in schema.Relation:
        if reach.relations and relation not in reach.relations:
            continue
        for neighbour in (
            *model.successors(element, relation),
            *model.predecessors(element, relation),
        ):
            if not reach.kinds or neighbour.kind in reach.kinds:
                yield neighbour


def _edges(
    model: root.ModelRoot, found: dict[str, schema.Element], reach: Reach
) -> collections.abc.Iterator[change.Edge]:
    for vertex, element in found.items():
        for target, relation in model.targets(element).items():
            if target in found and (
                not reach.relations or relation in reach.relations
            ):
                yield change.Edge(vertex, relation, target)
