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

"""Nova's own client talks to the simulated API unchanged."""

import collections.abc
import concurrent.futures
import dataclasses
import datetime
import secrets
import threading
import time
import typing

from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1 import identity
from keystoneauth1 import session as keystone_session
from novaclient import client
from novaclient import exceptions as nova_exceptions
import pytest

from cdm_graph import exceptions
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import faults
from cdm_graph.simulation import keystone_api
from cdm_graph.simulation import records
from cdm_graph.simulation import server
from cdm_graph.simulation.nova import rows as rows_module
from tests.unit.simulation import support

_PASSWORD: typing.Final = secrets.token_urlsafe()


@dataclasses.dataclass(frozen=True, slots=True)
class _Site:
    """A cloud that is served, and how to reach it."""

    cloud: cloud_module.SimulatedCloud
    api: server.ApiServer
    url: str

    def session(self, password: str = _PASSWORD) -> typing.Any:
        auth = identity.V3Password(
            f'{self.url}/identity',
            username='admin',
            password=password,
            project_name='admin',
            user_domain_name=keystone_api.DOMAIN_NAME,
            project_domain_name=keystone_api.DOMAIN_NAME,
        )
        return keystone_session.Session(auth=auth)

    def nova(self, version: str = '2.96') -> typing.Any:
        return client.Client(
            version, session=self.session(), region_name=keystone_api.REGION
        )

    def get(
        self, path: str, version: str | None = None, **headers: str
    ) -> typing.Any:
        if version is not None:
            headers['OpenStack-API-Version'] = f'compute {version}'
        return self.session().get(
            f'{self.url}/compute/v2.1/{path}',
            headers=headers,
            raise_exc=False,
        )


@pytest.fixture(scope='module')
def served() -> collections.abc.Iterator[_Site]:
    cloud = support.small_cloud(hosts=20, instances=450)
    api = server.ApiServer(cloud, password=_PASSWORD, max_limit=100)
    url = api.start()
    yield _Site(cloud, api, url)
    api.stop()


@pytest.fixture
def site(served: _Site) -> collections.abc.Iterator[_Site]:
    yield served
    served.api.faults.clear()


def _all(
    site: _Site, version: str = '2.96', **search: typing.Any
) -> typing.Any:
    search = {'all_tenants': True, **search}
    return site.nova(version).servers.list(search_opts=search, limit=-1)


# Keystone.


def test_a_wrong_password_is_refused(site: _Site) -> None:
    with pytest.raises(keystone_exceptions.Unauthorized):
        site.session('wrong').get_token()


def test_the_catalog_leads_to_nova(site: _Site) -> None:
    session = site.session()
    endpoint = session.get_endpoint(
        service_type='compute', region_name='RegionOne', interface='public'
    )
    assert endpoint == f'{site.url}/compute/v2.1'
    assert session.get_project_id() == site.cloud.admin.project_id
    with pytest.raises(keystone_exceptions.EndpointNotFound):
        session.get_endpoint(service_type='compute', region_name='Elsewhere')


def test_an_expired_token_is_renewed() -> None:
    cloud = support.small_cloud(instances=5)
    api = server.ApiServer(cloud, password=_PASSWORD, token_lifetime=1e9)
    site = _Site(cloud, api, api.start())
    try:
        nova = site.nova()
        nova.flavors.list()
        api.keystone.revoke_all()
        assert nova.flavors.list()
        tokens = api.faults.requests['/identity/v3/auth/tokens']
        assert tokens == 2
    finally:
        api.stop()


def test_tokens_expire_by_the_cloud_s_clock() -> None:
    cloud = support.small_cloud(instances=1)
    clock = typing.cast(support.ManualClock, cloud.clock)
    api = server.ApiServer(cloud, password=_PASSWORD, token_lifetime=60)
    site = _Site(cloud, api, api.start())
    try:
        token = site.session().get_token()
        assert api.keystone.is_admin(token)
        clock.now += 61
        assert not api.keystone.is_admin(token)
        assert not api.keystone.is_admin(None)
    finally:
        api.stop()


def test_a_body_without_a_password_is_a_bad_request(site: _Site) -> None:
    response = site.session().post(
        f'{site.url}/identity/v3/auth/tokens',
        json={'auth': {'identity': {'methods': ['token']}}},
        authenticated=False,
        raise_exc=False,
    )
    assert response.status_code == 400


