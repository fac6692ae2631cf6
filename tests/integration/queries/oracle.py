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

"""The answers to the curated questions, in plain Python on the model's graph.

Nothing here knows Cypher.  A question is answered region by region, since no
relation leads out of one; then all rows are put in order, cut off and reduced
to the question's columns.
"""

import collections
import collections.abc
import functools
import itertools
import math
import types
import typing

import networkx as nx

from cdm_graph.collector import cinder_rows
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.store import questions

Row = dict[str, typing.Any]
Rows = collections.abc.Iterable[Row]
Given = dict[str, typing.Any]
_Vertex = types.SimpleNamespace
_Answer = collections.abc.Callable[['Cloud', typing.Any], Rows]
_KIND: typing.Final = schema.Kind
_ON: typing.Final = schema.Relation.HOSTED_ON
_TO: typing.Final = schema.Relation.MIGRATING_TO
_IN: typing.Final = schema.Relation.MEMBER_OF
_ZONE: typing.Final = schema.Relation.IN_ZONE
_OWNER: typing.Final = schema.Relation.OWNED_BY
_FLAVOR: typing.Final = schema.Relation.OF_FLAVOR
_DEVICE: typing.Final = schema.Relation.ATTACHED_TO
_PART: typing.Final = schema.Relation.PART_OF
_TYPE: typing.Final = schema.Relation.OF_TYPE
_SNAPSHOT: typing.Final = schema.Relation.SNAPSHOT_OF
_MACHINE: typing.Final = schema.Relation.BACKED_BY
_WAYS: typing.Final = frozenset({_ON, _TO, _IN, _ZONE, _DEVICE})
_LONGEST: typing.Final = 4


class Cloud:
    """What is known of one region.

    :param model: a read-only snapshot
    """

    def __init__(self, region: str, model: root.ModelRoot) -> None:
        self.region = region
        self.model = model
        self.graph = model.graph

    def at(self, vertex: str) -> _Vertex:
        return _Vertex(id=vertex, **self.graph.nodes[vertex])

    def every(self, kind: schema.Kind) -> list[_Vertex]:
        return list(self._by_kind.get(kind, ()))

    def named(self, kind: schema.Kind, field: str, name: str) -> list[_Vertex]:
        return [each for each in self.every(kind) if vars(each)[field] == name]

    def out(self, of: _Vertex, *relations: schema.Relation) -> list[_Vertex]:
        return [
            self.at(vertex)
            for vertex, edge in self.graph.succ[of.id].items()
            if edge['relation'] in relations
        ]

    def into(self, of: _Vertex, *relations: schema.Relation) -> list[_Vertex]:
        return [
            self.at(vertex)
            for vertex, edge in self.graph.pred[of.id].items()
            if edge['relation'] in relations
        ]

    def host_of(self, instance: _Vertex) -> _Vertex | None:
        return next(iter(self.out(instance, _ON)), None)

    def hosts_in(self, place: _Vertex, by: schema.Relation) -> list[_Vertex]:
        """Return the compute nodes of a zone or an aggregate."""
        return [
            each
            for each in self.into(place, by)
            if each.kind == _KIND.COMPUTE_NODE
        ]

    def zone_of(self, node: _Vertex | None) -> str | None:
        if node is None:
            return None
        (zone,) = self.out(node, _ZONE)
        return typing.cast(str, zone.name)

    def takes(self, instance: _Vertex) -> schema.Resources:
        return self.model.get_instance_by_uuid(instance.id).resources

    def taken(self, instances: list[_Vertex]) -> schema.Resources:
        return sum(map(self.takes, instances), schema.Resources())

    def element(self, of: _Vertex) -> typing.Any:
        """Return what the vertex is made of: the rules are told there."""
        return self.model.get(*schema.key_at(of.kind, of.id))

    def counted(self, node: _Vertex) -> list[_Vertex]:
        return self.into(node, _ON, _TO)

    def free(self, node: _Vertex, given: Given) -> schema.Resources:
        return _limit(node, given) - self.taken(self.counted(node))

    @functools.cached_property
    def _by_kind(self) -> dict[str, list[_Vertex]]:
        found: dict[str, list[_Vertex]] = {}
        for vertex, attributes in self.graph.nodes.items():
            found.setdefault(attributes['kind'], []).append(self.at(vertex))
        return found


class _Known(typing.NamedTuple):
    answer: _Answer
    order: tuple[str, ...]


_KNOWN: typing.Final[dict[str, _Known]] = {}


def names() -> list[str]:
    """Return the questions that have an answer."""
    return sorted(_KNOWN)


def answer(
    question: questions.Question,
    clouds: collections.abc.Iterable[Cloud],
    given: Given,
) -> list[list[typing.Any]]:
    """Return the rows that the question has to be answered with."""
    known = _KNOWN[question.name]
    rows: list[Row] = [
        {'region': cloud.region, **row}
        for cloud in clouds
        if given['region'] in (None, cloud.region)
        for row in known.answer(cloud, _Vertex(**given))
    ]
    # Last things first: each sort keeps what the one before put in order.
    for key in reversed(known.order):
        name = key.removeprefix('-')
        rows.sort(
            # Null is the largest of all.
            key=lambda row, name=name: (  # type: ignore[misc]
                (1, 0) if row[name] is None else (0, row[name])
            ),
            reverse=key != name,
        )
    return [
        [row[column.name] for column in question.columns]
        for row in rows[: given.get('limit')]
    ]


def _orders(
    *order: str, names: tuple[str, ...] = ()
) -> collections.abc.Callable[[_Answer], _Answer]:
    def register(function: _Answer) -> _Answer:
        own = function.__name__.replace('_', '-')
        for name in names or (own,):
            _KNOWN[name] = _Known(function, order)
        return function

    return register


def _limit(node: _Vertex, given: typing.Any) -> schema.Resources:
    return schema.Resources(
        math.floor(node.vcpus * given.cpu_ratio),
        math.floor(
            (node.memory_mb - given.reserved_memory_mb) * given.ram_ratio
        ),
        math.floor(node.disk_gb * given.disk_ratio),
    )


def _available(node: _Vertex) -> bool:
    return (
        node.state == 'up'
        and node.status == 'enabled'
        and not node.forced_down
    )


