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

"""The commands under test, as processes; and waiting for what they do."""

import collections.abc
import configparser
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import typing

from cdm_graph import exceptions
from cdm_graph.cmd import client
from cdm_graph.simulation import process

PROGRAM: typing.Final = (sys.executable, '-m', 'cdm_graph.cmd.main')
#: Long enough for a machine that is busy with something else.
_COMMAND_TIMEOUT: typing.Final = 90.0
_TIMEOUT: typing.Final = 30.0
_END_TIMEOUT: typing.Final = 20.0
_POLL: typing.Final = 0.1

_RESULT = typing.TypeVar('_RESULT')

Options = collections.abc.Mapping[str, collections.abc.Mapping[str, object]]
Status = dict[str, typing.Any]


def eventually(
    what: str,
    probe: collections.abc.Callable[[], _RESULT],
    timeout: float = _TIMEOUT,
) -> _RESULT:
    """Return what a probe returns when that is true at last."""
    deadline = time.monotonic() + timeout
    while True:
        result = probe()
        if result:
            return result
        assert time.monotonic() < deadline, (
            f'{what}: not within {timeout:g} s; the last answer: {result!r}'
        )
        time.sleep(_POLL)


def environment(more: collections.abc.Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which no cloud is named but in ``more``."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith('OS_')
    }
    return {**kept, **more}


def run(
    *arguments: str | pathlib.Path,
    env: collections.abc.Mapping[str, str] | None = None,
    program: collections.abc.Sequence[str] = PROGRAM,
    stdout: typing.Any = subprocess.PIPE,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*program, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=environment(env or {}),
        timeout=_COMMAND_TIMEOUT,
        check=False,
        text=True,
    )


def sentence_of(result: subprocess.CompletedProcess[str]) -> str:
    """Return the one sentence that a command that failed has said."""
    sentence = last_sentence_of(result)
    assert result.stderr.strip() == sentence, result.stderr
    return sentence


