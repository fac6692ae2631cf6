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

"""The table of volumes, with the indices that make it fast when it is big.

Not thread-safe by itself: the cloud's lock guards it.
"""

import bisect
import collections.abc

from cdm_graph import exceptions
from cdm_graph.simulation.cinder import records


class VolumeTable:
    """Volumes by UUID, by age and by pool."""

    def __init__(self) -> None:
        self._rows: dict[str, records.Volume] = {}
        # By when they were created and, within a second, by UUID.
        self._order: list[tuple[int, str]] = []
        self._pools: dict[str, dict[str, None]] = {}
        self._provisioned: dict[str, int] = {}

    def __len__(self) -> int:
        """Return how many rows there are, temporary ones included."""
        return len(self._rows)

    def __iter__(self) -> collections.abc.Iterator[records.Volume]:
        """Iterate over the rows, in the order in which they were added."""
        return iter(self._rows.values())

    def find(self, uuid: str) -> records.Volume | None:
        """Return a row, if there is one."""
        return self._rows.get(uuid)

    def get(self, uuid: str) -> records.Volume:
        """Return the row of a volume that exists."""
        row = self._rows.get(uuid)
        if row is None:
            raise exceptions.SimulationError(
                f'The simulated cloud has no volume {uuid}.'
            )
        return row

    def at(self, position: int) -> records.Volume:
        """Return the row at a position, the oldest being at 0."""
        return self._rows[self._order[position][1]]

    def newest_first(
        self, after: records.Volume | None = None
    ) -> collections.abc.Iterator[records.Volume]:
        """Iterate as Cinder lists, from the row after that one."""
        end = len(self._order)
        if after is not None:
            end = bisect.bisect_left(self._order, _age(after))
        for position in range(end - 1, -1, -1):
            yield self._rows[self._order[position][1]]

    def in_pool(self, pool: str) -> list[records.Volume]:
        """Return the volumes in a pool."""
        return [self._rows[uuid] for uuid in self._pools.get(pool, ())]

    def provisioned_gb(self, pool: str) -> int:
        """Return the size of all volumes in a pool."""
        return self._provisioned.get(pool, 0)

    def insert(self, row: records.Volume) -> None:
        """Add a new volume."""
        self._rows[row.uuid] = row
        bisect.insort(self._order, _age(row))
        self._index(None, row)

    def replace(self, row: records.Volume) -> None:
        """Put a changed row in the place of the one that was there."""
        before = self._rows[row.uuid]
        self._rows[row.uuid] = row
        self._index(before, row)

    def remove(self, uuid: str) -> records.Volume:
        """Remove a volume; return its last row."""
        row = self._rows.pop(uuid)
        del self._order[bisect.bisect_left(self._order, _age(row))]
        self._index(row, None)
        return row

    def _index(
        self,
        before: records.Volume | None,
        after: records.Volume | None,
    ) -> None:
        if before is not None and before.pool is not None:
            del self._pools[before.pool][before.uuid]
            self._provisioned[before.pool] -= before.size_gb
        if after is not None and after.pool is not None:
            self._pools.setdefault(after.pool, {})[after.uuid] = None
            total = self._provisioned.get(after.pool, 0)
            self._provisioned[after.pool] = total + after.size_gb


def _age(row: records.Volume) -> tuple[int, str]:
    return row.created_at, row.uuid
