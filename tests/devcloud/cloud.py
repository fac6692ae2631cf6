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

"""A cloud: its parts, in the order in which they start and stop."""

import collections.abc
import datetime
import shutil
import socket
import time

from keystoneauth1 import session

from tests.devcloud import api
from tests.devcloud import broker
from tests.devcloud import computes
from tests.devcloud import configuration
from tests.devcloud import database
from tests.devcloud import errors
from tests.devcloud import identity
from tests.devcloud import packages
from tests.devcloud import process
from tests.devcloud import seed
from tests.devcloud import services
from tests.devcloud import settings
from tests.devcloud import storage

Report = collections.abc.Callable[[str], None]


class Cloud:
    """A control plane with its compute hosts, on this machine."""

    def __init__(self, chosen: settings.Settings, report: Report) -> None:
        """Touch nothing yet."""
        self.settings = chosen
        self._report = report
        self.supervisor = process.Supervisor(chosen.data)
        self.broker = broker.Broker(chosen, self.supervisor)
        self.computes = computes.Computes(chosen, self.supervisor)
        self.storage = storage.Storage(chosen, self.supervisor)
        self._database = database.Database(chosen, self.supervisor)
        self._services = services.Services(chosen, self.supervisor)
        self._seed = seed.Seed(chosen, self.supervisor, self._database)

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped."""
        return self._services.running

    @property
    def session(self) -> session.Session:
        """A new session of the administrator."""
        return api.login(self.settings)

    def up(self) -> None:
        """Start it from nothing; return when all the hosts can be used."""
        self._clear()
        packages.install(self.settings, self.supervisor)
        self._report('packages are installed')
        configuration.write_all(self.settings)
        self.broker.start()
        self._database.start()
        self._report('broker and database answer')
        self._start_services()
        self._report('the services answer')
        self.storage.start(configuration.BACKENDS)
        self._start_computes(self.settings.hosts, 0)
        self._report(f'{self.settings.computes} compute hosts report')
        self.wait_for_storage(configuration.BACKENDS, 0)
        self.wait_for_pools(configuration.BACKENDS)
        self._report(f'{len(configuration.BACKENDS)} storage backends report')

    def announce(self, how: configuration.Announcing) -> None:
        """Have Nova announce like that, and everything run.

        What need not be started anew for it goes on running.
        """
        self.broker.ensure()
        started = time.time()
        if configuration.write_nova(self.settings, how):
            self.computes.stop_all()
            self._services.stop_announcing()
            self._services.start_nova()
        dead = list(filter(self.computes.is_dead, self.settings.hosts))
        if dead:
            self._start_computes(dead, started)
            self._report(f'{len(dead)} compute hosts run anew')

    def lose_cell(self) -> None:
        """Have Nova's API find the database of the cell away."""
        self._database.lose_cell()
        self._renew_cells(is_down=True)

    def return_cell(self) -> None:
        """Undo that."""
        self._database.return_cell()
        self._renew_cells(is_down=False)

    def _renew_cells(self, *, is_down: bool) -> None:
        self._services.reload_api()
        nova = api.service(self.session, 'compute')
        services.wait_for_cell(nova, is_down=is_down)

    def down(self) -> list[str]:
        """Stop it; return what had to be searched for and killed."""
        self.computes.stop_all()
        self.storage.stop_all()
        self._services.stop()
        self.broker.stop()
        self._database.stop()
        return self.supervisor.sweep()

    def wait_for_hosts(
        self, hosts: collections.abc.Iterable[str], since: float
    ) -> None:
        """Return when nova-computes have reported after a moment."""
        wanted = {('nova-compute', host) for host in hosts}
        nova = api.service(self.session, 'compute')
        services.wait_for_reports(nova, wanted, since)

    def wait_for_storage(
        self, backends: storage.Backends, since: float
    ) -> None:
        """Return when cinder-volumes have reported after a moment."""
        cinder = api.service(self.session, 'block-storage')
        storage.wait_for_reports(cinder, backends, since)

    def wait_for_pools(self, backends: storage.Backends) -> None:
        """Return when volumes may be put on backends."""
        cinder = api.service(self.session, 'block-storage')
        storage.wait_for_pools(cinder, backends)

    def wait_for_capacities(self, backends: storage.Backends) -> None:
        """Return when backends have told their capacities once more."""
        cinder = api.service(self.session, 'block-storage')
        now = datetime.datetime.now(datetime.UTC)
        storage.wait_for_capacities(cinder, backends, now)

    def _clear(self) -> None:
        if self.supervisor.names():
            self.down()
        shutil.rmtree(self.settings.data, ignore_errors=True)
        self.settings.data.mkdir(parents=True)
        self.settings.save()
        self._check_ports()

    def _check_ports(self) -> None:
        busy = [
            f'{name} {port}'
            for name, port in self.settings.ports.items()
            if _is_open(port)
        ]
        if busy:
            raise errors.DevcloudError(
                f'ports in use by somebody else: {", ".join(busy)}; choose '
                f'others with --base-port'
            )

    def _start_services(self) -> None:
        if self._seed.exists:
            self._seed.restore()
            self._services.start_common()
        else:
            self._report('making the databases (once for these versions)')
            self._seed.make()
            self._services.start_common()
            identity.populate(self.settings, self.session)
            self._seed.save()
        self._services.start_cinder()
        self._services.start_nova()

    def _start_computes(self, hosts: list[str], since: float) -> None:
        """Start them; return when Nova has reported after a moment."""
        self.computes.start(hosts)
        wanted = {
            (binary, configuration.CONTROLLER)
            for binary in ('nova-conductor', 'nova-scheduler')
        } | {('nova-compute', host) for host in hosts}
        nova = api.service(self.session, 'compute')
        services.wait_for_reports(nova, wanted, since)

        def mapped() -> bool:
            rows = nova.get('/os-hypervisors').json()['hypervisors']
            return {row['hypervisor_hostname'] for row in rows} >= set(hosts)

        process.wait_until(
            'all hypervisors are listed', mapped, timeout=120, interval=0.5
        )


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((settings.ADDRESS, port)) == 0
