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

"""A MariaDB of its own, tuned to be quick rather than to survive a crash."""

import getpass
import pathlib
import shutil
import subprocess
import typing

from tests.devcloud import process
from tests.devcloud import settings

NAMES: typing.Final = (
    'keystone',
    'placement',
    'glance',
    'nova_api',
    'nova_cell0',
    'nova',
    'cinder',
)


_POINT_CELL: typing.Final = (
    'UPDATE nova_api.cell_mappings SET database_connection = @connection '
    "WHERE name = 'cell1'"
)
#: Nobody listens there.
_DEAD_PORT: typing.Final = 1


def url(chosen: settings.Settings, name: str, port: int | None = None) -> str:
    """Return the URL of a database, as SQLAlchemy wants it."""
    return (
        f'mysql+pymysql://{settings.PASSWORD}:{settings.PASSWORD}@'
        f'{settings.ADDRESS}:{port or chosen.port("mariadb")}/{name}'
        '?charset=utf8'
    )


class Database:
    """Starts and stops the server, and copies databases."""

    def __init__(
        self, chosen: settings.Settings, supervisor: process.Supervisor
    ) -> None:
        """Keep everything below the cloud's data."""
        self._settings = chosen
        self._supervisor = supervisor
        self._files = chosen.data / 'mariadb'
        self._socket = chosen.socket('mariadb.sock')

    def start(self) -> None:
        """Start an empty server; return when it has its databases."""
        user = f'--user={getpass.getuser()}'
        self._supervisor.run(
            'mariadb-install',
            [
                'mariadb-install-db',
                '--no-defaults',
                f'--datadir={self._files}',
                '--auth-root-authentication-method=normal',
                '--skip-test-db',
                '--skip-name-resolve',
                user,
            ],
        )
        self._supervisor.spawn('mariadb', [*self._server(), user])
        self._supervisor.wait('mariadb', self._answers)
        self._supervisor.run(
            'mariadb-client', [*self._client(), '--execute', _statements()]
        )

    def stop(self) -> None:
        """End it in good order."""
        self._supervisor.stop(['mariadb'], grace=60)

    def lose_cell(self) -> None:
        """Have those who ask Nova's cell for its servers find nobody."""
        self._point_cell(_DEAD_PORT)

    def return_cell(self) -> None:
        """Undo that."""
        self._point_cell(self._settings.port('mariadb'))

    def _point_cell(self, port: int) -> None:
        connection = url(self._settings, 'nova', port)
        self._supervisor.run(
            'mariadb-client',
            [
                *self._client(),
                '--execute',
                f"SET @connection = '{connection}'; {_POINT_CELL}",
            ],
        )

    def dump(self, name: str, path: pathlib.Path) -> None:
        """Copy a database into a file."""
        program = shutil.which('mariadb-dump') or 'mariadb-dump'
        self._supervisor.run(
            'mariadb-dump',
            [
                program,
                '--no-defaults',
                f'--socket={self._socket}',
                '--user=root',
                f'--result-file={path}',
                name,
            ],
        )

    def restore(self, name: str, path: pathlib.Path) -> None:
        """Fill a database from such a file."""
        self._supervisor.run(
            'mariadb-client', [*self._client(), name], stdin=path
        )

    def _client(self) -> list[str]:
        return [
            'mariadb',
            '--no-defaults',
            f'--socket={self._socket}',
            '--user=root',
        ]

    def _server(self) -> list[str]:
        return [
            '/usr/sbin/mariadbd',
            '--no-defaults',
            f'--datadir={self._files}',
            f'--socket={self._socket}',
            f'--bind-address={settings.ADDRESS}',
            f'--port={self._settings.port("mariadb")}',
            '--skip-name-resolve',
            '--skip-log-bin',
            '--max-connections=1000',
            '--innodb-flush-log-at-trx-commit=0',
            '--innodb-doublewrite=0',
            '--innodb-buffer-pool-size=256M',
            '--innodb-log-file-size=64M',
            '--character-set-server=utf8mb3',
            '--collation-server=utf8mb3_general_ci',
            '--performance-schema=off',
        ]

    def _answers(self) -> bool:
        command = [*self._client(), '--execute', 'SELECT 1']
        return not subprocess.run(
            command, capture_output=True, check=False
        ).returncode


def _statements() -> str:
    user = f"'{settings.PASSWORD}'@'{settings.ADDRESS}'"
    return (
        ' '.join(f'CREATE DATABASE {name};' for name in NAMES)
        + f" CREATE USER {user} IDENTIFIED BY '{settings.PASSWORD}';"
        + f' GRANT ALL ON *.* TO {user};'
    )
