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

"""The databases of a cloud that has never run.

To make them takes minutes of migrations, and depends on nothing but the
pinned versions and this package's own code: hence they are made once, dumped,
and restored in later runs.
"""

import collections.abc
import concurrent.futures
import hashlib
import pathlib
import shutil
import typing

from tests.devcloud import configuration
from tests.devcloud import database
from tests.devcloud import identity
from tests.devcloud import packages
from tests.devcloud import process
from tests.devcloud import settings

_KEYS: typing.Final = ('fernet-keys', 'credential-keys')


class Seed:
    """Makes, keeps and restores the databases."""

    def __init__(
        self,
        chosen: settings.Settings,
        supervisor: process.Supervisor,
        server: database.Database,
    ) -> None:
        """Look for a seed of this cloud's kind."""
        self._settings = chosen
        self._supervisor = supervisor
        self._database = server
        self._home = chosen.seeds / _fingerprint(chosen)
        self._keystone = chosen.configuration / 'keystone'

    @property
    def exists(self) -> bool:
        """Whether there is one to restore."""
        return self._home.exists()

    def restore(self) -> None:
        """Fill the empty databases."""
        for name in _KEYS:
            shutil.copytree(self._home / name, self._keystone / name)
        _together(self._database.restore, database.NAMES, self._home, '.sql')

    def save(self) -> None:
        """Keep the databases as they are now."""
        temporary = self._home.with_suffix('.tmp')
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        _together(self._database.dump, database.NAMES, temporary, '.sql')
        for name in _KEYS:
            shutil.copytree(self._keystone / name, temporary / name)
        temporary.rename(self._home)

    def make(self) -> None:
        """Migrate the empty databases and tell them who they belong to."""
        jobs = (
            self._make_keystone,
            self._make_placement,
            self._make_glance,
            self._make_nova,
            self._make_cinder,
        )
        with concurrent.futures.ThreadPoolExecutor() as pool:
            futures = [pool.submit(job) for job in jobs]
        for future in futures:
            future.result()

    def _manage(self, command: str, file: str, *words: str) -> None:
        path = self._settings.configuration / file
        self._supervisor.run(
            command,
            [
                self._settings.command(command),
                '--config-file',
                str(path),
                *words,
            ],
        )

    def _make_keystone(self) -> None:
        def manage(*words: str) -> None:
            self._manage('keystone-manage', 'keystone/keystone.conf', *words)

        for name in _KEYS:
            (self._keystone / name).mkdir(mode=0o700)
        owner = ['--keystone-user', 'root', '--keystone-group', 'root']
        manage('db_sync')
        manage('fernet_setup', *owner)
        manage('credential_setup', *owner)
        url = self._settings.auth_url
        manage(
            'bootstrap',
            *('--bootstrap-password', settings.PASSWORD),
            *('--bootstrap-public-url', url),
            *('--bootstrap-internal-url', url),
            *('--bootstrap-admin-url', url),
            *('--bootstrap-region-id', settings.REGION),
        )

    def _make_placement(self) -> None:
        self._manage(
            'placement-manage', 'placement/placement.conf', 'db', 'sync'
        )

    def _make_glance(self) -> None:
        self._manage('glance-manage', 'glance/glance-api.conf', 'db_sync')

    def _make_nova(self) -> None:
        def manage(*words: str) -> None:
            self._manage('nova-manage', 'nova/nova.conf', *words)

        cell0 = database.url(self._settings, 'nova_cell0')
        manage('api_db', 'sync')
        manage('cell_v2', 'map_cell0', '--database_connection', cell0)
        manage('db', 'sync')
        manage('cell_v2', 'create_cell', '--name', 'cell1')

    def _make_cinder(self) -> None:
        self._manage('cinder-manage', 'cinder/cinder.conf', 'db', 'sync')


def _together(
    action: collections.abc.Callable[[str, pathlib.Path], None],
    names: collections.abc.Iterable[str],
    folder: pathlib.Path,
    suffix: str,
) -> None:
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        futures = [
            pool.submit(action, name, folder / f'{name}{suffix}')
            for name in names
        ]
    for future in futures:
        future.result()


def _fingerprint(chosen: settings.Settings) -> str:
    digest = hashlib.sha256(str(chosen.base_port).encode())
    for path in (
        packages.PINS,
        pathlib.Path(__file__),
        pathlib.Path(identity.__file__),
        pathlib.Path(configuration.__file__),
    ):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
