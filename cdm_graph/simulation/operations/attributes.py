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

"""What the owners of servers change of them."""

import collections.abc

from cdm_graph.simulation import notification
from cdm_graph.simulation.nova import instance
from cdm_graph.simulation.operations import base


class Attributes(base.OperationsBase):
    """Names, locks, metadata, tags."""

    def lock(self, uuid: str, reason: str | None = None) -> base.Operation:
        """Lock a server."""
        return self._locked(uuid, 'lock', True, reason)

    def unlock(self, uuid: str) -> base.Operation:
        """Unlock a server."""
        return self._locked(uuid, 'unlock', False, None)

    def _locked(
        self, uuid: str, event: str, locked: bool, reason: str | None
    ) -> base.Operation:
        obj = self._load(uuid)
        yield obj.save(locked=locked, locked_reason=reason)
        yield obj.tell(event, notification.API)

    def rename(self, uuid: str, name: str) -> base.Operation:
        """Give a server another name."""
        yield self._load(uuid).save(display_name=name)

    def set_metadata(
        self, uuid: str, metadata: collections.abc.Mapping[str, str]
    ) -> base.Operation:
        """Set some keys of a server's metadata."""
        obj = self._load(uuid)
        yield obj.save(metadata={**obj.row.metadata, **metadata})

    def delete_metadata(self, uuid: str, key: str) -> base.Operation:
        """Delete a key of a server's metadata."""
        obj = self._load(uuid)
        metadata = dict(obj.row.metadata)
        metadata.pop(key, None)
        yield obj.save(metadata=metadata)

    def add_tag(self, uuid: str, tag: str) -> base.Operation:
        """Add a tag to a server."""
        obj = self._load(uuid)
        yield self._tagged(obj, {*obj.row.tags, tag})

    def remove_tag(self, uuid: str, tag: str) -> base.Operation:
        """Remove a tag from a server."""
        obj = self._load(uuid)
        yield self._tagged(obj, {*obj.row.tags} - {tag})

    def _tagged(
        self, obj: instance.InstanceObject, tags: set[str]
    ) -> base.Step:
        """Replace tags: announced by the API, whether updates are or not."""
        before, after = self.cloud.change_server(
            obj.row.uuid, touch=False, tags=tuple(sorted(tags))
        )
        return self._announcer.update(
            before, after, obj.context, notification.API_ITSELF, always=True
        )
