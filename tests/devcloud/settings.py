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

"""Where a cloud lives, and the numbers that tell it from another one.

Everything that a cloud writes is below ``state``: ``venv`` and ``seed`` are
kept for later runs, ``data`` (databases, logs, configuration, pid files) is
made anew at each start.  All ports are consecutive and on loopback.
"""

import dataclasses
import json
import pathlib
import tempfile
import typing

from tests.devcloud import errors

HERE: typing.Final = pathlib.Path(__file__).resolve().parent
ADDRESS: typing.Final = '127.0.0.1'
PASSWORD: typing.Final = 'devcloud'  # noqa: S105 - it guards nothing
REGION: typing.Final = 'RegionOne'
DEFAULT_STATE: typing.Final = (
    pathlib.Path(tempfile.gettempdir()) / 'cdm-graph-devcloud'
)
#: The kernel refuses a longer name of a Unix socket.
_LONGEST_SOCKET: typing.Final = 107

_PORTS: typing.Final = {
    'keystone': 0,
    'placement': 1,
    'glance': 2,
    'nova': 3,
    'neutron': 4,
    'mariadb': 5,
    'rabbitmq': 6,
    'epmd': 7,
    'erlang': 8,
    'cdm-graph': 9,
    'cinder': 10,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """What is chosen once for a cloud."""

    state: pathlib.Path = DEFAULT_STATE
    base_port: int = 18800
    computes: int = 5

    @property
    def venv(self) -> pathlib.Path:
        """The virtual environment of the OpenStack services."""
        return self.state / 'venv'

    @property
    def seeds(self) -> pathlib.Path:
        """The databases as they are before the first start of Nova."""
        return self.state / 'seed'

    @property
    def data(self) -> pathlib.Path:
        """What is made anew at each start."""
        return self.state / 'data'

    @property
    def configuration(self) -> pathlib.Path:
        """The configuration files of all services."""
        return self.data / 'etc'

    @property
    def hosts(self) -> list[str]:
        """The compute hosts that belong to the cloud."""
        return [f'compute{number + 1}' for number in range(self.computes)]

    @property
    def ports(self) -> dict[str, int]:
        """All the ports, by what listens there."""
        return {name: self.port(name) for name in _PORTS}

    @property
    def transport_url(self) -> str:
        """The broker, as oslo.messaging wants it."""
        return (
            f'rabbit://{PASSWORD}:{PASSWORD}@{ADDRESS}:'
            f'{self.port("rabbitmq")}/'
        )

    @property
    def auth_url(self) -> str:
        """The identity API."""
        return self.url('keystone', '/v3')

    def port(self, service: str) -> int:
        """Return the port of a service."""
        return self.base_port + _PORTS[service]

    def url(self, service: str, path: str = '') -> str:
        """Return the URL of a service."""
        return f'http://{ADDRESS}:{self.port(service)}{path}'

    def command(self, name: str) -> str:
        """Return the path of a command of the virtual environment."""
        return str(self.venv / 'bin' / name)

    def socket(self, name: str) -> pathlib.Path:
        """Return the path of a Unix socket that can be bound."""
        path = self.data / name
        if len(str(path)) > _LONGEST_SOCKET:
            raise errors.DevcloudError(
                f'{path} is too long for a Unix socket: choose a shorter '
                f'--state'
            )
        return path

    def save(self) -> None:
        """Remember the choices, for the commands that come later."""
        write(
            self.data / 'settings.json',
            json.dumps(
                {'base_port': self.base_port, 'computes': self.computes}
            ),
        )

    @classmethod
    def load(cls, state: pathlib.Path) -> typing.Self:
        """Return the choices with which the cloud in ``state`` was started."""
        try:
            text = (state / 'data' / 'settings.json').read_text()
        except FileNotFoundError as error:
            raise errors.DevcloudError(
                f'no cloud was started in {state}: start one with '
                f'"python -m tests.devcloud up --state {state}"'
            ) from error
        return cls(state=state, **json.loads(text))


def write(path: pathlib.Path, text: str) -> None:
    """Write a file for nobody else's eyes, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + '.tmp')
    temporary.touch(mode=0o600)
    temporary.write_text(text)
    temporary.replace(path)
