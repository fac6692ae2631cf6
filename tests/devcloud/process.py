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

"""Processes that outlive the command which started them.

A process is known by a name.  Its pid file holds its start time too, so that
a number which the kernel has given to another process is never signalled.
Every process also carries a mark in its environment, which its children
inherit: what is left over after a stop is found by it, and nothing that was
started by somebody else ever is.
"""

import collections.abc
import os
import pathlib
import signal
import subprocess
import time
import typing

from tests.devcloud import errors
from tests.devcloud import settings

_MARK: typing.Final = 'CDM_GRAPH_DEVCLOUD'
_POLL: typing.Final = 0.1

Environment = collections.abc.Mapping[str, str]
Names = collections.abc.Iterable[str]


class _Stat(typing.NamedTuple):
    parent: int
    started: str


def _stat(pid: int) -> _Stat | None:
    try:
        text = pathlib.Path(f'/proc/{pid}/stat').read_text()
    except OSError:
        return None
    # The name in parentheses may itself hold spaces and parentheses.
    state, parent, *fields = text.rpartition(')')[2].split()
    return None if state == 'Z' else _Stat(int(parent), fields[17])


def _all_pids() -> list[int]:
    return [int(name) for name in os.listdir('/proc') if name.isdigit()]


def _with_descendants(roots: collections.abc.Iterable[int]) -> dict[int, str]:
    stats = {pid: stat for pid in _all_pids() if (stat := _stat(pid))}
    tree = {pid: stats[pid].started for pid in roots if pid in stats}
    grew = True
    while grew:
        new = {
            pid: stat.started
            for pid, stat in stats.items()
            if stat.parent in tree and pid not in tree
        }
        tree |= new
        grew = bool(new)
    return tree


def _alive(tree: dict[int, str]) -> list[int]:
    return [
        pid
        for pid, started in tree.items()
        if (stat := _stat(pid)) and stat.started == started
    ]


def _signal(
    pids: collections.abc.Iterable[int], number: signal.Signals
) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def wait_until(
    what: str,
    probe: collections.abc.Callable[[], object],
    *,
    timeout: float,
    interval: float = 0.2,
) -> None:
    """Return when the probe is true; a probe that raises is not yet true."""
    deadline = time.monotonic() + timeout
    last: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if probe():
                return
        except errors.DevcloudError:
            raise
        except Exception as error:  # a service that starts fails anyhow
            last = error
        time.sleep(interval)
    reason = f' (last: {last})' if last else ''
    raise errors.DevcloudError(f'{what}: not in {timeout:.0f} s{reason}')


class Supervisor:
    """Starts and stops the processes of one cloud."""

    def __init__(self, home: pathlib.Path) -> None:
        """Keep pid files and logs in ``home``."""
        self._home = home
        self._run = home / 'run'
        self._log = home / 'log'

    def pid_file(self, name: str) -> pathlib.Path:
        """Return the file that tells the pid and start time."""
        return self._run / f'{name}.pid'

    def log_file(self, name: str) -> pathlib.Path:
        """Return the file with the output of a process."""
        return self._log / f'{name}.log'

    def names(self, prefix: str = '') -> list[str]:
        """Return the names of the processes that were started."""
        return sorted(path.stem for path in self._run.glob(f'{prefix}*.pid'))

    def pid(self, name: str) -> int | None:
        """Return the pid of a process that is alive."""
        try:
            pid, started = self.pid_file(name).read_text().split()
        except (FileNotFoundError, ValueError):
            return None
        stat = _stat(int(pid))
        return int(pid) if stat and stat.started == started else None

    def spawn(
        self,
        name: str,
        command: list[str],
        environment: Environment | None = None,
    ) -> None:
        """Start a process that goes on when this one ends."""
        if self.pid(name) is not None:
            raise errors.DevcloudError(f'{name} runs already')
        self._run.mkdir(parents=True, exist_ok=True)
        self._log.mkdir(parents=True, exist_ok=True)
        with self.log_file(name).open('ab') as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment(environment),
                cwd=self._home,
                start_new_session=True,
            )
        stat = _stat(process.pid)
        if stat:
            settings.write(
                self.pid_file(name), f'{process.pid} {stat.started}\n'
            )

    def run(
        self,
        name: str,
        command: list[str],
        environment: Environment | None = None,
        stdin: pathlib.Path | None = None,
    ) -> None:
        """Run a command to its end; its output goes to the log."""
        self._log.mkdir(parents=True, exist_ok=True)
        source = (stdin or pathlib.Path(os.devnull)).open('rb')
        with source, self.log_file(name).open('ab') as output:
            status = subprocess.run(
                command,
                stdin=source,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment(environment),
                cwd=self._home,
                check=False,
            ).returncode
        if status:
            raise errors.DevcloudError(
                f'"{" ".join(command[:4])} ..." ended with status {status}: '
                f'see {self.log_file(name)}'
            )

    def wait(
        self,
        name: str,
        probe: collections.abc.Callable[[], object],
        timeout: float = 180,
    ) -> None:
        """Return when the process answers; fail at once when it has ended."""

        def answers() -> object:
            if self.pid(name) is None:
                raise errors.DevcloudError(
                    f'{name} ended while it started: see {self.log_file(name)}'
                )
            return probe()

        wait_until(
            f'{name} answers, see {self.log_file(name)}',
            answers,
            timeout=timeout,
        )

    def stop(
        self,
        names: Names,
        grace: float,
        first: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Ask processes to end, and kill them with their children at last."""
        names = list(names)
        roots = [pid for name in names if (pid := self.pid(name))]
        tree = _with_descendants(roots)
        _signal(roots, first)
        deadline = time.monotonic() + grace
        while _alive(tree) and time.monotonic() < deadline:
            time.sleep(_POLL)
        self._kill(tree)
        for name in names:
            self.pid_file(name).unlink(missing_ok=True)

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process that is alive."""
        _signal([pid] if (pid := self.pid(name)) else [], number)

    def kill(self, names: Names) -> None:
        """End processes and their children as a power failure would."""
        names = list(names)
        for name in names:
            if self.pid(name) is None:
                raise errors.DevcloudError(f'{name} does not run')
        self.stop(names, grace=0, first=signal.SIGKILL)

    def sweep(self) -> list[str]:
        """Kill what carries the mark; return what it was."""
        tree = _with_descendants(self._marked())
        swept = [_command_line(pid) for pid in tree]
        self._kill(tree)
        return swept

    @staticmethod
    def _kill(tree: dict[int, str]) -> None:
        deadline = time.monotonic() + 10
        while (alive := _alive(tree)) and time.monotonic() < deadline:
            _signal(alive, signal.SIGKILL)
            time.sleep(_POLL)

    def _marked(self) -> list[int]:
        mark = f'{_MARK}={self._home}'.encode()
        return [pid for pid in _all_pids() if mark in _environment_of(pid)]

    def _environment(self, more: Environment | None) -> dict[str, str]:
        return {
            **os.environ,
            _MARK: str(self._home),
            # setproctitle would otherwise write over the mark.
            'SPT_NOENV': '1',
            **(more or {}),
        }


def _environment_of(pid: int) -> list[bytes]:
    try:
        return pathlib.Path(f'/proc/{pid}/environ').read_bytes().split(b'\0')
    except OSError:
        return []


def _command_line(pid: int) -> str:
    try:
        words = pathlib.Path(f'/proc/{pid}/cmdline').read_bytes()
    except OSError:
        return f'{pid} (ended)'
    return f'{pid} {words.replace(bytes(1), b" ").decode(errors="replace")}'
