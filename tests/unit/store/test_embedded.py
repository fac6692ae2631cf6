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

"""The engine's process, with a child that is none in its place."""

import collections.abc
import importlib.util
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.store import embedded

_SERVES: typing.Final = """
import os, sys
with open(os.environ['TOLD'], 'a') as told:
    told.write(sys.stdin.readline())
print('{}', flush=True)
sys.stdin.read()
with open(os.environ['TOLD'], 'a') as told:
    told.write('"end"\\n')
"""
_FAILS: typing.Final = """
import sys
sys.stdin.readline()
for number in range(9):
    print(f'line {number}', file=sys.stderr)
sys.exit(3)
"""
_LINGERS: typing.Final = """
import signal, sys
sys.stdin.readline()
print('{}', flush=True)
signal.pause()
"""
_HANGS: typing.Final = """
import signal, sys
print('It takes long.', file=sys.stderr, flush=True)
signal.pause()
"""


class _Popen(subprocess.Popen[str]):
    """Starts a small program instead of the engine."""

    program = _SERVES

    def __init__(self, command: list[str], **options: typing.Any) -> None:
        assert command[1:] == ['-m', 'cdm_graph.store.engine']
        super().__init__([sys.executable, '-c', self.program], **options)


@pytest.fixture(autouse=True)
def told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> pathlib.Path:
    monkeypatch.setattr(importlib.util, 'find_spec', lambda _name: True)
    monkeypatch.setattr(embedded.subprocess, 'Popen', _Popen)
    monkeypatch.setattr(_Popen, 'program', _SERVES)
    monkeypatch.setenv('TOLD', str(tmp_path / 'told'))
    return tmp_path / 'told'


@pytest.fixture
def engine(
    tmp_path: pathlib.Path,
) -> collections.abc.Iterator[embedded.EmbeddedEngine]:
    engine = embedded.EmbeddedEngine(str(tmp_path / 'data'), '512m', 2.5)
    yield engine
    engine.close()


def _is_alive(pid: int | None) -> bool:
    assert pid is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_starts_when_it_is_needed_and_ends_when_it_is_closed(
    engine: embedded.EmbeddedEngine, told: pathlib.Path
) -> None:
    assert engine.pid is None
    writer, reader = engine.writer(), engine.reader()
    assert writer is not reader
    assert (engine.writer(), engine.reader()) == (writer, reader)
    pid = engine.pid
    assert _is_alive(pid)
    engine.close()
    assert engine.pid is None
    assert not _is_alive(pid)
    line, end = map(json.loads, told.read_text().splitlines())
    assert end == 'end'
    assert (line['memory'], line['query_timeout']) == ('512m', 2.5)
    assert line['directory'] == str(told.parent / 'data')
    assert line['bolt_port'] != line['http_port']
    assert len(line['password']) >= 32
    assert line['password'] != line['reader_password']
    with pytest.raises(exceptions.StoreUnavailable, match='was stopped'):
        engine.writer()
    engine.close()


def test_it_is_started_again_when_it_was_killed(
    engine: embedded.EmbeddedEngine,
    told: pathlib.Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = engine.writer()
    first = engine.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while engine.writer() is before:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert engine.pid != first
    assert _is_alive(engine.pid)
    assert 'exit code -9' in caplog.text
    passwords = {
        json.loads(line)['password'] for line in told.read_text().splitlines()
    }
    assert len(passwords) == 2


def test_what_does_not_start_is_told_with_its_last_words(
    engine: embedded.EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Popen, 'program', _FAILS)
    for _ in range(2):
        with pytest.raises(
            exceptions.StoreUnavailable,
            match=r'did not start; .*engine\.log: line 6 line 7 line 8$',
        ):
            engine.reader()
    monkeypatch.setattr(_Popen, 'program', _SERVES)
    assert engine.reader()


def test_what_takes_too_long_to_start_is_killed(
    engine: embedded.EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Popen, 'program', _HANGS)
    monkeypatch.setattr(embedded, '_STARTING', 0.5)
    with pytest.raises(exceptions.StoreUnavailable, match='did not start'):
        engine.writer()
    assert engine.pid is None


def test_what_does_not_end_is_killed(
    engine: embedded.EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Popen, 'program', _LINGERS)
    monkeypatch.setattr(embedded, '_STOPPING', 0.05)
    engine.writer()
    pid = engine.pid
    engine.close()
    assert not _is_alive(pid)


def test_a_directory_of_its_own_goes_with_it() -> None:
    engine = embedded.EmbeddedEngine(None, '1g', 1.0)
    directory = pathlib.Path(engine.address.rpartition(' ')[2])
    assert directory.is_dir()
    assert not engine.is_lasting
    engine.close()
    assert not directory.exists()


def test_a_directory_that_was_named_stays(tmp_path: pathlib.Path) -> None:
    path = tmp_path / 'made' / 'on the way'
    engine = embedded.EmbeddedEngine(str(path), '1g', 1.0)
    assert engine.is_lasting
    assert engine.database == 'cdm'
    assert engine.address == f'the embedded engine in {path}'
    engine.close()
    assert path.is_dir()


def test_a_directory_that_cannot_be_is_a_wrong_configuration(
    tmp_path: pathlib.Path,
) -> None:
    (tmp_path / 'file').touch()
    with pytest.raises(
        exceptions.ConfigurationError, match=r'\[store\] directory'
    ):
        embedded.EmbeddedEngine(str(tmp_path / 'file' / 'x'), '1g', 1.0)


def test_what_is_not_installed_is_a_wrong_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, 'find_spec', lambda _name: None)
    with pytest.raises(
        exceptions.ConfigurationError, match='the extra "embedded"'
    ):
        embedded.EmbeddedEngine(None, '1g', 1.0)