def popen(
    *arguments: str | pathlib.Path, output: typing.IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a command that goes on until it is stopped."""
    return subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=environment({}),
    )


def last_sentence_of(result: subprocess.CompletedProcess[str]) -> str:
    """Return the sentence with which a daemon ended, below its log."""
    assert 'Traceback' not in result.stderr, result.stderr
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith('cdm-graph: '), result.stderr
    return last


def credentials(simulation: process.Simulation) -> dict[str, str]:
    """Return a simulated cloud's section of a configuration file."""
    return {
        'auth_type': 'password',
        'auth_url': simulation.auth_url,
        **simulation.credentials,
    }


def openrc(simulation: process.Simulation) -> dict[str, str]:
    """Return the variables of the openrc file of a simulated cloud."""
    return {
        'OS_AUTH_URL': simulation.auth_url,
        **{
            f'OS_{name.upper()}': value
            for name, value in simulation.credentials.items()
        },
    }


def write_configuration(path: pathlib.Path, options: Options) -> pathlib.Path:
    lines: list[str] = []
    for group, values in options.items():
        lines.append(f'[{group}]')
        lines += [f'{name} = {value}' for name, value in values.items()]
    path.write_text('\n'.join(lines) + '\n')
    return path


def read_configuration(path: pathlib.Path) -> dict[str, dict[str, object]]:
    parser = configparser.RawConfigParser()
    parser.read_string(path.read_text())
    return {name: dict(parser[name]) for name in parser.sections()}


def merged(options: Options, more: Options) -> dict[str, dict[str, object]]:
    """Return options with others added to them."""
    groups = [*options, *(group for group in more if group not in options)]
    return {
        group: {**options.get(group, {}), **more.get(group, {})}
        for group in groups
    }


class Daemon:
    """``cdm-graph serve`` as a process.

    :param folder: for its files; a short path, since the socket is there
    :param options: of its configuration file
    """

    def __init__(self, folder: pathlib.Path, options: Options) -> None:
        self.socket = folder / 'cdm.sock'
        self.client = client.DaemonClient(str(self.socket), timeout=20)
        self._folder = folder
        self._options = merged(options, {'daemon': {'socket': self.socket}})
        self._log = folder / 'serve.log'
        self._process: subprocess.Popen[bytes] | None = None
        self.configuration = folder / 'cdm-graph.conf'
        self.configure({})

    def configure(self, more: Options) -> None:
        """Write its configuration file, with more options."""
        self._options = merged(self._options, more)
        write_configuration(self.configuration, self._options)

    # -- the process ---

    def start(
        self, *, ready: bool = True, timeout: float = _TIMEOUT
    ) -> typing.Self:
        """Start it; return when it answers, or when its model is complete."""
        self._spawn()
        self.wait_until('answers', lambda status: True, timeout)
        if ready:
            self.wait_until('ready', lambda status: _is_ready(status), timeout)
        return self

    def start_no_further_than_its_socket(self) -> None:
        """Start it; return while it waits for the broker that it lacks."""
        self._spawn()
        eventually('there is a socket', self.socket.exists)
        eventually('it connects', lambda: 'Connection failed' in self.log)

    def _spawn(self) -> None:
        assert self._process is None
        with self._log.open('ab') as output:
            self._process = popen(
                '--config-file', self.configuration, 'serve', output=output
            )

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait_for_end(self, timeout: float) -> int:
        """Return the exit code."""
        assert self._process is not None
        code = self._process.wait(timeout)
        self._process = None
        return code

    def terminate(self) -> tuple[int, float]:
        """Ask it to end; return the exit code and how long it took."""
        began = time.monotonic()
        self.signal(signal.SIGTERM)
        return self.wait_for_end(_END_TIMEOUT), time.monotonic() - began

    def close(self) -> None:
        """End it, in whatever state it is."""
        if self._process is not None:
            self._process.kill()
            self.wait_for_end(30)

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        return self._log.read_text()

    # -- what it says ---

    def run(
        self, *arguments: str | pathlib.Path
    ) -> subprocess.CompletedProcess[str]:
        """Run another command beside it."""
        return run('--config-file', self.configuration, *arguments)

    def status(self) -> Status:
        return self.client.status()

    def exported(self) -> dict[str, typing.Any]:
        """Return what it exports as JSON."""
        document: dict[str, typing.Any] = json.loads(
            ''.join(self.client.export('json'))
        )
        return document

    def wait_until(
        self,
        what: str,
        is_so: collections.abc.Callable[[Status], bool],
        timeout: float = _TIMEOUT,
    ) -> Status:
        """Return the first status of which something is so."""
        status: Status = {}

        def probe() -> bool:
            assert self.is_alive, f'The daemon ended:\n{self.log}'
            try:
                status.update(self.status())
            except exceptions.DaemonUnreachable:
                return False
            return is_so(status)

        try:
            eventually(what, probe, timeout)
        except AssertionError as error:
            raise AssertionError(
                f'{error}\n{json.dumps(status, indent=1)}\n{self.log}'
            ) from None
        return status

    def drain(self, received: int, timeout: float = _TIMEOUT) -> Status:
        """Wait until so many messages came, and all is in the model."""
        return self.wait_until(
            f'{received} messages are drained',
            lambda status: (
                status['notifications']['received'] >= received
                and is_drained(status)
            ),
            timeout,
        )


def is_drained(status: Status) -> bool:
    """Return whether all that was received is in the model."""
    counters = status['notifications']
    return counters['received'] == sum(counters['outcomes'].values()) and all(
        not collector['dirty'] and not collector['settling']
        for collector in status['collectors'].values()
    )


def reasons(status: Status) -> dict[str, int]:
    """Return how many messages had which fate."""
    found: dict[str, int] = status['notifications']['reasons']
    return found


def nova(status: Status) -> dict[str, typing.Any]:
    """Return what a status tells of the collector of Nova."""
    collector: dict[str, typing.Any] = status['collectors']['nova']
    return collector


def _is_ready(status: Status) -> bool:
    bus = status['bus']
    return status['state'] == 'ready' and (
        not bus['configured'] or bus.get('alive') is not False
    )


def plain_servers(cloud: process.Simulation) -> list[str]:
    """Return servers that run and have nothing special about them."""
    with cloud.cloud.lock:
        return [
            row.uuid
            for row in cloud.cloud.servers
            if row.vm_state == 'active'
            and row.task_state is None
            and not row.locked
            and cloud.cloud.group_of(row.uuid) is None
        ]


def drained(cloud: process.Simulation, daemon: Daemon) -> Status:
    """Let a cloud come to rest; return the status once all is in the model.

    A last change is made for it: what it follows on the bus has been
    received once the model shows it.
    """
    cloud.settle()
    uuid = plain_servers(cloud)[0]
    name = f'last-{time.monotonic_ns()}'
    cloud.perform(cloud.operations.rename(uuid, name))
    eventually(
        'the last change is in the model',
        lambda: attribute(daemon.exported(), uuid, 'name') == name,
    )
    return daemon.drain(0)


def attribute(
    document: collections.abc.Mapping[str, typing.Any], vertex: str, name: str
) -> typing.Any:
    """Return an attribute of a vertex of an export; none if it has none."""
    for node in document['nodes']:
        if node['id'] == vertex:
            return node.get(name)
    return None
