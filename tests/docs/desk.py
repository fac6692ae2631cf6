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


"""Where a reader sits who tries out the commands of one document.

A desk is a folder with what the document takes for granted, such as
``cdm-graph.conf``, a clone of the repository and the exports of two days.
What a document names, but is another one here, is replaced in the text of its
commands: paths of the system, addresses, and names in the reader's cloud.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import typing

import kombu

from tests.docs import blocks
from tests.docs import ledger
from tests.docs import programs
from tests.docs import world

_TIMEOUT: typing.Final = 150.0
_END_TIMEOUT: typing.Final = 20.0
_POLL: typing.Final = 0.1
#: Seconds for which the daemon has run at least.
_AGO: typing.Final = 2.0
#: What of the clone the commands name.
_OF_THE_TREE: typing.Final = ('doc', 'etc', 'setup.cfg', 'tox.ini')


class Desk:
    """A folder to run commands in, for a user who has a home there."""

    def __init__(self, folder: pathlib.Path, around: world.World) -> None:
        self.folder = folder
        self.world = around
        #: What the last command printed.
        self.printed = ''
        self._bin = folder / 'bin'
        self._root = folder / 'root'
        self._report = folder / 'report'
        self._started = folder / 'started'
        self._home = folder / 'home'
        self._furnish()

    def run(self, command: str) -> list[str]:
        """Run a command; return how it was treated.

        :raises AssertionError: if it fails
        """
        self._report.write_text('')
        done = subprocess.run(
            [self._bin / 'bash', '-euo', 'pipefail', '-c', self.here(command)],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        self.printed = done.stdout
        assert not done.returncode, (
            f'{command}\nexit code {done.returncode}\n{done.stdout}\n'
            f'{done.stderr}'
        )
        return self._report.read_text().splitlines() or [ledger.EXECUTED]

    def here(self, text: str) -> str:
        """Return a text with what is another one here."""
        for there, here in self._replaced().items():
            text = text.replace(there, here)
        return text

    def end(self) -> None:
        """End what the commands have started."""
        for pid in map(int, self._started.read_text().split()):
            _end(pid)
        self._started.write_text('')

    def _replaced(self) -> dict[str, str]:
        daemon = self.world.daemon
        return {
            '/run/cdm-graph/cdm-graph.sock': str(daemon.socket),
            '--unix-socket cdm-graph.sock': f'--unix-socket {daemon.socket}',
            '/etc/': f'{self._root}/etc/',
            '/opt/cdm-graph': f'{self._root}/opt/cdm-graph',
            '/usr/local/bin/': f'{self._root}/usr/local/bin/',
            '/var/lib/cdm-graph': f'{self._root}/var/lib/cdm-graph',
            'http://127.0.0.1:8780': f'http://{self.world.address}',
            "'127.0.0.1:8780'": f"'{self.world.address}'",
            'https://controller:8780': f'http://{self.world.guarded_address}',
            'rabbit://guest:guest@127.0.0.1/': self.world.bus.url,
            # The history is as old as the daemon.
            '--since 2h': '--since 1s',
            '2026-11-26T10:00:00': _moment(_AGO),
            '2026-11-26T12:00:00': _moment(0),
            'HOSTNAME': socket.gethostname(),
            'PROJECT': self.world.cloud.cloud.admin.project_id,
            'rack1-7': 'compute-00001.cloud.test',
        }

    def _environment(self) -> dict[str, str]:
        return {
            'LC_ALL': 'C.UTF-8',
            'PATH': str(self._bin),
            'PYTHONPATH': str(blocks.ROOT),
            'PYTHONWARNINGS': 'ignore',
            **_openrc(self.world),
            **self.world.bus.environment,
            'HOME': str(self._home),
            programs.REPORT: str(self._report),
            programs.FALSE_ROOT: str(self._root),
            programs.STARTED: str(self._started),
        }

    def _furnish(self) -> None:
        for name in ('etc/bash_completion.d', 'etc/systemd/system'):
            (self._root / name).mkdir(parents=True)
        (self._root / 'usr/local/bin').mkdir(parents=True)
        for path in (self._report, self._started):
            path.write_text('')
        self._fill_path()
        for environment in (
            self.folder / '.venv',
            self.folder / '.venv-tox',
            self._root / 'opt/cdm-graph',
        ):
            environment.mkdir(parents=True)
            (environment / 'bin').symlink_to(self._bin)
        for name in _OF_THE_TREE:
            (self.folder / name).symlink_to(blocks.ROOT / name)
        configuration = self.world.daemon.configuration
        shutil.copy(configuration, self.folder / 'cdm-graph.conf')
        own = self._home / '.cdm-graph'
        own.mkdir(parents=True)
        shutil.copy(configuration, own / 'cdm-graph.conf')
        for name, format_ in (
            ('cloud.graphml', 'graphml'),
            ('cloud.json', 'json'),
            ('monday.graphml', 'graphml'),
            ('tuesday.graphml', 'graphml'),
        ):
            export = ''.join(self.world.daemon.client.export(format_))
            (self.folder / name).write_text(export)
        _declare_queues(self.world)

    def _fill_path(self) -> None:
        """Have in the path what a block may run, and nothing else."""
        self._bin.mkdir()
        for name in programs.PROGRAMS:
            path = self._bin / name
            path.write_text(
                '#!/bin/sh\n'
                f'exec {sys.executable} -m tests.docs.programs {name} "$@"\n'
            )
            path.chmod(0o755)
        for name in programs.AS_THEY_ARE:
            found = shutil.which(name)
            assert found, f'{name} is not installed: see bindep.txt'
            (self._bin / name).symlink_to(found)


def _moment(ago: float) -> str:
    """Return the moment so many seconds ago, in UTC."""
    return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(time.time() - ago))


def _openrc(around: world.World) -> dict[str, str]:
    """Return an administrator's variables, as in an openrc file."""
    credentials = around.cloud.credentials.items()
    return {
        'OS_AUTH_TYPE': 'password',
        'OS_AUTH_URL': around.cloud.auth_url,
        **{f'OS_{name.upper()}': value for name, value in credentials},
    }


def _declare_queues(around: world.World) -> None:
    """Declare the queues of a daemon that is retired."""
    host = socket.gethostname()
    with kombu.Connection(around.bus.url.replace('rabbit:', 'amqp:')) as bus:
        for name in (
            f'cdm-graph-{host}',
            f'cdm_graph_heartbeat_cdm-graph-{host}.info',
        ):
            kombu.Queue(name, durable=False, channel=bus.channel()).declare()


def _end(pid: int) -> None:
    """End a process, and wait until it is gone."""
    try:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _END_TIMEOUT
        while _is_alive(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(_POLL)
    except ProcessLookupError:
        return


def _is_alive(pid: int) -> bool:
    try:
        stat = pathlib.Path(f'/proc/{pid}/stat').read_text()
    except OSError:
        return False
    return stat.rpartition(')')[2].split()[0] != 'Z'