def _fits(need: schema.Resources, room: schema.Resources) -> bool:
    left = room - need
    return min(left.vcpus, left.memory_mb, left.disk_gb) >= 0


def _name(of: _Vertex | None) -> str | None:
    if of is None:
        return None
    return typing.cast(str, vars(of).get('hostname') or of.name)


def _row(instance: _Vertex, **more: typing.Any) -> Row:
    return {
        'instance': instance.uuid,
        'name': instance.name,
        'project': instance.project_id,
        'vm_state': instance.vm_state,
        'task_state': instance.task_state,
        'vcpus': instance.vcpus,
        'memory_mb': instance.memory_mb,
        'created_at': instance.created_at,
        'updated_at': instance.updated_at,
        **more,
    }


def _pairs(strings: dict[str, str]) -> list[str]:
    return sorted(
        f'{name.replace("%", "%25").replace("=", "%3D")}={value}'
        for name, value in strings.items()
    )


# -- instances ----------------------------------------------------------


@_orders('region', 'instance')
def instances_of_host(cloud: Cloud, given: typing.Any) -> Rows:
    for node in cloud.named(_KIND.COMPUTE_NODE, 'hostname', given.host):
        yield from map(_row, cloud.into(node, _ON))


def _owned(cloud: Cloud, project: str) -> list[_Vertex]:
    return [
        each
        for owner in cloud.named(_KIND.PROJECT, 'project_id', project)
        for each in cloud.into(owner, _OWNER)
        if each.kind == _KIND.INSTANCE
    ]


@_orders('region', 'instance')
def instances_of_project(cloud: Cloud, given: typing.Any) -> Rows:
    for each in _owned(cloud, given.project):
        yield _row(each, host=_name(cloud.host_of(each)))


@_orders('region', 'instance')
def instances_of_flavor(cloud: Cloud, given: typing.Any) -> Rows:
    for flavor in cloud.named(_KIND.FLAVOR, 'name', given.flavor):
        yield from map(_row, cloud.into(flavor, _FLAVOR))


@_orders('region', 'instance')
def instances_of_image(cloud: Cloud, given: typing.Any) -> Rows:
    yield from map(_row, cloud.named(_KIND.INSTANCE, 'image_id', given.image))


@_orders('region', 'instance')
def instances_by_name(cloud: Cloud, given: typing.Any) -> Rows:
    for each in cloud.named(_KIND.INSTANCE, 'name', given.name):
        host = cloud.host_of(each)
        yield _row(each, host=_name(host), zone=cloud.zone_of(host))


@_orders('region', 'instance')
def places_of_instances(cloud: Cloud, given: typing.Any) -> Rows:
    for each in cloud.every(_KIND.INSTANCE):
        if each.uuid in given.instances:
            host = cloud.host_of(each)
            yield _row(each, host=_name(host), zone=cloud.zone_of(host))


@_orders('region', 'instance')
def instances_with_tag(cloud: Cloud, given: typing.Any) -> Rows:
    for each in cloud.every(_KIND.INSTANCE):
        if given.tag in each.tags:
            yield _row(each, tags=list(each.tags))


@_orders('region', 'instance')
def instances_with_metadata(cloud: Cloud, given: typing.Any) -> Rows:
    for each in cloud.every(_KIND.INSTANCE):
        if each.metadata.get(given.key) == given.value:
            yield _row(each, metadata=_pairs(each.metadata))


@_orders('-created_at', 'region', 'instance')
def instances_created_since(cloud: Cloud, given: typing.Any) -> Rows:
    for each in cloud.every(_KIND.INSTANCE):
        if each.created_at and each.created_at >= given.since:
            yield _row(each)


@_orders('created_at', 'region', 'instance')
def oldest_instances(cloud: Cloud, _given: typing.Any) -> Rows:
    for each in cloud.every(_KIND.INSTANCE):
        if each.created_at:
            yield _row(each)


@_orders('-vcpus', '-memory_mb', 'region', 'instance')
def largest_instances(cloud: Cloud, _given: typing.Any) -> Rows:
    for each in cloud.every(_KIND.INSTANCE):
        yield _row(each, disk_gb=cloud.takes(each).disk_gb)


@_orders('region', 'instance')
def locked_instances(cloud: Cloud, _given: typing.Any) -> Rows:
    for each in cloud.every(_KIND.INSTANCE):
        if each.locked:
            host = _name(cloud.host_of(each))
            yield _row(each, reason=each.locked_reason, host=host)


@_orders('region', 'instance')
def instances_in_error(cloud: Cloud, _given: typing.Any) -> Rows:
    for each in cloud.named(_KIND.INSTANCE, 'vm_state', 'error'):
        yield _row(each, host=_name(cloud.host_of(each)))


@_orders('-instances', 'region', 'vm_state', 'power_state')
def instances_by_state(cloud: Cloud, _given: typing.Any) -> Rows:
    counts = collections.Counter(
        (each.vm_state, each.power_state)
        for each in cloud.every(_KIND.INSTANCE)
    )
    for (state, power), count in counts.items():
        yield {'vm_state': state, 'power_state': power, 'instances': count}


@_orders('updated_at', 'region', 'instance')
def instances_in_transition(cloud: Cloud, _given: typing.Any) -> Rows:
    for each in cloud.every(_KIND.INSTANCE):
        if each.task_state is not None:
            yield _row(each, host=_name(cloud.host_of(each)))


@_orders('region', 'instance', 'target')
def migrations_under_way(cloud: Cloud, _given: typing.Any) -> Rows:
    for each in cloud.every(_KIND.INSTANCE):
        if each.migrating_to is not None:
            for target in cloud.out(each, _TO) or [None]:
                yield _row(
                    each,
                    source=_name(cloud.host_of(each)),
                    target=_name(target),
                    target_host=each.migrating_to,
                )


@_orders('region', 'instance')
def instances_without_host(cloud: Cloud, given: typing.Any) -> Rows:
    for each in cloud.every(_KIND.INSTANCE):
        told = given.shelved or each.vm_state != 'shelved_offloaded'
        if told and each.host is None and each.node is None:
            yield _row(each)


