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

"""A RabbitMQ of its own: own node, own files, own epmd, loopback only.

The broker keeps its users over a kill; the queues that Nova declares are not
durable, so that whatever was in them is lost, as in most real clouds.
"""

import socket

from tests.devcloud import process
from tests.devcloud import settings

_SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'


class Broker:
    """Starts, stops and kills the broker."""

    def __init__(
        self, chosen: settings.Settings, supervisor: process.Supervisor
    ) -> None:
        """Keep everything below the cloud's data."""
        self._settings = chosen
        self._supervisor = supervisor
        self._home = chosen.data / 'rabbitmq'

    def start(self) -> None:
        """Start it; return when it speaks AMQP."""
        self._write_files()
        if self._supervisor.pid('epmd') is None:
            self._start_epmd()
        self._supervisor.spawn('rabbitmq', [_SERVER], self.environment())
        self._supervisor.wait('rabbitmq', self._speaks_amqp)

    def ensure(self) -> None:
        """Start it if it does not run."""
        if self._supervisor.pid('rabbitmq') is None:
            self.start()

    def kill(self) -> None:
        """End it as a crash would."""
        self._supervisor.kill(['rabbitmq'])

    def stop(self) -> None:
        """End it in good order."""
        self._supervisor.stop(['rabbitmq'], grace=30)
        self._supervisor.stop(['epmd'], grace=5)

    def _start_epmd(self) -> None:
        port = self._settings.port('epmd')
        self._supervisor.spawn(
            'epmd',
            ['epmd', '-address', settings.ADDRESS, '-port', str(port)],
        )
        self._supervisor.wait('epmd', lambda: _connects(port))

    def _speaks_amqp(self) -> bool:
        port = self._settings.port('rabbitmq')
        with socket.create_connection((settings.ADDRESS, port), 2) as peer:
            peer.settimeout(5)
            peer.sendall(b'AMQP\x00\x00\x09\x01')
            # A method frame: connection.start.
            return peer.recv(1) == b'\x01'

    def _write_files(self) -> None:
        lines = (
            'listeners.tcp.default = '
            f'{settings.ADDRESS}:{self._settings.port("rabbitmq")}',
            'loopback_users = none',
            f'default_user = {settings.PASSWORD}',
            f'default_pass = {settings.PASSWORD}',
            'log.console = true',
            'log.console.level = warning',
            'log.file = false',
            'vm_memory_high_watermark.absolute = 2GB',
            'disk_free_limit.absolute = 100MB',
            'collect_statistics_interval = 60000',
        )
        settings.write(self._home / 'rabbitmq.conf', '\n'.join(lines) + '\n')
        settings.write(self._home / 'advanced.config', '[].\n')
        settings.write(self._home / 'enabled_plugins', '[].\n')
        settings.write(self._home / 'env.conf', '')
        for name in ('mnesia', 'generated'):
            (self._home / name).mkdir(exist_ok=True)

    def environment(self) -> dict[str, str]:
        """Return the variables by which its programs find it."""
        home = str(self._home)
        port = self._settings.port('rabbitmq')
        return {
            'HOME': home,
            'RABBITMQ_NODENAME': f'devcloud{port}@localhost',
            'RABBITMQ_NODE_IP_ADDRESS': settings.ADDRESS,
            'RABBITMQ_NODE_PORT': str(port),
            'RABBITMQ_DIST_PORT': str(self._settings.port('erlang')),
            'ERL_EPMD_ADDRESS': settings.ADDRESS,
            'ERL_EPMD_PORT': str(self._settings.port('epmd')),
            'RABBITMQ_MNESIA_BASE': f'{home}/mnesia',
            'RABBITMQ_LOG_BASE': home,
            'RABBITMQ_LOGS': '-',
            'RABBITMQ_CONFIG_FILE': f'{home}/rabbitmq.conf',
            'RABBITMQ_ADVANCED_CONFIG_FILE': f'{home}/advanced.config',
            'RABBITMQ_CONF_ENV_FILE': f'{home}/env.conf',
            'RABBITMQ_ENABLED_PLUGINS_FILE': f'{home}/enabled_plugins',
            'RABBITMQ_GENERATED_CONFIG_DIR': f'{home}/generated',
            'RABBITMQ_PID_FILE': f'{home}/rabbitmq.pid',
            # The schedulers must not spin on a machine with two cores.
            'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS': (
                '-kernel inet_dist_use_interface {127,0,0,1} '
                '-start_epmd false '
                '+sbwt none +sbwtdcpu none +sbwtdio none'
            ),
        }


def _connects(port: int) -> bool:
    socket.create_connection((settings.ADDRESS, port), 2).close()
    return True
