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

"""The services that a cloud has once: web APIs, conductor and schedulers."""

import calendar
import collections.abc
import shlex
import signal
import time
import typing

from keystoneauth1 import adapter
import requests

from tests.devcloud import process
from tests.devcloud import settings

_INSIDE: typing.Final = settings.HERE / 'inside'
_DAEMONS: typing.Final = ('nova-conductor', 'nova-scheduler')
_CINDER_SCHEDULER: typing.Final = 'cinder-scheduler'
_ANNOUNCING: typing.Final = ('nova-conductor',)
#: The first that tells which services are forced down.
_FORCED_DOWN: typing.Final = '2.11'
#: The first that tells which hosts are in cells that are down.
_CELLS_DOWN: typing.Final = '2.69'
#: So often that each worker has answered.
_ASKED: typing.Final = 8
_COMMON: typing.Final = ('keystone', 'placement', 'glance', 'neutron')


class Services:
    """Starts and stops them."""

    def __init__(
        self, chosen: settings.Settings, supervisor: process.Supervisor
    ) -> None:
        """Start nothing yet."""
        self._settings = chosen
        self._supervisor = supervisor

    def start_common(self) -> None:
        """Start what Nova itself needs; return when it answers."""
        self._web('keystone', 'keystone.wsgi.api', threads=16)
        self._web('placement', 'placement.wsgi.api', threads=16)
        self._web('glance', 'glance.wsgi.api', threads=4)
        self._supervisor.spawn(
            'neutron',
            [
                self._settings.command('python'),
                str(_INSIDE / 'stub_neutron.py'),
                str(self._settings.port('neutron')),
            ],
        )
        for name in _COMMON:
            self._wait(name)

    def start_nova(self) -> None:
        """Start what does not run of nova-api, conductor and scheduler.

        Return when the first answers.
        """
        self._web('nova', 'nova.wsgi.osapi_compute', threads=8, workers=2)
        file = self._settings.configuration / 'nova' / 'nova.conf'
        for name in _DAEMONS:
            if self._supervisor.pid(name) is not None:
                continue
            self._supervisor.spawn(
                name,
                [self._settings.command(name), '--config-file', str(file)],
            )
        self._wait('nova')

    def start_cinder(self) -> None:
        """Start cinder-api and the scheduler; wait for neither."""
        file = self._settings.configuration / 'cinder' / 'cinder.conf'
        arguments = ['--config-file', str(file)]
        self._web('cinder', 'cinder.wsgi.api', threads=8, arguments=arguments)
        self._supervisor.spawn(
            _CINDER_SCHEDULER,
            [self._settings.command(_CINDER_SCHEDULER), *arguments],
        )

    def reload_api(self) -> None:
        """Have nova-api read anew which cells there are."""
        self._supervisor.send('nova', signal.SIGHUP)

    @property
    def running(self) -> bool:
        """Whether nova-api runs."""
        return self._supervisor.pid('nova') is not None

    def stop_announcing(self) -> None:
        """Stop what announces changes: of Nova all but the scheduler."""
        self._supervisor.stop((*_ANNOUNCING, 'nova'), grace=12)

    def stop(self) -> None:
        """Stop them all; what asks before what is asked."""
        self._supervisor.stop((*_DAEMONS, _CINDER_SCHEDULER), grace=12)
        self._supervisor.stop(('nova', 'cinder', *_COMMON), grace=10)

    def _web(
        self,
        name: str,
        module: str,
        threads: int,
        workers: int = 1,
        arguments: collections.abc.Sequence[str] = (),
    ) -> None:
        folder = self._settings.configuration / name
        self._supervisor.spawn(
            name,
            [
                self._settings.command('gunicorn'),
                f'--bind={settings.ADDRESS}:{self._settings.port(name)}',
                f'--workers={workers}',
                f'--threads={threads}',
                '--worker-class=gthread',
                '--timeout=300',
                '--keep-alive=65',
                '--graceful-timeout=3',
                '--no-control-socket',
                f'--pythonpath={_INSIDE}',
                'wsgi:application',
            ],
            {
                'DEVCLOUD_WSGI': module,
                'DEVCLOUD_ARGUMENTS': shlex.join(arguments),
                f'OS_{name.upper()}_CONFIG_DIR': str(folder),
            },
        )

    def _wait(self, name: str) -> None:
        url = self._settings.url(name, '/')

        def answers() -> bool:
            return requests.get(url, timeout=10).status_code in (200, 300)

        self._supervisor.wait(name, answers)


def wait_for_reports(
    api: adapter.Adapter,
    wanted: set[tuple[str, str]],
    since: float,
    timeout: float = 180,
) -> None:
    """Return when services (binary, host) have reported after a moment.

    They are Nova's or Cinder's, whichever is asked.

    That they are "up" would not tell: so they are for a minute after their
    last report; and those that are forced down report, but never are.
    """
    microversion = _FORCED_DOWN if api.service_type == 'compute' else None

    def reported() -> bool:
        answer = api.get('/os-services', microversion=microversion)
        fresh = {
            (row['binary'], row['host'])
            for row in answer.json()['services']
            if (row['state'] == 'up' or row.get('forced_down'))
            and _seconds(row['updated_at']) > since
        }
        return wanted <= fresh

    names = ', '.join(sorted(f'{binary}@{host}' for binary, host in wanted))
    process.wait_until(
        f'{names} report', reported, timeout=timeout, interval=0.5
    )


def wait_for_cell(nova: adapter.Adapter, *, is_down: bool) -> None:
    """Return when all workers of nova-api find its cell down, or up."""

    def agree() -> bool:
        return all(_is_cell_down(nova) == is_down for _ in range(_ASKED))

    process.wait_until(
        f'the cell is {"down" if is_down else "up"}',
        agree,
        timeout=120,
        interval=1,
    )


def _is_cell_down(nova: adapter.Adapter) -> bool:
    answer = nova.get('/os-services', microversion=_CELLS_DOWN)
    rows = answer.json()['services']
    return any(row['status'] == 'UNKNOWN' for row in rows)


def _seconds(moment: str | None) -> int:
    if moment is None:
        return 0
    parsed = time.strptime(moment.partition('.')[0], '%Y-%m-%dT%H:%M:%S')
    return calendar.timegm(parsed)
