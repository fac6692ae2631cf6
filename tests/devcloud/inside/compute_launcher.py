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

"""Runs inside the cloud: forks real nova-computes from one parent.

The one argument is a JSON list with, for each, its pid file, log file and
configuration files.  The virt driver is put where Nova looks for drivers,
which is its own package only; Nova itself is not changed.
"""

import gc
import json
import os
import pathlib
import signal
import sys
import typing

from nova.cmd import compute
import nova.virt

nova.virt.__path__.append(str(pathlib.Path(__file__).parent / 'virt'))
# Imported by the parent, so that its pages are shared.
import nova.compute.manager  # noqa: E402
import nova.virt.devcloud  # noqa: E402


def _become_compute(entry: dict[str, typing.Any]) -> None:
    os.setsid()
    log = os.open(
        entry['log_file'], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
    )
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    sys.argv = ['nova-compute']
    for path in entry['config_files']:
        sys.argv += ['--config-file', path]
    compute.main()


def _write_pid(path: str, pid: int) -> None:
    stat = pathlib.Path(f'/proc/{pid}/stat').read_text()
    started = stat.rpartition(')')[2].split()[19]
    pathlib.Path(path).write_text(f'{pid} {started}\n')


def main() -> None:
    """Fork them, and stay for as long as one of them lives."""
    entries = json.loads(sys.argv[1])
    gc.collect()
    gc.freeze()
    for entry in entries:
        pid = os.fork()
        if pid == 0:
            _become_compute(entry)
            os._exit(0)
        _write_pid(entry['pid_file'], pid)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    for _entry in entries:
        os.wait()


if __name__ == '__main__':
    main()
