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

"""What has to be installed: two Debian packages and a virtual environment.

Debian gives the broker and the database; the OpenStack services come from
the package index at the versions of ``cloud-requirements.txt``.  Both are
left installed, and a later run finds them.
"""

import collections.abc
import contextlib
import os
import pathlib
import sys
import typing

from tests.devcloud import errors
from tests.devcloud import process
from tests.devcloud import settings

PINS: typing.Final = settings.HERE / 'cloud-requirements.txt'
_DEBIAN: typing.Final = {
    'rabbitmq-server': pathlib.Path('/usr/lib/rabbitmq/bin/rabbitmq-server'),
    'mariadb-server': pathlib.Path('/usr/sbin/mariadbd'),
}
_POLICY: typing.Final = pathlib.Path('/usr/sbin/policy-rc.d')


def install(chosen: settings.Settings, supervisor: process.Supervisor) -> None:
    """Install what is missing."""
    missing = [name for name, path in _DEBIAN.items() if not path.exists()]
    if missing:
        _install_debian(missing, supervisor)
    stamp = chosen.venv / '.pins'
    if not stamp.exists() or stamp.read_text() != PINS.read_text():
        _install_python(chosen, supervisor)
        settings.write(stamp, PINS.read_text())


def _install_debian(names: list[str], supervisor: process.Supervisor) -> None:
    if os.geteuid() != 0:
        raise errors.DevcloudError(
            'run as root once, or install yourself: apt-get install '
            f'--no-install-recommends {" ".join(names)}'
        )
    apt = ['apt-get', '-o', 'DPkg::Lock::Timeout=300']
    environment = {'DEBIAN_FRONTEND': 'noninteractive'}
    with _no_service_starts():
        supervisor.run('apt', [*apt, 'update', '-qq'], environment)
        supervisor.run(
            'apt',
            [*apt, 'install', '-y', '--no-install-recommends', *names],
            environment,
        )


@contextlib.contextmanager
def _no_service_starts() -> collections.abc.Iterator[None]:
    """Keep Debian from starting the packages' own services."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text('#!/bin/sh\nexit 101\n')
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()


def _install_python(
    chosen: settings.Settings, supervisor: process.Supervisor
) -> None:
    if not pathlib.Path(chosen.command('python')).exists():
        supervisor.run('pip', [sys.executable, '-m', 'venv', str(chosen.venv)])
    supervisor.run(
        'pip',
        [
            *(chosen.command('python'), '-m', 'pip', 'install'),
            '--disable-pip-version-check',
            *('--requirement', str(PINS)),
        ],
    )
