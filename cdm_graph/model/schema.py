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

"""The elements and relations of the cluster data model, declared once.

Types, units, the attributes of the graph's vertices, the keys of GraphML and
the reference in the documentation derive from this page; nothing else lists
the fields of an element.

An element is plain, immutable data.  It is validated when it is constructed,
which happens at the border (a row of an API, the payload of a notification);
inside it is trusted.

A *reference* is a field that names other elements.  The model turns it into
relations; where the relation says all of it, the field is no attribute of
the vertex.  What a reference of one kind leads to is declared beside it, as a
:class:`~cdm_graph.model.link.Link`; only where Nova has rules of its own for
that the model has them too (:mod:`cdm_graph.model.relations`).

A *vertex* is the name of an element in the graph: unique over all kinds, and
the same after a restart.  OpenStack's UUIDs are used as they are, but for
those that two services give to two things; names that people choose get the
kind in front, so that a zone ``nova`` and a flavor ``nova`` are two vertices.
"""

import dataclasses
import math
import typing

from cdm_graph.model import declaration
from cdm_graph.model import fields
from cdm_graph.model import link
from cdm_graph.model import terms

Kind = terms.Kind
Relation = terms.Relation
Link = link.Link
Direction = link.Direction
Element = declaration.Element
ElementKey = declaration.ElementKey
Attribute = declaration.Attribute
Rule = declaration.Rule
element = declaration.element
field = declaration.field

ELEMENT_CLASSES = declaration.ELEMENT_CLASSES
RELATIONS = declaration.RELATIONS
LINKS = declaration.LINKS
IMPLIED_KINDS = declaration.IMPLIED_KINDS
BARE_KINDS = declaration.BARE_KINDS
ATTRIBUTES = declaration.ATTRIBUTES
MOMENTS = declaration.MOMENTS
EVERY = declaration.EVERY

vertex_of = declaration.vertex_of
key_at = declaration.key_at
key_of = declaration.key_of
implied_element = declaration.implied_element
is_attribute = declaration.is_attribute
replace = declaration.replace
share = declaration.share
values_of = declaration.values_of
attributes_of = declaration.attributes_of


@dataclasses.dataclass(frozen=True, slots=True)
class Resources:
    """An amount of what a node has and an instance takes."""

    vcpus: int = 0
    memory_mb: int = 0
    disk_gb: int = 0

    def __add__(self, other: 'Resources') -> 'Resources':
        return Resources(
            self.vcpus + other.vcpus,
            self.memory_mb + other.memory_mb,
            self.disk_gb + other.disk_gb,
        )

    def __sub__(self, other: 'Resources') -> 'Resources':
        return Resources(
            self.vcpus - other.vcpus,
            self.memory_mb - other.memory_mb,
            self.disk_gb - other.disk_gb,
        )


@element(prefix='project/', is_implied=True)
class Project(Element):
    """An owner of servers; it exists while something is owned by it."""

    kind: typing.ClassVar[Kind] = Kind.PROJECT
    key_field: typing.ClassVar[str] = 'project_id'

    project_id: fields.Key = field('Identifier in Keystone.')


@element(prefix='zone/', is_implied=True)
class AvailabilityZone(Element):
    """A zone that users may ask for; it exists while a node is in it."""

    kind: typing.ClassVar[Kind] = Kind.AVAILABILITY_ZONE
    key_field: typing.ClassVar[str] = 'name'

    name: fields.Key = field('Name of the zone.')


