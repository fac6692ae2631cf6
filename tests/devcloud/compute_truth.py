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

"""What Nova's API says of the cloud, read without the daemon's own code."""

import collections.abc
import typing

from keystoneauth1 import adapter
from keystoneauth1 import session

from cdm_graph.model import schema
from tests.devcloud import api
from tests.devcloud import view_builder

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


class ComputeTruth:
    """Reads servers and what they run on anew at each call."""

    def __init__(self, authorized: session.Session) -> None:
        """Read as that user, who has to see all projects."""
        self._nova = api.service(authorized, 'compute')

    def add_to(self, builder: view_builder.ViewBuilder) -> None:
        """Add what the API says now."""
        answers = self._ask()
        additions = _Additions(builder)
        additions.add_nodes(answers)
        additions.add_servers(answers)
        additions.add_groups(answers)
        additions.add_flavors(answers)

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


class _Additions:
    """What the rows of one read add to a view."""

    def __init__(self, builder: view_builder.ViewBuilder) -> None:
        self._builder = builder

    def add_nodes(self, answers: _Answers) -> None:
        """Add the compute nodes with their aggregates and zones."""
        forced = {
            row['host']: row['forced_down']
            for row in answers.services
            if row['binary'] == 'nova-compute'
        }
        for row in answers.hypervisors:
            host = row['service']['host']
            self._builder.add(
                schema.Kind.COMPUTE_NODE,
                row['id'],
                **_node(row),
                forced_down=forced.get(host, False),
            )
            self._builder.add_zone(row['id'], _zone(host, answers.aggregates))
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
            self._builder.add(schema.Kind.INSTANCE, server, **attributes)
            node = nodes.get((attributes['host'], attributes['node']))
            if node:
                self._builder.relate(server, schema.Relation.HOSTED_ON, node)
            flavor = schema.vertex_of(
                schema.Kind.FLAVOR, attributes['flavor_name']
            )
            self._builder.relate(server, schema.Relation.OF_FLAVOR, flavor)
            self._builder.add_owner(server, row['tenant_id'])
            self._add_volumes(row)

    def add_groups(self, answers: _Answers) -> None:
        """Add the server groups and their members."""
        for row in answers.groups:
            self._builder.add(
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
            self._builder.add_owner(row['id'], row['project_id'])
            for member in row['members']:
                self._builder.relate(
                    member, schema.Relation.MEMBER_OF, row['id']
                )

    def add_flavors(self, answers: _Answers) -> None:
        """Add the flavors, the private ones too."""
        for row in answers.flavors:
            self._builder.add(
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
        self._builder.add(
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
                self._builder.relate(
                    hypervisor['id'],
                    schema.Relation.MEMBER_OF,
                    row['uuid'],
                )

    def _add_volumes(self, server: Row) -> None:
        for row in server['os-extended-volumes:volumes_attached']:
            volume = self._builder.add_implied(schema.Kind.VOLUME, row['id'])
            self._builder.relate(
                volume, schema.Relation.ATTACHED_TO, server['id']
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
