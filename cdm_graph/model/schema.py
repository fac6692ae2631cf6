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
the vertex.

A *vertex* is the name of an element in the graph: unique over all kinds, and
the same after a restart.  OpenStack's UUIDs are used as they are; names that
people choose get the kind in front, so that a zone ``nova`` and a flavor
``nova`` are two vertices.
"""

import collections.abc
import dataclasses
import datetime
import enum
import functools
import math
import operator
import sys
import typing

import pydantic

from cdm_graph import exceptions

#: How many numbers, and mappings, are kept at hand to be shared.
_SHARED_NUMBERS: typing.Final = 4096
_SHARED_STRINGS: typing.Final = 1024
#: Names of a mapping that is shared: no more memory is kept than is saved.
_MOST_NAMES: typing.Final = 16


class Relation(enum.StrEnum):
    """A typed edge; one relation for one ordered pair of elements."""

    HOSTED_ON = 'HOSTED_ON'
    MIGRATING_TO = 'MIGRATING_TO'
    MEMBER_OF = 'MEMBER_OF'
    IN_ZONE = 'IN_ZONE'
    OWNED_BY = 'OWNED_BY'
    OF_FLAVOR = 'OF_FLAVOR'
    ATTACHED_TO = 'ATTACHED_TO'


class Kind(enum.StrEnum):
    """The type of an element."""

    COMPUTE_NODE = 'ComputeNode'
    INSTANCE = 'Instance'
    HOST_AGGREGATE = 'HostAggregate'
    AVAILABILITY_ZONE = 'AvailabilityZone'
    SERVER_GROUP = 'ServerGroup'
    FLAVOR = 'Flavor'
    PROJECT = 'Project'
    PORT = 'Port'
    VOLUME = 'Volume'
    SHARE = 'Share'


def read_moment(moment: object) -> object:
    """Return the moment that a text tells; anything else as it is.

    Several times quicker than pydantic.  What it cannot read is for that to
    refuse, or to know better.
    """
    if isinstance(moment, str):
        try:
            return _to_second(datetime.datetime.fromisoformat(moment))
        except ValueError:
            return moment
    return moment


def _to_second(moment: datetime.datetime) -> datetime.datetime:
    if moment.tzinfo is datetime.UTC and not moment.microsecond:
        return moment
    if not moment.utcoffset():
        return moment.replace(tzinfo=datetime.UTC, microsecond=0)
    try:
        return moment.astimezone(datetime.UTC).replace(microsecond=0)
    except OverflowError:
        raise ValueError('there is no such moment in UTC') from None


#: A moment in UTC in whole seconds, which is what Nova's database keeps.
Timestamp = typing.Annotated[
    datetime.datetime,
    pydantic.BeforeValidator(read_moment),
    pydantic.AfterValidator(_to_second),
]


class Strings(dict[str, str]):
    """Names and values that belong to an element: an immutable ``dict``.

    An element is shared by the live model and by every snapshot, so what it
    holds must not change under any of them.
    """

    __slots__ = ()

    def _refuse(self, *_args: typing.Any, **_kwargs: typing.Any) -> typing.Any:
        raise TypeError(
            'The mappings of an element are read-only: replace the attribute '
            'with a new dict instead of changing it.'
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def copy(self) -> dict[str, str]:
        """Return a copy that may be changed."""
        return dict(self)

    def __copy__(self) -> 'Strings':
        return self

    def __deepcopy__(self, _memo: typing.Any) -> 'Strings':
        return self

    def __reduce__(self) -> tuple[type, tuple[dict[str, str]]]:
        return type(self), (dict(self),)


#: What many elements say: names of hosts, projects, states.  One object for
#: all of them, which is most of what an instance would weigh.
Shared = typing.Annotated[str, pydantic.AfterValidator(sys.intern)]
SharedKey = typing.Annotated[Shared, pydantic.Field(min_length=1)]


@functools.lru_cache(maxsize=_SHARED_NUMBERS)
def _same_number(number: int) -> int:
    return number


@functools.lru_cache(maxsize=_SHARED_STRINGS)
def _same_strings(items: tuple[tuple[str, str], ...]) -> Strings:
    return Strings(items)


def _shared_strings(strings: dict[str, str]) -> Strings:
    if len(strings) > _MOST_NAMES:
        return Strings(strings)
    return _same_strings(tuple(strings.items()))


StringsField = typing.Annotated[
    dict[str, str], pydantic.AfterValidator(_shared_strings)
]
State = typing.Literal['up', 'down']
Status = typing.Literal['enabled', 'disabled']
Count = typing.Annotated[
    int, pydantic.Field(ge=0), pydantic.AfterValidator(_same_number)
]
Key = typing.Annotated[str, pydantic.Field(min_length=1)]


def _encodable(text: str) -> str:
    text.encode()
    return text


#: The key of an element that exists since it is referred to: what is no key
#: has to be refused where it comes in, and not amid a change of the model.
Reference = typing.Annotated[str, pydantic.AfterValidator(_encodable)]
SharedReference = typing.Annotated[
    Reference, pydantic.AfterValidator(sys.intern)
]


_CLASS = typing.TypeVar('_CLASS')


def _field(
    description: str,
    *,
    unit: str | None = None,
    attribute: bool = True,
    default: typing.Any = ...,
    default_factory: typing.Any = None,
) -> typing.Any:
    extra: dict[str, typing.Any] = {'unit': unit, 'attribute': attribute}
    if default_factory is not None:
        return pydantic.Field(
            default_factory=default_factory,
            description=description,
            json_schema_extra=extra,
        )
    return pydantic.Field(
        default=default, description=description, json_schema_extra=extra
    )


@typing.dataclass_transform(
    frozen_default=True, kw_only_default=True, field_specifiers=(_field,)
)
def _element(cls: type[_CLASS]) -> type[_CLASS]:
    declare = pydantic.dataclasses.dataclass(
        frozen=True, slots=True, kw_only=True
    )
    return typing.cast(type[_CLASS], declare(cls))


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


@_element
class ComputeNode:
    """A hypervisor, with the nova-compute service that runs it."""

    kind: typing.ClassVar[Kind] = Kind.COMPUTE_NODE
    key_field: typing.ClassVar[str] = 'uuid'

    uuid: Key = _field('UUID of the hypervisor.')
    hostname: SharedKey = _field(
        'Name of the hypervisor (hypervisor_hostname).'
    )
    service_host: SharedKey = _field('Host of its nova-compute service.')
    hypervisor_type: Shared = _field('Driver, such as QEMU.', default='')
    hypervisor_version: int = _field(
        'Version of the hypervisor, as an integer.', default=0
    )
    vcpus: Count = _field('Virtual CPUs, without overcommit.', default=0)
    vcpus_used: int = _field('Virtual CPUs in use, by Nova.', default=0)
    memory_mb: Count = _field('Memory.', unit='MiB', default=0)
    memory_mb_used: int = _field(
        'Memory in use, by Nova.', unit='MiB', default=0
    )
    disk_gb: Count = _field('Disk.', unit='GiB', default=0)
    disk_gb_used: int = _field('Disk in use, by Nova.', unit='GiB', default=0)
    state: State = _field('Whether nova-compute reports.', default='up')
    status: Status = _field(
        'Whether the scheduler may use it.', default='enabled'
    )
    disabled_reason: str | None = _field('Why it was disabled.', default=None)
    forced_down: bool = _field(
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


@_element
class Instance:
    """A server."""

    kind: typing.ClassVar[Kind] = Kind.INSTANCE
    key_field: typing.ClassVar[str] = 'uuid'

    uuid: Key = _field('UUID of the server.')
    name: str = _field('Name that its owner gave it.', default='')
    vm_state: Shared = _field('Stable state, such as active.', default='')
    task_state: Shared | None = _field(
        'What is being done to it; none when at rest.', default=None
    )
    power_state: Shared | None = _field(
        'What the hypervisor reports: pending, running, paused, shutdown, '
        'crashed or suspended.',
        default=None,
    )
    flavor_name: Shared | None = _field(
        'Name of the flavor it was built from.', default=None
    )
    vcpus: Count = _field('Virtual CPUs.', default=0)
    memory_mb: Count = _field('Memory.', unit='MiB', default=0)
    disk_gb: Count = _field('Root disk of its flavor.', unit='GiB', default=0)
    ephemeral_gb: Count = _field('Ephemeral disk.', unit='GiB', default=0)
    swap_mb: Count = _field('Swap disk.', unit='MiB', default=0)
    extra_specs: StringsField = _field(
        'Extra specs of its copy of the flavor.', default_factory=Strings
    )
    project_id: SharedReference | None = _field(
        'Project that owns it.', default=None
    )
    user_id: Shared | None = _field('User that created it.', default=None)
    availability_zone: Shared | None = _field(
        'Zone that it is in, or was asked for.', default=None
    )
    pinned_availability_zone: Shared | None = _field(
        'Zone that it must not leave, as of the last look at it.',
        default=None,
    )
    host: Shared | None = _field(
        'Host of the nova-compute service that runs it.', default=None
    )
    node: Shared | None = _field(
        'Name of the hypervisor that runs it.', default=None
    )
    migrating_to: Shared | None = _field(
        'Host that it is being moved to, as announced.', default=None
    )
    locked: bool = _field(
        'Whether it is locked: it must not be moved.', default=False
    )
    locked_reason: str | None = _field('Why it is locked.', default=None)
    metadata: StringsField = _field(
        'Metadata of its owner.', default_factory=Strings
    )
    tags: tuple[str, ...] = _field('Tags, sorted.', default=())
    image_id: Shared | None = _field(
        'Image it was built from; none if it boots from a volume.',
        default=None,
    )
    ports: tuple[Reference, ...] = _field(
        'MAC addresses of its ports, sorted.', attribute=False, default=()
    )
    volumes: tuple[Reference, ...] = _field(
        'UUIDs of its volumes, sorted.', attribute=False, default=()
    )
    shares: tuple[Reference, ...] | None = _field(
        'UUIDs of its shares, sorted; none where that was not told.',
        attribute=False,
        default=None,
    )
    created_at: Timestamp | None = _field('When created.', default=None)
    launched_at: Timestamp | None = _field(
        'When it last began to run.', default=None
    )
    updated_at: Timestamp | None = _field(
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


@_element
class HostAggregate:
    """A set of compute hosts that an operator put together."""

    kind: typing.ClassVar[Kind] = Kind.HOST_AGGREGATE
    key_field: typing.ClassVar[str] = 'uuid'

    uuid: Key = _field('UUID of the aggregate.')
    aggregate_id: int = _field('Number of the aggregate.')
    name: str = _field('Name of the aggregate.', default='')
    availability_zone: SharedReference | None = _field(
        'Zone that its hosts are in.', default=None
    )
    metadata: StringsField = _field(
        'Metadata, such as scheduler hints.', default_factory=Strings
    )
    hosts: tuple[str, ...] = _field(
        'Hosts of the nova-compute services that are members, sorted.',
        attribute=False,
        default=(),
    )


@_element
class AvailabilityZone:
    """A zone that users may ask for; it exists while a node is in it."""

    kind: typing.ClassVar[Kind] = Kind.AVAILABILITY_ZONE
    key_field: typing.ClassVar[str] = 'name'

    name: Key = _field('Name of the zone.')


@_element
class ServerGroup:
    """A set of servers with an (anti-)affinity policy."""

    kind: typing.ClassVar[Kind] = Kind.SERVER_GROUP
    key_field: typing.ClassVar[str] = 'uuid'

    uuid: Key = _field('UUID of the group.')
    name: str = _field('Name of the group.', default='')
    policy: Shared | None = _field(
        'affinity, anti-affinity or their soft kinds.', default=None
    )
    rules: StringsField = _field(
        'Rules of the policy, such as max_server_per_host.',
        default_factory=Strings,
    )
    project_id: SharedReference | None = _field(
        'Project that owns it.', default=None
    )
    user_id: Shared | None = _field('User that created it.', default=None)
    members: tuple[str, ...] = _field(
        'UUIDs of the servers in it, sorted.', attribute=False, default=()
    )


@_element
class Flavor:
    """What a server can be built from; known to its users by its name.

    A server keeps a copy of its flavor's facts under the flavor's name, and
    Nova's API tells no more than that name: hence the key.
    """

    kind: typing.ClassVar[Kind] = Kind.FLAVOR
    key_field: typing.ClassVar[str] = 'name'

    name: Key = _field('Name of the flavor, unique in a cloud.')
    flavor_id: str = _field('Identifier that the API takes.', default='')
    vcpus: Count = _field('Virtual CPUs.', default=0)
    memory_mb: Count = _field('Memory.', unit='MiB', default=0)
    disk_gb: Count = _field('Root disk.', unit='GiB', default=0)
    ephemeral_gb: Count = _field('Ephemeral disk.', unit='GiB', default=0)
    swap_mb: Count = _field('Swap disk.', unit='MiB', default=0)
    is_public: bool = _field('Whether every project sees it.', default=True)
    disabled: bool = _field('Whether it is disabled.', default=False)
    extra_specs: StringsField = _field('Extra specs.', default_factory=Strings)


@_element
class Project:
    """An owner of servers; it exists while something is owned by it."""

    kind: typing.ClassVar[Kind] = Kind.PROJECT
    key_field: typing.ClassVar[str] = 'project_id'

    project_id: Key = _field('Identifier in Keystone.')


@_element
class Port:
    """A network interface of a server; it exists while it is attached.

    Nova's list of servers tells no more of a port than its MAC address:
    hence the key.
    """

    kind: typing.ClassVar[Kind] = Kind.PORT
    key_field: typing.ClassVar[str] = 'mac_address'

    mac_address: Key = _field('MAC address of the port.')


@_element
class Volume:
    """A volume, as Nova knows it; it exists while it is attached."""

    kind: typing.ClassVar[Kind] = Kind.VOLUME
    key_field: typing.ClassVar[str] = 'uuid'

    uuid: Key = _field('UUID of the volume.')


@_element
class Share:
    """A shared file system, as Nova knows it; it exists while attached."""

    kind: typing.ClassVar[Kind] = Kind.SHARE
    key_field: typing.ClassVar[str] = 'uuid'

    uuid: Key = _field('UUID of the share.')


Element = (
    ComputeNode
    | Instance
    | HostAggregate
    | AvailabilityZone
    | ServerGroup
    | Flavor
    | Project
    | Port
    | Volume
    | Share
)

ELEMENT_CLASSES: typing.Final[dict[Kind, type[Element]]] = {
    cls.kind: cls
    for cls in (
        ComputeNode,
        Instance,
        HostAggregate,
        AvailabilityZone,
        ServerGroup,
        Flavor,
        Project,
        Port,
        Volume,
        Share,
    )
}

#: The ends of each relation: source kind, target kind, what it says.
RELATIONS: typing.Final[tuple[tuple[Kind, Relation, Kind, str], ...]] = (
    (
        Kind.INSTANCE,
        Relation.HOSTED_ON,
        Kind.COMPUTE_NODE,
        'The node that runs the server; at most one.',
    ),
    (
        Kind.INSTANCE,
        Relation.MIGRATING_TO,
        Kind.COMPUTE_NODE,
        'The node that the server is being moved to, while it is.',
    ),
    (
        Kind.INSTANCE,
        Relation.MEMBER_OF,
        Kind.SERVER_GROUP,
        'The server is in the group.',
    ),
    (
        Kind.INSTANCE,
        Relation.OWNED_BY,
        Kind.PROJECT,
        'The project owns the server.',
    ),
    (
        Kind.INSTANCE,
        Relation.OF_FLAVOR,
        Kind.FLAVOR,
        'The flavor that the server was built from or resized to.',
    ),
    (
        Kind.COMPUTE_NODE,
        Relation.MEMBER_OF,
        Kind.HOST_AGGREGATE,
        "The node's host is in the aggregate.",
    ),
    (
        Kind.COMPUTE_NODE,
        Relation.IN_ZONE,
        Kind.AVAILABILITY_ZONE,
        "The zone of the node's host: its aggregate's, or the default.",
    ),
    (
        Kind.SERVER_GROUP,
        Relation.OWNED_BY,
        Kind.PROJECT,
        'The project owns the group.',
    ),
    *(
        (kind, Relation.ATTACHED_TO, Kind.INSTANCE, what)
        for kind, what in (
            (Kind.PORT, 'The server has the port.'),
            (Kind.VOLUME, 'The server uses the volume.'),
            (Kind.SHARE, 'The server mounts the share.'),
        )
    ),
)

#: Kinds that exist because something refers to them, and only as long:
#: Nova lists no projects, a zone is no more than what its hosts say, and of
#: what is attached to a server Nova knows that only.
IMPLIED_KINDS: typing.Final = frozenset(
    {
        Kind.AVAILABILITY_ZONE,
        Kind.PROJECT,
        Kind.PORT,
        Kind.VOLUME,
        Kind.SHARE,
    }
)

_VERTEX_PREFIX: typing.Final[dict[Kind, str]] = {
    Kind.AVAILABILITY_ZONE: 'zone/',
    Kind.FLAVOR: 'flavor/',
    Kind.PROJECT: 'project/',
}


#: In place of a key: every element of the kind.
EVERY: typing.Final = '*'


class ElementKey(typing.NamedTuple):
    """What an element is known by; with the key EVERY, a whole kind."""

    kind: Kind
    key: str

    @property
    def vertex(self) -> str:
        """The vertex of the element in the graph."""
        return vertex_of(self.kind, self.key)


def vertex_of(kind: Kind, key: str) -> str:
    """Return the vertex of the element with that kind and key."""
    return _VERTEX_PREFIX.get(kind, '') + key


def key_at(kind: Kind, vertex: str) -> ElementKey:
    """Return the key of the element of that kind at a vertex."""
    prefix = _VERTEX_PREFIX.get(kind, '')
    return ElementKey(kind, vertex.removeprefix(prefix))


def implied_element(key: ElementKey) -> Element:
    """Return the element of an implied kind: it has no more than its key."""
    cls = ELEMENT_CLASSES[key.kind]
    # What refers to it was validated, and there are very many.
    element = object.__new__(cls)
    object.__setattr__(element, cls.key_field, key.key)
    return element


def replace(element: _CLASS, **facts: typing.Any) -> _CLASS:
    """Return an element with other attributes; they are validated.

    What is not different is the very same object in both; where nothing is,
    it is the element itself.

    :raises pydantic.ValidationError: if one has the wrong type
    :raises cdm_graph.exceptions.InvalidMutation: if it is no element, or has
        no such attribute
    """
    fields = _FIELDS.get(type(element))
    if fields is None:
        raise exceptions.InvalidMutation(
            f'{element!r} is no element of the model.'
        )
    different = {}
    try:
        for name, value in facts.items():
            validate = fields.validators[name]
            known = getattr(element, name)
            if value is not known and not (
                value == known
                and (
                    type(value) is type(known)
                    or isinstance(known, type(value))
                )
            ):
                valid = validate(value)
                if valid != known:
                    different[name] = valid
    except KeyError as error:
        raise exceptions.InvalidMutation(
            f'{type(element).__name__} has no attribute {name}.'
        ) from error
    except pydantic.ValidationError:
        # It says which of the facts is wrong, as where an element is made.
        dataclasses.replace(typing.cast(typing.Any, element), **facts)
        raise
    return _with(element, different) if different else element


def _with(element: _CLASS, different: dict[str, typing.Any]) -> _CLASS:
    """Return an element with other attributes, which are valid."""
    fields = _FIELDS[type(element)]
    changed = object.__new__(type(element))
    for name, write, value in zip(
        fields.names, fields.writers, fields.read(element), strict=True
    ):
        write(changed, different.get(name, value))
    return changed


def share(element: Element, known: Element) -> None:
    """Let an element hold the very objects of an equal part of another.

    Nobody can tell, but by the memory that it takes.

    :param known: what it is shared with; nothing is if it is of another class
    """
    fields = _FIELDS.get(type(element))
    if fields is None or type(known) is not type(element):
        return
    for name, mine, its in zip(
        fields.names, fields.read(element), fields.read(known), strict=True
    ):
        if mine is not its and mine == its:
            object.__setattr__(element, name, its)


def key_of(element: Element) -> ElementKey:
    """Return what an element is known by."""
    return ElementKey(element.kind, getattr(element, element.key_field))


@dataclasses.dataclass(frozen=True, slots=True)
class Attribute:
    """One field of an element, as documentation and exports need it."""

    name: str
    type: typing.Any
    unit: str | None
    description: str


def _attributes(
    cls: type[Element],
) -> collections.abc.Iterator[Attribute]:
    hints = typing.get_type_hints(cls)
    fields: dict[str, typing.Any] = vars(cls)['__pydantic_fields__']
    for name, field in fields.items():
        extra = field.json_schema_extra
        if extra['attribute']:
            yield Attribute(
                name, hints[name], extra['unit'], field.description
            )


#: The attributes that a vertex of each kind has, in the order of the fields.
ATTRIBUTES: typing.Final[dict[Kind, tuple[Attribute, ...]]] = {
    kind: tuple(_attributes(cls)) for kind, cls in ELEMENT_CLASSES.items()
}
#: Those of them that are moments.
MOMENTS: typing.Final[dict[Kind, tuple[str, ...]]] = {
    kind: tuple(
        attribute.name
        for attribute in attributes
        if attribute.type == datetime.datetime | None
    )
    for kind, attributes in ATTRIBUTES.items()
}


def _reader(
    names: tuple[str, ...],
) -> collections.abc.Callable[[Element], tuple[typing.Any, ...]]:
    """Return what reads several attributes of an element at once."""
    read = operator.attrgetter(*names)
    return read if len(names) > 1 else lambda element: (read(element),)


class _Fields(typing.NamedTuple):
    """The fields of a class of elements, and what each of them takes."""

    names: tuple[str, ...]
    read: collections.abc.Callable[[typing.Any], tuple[typing.Any, ...]]
    #: What fill a new element, without a look at what they are given.
    writers: tuple[
        collections.abc.Callable[[typing.Any, typing.Any], None], ...
    ]
    validators: dict[str, collections.abc.Callable[[typing.Any], typing.Any]]


def _fields(cls: type[Element]) -> _Fields:
    hints = typing.get_type_hints(cls, include_extras=True)
    names = tuple(each.name for each in dataclasses.fields(cls))
    return _Fields(
        names,
        _reader(names),
        tuple(vars(cls)[name].__set__ for name in names),
        {
            name: pydantic.TypeAdapter(hints[name]).validate_python
            for name in names
        },
    )


_FIELDS: typing.Final[dict[type[typing.Any], _Fields]] = {
    cls: _fields(cls) for cls in ELEMENT_CLASSES.values()
}
_SHOWN: typing.Final = {
    kind: (kind.value, names, _reader(names))
    for kind, names in (
        (kind, tuple(attribute.name for attribute in attributes))
        for kind, attributes in ATTRIBUTES.items()
    )
}


def values_of(element: Element) -> tuple[typing.Any, ...]:
    """Return the values of the element's ATTRIBUTES, in their order."""
    _kind, _names, read = _SHOWN[element.kind]
    return read(element)


def attributes_of(element: Element) -> dict[str, typing.Any]:
    """Return what the element's vertex shows: its kind and attributes."""
    kind, names, read = _SHOWN[element.kind]
    attributes: dict[str, typing.Any] = {'kind': kind}
    attributes.update(zip(names, read(element), strict=True))
    return attributes
