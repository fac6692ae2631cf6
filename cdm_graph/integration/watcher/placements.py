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

"""Placements: which elements are on which others.

They begin as the snapshot has them; what is moved is noted beside it, for the
places that were looked at.  An element is on one place at most.
"""

import collections.abc

import networkx as nx


class Placements:
    """The places of the elements of one kind, by keys.

    :param listed: returns the keys of what is on a place, in their order
    :param place: returns the place that one is on; none if it is on none
    """

    def __init__(
        self,
        listed: collections.abc.Callable[[str], collections.abc.Iterable[str]],
        place: collections.abc.Callable[[str], str | None],
    ) -> None:
        self._listed = listed
        self._place = place
        self._on: dict[str, dict[str, None]] = {}
        self._moved: dict[str, str | None] = {}

    def on(self, place: str) -> collections.abc.Collection[str]:
        """Return the keys of what is on a place, in their order.

        What was moved there comes after the others, as it came.
        """
        return self._keys_on(place).keys()

    def of(self, key: str) -> str | None:
        """Return the place that one is on; none if it is on none."""
        if key in self._moved:
            return self._moved[key]
        return self._place(key)

    def attach(self, key: str, place: str) -> None:
        """Put one on a place; it is on none."""
        self._keys_on(place)[key] = None
        self._moved[key] = place

    def detach(self, key: str, place: str) -> None:
        """Take one off a place.

        :raises networkx.NetworkXError: if it is not there
        """
        on = self._keys_on(place)
        if key not in on:
            raise nx.NetworkXError(f'The edge {key}-{place} not in graph.')
        del on[key]
        self._moved[key] = None

    def leave(self, key: str) -> None:
        """Take one off the place that it is on, if it is on one."""
        place = self.of(key)
        if place is not None:
            self.detach(key, place)

    def move(self, key: str, place: str) -> None:
        """Put one on a place, unless it is there."""
        if self.of(key) != place:
            self.leave(key)
            self.attach(key, place)

    def open(self, place: str) -> None:
        """Begin a place that nothing is on, if it is new."""
        self._on.setdefault(place, {})

    def close(self, place: str) -> None:
        """End a place: what is on it is on none."""
        self._moved.update(dict.fromkeys(self._keys_on(place)))
        del self._on[place]

    def _keys_on(self, place: str) -> dict[str, None]:
        on = self._on.get(place)
        if on is None:
            on = self._on[place] = dict.fromkeys(self._listed(place))
        return on
