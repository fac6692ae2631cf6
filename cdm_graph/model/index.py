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

"""Indices: which elements have a value, without a scan.

An index is immutable: what changes it returns another one, at a cost that
hardly depends on its size, since both share all the rest.  Entries that are
empty are dropped, and one that holds a single vertex, as most do, takes no
more than a reference to it.
"""

import collections.abc

import immutables

#: The vertices of one value: one, or a map whose keys they are.
_Entry = str | immutables.Map[str, None]
_Entries = immutables.Map[str, _Entry]


class Index(collections.abc.Collection[str]):
    """From a value to the vertices of the elements that have it.

    The order of the vertices of a value is not defined.
    """

    __slots__ = ('_entries',)

    def __init__(self, entries: _Entries | None = None) -> None:
        self._entries: _Entries = (
            immutables.Map() if entries is None else entries
        )

    def __len__(self) -> int:
        """Return how many values some element has."""
        return len(self._entries)

    def __contains__(self, value: object) -> bool:
        return value in self._entries

    def __iter__(self) -> collections.abc.Iterator[str]:
        return iter(self._entries)

    def get(self, value: str | None) -> collections.abc.Collection[str]:
        """Return the vertices of the elements that have the value."""
        entry = None if value is None else self._entries.get(value)
        if entry is None:
            return ()
        return (entry,) if isinstance(entry, str) else entry

    def with_one(self, value: str, vertex: str) -> 'Index':
        """Return one in which the element at the vertex has the value."""
        entry = self._entries.get(value)
        if entry is None or entry == vertex:
            grown: _Entry = vertex
        elif isinstance(entry, str):
            grown = immutables.Map(((entry, None), (vertex, None)))
        else:
            grown = entry.set(vertex, None)
        return Index(self._entries.set(value, grown))

    def without_one(self, value: str, vertex: str) -> 'Index':
        """Return one in which the element there has not the value."""
        entry = self._entries.get(value)
        if entry == vertex:
            return Index(self._entries.delete(value))
        if isinstance(entry, immutables.Map) and vertex in entry:
            left = entry.delete(vertex)
            shrunk: _Entry = next(iter(left)) if len(left) == 1 else left
            return Index(self._entries.set(value, shrunk))
        return self

    def with_changed(
        self,
        vertex: str,
        before: collections.abc.Collection[str],
        after: collections.abc.Collection[str],
    ) -> 'Index':
        """Return one in which the element has other values than before."""
        changed = self
        for value in before:
            if value not in after:
                changed = changed.without_one(value, vertex)
        for value in after:
            if value not in before:
                changed = changed.with_one(value, vertex)
        return changed