# Versions.


def test_the_versions_are_discovered(site: _Site) -> None:
    current = site.nova().versions.get_current()
    assert current.version == '2.104'
    assert current.min_version == '2.1'
    assert len(site.nova().versions.list()) == 1


@pytest.mark.parametrize(
    ('version', 'status', 'answered'),
    [
        (None, 200, '2.1'),
        ('2.53', 200, '2.53'),
        ('latest', 200, '2.104'),
        ('2.105', 406, None),
        ('3.0', 406, None),
        ('two', 400, None),
    ],
)
def test_microversions_are_negotiated(
    site: _Site, version: str | None, status: int, answered: str | None
) -> None:
    response = site.get('servers?all_tenants=1&limit=1', version)
    assert response.status_code == status
    told = response.headers.get('X-OpenStack-Nova-API-Version')
    assert told == answered


def test_the_older_header_works_as_well(site: _Site) -> None:
    response = site.get('flavors', **{'X-OpenStack-Nova-API-Version': '2.61'})
    assert response.headers['OpenStack-API-Version'] == 'compute 2.61'


def test_the_highest_microversion_can_be_lower() -> None:
    cloud = support.small_cloud(instances=1)
    api = server.ApiServer(cloud, password=_PASSWORD, max_microversion=(2, 79))
    site = _Site(cloud, api, api.start())
    try:
        assert site.nova('2.1').versions.get_current().version == '2.79'
        assert site.get('flavors', '2.80').status_code == 406
    finally:
        api.stop()


def test_without_a_token_nothing_is_told(site: _Site) -> None:
    response = site.session().get(
        f'{site.url}/compute/v2.1/servers',
        authenticated=False,
        raise_exc=False,
    )
    assert response.status_code == 401


# Servers.


@pytest.mark.parametrize('version', ['2.1', '2.69', '2.87', '2.96'])
def test_all_servers_are_listed_page_by_page(
    site: _Site, version: str
) -> None:
    listed = [row.id for row in _all(site, version)]
    wanted = [row.uuid for row in site.cloud.servers.newest_first()]
    assert listed == wanted


def test_a_row_says_what_the_database_says(site: _Site) -> None:
    row = support.plain_server(site.cloud)
    shown = site.nova().servers.get(row.uuid).to_dict()
    zone = site.cloud.zone_of(row.host or '')
    assert shown['name'] == row.display_name
    assert shown['status'] == 'ACTIVE'
    assert shown['OS-EXT-STS:vm_state'] == 'active'
    assert shown['OS-EXT-STS:task_state'] is None
    assert shown['OS-EXT-STS:power_state'] == 1
    assert shown['OS-EXT-SRV-ATTR:host'] == row.host
    assert shown['OS-EXT-SRV-ATTR:hypervisor_hostname'] == row.node
    assert shown['OS-EXT-AZ:availability_zone'] == zone
    assert shown['tenant_id'] == row.project.project_id
    assert shown['user_id'] == row.project.user_id
    assert shown['image']['id'] == row.image
    assert shown['flavor']['original_name'] == row.flavor.name
    assert shown['flavor']['ram'] == row.flavor.memory_mb
    assert shown['host_status'] == 'UP'
    assert shown['tags'] == list(row.tags)


@pytest.mark.parametrize(
    ('field', 'since'),
    [
        ('OS-EXT-SRV-ATTR:hostname', '2.3'),
        ('locked', '2.9'),
        ('host_status', '2.16'),
        ('description', '2.19'),
        ('tags', '2.26'),
        ('trusted_image_certificates', '2.63'),
        ('server_groups', '2.71'),
        ('locked_reason', '2.73'),
        ('pinned_availability_zone', '2.96'),
    ],
)
def test_fields_came_with_microversions(
    site: _Site, field: str, since: str
) -> None:
    uuid = support.plain_server(site.cloud).uuid
    minor = int(since.split('.')[1])
    with_it = site.get(f'servers/{uuid}', since).json()['server']
    without = site.get(f'servers/{uuid}', f'2.{minor - 1}').json()['server']
    assert field in with_it
    assert field not in without


