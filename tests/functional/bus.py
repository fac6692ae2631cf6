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

"""A RabbitMQ for the session: that of the development cloud, alone.

It has ports, an epmd and files of its own, on loopback only.  Whoever cannot
have it gets errors, not skipped tests.
"""

import collections.abc
import contextlib
import fcntl
import pathlib
import socket
import tempfile
import typing

from tests.devcloud import broker
from tests.devcloud import packages
from tests.devcloud import process
from tests.devcloud import settings

_SERVER: typing.Final = pathlib.Path('/usr/lib/rabbitmq/bin/rabbitmq-server')
#: Where free ports are looked for, away from those of the development cloud
#: and below those that the kernel gives away.
_FIRST_PORT: typing.Final = 19400
_LAST_PORT: typing.Final = 29400
_PORTS_OF_A_PROCESS: typing.Final = 1000
_PORTS: typing.Final = ('rabbitmq', 'epmd', 'erlang')


class Bus:
    """A message broker that can be killed, and started again."""

    def __init__(self, chosen: settings.Settings) -> None:
        chosen.data.mkdir(parents=True)
        self._settings = chosen
        self._supervisor = process.Supervisor(chosen.data)
        self._broker = broker.Broker(chosen, self._supervisor)

    @property
    def url(self) -> str:
        """Where it is, as oslo.messaging wants it."""
        return self._settings.transport_url

    @property
    def url_with_wrong_password(self) -> str:
        return self.url.replace(f':{settings.PASSWORD}@', ':wrong@')

    @property
    def is_up(self) -> bool:
        return self._supervisor.pid('rabbitmq') is not None

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which ``rabbitmqctl`` finds it."""
        return self._broker.environment()

    def install(self) -> None:
        """Install what is missing, which only root may do."""
        with _alone():
            if not _SERVER.exists():
                packages._install_debian(['rabbitmq-server'], self._supervisor)

    def start(self) -> None:
        """Start it; return when it speaks AMQP."""
        if not self.is_up:
            self._broker.start()

    def kill(self) -> None:
        """End it as a crash would, with all messages that are in it."""
        self._broker.kill()

    def stop(self) -> None:
        """End it, and whatever it has left behind."""
        self._broker.stop()
        self._supervisor.sweep()


@contextlib.contextmanager
def _alone() -> collections.abc.Iterator[None]:
    """Let no other process do it at the same time."""
    path = pathlib.Path(tempfile.gettempdir()) / 'cdm-graph-install.lock'
    with path.open('w') as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def new(folder: pathlib.Path, number: int = 0) -> Bus:
    """Return a broker with files in a folder, on ports that are free.

    :param number: of the process, so that two look for ports elsewhere: one
        that is free now is not when the other one's broker has started
    """
    first = _FIRST_PORT + number * _PORTS_OF_A_PROCESS
    for base_port in range(first, _LAST_PORT, 20):
        chosen = settings.Settings(state=folder, base_port=base_port)
        if all(_is_free(chosen.port(name)) for name in _PORTS):
            return Bus(chosen)
    raise AssertionError('There are no free ports for a message broker.')


@contextlib.contextmanager
def running(
    folder: pathlib.Path, number: int = 0
) -> collections.abc.Iterator[Bus]:
    """Run a broker, for the process with that number."""
    bus = new(folder, number)
    bus.install()
    try:
        bus.start()
        yield bus
    finally:
        bus.stop()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.ADDRESS, port))
        except OSError:
            return False
    return True
