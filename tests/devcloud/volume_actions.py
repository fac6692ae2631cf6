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


"""What users do to volumes, each to its end.

An action returns when Cinder's API shows the result, and raises when it shows
another one.  Volumes and snapshots are called by their names, which are
unique here.
"""

import typing

from tests.devcloud import actions
from tests.devcloud import api
from tests.devcloud import cinder_api
from tests.devcloud import errors
from tests.devcloud import process

_TIMEOUT: typing.Final = 120
_MOVING: typing.Final = frozenset({'starting', 'migrating', 'completing'})
_HOST: typing.Final = 'os-vol-host-attr:host'

Row = cinder_api.Row


class VolumeActions:
    """Acts as the administrator."""

    def __init__(self, do: actions.Actions) -> None:
        """Act on the cloud of ``do``, on whose servers volumes are."""
        self._do = do
        self._cinder = cinder_api.CinderApi(do.cloud.session)
        self._volumes: dict[str, str] = {}
        self._snapshots: dict[str, str] = {}
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
        row = self._cinder.ask('POST', '/volumes', {'volume': body})['volume']
        self._volumes[name] = row['id']
        self.wait(name, until)

    def volume(self, name: str) -> Row:
        """Return a volume as the API shows it now."""
        row: Row = self._cinder.ask('GET', self._path(name))['volume']
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
        self._cinder.delete(*map(self._path, names))

    def ask_to_delete(self, name: str) -> None:
        """Delete a volume whose backend cannot do it now."""
        self._cinder.ask('DELETE', self._path(name))
        self.wait(name, 'deleting')

    def wait_until_gone(self, *names: str) -> None:
        """Return when the API does not show volumes that are deleted."""
        self._cinder.wait_until_gone(*map(self._path, names))

    def update(self, name: str, /, **properties: typing.Any) -> None:
        """Change the name that the API shows, or all of the metadata."""
        self._cinder.ask('PUT', self._path(name), {'volume': properties})

    def add_metadata(self, name: str, **items: str) -> None:
        """Add to the metadata, which Cinder neither announces nor dates."""
        self._cinder.ask(
            'POST', f'{self._path(name)}/metadata', {'metadata': items}
        )

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
        self._transfers[name] = self._cinder.ask(
            'POST', '/volume-transfers', body
        )['transfer']
        self.wait(name, 'awaiting-transfer')

    def take(self, name: str) -> None:
        """Have the project ``service`` take a volume that it is offered."""
        offer = self._transfers[name]
        taker = cinder_api.CinderApi(
            api.login(self._do.cloud.settings, 'cinder', 'service')
        )
        taker.ask(
            'POST',
            f'/volume-transfers/{offer["id"]}/accept',
            {'accept': {'auth_key': offer['auth_key']}},
        )
        self.wait(name, 'available')

    def _check(self, name: str, key: str, wanted: object) -> None:
        found = self.volume(name)[key]
        if found != wanted:
            raise errors.DevcloudError(
                f'{key} of {name} is {found}, not {wanted}'
            )

    def _act(self, name: str, verb: str, **arguments: typing.Any) -> None:
        self._cinder.ask(
            'POST', f'{self._path(name)}/action', {verb: arguments}
        )

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
        row = self._cinder.ask('POST', '/snapshots', {'snapshot': body})[
            'snapshot'
        ]
        self._snapshots[name] = row['id']

        def available() -> bool:
            row = self._cinder.ask('GET', self._path_of_snapshot(name))[
                'snapshot'
            ]
            return bool(row['status'] == 'available')

        process.wait_until(
            f'snapshot {name} is available', available, timeout=_TIMEOUT
        )

    def delete_snapshot(self, name: str) -> None:
        """Delete a snapshot."""
        self._cinder.delete(self._path_of_snapshot(name))

    def update_snapshot(self, name: str, /, **properties: typing.Any) -> None:
        """Change the name of a snapshot that the API shows."""
        body = {'snapshot': properties}
        self._cinder.ask('PUT', self._path_of_snapshot(name), body)

    def create_from_snapshot(self, name: str, snapshot: str) -> None:
        """Create a volume that has what a snapshot has, and its size."""
        self.create(name, size=None, snapshot_id=self._snapshots[snapshot])

    def _path_of_snapshot(self, name: str) -> str:
        return f'/snapshots/{self._snapshots[name]}'

    # Everything.

    def clear(self) -> None:
        """Undo what an earlier scenario left, when the servers are gone."""
        for collection in ('snapshots', 'volumes'):
            path = f'/{collection}?all_tenants=1'
            rows = self._cinder.ask('GET', path)[collection]
            self._cinder.delete(
                *(f'/{collection}/{row["id"]}' for row in rows)
            )
