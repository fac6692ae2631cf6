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

"""What Nova's API says of the cloud, read without the daemon's own code.

Only the names of kinds, attributes and relations are taken from the schema;
how they follow from the API's answers is written here a second time, so that
one misunderstanding cannot hide in both.

A read is several calls, and the cloud may change between them: only two
equal reads, one after the other, are a truth.
"""

import collections.abc
import typing

from keystoneauth1 import adapter
from keystoneauth1 import session

from cdm_graph.model import schema
from tests.devcloud import api
from tests.devcloud import errors
from tests.devcloud import view

_LATEST: typing.Final = '2.96'
#: The last with the capacity of hypervisors.
_HYPERVISORS: typing.Final = '2.87'
#: A soft-deleted server still has its place, and is not listed unasked.
_SERVERS: typing.Final = '/servers/detail?all_tenants=1&soft_deleted=true'
_DEFAULT_ZONE: typing.Final = 'nova'
_POWER_STATES: typing.Final = {
    0: 'pending',
    1: 'running',
    3: 'paused',
    4: 'shutdown',
    6: 'crashed',
    7: 'suspended',
}

Row = collections.abc.Mapping[str, typing.Any]
Rows = collections.abc.Sequence[Row]


class _Answers(typing.NamedTuple):
    hypervisors: Rows
    services: Rows
    aggregates: Rows
    servers: Rows
    groups: Rows
    flavors: Rows


class TruthReader:
    """Reads the cloud anew at each call."""

    def __init__(self, authorized: session.Session) -> None:
        """Read as that user, who has to see all projects."""
        self._nova = api.service(authorized, 'compute')

    def read(self) -> view.View:
        """Return what the API says now."""
        answers = self._ask()
        builder = _Builder()
        builder.add_nodes(answers)
        builder.add_servers(answers)
        builder.add_groups(answers)
        builder.add_flavors(answers)
        return builder.view()

    def _ask(self) -> _Answers:
        return _Answers(
            hypervisors=_rows(
                self._nova,
                '/os-hypervisors/detail',
                'hypervisors',
                _HYPERVISORS,
            ),
            services=_rows(self._nova, '/os-services', 'services'),
            aggregates=_rows(self._nova, '/os-aggregates', 'aggregates'),
            servers=_rows(self._nova, _SERVERS, 'servers'),
            groups=_rows(
                self._nova,
                '/os-server-groups?all_projects=1',
                'server_groups',
            ),
            flavors=_rows(
                self._nova, '/flavors/detail?is_public=none', 'flavors'
            ),
        )


def _rows(
    nova: adapter.Adapter,
    path: str,
    collection: str,
    microversion: str = _LATEST,
) -> Rows:
    answer = nova.get(path, microversion=microversion).json()
    rows: Rows = answer[collection]
    return rows


class _Builder:
    """Makes a view of the rows of one read."""

    def __init__(self) -> None:
        self._vertices: dict[str, view.Attributes] = {}
        self._relations: set[view.Relation] = set()

    def view(self) -> view.View:
        """Return it, without relations that lead nowhere."""
        relations = frozenset(
            (source, relation, target)
            for source, relation, target in self._relations
            if source in self._vertices and target in self._vertices
        )
        return view.View(self._vertices, relations)

    def add_nodes(self, answers: _Answers) -> None:
        """Add the compute nodes with their aggregates and zones."""
        forced = {
            row['host']: row['forced_down']
            for row in answers.services
            if row['binary'] == 'nova-compute'
        }
        for row in answers.hypervisors:
            host = row['service']['host']
            self._add(
                schema.Kind.COMPUTE_NODE,
                row['id'],
                **_node(row),
                forced_down=forced.get(host, False),
            )
            self._add_zone(row['id'], _zone(host, answers.aggregates))
        for row in answers.aggregates:
            self._add_aggregate(row, answers.hypervisors)

    def add_servers(self, answers: _Answers) -> None:
        """Add the servers, with their places, owners and volumes."""
        nodes = {
            (row['service']['host'], row['hypervisor_hostname']): row['id']
            for row in answers.hypervisors
        }
        for row in answers.servers:
            attributes = _server(row)
            server = row['id']
            self._add(schema.Kind.INSTANCE, server, **attributes)
            node = nodes.get((attributes['host'], attributes['node']))
            if node:
                self._relate(server, schema.Relation.HOSTED_ON, node)
            flavor = schema.vertex_of(
                schema.Kind.FLAVOR, attributes['flavor_name']
            )
            self._relate(server, schema.Relation.OF_FLAVOR, flavor)
            self._add_owner(server, row['tenant_id'])
            self._add_volumes(row)

    def add_groups(self, answers: _Answers) -> None:
        """Add the server groups and their members."""
        for row in answers.groups:
            self._add(
                schema.Kind.SERVER_GROUP,
                row['id'],
                uuid=row['id'],
                name=row['name'],
                policy=row['policy'],
                rules={
                    name: str(value) for name, value in row['rules'].items()
                },
                project_id=row['project_id'],
                user_id=row['user_id'],
            )
            self._add_owner(row['id'], row['project_id'])
            for member in row['members']:
                self._relate(member, schema.Relation.MEMBER_OF, row['id'])

    def add_flavors(self, answers: _Answers) -> None:
        """Add the flavors, the private ones too."""
        for row in answers.flavors:
            self._add(
                schema.Kind.FLAVOR,
                row['name'],
                name=row['name'],
                flavor_id=row['id'],
                vcpus=row['vcpus'],
                memory_mb=row['ram'],
                disk_gb=row['disk'],
                ephemeral_gb=row['OS-FLV-EXT-DATA:ephemeral'],
                swap_mb=row['swap'],
                is_public=row['os-flavor-access:is_public'],
                disabled=row['OS-FLV-DISABLED:disabled'],
                extra_specs=row['extra_specs'],
            )

    def _add_aggregate(self, row: Row, hypervisors: Rows) -> None:
        self._add(
            schema.Kind.HOST_AGGREGATE,
            row['uuid'],
            uuid=row['uuid'],
            aggregate_id=row['id'],
            name=row['name'],
            availability_zone=row['availability_zone'],
            metadata=row['metadata'],
        )
        for hypervisor in hypervisors:
            if hypervisor['service']['host'] in row['hosts']:
                self._relate(
                    hypervisor['id'],
                    schema.Relation.MEMBER_OF,
                    row['uuid'],
                )

    def _add_volumes(self, server: Row) -> None:
        for row in server['os-extended-volumes:volumes_attached']:
            volume = self._add(schema.Kind.VOLUME, row['id'], uuid=row['id'])
            self._relate(volume, schema.Relation.ATTACHED_TO, server['id'])

    def _add_zone(self, node: str, name: str) -> None:
        zone = self._add(schema.Kind.AVAILABILITY_ZONE, name, name=name)
        self._relate(node, schema.Relation.IN_ZONE, zone)

    def _add_owner(self, owned: str, project_id: str) -> None:
        project = self._add(
            schema.Kind.PROJECT, project_id, project_id=project_id
        )
        self._relate(owned, schema.Relation.OWNED_BY, project)

    def _add(
        self, kind: schema.Kind, key: str, **attributes: typing.Any
    ) -> str:
        _check_complete(kind, attributes)
        vertex = schema.vertex_of(kind, key)
        self._vertices[vertex] = {'kind': kind.value, **attributes}
        return vertex

    def _relate(
        self, source: str, relation: schema.Relation, target: str
    ) -> None:
        self._relations.add((source, relation.value, target))


