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

"""A file of racks, and a simulated cloud whose hosts stand in them."""

import collections.abc
import contextlib
import pathlib
import shutil
import time
import typing

import pytest

from cdm_graph import service
from cdm_graph.conf import loading
from cdm_graph.simulation import notification
from cdm_graph.simulation import process

_EXAMPLE: typing.Final = pathlib.Path(__file__).parents[1] / 'racks.yaml'
_TIMEOUT: typing.Final = 30.0
_POLL: typing.Final = 0.02


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    """The file of racks, to be changed at will."""
    return pathlib.Path(shutil.copy(_EXAMPLE, tmp_path / 'racks.yaml'))


@pytest.fixture
def eventually() -> collections.abc.Callable[..., None]:
    """Return what waits until something is so."""

    def wait(is_so: collections.abc.Callable[[], object]) -> None:
        deadline = time.monotonic() + _TIMEOUT
        while not is_so():
            assert time.monotonic() < deadline, 'It is not so after all.'
            time.sleep(_POLL)

    return wait


@pytest.fixture(scope='session')
def cloud() -> collections.abc.Iterator[process.Simulation]:
    """A cloud of four hosts, of which no rack has the last."""
    simulation = process.Simulation(
        process.SimulationOptions(
            hosts=4,
            instances=20,
            rate=0,
            transport_url='fake://',
            formats=notification.Format.VERSIONED,
        )
    )
    simulation.start()
    try:
        yield simulation
    finally:
        simulation.stop()


@pytest.fixture
def configuration(
    tmp_path: pathlib.Path, path: pathlib.Path, cloud: process.Simulation
) -> pathlib.Path:
    """The file that configures a daemon with the plugin."""
    where = tmp_path / 'cdm-graph.conf'
    credentials = '\n'.join(
        f'{name} = {value}' for name, value in cloud.credentials.items()
    )
    where.write_text(
        f"""
[collector]
collectors = nova,racks

[racks]
path = {path}

[daemon]
socket = {tmp_path}/cdm.sock

[nova]
auth_type = password
auth_url = {cloud.auth_url}
{credentials}
"""
    )
    return where


@pytest.fixture
def daemon(
    configuration: pathlib.Path,
) -> collections.abc.Iterator[
    collections.abc.Callable[[], service.ClusterModelService]
]:
    """Return what starts a daemon in this process."""
    with contextlib.ExitStack() as stack:

        def start() -> service.ClusterModelService:
            conf = loading.load(
                [str(configuration)],
                {
                    ('notifications', 'transport_url'): 'fake://',
                    ('notifications', 'pool'): configuration.parent.name,
                },
            )
            main = service.ClusterModelService(conf)
            stack.callback(main.stop)
            main.start()
            return main

        yield start
