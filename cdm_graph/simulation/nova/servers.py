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

"""The table of servers, with the indices that make it fast when it is big.

Not thread-safe by itself: the cloud's lock guards it.  Rows of deleted
servers stay, as in Nova's database, until they are archived.
"""

import collections
import collections.abc
import dataclasses
import typing

from cdm_graph import exceptions
from cdm_graph.simulation import records


@dataclasses.dataclass(slots=True)
class Usage:
    """What the servers of one host take of it."""

    servers: int = 0
    vcpus: int = 0
    memory_mb: int = 0
    disk_gb: int = 0

    def add(self, server: records.Server, sign: int) -> None:
        """Count a server in, or out where the sign is -1."""
        flavor = server.flavor
        root = flavor.root_gb if server.image else 0
        self.servers += sign
        self.vcpus += sign * flavor.vcpus
        self.memory_mb += sign * flavor.memory_mb
        self.disk_gb += sign * (root + flavor.ephemeral_gb)


def _place(server: records.Server) -> str | None:
    return None if server.deleted else server.host


def _volumes(server: records.Server | None) -> tuple[records.Volume, ...]:
    return () if server is None or server.deleted else server.volumes


class ServerTable:
    """Servers by UUID, by host, by age and by when they last changed.

    And of volumes by how many servers they are had.
    """

    def __init__(self) -> None:
        self._rows: dict[str, records.Server] = {}
        # Position is number - 1; None once archived.
        self._uuids: list[str | None] = []
        self._hosts: dict[str, dict[str, None]] = {}
        self._usage: dict[str, Usage] = collections.defaultdict(Usage)
        self._holders: collections.Counter[str] = collections.Counter()
        # Those changed since they were inserted, the last one last.
        self._changed: collections.OrderedDict[str, None] = (
            collections.OrderedDict()
        )
        self._never_changed: dict[str, None] = {}
        self._latest_inserted = 0
        #: How far the clocks of two cells have ever been apart, in seconds.
        self.tolerance = 0
        self._deleted: collections.OrderedDict[str, None] = (
            collections.OrderedDict()
        )

    def __len__(self) -> int:
        """Return how many servers there are, without deleted ones."""
        return len(self._rows) - len(self._deleted)

    def __iter__(self) -> collections.abc.Iterator[records.Server]:
        """Iterate over the servers that exist, the oldest first."""
        return (row for row in self._rows.values() if not row.deleted)

    @property
    def next_number(self) -> int:
        """The number that the next server will have."""
        return len(self._uuids) + 1

    @property
    def last_number(self) -> int:
        """The highest number that was ever given."""
        return len(self._uuids)

    def find(self, uuid: str) -> records.Server | None:
        """Return the row, also of a deleted server, if there is one."""
        return self._rows.get(uuid)

    def get(self, uuid: str) -> records.Server:
        """Return the row of a server that exists."""
        row = self._rows.get(uuid)
        if row is None or row.deleted:
            raise exceptions.SimulationError(
                f'The simulated cloud has no server {uuid}.'
            )
        return row

    def at(self, number: int) -> records.Server | None:
        """Return the server with that number, if it still exists."""
        uuid = self._uuids[number - 1]
        row = None if uuid is None else self._rows[uuid]
        return None if row is None or row.deleted else row

    def on_host(self, host: str) -> list[records.Server]:
        """Return the servers of a host."""
        return [self._rows[uuid] for uuid in self._hosts.get(host, ())]

    def usage(self, host: str) -> Usage:
        """Return what the servers of a host take of it."""
        return self._usage[host]

    def has_volume(self, uuid: str) -> bool:
        """Return whether a server that exists has a volume."""
        return uuid in self._holders

    def insert(self, row: records.Server) -> None:
        """Add a new server, whose number must be the next one."""
        if row.number != self.next_number:
            raise exceptions.SimulationError(
                f'A server with the number {row.number} cannot be added: '
                f'the next number is {self.next_number}.'
            )
        self._uuids.append(row.uuid)
        self._rows[row.uuid] = row
        if row.updated_at is None:
            self._never_changed[row.uuid] = None
        else:
            self._latest_inserted = max(self._latest_inserted, row.updated_at)
        self._index(None, row)

    def replace(self, row: records.Server) -> None:
        """Put a changed row in the place of the one that was there."""
        before = self._rows[row.uuid]
        self._rows[row.uuid] = row
        self._index(before, row)
        if row.updated_at != before.updated_at:
            self._never_changed.pop(row.uuid, None)
            self._changed[row.uuid] = None
            self._changed.move_to_end(row.uuid)
        if row.deleted:
            self._deleted[row.uuid] = None

    def _index(
        self, before: records.Server | None, after: records.Server
    ) -> None:
        self._count(_volumes(before), _volumes(after))
        old = None if before is None else _place(before)
        new = _place(after)
        if before is not None and old is not None:
            self._usage[old].add(before, -1)
        if new is not None:
            self._usage[new].add(after, 1)
        if old == new:
            return
        if old is not None:
            del self._hosts[old][after.uuid]
        if new is not None:
            self._hosts.setdefault(new, {})[after.uuid] = None

    def _count(
        self,
        before: tuple[records.Volume, ...],
        after: tuple[records.Volume, ...],
    ) -> None:
        if before is after:
            return
        self._holders.update(each.uuid for each in after)
        for each in before:
            self._holders[each.uuid] -= 1
            if not self._holders[each.uuid]:
                del self._holders[each.uuid]

    def newest_first(
        self, below: int | None = None, deleted: bool = False
    ) -> collections.abc.Iterator[records.Server]:
        """Iterate as Nova lists: the newest first.

        Start under the number ``below``; with or without deleted servers.
        """
        start = len(self._uuids) if below is None else below - 1
        for position in range(start - 1, -1, -1):
            uuid = self._uuids[position]
            if uuid is None:
                continue
            row = self._rows[uuid]
            if deleted or not row.deleted:
                yield row

    def changed_since(
        self, moment: float
    ) -> collections.abc.Iterator[records.Server]:
        """Iterate over what changed at that moment or later, also deleted.

        Newest first.  Servers that never changed since they were created are
        among them, as with Nova.
        """
        if moment <= self._latest_inserted:
            return (
                row
                for row in self.newest_first(deleted=True)
                if row.updated_at is None or row.updated_at >= moment
            )
        return iter(self._changed_lately(moment))

    def _changed_lately(self, moment: float) -> list[records.Server]:
        rows = [self._rows[uuid] for uuid in self._never_changed]
        for uuid in reversed(self._changed):
            row = self._rows[uuid]
            at = typing.cast(int, row.updated_at)
            if at >= moment:
                rows.append(row)
            elif at < moment - self.tolerance:
                break
        rows.sort(key=lambda row: row.number, reverse=True)
        return rows

    def archive(self, before: float) -> int:
        """Forget the servers that were deleted before that moment."""
        forgotten = 0
        for uuid in list(self._deleted):
            row = self._rows[uuid]
            if typing.cast(int, row.deleted_at) >= before:
                break
            del self._rows[uuid], self._deleted[uuid]
            self._changed.pop(uuid, None)
            self._never_changed.pop(uuid, None)
            self._uuids[row.number - 1] = None
            forgotten += 1
        return forgotten