@element(
    rules=(
        Rule(
            Relation.IN_ZONE,
            Kind.AVAILABILITY_ZONE,
            "The zone of the node's host: its aggregate's, or the default.",
        ),
    ),
)
class ComputeNode(Element):
    """A hypervisor, with the nova-compute service that runs it."""

    kind: typing.ClassVar[Kind] = Kind.COMPUTE_NODE
    key_field: typing.ClassVar[str] = 'uuid'

    uuid: fields.Key = field('UUID of the hypervisor.')
    hostname: fields.SharedKey = field(
        'Name of the hypervisor (hypervisor_hostname).'
    )
    service_host: fields.SharedKey = field('Host of its nova-compute service.')
    hypervisor_type: fields.Shared = field('Driver, such as QEMU.', default='')
    hypervisor_version: int = field(
        'Version of the hypervisor, as an integer.', default=0
    )
    vcpus: fields.Count = field('Virtual CPUs, without overcommit.', default=0)
    vcpus_used: int = field('Virtual CPUs in use, by Nova.', default=0)
    memory_mb: fields.Count = field('Memory.', unit='MiB', default=0)
    memory_mb_used: int = field(
        'Memory in use, by Nova.', unit='MiB', default=0
    )
    disk_gb: fields.Count = field('Disk.', unit='GiB', default=0)
    disk_gb_used: int = field('Disk in use, by Nova.', unit='GiB', default=0)
    state: fields.State = field('Whether nova-compute reports.', default='up')
    status: fields.Status = field(
        'Whether the scheduler may use it.', default='enabled'
    )
    disabled_reason: str | None = field('Why it was disabled.', default=None)
    forced_down: bool = field(
        'Whether an operator declared it down.', default=False
    )

    @property
    def name(self) -> str:
        """The name that people call it by."""
        return self.hostname

    @property
    def capacity(self) -> Resources:
        """What it has in all, without overcommit."""
        return Resources(self.vcpus, self.memory_mb, self.disk_gb)


