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

"""The simulated Cinder answers as a real one does."""

import collections.abc
import dataclasses
import secrets
import typing

from keystoneauth1 import adapter
from keystoneauth1 import identity
from keystoneauth1 import session as keystone_session
import pytest

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import keystone_api
from cdm_graph.simulation import server
from tests.unit.simulation import support

_PASSWORD: typing.Final = secrets.token_urlsafe()
_LIMIT: typing.Final = 10


@dataclasses.dataclass(frozen=True, slots=True)
class _Site:
    """A cloud that is served, and how to reach it."""

    cloud: cloud_module.SimulatedCloud
    api: server.ApiServer
    url: str

    def session(self, user: str = 'admin') -> typing.Any:
        auth = identity.V3Password(
            f'{self.url}/identity',
            username=user,
            password=_PASSWORD,
            project_name=user,
            user_domain_name=keystone_api.DOMAIN_NAME,
            project_domain_name=keystone_api.DOMAIN_NAME,
        )
        return keystone_session.Session(auth=auth)

    def get(
        self,
        path: str,
        version: str = '3.71',
        service_type: str = 'block-storage',
    ) -> typing.Any:
        client = adapter.Adapter(
            self.session(),
            service_type=service_type,
            default_microversion=version,
        )
        return client.get(path, raise_exc=False)

    def listed(self, path: str, version: str = '3.71') -> list[typing.Any]:
        """Return all pages of a list."""
        kind = path.partition('?')[0].strip('/').partition('/')[0]
        found: list[typing.Any] = []
        target: str | None = path
        while target is not None:
            body = self.get(target, version).json()
            found += body[kind]
            links = body.get(f'{kind}_links', [])
            target = links[0]['href'] if links else None
        return found


@pytest.fixture(scope='module')
def served() -> collections.abc.Iterator[_Site]:
    cloud = support.stored_cloud()
    api = server.ApiServer(cloud, password=_PASSWORD, max_limit=_LIMIT)
    yield _Site(cloud, api, api.start())
    api.stop()


@pytest.fixture
def site(served: _Site) -> collections.abc.Iterator[_Site]:
    yield served
    served.api.faults.clear()


def _uuids(rows: collections.abc.Iterable[typing.Any]) -> list[str]:
    return [row['id'] for row in rows]


# Discovery.


def test_the_catalog_leads_to_cinder(site: _Site) -> None:
    session = site.session()
    for kind in ('block-storage', 'volumev3'):
        endpoint = session.get_endpoint(service_type=kind)
        assert endpoint == f'{site.url}/volume/v3'
        answer = site.get('/os-services', service_type=kind)
        assert answer.status_code == 200


def test_a_cloud_without_storage_has_no_cinder() -> None:
    api = server.ApiServer(support.small_cloud(), password=_PASSWORD)
    site = _Site(support.small_cloud(), api, api.start())
    try:
        session = site.session()
        catalog = session.auth.get_access(session).service_catalog
        assert {each['type'] for each in catalog.catalog} == {
            'compute',
            'identity',
        }
        assert (
            session.get(
                f'{site.url}/volume/v3/volumes', raise_exc=False
            ).status_code
            == 404
        )
    finally:
        api.stop()


def test_versions(site: _Site) -> None:
    model = support.answers_of_cinder()['versions']
    for path, status in (('', 300), ('v3', 200), ('v3/', 200)):
        answer = site.session().get(
            f'{site.url}/volume/{path}', raise_exc=False
        )
        assert answer.status_code == status
        (told,), (real,) = answer.json()['versions'], model['versions']
        assert told.keys() == real.keys()
        for key in ('id', 'status', 'version', 'min_version', 'media-types'):
            assert told[key] == real[key]


def test_microversions_are_negotiated(site: _Site) -> None:
    answer = site.get('/volumes/detail?all_tenants=1', '3.12')
    assert answer.headers['OpenStack-API-Version'] == 'volume 3.12'
    assert 'group_id' not in answer.json()['volumes'][0]
    answer = site.session().get(
        f'{site.url}/volume/v3/volumes/detail?all_tenants=1'
    )
    assert answer.headers['OpenStack-API-Version'] == 'volume 3.0'


