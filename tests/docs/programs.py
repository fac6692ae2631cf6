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


"""What the commands of a block find in place of programs.

``python -m tests.docs.programs NAME ARGUMENT...`` is in the path of a block
as NAME.  What can run here runs: as it is, or somewhat shorter, or beside
what would otherwise hold up the block for ever.  What cannot, since it would
change this machine, reach a registry or need another machine, is *checked*:
as much as can be known of it has to be true.  Which of the two it was is
written into the file ``REPORT``.

A program that is not here is in no block's path, so that its block fails.
"""

import configparser
import contextlib
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import typing

from tests.docs import ledger

#: The variables of the environment by which it is told what it needs.
REPORT: typing.Final = 'CDM_GRAPH_DOCS_REPORT'
#: A folder in place of ``/``, for what is installed.
FALSE_ROOT: typing.Final = 'CDM_GRAPH_DOCS_ROOT'
#: A file for the numbers of the processes that go on.
STARTED: typing.Final = 'CDM_GRAPH_DOCS_STARTED'

_TREE: typing.Final = pathlib.Path(__file__).parents[2]
_BIN: typing.Final = pathlib.Path(sys.executable).parent
#: Where programs of the machine are.
_SYSTEM: typing.Final = (
    '/usr/lib/rabbitmq/bin:/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin'
)
_UNIT: typing.Final = 'cdm-graph.service'
#: Seconds.
_WATCHED: typing.Final = 2.0
_READY: typing.Final = 80.0
_POLL: typing.Final = 0.1
#: What curl says when its time is up, and what diff says of a difference.
_TIME_IS_UP: typing.Final = 28
_DIFFERENT: typing.Final = 1

Arguments = list[str]
Program = typing.Callable[[Arguments], int]


class Wrong(Exception):
    """What a block says cannot be true."""


def _need(condition: object, sentence: str) -> None:
    if not condition:
        raise Wrong(sentence)


def _report(treatment: str) -> None:
    with open(os.environ[REPORT], 'a') as file:
        file.write(f'{treatment}\n')


def _reported() -> int:
    return os.stat(os.environ[REPORT]).st_size


def _run(*command: str | pathlib.Path) -> int:
    return subprocess.run([*map(str, command)], check=False).returncode


def _output(*command: str | pathlib.Path) -> str:
    done = subprocess.run(
        [*map(str, command)], check=False, text=True, capture_output=True
    )
    _need(not done.returncode, f'{command}: {done.stdout}{done.stderr}')
    return done.stdout


def _installed(name: str) -> pathlib.Path:
    """Return a program of the machine, whatever is in the block's path."""
    found = shutil.which(name, path=_SYSTEM)
    _need(found, 'It is not installed: see bindep.txt.')
    return pathlib.Path(str(found))


def _run_installed(name: str, *arguments: str, **more: str) -> int:
    """Run a program of the machine, which finds all others.

    :param more: variables of its environment
    """
    return subprocess.run(
        [_installed(name), *arguments],
        env={**os.environ, 'PATH': _SYSTEM, **more},
        check=False,
    ).returncode


# -- our own program ---------------------------------------------------------


def _cdm_graph(arguments: Arguments) -> int:
    name = next(
        (
            argument
            for before, argument in zip(
                ['', *arguments], arguments, strict=False
            )
            if before != '--config-file' and not argument.startswith('-')
        ),
        '',
    )
    own = _OWN_COMMANDS.get(name)
    return own(arguments) if own else _run(_BIN / 'cdm-graph', *arguments)


def _demo(arguments: Arguments) -> int:
    """Run the demo, for a shorter time."""
    _report(ledger.executed('demo: for two seconds'))
    shorter = [*arguments, '--seconds', '2']
    if '--serve' in arguments:
        # Another daemon may have the usual port.
        shorter[shorter.index('--serve')] = f'--serve={_free_address()}'
    return _run(_BIN / 'cdm-graph', *shorter)


