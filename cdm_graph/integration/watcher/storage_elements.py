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

"""Watcher's back ends, pools and volumes, by the facts of this model.

What Watcher's own collector cannot do without is shown as best it can be: it
fails on a pool whose space is infinite or unknown, and on a volume that is on
none.  Here such a pool has no value for its space, and the host of such a
volume is empty.
"""

import collections.abc
import typing

from watcher.decision_engine.model import element

from cdm_graph.integration.watcher import lazy
from cdm_graph.model import schema

#: As Cinder writes it: in UTC, without saying so.
_MOMENT: typing.Final = '%Y-%m-%dT%H:%M:%S.%f'
_NO_UUID: typing.Final[dict[str, lazy.Tell]] = {
    'uuid': lambda self: '',
    'human_id': lambda self: '',
}


def _gib(amount: float | None) -> int | None:
    """Return an amount as Watcher counts it: what is below 0 is nothing."""
    return None if amount is None else max(0, int(amount))


class StorageNode(lazy.Lazy, element.StorageNode):  # type: ignore[misc]
    """A back end as Watcher sees it.

    :param of: the back end of the model
    :param volume_types: the names of the types that ask for it
    """

    facts: typing.ClassVar[dict[str, lazy.Tell]] = {
        **_NO_UUID,
        'host': lambda self: self._of.host,
        'zone': lambda self: self._of.availability_zone or '',
        'status': lambda self: self._of.status,
        'state': lambda self: self._of.state,
        'volume_type': lambda self: list(self._volume_types),
    }

    def __init__(
        self,
        of: schema.StorageNode,
        volume_types: collections.abc.Sequence[str],
    ) -> None:
        super().__init__(of)
        self._volume_types = volume_types


class Pool(lazy.Lazy, element.Pool):  # type: ignore[misc]
    """A pool as Watcher sees it."""

    facts: typing.ClassVar[dict[str, lazy.Tell]] = {
        **_NO_UUID,
        'name': lambda self: self._of.name,
        'total_volumes': lambda self: self._of.total_volumes or 0,
        'total_capacity_gb': lambda self: _gib(self._of.total_capacity_gb),
        'free_capacity_gb': lambda self: _gib(self._of.free_capacity_gb),
        'provisioned_capacity_gb': lambda self: _gib(
            self._of.provisioned_capacity_gb
        ),
        'allocated_capacity_gb': lambda self: _gib(
            self._of.allocated_capacity_gb
        ),
        'virtual_free': lambda self: _gib(self._of.virtual_free_gb) or 0,
    }
    optional: typing.ClassVar[frozenset[str]] = frozenset(
        ('total_capacity_gb', 'free_capacity_gb')
    )


class Volume(lazy.Lazy, element.Volume):  # type: ignore[misc]
    """A volume as Watcher sees it."""

    facts: typing.ClassVar[dict[str, lazy.Tell]] = {
        'uuid': lambda self: self._of.uuid,
        'human_id': lambda self: '',
        'size': lambda self: self._of.size_gb or 0,
        'status': lambda self: self._of.status or '',
        'attachments': lambda self: self._attachments(),
        'name': lambda self: self._of.name or '',
        'multiattach': lambda self: bool(self._of.multiattach),
        'snapshot_id': lambda self: self._of.snapshot_id,
        'project_id': lambda self: self._of.project_id,
        'metadata': lambda self: dict(self._of.metadata or {}),
        'bootable': lambda self: bool(self._of.bootable),
        'volume_type': lambda self: self._of.volume_type or '',
        'created_at': lambda self: self._created_at(),
        'host': lambda self: self._of.pool or '',
    }
    optional: typing.ClassVar[frozenset[str]] = frozenset(('project_id',))

    def _attachments(self) -> list[dict[str, str]]:
        return [{'server_id': uuid} for uuid in self._of.attached_to or ()]

    def _created_at(self) -> str:
        moment = self._of.created_at or lazy.UNKNOWN
        return str(moment.strftime(_MOMENT))
