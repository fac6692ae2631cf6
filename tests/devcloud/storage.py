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


"""The storage backends: one real cinder-volume each.

Each is a process of its own on a host of its own, so that one can be killed
while another goes on.
"""

import collections.abc
import datetime
import typing

from keystoneauth1 import adapter

from tests.devcloud import configuration
from tests.devcloud import process
from tests.devcloud import services
from tests.devcloud import settings

_BINARY: typing.Final = 'cinder-volume'
_DRIVERS: typing.Final = settings.HERE / 'inside' / 'block'

Backends = collections.abc.Collection[configuration.Backend]


class Storage:
    """Starts, stops and kills cinder-volumes."""

    def __init__(
        self, chosen: settings.Settings, supervisor: process.Supervisor
    ) -> None:
        """Start nothing yet."""
        self._settings = chosen
        self._supervisor = supervisor

    def start(self, backends: Backends) -> None:
        """Start the cinder-volumes of backends."""
        for backend in backends:
            files = configuration.write_storage(self._settings, backend)
            command = [self._settings.command(_BINARY)]
            for file in files:
                command += ['--config-file', file]
            self._supervisor.spawn(
                _name(backend), command, {'PYTHONPATH': str(_DRIVERS)}
            )

    def stop_all(self) -> None:
        """End every cinder-volume in good order."""
        names = self._supervisor.names(f'{_BINARY}-')
        self._supervisor.stop(names, grace=12)

    def is_dead(self, backend: configuration.Backend) -> bool:
        """Whether the cinder-volume of a backend does not run."""
        return self._supervisor.pid(_name(backend)) is None

    def kill(self, backends: Backends) -> None:
        """End cinder-volumes as a power failure would."""
        self._supervisor.kill(map(_name, backends))


def wait_for_reports(
    cinder: adapter.Adapter, backends: Backends, since: float
) -> None:
    """Return when the scheduler and backends have reported after a moment."""
    wanted = {('cinder-scheduler', configuration.CONTROLLER)} | {
        (_BINARY, backend.service_host) for backend in backends
    }
    services.wait_for_reports(cinder, wanted, since)


def wait_for_pools(cinder: adapter.Adapter, backends: Backends) -> None:
    """Return when the scheduler knows all the pools of backends."""
    wanted = configuration.pool_hosts_of(backends)

    def known() -> bool:
        rows = cinder.get('/scheduler-stats/get_pools').json()['pools']
        return {row['name'] for row in rows} >= wanted

    process.wait_until(
        'all storage pools are listed', known, timeout=120, interval=0.5
    )


def wait_for_capacities(
    cinder: adapter.Adapter,
    backends: Backends,
    since: datetime.datetime,
) -> None:
    """Return when backends have told their capacities after a moment."""
    wanted = configuration.pool_hosts_of(backends)

    def told() -> bool:
        path = '/scheduler-stats/get_pools?detail=true'
        rows = cinder.get(path).json()['pools']
        return wanted <= {
            row['name']
            for row in rows
            if _moment(row['capabilities']['timestamp']) > since
        }

    process.wait_until(
        'all storage backends have told their capacities',
        told,
        timeout=120,
        interval=0.5,
    )


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


def _name(backend: configuration.Backend) -> str:
    return f'{_BINARY}-{backend.name}'