def test_the_flavor_is_a_link_before_2_47(site: _Site) -> None:
    row = support.plain_server(site.cloud)
    shown = site.get(f'servers/{row.uuid}', '2.46').json()['server']
    assert shown['flavor']['id'] == row.flavor.flavorid


def test_a_server_that_boots_from_a_volume_has_no_image(site: _Site) -> None:
    row = next(row for row in site.cloud.servers if not row.image)
    shown = site.nova().servers.get(row.uuid)
    assert shown.image == ''
    volumes = getattr(shown, 'os-extended-volumes:volumes_attached')
    assert len(volumes) == 1


def test_an_unknown_server_is_not_found(site: _Site) -> None:
    with pytest.raises(nova_exceptions.NotFound):
        site.nova().servers.get('00000000-0000-4000-a000-000000000000')


def test_an_unknown_marker_is_a_bad_request(site: _Site) -> None:
    with pytest.raises(nova_exceptions.BadRequest, match='marker'):
        site.nova().servers.list(
            search_opts={'all_tenants': 1}, marker='nobody'
        )


def test_a_limit_that_is_no_number_is_a_bad_request(site: _Site) -> None:
    assert site.get('servers?limit=-1').status_code == 400
    assert site.get('servers?all_tenants=1&limit=0').json() == {'servers': []}


def test_the_limit_is_capped_and_the_next_page_linked(site: _Site) -> None:
    body = site.get('servers/detail?all_tenants=1&limit=5000', '2.87').json()
    assert len(body['servers']) == 100
    (link,) = body['servers_links']
    assert link['rel'] == 'next'
    assert f'marker={body["servers"][-1]["id"]}' in link['href']
    seen = len(body['servers'])
    while 'servers_links' in body:
        link = body['servers_links'][0]['href']
        body = site.session().get(link).json()
        seen += len(body['servers'])
    assert seen == len(site.cloud.servers)


def test_without_all_tenants_only_the_own_are_listed(site: _Site) -> None:
    assert site.nova().servers.list() == []


@pytest.mark.parametrize('status', ['ACTIVE', 'SHUTOFF', 'ERROR'])
def test_servers_are_listed_by_status(site: _Site, status: str) -> None:
    state = {'ACTIVE': 'active', 'SHUTOFF': 'stopped', 'ERROR': 'error'}
    listed = {row.id for row in _all(site, status=status)}
    assert listed == {
        row.uuid for row in site.cloud.servers if row.vm_state == state[status]
    }


def test_servers_are_listed_by_host_and_project(site: _Site) -> None:
    row = support.plain_server(site.cloud)
    by_host = {each.id for each in _all(site, host=row.host)}
    assert by_host == {
        each.uuid for each in site.cloud.servers if each.host == row.host
    }
    project = row.project.project_id
    by_project = {each.id for each in _all(site, project_id=project)}
    assert by_project == {
        each.uuid for each in site.cloud.servers if each.project is row.project
    }


def test_changes_since_tells_deleted_servers_too() -> None:
    cloud = support.small_cloud(instances=120)
    clock = typing.cast(support.ManualClock, cloud.clock)
    clock.now += 3600
    moment = datetime.datetime.fromtimestamp(clock.now, datetime.UTC)
    does = support.operations(cloud)
    changed, gone = [
        row.uuid for row in cloud.servers if row.vm_state == 'active'
    ][:2]
    support.run(cloud, does.rename(changed, 'other'))
    support.run(cloud, does.delete_server(gone))
    api = server.ApiServer(cloud, password=_PASSWORD)
    site = _Site(cloud, api, api.start())
    try:
        since = moment.strftime('%Y-%m-%dT%H:%M:%SZ')
        rows = {row.id: row for row in _all(site, **{'changes-since': since})}
        assert rows.keys() == {changed, gone}
        assert rows[gone].status == 'DELETED'
        assert rows[changed].name == 'other'
        assert gone not in {row.id for row in _all(site)}
        # The marker may be deleted, as long as it is not archived.
        page = site.nova().servers.list(
            search_opts={'all_tenants': 1}, marker=gone
        )
        number = typing.cast(records.Server, cloud.servers.find(gone)).number
        assert len(page) == sum(
            1 for row in cloud.servers if row.number < number
        )
    finally:
        api.stop()


