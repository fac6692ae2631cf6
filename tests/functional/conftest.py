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

"""A message broker, simulated clouds, and daemons beside them."""

import collections.abc
import contextlib
import itertools
import pathlib
import tempfile
import typing

import pytest

from cdm_graph.simulation import notification
from cdm_graph.simulation import process
from tests.functional import bus as buses
from tests.functional import rig

#: It runs where it is installed, by ``tox -e plugin``.
collect_ignore: typing.Final = ['plugin']
#: Each daemon has a queue of its own, and none what another one left.
_NUMBERS: typing.Final = itertools.count(1)


@pytest.fixture(scope='session')
def broker(worker_id: str) -> collections.abc.Iterator[buses.Bus]:
    """The one broker of the session, or of a process that runs a part."""
    number = int(worker_id.removeprefix('gw').replace('master', '0'))
    with (
        tempfile.TemporaryDirectory(prefix='cdm-graph-bus-') as folder,
        buses.running(pathlib.Path(folder), number) as bus,
    ):
        yield bus


@pytest.fixture
def bus(broker: buses.Bus) -> buses.Bus:
    """The broker, up again if a test has left it dead."""
    broker.start()
    return broker


@pytest.fixture
def folder() -> collections.abc.Iterator[pathlib.Path]:
    """A folder with a path that is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix='cdm-graph-') as path:
        yield pathlib.Path(path)


@contextlib.contextmanager
def a_cloud(
    **options: typing.Any,
) -> collections.abc.Iterator[process.Simulation]:
    defaults: dict[str, typing.Any] = {
        'hosts': 5,
        'instances': 40,
        'rate': 0,
        'formats': notification.Format.VERSIONED,
    }
    simulation = process.Simulation(
        process.SimulationOptions(**{**defaults, **options})
    )
    simulation.start()
    try:
        yield simulation
    finally:
        simulation.faults.clear()
        simulation.stop()


CloudFactory = collections.abc.Callable[..., process.Simulation]
DaemonFactory = collections.abc.Callable[..., rig.Daemon]


@pytest.fixture
def new_cloud() -> collections.abc.Iterator[CloudFactory]:
    """Start simulated clouds, which end with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda **options: stack.enter_context(a_cloud(**options))


def daemon_options(
    simulation: process.Simulation, transport_url: str | None = None
) -> dict[str, dict[str, object]]:
    options: dict[str, dict[str, object]] = {
        'nova': dict(rig.credentials(simulation)),
        'collector': {'settling_time': 3, 'longest_retry_delay': 1},
    }
    if transport_url is not None:
        options['notifications'] = {
            'transport_url': transport_url,
            'pool': f'functional-{next(_NUMBERS)}',
            'heartbeat_period': 1,
        }
    return options


@pytest.fixture
def new_daemon(
    folder: pathlib.Path,
) -> collections.abc.Iterator[DaemonFactory]:
    """Make daemons, which end with the test; they have to be started."""
    daemons: list[rig.Daemon] = []

    def make(
        simulation: process.Simulation,
        transport_url: str | None = None,
        **more: collections.abc.Mapping[str, object],
    ) -> rig.Daemon:
        own = folder / str(len(daemons))
        own.mkdir()
        options = daemon_options(simulation, transport_url)
        daemons.append(rig.Daemon(own, rig.merged(options, more)))
        return daemons[-1]

    yield make
    for daemon in daemons:
        daemon.close()
