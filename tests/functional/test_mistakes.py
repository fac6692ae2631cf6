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

"""A user's mistake costs them a sentence that names the option."""

import pathlib
import typing

import pytest

from cdm_graph.simulation import process
from tests.functional import conftest
from tests.functional import rig

_MISTAKE: typing.Final = 2


@pytest.fixture
def cloud(new_cloud: conftest.CloudFactory) -> process.Simulation:
    return new_cloud()


def _configuration(
    cloud: process.Simulation,
    folder: pathlib.Path,
    more: rig.Options,
) -> pathlib.Path:
    options = rig.merged(
        conftest.daemon_options(cloud),
        {'daemon': {'socket': folder / 'cdm.sock'}},
    )
    return rig.write_configuration(
        folder / 'cdm-graph.conf', rig.merged(options, more)
    )


@pytest.mark.parametrize(
    ('option', 'group', 'value'),
    [
        ('nova_period', 'collector', 'soon'),
        ('transport_url', 'notifications', 'nothing://host/'),
        ('password', 'nova', 'hidden'),
        ('auth_url', 'nova', 'http://127.0.0.1:{port}/compute'),
        ('socket', 'daemon', '/proc/cdm.sock'),
    ],
)
def test_a_wrong_option_is_named(
    cloud: process.Simulation,
    folder: pathlib.Path,
    option: str,
    group: str,
    value: str,
) -> None:
    port = cloud.auth_url.split(':')[2].partition('/')[0]
    bus = {'notifications': {'transport_url': 'rabbit://u:p@127.0.0.1:1/'}}
    wrong = {group: {option: value.format(port=port)}}
    path = _configuration(cloud, folder, rig.merged(bus, wrong))
    result = rig.run('--config-file', path, 'serve')
    assert result.returncode == _MISTAKE, result.stderr
    assert option in rig.last_sentence_of(result)
    assert 'hidden' not in result.stdout + result.stderr


def test_a_missing_file_is_named_and_debug_shows_the_traceback(
    folder: pathlib.Path,
) -> None:
    missing = folder / 'missing.conf'
    result = rig.run('--config-file', missing, 'serve')
    assert result.returncode == _MISTAKE
    assert f'--config-file: there is no file {missing}.' in (
        rig.sentence_of(result)
    )
    debugged = rig.run('--debug', '--config-file', missing, 'serve')
    assert debugged.returncode == _MISTAKE
    assert 'Traceback' in debugged.stderr
    assert debugged.stderr.strip().endswith(rig.sentence_of(result))
