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

"""What became different between two states of a model.

States that have a common past are compared at what was changed since then;
others element by element, in a time that grows with the model.
"""

import collections.abc
import typing

from cdm_graph.model import change
from cdm_graph.model import schema
from cdm_graph.model import state as states
from cdm_graph.model import tables

_CAUSE: typing.Final = change.Cause('diff')
_Keys = collections.abc.Iterable[schema.ElementKey]


class History:
    """What was changed in a snapshot, from its first state on; immutable.

    It knows which elements, and not how: that the states tell, and a search
    keeps very many histories.

    :param origin: the state that it began with
    """

    __slots__ = ('_keys', '_length', '_origin', '_previous')

    def __init__(self, origin: states.State) -> None:
        self._origin = origin
        self._previous: History | None = None
        self._keys: tuple[schema.ElementKey, ...] = ()
        self._length = 0

    def then(
        self, changes: collections.abc.Iterable[change.Change]
    ) -> 'History':
        """Return the history that goes on with some changes."""
        longer = History(self._origin)
        longer._previous = self
        longer._keys = tuple(each.key for each in changes)
        longer._length = self._length + 1
        return longer

    def goes_back_to(self, other: 'History') -> bool:
        """Return whether another history is the beginning of this one."""
        return self._at(other._length) is other

    def since(self, other: 'History') -> dict[schema.ElementKey, None]:
        """Return what was changed since one that this one goes back to."""
        keys: dict[schema.ElementKey, None] = {}
        history: History | None = self
        while history is not None and history is not other:
            keys.update(dict.fromkeys(history._keys))
            history = history._previous
        return keys

    def changed_apart(
        self, other: 'History'
    ) -> dict[schema.ElementKey, None] | None:
        """Return what was changed in only one of two, or in both.

        :returns: the elements; none if the two have no past in common
        """
        if self._origin is not other._origin:
            return None
        shorter = min(self._length, other._length)
        mine, others = self._at(shorter), other._at(shorter)
        while mine is not others and mine is not None and others is not None:
            mine, others = mine._previous, others._previous
        if mine is None:
            return None
        return {**self.since(mine), **other.since(mine)}

    def _at(self, length: int) -> 'History | None':
        history: History | None = self
        while history is not None and history._length > length:
            history = history._previous
        return history


def compare(
    before: states.State, after: states.State, keys: _Keys | None
) -> tuple[change.Change, ...]:
    """Return the changes from one state to another, numbered from 1.

    :param keys: what may be different; none if anything may
    """
    if keys is None:
        keys = dict.fromkeys(_candidates(before, after))
    changes: list[change.Change] = []
    for key in keys:
        vertex = key.vertex
        old, new = before.tables.find(key), after.tables.find(key)
        left, right = before.successors(vertex), after.successors(vertex)
        related = _edges(vertex, right.items() - left.items())
        unrelated = _edges(vertex, left.items() - right.items())
        if old != new or related or unrelated:
            changes.append(
                change.Change(
                    len(changes) + 1, key, old, new, related, unrelated, _CAUSE
                )
            )
    return tuple(changes)


def _edges(
    source: str,
    neighbours: collections.abc.Iterable[tuple[str, schema.Relation]],
) -> tuple[change.Edge, ...]:
    return tuple(
        change.Edge(source, relation, target)
        for target, relation in sorted(neighbours)
    )


def _candidates(
    before: states.State, after: states.State
) -> collections.abc.Iterator[schema.ElementKey]:
    """Yield what may be different, by a look at every element."""
    for kind in tables.KEPT:
        old, new = before.tables.elements[kind], after.tables.elements[kind]
        if old is not new:
            for vertex in _different(old, new):
                yield schema.key_at(kind, vertex)
                for state in (before, after):
                    yield from _concerned(
                        state, old.get(vertex), new.get(vertex)
                    )
    for kind in tables.IMPLIED_HUBS:
        hubs = before.tables.near[kind], after.tables.near[kind]
        for vertex in set(hubs[0]) ^ set(hubs[1]):
            yield schema.key_at(kind, vertex)


def _different(
    old: tables.ElementMap, new: tables.ElementMap
) -> collections.abc.Iterator[str]:
    """Yield the vertices whose elements are not the same."""
    for vertex, element in new.items():
        if old.get(vertex) is not element:
            yield vertex
    for vertex in old:
        if vertex not in new:
            yield vertex


def _concerned(
    state: states.State,
    old: schema.Element | None,
    new: schema.Element | None,
) -> collections.abc.Iterator[schema.ElementKey]:
    """Yield what is related otherwise since an element is different."""
    for vertex in state.resolver.dependents(old, new):
        element = state.tables.element_at(vertex)
        if element is not None:
            yield schema.key_of(element)
    for element in (old, new):
        attached = state.resolver.attachments(element)
        for edge, kind in attached.items():
            yield schema.key_at(kind, edge.source)