def test_a_time_that_is_none_is_a_bad_request(site: _Site) -> None:
    path = 'servers/detail?changes-since=yesterday'
    assert site.get(path).status_code == 400


def test_servers_of_a_cell_that_is_down(site: _Site) -> None:
    """As a real Nova answered, whose database of a cell was away."""
    row = support.plain_server(site.cloud)
    on_host = {
        each.uuid
        for each in site.cloud.servers.on_host(row.host or '')
        if each.vm_state != 'soft-delete'
    }
    site.api.faults.cell_down([row.host or ''])
    path = 'servers/detail?all_tenants=1'
    rows = site.get(path, '2.69').json()['servers']
    unknown = {each['id'] for each in rows if each['status'] == 'UNKNOWN'}
    assert unknown
    assert unknown <= on_host
    assert {frozenset(each) for each in rows if each['id'] in unknown} == {
        frozenset({'id', 'created', 'tenant_id', 'status', 'links'})
    }
    # Whoever asks for a page, or for some of them, is not told.
    for version, more in (
        ('2.68', ''),
        ('2.69', '&limit=1000'),
        ('2.69', '&soft_deleted=true'),
        ('2.69', '&changes-since=2000-01-01T00:00:00Z'),
    ):
        rows = site.get(path + more, version).json()['servers']
        assert rows
        assert on_host.isdisjoint(each['id'] for each in rows)
    marker = f'{path}&marker={row.uuid}'
    assert site.get(marker, '2.69').status_code == 500
    assert site.nova('2.69').servers.get(row.uuid).status == 'UNKNOWN'
    with pytest.raises(nova_exceptions.NotFound):
        site.nova('2.68').servers.get(row.uuid)


def test_what_a_cell_that_is_down_takes_with_it(site: _Site) -> None:
    *_, last = site.cloud.nodes.values()
    first = next(iter(site.cloud.nodes.values()))
    site.api.faults.cell_down([last.host])
    services = site.nova('2.69').services.list(host=last.host)
    assert [service.status for service in services] == ['UNKNOWN']
    assert not site.nova('2.68').services.list(host=last.host)
    # Nova asks the cells in turn, until it has what it needs.
    for path, status in (
        ('os-hypervisors', 500),
        ('os-hypervisors/detail?limit=2', 200),
        (f'os-hypervisors/{first.uuid}', 200),
        (f'os-hypervisors/{last.uuid}', 500),
        ('os-hypervisors/none', 500),
        (f'os-hypervisors?hypervisor_hostname_pattern={first.host}', 500),
    ):
        assert site.get(path, '2.87').status_code == status, path
    zones = site.get('os-availability-zone/detail').json()
    hosts = {
        host
        for zone in zones['availabilityZoneInfo']
        for host in zone['hosts']
    }
    assert hosts == site.cloud.nodes.keys() - {last.host}


def test_groups_with_members_in_a_cell_that_is_down(site: _Site) -> None:
    group, host = next(
        (group, member.host)
        for group in site.cloud.groups.values()
        for member in map(site.cloud.servers.find, group.members)
        if member is not None and member.host is not None
    )
    site.api.faults.cell_down([host])
    for path in ('os-server-groups?all_projects=1', 'os-server-groups/'):
        whole = path + (group.uuid if path.endswith('/') else '')
        assert site.get(whole).status_code == 500
    site.api.faults.clear()
    assert site.get(f'os-server-groups/{group.uuid}').status_code == 200


# Hypervisors, services, aggregates, zones.


def test_hypervisors_are_listed_with_what_is_used(site: _Site) -> None:
    listed = site.nova('2.87').hypervisors.list(detailed=True)
    assert len(listed) == len(site.cloud.nodes)
    for shown, node in zip(listed, site.cloud.nodes.values(), strict=True):
        usage = site.cloud.usage(node.host)
        assert shown.id == node.uuid
        assert shown.hypervisor_hostname == node.hostname
        assert shown.service['host'] == node.host
        assert shown.memory_mb == node.memory_mb
        assert shown.memory_mb_used == usage.memory_mb
        assert shown.vcpus_used == usage.vcpus
        assert shown.running_vms == usage.servers


