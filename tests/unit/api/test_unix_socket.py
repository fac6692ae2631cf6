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

import pathlib
import socket
import stat

import pytest

from cdm_graph import exceptions
from cdm_graph.api import unix_socket


@pytest.fixture
def path(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp('s') / 'cdm.sock'


def _can_connect(path: pathlib.Path) -> bool:
    with socket.socket(socket.AF_UNIX) as asking:
        try:
            asking.connect(str(path))
        except OSError:
            return False
    return True


def test_only_its_owner_may_connect(path: pathlib.Path) -> None:
    deeper = path.with_name('not') / 'there' / 'cdm.sock'
    local = unix_socket.UnixSocket(str(deeper))
    assert stat.S_IMODE(deeper.stat().st_mode) == 0o600
    assert _can_connect(deeper)
    local.close()
    assert not deeper.exists()


def test_a_socket_in_use_is_refused(path: pathlib.Path) -> None:
    local = unix_socket.UnixSocket(str(path))
    with pytest.raises(exceptions.DaemonAlreadyRunning, match=str(path)):
        unix_socket.UnixSocket(str(path))
    assert _can_connect(path)
    local.close()
    unix_socket.UnixSocket(str(path)).close()


def test_a_dead_daemons_socket_is_taken_over(path: pathlib.Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert not _can_connect(path)
    local = unix_socket.UnixSocket(str(path))
    assert _can_connect(path)
    local.close()


def test_what_is_no_socket_is_left_alone(path: pathlib.Path) -> None:
    path.write_text('precious')
    with pytest.raises(
        exceptions.ConfigurationError, match=r'\[daemon\] socket'
    ):
        unix_socket.UnixSocket(str(path))
    assert path.read_text() == 'precious'


@pytest.mark.parametrize('name', ['x' * 200, 'file/cdm.sock'])
def test_a_path_that_cannot_be_is_told(path: pathlib.Path, name: str) -> None:
    (path.parent / 'file').touch()
    wrong = path.parent / name
    for _ in range(2):
        with pytest.raises(
            exceptions.ConfigurationError, match=r'\[daemon\] socket.*\.$'
        ):
            unix_socket.UnixSocket(str(wrong))
