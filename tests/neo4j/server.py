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

"""A real Neo4j Community, from the jars of Maven Central.

It has ports and files of its own, on loopback only, and is a process that can
be killed, stopped for a while and started again on what it had stored.  The
jars are fetched once and kept; nothing is compiled.  Whoever cannot have it
gets errors, not skipped tests.
"""

import collections.abc
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import typing
import zipfile

_POM: typing.Final = pathlib.Path(__file__).with_name('pom.xml')
#: Names a directory for the jars, instead of one in the user's cache.
_CACHE: typing.Final = 'CDM_NEO4J_CACHE'
#: The releases, and the versions of Java that each runs on.
_RELEASES: typing.Final = (
    ('2026.08.1', range(21, 100)),
    ('5.26.30', (17, 21)),
)
_MACHINES: typing.Final = pathlib.Path('/usr/lib/jvm')
#: What names the class that is started.
_ENTRY_POINT: typing.Final = (
    'META-INF/services/org.neo4j.server.startup.EntryPoint'
)
_ADMIN: typing.Final = 'org.neo4j.server.startup.Neo4jAdminCommand'
_LOOPBACK: typing.Final = '127.0.0.1'
#: The magic number of Bolt, and which versions are understood.
_HANDSHAKE: typing.Final = bytes.fromhex(
    '6060b017 00080805 00020404 00000000 00000000'
)
_HEAP: typing.Final = '512m'
#: Seconds: the download, a start and a stop on a busy machine.
_FETCHING: typing.Final = 900.0
_STARTING: typing.Final = 180.0
_STOPPING: typing.Final = 120.0
_POLL: typing.Final = 0.05


class Java(typing.NamedTuple):
    """A Java machine."""

    path: str
    major: int