@_orders('region', 'instance')
def instances_on_unknown_hosts(cloud: Cloud, _given: typing.Any) -> Rows:
    for each in cloud.every(_KIND.INSTANCE):
        says = each.host is not None or each.node is not None
        if says and cloud.host_of(each) is None:
            yield _row(each, node=each.node, service_host=each.host)


@_orders('region', 'instance', 'relation')
def placeholders(cloud: Cloud, _given: typing.Any) -> Rows:
    known = {each.service_host for each in cloud.every(_KIND.COMPUTE_NODE)}
    for each in cloud.every(_KIND.INSTANCE):
        for relation, reference, is_known in (
            (_ON, each.node, cloud.host_of(each) is not None),
            (_TO, each.migrating_to, each.migrating_to in known),
            (_FLAVOR, each.flavor_name, bool(cloud.out(each, _FLAVOR))),
        ):
            if reference is not None and not is_known:
                yield _row(each, relation=relation.value, reference=reference)


@_orders('region', 'instance')
def zone_violations(cloud: Cloud, _given: typing.Any) -> Rows:
    for each in cloud.every(_KIND.INSTANCE):
        host, pinned = cloud.host_of(each), each.pinned_availability_zone
        if host and pinned is not None and cloud.zone_of(host) != pinned:
            yield _row(
                each,
                pinned_zone=pinned,
                zone=cloud.zone_of(host),
                host=_name(host),
            )


@_orders('-instances', 'region', 'flavor')
def instances_of_unknown_flavors(cloud: Cloud, _given: typing.Any) -> Rows:
    counts = collections.Counter(
        each.flavor_name
        for each in cloud.every(_KIND.INSTANCE)
        if each.flavor_name is not None and not cloud.out(each, _FLAVOR)
    )
    for flavor, count in counts.items():
        yield {'flavor': flavor, 'instances': count}


@_orders('region', 'host', 'instance')
def instances_on_disabled_hosts(cloud: Cloud, _given: typing.Any) -> Rows:
    for node in cloud.named(_KIND.COMPUTE_NODE, 'status', 'disabled'):
        for each in cloud.into(node, _ON):
            yield _row(each, host=node.hostname, reason=node.disabled_reason)


@_orders('region', 'host', 'instance')
def instances_on_down_hosts(cloud: Cloud, _given: typing.Any) -> Rows:
    for node in cloud.every(_KIND.COMPUTE_NODE):
        if node.state == 'down' or node.forced_down:
            for each in cloud.into(node, _ON):
                yield _row(
                    each, host=node.hostname, forced_down=node.forced_down
                )


@_orders('region', 'instance')
def neighbours(cloud: Cloud, given: typing.Any) -> Rows:
    for mine in cloud.named(_KIND.INSTANCE, 'uuid', given.instance):
        for node in cloud.out(mine, _ON):
            for each in cloud.into(node, _ON):
                if each.uuid != mine.uuid:
                    same = None not in (mine.project_id, each.project_id)
                    yield _row(
                        each,
                        host=node.hostname,
                        same_project=same
                        and mine.project_id == each.project_id,
                    )


@_orders('region', 'vertices', 'relations')
def path_between_instances(cloud: Cloud, given: typing.Any) -> Rows:
    ends = (given.source, given.target)
    if given.source == given.target or not all(
        end in cloud.graph and cloud.at(end).kind == _KIND.INSTANCE
        for end in ends
    ):
        return
    ways = nx.subgraph_view(
        cloud.graph,
        filter_edge=lambda s, t: cloud.graph[s][t]['relation'] in _WAYS,
    ).to_undirected(as_view=True)
    if not nx.has_path(ways, *ends):
        return
    for path in nx.all_shortest_paths(ways, *ends):
        if len(path) <= _LONGEST + 1:
            yield {
                'steps': len(path) - 1,
                'vertices': path,
                'relations': [
                    str(ways[s][t]['relation'])
                    for s, t in itertools.pairwise(path)
                ],
            }


# -- devices ------------------------------------------------------------


@_orders('region', 'kind', 'device')
def devices_of_instance(cloud: Cloud, given: typing.Any) -> Rows:
    for mine in cloud.named(_KIND.INSTANCE, 'uuid', given.instance):
        for device in cloud.into(mine, _DEVICE):
            yield {'kind': str(device.kind), 'device': device.id}


def _of_several(kind: schema.Kind, column: str) -> _Answer:
    def found(cloud: Cloud, _given: typing.Any) -> Rows:
        for device in cloud.every(kind):
            users = sorted(each.uuid for each in cloud.out(device, _DEVICE))
            if len(users) > 1:
                yield {
                    column: device.id,
                    'count': len(users),
                    'instances': users,
                }

    return found


for _kind, _column in (
    (_KIND.VOLUME, 'volume'),
    (_KIND.PORT, 'port'),
    (_KIND.SHARE, 'share'),
):
    _orders('-count', 'region', _column, names=(f'{_column}s-of-several',))(
        _of_several(_kind, _column)
    )


# -- room ---------------------------------------------------------------


def _forbidden(cloud: Cloud, instance: _Vertex) -> set[str]:
    """Return the hosts that have enough of a group of the instance."""
    found = set()
    for group in cloud.out(instance, _IN):
        if group.policy == 'anti-affinity':
            # One that is on its way to a host will be on it.
            there = collections.Counter(
                node.id
                for each in cloud.into(group, _IN)
                if each.id != instance.id
                for node in cloud.out(each, _ON, _TO)
            )
            most = _allowed(group)
            found |= {node for node, count in there.items() if count >= most}
    return found


def _allowed(group: _Vertex) -> int:
    return int(group.rules.get('max_server_per_host', 1))


def _candidates(
    cloud: Cloud, instance: _Vertex, own: _Vertex, given: typing.Any
) -> collections.abc.Iterator[tuple[_Vertex, schema.Resources]]:
    forbidden = _forbidden(cloud, instance)
    for node in cloud.every(_KIND.COMPUTE_NODE):
        if (
            node.id != own.id
            and node.id not in forbidden
            and _available(node)
            and cloud.zone_of(node) == cloud.zone_of(own)
        ):
            room = cloud.free(node, given)
            if _fits(cloud.takes(instance), room):
                yield node, room