def _doctor(arguments: Arguments) -> int:
    """Examine the setup, for a shorter time."""
    _report(ledger.executed('doctor: for six seconds'))
    return _run(_BIN / 'cdm-graph', *arguments, '--seconds', '6')


def _diff(arguments: Arguments) -> int:
    """Tell a difference from an error."""
    code = _run(_BIN / 'cdm-graph', *arguments)
    return 0 if code == _DIFFERENT else code


def _watch(arguments: Arguments) -> int:
    """Interrupt it after a while, as a user does."""
    _report(ledger.executed('watch: until it is interrupted'))
    process = subprocess.Popen([_BIN / 'cdm-graph', *arguments])
    try:
        while process.poll() is None and not _is_connected(process.pid):
            time.sleep(_POLL)
        time.sleep(_WATCHED)
        _need(process.poll() is None, 'It ended by itself.')
        process.send_signal(signal.SIGINT)
        return process.wait()
    finally:
        process.kill()


def _is_connected(pid: int) -> bool:
    """Return whether a process has a socket."""
    for each in pathlib.Path(f'/proc/{pid}/fd').iterdir():
        # It opens and closes others meanwhile.
        with contextlib.suppress(FileNotFoundError):
            if str(each.readlink()).startswith('socket:'):
                return True
    return False


def _serve(arguments: Arguments) -> int:
    """Serve until the block's end, beside the daemon that is there."""
    _report(ledger.executed('serve: beside another, without a database'))
    at = arguments.index('serve')
    if '--socket' in arguments:
        path = arguments[arguments.index('--socket') + 1]
    else:
        path = 'beside.sock'
        arguments = [*arguments, '--socket', path]
    pathlib.Path('beside.conf').write_text(
        f'[notifications]\npool = docs-{os.getpid()}\n'
        '[store]\nname =\n[api]\nlisten =\n'
    )
    _start(
        [*arguments[:at], '--config-file', 'beside.conf', *arguments[at:]],
        lambda: _is_ready(path),
        # Who reads what the block prints waits until nobody can write there.
        subprocess.DEVNULL,
    )
    return 0


def _simulate(arguments: Arguments) -> int:
    """Simulate until the block's end, on a port that is free."""
    _report(ledger.executed('simulate: on a port that is free'))
    _start(
        [*arguments, '--port', '0'],
        lambda: os.fstat(sys.stdout.fileno()).st_size > 0,
    )
    return 0


