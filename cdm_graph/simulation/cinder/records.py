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

"""The rows of the simulated Cinder's database, and of its scheduler.

They are immutable, as Nova's are (:mod:`cdm_graph.simulation.records`); times
are whole seconds since the epoch.  Cinder forgets what is deleted: there are
no rows of deleted volumes.
"""

import dataclasses
import typing

from cdm_graph.simulation import records

#: A space in GiB, or a driver's word for one that it cannot tell.
Capacity = float | typing.Literal['infinite', 'unknown']

#: What the migration status of a temporary volume begins with.
TARGET: typing.Final = 'target:'
#: Metadata of administrators that users see among their own.
VISIBLE: typing.Final = ('readonly', 'attached_mode')


def _no_strings() -> records.Strings:
    return records.NO_STRINGS


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A cinder-volume, which runs one back end: ``host@backend``."""

    host: str
    service_uuid: str
    zone: str
    #: What types ask for by the extra spec ``volume_backend_name``.
    backend_name: str
    disabled: bool = False
    disabled_reason: str | None = None
    frozen: bool = False
    reporting: bool = True
    updated_at: int

    @property
    def is_offered(self) -> bool:
        """Whether the scheduler uses it, and knows its pools."""
        return self.reporting and not self.disabled


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a back end reported of a pool: all that the scheduler knows.

    ``at`` is when it was measured, in seconds since the epoch.
    """

    total_gb: Capacity
    free_gb: Capacity
    allocated_gb: float
    provisioned_gb: float
    at: float

    @property
    def numbers(self) -> tuple[Capacity, ...]:
        """What is announced when it changes."""
        return (
            self.total_gb,
            self.free_gb,
            self.allocated_gb,
            self.provisioned_gb,
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A pool of a back end: ``host@backend#pool``.

    ``allocated_gb`` is what its cinder-volume counts; migrations make it
    wrong until it is started again, as in Cinder.
    """

    name: str
    backend: str
    total_gb: Capacity
    thin: bool
    over_subscription: float
    reserved_percentage: int
    multiattach: bool
    allocated_gb: float
    report: Report


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VolumeType:
    """What a volume can be of."""

    uuid: str
    name: str
    description: str | None = None
    is_public: bool = True
    encrypted: bool = False
    extra_specs: records.Strings = dataclasses.field(
        default_factory=_no_strings
    )
    created_at: int
    updated_at: int | None = None

    @property
    def is_multiattach(self) -> bool:
        """Whether its volumes can be attached to several servers."""
        return self.extra_specs.get('multiattach') == '<is> True'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A volume, or the temporary second row of one that is being migrated.

    ``pool`` is its host, as Cinder calls it, or none before it is scheduled.
    """

    uuid: str
    name: str
    description: str | None = None
    project: records.Project
    size_gb: int
    status: str = 'creating'
    pool: str | None = None
    type_uuid: str
    zone: str
    bootable: bool = False
    encrypted: bool = False
    multiattach: bool = False
    snapshot_id: str | None = None
    source_volume_id: str | None = None
    migration_status: str | None = None
    name_id: str | None = None
    previous_status: str | None = None
    metadata: records.Strings = dataclasses.field(default_factory=_no_strings)
    admin_metadata: records.Strings = dataclasses.field(
        default_factory=_no_strings
    )
    image_metadata: records.Strings = dataclasses.field(
        default_factory=_no_strings
    )
    service_uuid: str | None = None
    shared_targets: bool = True
    use_quota: bool = True
    created_at: int
    updated_at: int | None = None
    scheduled_at: int | None = None
    launched_at: int | None = None

    @property
    def is_temporary(self) -> bool:
        """Whether it is a migration's row, which will be gone with it."""
        status = self.migration_status or ''
        return status.startswith(TARGET) or (
            status == self.status == 'deleting'
        )

    @property
    def shown_metadata(self) -> records.Strings:
        """Its metadata, as the API shows it."""
        return {
            **self.metadata,
            **{
                key: value
                for key, value in self.admin_metadata.items()
                if key in VISIBLE
            },
        }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What a volume is attached to, or reserved for.

    A volume may be attached to the host of a server or, without a server, to
    any machine.
    """

    uuid: str
    volume: str
    server: str | None
    status: str = 'reserved'
    host: str | None = None
    device: str | None = None
    mode: str = 'null'
    attached_at: int | None = None
    created_at: int
    updated_at: int

    @property
    def is_attached(self) -> bool:
        """Whether the volume's row shows it."""
        return self.status == 'attached'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A snapshot of a volume."""

    uuid: str
    volume: str
    name: str
    description: str | None = None
    project: records.Project
    size_gb: int
    status: str = 'creating'
    progress: str = '0%'
    metadata: records.Strings = dataclasses.field(default_factory=_no_strings)
    created_at: int
    updated_at: int | None = None