@_orders('-vcpus_free', '-memory_free_mb', 'region', 'host', '_id')
def hosts_for_instance(cloud: Cloud, given: typing.Any) -> Rows:
    for mine in cloud.named(_KIND.INSTANCE, 'uuid', given.instance):
        for own in cloud.out(mine, _ON):
            for node, room in _candidates(cloud, mine, own, given):
                yield _host_row(node, room, zone=cloud.zone_of(node))


def _host_row(
    node: _Vertex, room: schema.Resources, **more: typing.Any
) -> Row:
    return {
        '_id': node.id,
        'host': node.hostname,
        'vcpus_free': room.vcpus,
        'memory_free_mb': room.memory_mb,
        'disk_free_gb': room.disk_gb,
        **more,
    }


@_orders('candidates', 'region', 'instance')
def evacuation_plan(cloud: Cloud, given: typing.Any) -> Rows:
    for own in cloud.named(_KIND.COMPUTE_NODE, 'hostname', given.host):
        for each in cloud.into(own, _ON):
            fitting = sorted(
                (-room.memory_mb, node.hostname, node.id)
                for node, room in _candidates(cloud, each, own, given)
            )
            yield _row(
                each,
                disk_gb=cloud.takes(each).disk_gb,
                locked=each.locked,
                candidates=len(fitting),
                hosts=[name for _, name, _ in fitting[: given.most]],
            )


def _usable_flavors(
    cloud: Cloud, given: typing.Any
) -> collections.abc.Iterator[tuple[_Vertex, schema.Resources]]:
    for flavor in cloud.every(_KIND.FLAVOR):
        if flavor.vcpus and flavor.memory_mb and not flavor.disabled:
            disk = flavor.ephemeral_gb + math.ceil(flavor.swap_mb / 1024)
            if not given.from_volume:
                disk += flavor.disk_gb
            yield (
                flavor,
                schema.Resources(flavor.vcpus, flavor.memory_mb, disk),
            )


def _how_many(need: schema.Resources, room: schema.Resources) -> int:
    return min(
        have // want
        for have, want in (
            (room.vcpus, need.vcpus),
            (room.memory_mb, need.memory_mb),
            (room.disk_gb, need.disk_gb),
        )
        if want
    )


def _rooms(
    cloud: Cloud, given: typing.Any
) -> list[tuple[_Vertex, schema.Resources]]:
    """Return the hosts that may be used, and what is free; 0 at least."""
    found = []
    for node in cloud.every(_KIND.COMPUTE_NODE):
        if _available(node):
            room = cloud.free(node, given)
            found.append(
                (
                    node,
                    schema.Resources(
                        max(0, room.vcpus),
                        max(0, room.memory_mb),
                        max(0, room.disk_gb),
                    ),
                )
            )
    return found


@_orders('region', 'flavor', '-fits', 'host', '_id')
def flavor_capacity_by_host(cloud: Cloud, given: typing.Any) -> Rows:
    rooms = _rooms(cloud, given)
    for flavor, need in _usable_flavors(cloud, given):
        if given.flavor in (None, flavor.name):
            for node, room in rooms:
                if fits := _how_many(need, room):
                    yield _host_row(node, room, flavor=flavor.name, fits=fits)


@_orders('region', 'flavor')
def flavor_capacity(cloud: Cloud, given: typing.Any) -> Rows:
    rooms = [room for _, room in _rooms(cloud, given)]
    if not rooms:
        return
    for flavor, need in _usable_flavors(cloud, given):
        fits = [_how_many(need, room) for room in rooms]
        pooled = _how_many(need, sum(rooms, schema.Resources()))
        yield {
            'flavor': flavor.name,
            'fits': sum(fits),
            'hosts': sum(each > 0 for each in fits),
            'most_on_one': max(fits),
            'fits_if_pooled': pooled,
            'lost': pooled - sum(fits),
        }


@_orders('region', 'host', '_id')
def overcommitted_hosts(cloud: Cloud, given: typing.Any) -> Rows:
    for node in cloud.every(_KIND.COMPUTE_NODE):
        counted = cloud.counted(node)
        taken, limit = cloud.taken(counted), _limit(node, given)
        if counted and not _fits(taken, limit):
            yield {
                '_id': node.id,
                'host': node.hostname,
                'instances': len(counted),
                'vcpus_taken': taken.vcpus,
                'vcpus_limit': limit.vcpus,
                'memory_taken_mb': taken.memory_mb,
                'memory_limit_mb': limit.memory_mb,
                'disk_taken_gb': taken.disk_gb,
                'disk_limit_gb': limit.disk_gb,
            }


def _by_free(cloud: Cloud, given: typing.Any) -> Rows:
    for node in cloud.every(_KIND.COMPUTE_NODE):
        if _available(node):
            yield _host_row(
                node,
                cloud.free(node, given),
                instances=len(cloud.counted(node)),
            )


for _name_, _order in (
    ('hosts-by-free-vcpus', '-vcpus_free'),
    ('hosts-by-free-memory', '-memory_free_mb'),
):
    _orders(_order, 'region', 'host', '_id', names=(_name_,))(_by_free)


# -- flavors and images -------------------------------------------------


@_orders('-instances', 'region', 'flavor')
def flavor_usage(cloud: Cloud, _given: typing.Any) -> Rows:
    for flavor in cloud.every(_KIND.FLAVOR):
        users = cloud.into(flavor, _FLAVOR)
        taken = cloud.taken(users)
        yield {
            'flavor': flavor.name,
            'instances': len(users),
            'vcpus': taken.vcpus,
            'memory_mb': taken.memory_mb,
        }


@_orders('region', 'flavor')
def unused_flavors(cloud: Cloud, _given: typing.Any) -> Rows:
    for flavor in cloud.every(_KIND.FLAVOR):
        if not cloud.into(flavor, _FLAVOR):
            yield {
                'flavor': flavor.name,
                'flavor_id': flavor.flavor_id,
                'public': flavor.is_public,
                'disabled': flavor.disabled,
            }


