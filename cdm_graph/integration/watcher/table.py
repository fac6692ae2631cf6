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

"""Table: elements by their keys, each made when it is first looked at.

They are in the order of the snapshot; what is put in comes after them, as in
Watcher's own graphs.
"""

import collections.abc
import typing

_Any = typing.Any


class Table:
    """The elements of one kind in a model of a strategy.

    :param listed: returns the keys that there are, in their order
    :param make: returns the element with a key; none if there is none
    """

    def __init__(
        self,
        listed: collections.abc.Callable[[], collections.abc.Iterable[str]],
        make: collections.abc.Callable[[str], _Any],
    ) -> None:
        self._listed = listed
        self._make = make
        self._order: dict[str, None] | None = None
        self._made: dict[str, _Any] = {}
        self._dropped: set[str] = set()

    def keys(self) -> collections.abc.Collection[str]:
        """Return the keys of all, in their order."""
        return self._keys().keys()

    def all(self) -> dict[str, _Any]:
        """Return all by their keys, in their order."""
        return {key: self.find(key) for key in self._keys()}

    def made(self) -> collections.abc.Iterable[_Any]:
        """Return those that were looked at or put in."""
        return self._made.values()

    def find(self, key: str) -> _Any:
        """Return the one with a key; none if there is none."""
        element = self._made.get(key)
        if element is None and key not in self._dropped:
            element = self._make(key)
            if element is not None:
                self._made[key] = element
        return element

    def put(self, key: str, element: _Any) -> None:
        """Add one, or replace the one with that key."""
        self._keys()[key] = None
        self._made[key] = element

    def drop(self, key: str) -> None:
        """Remove the one with a key."""
        self._made.pop(key, None)
        self._dropped.add(key)
        if self._order is not None:
            self._order.pop(key, None)

    def _keys(self) -> dict[str, None]:
        if self._order is None:
            self._order = {
                key: None for key in self._listed() if key not in self._dropped
            }
        return self._order
