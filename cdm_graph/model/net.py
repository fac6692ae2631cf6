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


"""What changes come to: the differences between before them and after."""

import collections.abc

from cdm_graph.model import change
from cdm_graph.model import schema


class _Sum:
    """All that became of one element; its changes are added backwards."""

    def __init__(self, last: change.Change) -> None:
        self._last = last
        self._before = last.before
        #: Of each relation whether it was there before, and is after.
        self._edges: dict[change.Edge, tuple[bool, bool]] = {}

    def add(self, each: change.Change) -> None:
        self._before = each.before
        for edges, is_there in ((each.related, True), (each.unrelated, False)):
            for edge in edges:
                _, after = self._edges.get(edge, (False, is_there))
                self._edges[edge] = (not is_there, after)

    def total(self) -> change.Change | None:
        """Return them as one change; none if it is as it was."""
        before, after = self._before, self._last.after
        related = self._turned((False, True))
        unrelated = self._turned((True, False))
        if before == after and not (after and related + unrelated):
            return None
        return self._last._replace(
            before=before, related=related, unrelated=unrelated
        )

    def _turned(self, how: tuple[bool, bool]) -> tuple[change.Edge, ...]:
        return tuple(
            sorted(edge for edge, turn in self._edges.items() if turn == how)
        )


def net(
    changes: collections.abc.Iterable[change.Change],
) -> collections.abc.Iterator[change.Change]:
    """Yield one change of each element that is not what it was.

    It has the sequence and the cause of the last one that it is made of.

    :param changes: that follow each other, the latest first
    """
    sums: dict[schema.ElementKey, _Sum] = {}
    for each in changes:
        found = sums.get(each.key)
        if found is None:
            found = sums[each.key] = _Sum(each)
        found.add(each)
    for found in sums.values():
        total = found.total()
        if total is not None:
            yield total
