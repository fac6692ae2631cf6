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

"""The table of moves, with the indices that make it fast when it is big.

Not thread-safe by itself: the cloud's lock guards it.  Records of moves that
are over stay, as in Nova's database, until they are archived.
"""

import collections.abc

from cdm_graph.simulation import records


def _changed_at(row: records.Migration) -> int:
    return row.created_at if row.updated_at is None else row.updated_at


class MigrationTable:
    """Moves by number and by server."""

    def __init__(self) -> None:
        self._rows: dict[int, records.Migration] = {}
        self._under_way: dict[str, int] = {}
        self._undecided: dict[str, int] = {}

    def __len__(self) -> int:
        """Return how many there are, also of those that are over."""
        return len(self._rows)

    def get(self, number: int) -> records.Migration:
        """Return the record with that number."""
        return self._rows[number]

    def newest_first(self) -> collections.abc.Iterator[records.Migration]:
        """Iterate as Nova lists: the newest first."""
        return reversed(self._rows.values())

    def under_way(self, server: str) -> records.Migration | None:
        """Return the move of a server that is under way."""
        number = self._under_way.get(server)
        return None if number is None else self._rows[number]

    def undecided(self, server: str) -> records.Migration | None:
        """Return the move of a server that its owner may still revert."""
        number = self._undecided.get(server)
        return None if number is None else self._rows[number]

    def unsettled(self) -> collections.abc.Iterator[records.Migration]:
        """Iterate over the moves that may still bring a server to a host."""
        for numbers in (self._under_way, self._undecided):
            for number in numbers.values():
                yield self._rows[number]

    def of_source(
        self, host: str, kind: str, status: str
    ) -> list[records.Migration]:
        """Return the moves of a kind away from a host, in that status."""
        return [
            row
            for row in self._rows.values()
            if row.status == status
            and row.kind == kind
            and row.source.host == host
        ]

    def put(self, row: records.Migration) -> None:
        """Add a record, or replace the one with its number."""
        self._rows[row.number] = row
        for numbers, belongs in (
            (self._under_way, row.under_way),
            (self._undecided, row.undecided),
        ):
            if belongs:
                numbers[row.server] = row.number
            elif numbers.get(row.server) == row.number:
                del numbers[row.server]

    def archive(self, before: float) -> None:
        """Forget the moves that were over before that moment."""
        old = [
            number
            for number, row in self._rows.items()
            if _changed_at(row) < before
            and not (row.under_way or row.undecided)
        ]
        for number in old:
            del self._rows[number]
