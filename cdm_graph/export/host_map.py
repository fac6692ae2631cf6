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

"""All hosts and their instances, as a picture of them needs it.

It is made to be small, for a cloud of a hundred thousand instances: columns
instead of objects, and what repeats by its place in a list.
"""

import collections.abc
import datetime
import typing

from cdm_graph.model import root
from cdm_graph.model import schema

_NOWHERE: typing.Final = -1


class _Names:
    """Gives each name a place, in the order in which they come."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def place(self, name: str) -> int:
        return self.places.setdefault(name, len(self.places))


def document(model: root.ModelRoot) -> dict[str, typing.Any]:
    """Return the hosts and instances of a snapshot, as JSON has them.

    :returns: ``zones``, ``projects`` and ``states``, lists of names;
        ``aggregates`` and ``hosts``, lists of objects; ``instances``,
        columns.  Whatever refers to something else has its place in that
        list, and -1 or none for nothing.
    """
    zones, projects, states = _Names(), _Names(), _Names()
    aggregates = _aggregates(model)
    groups = {each['id']: place for place, each in enumerate(aggregates)}
    hosts = [
        _host(model, node, zones, groups)
        for node in sorted(
            model.get_all_compute_nodes().values(),
            key=lambda node: (node.hostname, node.uuid),
        )
    ]
    places = {host['id']: place for place, host in enumerate(hosts)}
    instances = _instances(model, places, projects, states)
    return {
        'zones': list(zones.places),
        'aggregates': aggregates,
        'projects': list(projects.places),
        'states': list(states.places),
        'hosts': hosts,
        'instances': instances,
    }


def _aggregates(model: root.ModelRoot) -> list[dict[str, typing.Any]]:
    """Return all aggregates: one that is empty may get hosts."""
    several = model.get_all(schema.Kind.HOST_AGGREGATE).values()
    return sorted(
        (
            {'id': schema.key_of(each).key, 'name': _name(each)}
            for each in several
        ),
        key=lambda each: (each['name'], each['id']),
    )


def _host(
    model: root.ModelRoot,
    node: schema.ComputeNode,
    zones: _Names,
    groups: dict[str, int],
) -> dict[str, typing.Any]:
    zone = _first(model.successors(node, schema.Relation.IN_ZONE))
    members = model.targets(node).items()
    return {
        'id': node.uuid,
        'name': node.hostname,
        'service_host': node.service_host,
        'zone': None if zone is None else zones.place(_name(zone)),
        'aggregates': sorted(
            groups[target]
            for target, relation in members
            if relation is schema.Relation.MEMBER_OF
        ),
        'vcpus': node.vcpus,
        'memory_mb': node.memory_mb,
        'status': node.status,
        'state': node.state,
    }


def _instances(
    model: root.ModelRoot,
    places: dict[str, int],
    projects: _Names,
    states: _Names,
) -> dict[str, list[typing.Any]]:
    rows = [
        (
            instance.uuid,
            instance.name,
            _host_of(model, instance, places),
            states.place(instance.vm_state),
            projects.place(instance.project_id or ''),
            instance.vcpus,
            instance.memory_mb,
            _seconds(instance.created_at),
        )
        for instance in model.get_all_instances().values()
    ]
    names = (
        'id',
        'name',
        'host',
        'state',
        'project',
        'vcpus',
        'memory_mb',
        'created',
    )
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return {
        name: list(column) for name, column in zip(names, columns, strict=True)
    }


def _host_of(
    model: root.ModelRoot,
    instance: schema.Instance,
    places: dict[str, int],
) -> int:
    for target, relation in model.targets(instance).items():
        if relation is schema.Relation.HOSTED_ON:
            return places[target]
    return _NOWHERE


def _first(
    several: collections.abc.Iterable[schema.Element],
) -> schema.Element | None:
    return next(iter(several), None)


def _name(element: schema.Element) -> str:
    return str(getattr(element, 'name', schema.key_of(element).key))


def _seconds(moment: datetime.datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
