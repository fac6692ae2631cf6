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


"""A simulated cloud, and a daemon of it that browsers can open.

All is in one process, so that a test can let something happen in the cloud and
knows when; the daemon listens on loopback, as ``[api] listen`` lets it.
"""

import collections.abc
import contextlib
import socket
import tempfile
import threading
import time
import typing

import uvicorn

from cdm_graph import service
from cdm_graph.api import app
from cdm_graph.api import gate
from cdm_graph.api import loopback
from cdm_graph.api import policy as policies
from cdm_graph.api import tokens
from cdm_graph.conf import loading
from cdm_graph.simulation import notification
from cdm_graph.simulation import process

_BUS: typing.Final = 'fake://'
_TOPICS: typing.Final = [
    notification.VERSIONED_TOPIC,
    notification.UNVERSIONED_TOPIC,
    notification.IRONIC_TOPIC,
]
_EXCHANGES: typing.Final = [
    notification.NOVA_EXCHANGE,
    notification.CINDER_EXCHANGE,
    notification.IRONIC_EXCHANGE,
]
_TIMEOUT: typing.Final = 120.0
_POLL: typing.Final = 0.05

Preparation = collections.abc.Callable[[process.Simulation], None]


class Daemon:
    """A daemon of a simulated cloud.

    :param cloud: which has to publish on the bus of this process
    :param mirrored: whether there is a database to be queried
    :param collectors: of what it reads
    :param guarded: whether it wants tokens of the cloud's Keystone
    """

    def __init__(
        self,
        cloud: process.Simulation,
        *,
        mirrored: bool,
        collectors: tuple[str, ...],
        guarded: bool = False,
    ) -> None:
        self._cloud = cloud
        self._collectors = collectors
        self._guarded = guarded
        self._mirrored = mirrored
        self._socket = socket.create_server(('127.0.0.1', 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f'http://127.0.0.1:{self.port}/'
        self._main: service.ClusterModelService | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, patience: float = _TIMEOUT) -> None:
        """Start it, and return when its model is complete.

        :param patience: seconds to wait for that
        """
        self._main = service.ClusterModelService(self._configuration())
        self._main.start()
        self._serve(self._main)
        deadline = time.monotonic() + patience
        while self._main.status()['state'] != 'ready':
            assert time.monotonic() < deadline, self._main.status()
            time.sleep(_POLL)

    def stop(self) -> None:
        """End it; who connects meanwhile is refused."""
        assert self._main is not None
        assert self._server is not None
        assert self._thread is not None
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)
        self._socket.close()
        self._main.stop()
        self._main = None

    def restart(self) -> None:
        """Start another one where it was."""
        self._socket = socket.create_server(('127.0.0.1', self.port))
        self.start()

    def close(self) -> None:
        """End it, in whatever state it is."""
        if self._main is not None:
            self.stop()

    def _serve(self, main: service.ClusterModelService) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._let_in(app.build(main), main.conf),
                log_config=None,
                lifespan='off',
                access_log=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={'sockets': [self._socket]},
            daemon=True,
        )
        self._thread.start()

    def _let_in(self, application: typing.Any, conf: typing.Any) -> typing.Any:
        if not self._guarded:
            return loopback.LocalOnly(application)
        return gate.Gate(
            application, tokens.Tokens(conf), policies.Policy(conf)
        )

    def _configuration(self) -> typing.Any:
        with tempfile.NamedTemporaryFile('w', suffix='.conf') as file:
            # The options of libraries are known only when they are used.
            file.write(_login(self._cloud))
            file.flush()
            return self._load(file.name)

    def _load(self, path: str) -> typing.Any:
        conf = loading.load(
            [path],
            overrides={
                ('nova', 'auth_type'): 'password',
                ('notifications', 'transport_url'): _BUS,
                ('notifications', 'topics'): _TOPICS,
                ('notifications', 'exchanges'): _EXCHANGES,
                ('notifications', 'pool'): f'cdm-graph-web-{self.port}',
                ('notifications', 'heartbeat_period'): 0.5,
                ('collector', 'collectors'): list(self._collectors),
                ('collector', 'settling_time'): 3.0,
                ('store', 'name'): 'embedded' if self._mirrored else '',
                ('store', 'query_timeout'): _TIMEOUT,
            },
        )
        return loading.with_credentials(
            conf, self._cloud.auth_url, self._cloud.credentials
        )


def _login(cloud: process.Simulation) -> str:
    """Return how the daemon logs in to ask whose a token is."""
    options = {
        'auth_type': 'password',
        'auth_url': cloud.auth_url,
        'www_authenticate_uri': cloud.auth_url,
        **cloud.credentials,
    }
    lines = [f'{name} = {value}' for name, value in options.items()]
    return '\n'.join(['[keystone_authtoken]', *lines, ''])


@contextlib.contextmanager
def serving(
    *,
    mirrored: bool = False,
    collectors: tuple[str, ...] = ('nova',),
    guarded: bool = False,
    patience: float = _TIMEOUT,
    prepare: Preparation = lambda _: None,
    **options: typing.Any,
) -> collections.abc.Iterator[tuple[process.Simulation, Daemon]]:
    """Run a cloud and a daemon of it.

    :param prepare: is given the cloud before there is a daemon
    """
    cloud = process.Simulation(
        process.SimulationOptions(
            **{
                'rate': 0,
                'formats': notification.Format.VERSIONED,
                'transport_url': _BUS,
                **options,
            }
        )
    )
    cloud.start()
    prepare(cloud)
    daemon = Daemon(
        cloud, mirrored=mirrored, collectors=collectors, guarded=guarded
    )
    try:
        daemon.start(patience)
        yield cloud, daemon
    finally:
        daemon.close()
        cloud.stop()


def migrate(cloud: process.Simulation, uuid: str) -> str:
    """Migrate a server; return the name of the hypervisor that it is on."""
    cloud.perform(cloud.operations.live_migrate(uuid))
    with cloud.cloud.lock:
        return str(cloud.cloud.server(uuid).node)
