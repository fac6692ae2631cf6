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

"""The compute hosts: one real nova-compute each.

Those that are started together are forked from one parent that has imported
Nova: each is a process of its own that can be killed on its own, and only
the pages of the code are shared.
"""

import collections.abc
import itertools
import json
import shutil
import typing

from tests.devcloud import configuration
from tests.devcloud import errors
from tests.devcloud import process
from tests.devcloud import settings

_LAUNCHER: typing.Final = settings.HERE / 'inside' / 'compute_launcher.py'

Hosts = collections.abc.Iterable[str]


class Computes:
    """Starts, stops and kills nova-computes."""

    def __init__(
        self, chosen: settings.Settings, supervisor: process.Supervisor
    ) -> None:
        """Start nothing yet."""
        self._settings = chosen
        self._supervisor = supervisor

    def start(self, hosts: Hosts) -> None:
        """Start the nova-computes of hosts, old or new."""
        hosts = list(hosts)
        for host in hosts:
            if not self.is_dead(host):
                raise errors.DevcloudError(f'{host} runs already')
        entries = [
            {
                'pid_file': str(self._supervisor.pid_file(_name(host))),
                'log_file': str(self._supervisor.log_file(_name(host))),
                'config_files': configuration.write_compute(
                    self._settings, host
                ),
            }
            for host in hosts
        ]
        self._supervisor.spawn(
            self._new_launcher(),
            [
                self._settings.command('python'),
                str(_LAUNCHER),
                json.dumps(entries),
            ],
        )

    def _new_launcher(self) -> str:
        names = (f'launcher-{number}' for number in itertools.count(1))
        return next(
            name for name in names if self._supervisor.pid(name) is None
        )

    def stop(self, hosts: Hosts) -> None:
        """End nova-computes in good order."""
        self._supervisor.stop([_name(host) for host in hosts], grace=12)

    def stop_all(self) -> None:
        """End every nova-compute and what launched it."""
        self._supervisor.stop(self._supervisor.names('compute-'), grace=12)
        self._supervisor.stop(self._supervisor.names('launcher-'), grace=2)

    def is_dead(self, host: str) -> bool:
        """Whether the nova-compute of a host does not run."""
        return self._supervisor.pid(_name(host)) is None

    def kill(self, hosts: Hosts) -> None:
        """End nova-computes as a power failure would."""
        self._supervisor.kill([_name(host) for host in hosts])

    def forget(self, host: str) -> None:
        """Stop a host, and lose its disk."""
        self.stop([host])
        shutil.rmtree(
            self._settings.data / 'computes' / host, ignore_errors=True
        )


def _name(host: str) -> str:
    return f'compute-{host}'