@_orders('-instances', 'region', 'image')
def image_usage(cloud: Cloud, _given: typing.Any) -> Rows:
    users = collections.defaultdict(list)
    for each in cloud.every(_KIND.INSTANCE):
        users[each.image_id].append(each.project_id)
    for image, owners in users.items():
        yield {
            'image': image,
            'instances': len(owners),
            'projects': len(set(owners) - {None}),
        }


# -- projects -----------------------------------------------------------


def _spread(
    cloud: Cloud,
    instances: list[_Vertex],
    places: collections.abc.Callable[[_Vertex | None], list[typing.Any]],
) -> collections.abc.Iterator[tuple[typing.Any, set[str], list[_Vertex]]]:
    """Yield the places of instances, with the hosts and who is there."""
    found: dict[typing.Any, list[_Vertex]] = collections.defaultdict(list)
    for each in instances:
        for place in places(cloud.host_of(each)):
            found[place].append(each)
    for place, there in found.items():
        hosts = {host.id for each in there if (host := cloud.host_of(each))}
        yield place, hosts, there


@_orders('-instances', 'region', 'zone')
def zone_spread_of_project(cloud: Cloud, given: typing.Any) -> Rows:
    for zone, hosts, there in _spread(
        cloud,
        _owned(cloud, given.project),
        lambda host: [cloud.zone_of(host)],
    ):
        taken = cloud.taken(there)
        yield {
            'zone': zone,
            'hosts': len(hosts),
            'instances': len(there),
            'vcpus': taken.vcpus,
            'memory_mb': taken.memory_mb,
        }


@_orders('-instances', 'region', 'aggregate', '_id')
def aggregate_spread_of_project(cloud: Cloud, given: typing.Any) -> Rows:
    def aggregates(host: _Vertex | None) -> list[typing.Any]:
        found = cloud.out(host, _IN) if host else []
        return [(each.name, each.id) for each in found] or [(None, None)]

    for (name, vertex), hosts, there in _spread(
        cloud, _owned(cloud, given.project), aggregates
    ):
        yield {
            '_id': vertex,
            'aggregate': name,
            'hosts': len(hosts),
            'instances': len(there),
        }


@_orders('-instances', 'region', 'host', '_id')
def host_spread_of_project(cloud: Cloud, given: typing.Any) -> Rows:
    for vertex, _, there in _spread(
        cloud,
        _owned(cloud, given.project),
        lambda host: [host.id] if host else [],
    ):
        node = cloud.at(vertex)
        yield {
            '_id': vertex,
            'host': node.hostname,
            'zone': cloud.zone_of(node),
            'instances': len(there),
            'vcpus': cloud.taken(there).vcpus,
        }


def _projects(cloud: Cloud, _given: typing.Any) -> Rows:
    for project in cloud.every(_KIND.PROJECT):
        owned = _owned(cloud, project.project_id)
        taken = cloud.taken(owned)
        if owned:
            yield {
                'project': project.project_id,
                'instances': len(owned),
                'vcpus': taken.vcpus,
                'memory_mb': taken.memory_mb,
            }


for _name_, _order in (
    ('noisiest-projects', '-instances'),
    ('projects-by-vcpus', '-vcpus'),
):
    _orders(_order, 'region', 'project', names=(_name_,))(_projects)


@_orders('-instances', 'region', 'project')
def projects_in_one_zone(cloud: Cloud, given: typing.Any) -> Rows:
    zones_of_hosts = map(cloud.zone_of, cloud.every(_KIND.COMPUTE_NODE))
    if len(set(zones_of_hosts)) < 2:
        return
    for project in cloud.every(_KIND.PROJECT):
        owned = _owned(cloud, project.project_id)
        placed = [each for each in owned if cloud.host_of(each)]
        zones = {cloud.zone_of(cloud.host_of(each)) for each in placed}
        if len(zones) == 1 and len(placed) >= given.least:
            yield {
                'project': project.project_id,
                'zone': zones.pop(),
                'hosts': len(
                    {
                        host.id
                        for each in placed
                        if (host := cloud.host_of(each))
                    }
                ),
                'instances': len(placed),
            }


# -- groups -------------------------------------------------------------


def _group_row(group: _Vertex, **more: typing.Any) -> Row:
    return {
        'group': group.uuid,
        'name': group.name,
        'policy': group.policy,
        **more,
    }


def _groups_of(
    cloud: Cloud, policy: str, soft: bool
) -> collections.abc.Iterator[tuple[_Vertex, dict[str, list[str]]]]:
    """Yield the groups of a policy, with the members on each host."""
    for group in cloud.every(_KIND.SERVER_GROUP):
        if group.policy == policy or (
            soft and group.policy == f'soft-{policy}'
        ):
            there: dict[str, list[str]] = collections.defaultdict(list)
            for each in cloud.into(group, _IN):
                if host := cloud.host_of(each):
                    there[host.id].append(each.uuid)
            yield group, there


@_orders('region', 'group', 'host', '_id')
def anti_affinity_violations(cloud: Cloud, given: typing.Any) -> Rows:
    for group, there in _groups_of(cloud, 'anti-affinity', given.soft):
        for vertex, members in there.items():
            if len(members) > _allowed(group):
                yield _group_row(
                    group,
                    _id=vertex,
                    host=cloud.at(vertex).hostname,
                    allowed=_allowed(group),
                    count=len(members),
                    instances=sorted(members),
                )


@_orders('region', 'group')
def affinity_violations(cloud: Cloud, given: typing.Any) -> Rows:
    for group, there in _groups_of(cloud, 'affinity', given.soft):
        if len(there) > 1:
            yield _group_row(
                group,
                instances=sum(map(len, there.values())),
                hosts=sorted(cloud.at(each).hostname for each in there),
            )


@_orders('-instances', 'region', 'group')
def server_group_spread(cloud: Cloud, _given: typing.Any) -> Rows:
    for group in cloud.every(_KIND.SERVER_GROUP):
        members = cloud.into(group, _IN)
        hosts = {
            host.id: host for each in members if (host := cloud.host_of(each))
        }
        yield _group_row(
            group,
            instances=len(members),
            hosts=len(hosts),
            zones=len(set(map(cloud.zone_of, hosts.values()))),
            without_host=sum(cloud.host_of(each) is None for each in members),
        )


# -- what would be lost -------------------------------------------------


