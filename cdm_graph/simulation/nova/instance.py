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

"""A service's own copy of a server, as stale as in Nova.

Much of what misleads in Nova's notifications has one cause: a payload is
made of the copy that the sending service holds, not of the database.  The
copy behaves as ``nova.objects.Instance`` does, and the misleading
notifications follow:

- what was set but not saved yet is told already;
- a save writes what was set and brings in everything that others wrote,
  except that ``updated_at`` becomes what it was *before* this save: it is
  one save behind, in ``instance.update`` too;
- a copy sent to another service goes its own way.
"""

import dataclasses
import typing

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import notification
from cdm_graph.simulation import records
from cdm_graph.simulation.nova import announcer as announcer_module


class InstanceObject:
    """A copy of a server, held while one request is carried out."""

    def __init__(
        self,
        cloud: cloud_module.SimulatedCloud,
        announcer: announcer_module.Announcer,
        context: notification.RequestContext,
        row: records.Server,
    ) -> None:
        self._cloud = cloud
        self._announcer = announcer
        self.context = context
        self.row = row
        self._unsaved: dict[str, typing.Any] = {}

    def copy(self) -> 'InstanceObject':
        """Return the copy that another service gets with a call."""
        other = InstanceObject(
            self._cloud, self._announcer, self.context, self.row
        )
        other._unsaved = dict(self._unsaved)
        return other

    def set(self, **changes: typing.Any) -> None:
        """Change the copy; the database follows with the next save."""
        self._unsaved.update(changes)
        self.row = dataclasses.replace(self.row, **changes)

    def save(self, **changes: typing.Any) -> list[notification.Notification]:
        """Write the changes; return the ``instance.update`` of it.

        Without changes something was written that nobody sees from outside.
        """
        changes = {**self._unsaved, **changes}
        self._unsaved = {}
        before, after = self._cloud.change_server(self.row.uuid, **changes)
        self.row = dataclasses.replace(after, updated_at=before.updated_at)
        return self._announcer.update(
            before,
            self.row,
            self.context,
            notification.saved(before.cell),
        )

    def now(self) -> int:
        """Return the time by the clock of the cell that the server is in."""
        return self._cloud.now(self.row.cell)

    def write(self, **changes: typing.Any) -> None:
        """Write what is in other tables than the server's own.

        Neither is that announced, nor does ``updated_at`` follow.
        """
        self._cloud.change_server(self.row.uuid, touch=False, **changes)
        self.row = dataclasses.replace(self.row, **changes)

    def destroy(self) -> None:
        """Delete the server; the copy becomes its last row.

        It still has the volumes, which its last message lists.
        """
        volumes = self.row.volumes
        self.row = dataclasses.replace(
            self._cloud.destroy_server(self.row.uuid), volumes=volumes
        )

    def tell(
        self,
        event: str,
        publisher: notification.Publisher,
        **details: typing.Any,
    ) -> list[notification.Notification]:
        """Announce an event, with this copy as its payload."""
        return self._announcer.instance(
            event, self.row, self.context, publisher, **details
        )

    def tell_legacy(
        self,
        event: str,
        publisher: notification.Publisher,
        extra: notification.Payload,
    ) -> list[notification.Notification]:
        """Announce what only the legacy format has an event for."""
        return self._announcer.legacy_instance(
            event, self.row, self.context, publisher, extra
        )

    def exists(
        self, publisher: notification.Publisher
    ) -> list[notification.Notification]:
        """Announce what is accounted, with this copy as its payload."""
        return self._announcer.exists(self.row, self.context, publisher)
