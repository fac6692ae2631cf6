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

"""A model worked out from nothing but its elements, and elements for it."""

import collections.abc
import typing

from hypothesis import strategies as st

from cdm_graph.model import root
from cdm_graph.model import schema
from tests.support import elements

NODES = range(1, 5)
INSTANCES = range(11, 16)
AGGREGATES = range(21, 24)
GROUPS = range(31, 33)
FLAVORS = ('small', 'large')
PROJECTS = ('red', 'blue')
#: Two nodes on one host, as Ironic's are, and one name on two hosts.
HOSTNAMES = ('alpha', 'beta', 'gamma')
HOSTS = ('east', 'west', 'north')
PORTS = ('fa:16:3e:00:00:01', 'fa:16:3e:00:00:02')
VOLUMES = range(41, 43)
SHARES = range(51, 53)
TYPES = range(61, 63)
SNAPSHOTS = range(71, 74)
#: One of them has the UUID of a node, as with Nova's driver for Ironic.
MACHINES = (*range(81, 83), NODES[0])
CHASSIS = range(91, 93)
BACKENDS = ('box@one', 'box@two')
POOLS = ('box@one#a', 'box@one#b', 'box@two#a')
TYPE_NAMES = ('fast', 'slow')

Edges = set[tuple[str, str, str]]


def some(values: collections.abc.Sequence[typing.Any]) -> typing.Any:
    return st.sampled_from([None, *values])


def _uuids(numbers: range) -> typing.Any:
    return st.sets(st.sampled_from(numbers)).map(
        lambda chosen: tuple(sorted(map(elements.uuid, chosen)))
    )


node_elements = st.builds(
    lambda number, hostname, host: elements.node(
        number, hostname=hostname, service_host=host
    ),
    st.sampled_from(NODES),
    st.sampled_from(HOSTNAMES),
    st.sampled_from(HOSTS),
)
instance_elements = st.builds(
    lambda number, **facts: elements.instance(number, **facts),
    st.sampled_from(INSTANCES),
    node=some(HOSTNAMES),
    host=some(HOSTS),
    migrating_to=some(HOSTS),
    task_state=st.just('migrating'),
    flavor_name=some(FLAVORS),
    project_id=some(PROJECTS),
    vcpus=st.integers(0, 8),
    memory_mb=st.integers(0, 8192),
    swap_mb=st.integers(0, 3000),
    image_id=st.sampled_from([None, 'image']),
    ports=st.sets(st.sampled_from(PORTS)).map(
        lambda chosen: tuple(sorted(chosen))
    ),
    volumes=_uuids(VOLUMES),
    shares=_uuids(SHARES) | st.none(),
)
aggregate_elements = st.builds(
    lambda number, hosts, zone: elements.aggregate(
        number, hosts=tuple(sorted(hosts)), availability_zone=zone
    ),
    st.sampled_from(AGGREGATES),
    st.sets(st.sampled_from(HOSTS)),
    some(('az1', 'az2')),
)
group_elements = st.builds(
    lambda number, members, project: elements.group(
        number,
        members=tuple(sorted(map(elements.uuid, members))),
        project_id=project,
    ),
    st.sampled_from(GROUPS),
    st.sets(st.sampled_from(INSTANCES)),
    some(PROJECTS),
)
flavor_elements = st.builds(elements.flavor, st.sampled_from(FLAVORS))
storage_elements = st.one_of(
    st.builds(
        lambda host, zone: schema.StorageNode(
            host=host, availability_zone=zone
        ),
        st.sampled_from(BACKENDS),
        some(('az1', 'az2')),
    ),
    st.builds(
        lambda name, backend: schema.StoragePool(
            name=name, storage_node=backend
        ),
        st.sampled_from(POOLS),
        st.sampled_from(BACKENDS),
    ),
    st.builds(
        lambda number, name: schema.VolumeType(
            uuid=elements.uuid(number), name=name
        ),
        st.sampled_from(TYPES),
        st.sampled_from(TYPE_NAMES),
    ),
    st.builds(
        lambda number, **facts: schema.Volume(
            uuid=elements.uuid(number), **facts
        ),
        st.sampled_from(VOLUMES),
        size_gb=some((1, 2)),
        pool=some(POOLS),
        volume_type=some(TYPE_NAMES),
        project_id=some(PROJECTS),
    ),
    st.builds(
        lambda number, volume, project: schema.VolumeSnapshot(
            uuid=elements.uuid(number),
            volume_id=elements.uuid(volume),
            project_id=project,
        ),
        st.sampled_from(SNAPSHOTS),
        st.sampled_from(VOLUMES),
        some(PROJECTS),
    ),
)
metal_elements = st.one_of(
    st.builds(
        lambda number, names, chassis: schema.BaremetalNode(
            uuid=elements.uuid(number),
            compute_names=tuple(sorted(names)),
            chassis_uuid=chassis and elements.uuid(chassis),
        ),
        st.sampled_from(MACHINES),
        st.sets(st.sampled_from((*HOSTNAMES, *map(elements.uuid, NODES)))),
        some(CHASSIS),
    ),
    st.builds(
        lambda number: schema.Chassis(uuid=elements.uuid(number)),
        st.sampled_from(CHASSIS),
    ),
)
any_element = st.one_of(
    node_elements,
    instance_elements,
    aggregate_elements,
    group_elements,
    flavor_elements,
    storage_elements,
    metal_elements,
)


