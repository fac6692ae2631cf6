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

"""What operators and users do to a cloud, each to its end.

An action returns when Nova's API shows the result, and raises when it shows
another one.  Servers are called by their names, which are unique here.
"""

import base64
import collections.abc
import os
import time
import typing

from novaclient import client
from novaclient import exceptions

from tests.devcloud import api
from tests.devcloud import cloud as cloud_module
from tests.devcloud import errors
from tests.devcloud import process
from tests.devcloud import settings

_MICROVERSION: typing.Final = '2.96'
_TIMEOUT: typing.Final = 120

Names = collections.abc.Sequence[str]


class Actions:
    """Acts as the administrator."""

    def __init__(self, cloud: cloud_module.Cloud) -> None:
        """Act on that cloud."""
        session = cloud.session
        self.cloud = cloud
        self.nova = client.Client(
            _MICROVERSION, session=session, region_name=settings.REGION
        )
        self._glance = api.service(session, 'image')
        self._images: dict[str, str] = {}
        self._servers: dict[str, str] = {}

    # Servers.

    def create(
        self,
        name: str,
        *,
        flavor: str = 'small',
        until: str = 'ACTIVE',
        **arguments: typing.Any,
    ) -> None:
        """Create a server."""
        row = self._create(name, self.image('image'), flavor, arguments)
        self._servers[name] = row.id
        self.wait(name, until)

    def create_several(self, stem: str, count: int) -> None:
        """Create servers in one request; Nova numbers their names."""
        amounts = {'min_count': count, 'max_count': count}
        self._create(stem, self.image('image'), 'small', amounts)
        search = {'name': f'^{stem}-'}
        rows = self.nova.servers.list(search_opts=search)
        self._servers |= {row.name: row.id for row in rows}
        for number in range(count):
            self.wait(f'{stem}-{number + 1}', 'ACTIVE')

    def boot(self, name: str, volume: str, *, host: str) -> None:
        """Create a server that has its root on a volume, which goes with it.

        :param volume: its UUID
        """
        root = {
            'boot_index': 0,
            'uuid': volume,
            'source_type': 'volume',
            'destination_type': 'volume',
            'delete_on_termination': True,
        }
        arguments = {'block_device_mapping_v2': [root], 'host': host}
        self._servers[name] = self._create(name, '', 'small', arguments).id
        self.wait(name, 'ACTIVE')

    def _create(
        self,
        name: str,
        image: str,
        flavor: str,
        arguments: dict[str, typing.Any],
    ) -> typing.Any:
        return self.nova.servers.create(
            name,
            image,
            self.flavor(flavor),
            nics='none',
            **arguments,
        )

    def server(self, name: str) -> typing.Any:
        """Return a server as the API shows it now."""
        return self.nova.servers.get(self._servers[name])

    def host_of(self, name: str) -> str:
        """Return the host that a server is on."""
        host: str = getattr(self.server(name), 'OS-EXT-SRV-ATTR:host')
        return host

    def wait(self, name: str, status: str) -> None:
        """Return when a server is at rest with that status."""

        def at_rest() -> bool:
            server = self.server(name)
            if server.status == 'ERROR' and status != 'ERROR':
                raise errors.DevcloudError(
                    f'{name} is in ERROR: {getattr(server, "fault", "")}'
                )
            task = getattr(server, 'OS-EXT-STS:task_state')
            return bool(server.status == status and task is None)

        process.wait_until(f'{name} is {status}', at_rest, timeout=_TIMEOUT)

    def do(
        self,
        name: str,
        verb: str,
        *arguments: typing.Any,
        until: str = 'ACTIVE',
        **named: typing.Any,
    ) -> None:
        """Call a method of a server; wait for the status it leads to."""
        getattr(self.server(name), verb)(*arguments, **named)
        self.wait(name, until)

    def rebuild(self, name: str, image: str) -> None:
        """Build a server anew from another image."""
        self.do(name, 'rebuild', self.image(image))

    def delete(self, *names: str, verb: str = 'delete') -> None:
        """Delete servers; wait until the API does not show them."""
        for name in names:
            getattr(self.server(name), verb)()
        for name in names:
            self._wait_until_gone(self._servers[name])

    def _wait_until_gone(self, uuid: str) -> None:
        def gone() -> bool:
            try:
                self.nova.servers.get(uuid)
            except exceptions.NotFound:
                return True
            return False

        process.wait_until(f'server {uuid} is gone', gone, timeout=_TIMEOUT)

    def live_migrate(self, name: str, host: str) -> None:
        """Move a server while it runs."""
        self.server(name).live_migrate(host=host, block_migration='auto')
        self._wait_for_move(name, host)

    def live_migrate_and_abort(self, name: str, host: str) -> None:
        """Begin to move a server, and think better of it."""
        before = self.host_of(name)
        migration = self._begin_live_migration(name, host)
        self.nova.server_migrations.live_migration_abort(
            self.server(name), migration
        )
        self._wait_for_move(name, before)

    def live_migrate_and_force(self, name: str, host: str) -> None:
        """Move a server, and hurry."""
        migration = self._begin_live_migration(name, host)
        self.nova.server_migrations.live_migrate_force_complete(
            self.server(name), migration
        )
        self._wait_for_move(name, host)

    def _begin_live_migration(self, name: str, host: str) -> int:
        server = self.server(name)
        server.live_migrate(host=host, block_migration='auto')
        running: list[int] = []

        def runs() -> bool:
            running[:] = [
                row.id
                for row in self.nova.server_migrations.list(server)
                if row.status == 'running'
            ]
            return bool(running)

        process.wait_until(
            f'the live migration of {name} runs',
            runs,
            timeout=_TIMEOUT,
            interval=0.05,
        )
        return running[0]

    def _wait_for_move(self, name: str, host: str) -> None:
        def moved() -> bool:
            server = self.server(name)
            return bool(
                server.status == 'ACTIVE'
                and getattr(server, 'OS-EXT-STS:task_state') is None
                and getattr(server, 'OS-EXT-SRV-ATTR:host') == host
            )

        process.wait_until(f'{name} is on {host}', moved, timeout=_TIMEOUT)

    def evacuate(self, name: str) -> None:
        """Build a server of a dead host on another one."""
        before = self.host_of(name)
        self.server(name).evacuate()

        def elsewhere() -> bool:
            server = self.server(name)
            return bool(
                getattr(server, 'OS-EXT-SRV-ATTR:host') not in (None, before)
                and getattr(server, 'OS-EXT-STS:task_state') is None
            )

        process.wait_until(
            f'{name} has left {before}', elsewhere, timeout=_TIMEOUT
        )

    # Images, flavors and keys.

    def create_image(self, name: str) -> None:
        """Create an image of nothing."""
        image = self._glance.post(
            '/v2/images',
            json={
                'name': name,
                'disk_format': 'raw',
                'container_format': 'bare',
            },
        ).json()['id']
        self._glance.put(
            f'/v2/images/{image}/file',
            data=bytes(4096),
            headers={'Content-Type': 'application/octet-stream'},
        )
        self._images[name] = image

    def image(self, name: str) -> str:
        """Return the UUID of an image."""
        return self._images[name]

    def flavor(self, name: str) -> typing.Any:
        """Return a flavor as the API shows it now."""
        return self.nova.flavors.find(name=name, is_public=None)

    def create_keypair(self, name: str) -> None:
        """Create a key pair whose private half nobody has."""
        kind = b'ssh-ed25519'
        parts = (kind, os.urandom(32))
        blob = b''.join(len(part).to_bytes(4, 'big') + part for part in parts)
        public = f'{kind.decode()} {base64.b64encode(blob).decode()}'
        self.nova.keypairs.create(name, public_key=public)

    # Hosts.

    def service(self, host: str) -> typing.Any:
        """Return the nova-compute service of a host."""
        return self.nova.services.list(host=host, binary='nova-compute')[0]

    def lose_host(self, host: str) -> None:
        """Kill a nova-compute, and tell Nova that it is down."""
        self.cloud.computes.kill([host])
        self.nova.services.force_down(self.service(host).id, True)

    def bring_host_back(self, host: str) -> None:
        """Start a nova-compute again, and tell Nova that it is not down."""
        started = time.time()
        self.cloud.computes.start([host])
        self._end_force_down(host)
        self.cloud.wait_for_hosts([host], started)

    def _end_force_down(self, host: str) -> None:
        def accepted() -> bool:
            # Refused until it has settled what was evacuated from it.
            self.nova.services.force_down(self.service(host).id, False)
            return True

        process.wait_until(
            f'{host} may be up', accepted, timeout=_TIMEOUT, interval=0.5
        )

    def add_host(self, host: str) -> None:
        """Start a nova-compute on a host that the cloud never saw."""
        self.cloud.computes.start([host])
        process.wait_until(
            f'{host} is listed',
            lambda: host in self._hypervisors(),
            timeout=_TIMEOUT,
            interval=0.5,
        )

    def remove_host(self, host: str) -> None:
        """Stop a nova-compute for good, and delete its service."""
        self.cloud.computes.forget(host)
        self.nova.services.delete(self.service(host).id)

    def _hypervisors(self) -> list[str]:
        return [
            row.hypervisor_hostname for row in self.nova.hypervisors.list()
        ]

    # Everything.

    def stock(self) -> None:
        """Make what servers are made from: two flavors and an image."""
        self.nova.flavors.create('small', 512, 1, 1)
        self.nova.flavors.create('large', 2048, 2, 10)
        self.create_image('image')

    def clear(self) -> None:
        """Undo what an earlier scenario left in the cloud."""
        self._clear_servers()
        self._clear_aggregates()
        for group in self.nova.server_groups.list(all_projects=True):
            self.nova.server_groups.delete(group.id)
        for flavor in self.nova.flavors.list(is_public=None):
            self.nova.flavors.delete(flavor)
        for keypair in self.nova.keypairs.list():
            self.nova.keypairs.delete(keypair)
        for image in self._glance.get('/v2/images').json()['images']:
            self._glance.delete(f'/v2/images/{image["id"]}')
        self._clear_hosts()

    def _clear_servers(self) -> None:
        search = {'all_tenants': True, 'soft_deleted': True}
        left = self.nova.servers.list(search_opts=search)
        for server in left:
            server.force_delete()
        for server in left:
            self._wait_until_gone(server.id)

    def _clear_aggregates(self) -> None:
        for aggregate in self.nova.aggregates.list():
            for host in aggregate.hosts:
                aggregate.remove_host(host)
            aggregate.delete()

    def _clear_hosts(self) -> None:
        for row in self.nova.services.list(binary='nova-compute'):
            if row.host not in self.cloud.settings.hosts:
                self.remove_host(row.host)
                continue
            if self.cloud.computes.is_dead(row.host):
                self.bring_host_back(row.host)
            elif row.forced_down:
                self._end_force_down(row.host)
            if row.status == 'disabled':
                self.nova.services.enable(row.id)