@pytest.mark.parametrize(
    ('path', 'version', 'example'),
    [
        ('/volumes/{}', '3.71', 'GET deleted'),
        ('/volumes?limit=2&marker={}', '3.71', 'marker that is deleted'),
        ('/attachments/{}', '3.71', 'GET attachment none'),
        ('/snapshots/{}', '3.71', 'GET deleted snapshot/attachment'),
        ('/types/detail', '3.71', 'types detail'),
        ('/volumes', '3.99', 'microversion too high'),
        (
            '/volumes?updated_at=after:2026-11-27T01:00:01',
            '3.71',
            'updated_at bad op',
        ),
        ('/volumes?updated_at=gt:yesterday', '3.71', 'updated_at bad time'),
    ],
)
def test_errors(site: _Site, path: str, version: str, example: str) -> None:
    model = support.answers_of_cinder()[f'error: {example}']
    (error,) = model['answer'].values()
    gone = next(
        (word for word in error['message'].split() if word.count('-') == 4),
        '',
    ).rstrip('.')
    answer = site.get(path.format(gone), version)
    assert answer.status_code == model['status']
    assert answer.json() == model['answer']


def test_an_unknown_path_is_a_page(site: _Site) -> None:
    answer = site.get('/nothing')
    assert answer.status_code == 404
    assert answer.headers['Content-Type'].startswith('text/html')
    assert '<h1>404 Not Found</h1>' in answer.text


def test_only_an_administrator_may_ask(site: _Site) -> None:
    member = next(iter(site.cloud.projects.values()))
    session = site.session(member.user_name)
    answer = session.get(f'{site.url}/volume/v3/volumes', raise_exc=False)
    assert answer.status_code == 401


# Lists.


def test_pages_are_followed_to_the_end(site: _Site) -> None:
    storage = site.cloud.storage
    found = _uuids(site.listed('/volumes/detail?all_tenants=1'))
    assert len(found) > 3 * _LIMIT
    expected = [row.uuid for row in storage.volumes.newest_first()]
    assert found == expected
    for limit in (3, _LIMIT * 5):
        path = f'/volumes?all_tenants=1&limit={limit}'
        assert _uuids(site.listed(path)) == expected
    snapshots = _uuids(site.listed('/snapshots/detail?all_tenants=1&limit=2'))
    assert len(snapshots) == len(set(snapshots)) == len(storage.snapshots)
    attached = _uuids(site.listed('/attachments?all_tenants=1'))
    assert sorted(attached) == sorted(storage.attachments)


def test_the_last_page_has_no_link(site: _Site) -> None:
    body = site.get('/volumes?all_tenants=1&limit=2').json()
    (link,) = body['volumes_links']
    assert link['rel'] == 'next'
    assert link['href'].startswith(f'{site.url}/volume/v3/volumes?')
    last = site.cloud.storage.volumes.at(1).uuid
    body = site.get(f'/volumes?all_tenants=1&limit=2&marker={last}').json()
    assert len(body['volumes']) == 1
    assert 'volumes_links' not in body
    assert site.get('/volumes?all_tenants=1&limit=0').json() == {'volumes': []}


def test_a_page_cannot_follow_a_volume_that_is_gone() -> None:
    cloud = support.stored_cloud()
    api = server.ApiServer(cloud, password=_PASSWORD, max_limit=_LIMIT)
    site = _Site(cloud, api, api.start())
    try:
        body = site.get('/volumes?all_tenants=1').json()
        (link,) = body['volumes_links']
        cloud.storage.remove_volume(body['volumes'][-1]['id'])
        answer = site.get(link['href'])
        assert answer.status_code == 404
        assert 'itemNotFound' in answer.json()
    finally:
        api.stop()


def test_volumes_can_be_sorted(site: _Site) -> None:
    storage = site.cloud.storage
    found = _uuids(site.listed('/volumes?all_tenants=1&sort=id:asc&limit=7'))
    assert found == sorted(row.uuid for row in storage.volumes)
    by_pool = site.listed('/volumes/detail?all_tenants=1&sort=host:asc')
    pools = [row['os-vol-host-attr:host'] or '' for row in by_pool]
    assert pools == sorted(pools)
    answer = site.get('/volumes?all_tenants=1&sort=nothing')
    assert answer.status_code == 400


