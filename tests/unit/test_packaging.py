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

"""Whether what stands beside the package fits to it."""

import configparser
import json
import pathlib
import shlex
import subprocess
import sys
import typing

import pytest

from cdm_graph.conf import daemon

_ETC: typing.Final = pathlib.Path(__file__).parents[2] / 'etc'


def _unit() -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(_ETC / 'systemd' / 'cdm-graph.service')
    return unit


def _image_command() -> list[str]:
    text = (_ETC / 'container' / 'Containerfile').read_text()
    (command,) = (
        line.removeprefix('CMD ')
        for line in text.splitlines()
        if line.startswith('CMD ')
    )
    return [str(word) for word in json.loads(command)]


@pytest.mark.parametrize('where', ['systemd', 'container'])
def test_the_daemon_is_started_with_words_that_it_knows(where: str) -> None:
    if where == 'systemd':
        program, *words = shlex.split(_unit()['Service']['ExecStart'])
        assert program.endswith('/cdm-graph')
    else:
        words = _image_command()
    assert words[0] == '--config-file'
    path = words[1]
    assert path == '/etc/cdm-graph/cdm-graph.conf'
    # There is no such file here, and that is all that is wrong.
    result = subprocess.run(
        [sys.executable, '-m', 'cdm_graph.cmd.main', *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
    )
    assert result.returncode == 2
    assert path in result.stderr


def test_the_service_may_write_where_its_socket_is() -> None:
    (socket,) = (each for each in daemon.OPTS if each.name == 'socket')
    folder = pathlib.Path(socket.default).parent
    assert (
        folder
        == pathlib.Path('/run') / (_unit()['Service']['RuntimeDirectory'])
    )