class Neo4jServer:
    """A Neo4j that keeps its data, its port and its password.

    :param home: a directory of its own
    """

    user: typing.Final = 'neo4j'
    password: typing.Final = 'correct-horse'  # noqa: S105 - on loopback

    def __init__(self, home: pathlib.Path) -> None:
        self._home = home.absolute()
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.version, self._java = _choose()

    @property
    def uri(self) -> str:
        return f'bolt://{_LOOPBACK}:{self._port}'

    @property
    def pid(self) -> int | None:
        """The number of its process; none while there is none."""
        process = self._process
        if process is None or process.poll() is not None:
            return None
        return process.pid

    def start(self) -> None:
        """Start it, if it does not run; return once it answers."""
        if self.pid is not None:
            return
        jars = _jars(self.version)
        for name in ('conf', 'data', 'logs', 'run', 'import', 'plugins'):
            (self._home / name).mkdir(parents=True, exist_ok=True)
        self._configure()
        if not (self._home / 'data/dbms/auth.ini').exists():
            self._set_password(jars)
        log_start = self._log_size()
        with open(self._home / 'logs/console.log', 'ab') as output:
            self._process = subprocess.Popen(
                self._command(jars),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._home,
                # A signal from a terminal is for the tests.
                start_new_session=True,
            )
        self._wait_for_start(self._process, log_start)

    def stop(self) -> None:
        """Stop it, in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a loss of power would."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Let it hang: it is there, and does not answer."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def wipe(self) -> None:
        """Delete all that it stored; it must not run."""
        assert self.pid is None, 'A server that runs cannot be wiped.'
        for name in ('data', 'logs', 'run'):
            shutil.rmtree(self._home / name, ignore_errors=True)

    # -- its process -------------------------------------------------------

    def _signal(self, number: signal.Signals) -> None:
        pid = self.pid
        assert pid is not None, 'The server does not run.'
        os.kill(pid, number)

    def _end(self, number: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        process.send_signal(number)
        # One that is paused would not hear of it.
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(_STOPPING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._process = None

    def _wait_for_start(
        self, process: subprocess.Popen[bytes], log_start: int
    ) -> None:
        # Bolt answers before the server has started, and a server that is
        # stopped in between has to recover at the next start.
        deadline = time.monotonic() + _STARTING
        while not (
            b'Started.' in self._log_since(log_start) and _answers(self._port)
        ):
            assert process.poll() is None, (
                f'Neo4j ended ({process.returncode}): {self._last_words()}'
            )
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(
                    f'Neo4j did not start: {self._last_words()}'
                )
            time.sleep(_POLL)

    def _command(self, jars: list[str]) -> list[str]:
        java = self._java
        opened = ('java.nio', 'java.io', 'sun.nio.ch', 'java.util.concurrent')
        return [
            java.path,
            f'-Xms{_HEAP}',
            f'-Xmx{_HEAP}',
            '-cp',
            ':'.join(jars),
            '-XX:+UseG1GC',
            '-XX:-OmitStackTraceInFastThrow',
            '-XX:+DisableExplicitGC',
            # It lives for minutes, in which more would not pay.
            '-XX:TieredStopAtLevel=1',
            '-Djdk.nio.maxCachedBufferSize=1024',
            '-Dio.netty.tryReflectionSetAccessible=true',
            '-Dlog4j2.disable.jmx=true',
            '-Dfile.encoding=UTF-8',
            *(f'--add-opens=java.base/{each}=ALL-UNNAMED' for each in opened),
            *_flags(java, self.version),
            _main_class(jars, self.version),
            f'--home-dir={self._home}',
            f'--config-dir={self._home / "conf"}',
        ]

    def _set_password(self, jars: list[str]) -> None:
        done = subprocess.run(
            [
                self._java.path,
                '-XX:TieredStopAtLevel=1',
                '-cp',
                ':'.join(jars),
                _ADMIN,
                'dbms',
                'set-initial-password',
                self.password,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={
                **os.environ,
                'NEO4J_HOME': str(self._home),
                'NEO4J_CONF': str(self._home / 'conf'),
                'JAVA_HOME': str(
                    pathlib.Path(self._java.path).resolve().parent.parent
                ),
            },
            timeout=_STARTING,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stdout

    # -- its files ---------------------------------------------------------

    def _configure(self) -> None:
        settings = _settings(self._port, self.version)
        (self._home / 'conf/neo4j.conf').write_text(
            ''.join(f'{name}={value}\n' for name, value in settings.items())
        )

    @property
    def _log(self) -> pathlib.Path:
        return self._home / 'logs/neo4j.log'

    def _log_size(self) -> int:
        return self._log.stat().st_size if self._log.exists() else 0

    def _log_since(self, offset: int) -> bytes:
        try:
            with open(self._log, 'rb') as log:
                log.seek(offset)
                return log.read()
        except FileNotFoundError:
            return b''

    def _last_words(self) -> str:
        paths = (self._home / 'logs/console.log', self._log)
        return '\n'.join(
            path.read_text('utf-8', 'replace')[-2000:]
            for path in paths
            if path.exists()
        )


def _settings(port: int, version: str) -> dict[str, str]:
    old = version.startswith('5.')
    return {
        'server.default_listen_address': _LOOPBACK,
        'server.default_advertised_address': _LOOPBACK,
        'server.bolt.listen_address': f'{_LOOPBACK}:{port}',
        # Else clients of neo4j:// are sent to 7687.
        'server.bolt.advertised_address': f'{_LOOPBACK}:{port}',
        'server.bolt.tls_level': 'DISABLED',
        'server.http.enabled': 'false',
        'server.https.enabled': 'false',
        'dbms.security.auth_enabled': 'true',
        'server.memory.heap.initial_size': _HEAP,
        'server.memory.heap.max_size': _HEAP,
        'server.memory.pagecache.size': '64m',
        # Its defaults cost gigabytes, and a long replay after a kill.
        'db.checkpoint.interval.time': '30s',
        'db.tx_log.rotation.size': '32m',
        'db.tx_log.rotation.retention_policy': '64M size',
        # Nothing leaves this machine.
        'dbms.usage_report.enabled': 'false',
        'client.allow_telemetry': 'false',
        **({} if old else {'server.fleet_discovery.enabled': 'false'}),
        # A stop waits for it twice, after the data is safe.
        'internal.dbms.bolt.netty_server_shutdown_quiet_period'
        + ('' if old else '_duration'): '0' if old else '0s',
    }


def _flags(java: Java, version: str) -> collections.abc.Iterator[str]:
    """Yield what only some machines know."""
    if java.major >= 19:
        # What it has loaded is kept by a stop, and makes starts quick.
        archive = _cache() / 'cds' / f'{version}-java{java.major}.jsa'
        archive.parent.mkdir(parents=True, exist_ok=True)
        yield '-XX:+AutoCreateSharedArchive'
        yield f'-XX:SharedArchiveFile={archive}'
        yield from ('-Xlog:cds=off', '-Xlog:cds+dynamic=off', '-Xlog:aot=off')
    if java.major >= 22:
        yield '--enable-native-access=ALL-UNNAMED'
    if java.major >= 23:
        yield '--sun-misc-unsafe-memory-access=allow'


def _cache() -> pathlib.Path:
    named = os.environ.get(_CACHE)
    if named:
        return pathlib.Path(named).absolute()
    base = os.environ.get('XDG_CACHE_HOME')
    cache = pathlib.Path(base) if base else pathlib.Path.home() / '.cache'
    return cache / 'cdm-graph-neo4j'


def _choose() -> tuple[str, Java]:
    """Return the newest release that a Java of this machine runs."""
    machines = [Java(path, _major(path)) for path in _java_paths()]
    for version, fitting in _RELEASES:
        for java in machines:
            if java.major in fitting:
                return version, java
    raise AssertionError(
        'Neo4j needs Java 17, 21 or newer; there are only '
        f'{[java.path for java in machines]}: install what bindep tells.'
    )


def _java_paths() -> collections.abc.Iterator[str]:
    home, found = os.environ.get('JAVA_HOME'), shutil.which('java')
    if home:
        yield os.path.join(home, 'bin', 'java')
    if found:
        yield found
    yield from sorted(map(str, _MACHINES.glob('*/bin/java')), reverse=True)


def _major(java: str) -> int:
    try:
        said = subprocess.run(
            [java, '-version'],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            timeout=_STARTING,
        ).stderr
    except OSError:
        return 0
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


def _jars(version: str) -> list[str]:
    """Return the jars in an order that is always the same.

    What the Java machine keeps of a run holds for that order only.
    """
    folder = _cache() / 'lib' / version
    if not folder.is_dir():
        _fetch(version, folder)
    return sorted(map(str, folder.glob('*.jar')))


def _fetch(version: str, folder: pathlib.Path) -> None:
    """Download the jars; the folder is there once all of them are."""
    part = folder.with_name(f'{folder.name}.part{os.getpid()}')
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            [
                'mvn',
                '--batch-mode',
                '--quiet',
                # A wrong checksum is an error.
                '--strict-checksums',
                f'--file={_POM}',
                f'-Dneo4j.version={version}',
                'dependency:copy-dependencies',
                f'-DoutputDirectory={part}',
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_FETCHING,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-3000:]
        part.rename(folder)
    except OSError:
        # Another one may have been first.
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _main_class(jars: list[str], version: str) -> str:
    name = f'neo4j-{version}.jar'
    path = next(jar for jar in jars if os.path.basename(jar) == name)
    with zipfile.ZipFile(path) as jar:
        return jar.read(_ENTRY_POINT).decode().split()[0]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    """Return whether Bolt is spoken there."""
    try:
        with socket.create_connection((_LOOPBACK, port), 1.0) as connection:
            connection.sendall(_HANDSHAKE)
            answer = connection.recv(4)
    except OSError:
        return False
    return len(answer) == 4 and any(answer)
