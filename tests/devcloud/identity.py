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

"""Who and what Keystone knows: users, roles, projects and the catalog."""

import typing

from keystoneauth1 import adapter
from keystoneauth1 import session

from tests.devcloud import api
from tests.devcloud import settings

#: Name, type and path of each service but Keystone, which knows itself.
_SERVICES: typing.Final = (
    ('nova', 'compute', '/v2.1'),
    ('placement', 'placement', ''),
    ('glance', 'image', ''),
    ('neutron', 'network', ''),
    ('cinder', 'volumev3', '/v3'),
)


def populate(chosen: settings.Settings, authorized: session.Session) -> None:
    """Make the services' users and the catalog in a Keystone without them."""
    keystone = api.service(authorized, 'identity')
    project = _create(keystone, 'project', name='service')
    roles = {
        role['name']: role['id']
        for role in keystone.get('/roles').json()['roles']
    }
    for name, kind, path in _SERVICES:
        user = _create(keystone, 'user', name=name, password=settings.PASSWORD)
        for role in ('service', 'admin'):
            keystone.put(
                f'/projects/{project}/users/{user}/roles/{roles[role]}'
            )
        _catalogue(keystone, name, kind, chosen.url(name, path))


def admit(
    keystone: adapter.Adapter, name: str, role: str, project: str | None
) -> None:
    """Make a user with a role in a project, or in the system if none."""
    user = _find(keystone, 'user', name) or _create(
        keystone, 'user', name=name, password=settings.PASSWORD
    )
    place = (
        'system'
        if project is None
        else f'projects/{_find(keystone, "project", project)}'
    )
    keystone.put(
        f'/{place}/users/{user}/roles/{_find(keystone, "role", role)}'
    )


def _find(keystone: adapter.Adapter, kind: str, name: str) -> str | None:
    found = keystone.get(f'/{kind}s', params={'name': name}).json()
    for each in found[f'{kind}s']:
        return str(each['id'])
    return None


def _catalogue(
    keystone: adapter.Adapter, name: str, kind: str, url: str
) -> None:
    service = _create(keystone, 'service', name=name, type=kind)
    for interface in ('public', 'internal', 'admin'):
        _create(
            keystone,
            'endpoint',
            service_id=service,
            interface=interface,
            region_id=settings.REGION,
            url=url,
        )


def _create(keystone: adapter.Adapter, kind: str, **fields: str) -> str:
    answer = keystone.post(f'/{kind}s', json={kind: fields}).json()
    identifier: str = answer[kind]['id']
    return identifier