def test_without_all_tenants_there_is_the_callers_own(site: _Site) -> None:
    for kind in ('volumes', 'snapshots', 'attachments'):
        assert site.listed(f'/{kind}/detail') == []


def test_an_unknown_filter_gives_an_empty_list(site: _Site) -> None:
    for kind in ('volumes', 'snapshots', 'attachments'):
        assert site.listed(f'/{kind}/detail?all_tenants=1')
        assert site.listed(f'/{kind}/detail?all_tenants=1&nonsense=1') == []


def test_a_summary(site: _Site) -> None:
    storage = site.cloud.storage
    (told,) = site.get('/volumes/summary?all_tenants=1').json().values()
    model = support.answers_of_cinder()['summary']['volume-summary']
    assert told.keys() == model.keys()
    assert told['total_count'] == len(storage.volumes)
    assert told['total_size'] == sum(row.size_gb for row in storage.volumes)
    assert told['metadata']['backup'] == ['daily']
    body = site.get('/volumes?all_tenants=1&limit=1&with_count=true').json()
    assert body['count'] == len(storage.volumes)


# One by one.


def test_single_rows_equal_those_of_the_lists(site: _Site) -> None:
    for kind, name in (
        ('volumes', 'volume'),
        ('snapshots', 'snapshot'),
        ('attachments', 'attachment'),
    ):
        for row in site.listed(f'/{kind}/detail?all_tenants=1')[:5]:
            assert site.get(f'/{kind}/{row["id"]}').json() == {name: row}


def test_attachments_of_one_volume(site: _Site) -> None:
    row = next(iter(site.cloud.storage.attachments.values()))
    path = f'/attachments?all_tenants=1&volume_id={row.volume}'
    assert _uuids(site.listed(path)) == [row.uuid]
    assert site.get('/attachments', '3.26').status_code == 404


def test_types(site: _Site) -> None:
    types = site.cloud.storage.types
    everything = site.get('/types?is_public=None').json()['volume_types']
    assert sorted(_uuids(everything)) == sorted(types)
    public = site.get('/types').json()['volume_types']
    hidden = {row.uuid for row in types.values() if not row.is_public}
    assert hidden
    assert set(_uuids(public)) == types.keys() - hidden
    one = everything[0]
    assert site.get(f'/types/{one["id"]}').json() == {'volume_type': one}


# Services and pools.


def test_services(site: _Site) -> None:
    services = site.get('/os-services').json()['services']
    assert [row['host'] for row in services] == [
        'controller',
        'storage-01@ssd',
        'storage-02@hdd',
        'storage-03@archive',
    ]
    volume = site.get('/os-services?binary=cinder-volume').json()['services']
    assert volume == services[1:]


@pytest.mark.parametrize('changes', [{'disabled': True}, {'reporting': False}])
def test_pools_of_a_service_that_is_away_are_missing(
    changes: dict[str, bool],
) -> None:
    cloud = support.stored_cloud()
    api = server.ApiServer(cloud, password=_PASSWORD)
    site = _Site(cloud, api, api.start())
    path = '/scheduler-stats/get_pools?detail=true'
    try:
        pools = site.get(path).json()['pools']
        assert [row['name'] for row in pools] == list(cloud.storage.pools)
        cloud.storage.change_backend('storage-01@ssd', **changes)
        pools = site.get(path).json()['pools']
        assert {row['name'].partition('@')[0] for row in pools} == {
            'storage-02',
            'storage-03',
        }
        assert len(site.get('/os-services').json()['services']) == 4
    finally:
        api.stop()


def test_pools_by_name(site: _Site) -> None:
    name = 'storage-01%40ssd%23fast'
    body = site.get(f'/scheduler-stats/get_pools?name={name}').json()
    assert body == {'pools': [{'name': 'storage-01@ssd#fast'}]}


# Faults.


def test_faults_befall_cinder_as_they_do_nova(site: _Site) -> None:
    site.api.faults.fail('/volume/v3/volumes', 503, count=1)
    answer = site.get('/volumes/detail?all_tenants=1')
    assert answer.status_code == 503
    assert 'serviceUnavailable' in answer.json()
    assert site.get('/volumes/detail?all_tenants=1').status_code == 200
    assert site.api.faults.requests['/volume/v3/volumes/detail'] >= 2