@element(
    rules=(
        Rule(
            Relation.HOSTED_ON,
            Kind.COMPUTE_NODE,
            'The node that runs the server; at most one.',
        ),
        Rule(
            Relation.MIGRATING_TO,
            Kind.COMPUTE_NODE,
            'The node that the server is being moved to, while it is.',
        ),
        Rule(
            Relation.OWNED_BY,
            Kind.PROJECT,
            'The project owns the server.',
        ),
        Rule(
            Relation.OF_FLAVOR,
            Kind.FLAVOR,
            'The flavor that the server was built from or resized to.',
        ),
    ),
)
class Instance(Element):
    """A server."""

    kind: typing.ClassVar[Kind] = Kind.INSTANCE
    key_field: typing.ClassVar[str] = 'uuid'

    uuid: fields.Key = field('UUID of the server.')
    name: str = field('Name that its owner gave it.', default='')
    vm_state: fields.Shared = field(
        'Stable state, such as active.', default=''
    )
    task_state: fields.Shared | None = field(
        'What is being done to it; none when at rest.', default=None
    )
    power_state: fields.Shared | None = field(
        'What the hypervisor reports: pending, running, paused, shutdown, '
        'crashed or suspended.',
        default=None,
    )
    flavor_name: fields.Shared | None = field(
        'Name of the flavor it was built from.', default=None
    )
    vcpus: fields.Count = field('Virtual CPUs.', default=0)
    memory_mb: fields.Count = field('Memory.', unit='MiB', default=0)
    disk_gb: fields.Count = field(
        'Root disk of its flavor.', unit='GiB', default=0
    )
    ephemeral_gb: fields.Count = field(
        'Ephemeral disk.', unit='GiB', default=0
    )
    swap_mb: fields.Count = field('Swap disk.', unit='MiB', default=0)
    extra_specs: fields.StringsField = field(
        'Extra specs of its copy of the flavor.',
        default_factory=fields.Strings,
    )
    project_id: fields.SharedReference | None = field(
        'Project that owns it.', default=None
    )
    user_id: fields.Shared | None = field(
        'User that created it.', default=None
    )
    availability_zone: fields.Shared | None = field(
        'Zone that it is in, or was asked for.', default=None
    )
    pinned_availability_zone: fields.Shared | None = field(
        'Zone that it must not leave, as of the last look at it.',
        default=None,
    )
    host: fields.Shared | None = field(
        'Host of the nova-compute service that runs it.', default=None
    )
    node: fields.Shared | None = field(
        'Name of the hypervisor that runs it.', default=None
    )
    migrating_to: fields.Shared | None = field(
        'Host that it is being moved to, as announced.', default=None
    )
    locked: bool = field(
        'Whether it is locked: it must not be moved.', default=False
    )
    locked_reason: str | None = field('Why it is locked.', default=None)
    metadata: fields.StringsField = field(
        'Metadata of its owner.', default_factory=fields.Strings
    )
    tags: tuple[str, ...] = field('Tags, sorted.', default=())
    image_id: fields.Shared | None = field(
        'Image it was built from; none if it boots from a volume.',
        default=None,
    )
    ports: tuple[fields.Reference, ...] = field(
        'MAC addresses of its ports, sorted.', attribute=False, default=()
    )
    volumes: tuple[fields.Reference, ...] = field(
        'UUIDs of its volumes, sorted.', attribute=False, default=()
    )
    shares: tuple[fields.Reference, ...] | None = field(
        'UUIDs of its shares, sorted; none where that was not told.',
        attribute=False,
        default=None,
    )
    created_at: fields.Timestamp | None = field('When created.', default=None)
    launched_at: fields.Timestamp | None = field(
        'When it last began to run.', default=None
    )
    updated_at: fields.Timestamp | None = field(
        'When Nova last changed its row.', default=None
    )

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is being done to it."""
        return self.task_state is None

    def with_memory_of(self, previous: 'Instance') -> 'Instance':
        """Return this row of the API with what no row tells.

        The host that a server is being moved to is only announced; it holds
        until the server is at rest.  Shares are told by few.
        """
        target = None if self.is_at_rest else previous.migrating_to
        shares = previous.shares if self.shares is None else self.shares
        if (target, shares) == (self.migrating_to, self.shares):
            return self
        return replace(self, migrating_to=target, shares=shares)

    @property
    def resources(self) -> Resources:
        """What it takes of its node.

        Disk is root, ephemeral and swap (rounded up to a GiB); the root disk
        counts nothing where the server boots from a volume: the rule by
        which Nova itself claims it in Placement
        (``nova.scheduler.utils.resources_from_flavor``).
        """
        root = self.disk_gb if self.image_id else 0
        swap = math.ceil(self.swap_mb / 1024)
        return Resources(
            self.vcpus, self.memory_mb, root + self.ephemeral_gb + swap
        )


#: What the resources of an instance depend on.
FACTS_OF_RESOURCES: typing.Final = (
    'vcpus',
    'memory_mb',
    'disk_gb',
    'ephemeral_gb',
    'swap_mb',
    'image_id',
)


@element(
    Link(
        'hosts',
        Relation.MEMBER_OF,
        Kind.COMPUTE_NODE,
        "The node's host is in the aggregate.",
        by='service_host',
        direction=Direction.IN,
    ),
)
class HostAggregate(Element):
    """A set of compute hosts that an operator put together."""

    kind: typing.ClassVar[Kind] = Kind.HOST_AGGREGATE
    key_field: typing.ClassVar[str] = 'uuid'

    uuid: fields.Key = field('UUID of the aggregate.')
    aggregate_id: int = field('Number of the aggregate.')
    name: str = field('Name of the aggregate.', default='')
    availability_zone: fields.SharedReference | None = field(
        'Zone that its hosts are in.', default=None
    )
    metadata: fields.StringsField = field(
        'Metadata, such as scheduler hints.', default_factory=fields.Strings
    )
    hosts: tuple[str, ...] = field(
        'Hosts of the nova-compute services that are members, sorted.',
        attribute=False,
        default=(),
    )


@element(
    Link(
        'members',
        Relation.MEMBER_OF,
        Kind.INSTANCE,
        'The server is in the group.',
        direction=Direction.IN,
    ),
    Link(
        'project_id',
        Relation.OWNED_BY,
        Kind.PROJECT,
        'The project owns the group.',
    ),
)
class ServerGroup(Element):
    """A set of servers with an (anti-)affinity policy."""

    kind: typing.ClassVar[Kind] = Kind.SERVER_GROUP
    key_field: typing.ClassVar[str] = 'uuid'

    uuid: fields.Key = field('UUID of the group.')
    name: str = field('Name of the group.', default='')
    policy: fields.Shared | None = field(
        'affinity, anti-affinity or their soft kinds.', default=None
    )
    rules: fields.StringsField = field(
        'Rules of the policy, such as max_server_per_host.',
        default_factory=fields.Strings,
    )
    project_id: fields.SharedReference | None = field(
        'Project that owns it.', default=None
    )
    user_id: fields.Shared | None = field(
        'User that created it.', default=None
    )
    members: tuple[str, ...] = field(
        'UUIDs of the servers in it, sorted.', attribute=False, default=()
    )


@element(prefix='flavor/')
class Flavor(Element):
    """What a server can be built from; known to its users by its name.

    A server keeps a copy of its flavor's facts under the flavor's name, and
    Nova's API tells no more than that name: hence the key.
    """

    kind: typing.ClassVar[Kind] = Kind.FLAVOR
    key_field: typing.ClassVar[str] = 'name'

    name: fields.Key = field('Name of the flavor, unique in a cloud.')
    flavor_id: str = field('Identifier that the API takes.', default='')
    vcpus: fields.Count = field('Virtual CPUs.', default=0)
    memory_mb: fields.Count = field('Memory.', unit='MiB', default=0)
    disk_gb: fields.Count = field('Root disk.', unit='GiB', default=0)
    ephemeral_gb: fields.Count = field(
        'Ephemeral disk.', unit='GiB', default=0
    )
    swap_mb: fields.Count = field('Swap disk.', unit='MiB', default=0)
    is_public: bool = field('Whether every project sees it.', default=True)
    disabled: bool = field('Whether it is disabled.', default=False)
    extra_specs: fields.StringsField = field(
        'Extra specs.', default_factory=fields.Strings
    )


@element(
    rules=(
        Rule(
            Relation.ATTACHED_TO,
            Kind.INSTANCE,
            'The server has the port.',
        ),
    ),
    is_implied=True,
)
class Port(Element):
    """A network interface of a server; it exists while it is attached.

    Nova's list of servers tells no more of a port than its MAC address:
    hence the key.
    """

    kind: typing.ClassVar[Kind] = Kind.PORT
    key_field: typing.ClassVar[str] = 'mac_address'

    mac_address: fields.Key = field('MAC address of the port.')


@element(
    Link(
        'availability_zone',
        Relation.IN_ZONE,
        Kind.AVAILABILITY_ZONE,
        'The zone of the back end.',
    ),
    prefix='storage/',
)
class StorageNode(Element):
    """A back end of Cinder, with the cinder-volume service that runs it."""

    kind: typing.ClassVar[Kind] = Kind.STORAGE_NODE
    key_field: typing.ClassVar[str] = 'host'

    host: fields.Key = field('Host of its cinder-volume: host@backend.')
    availability_zone: fields.SharedReference | None = field(
        'Zone of Cinder that it is in.', default=None
    )
    state: fields.State = field('Whether cinder-volume reports.', default='up')
    status: fields.Status = field(
        'Whether the scheduler may use it.', default='enabled'
    )
    disabled_reason: str | None = field('Why it was disabled.', default=None)

    @property
    def name(self) -> str:
        """The name that people call it by."""
        return self.host


@element(
    Link(
        'storage_node',
        Relation.PART_OF,
        Kind.STORAGE_NODE,
        'The back end that the pool belongs to.',
    ),
    prefix='pool/',
)
class StoragePool(Element):
    """A pool of a back end of Cinder: where the space of volumes is.

    What a driver says is unknown or infinite is none.
    """

    kind: typing.ClassVar[Kind] = Kind.STORAGE_POOL
    key_field: typing.ClassVar[str] = 'name'

    name: fields.Key = field('Name of the pool: host@backend#pool.')
    storage_node: fields.SharedKey = field(
        'Host of its cinder-volume: host@backend.'
    )
    backend_name: fields.Shared = field(
        'volume_backend_name of its back end.', default=''
    )
    total_capacity_gb: fields.Amount | None = field(
        'Space that it has.', unit='GiB', default=None
    )
    free_capacity_gb: fields.Amount | None = field(
        'Space that is left of that.', unit='GiB', default=None
    )
    allocated_capacity_gb: fields.Amount = field(
        'Space that Cinder gave to volumes.', unit='GiB', default=0.0
    )
    provisioned_capacity_gb: fields.Amount = field(
        'Space that was promised, by Cinder and others.',
        unit='GiB',
        default=0.0,
    )
    max_over_subscription_ratio: fields.Amount = field(
        'How many times its space may be promised, if it is thin.',
        default=1.0,
    )
    reserved_percentage: fields.Amount = field(
        'Share of its space that is kept back.', unit='%', default=0.0
    )
    thin_provisioning: bool = field(
        'Whether volumes take space as they are written.', default=False
    )
    multiattach: bool = field(
        'Whether its volumes can be of several servers.', default=False
    )
    total_volumes: fields.Count | None = field(
        'Volumes that its driver counts; none if it does not tell.',
        default=None,
    )

    @property
    def virtual_free_gb(self) -> float | None:
        """How much more may be promised, in GiB; none if it is not known.

        The rule by which Cinder's scheduler filters
        (``cinder.utils.calculate_virtual_free_capacity``).
        """
        total, free = self.total_capacity_gb, self.free_capacity_gb
        if total is None:
            return None
        reserved = math.floor(total * self.reserved_percentage / 100)
        if self.thin_provisioning:
            promised = total * self.max_over_subscription_ratio
            return promised - self.provisioned_capacity_gb - reserved
        return None if free is None else free - reserved


@element()
class VolumeType(Element):
    """What a volume can be of."""

    kind: typing.ClassVar[Kind] = Kind.VOLUME_TYPE
    key_field: typing.ClassVar[str] = 'uuid'

    uuid: fields.Key = field('UUID of the type.')
    name: str = field('Name of the type.', default='')
    description: str | None = field('What it is for.', default=None)
    is_public: bool = field('Whether every project sees it.', default=True)
    extra_specs: fields.StringsField = field(
        'Extra specs.', default_factory=fields.Strings
    )


@element(
    Link(
        'pool',
        Relation.HOSTED_ON,
        Kind.STORAGE_POOL,
        'The pool that holds the volume.',
    ),
    Link(
        'volume_type',
        Relation.OF_TYPE,
        Kind.VOLUME_TYPE,
        'The type of the volume.',
        by='name',
    ),
    Link(
        'project_id',
        Relation.OWNED_BY,
        Kind.PROJECT,
        'The project owns the volume.',
    ),
    rules=(
        Rule(
            Relation.ATTACHED_TO,
            Kind.INSTANCE,
            'The server uses the volume, as Nova says.',
        ),
    ),
    is_implied=True,
)
class Volume(Element):
    """A volume: as Cinder tells it, or no more than that a server uses it.

    All that only Cinder knows is none where it is not asked.
    """

    kind: typing.ClassVar[Kind] = Kind.VOLUME
    key_field: typing.ClassVar[str] = 'uuid'

    uuid: fields.Key = field('UUID of the volume.')
    name: str | None = field('Name that its owner gave it.', default=None)
    status: fields.Shared | None = field(
        'Such as available, in-use or error.', default=None
    )
    size_gb: fields.Count | None = field('Size.', unit='GiB', default=None)
    pool: fields.Shared | None = field(
        'Pool that holds it: host@backend#pool; none as long as none was '
        'chosen.',
        default=None,
    )
    volume_type: fields.Shared | None = field(
        'Name of its type.', default=None
    )
    availability_zone: fields.Shared | None = field(
        'Zone of Cinder that it is in.', default=None
    )
    project_id: fields.SharedReference | None = field(
        'Project that owns it.', default=None
    )
    user_id: fields.Shared | None = field(
        'User that created it.', default=None
    )
    bootable: bool | None = field(
        'Whether a server can boot from it.', default=None
    )
    encrypted: bool | None = field('Whether it is encrypted.', default=None)
    multiattach: bool | None = field(
        'Whether several servers may use it.', default=None
    )
    attached_to: tuple[str, ...] | None = field(
        'UUIDs of the servers that use it, as Cinder says, sorted.',
        default=None,
    )
    snapshot_id: str | None = field(
        'Snapshot that it was made from.', default=None
    )
    source_volume_id: str | None = field(
        'Volume that it was made from.', default=None
    )
    migration_status: fields.Shared | None = field(
        'How its migration goes, or went.', default=None
    )
    metadata: fields.StringsField | None = field(
        'Metadata of its owner.', default=None
    )
    created_at: fields.Timestamp | None = field('When created.', default=None)
    updated_at: fields.Timestamp | None = field(
        'When Cinder last changed its row.', default=None
    )


@element(
    rules=(
        Rule(
            Relation.ATTACHED_TO,
            Kind.INSTANCE,
            'The server mounts the share.',
        ),
    ),
    is_implied=True,
)
class Share(Element):
    """A shared file system, as Nova knows it; it exists while attached."""

    kind: typing.ClassVar[Kind] = Kind.SHARE
    key_field: typing.ClassVar[str] = 'uuid'

    uuid: fields.Key = field('UUID of the share.')


@element(
    Link(
        'volume_id',
        Relation.SNAPSHOT_OF,
        Kind.VOLUME,
        'The volume that the snapshot is of.',
    ),
    Link(
        'project_id',
        Relation.OWNED_BY,
        Kind.PROJECT,
        'The project owns the snapshot.',
    ),
)
class VolumeSnapshot(Element):
    """A snapshot of a volume."""

    kind: typing.ClassVar[Kind] = Kind.VOLUME_SNAPSHOT
    key_field: typing.ClassVar[str] = 'uuid'

    uuid: fields.Key = field('UUID of the snapshot.')
    name: str = field('Name that its owner gave it.', default='')
    status: fields.Shared = field(
        'Such as available, creating or error.', default=''
    )
    size_gb: fields.Count = field(
        'Size of the volume when it was made.', unit='GiB', default=0
    )
    volume_id: str = field('Volume that it is of.', default='')
    project_id: fields.SharedReference | None = field(
        'Project that owns it.', default=None
    )
    user_id: fields.Shared | None = field(
        'User that created it.', default=None
    )
    metadata: fields.StringsField = field(
        'Metadata of its owner.', default_factory=fields.Strings
    )
    created_at: fields.Timestamp | None = field('When created.', default=None)
    updated_at: fields.Timestamp | None = field(
        'When Cinder last changed its row.', default=None
    )


@element()
class Chassis(Element):
    """A chassis of bare machines."""

    kind: typing.ClassVar[Kind] = Kind.CHASSIS
    key_field: typing.ClassVar[str] = 'uuid'

    uuid: fields.Key = field('UUID of the chassis.')
    description: str = field('What it is.', default='')

    @property
    def name(self) -> str:
        """What people call it by: Ironic has no names for chassis."""
        return self.description or self.uuid


@element(
    Link(
        'compute_names',
        Relation.BACKED_BY,
        Kind.COMPUTE_NODE,
        'The bare machine that the node of that name is.',
        by='hostname',
        direction=Direction.IN,
    ),
    Link(
        'compute_names',
        Relation.BACKED_BY,
        Kind.COMPUTE_NODE,
        'The bare machine that the node with that UUID is.',
        direction=Direction.IN,
    ),
    Link(
        'chassis_uuid',
        Relation.PART_OF,
        Kind.CHASSIS,
        'The chassis that the machine is in.',
    ),
    prefix='machine/',
)
class BaremetalNode(Element):
    """A bare machine, as Ironic knows it.

    Nova's driver for Ironic gives the hypervisor the UUID of its machine:
    hence the prefix of the vertex.
    """

    kind: typing.ClassVar[Kind] = Kind.BAREMETAL_NODE
    key_field: typing.ClassVar[str] = 'uuid'

    uuid: fields.Key = field('UUID of the machine.')
    name: str = field('Name of the machine.', default='')
    driver: fields.Shared = field('Driver, such as redfish.', default='')
    resource_class: fields.Shared | None = field(
        'Class by which Nova chooses it.', default=None
    )
    power_state: fields.Shared | None = field(
        'power on, power off, rebooting or error; none if not known.',
        default=None,
    )
    target_power_state: fields.Shared | None = field(
        'Power state that it is being brought to.', default=None
    )
    provision_state: fields.Shared | None = field(
        'Such as available, active or deploying.', default=None
    )
    target_provision_state: fields.Shared | None = field(
        'Provision state that it is being brought to.', default=None
    )
    maintenance: bool = field(
        'Whether an operator works on it.', default=False
    )
    maintenance_reason: str | None = field(
        'Why it is in maintenance.', default=None
    )
    fault: fields.Shared | None = field(
        'What Ironic found wrong with it.', default=None
    )
    instance_uuid: str | None = field(
        'Server that is deployed on it.', default=None
    )
    chassis_uuid: fields.Shared | None = field(
        'Chassis that it is in.', default=None
    )
    properties: fields.StringsField = field(
        'Properties, such as cpus and memory_mb.',
        default_factory=fields.Strings,
    )
    compute_names: tuple[str, ...] = field(
        'Names and UUIDs that a compute node on it may have in Nova, sorted.',
        attribute=False,
        default=(),
    )
    created_at: fields.Timestamp | None = field('When created.', default=None)
    updated_at: fields.Timestamp | None = field(
        'When Ironic last changed its row.', default=None
    )
