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

"""A service's own copy of a volume, as stale as in Cinder.

A payload is made of the copy that the sending service holds.  Cinder's API
writes some states past its copy, and announces the old ones.
"""

import typing

from cdm_graph.simulation import notification
from cdm_graph.simulation.cinder import announcer as cinder_announcer
from cdm_graph.simulation.cinder import records
from cdm_graph.simulation.cinder import storage as storage_module


class VolumeObject:
    """A copy of a volume, held while one request is carried out."""

    def __init__(
        self,
        storage: storage_module.Storage,
        announcer: cinder_announcer.StorageAnnouncer,
        context: notification.RequestContext,
        row: records.Volume,
    ) -> None:
        self._storage = storage
        self._announcer = announcer
        self.context = context
        self.row = row

    @property
    def backend(self) -> str:
        """The back end it is on, as the service there signs; or the API."""
        pool = self.row.pool or cinder_announcer.CONTROLLER
        return pool.partition('#')[0]

    @property
    def pool(self) -> str:
        """The pool it is in."""
        return self.row.pool or cinder_announcer.CONTROLLER

    def save(self, **changes: typing.Any) -> None:
        """Write changes, which the copy has too."""
        self.row = self._storage.change_volume(self.row.uuid, **changes)

    def write(self, **changes: typing.Any) -> None:
        """Write what is in other tables: ``updated_at`` does not follow."""
        self.row = self._storage.change_volume(
            self.row.uuid, touch=False, **changes
        )

    def write_past(self, **changes: typing.Any) -> None:
        """Write changes that the copy does not learn of."""
        self._storage.change_volume(self.row.uuid, **changes)

    def tell(
        self, event: str, place: str | None = None
    ) -> cinder_announcer.Messages:
        """Announce an event with this copy, of its back end by default."""
        return self._announcer.volume(
            event, self.row, self.context, place or self.backend
        )

    def tell_by_api(self, event: str) -> cinder_announcer.Messages:
        """Announce an event as the API does."""
        return self.tell(event, cinder_announcer.CONTROLLER)