def test_hypervisors_are_paged(site: _Site) -> None:
    hypervisors = site.nova('2.87').hypervisors
    first = hypervisors.list(detailed=True, limit=7)
    second = hypervisors.list(detailed=True, limit=7, marker=first[-1].id)
    assert len({each.id for each in [*first, *second]}) == 14
    with pytest.raises(nova_exceptions.BadRequest):
        hypervisors.list(limit=7, marker='nobody')


def test_hypervisors_lose_their_capacity_with_2_88(site: _Site) -> None:
    shown = site.nova('2.88').hypervisors.list(detailed=True)[0].to_dict()
    assert 'vcpus' not in shown
    assert 'memory_mb_used' not in shown


def test_a_hypervisor_by_its_id(site: _Site) -> None:
    node = next(iter(site.cloud.nodes.values()))
    assert site.nova().hypervisors.get(node.uuid).id == node.uuid
    by_number = site.nova('2.52').hypervisors.get(node.number)
    assert by_number.hypervisor_hostname == node.hostname
    with pytest.raises(nova_exceptions.NotFound):
        site.nova().hypervisors.get('00000000-0000-4000-a000-000000000000')


def test_hypervisors_by_their_name_with_their_servers(site: _Site) -> None:
    node = next(iter(site.cloud.nodes.values()))
    found = site.nova('2.87').hypervisors.search(node.host, servers=True)
    assert [each.id for each in found] == [node.uuid]
    path = (
        f'os-hypervisors/detail?with_servers=True'
        f'&hypervisor_hostname_pattern={node.host}'
    )
    (shown,) = site.get(path, '2.87').json()['hypervisors']
    assert {each['uuid'] for each in shown['servers']} == {
        row.uuid for row in site.cloud.servers.on_host(node.host)
    }
    with pytest.raises(nova_exceptions.NotFound):
        site.nova('2.87').hypervisors.search('nothing')


def test_services_tell_what_operators_did() -> None:
    cloud = support.small_cloud(instances=1)
    does = support.operations(cloud)
    one, two, three, *_ = cloud.nodes
    support.run(cloud, does.disable_service(one, 'maintenance'))
    support.run(cloud, does.force_down(two))
    support.run(cloud, does.crash(three))
    api = server.ApiServer(cloud, password=_PASSWORD)
    site = _Site(cloud, api, api.start())
    try:
        services = site.nova().services
        by_host = {
            each.host: each for each in services.list(binary='nova-compute')
        }
        assert by_host[one].status == 'disabled'
        assert by_host[one].disabled_reason == 'maintenance'
        assert by_host[two].forced_down
        assert by_host[two].state == 'down'
        assert by_host[three].state == 'down'
        assert not by_host[three].forced_down
        assert len(by_host) == len(cloud.nodes)
        assert len(services.list()) == len(cloud.nodes) + 2
        assert [each.host for each in services.list(host=one)] == [one]
    finally:
        api.stop()


def test_aggregates_and_zones(site: _Site) -> None:
    nova = site.nova()
    listed = {each.id: each for each in nova.aggregates.list()}
    for number, row in site.cloud.aggregates.items():
        assert listed[number].uuid == row.uuid
        assert listed[number].hosts == list(row.hosts)
        assert listed[number].availability_zone == row.availability_zone
    assert nova.aggregates.get(1).name == 'zone-az1'
    with pytest.raises(nova_exceptions.NotFound):
        nova.aggregates.get(99)
    zones = {
        each.zoneName: each.hosts
        for each in nova.availability_zones.list(detailed=True)
    }
    assert zones.keys() == {'az1', 'az2', 'az3', 'nova'}
    assert set(zones['az1']) == set(site.cloud.aggregate(1).hosts)
    assert len(nova.availability_zones.list(detailed=False)) == 4


# Server groups, flavors, migrations.


def test_server_groups(site: _Site) -> None:
    groups = site.nova().server_groups
    listed = groups.list(all_projects=True)
    assert {each.id for each in listed} == set(site.cloud.groups)
    assert groups.list() == []
    assert groups.list(all_projects=True, offset=len(listed)) == []
    row = next(iter(site.cloud.groups.values()))
    shown = groups.get(row.uuid)
    assert shown.policy == row.policy
    assert shown.members == list(row.members)
    old = site.nova('2.63').server_groups.get(row.uuid)
    assert old.policies == [row.policy]
    with pytest.raises(nova_exceptions.NotFound):
        groups.get('00000000-0000-4000-a000-000000000000')


