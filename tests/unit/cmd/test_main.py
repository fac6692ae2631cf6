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

"""The command line, without what it does."""

import contextlib
import os
import pathlib
import subprocess
import sys

from oslo_service import backend
from oslo_service.backend import exceptions as backend_exceptions
import pytest

from cdm_graph.cmd import main


@pytest.fixture(autouse=True)
def _backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the backend of oslo.service be one that was chosen before."""
    choose = backend.init_backend

    def choose_once(kind: backend.BackendType) -> None:
        with contextlib.suppress(backend_exceptions.BackendAlreadySelected):
            choose(kind)

    monkeypatch.setattr(backend, 'init_backend', choose_once)


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith('OS_'):
            monkeypatch.delenv(name)


def _run(*arguments: str) -> object:
    """Return the exit code, of whoever ends the program."""
    try:
        return main.main(list(arguments))
    except SystemExit as error:
        # None is what a program that went well ends with.
        return error.code or 0


def test_one_command_imports_no_other() -> None:
    program = (
        'import sys; from cdm_graph.cmd import main; '
        "main.main(['queries', '--help']); "
        "print(sorted(each for each in sys.modules if '.cmd.' in each))"
    )
    done = subprocess.run(
        [sys.executable, '-c', program],
        capture_output=True,
        check=True,
        text=True,
    )
    assert 'cdm_graph.cmd.queries' in done.stdout
    for other in ('demo', 'doctor', 'serve'):
        assert f'cdm_graph.cmd.{other}' not in done.stdout


def test_an_interrupt_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main.CommandLine, 'run', interrupt)
    assert _run('queries') == 130
    assert not capsys.readouterr().err


def test_without_a_command_help_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _run() == 0
    shown = capsys.readouterr().out
    for command in (
        *('demo', 'export', 'serve', 'simulate', 'status', 'synchronize'),
        *('queries', 'query', 'shell'),
    ):
        assert f'  {command}' in shown


@pytest.mark.parametrize(
    'arguments',
    [
        ('nonsense',),
        ('export', '--format', 'svg'),
        ('demo', '--hosts', '0'),
        ('demo', '--hosts', 'many'),
        ('synchronize', '--timeout', 'long'),
        ('synchronize', '--timeout', 'inf'),
        ('synchronize', '--timeout', 'nan'),
        ('simulate', '--port', '99999'),
        ('simulate', '--rate', '-1'),
        ('simulate', '--backends', '-1'),
        ('simulate', '--storage-rate', 'nan'),
        ('simulate', '--machines', '-1'),
        ('simulate', '--metal-rate', 'inf'),
    ],
    ids=' '.join,
)
def test_a_mistake_in_a_command_costs_a_two(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert _run(*arguments) == 2
    told = capsys.readouterr()
    assert told.out + told.err
    assert 'Traceback' not in told.err


@pytest.mark.parametrize(
    'text',
    [
        '[daemon]\nsocket',
        'hello\n',
        '[collector]\nnova_period = soon\n',
        '[collector]\nnova_period = 3\n',
        '[collector]\ndeletion_share = 2\n',
        '[nova]\ntimeout = long\n',
    ],
)
def test_a_mistake_in_a_file_names_the_file(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path, text: str
) -> None:
    path = tmp_path / 'wrong.conf'
    path.write_text(text)
    assert _run('--config-file', str(path), 'status') == 2
    told = capsys.readouterr().err.strip()
    assert told.startswith('cdm-graph: ')
    assert told.endswith('.')
    assert str(path) in told
    assert len(told.splitlines()) == 1


def test_the_socket_can_be_named(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    path = tmp_path / 'x.sock'
    assert _run('status', '--socket', str(path)) == 1
    assert f'answers on {path} (' in capsys.readouterr().err


def test_no_credentials_at_all_are_told(
    capsys: pytest.CaptureFixture[str],
    tmp_path: pathlib.Path,
) -> None:
    path = tmp_path / 'empty.conf'
    path.touch()
    assert _run('--config-file', str(path), 'export', '--once') == 2
    told = capsys.readouterr()
    assert 'No credentials' in told.err
    assert told.out == ''


def test_a_directory_that_cannot_be_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    path = tmp_path / 'file'
    path.touch()
    assert _run('demo', '--output', str(path)) == 2
    assert '--output' in capsys.readouterr().err