def _loss(cloud: Cloud, hosts: list[_Vertex]) -> Row:
    lost = {node.id for node in hosts}
    there = [each for node in hosts for each in cloud.into(node, _ON)]
    projects = {each.project_id for each in there} - {None}
    groups = {
        group.id: group for each in there for group in cloud.out(each, _IN)
    }
    taken = cloud.taken(there)
    return {
        'hosts': len(hosts),
        'instances': len(there),
        'vcpus': taken.vcpus,
        'memory_mb': taken.memory_mb,
        'projects': len(projects),
        'server_groups': len(groups),
        'groups_lost': sum(
            {
                host.id
                for each in cloud.into(group, _IN)
                if (host := cloud.host_of(each))
            }
            <= lost
            for group in groups.values()
        ),
        'project_ids': sorted(projects),
        'group_ids': sorted(groups),
    }


@_orders('region', 'host', '_id')
def blast_radius(cloud: Cloud, given: typing.Any) -> Rows:
    for node in cloud.named(_KIND.COMPUTE_NODE, 'hostname', given.host):
        yield {'_id': node.id, 'host': node.hostname, **_loss(cloud, [node])}


@_orders('region', 'aggregate', '_id')
def blast_radius_of_aggregate(cloud: Cloud, given: typing.Any) -> Rows:
    for each in cloud.named(_KIND.HOST_AGGREGATE, 'name', given.aggregate):
        hosts = cloud.into(each, _IN)
        yield {
            '_id': each.id,
            'aggregate': each.name,
            **_loss(cloud, hosts),
        }


@_orders('region', 'zone')
def blast_radius_of_zone(cloud: Cloud, given: typing.Any) -> Rows:
    for each in cloud.named(_KIND.AVAILABILITY_ZONE, 'name', given.zone):
        hosts = cloud.hosts_in(each, _ZONE)
        yield {'zone': each.name, **_loss(cloud, hosts)}


@_orders('region', 'chassis')
def blast_radius_of_chassis(cloud: Cloud, given: typing.Any) -> Rows:
    for each in cloud.named(_KIND.CHASSIS, 'uuid', given.chassis):
        hosts = _hosts_in(cloud, each)
        yield {'chassis': each.uuid, **_loss(cloud, hosts)}


def _storage_loss(cloud: Cloud, volumes: list[_Vertex]) -> Row:
    projects = {each.project_id for each in volumes} - {None}
    users = {
        user.uuid for each in volumes for user in cloud.out(each, _DEVICE)
    }
    return {
        'volumes': len(volumes),
        'volumes_gb': _space(volumes),
        'snapshots': sum(len(cloud.into(each, _SNAPSHOT)) for each in volumes),
        'projects': len(projects),
        'instances': len(users),
        'project_ids': sorted(projects),
        'instance_ids': sorted(users),
    }


@_orders('region', 'backend')
def blast_radius_of_backend(cloud: Cloud, given: typing.Any) -> Rows:
    for node in cloud.named(_KIND.STORAGE_NODE, 'host', given.backend):
        lost = _volumes_of(cloud, node)
        yield {'backend': node.host, **_storage_loss(cloud, lost)}


@_orders('region')
def blast_radius_of_pool(cloud: Cloud, given: typing.Any) -> Rows:
    known = bool(cloud.named(_KIND.STORAGE_POOL, 'name', given.pool))
    lost = cloud.named(_KIND.VOLUME, 'pool', given.pool)
    if known or lost:
        yield {
            'pool': given.pool,
            'known': known,
            **_storage_loss(cloud, lost),
        }


# -- block storage ------------------------------------------------------


def _space(volumes: list[_Vertex]) -> int:
    return sum(each.size_gb for each in volumes)


def _backend_of(volume: _Vertex) -> str | None:
    """Return the back end of its pool, which need not be known."""
    pool = typing.cast(str | None, volume.pool)
    return None if pool is None else pool.partition('#')[0]


def _volumes_of(cloud: Cloud, node: _Vertex) -> list[_Vertex]:
    return [
        each
        for each in cloud.every(_KIND.VOLUME)
        if _backend_of(each) == node.host
    ]


def _of_cinder(cloud: Cloud) -> list[_Vertex]:
    """Return the volumes that Cinder knows."""
    return [
        each for each in cloud.every(_KIND.VOLUME) if each.status is not None
    ]


def _volume_row(cloud: Cloud, volume: _Vertex, **more: typing.Any) -> Row:
    return {
        'volume': volume.uuid,
        'name': volume.name,
        'project': volume.project_id,
        'status': volume.status,
        'size_gb': volume.size_gb,
        'volume_type': volume.volume_type,
        'pool': volume.pool,
        'instances': len(cloud.out(volume, _DEVICE)),
        'snapshots': len(cloud.into(volume, _SNAPSHOT)),
        'created_at': volume.created_at,
        'updated_at': volume.updated_at,
        **more,
    }


def _pool_row(cloud: Cloud, pool: _Vertex, **more: typing.Any) -> Row:
    return {
        'pool': pool.name,
        'thin': pool.thin_provisioning,
        'total_gb': pool.total_capacity_gb,
        'free_gb': pool.free_capacity_gb,
        'provisioned_gb': pool.provisioned_capacity_gb,
        'virtual_free_gb': cloud.element(pool).virtual_free_gb,
        **more,
    }


@_orders('_rank', 'region', 'pool')
def pools_by_free_capacity(cloud: Cloud, given: typing.Any) -> Rows:
    for pool in cloud.every(_KIND.STORAGE_POOL):
        node = next(iter(cloud.out(pool, _PART)), None)
        state, status = (node.state, node.status) if node else (None, None)
        if given.unavailable or (state, status) == ('up', 'enabled'):
            held = cloud.into(pool, _ON)
            free = cloud.element(pool).virtual_free_gb
            is_reversed = free is not None and not given.least_first
            yield _pool_row(
                cloud,
                pool,
                _rank=-free if is_reversed else free,
                state=state,
                status=status,
                volumes=len(held),
                volumes_gb=_space(held),
            )