def test_flavors(site: _Site) -> None:
    flavors = site.nova().flavors
    listed = {each.name: each for each in flavors.list(is_public=None)}
    assert listed.keys() == site.cloud.flavors.keys()
    local = site.cloud.flavor('d1.local')
    assert listed['d1.local'].ephemeral == local.ephemeral_gb
    assert listed['d1.local'].swap == local.swap_mb
    pinned = site.cloud.flavor('c1.pinned')
    assert listed['c1.pinned'].get_keys() == pinned.extra_specs
    assert flavors.get(pinned.flavorid).name == 'c1.pinned'
    old = site.nova('2.60').flavors.get(pinned.flavorid)
    assert old.get_keys() == pinned.extra_specs
    assert old.swap == ''
    assert flavors.list(is_public=False) == []
    first = flavors.list(limit=3)
    rest = flavors.list(marker=first[-1].id)
    assert len({each.id for each in [*first, *rest]}) == len(listed)
    with pytest.raises(nova_exceptions.NotFound):
        flavors.get('none')


def test_migrations_are_listed() -> None:
    cloud = support.small_cloud()
    server_row = support.plain_server(cloud)
    support.run(cloud, support.operations(cloud).live_migrate(server_row.uuid))
    support.run(cloud, support.operations(cloud).cold_migrate(server_row.uuid))
    api = server.ApiServer(cloud, password=_PASSWORD)
    site = _Site(cloud, api, api.start())
    try:
        listed = site.nova().migrations.list()
        assert [each.migration_type for each in listed] == [
            'migration',
            'live-migration',
        ]
        assert [each.status for each in listed] == ['finished', 'completed']
        assert listed[1].source_compute == server_row.host
        assert listed[0].source_compute == listed[1].dest_compute
        done = site.nova().migrations.list(status='completed')
        assert [each.id for each in done] == [listed[1].id]
        after = site.nova().migrations.list(marker=listed[0].uuid)
        assert [each.id for each in after] == [listed[1].id]
    finally:
        api.stop()


def _status(site: _Site, query: str = '', version: str = '2.96') -> list[str]:
    body = site.get(f'os-migrations?{query}', version).json()
    return [each['status'] for each in body['migrations']]


def test_moves_are_shown_from_their_beginning_to_their_end() -> None:
    cloud = support.small_cloud()
    does = support.operations(cloud)
    uuid = support.plain_server(cloud).uuid
    api = server.ApiServer(cloud, password=_PASSWORD)
    site = _Site(cloud, api, api.start())
    seen: list[str] = []
    try:
        for operation in (
            does.live_migrate(uuid),
            does.live_migrate_aborted(uuid),
            does.live_migrate_failing(uuid),
            does.cold_migrate(uuid),
            does.confirm_resize(uuid),
            does.resize(uuid, 'm1.large'),
            does.revert_resize(uuid),
        ):
            for _ in operation:
                if (
                    cloud.migrations
                    and (now := _status(site)[0]) not in (seen[-1:])
                ):
                    seen.append(now)
    finally:
        api.stop()
    assert seen == [
        *('accepted', 'queued', 'preparing', 'running', 'completed'),
        *('accepted', 'queued', 'preparing', 'running', 'cancelled'),
        *('accepted', 'queued', 'preparing', 'running', 'failed'),
        *('pre-migrating', 'migrating', 'post-migrating', 'finished'),
        *('confirming', 'confirmed'),
        *('pre-migrating', 'migrating', 'post-migrating', 'finished'),
        *('reverting', 'reverted'),
    ]


def test_an_evacuation_is_over_when_the_host_is_back() -> None:
    cloud = support.small_cloud()
    does = support.operations(cloud)
    row = support.plain_server(cloud)
    host = row.host
    assert host is not None
    support.run(cloud, does.crash(host))
    steps = does.evacuate(row.uuid)
    seen = []
    for _ in steps:
        seen.extend(each.status for each in cloud.migrations.newest_first())
    assert list(dict.fromkeys(seen)) == ['accepted', 'pre-migrating', 'done']
    support.run(cloud, does.recover(host))
    (move,) = cloud.migrations.newest_first()
    assert move.status == 'completed'