def is_ambiguous(
    element: schema.Element,
    held: collections.abc.Mapping[schema.ElementKey, schema.Element],
) -> bool:
    """Whether two nodes would have one name on one host: no cloud has."""
    return isinstance(element, schema.ComputeNode) and any(
        isinstance(other, schema.ComputeNode)
        and other.uuid != element.uuid
        and (other.hostname, other.service_host)
        == (element.hostname, element.service_host)
        for other in held.values()
    )


class Oracle:
    """What the model should say, worked out from nothing but the elements."""

    def __init__(self, held: collections.abc.Iterable[schema.Element]) -> None:
        self.held = tuple(held)
        self.nodes = self._of(schema.ComputeNode)
        self.instances = self._of(schema.Instance)
        self.aggregates = self._of(schema.HostAggregate)
        self.groups = self._of(schema.ServerGroup)
        self.flavors = {flavor.name for flavor in self._of(schema.Flavor)}
        self.edges: Edges = set()
        for instance in self.instances:
            self._instance(instance)
        for node in self.nodes:
            self._node(node)
        for group in self.groups:
            self._owner(group)
        self._storage()
        for snapshot in self._of(schema.VolumeSnapshot):
            self._owner(snapshot)
        self._metal()

    def _of(self, cls: typing.Any) -> list[typing.Any]:
        return [each for each in self.held if isinstance(each, cls)]

    @property
    def vertices(self) -> set[str]:
        implied = {
            source if relation == 'ATTACHED_TO' else target
            for source, relation, target in self.edges
            if relation == 'ATTACHED_TO'
            or target.startswith(('zone/', 'project/'))
        }
        return implied | {schema.key_of(each).vertex for each in self.held}

    @property
    def attributes(self) -> dict[str, dict[str, typing.Any]]:
        """The attributes of each vertex."""
        shown: dict[str, dict[str, typing.Any]] = {}
        for element in self.held:
            shown[schema.key_of(element).vertex] = schema.attributes_of(
                element
            )
        for vertex in self.vertices - set(shown):
            shown[vertex] = _implied(vertex)
        return shown

    def host_of(self, instance: schema.Instance) -> str | None:
        named = [n for n in self.nodes if n.hostname == instance.node]
        if len(named) > 1:
            named = [n for n in named if n.service_host == instance.host]
        return named[0].uuid if named else None

    def _instance(self, instance: schema.Instance) -> None:
        hosting = self.host_of(instance)
        if hosting:
            self.edges.add((instance.uuid, 'HOSTED_ON', hosting))
        for node in self.nodes:
            if (
                node.service_host == instance.migrating_to
                and node.uuid != hosting
            ):
                self.edges.add((instance.uuid, 'MIGRATING_TO', node.uuid))
        for group in self.groups:
            if instance.uuid in group.members:
                self.edges.add((instance.uuid, 'MEMBER_OF', group.uuid))
        if instance.flavor_name in self.flavors:
            target = f'flavor/{instance.flavor_name}'
            self.edges.add((instance.uuid, 'OF_FLAVOR', target))
        for device in (
            *instance.ports,
            *instance.volumes,
            *(instance.shares or ()),
        ):
            self.edges.add((device, 'ATTACHED_TO', instance.uuid))
        self._owner(instance)

    def _node(self, node: schema.ComputeNode) -> None:
        mine = [a for a in self.aggregates if node.service_host in a.hosts]
        zones = [a.availability_zone for a in mine if a.availability_zone]
        zone = min(zones, default='nova')
        self.edges.add((node.uuid, 'IN_ZONE', f'zone/{zone}'))
        for aggregate in mine:
            self.edges.add((node.uuid, 'MEMBER_OF', aggregate.uuid))

    def _storage(self) -> None:
        backends = {each.host for each in self._of(schema.StorageNode)}
        for backend in self._of(schema.StorageNode):
            if backend.availability_zone:
                self._relate(
                    backend, 'IN_ZONE', f'zone/{backend.availability_zone}'
                )
        for pool in self._of(schema.StoragePool):
            if pool.storage_node in backends:
                self._relate(pool, 'PART_OF', f'storage/{pool.storage_node}')
        for volume in self._of(schema.Volume):
            self._volume(volume)

    def _volume(self, volume: schema.Volume) -> None:
        self._owner(volume)
        if volume.pool in {each.name for each in self._of(schema.StoragePool)}:
            self._relate(volume, 'HOSTED_ON', f'pool/{volume.pool}')
        for each in self._of(schema.VolumeType):
            if each.name == volume.volume_type:
                self._relate(volume, 'OF_TYPE', each.uuid)
        for snapshot in self._of(schema.VolumeSnapshot):
            if snapshot.volume_id == volume.uuid:
                self._relate(snapshot, 'SNAPSHOT_OF', volume.uuid)

    def _metal(self) -> None:
        chassis = {each.uuid for each in self._of(schema.Chassis)}
        for machine in self._of(schema.BaremetalNode):
            if machine.chassis_uuid in chassis:
                self._relate(machine, 'PART_OF', machine.chassis_uuid)
            for node in self.nodes:
                if {node.hostname, node.uuid} & {*machine.compute_names}:
                    target = schema.key_of(machine).vertex
                    self._relate(node, 'BACKED_BY', target)

    def _relate(
        self, element: schema.Element, relation: str, target: str
    ) -> None:
        self.edges.add((schema.key_of(element).vertex, relation, target))

    def _owner(self, element: typing.Any) -> None:
        if element.project_id:
            target = f'project/{element.project_id}'
            self.edges.add((element.uuid, 'OWNED_BY', target))

    def used(self, node: schema.ComputeNode) -> schema.Resources:
        total = schema.Resources()
        for instance in self.instances:
            if self.host_of(instance) == node.uuid:
                total += instance.resources
        return total


def edges_of(model: root.ModelRoot) -> Edges:
    return {
        (source, attributes['relation'], target)
        for (source, target), attributes in model.graph.edges.items()
    }


def _implied(vertex: str) -> dict[str, typing.Any]:
    """Return the attributes of a vertex that exists by its relations."""
    kind, _, key = vertex.rpartition('/')
    match kind:
        case 'zone':
            return {'kind': 'AvailabilityZone', 'name': key}
        case 'project':
            return {'kind': 'Project', 'project_id': key}
    if vertex in PORTS:
        return {'kind': 'Port', 'mac_address': vertex}
    if vertex in map(elements.uuid, VOLUMES):
        return schema.attributes_of(schema.Volume(uuid=vertex))
    return {'kind': 'Share', 'uuid': vertex}