@_orders('virtual_free_gb', 'region', 'pool')
def oversubscribed_pools(cloud: Cloud, given: typing.Any) -> Rows:
    for pool in cloud.every(_KIND.STORAGE_POOL):
        asked = cloud.element(pool)
        if given.ratio is not None:
            asked = schema.replace(
                asked, max_over_subscription_ratio=given.ratio
            )
        free, total = asked.virtual_free_gb, pool.total_capacity_gb
        if free is not None and free < 0:
            yield _pool_row(
                cloud,
                pool,
                virtual_free_gb=free,
                times_promised=(
                    pool.provisioned_capacity_gb / total if total else None
                ),
                times_allowed=pool.max_over_subscription_ratio,
            )


@_orders('-volumes', 'region', 'backend')
def unavailable_backends(cloud: Cloud, _given: typing.Any) -> Rows:
    for node in cloud.every(_KIND.STORAGE_NODE):
        if (node.state, node.status) != ('up', 'enabled'):
            held = _volumes_of(cloud, node)
            yield {
                'backend': node.host,
                'zone': node.availability_zone,
                'state': node.state,
                'status': node.status,
                'reason': node.disabled_reason,
                'pools': len(cloud.into(node, _PART)),
                'volumes': len(held),
                'volumes_gb': _space(held),
            }


@_orders('region', 'pool', 'volume')
def volumes_on_down_backends(cloud: Cloud, _given: typing.Any) -> Rows:
    for node in cloud.named(_KIND.STORAGE_NODE, 'state', 'down'):
        for each in _volumes_of(cloud, node):
            yield _volume_row(cloud, each)


@_orders('region', 'volume')
def volumes_on_unknown_pools(cloud: Cloud, _given: typing.Any) -> Rows:
    nodes = {each.host: each for each in cloud.every(_KIND.STORAGE_NODE)}
    for each in _of_cinder(cloud):
        if not cloud.out(each, _ON):
            node = nodes.get(_backend_of(each))
            yield _volume_row(
                cloud,
                each,
                backend_state=node.state if node else None,
                backend_status=node.status if node else None,
            )


@_orders('region', 'volume')
def volumes_in_error(cloud: Cloud, _given: typing.Any) -> Rows:
    for each in _of_cinder(cloud):
        if each.status.startswith('error'):
            yield _volume_row(cloud, each)


@_orders('updated_at', 'region', 'volume')
def volumes_in_transition(cloud: Cloud, given: typing.Any) -> Rows:
    for each in _of_cinder(cloud):
        settled = cinder_rows.is_settled(cloud.element(each))
        if not settled or (given.reserved and each.status == 'reserved'):
            yield _volume_row(
                cloud, each, migration_status=each.migration_status
            )


@_orders('-size_gb', 'region', 'volume')
def unattached_volumes(cloud: Cloud, given: typing.Any) -> Rows:
    for each in _of_cinder(cloud):
        if each.attached_to or cloud.out(each, _DEVICE):
            continue
        if given.before is None or (
            each.created_at is not None and each.created_at < given.before
        ):
            yield _volume_row(cloud, each)


@_orders('region', 'volume', 'instance')
def attachment_drift(cloud: Cloud, _given: typing.Any) -> Rows:
    if not cloud.every(_KIND.STORAGE_NODE):
        return
    known = {each.uuid: each for each in cloud.every(_KIND.INSTANCE)}
    for volume in cloud.every(_KIND.VOLUME):
        nova = {each.uuid for each in cloud.out(volume, _DEVICE)}
        for uuid in nova ^ set(volume.attached_to or ()):
            server = known.get(uuid)
            yield _volume_row(
                cloud,
                volume,
                instance=uuid,
                instance_known=server is not None,
                vm_state=server.vm_state if server else None,
                said_by='Nova' if uuid in nova else 'Cinder',
            )


@_orders('region', 'volume')
def volumes_of_instance(cloud: Cloud, given: typing.Any) -> Rows:
    nodes = {each.host: each for each in cloud.every(_KIND.STORAGE_NODE)}
    for mine in cloud.named(_KIND.INSTANCE, 'uuid', given.instance):
        for each in cloud.into(mine, _DEVICE):
            if each.kind == _KIND.VOLUME:
                node = nodes.get(_backend_of(each))
                yield _volume_row(
                    cloud,
                    each,
                    bootable=each.bootable,
                    backend_state=node.state if node else None,
                    users=len(cloud.out(each, _DEVICE)),
                )


@_orders('-snapshots', 'region', 'volume')
def snapshots_by_volume(cloud: Cloud, _given: typing.Any) -> Rows:
    for volume in cloud.every(_KIND.VOLUME):
        if made := cloud.into(volume, _SNAPSHOT):
            moments = sorted(
                each.created_at for each in made if each.created_at
            )
            yield _volume_row(
                cloud,
                volume,
                snapshots_gb=_space(made),
                in_error=sum(each.status.startswith('error') for each in made),
                oldest=moments[0] if moments else None,
                newest=moments[-1] if moments else None,
            )


def _space_row(cloud: Cloud, volumes: list[_Vertex]) -> Row:
    loose = [each for each in volumes if not cloud.out(each, _DEVICE)]
    return {
        'volumes': len(volumes),
        'volumes_gb': _space(volumes),
        'unattached': len(loose),
        'unattached_gb': _space(loose),
    }


@_orders('-volumes_gb', 'region', 'volume_type', '_id')
def volume_type_usage(cloud: Cloud, _given: typing.Any) -> Rows:
    for each in cloud.every(_KIND.VOLUME_TYPE):
        made = cloud.into(each, _TYPE)
        yield {
            '_id': each.id,
            'volume_type': each.name,
            'public': each.is_public,
            'projects': len({it.project_id for it in made} - {None}),
            'pools': len({it.pool for it in made} - {None}),
            **_space_row(cloud, made),
        }


@_orders('-volumes_gb', 'region', 'project')
def projects_by_volume_space(cloud: Cloud, _given: typing.Any) -> Rows:
    for project in cloud.every(_KIND.PROJECT):
        owned = collections.defaultdict(list)
        for each in cloud.into(project, _OWNER):
            owned[each.kind].append(each)
        snapshots = owned[_KIND.VOLUME_SNAPSHOT]
        if volumes := owned[_KIND.VOLUME]:
            yield {
                'project': project.project_id,
                'snapshots': len(snapshots),
                'snapshots_gb': _space(snapshots),
                **_space_row(cloud, volumes),
            }