def _check_complete(kind: schema.Kind, attributes: view.Attributes) -> None:
    wanted = {attribute.name for attribute in schema.ATTRIBUTES[kind]}
    if wanted != set(attributes):
        raise errors.DevcloudError(
            f'tests/devcloud/truth.py and the schema differ in the '
            f'attributes of {kind}: {sorted(wanted ^ set(attributes))}'
        )


def _node(row: Row) -> dict[str, typing.Any]:
    return {
        'uuid': row['id'],
        'hostname': row['hypervisor_hostname'],
        'service_host': row['service']['host'],
        'hypervisor_type': row['hypervisor_type'],
        'hypervisor_version': row['hypervisor_version'],
        'vcpus': row['vcpus'],
        'vcpus_used': row['vcpus_used'],
        'memory_mb': row['memory_mb'],
        'memory_mb_used': row['memory_mb_used'],
        'disk_gb': row['local_gb'],
        'disk_gb_used': row['local_gb_used'],
        'state': row['state'],
        'status': row['status'],
        'disabled_reason': row['service']['disabled_reason'],
    }


def _zone(host: str, aggregates: Rows) -> str:
    for row in aggregates:
        if host in row['hosts'] and row['availability_zone']:
            zone: str = row['availability_zone']
            return zone
    return _DEFAULT_ZONE


def _server(row: Row) -> dict[str, typing.Any]:
    flavor = row['flavor']
    return {
        'uuid': row['id'],
        'name': row['name'],
        'vm_state': row['OS-EXT-STS:vm_state'],
        'task_state': row['OS-EXT-STS:task_state'],
        'power_state': _POWER_STATES[row['OS-EXT-STS:power_state']],
        'flavor_name': flavor['original_name'],
        'vcpus': flavor['vcpus'],
        'memory_mb': flavor['ram'],
        'disk_gb': flavor['disk'],
        'ephemeral_gb': flavor['ephemeral'],
        'swap_mb': flavor['swap'],
        'extra_specs': flavor['extra_specs'],
        'project_id': row['tenant_id'],
        'user_id': row['user_id'],
        'availability_zone': row['OS-EXT-AZ:availability_zone'] or None,
        'pinned_availability_zone': row['pinned_availability_zone'],
        'host': row['OS-EXT-SRV-ATTR:host'],
        'node': row['OS-EXT-SRV-ATTR:hypervisor_hostname'],
        # Nothing moves at the end of an operation.
        'migrating_to': None,
        'locked': row['locked'],
        'locked_reason': row['locked_reason'],
        'metadata': row['metadata'],
        'tags': sorted(row['tags']),
        'image_id': row['image']['id'] if row['image'] else None,
        'created_at': row['created'],
        'launched_at': _moment(row['OS-SRV-USG:launched_at']),
        'updated_at': row['updated'],
    }


def _moment(text: str | None) -> str | None:
    return f'{text.partition(".")[0]}Z' if text else None
