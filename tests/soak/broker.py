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

"""A RabbitMQ that can be frozen, killed and started again.

Each message of Nova goes to the daemon's own queue and to one that belongs
to nobody, which would grow without bound: a policy keeps that short.
"""

import contextlib
import os
import pathlib
import signal
import subprocess
import typing
import urllib.parse

from tests.functional import bus as buses

_CONTROL: typing.Final = '/usr/lib/rabbitmq/bin/rabbitmqctl'
_KEPT: typing.Final = 1000
_TIMEOUT: typing.Final = 120
#: From the broker's port to that of its epmd.
_EPMD: typing.Final = 1


class Broker:
    """The broker of a soak.

    :param folder: for its files; it must not hold any yet
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._home = folder / 'data' / 'rabbitmq'
        self._bus = buses.new(folder)

    @property
    def url(self) -> str:
        return self._bus.url

    @property
    def pid(self) -> int:
        """The process of the Erlang machine."""
        return int((self._home / 'rabbitmq.pid').read_text())

    def start(self) -> None:
        self._bus.install()
        self._bus.start()

    def keep_short(self, topics: list[str]) -> None:
        """Let the queues that nobody reads drop what is old."""
        port = urllib.parse.urlsplit(self.url).port or 0
        pattern = f'^({"|".join(topics)})\\.'
        subprocess.run(
            [
                _CONTROL,
                '--node',
                f'devcloud{port}@localhost',
                'set_policy',
                'short',
                pattern,
                f'{{"max-length":{_KEPT}}}',
                '--apply-to',
                'queues',
            ],
            env={
                **os.environ,
                'HOME': str(self._home),
                'ERL_EPMD_PORT': str(port + _EPMD),
                'ERL_EPMD_ADDRESS': '127.0.0.1',
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            check=True,
        )

    def freeze(self) -> None:
        """Stop it as it is: its connections stay open, and say nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it as a crash would, with all messages that are in it."""
        self._bus.kill()

    def stop(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.thaw()
        self._bus.stop()
