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


"""What operators and users do to volumes, each to its end.

An action returns when Cinder's API shows the result, and raises when it shows
another one.  Volumes, snapshots and types are called by their names, which
are unique here; a backend has one type, which is called like it.
"""

import collections.abc
import http
import time
import typing

from tests.devcloud import actions
from tests.devcloud import api
from tests.devcloud import configuration
from tests.devcloud import errors
from tests.devcloud import process

_MICROVERSION: typing.Final = '3.71'
_TIMEOUT: typing.Final = 120
_MOVING: typing.Final = frozenset({'starting', 'migrating', 'completing'})
_HOST: typing.Final = 'os-vol-host-attr:host'
_BINARY: typing.Final = 'cinder-volume'
#: Made by Cinder's migrations.
_DEFAULT_TYPE: typing.Final = '__DEFAULT__'

Row = collections.abc.Mapping[str, typing.Any]


class VolumeActions:
    """Acts as the administrator."""

    def __init__(self, do: actions.Actions) -> None:
        """Act on the cloud of ``do``, on whose servers volumes are."""
        self._do = do
        self._cinder = api.service(do.cloud.session, 'block-storage')
        self._volumes: dict[str, str] = {}
        self._snapshots: dict[str, str] = {}
        self._types: dict[str, str] = {}
        self._transfers: dict[str, Row] = {}

    # Volumes.

    def create(
        self,
        name: str,
        *,
        until: str = 'available',
        **properties: typing.Any,
    ) -> None:
        """Create a volume, of 1 GB if nothing else is said."""
        body = {'name': name, 'size': 1, **properties}
        row = self._ask('POST', '/volumes', {'volume': body})['volume']
        self._volumes[name] = row['id']
        self.wait(name, until)

    def volume(self, name: str) -> Row:
        """Return a volume as the API shows it now."""
        row: Row = self._ask('GET', self._path(name))['volume']
        return row

    def _path(self, name: str) -> str:
        return f'/volumes/{self.uuid(name)}'

    def uuid(self, name: str) -> str:
        """Return the UUID of a volume."""
        return self._volumes[name]

    def host_of(self, name: str) -> str:
        """Return what Cinder calls the pool that a volume is in."""
        host: str = self.volume(name)[_HOST]
        return host

    def wait(self, name: str, status: str) -> None:
        """Return when a volume is at rest with that status."""

        def at_rest() -> bool:
            row = self.volume(name)
            if row['status'].startswith('error') and row['status'] != status:
                raise errors.DevcloudError(f'{name} is in {row["status"]}')
            moves = row['migration_status'] in _MOVING
            return bool(row['status'] == status and not moves)

        process.wait_until(f'{name} is {status}', at_rest, timeout=_TIMEOUT)

    def delete(self, *names: str) -> None:
        """Delete volumes; wait until the API does not show them."""
        self._delete_all(map(self._path, names))

    def ask_to_delete(self, name: str) -> None:
        """Delete a volume whose backend cannot do it now."""
        self._ask('DELETE', self._path(name))
        self.wait(name, 'deleting')

    def wait_until_gone(self, *names: str) -> None:
        """Return when the API does not show volumes that are deleted."""
        self._wait_until_gone(map(self._path, names))

    def update(self, name: str, /, **properties: typing.Any) -> None:
        """Change the name that the API shows, or all of the metadata."""
        self._ask('PUT', self._path(name), {'volume': properties})

    def add_metadata(self, name: str, **items: str) -> None:
        """Add to the metadata, which Cinder neither announces nor dates."""
        self._ask('POST', f'{self._path(name)}/metadata', {'metadata': items})

    def reset_status(self, name: str, status: str) -> None:
        """Say what status a volume has."""
        self._act(name, 'os-reset_status', status=status)
        self.wait(name, status)

    def extend(self, name: str, size: int, until: str = 'available') -> None:
        """Make a volume larger."""
        self._act(name, 'os-extend', new_size=size)
        self.wait(name, until)
        self._check(name, 'size', size)

    def retype(self, name: str, kind: str, until: str = 'available') -> None:
        """Change the type of a volume, which may move it."""
        self._act(
            name, 'os-retype', new_type=kind, migration_policy='on-demand'
        )
        self.wait(name, until)
        self._check(name, 'volume_type', kind)

    def migrate(self, name: str, host: str, until: str = 'available') -> None:
        """Move a volume to another pool."""
        self._act(name, 'os-migrate_volume', host=host)
        self.wait(name, until)
        self._check(name, _HOST, host)

    def fail_to_migrate(self, name: str, host: str) -> None:
        """Have a volume moved to a pool that its type does not allow."""
        before = self.host_of(name)
        self._act(name, 'os-migrate_volume', host=host)
        self.wait(name, 'available')
        self._check(name, 'migration_status', 'error')
        self._check(name, _HOST, before)

    def fail_to_extend(self, name: str, size: int) -> None:
        """Have a volume grow beyond its pool."""
        before = self.volume(name)['size']
        self._act(name, 'os-extend', new_size=size)
        self.wait(name, 'available')
        self._check(name, 'size', before)

    def offer(self, name: str) -> None:
        """Offer a volume to another project."""
        body = {'transfer': {'volume_id': self.uuid(name), 'name': name}}
        self._transfers[name] = self._ask('POST', '/volume-transfers', body)[
            'transfer'
        ]
        self.wait(name, 'awaiting-transfer')

    def take(self, name: str) -> None:
        """Have the project ``service`` take a volume that it is offered."""
        offer = self._transfers[name]
        taker = api.service(
            api.login(self._do.cloud.settings, 'cinder', 'service'),
            'block-storage',
        )
        taker.post(
            f'/volume-transfers/{offer["id"]}/accept',
            json={'accept': {'auth_key': offer['auth_key']}},
            microversion=_MICROVERSION,
        )
        self.wait(name, 'available')

    def _check(self, name: str, key: str, wanted: object) -> None:
        found = self.volume(name)[key]
        if found != wanted:
            raise errors.DevcloudError(
                f'{key} of {name} is {found}, not {wanted}'
            )

    def _act(self, name: str, verb: str, **arguments: typing.Any) -> None:
        self._ask('POST', f'{self._path(name)}/action', {verb: arguments})

    # Volumes of servers.

    def attach(self, name: str, server: str) -> None:
        """Attach a volume to a server."""
        where = self._do.server(server).id
        self._do.nova.volumes.create_server_volume(where, self.uuid(name))
        process.wait_until(
            f'{name} knows that {server} has it',
            lambda: where in self._servers_of(name),
            timeout=_TIMEOUT,
        )
        self.wait(name, 'in-use')

    def detach(self, name: str, server: str, until: str = 'available') -> None:
        """Detach a volume from one server that it is attached to."""
        volumes = self._do.nova.volumes
        where = self._do.server(server).id
        volumes.delete_server_volume(where, self.uuid(name))
        process.wait_until(
            f'{server} is without {name}',
            lambda: (
                self.uuid(name) not in self._volumes_of(where)
                and where not in self._servers_of(name)
            ),
            timeout=_TIMEOUT,
        )
        self.wait(name, until)

    def _servers_of(self, name: str) -> list[str]:
        attachments = self.volume(name)['attachments']
        return [row['server_id'] for row in attachments]

    def _volumes_of(self, server: str) -> list[str]:
        attached = self._do.nova.volumes.get_server_volumes(server)
        return [row.volumeId for row in attached]

    # Snapshots.

    def snapshot(self, name: str, volume: str) -> None:
        """Make a snapshot of a volume, which may be attached."""
        body = {'name': name, 'volume_id': self.uuid(volume)}
        row = self._ask('POST', '/snapshots', {'snapshot': body})['snapshot']
        self._snapshots[name] = row['id']

        def available() -> bool:
            row = self._ask('GET', self._path_of_snapshot(name))['snapshot']
            return bool(row['status'] == 'available')

        process.wait_until(
            f'snapshot {name} is available', available, timeout=_TIMEOUT
        )

    def delete_snapshot(self, name: str) -> None:
        """Delete a snapshot."""
        self._delete_all([self._path_of_snapshot(name)])

    def update_snapshot(self, name: str, /, **properties: typing.Any) -> None:
        """Change the name of a snapshot that the API shows."""
        body = {'snapshot': properties}
        self._ask('PUT', self._path_of_snapshot(name), body)

    def create_from_snapshot(self, name: str, snapshot: str) -> None:
        """Create a volume that has what a snapshot has, and its size."""
        self.create(name, size=None, snapshot_id=self._snapshots[snapshot])

    def _path_of_snapshot(self, name: str) -> str:
        return f'/snapshots/{self._snapshots[name]}'

    # Types.

    def create_type(self, name: str, **specs: str) -> None:
        """Create a type of volumes."""
        body = {'name': name, 'extra_specs': specs}
        row = self._ask('POST', '/types', {'volume_type': body})['volume_type']
        self._types[name] = f'/types/{row["id"]}'

    def update_type(self, name: str, /, **properties: typing.Any) -> None:
        """Change what the API shows of a type."""
        self._ask('PUT', self._types[name], {'volume_type': properties})

    def set_spec(self, name: str, spec: str, value: str) -> None:
        """Set an extra spec of a type."""
        body = {'extra_specs': {spec: value}}
        self._ask('POST', f'{self._types[name]}/extra_specs', body)

    def unset_spec(self, name: str, spec: str) -> None:
        """Take an extra spec from a type."""
        self._ask('DELETE', f'{self._types[name]}/extra_specs/{spec}')

    def delete_type(self, name: str) -> None:
        """Delete a type of which there is no volume."""
        self._delete_all([self._types[name]])

    # Backends.

    def service(self, backend: configuration.Backend) -> Row:
        """Return the cinder-volume of a backend as the API shows it now."""
        path = f'/os-services?binary={_BINARY}&host={backend.service_host}'
        row: Row = self._ask('GET', path)['services'][0]
        return row

    def disable(self, backend: configuration.Backend, reason: str) -> None:
        """Have no new volumes put on a backend."""
        body = {
            'host': backend.service_host,
            'binary': _BINARY,
            'disabled_reason': reason,
        }
        self._ask('PUT', '/os-services/disable-log-reason', body)
        self._check_service(backend, 'disabled')

    def enable(self, backend: configuration.Backend) -> None:
        """Undo that."""
        # Cinder 29.0.0 answers /os-services/enable, and changes nothing; who
        # thaws a frozen backend enables it as well.
        for verb in ('freeze', 'thaw'):
            body = {'host': backend.service_host}
            self._ask('PUT', f'/os-services/{verb}', body)
        self._check_service(backend, 'enabled')

    def _check_service(
        self, backend: configuration.Backend, wanted: str
    ) -> None:
        found = self.service(backend)['status']
        if found != wanted:
            raise errors.DevcloudError(
                f'{backend.service_host} is {found}, not {wanted}'
            )

    def lose_backend(self, backend: configuration.Backend) -> None:
        """Kill a cinder-volume; return when Cinder says that it is down."""
        self._do.cloud.storage.kill([backend])
        process.wait_until(
            f'{backend.service_host} is down',
            lambda: self.service(backend)['state'] == 'down',
            timeout=_TIMEOUT,
            interval=0.5,
        )

    def bring_backend_back(self, backend: configuration.Backend) -> None:
        """Start a cinder-volume again."""
        self._restart(backend)
        self._do.cloud.wait_for_pools([backend])

    def _restart(self, backend: configuration.Backend) -> None:
        started = time.time()
        self._do.cloud.storage.start([backend])
        self._do.cloud.wait_for_storage([backend], started)

    # Everything.

    def stock(self) -> None:
        """Make a type for each backend."""
        for backend in configuration.BACKENDS:
            self.create_type(backend.name, volume_backend_name=backend.name)

    def clear(self) -> None:
        """Undo what an earlier scenario left, when the servers are gone."""
        for backend in configuration.BACKENDS:
            if self._do.cloud.storage.is_dead(backend):
                self._restart(backend)
            if self.service(backend)['status'] == 'disabled':
                self.enable(backend)
        self._do.cloud.wait_for_pools(configuration.BACKENDS)
        self._delete_all(self._paths('snapshots'))
        self._delete_all(self._paths('volumes'))
        for row in self._ask('GET', '/types?is_public=None')['volume_types']:
            if row['name'] != _DEFAULT_TYPE:
                self._ask('DELETE', f'/types/{row["id"]}')

    def _paths(self, collection: str) -> list[str]:
        rows = self._ask('GET', f'/{collection}?all_tenants=1')[collection]
        return [f'/{collection}/{row["id"]}' for row in rows]

    def _delete_all(self, paths: collections.abc.Iterable[str]) -> None:
        paths = tuple(paths)
        for path in paths:
            self._ask('DELETE', path)
        self._wait_until_gone(paths)

    def _wait_until_gone(self, paths: collections.abc.Iterable[str]) -> None:
        for path in paths:
            process.wait_until(
                f'{path} is gone',
                lambda path=path: self._is_gone(path),
                timeout=_TIMEOUT,
            )

    def _is_gone(self, path: str) -> bool:
        answer = self._cinder.get(path, raise_exc=False)
        return bool(answer.status_code == http.HTTPStatus.NOT_FOUND)

    def _ask(self, method: str, path: str, body: Row | None = None) -> Row:
        answer = self._cinder.request(
            path,
            method,
            json=body,
            microversion=_MICROVERSION,
            raise_exc=False,
        )
        if not answer.ok:
            raise errors.DevcloudError(
                f'{method} {path} of {body}: {answer.text}'
            )
        row: Row = answer.json() if answer.content else {}
        return row