def test_a_move_for_which_there_is_no_host_has_failed() -> None:
    cloud = support.small_cloud()
    does = support.operations(cloud)
    row = support.plain_server(cloud)
    for host in cloud.nodes:
        cloud.change_node(host, disabled=True)
    support.run(cloud, does.live_migrate(row.uuid))
    support.run(cloud, does.cold_migrate(row.uuid))
    moves = list(cloud.migrations.newest_first())
    assert [(move.status, move.dest) for move in moves] == [
        ('error', None),
        ('error', None),
    ]
    assert cloud.migration_of(row.uuid) is None


def test_moves_are_polled() -> None:
    cloud = support.small_cloud()
    clock = typing.cast(support.ManualClock, cloud.clock)
    does = support.operations(cloud)
    one, two = [row for row in cloud.servers if row.vm_state == 'active'][:2]
    support.run(cloud, does.live_migrate(one.uuid))
    last = next(cloud.migrations.newest_first()).updated_at
    assert last is not None
    clock.now += 100
    under_way = does.live_migrate(two.uuid)
    next(under_way)
    next(under_way)
    api = server.ApiServer(cloud, password=_PASSWORD)
    site = _Site(cloud, api, api.start())
    try:

        def since(seconds: int, name: str = 'changes-since') -> str:
            at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
            return f'{name}={at.strftime("%Y-%m-%dT%H:%M:%SZ")}'

        # What has never been changed has not been changed since, either.
        assert _status(site) == ['accepted', 'completed']
        assert _status(site, since(0)) == ['completed']
        assert _status(site, since(last)) == ['completed']
        assert _status(site, since(last + 1)) == []
        while cloud.migration_of(two.uuid).status != 'running':
            next(under_way)
        assert _status(site, since(last + 1)) == ['running']
        assert _status(site, since(last, 'changes-before')) == ['completed']
        # An older version ignores it.
        assert len(_status(site, since(last + 1), '2.58')) == 2
        assert site.get('os-migrations?changes-since=x', '2.59').status_code
        row = site.get('os-migrations', '2.96').json()['migrations'][0]
        assert row['links'][0]['href'].endswith(
            f'/servers/{two.uuid}/migrations/{row["id"]}'
        )
        assert row['dest_compute'] == cloud.migration_of(two.uuid).dest.host
        assert site.get('os-migrations?marker=x', '2.96').status_code == 400
        marker = row['uuid']
        assert _status(site, f'marker={marker}&{since(0)}') == ['completed']
    finally:
        api.stop()


def test_moves_are_forgotten_when_they_are_old() -> None:
    cloud = support.small_cloud()
    clock = typing.cast(support.ManualClock, cloud.clock)
    does = support.operations(cloud)
    one, two = [row for row in cloud.servers if row.vm_state == 'active'][:2]
    support.run(cloud, does.live_migrate(one.uuid))
    support.run(cloud, does.cold_migrate(two.uuid))
    clock.now += 1000
    cloud.archive_deleted(age=2000)
    assert len(cloud.migrations) == 2
    cloud.archive_deleted(age=500)
    (left,) = cloud.migrations.newest_first()
    assert left.status == 'finished'


# Shares and versions above those of novaclient.


def test_shares_of_a_server() -> None:
    cloud = support.small_cloud()
    row = support.plain_server(cloud, 'stopped')
    support.run(cloud, support.operations(cloud).attach_share(row.uuid))
    (share,) = cloud.server(row.uuid).shares
    api = server.ApiServer(cloud, password=_PASSWORD)
    site = _Site(cloud, api, api.start())
    try:
        path = f'servers/{row.uuid}/shares'
        shown = {
            'share_id': share.uuid,
            'status': 'inactive',
            'tag': share.uuid,
        }
        assert site.get(path, '2.97').json() == {'shares': [shown]}
        one = site.get(f'{path}/{share.uuid}', '2.97').json()['share']
        assert one.items() >= shown.items()
        assert one['uuid'] == share.mapping_uuid
        assert site.get(path, '2.96').status_code == 404
        assert site.get(f'{path}/none', '2.97').status_code == 404
        assert site.get('servers/none/shares', '2.97').status_code == 404
        site.api.faults.cell_down([row.host or ''])
        assert site.get(path, '2.97').status_code == 500
    finally:
        api.stop()