# -- bare metal ---------------------------------------------------------


def _hosts_in(cloud: Cloud, chassis: _Vertex) -> list[_Vertex]:
    found = {
        node.id: node
        for machine in cloud.into(chassis, _PART)
        for node in cloud.into(machine, _MACHINE)
    }
    return list(found.values())


@_orders('region', 'chassis')
def hosts_by_chassis(cloud: Cloud, _given: typing.Any) -> Rows:
    for chassis in cloud.every(_KIND.CHASSIS):
        machines = cloud.into(chassis, _PART)
        hosts = _hosts_in(cloud, chassis)
        yield {
            'chassis': chassis.uuid,
            'description': chassis.description,
            'machines': len(machines),
            'free': sum(map(_is_free, machines)),
            'in_maintenance': sum(each.maintenance for each in machines),
            'with_fault': sum(each.fault is not None for each in machines),
            'hosts': len(hosts),
            'instances': sum(len(cloud.into(node, _ON)) for node in hosts),
            'host_names': sorted(node.hostname for node in hosts),
        }


def _is_free(machine: _Vertex) -> bool:
    return (
        machine.provision_state == 'available'
        and machine.instance_uuid is None
        and machine.fault is None
        and not machine.maintenance
    )


@_orders('region', 'machine')
def unavailable_machines(cloud: Cloud, _given: typing.Any) -> Rows:
    for machine in cloud.every(_KIND.BAREMETAL_NODE):
        state = machine.provision_state or ''
        if (
            machine.maintenance
            or machine.fault is not None
            or machine.power_state == 'error'
            or state == 'error'
            or state.endswith(' failed')
        ):
            hosts = cloud.into(machine, _MACHINE)
            yield {
                'machine': machine.uuid,
                'name': machine.name,
                'chassis': machine.chassis_uuid,
                'power_state': machine.power_state,
                'provision_state': machine.provision_state,
                'maintenance': machine.maintenance,
                'reason': machine.maintenance_reason,
                'fault': machine.fault,
                'deployed': machine.instance_uuid,
                'hosts': sorted(node.hostname for node in hosts),
                'instances': sum(len(cloud.into(node, _ON)) for node in hosts),
            }


# -- hosts --------------------------------------------------------------


@_orders('-instances', 'region', 'host', '_id')
def unavailable_hosts(cloud: Cloud, _given: typing.Any) -> Rows:
    for node in cloud.every(_KIND.COMPUTE_NODE):
        if not _available(node):
            yield {
                '_id': node.id,
                'host': node.hostname,
                'state': node.state,
                'status': node.status,
                'forced_down': node.forced_down,
                'reason': node.disabled_reason,
                'instances': len(cloud.into(node, _ON)),
            }


@_orders('region', 'host', '_id')
def empty_hosts(cloud: Cloud, _given: typing.Any) -> Rows:
    for node in cloud.every(_KIND.COMPUTE_NODE):
        if not cloud.counted(node):
            yield {
                '_id': node.id,
                'host': node.hostname,
                'zone': cloud.zone_of(node),
                'state': node.state,
                'status': node.status,
                'vcpus': node.vcpus,
                'memory_mb': node.memory_mb,
            }


@_orders('region', 'host', '_id')
def hosts_without_aggregate(cloud: Cloud, _given: typing.Any) -> Rows:
    for node in cloud.every(_KIND.COMPUTE_NODE):
        if not cloud.out(node, _IN):
            yield {
                '_id': node.id,
                'host': node.hostname,
                'service_host': node.service_host,
                'zone': cloud.zone_of(node),
            }


@_orders('-hosts', 'region', 'type', 'version')
def hypervisor_versions(cloud: Cloud, _given: typing.Any) -> Rows:
    found = collections.defaultdict(list)
    for node in cloud.every(_KIND.COMPUTE_NODE):
        key = (node.hypervisor_type, node.hypervisor_version)
        found[key].append(len(cloud.into(node, _ON)))
    for (name, version), counts in found.items():
        yield {
            'type': name,
            'version': version,
            'hosts': len(counts),
            'instances': sum(counts),
        }


@_orders('region', 'host', '_id')
def usage_drift(cloud: Cloud, given: typing.Any) -> Rows:
    for node in cloud.every(_KIND.COMPUTE_NODE):
        taken = cloud.taken(cloud.into(node, _ON))
        memory = node.memory_mb_used - given.reserved_memory_mb
        if (node.vcpus_used, memory) != (taken.vcpus, taken.memory_mb):
            yield {
                '_id': node.id,
                'host': node.hostname,
                'vcpus_nova': node.vcpus_used,
                'vcpus_taken': taken.vcpus,
                'memory_nova_mb': memory,
                'memory_taken_mb': taken.memory_mb,
            }


def _use_of(kind: schema.Kind, column: str, by: schema.Relation) -> _Answer:
    def found(cloud: Cloud, _given: typing.Any) -> Rows:
        for place in cloud.every(kind):
            hosts = cloud.hosts_in(place, by)
            there = [each for node in hosts for each in cloud.into(node, _ON)]
            taken = cloud.taken(there)
            yield {
                '_id': place.id,
                column: place.name,
                'hosts': len(hosts),
                'available': sum(map(_available, hosts)),
                'instances': len(there),
                'vcpus': sum(node.vcpus for node in hosts),
                'vcpus_taken': taken.vcpus,
                'memory_mb': sum(node.memory_mb for node in hosts),
                'memory_taken_mb': taken.memory_mb,
            }

    return found


for _kind, _column, _by in (
    (_KIND.AVAILABILITY_ZONE, 'zone', _ZONE),
    (_KIND.HOST_AGGREGATE, 'aggregate', _IN),
):
    _orders('region', _column, '_id', names=(f'{_column}-usage',))(
        _use_of(_kind, _column, _by)
    )


@_orders('region', 'kind')
def elements_by_kind(cloud: Cloud, _given: typing.Any) -> Rows:
    counts = collections.Counter(
        attributes['kind'] for attributes in cloud.graph.nodes.values()
    )
    for kind, count in counts.items():
        yield {'kind': str(kind), 'elements': count}