def _start(
    arguments: Arguments,
    is_ready: typing.Callable[[], bool],
    output: int | None = None,
) -> None:
    with tempfile.TemporaryFile('w+') as said:
        process = subprocess.Popen(
            [_BIN / 'cdm-graph', *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=said,
            start_new_session=True,
        )
        with open(os.environ[STARTED], 'a') as file:
            file.write(f'{process.pid}\n')
        deadline = time.monotonic() + _READY
        while not is_ready():
            late = time.monotonic() > deadline
            if late or process.poll() is not None:
                said.seek(0)
                raise Wrong(f'It does not serve: {said.read()}')
            time.sleep(_POLL)


def _is_ready(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as end:
        try:
            end.connect(path)
            end.sendall(b'GET /ready HTTP/1.0\r\n\r\n')
            answer = http.client.HTTPResponse(end)
            answer.begin()
        except (OSError, http.client.HTTPException):
            return False
        return answer.status == http.HTTPStatus.OK


def _free_address() -> str:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return f'127.0.0.1:{probe.getsockname()[1]}'


_OWN_COMMANDS: typing.Final[dict[str, Program]] = {
    'demo': _demo,
    'diff': _diff,
    'doctor': _doctor,
    'serve': _serve,
    'simulate': _simulate,
    'watch': _watch,
}

# -- what else runs ----------------------------------------------------------


def _curl(arguments: Arguments) -> int:
    """Fail on an error of HTTP, and leave an endless answer after a while."""
    endless = any(each.endswith('/changes') for each in arguments)
    code = _run_installed(
        'curl',
        '--silent',
        '--show-error',
        '--max-time',
        str(_WATCHED if endless else _READY),
        *(() if '--fail' in arguments else ('--fail-with-body',)),
        *arguments,
    )
    return 0 if endless and code == _TIME_IS_UP else code


def _rabbitmqctl(arguments: Arguments) -> int:
    # It finds the broker's cookie in the home of the broker.
    home = os.environ['RABBITMQ_LOG_BASE']
    return _run_installed('rabbitmqctl', *arguments, HOME=home)


def _man(arguments: Arguments) -> int:
    """Show a page of the manual, as far as it has no mistakes."""
    return _run_installed('man', '--warnings', *arguments)


def _sudo(arguments: Arguments) -> int:
    """Run the command as who one is."""
    if arguments[:1] == ['-u']:
        arguments = arguments[2:]
    return _run(*arguments)


def _venv(arguments: Arguments) -> int:
    """Make the folder of an environment that has what is in the path."""
    _need(arguments[:2] == ['-m', 'venv'], 'Only -m venv is known.')
    [folder] = arguments[2:]
    link = pathlib.Path(folder) / 'bin'
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(os.environ['PATH'])
    _report(ledger.checked('venv: the programs of this test are in it'))
    return 0


def _install(arguments: Arguments) -> int:
    """Install files, whose group may not exist here."""
    if '-g' in arguments:
        at = arguments.index('-g')
        del arguments[at : at + 2]
        _report(ledger.executed('install: without its group'))
    return _run_installed('install', *arguments)


# -- what is checked only ----------------------------------------------------


def _pip(arguments: Arguments) -> int:
    """Look whether there is what would be installed."""
    _need(arguments[:1] == ['install'], 'Only pip install is known.')
    setup = configparser.ConfigParser()
    setup.read(_TREE / 'setup.cfg')
    for wanted in arguments[1:]:
        if wanted.startswith('./'):
            described = _TREE / wanted / 'pyproject.toml'
            _need(described.exists(), f'{wanted} is no distribution.')
            continue
        found = re.fullmatch(r'\.(?:\[([\w,]+)\])?|tox', wanted)
        _need(found, f'pip install {wanted}: nobody knows that.')
        extras = (found[1] or '').split(',') if found else []
        for extra in filter(None, extras):
            _need(
                setup.has_option('options.extras_require', extra),
                f'setup.cfg has no extra {extra}.',
            )
    # The README's own commands are run to their end, in a new clone, by the
    # parts tests and readme of .ci/run; the plugin is installed by tox.
    _report(ledger.checked('pip: there are the extras, or the distribution'))
    return 0


def _tox(arguments: Arguments) -> int:
    """Look whether tox.ini has the environments, and these the arguments."""
    own, _, passed = ' '.join(arguments).partition(' -- ')
    found = re.fullmatch(r'-e ([\w,]+)', own)
    _need(found, f'tox {own}: nobody knows that.')
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(_TREE / 'tox.ini')
    names = found[1].split(',') if found else []
    for name in names:
        _need(
            name == 'py3' or settings.has_section(f'testenv:{name}'),
            f'tox.ini has no environment {name}.',
        )
    if passed:
        section = settings[f'testenv:{names[0]}']
        _check_passed(str(section['commands']), passed.split())
    _report(
        ledger.checked(
            'tox: tox.ini has the environment, and that the arguments'
        )
    )
    return 0


def _check_passed(commands: str, passed: Arguments) -> None:
    """Look whether a module of the tests knows its arguments."""
    found = re.search(r'-m (tests\.\w+)', commands)
    _need(found, f'{commands} takes no arguments of its own.')
    folder = _TREE / str(found and found[1]).replace('.', '/')
    text = (folder / '__main__.py').read_text()
    for word in passed:
        if not word.isdecimal():
            _need(f"'{word}'" in text, f'{folder.name} knows no {word}.')


def _systemctl(arguments: Arguments) -> int:
    """Look whether systemd understands the unit."""
    _need(arguments[-1] == 'cdm-graph', f'No unit {arguments[-1]}.')
    _need(
        arguments[0] in {'enable', 'reload', 'restart', 'status'},
        f'systemctl {arguments[0]}: nobody knows that.',
    )
    root = pathlib.Path(os.environ[FALSE_ROOT])
    unit = root / 'etc/systemd/system' / _UNIT
    text = unit.read_text() if unit.exists() else ''
    _need(text or arguments[0] != 'enable', f'{unit} was not installed.')
    text = text or (_TREE / 'etc/systemd' / _UNIT).read_text()
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / _UNIT
        copy.write_text(
            text.replace('/usr/local/bin/cdm-graph', str(_BIN / 'cdm-graph'))
        )
        _output(_installed('systemd-analyze'), 'verify', '--man=no', copy)
    _report(ledger.checked('systemctl: systemd-analyze verifies the unit'))
    return 0


def _podman(arguments: Arguments) -> int:
    """Look whether the files are there, and run what would run inside."""
    match arguments:
        case ['exec', _container, *command]:
            _report(ledger.executed('podman exec: outside of a container'))
            return _run(*command)
        case ['build', '-f', path, '-t', _tag, '.']:
            text = (_TREE / path).read_text()
            _need('ENTRYPOINT ["cdm-graph"]' in text, f'{path}: {text}')
        case ['run', '--name', _container, '-v', mount, _tag]:
            source, target, _mode = mount.split(':')
            _need(pathlib.Path(source).is_file(), f'There is no {source}.')
            target = target.removeprefix(os.environ[FALSE_ROOT])
            container = (_TREE / 'etc/container/Containerfile').read_text()
            _need(f'"{target}"' in container, f'{target} is read by nobody.')
        case _:
            raise Wrong(f'podman {arguments}: nobody knows that.')
    _report(ledger.checked('podman: the files are there, and fit'))
    return 0


def _useradd(arguments: Arguments) -> int:
    """Look whether the program has the options."""
    _check_options(_output(_installed('useradd'), '--help'), arguments)
    _report(ledger.checked('useradd: has the options'))
    return 0


def _openstack(arguments: Arguments) -> int:
    """Look whether the client has the command, with the options.

    What asks Keystone is run: the simulated cloud has one.
    """
    if arguments[:1] == ['token']:
        return _run(_BIN / 'openstack', *arguments)
    words = []
    for argument in arguments:
        if argument.startswith('-'):
            break
        words.append(argument)
    _check_options(_output(_BIN / 'openstack', 'help', *words), arguments)
    _report(
        ledger.checked('openstack: the client has the command and its options')
    )
    return 0


def _check_options(text: str, arguments: Arguments) -> None:
    for argument in arguments:
        if argument.startswith('--'):
            _need(argument in text, f'There is no option {argument}.')


def _ssh(arguments: Arguments) -> int:
    """Have its configuration printed, without a connection."""
    _output(_installed('ssh'), '-G', *arguments)
    _report(ledger.checked('ssh: understands its options'))
    return 0


PROGRAMS: typing.Final[dict[str, Program]] = {
    'cdm-graph': _cdm_graph,
    'curl': _curl,
    'install': _install,
    'man': _man,
    'openstack': _openstack,
    'pip': _pip,
    'podman': _podman,
    'python3': _venv,
    'rabbitmqctl': _rabbitmqctl,
    'ssh': _ssh,
    'sudo': _sudo,
    'systemctl': _systemctl,
    'tox': _tox,
    'useradd': _useradd,
}
#: Programs of the machine that are in the path as they are.
AS_THEY_ARE: typing.Final = ('bash', 'grep', 'jq', 'ln', 'tail', 'tee')


def main(arguments: Arguments) -> int:
    name, *rest = arguments
    before = _reported()
    try:
        code = PROGRAMS[name](rest)
    except Wrong as error:
        print(f'{name}: {error}', file=sys.stderr)
        return 1
    if _reported() == before:
        _report(ledger.EXECUTED)
    return code


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
