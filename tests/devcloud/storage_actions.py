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

"""What operators do to types of volumes and to backends, each to its end.

An action returns when Cinder's API shows the result, and raises when it shows
another one.  Types are called by their names; each backend has one that is
called like it.
"""

import time
import typing

from tests.devcloud import cinder_api
from tests.devcloud import cloud as cloud_module
from tests.devcloud import configuration
from tests.devcloud import errors
from tests.devcloud import process

_TIMEOUT: typing.Final = 120
_BINARY: typing.Final = 'cinder-volume'
#: Made by Cinder's migrations.
_DEFAULT_TYPE: typing.Final = '__DEFAULT__'


class StorageActions:
    """Acts as the administrator."""

    def __init__(self, cloud: cloud_module.Cloud) -> None:
        """Act on that cloud."""
        self._cloud = cloud
        self._cinder = cinder_api.CinderApi(cloud.session)
        self._types: dict[str, str] = {}

    # Types.

    def create_type(self, name: str, **specs: str) -> None:
        """Create a type of volumes."""
        body = {'name': name, 'extra_specs': specs}
        row = self._cinder.ask('POST', '/types', {'volume_type': body})[
            'volume_type'
        ]
        self._types[name] = f'/types/{row["id"]}'

    def update_type(self, name: str, /, **properties: typing.Any) -> None:
        """Change what the API shows of a type."""
        self._cinder.ask('PUT', self._types[name], {'volume_type': properties})

    def set_spec(self, name: str, spec: str, value: str) -> None:
        """Set an extra spec of a type."""
        body = {'extra_specs': {spec: value}}
        self._cinder.ask('POST', f'{self._types[name]}/extra_specs', body)

    def unset_spec(self, name: str, spec: str) -> None:
        """Take an extra spec from a type."""
        self._cinder.ask('DELETE', f'{self._types[name]}/extra_specs/{spec}')

    def delete_type(self, name: str) -> None:
        """Delete a type of which there is no volume."""
        self._cinder.delete(self._types[name])

    def stock(self) -> None:
        """Make a type for each backend."""
        for backend in configuration.BACKENDS:
            self.create_type(backend.name, volume_backend_name=backend.name)

    def clear_types(self) -> None:
        """Delete all types, of which there are no volumes left."""
        rows = self._cinder.ask('GET', '/types?is_public=None')
        for row in rows['volume_types']:
            if row['name'] != _DEFAULT_TYPE:
                self._cinder.delete(f'/types/{row["id"]}')

    # Backends.

    def service(self, backend: configuration.Backend) -> cinder_api.Row:
        """Return the cinder-volume of a backend as the API shows it now."""
        path = f'/os-services?binary={_BINARY}&host={backend.service_host}'
        row: cinder_api.Row = self._cinder.ask('GET', path)['services'][0]
        return row

    def disable(self, backend: configuration.Backend, reason: str) -> None:
        """Have no new volumes put on a backend."""
        body = {
            'host': backend.service_host,
            'binary': _BINARY,
            'disabled_reason': reason,
        }
        self._cinder.ask('PUT', '/os-services/disable-log-reason', body)
        self._check_service(backend, 'disabled')

    def enable(self, backend: configuration.Backend) -> None:
        """Undo that."""
        # Cinder 29.0.0 answers /os-services/enable, and changes nothing; who
        # thaws a frozen backend enables it as well.
        for verb in ('freeze', 'thaw'):
            body = {'host': backend.service_host}
            self._cinder.ask('PUT', f'/os-services/{verb}', body)
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
        self._cloud.storage.kill([backend])
        process.wait_until(
            f'{backend.service_host} is down',
            lambda: self.service(backend)['state'] == 'down',
            timeout=_TIMEOUT,
            interval=0.5,
        )

    def bring_backend_back(self, backend: configuration.Backend) -> None:
        """Start a cinder-volume again."""
        self._restart(backend)
        self._cloud.wait_for_pools([backend])

    def _restart(self, backend: configuration.Backend) -> None:
        started = time.time()
        self._cloud.storage.start([backend])
        self._cloud.wait_for_storage([backend], started)

    def ensure_backends(self) -> None:
        """Return when every backend can be used, whatever was done to it."""
        for backend in configuration.BACKENDS:
            if self._cloud.storage.is_dead(backend):
                self._restart(backend)
            if self.service(backend)['status'] == 'disabled':
                self.enable(backend)
        self._cloud.wait_for_pools(configuration.BACKENDS)
