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

"""The rows of the simulated cloud's database.

Rows are immutable: a change replaces the row.  A reader may thus keep one
without a lock, and a service's stale copy of a server, which is behind most
of Nova's misleading notifications, is simply an older row.

Times are whole seconds since the epoch, which is what Nova's database keeps.
"""

import collections.abc
import dataclasses
import enum
import types
import typing

Strings = collections.abc.Mapping[str, str]
NO_STRINGS: typing.Final[Strings] = types.MappingProxyType({})


def _no_strings() -> Strings:
    return NO_STRINGS


class PowerState(enum.IntEnum):
    """Numbers as Nova's API shows them, names as its notifications do."""

    PENDING = 0
    RUNNING = 1
    PAUSED = 3
    SHUTDOWN = 4
    CRASHED = 6
    SUSPENDED = 7

    @property
    def word(self) -> str:
        """The word that notifications use."""
        return self.name.lower()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Flavor:
    """A flavor; a server keeps the one that it was built from."""

    number: int
    flavorid: str
    name: str
    vcpus: int
    memory_mb: int
    root_gb: int
    ephemeral_gb: int = 0
    swap_mb: int = 0
    is_public: bool = True
    disabled: bool = False
    extra_specs: Strings = dataclasses.field(default_factory=_no_strings)
    created_at: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image; servers without one boot from a volume."""

    uuid: str
    name: str
    owner: str
    created_at: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """An owner, with one user who acts for it."""

    project_id: str
    name: str
    user_id: str
    user_name: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A hypervisor and the nova-compute service that runs it."""

    number: int
    uuid: str
    hostname: str
    host: str
    service_uuid: str
    hypervisor_type: str = 'QEMU'
    hypervisor_version: int = 8002002
    vcpus: int
    memory_mb: int
    disk_gb: int
    disabled: bool = False
    disabled_reason: str | None = None
    forced_down: bool = False
    reporting: bool = True
    #: The cell it is in; the first one has no name.
    cell: str = ''
    created_at: int
    updated_at: int

    @property
    def up(self) -> bool:
        """Whether Nova takes its nova-compute for alive."""
        return self.reporting and not self.forced_down


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A network interface of a server, with its fixed addresses."""

    uuid: str
    mac_address: str
    network: str
    addresses: tuple[str, ...]

    @property
    def device_name(self) -> str:
        """The name of its device on the host."""
        return f'tap{self.uuid[:11]}'


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A volume as it is attached to a server."""

    uuid: str
    device_name: str
    is_root: bool = False
    delete_on_termination: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share as it is attached to a server, which mounts it to run."""

    uuid: str
    mapping_uuid: str
    status: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server; ``image`` is empty where it boots from a volume.

    What is attached to it is in tables of its own in Nova: a change of it
    leaves ``updated_at`` alone.
    """

    number: int
    uuid: str
    display_name: str
    hostname: str
    project: Project
    flavor: Flavor
    image: str
    host: str | None = None
    node: str | None = None
    availability_zone: str | None = None
    #: What its request asked for; where it may be moved to.
    pinned_zone: str | None = None
    vm_state: str = 'building'
    task_state: str | None = None
    power_state: PowerState = PowerState.PENDING
    locked: bool = False
    locked_reason: str | None = None
    metadata: Strings = dataclasses.field(default_factory=_no_strings)
    tags: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    volumes: tuple[Volume, ...] = ()
    shares: tuple[Share, ...] = ()
    #: The cell whose database it is in; the first one has no name.
    cell: str = ''
    created_at: int
    launched_at: int | None = None
    updated_at: int | None = None
    deleted_at: int | None = None
    terminated_at: int | None = None
    deleted: bool = False

    @property
    def reservation_id(self) -> str:
        """The reservation it was created with, one for each server."""
        return 'r-' + self.uuid.replace('-', '')[:8]

    @property
    def instance_name(self) -> str:
        """The name that the hypervisor knows it by."""
        return f'instance-{self.number:08x}'

    def status_of(self, share: Share) -> str:
        """Return the status of one of its shares: mounted while it runs."""
        if share.status == 'inactive' and self.vm_state == 'active':
            return 'active'
        return share.status


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """A host aggregate; one with a zone in its metadata makes the zone."""

    number: int
    uuid: str
    name: str
    metadata: Strings = dataclasses.field(default_factory=_no_strings)
    hosts: tuple[str, ...] = ()
    created_at: int
    updated_at: int | None = None

    @property
    def availability_zone(self) -> str | None:
        """The zone that it puts its hosts in."""
        return self.metadata.get('availability_zone')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ServerGroup:
    """A server group.

    ``members`` keeps servers that were deleted, as Nova's database does: its
    API leaves them out, its notifications do not.
    """

    number: int
    uuid: str
    name: str
    policy: str
    rules: Strings = dataclasses.field(default_factory=_no_strings)
    project: Project
    members: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """The record of a move of a server, or of an attempt."""

    number: int
    uuid: str
    server: str
    kind: str
    status: str
    source: Node
    dest: Node | None
    old_flavor: Flavor
    new_flavor: Flavor
    project: Project
    created_at: int
    updated_at: int | None = None

    #: The server may stay on the new host or go back to the old one.
    UNDECIDED: typing.ClassVar = frozenset(
        {'finished', 'confirming', 'reverting'}
    )
    #: The server is where it will be, unless it is undecided.
    SETTLED: typing.ClassVar = UNDECIDED | {
        'cancelled',
        'completed',
        'confirmed',
        'done',
        'error',
        'failed',
        'reverted',
    }

    @property
    def under_way(self) -> bool:
        """Whether the server is on its way at this moment."""
        return self.status not in self.SETTLED

    @property
    def undecided(self) -> bool:
        """Whether it waits for the owner, or for what the owner decided."""
        return self.status in self.UNDECIDED