def test_the_newest_versions(site: _Site) -> None:
    path = f'servers/{support.plain_server(site.cloud).uuid}'
    old = site.get(path, '2.97').json()['server']
    new = site.get(path, '2.100').json()['server']
    assert new.keys() - old.keys() == {'scheduler_hints'}
    assert new['image'].keys() - old['image'].keys() == {'properties'}
    (old, *_) = site.get('flavors/detail', '2.101').json()['flavors']
    (new, *_) = site.get('flavors/detail', '2.102').json()['flavors']
    assert old.keys() - new.keys() == {
        'rxtx_factor',
        'OS-FLV-DISABLED:disabled',
    }


# Faults, threads, speed.


def test_requests_fail_as_often_as_wanted(site: _Site) -> None:
    orders = site.api.faults
    orders.fail('/servers', 503, count=2)
    nova = site.nova()
    for _ in range(2):
        with pytest.raises(nova_exceptions.ClientException) as caught:
            nova.servers.list()
        assert caught.value.code == 503
    assert nova.flavors.list()
    nova.servers.list()


def test_requests_are_delayed_and_counted(site: _Site) -> None:
    orders = site.api.faults
    path = '/compute/v2.1/flavors/detail'
    before = orders.requests[path]
    orders.delay('/flavors', 0.2, count=1)
    nova = site.nova()
    began = time.monotonic()
    nova.flavors.list()
    assert time.monotonic() - began >= 0.2
    assert orders.requests[path] == before + 1


def test_a_share_of_the_requests_fails() -> None:
    orders = faults.Faults(seed=3)
    orders.fail(faults.SINGLE_READS, 503, count=None, share=0.2)
    orders.delay(faults.SINGLE_READS, 0.5, share=0.5)
    path = '/compute/v2.1/servers/00000000-0000-4000-a000-000000000000'
    verdicts = [orders.judge(path) for _ in range(1000)]
    assert 150 < sum(each.status == 503 for each in verdicts) < 250
    assert 450 < sum(each.seconds == 0.5 for each in verdicts) < 550
    orders.clear()
    assert orders.judge(path) == faults.Verdict(0.0, None, 0.0)


@pytest.mark.parametrize(
    ('path', 'is_page', 'is_read'),
    [
        ('servers/detail', True, False),
        ('os-hypervisors/detail', True, False),
        ('os-migrations', True, False),
        ('servers/00000000-0000-4000-a000-000000000000', False, True),
        ('servers/00000000-0000-4000-a000-000000000000/shares', False, True),
        ('os-aggregates/1', False, False),
    ],
)
def test_pages_and_single_reads_are_told_apart(
    path: str, is_page: bool, is_read: bool
) -> None:
    orders = faults.Faults()
    orders.delay(faults.PAGES, 1.0)
    orders.delay(faults.SINGLE_READS, 2.0)
    verdict = orders.judge(f'/compute/v2.1/{path}')
    assert verdict.seconds == is_page * 1.0 + is_read * 2.0


def test_a_late_answer_tells_how_things_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = threading.Event()
    write = rows_module.Rows.server

    def noted(*row: typing.Any, **how: typing.Any) -> rows_module.Row:
        shown = write(*row, **how)
        written.set()
        return shown

    monkeypatch.setattr(rows_module.Rows, 'server', noted)
    cloud = support.small_cloud()
    row = support.plain_server(cloud)
    api = server.ApiServer(cloud, password=_PASSWORD)
    site = _Site(cloud, api, api.start())
    try:
        nova = site.nova()
        api.faults.delay(faults.SINGLE_READS, 0.2, late=True)
        answered = concurrent.futures.ThreadPoolExecutor(1).submit(
            nova.servers.get, row.uuid
        )
        assert written.wait(10)
        cloud.change_server(row.uuid, display_name='other')
        assert answered.result().name == row.display_name
        api.faults.clear()
        assert nova.servers.get(row.uuid).name == 'other'
    finally:
        api.stop()


def test_it_starts_once_and_stops_twice() -> None:
    api = server.ApiServer(support.small_cloud(instances=1))
    api.start()
    with pytest.raises(exceptions.SimulationError, match='already'):
        api.start()
    api.stop()
    api.stop()
