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


"""What the blocks are about: a cloud, its message bus, and a daemon.

The daemon is ``cdm-graph serve`` with the configuration that the README gives
its readers: what stands there for something of their own, such as a password,
is that of the simulated cloud.
"""

import collections.abc
import configparser
import contextlib
import itertools
import pathlib
import shutil
import socket
import tempfile
import threading
import typing

from cdm_graph.simulation import notification
from cdm_graph.simulation import process
from tests.docs import blocks
from tests.docs import nova_options
from tests.functional import bus as buses
from tests.functional import rig

_HOSTS: typing.Final = 10
_INSTANCES: typing.Final = 100
#: Seconds between two things that happen.
_PAUSE: typing.Final = 0.5
#: Seconds; the machine may be busy with other tests.
_START_TIMEOUT: typing.Final = 120.0


class World(typing.NamedTuple):
    """All that runs."""

    folder: pathlib.Path
    bus: buses.Bus
    cloud: process.Simulation
    daemon: rig.Daemon
    #: Where the daemon answers browsers.
    address: str
    #: Where another one answers who has a token of Keystone.
    guarded_address: str


def readme_options() -> dict[str, dict[str, str]]:
    """Return what the README tells to write into ``cdm-graph.conf``."""
    options: dict[str, dict[str, str]] = {}
    for block in blocks.of(blocks.ROOT / 'README.rst'):
        if block.language != 'ini':
            continue
        parser = configparser.RawConfigParser()
        parser.read_string(block.text)
        if nova_options.is_nova_conf(parser):
            continue
        for section in parser.sections():
            options.setdefault(section, {}).update(parser[section])
    return options


def free_address() -> str:
    """Return an address on loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return f'127.0.0.1:{probe.getsockname()[1]}'


@contextlib.contextmanager
def running() -> collections.abc.Iterator[World]:
    """Run all of it."""
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(tempfile.mkdtemp(prefix='cdm-graph-docs-'))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        bus = stack.enter_context(buses.running(folder / 'bus'))
        cloud = process.Simulation(
            process.SimulationOptions(
                hosts=_HOSTS,
                instances=_INSTANCES,
                rate=0,
                transport_url=bus.url,
                formats=notification.Format.VERSIONED,
            )
        )
        cloud.start()
        stack.callback(cloud.stop)
        stack.enter_context(_switching(cloud))
        address = free_address()
        daemon = rig.Daemon(folder, _options(folder, bus, cloud, address))
        stack.callback(daemon.close)
        daemon.start(timeout=_START_TIMEOUT)
        guarded_address = free_address()
        guarded = rig.Daemon(
            _new_folder(folder / 'guarded'),
            _guarded_options(cloud, guarded_address),
        )
        stack.callback(guarded.close)
        guarded.start(timeout=_START_TIMEOUT)
        yield World(folder, bus, cloud, daemon, address, guarded_address)


@contextlib.contextmanager
def _switching(
    cloud: process.Simulation,
) -> collections.abc.Iterator[None]:
    """Switch servers off and on again meanwhile.

    So something happens all the time, and the hosts and servers that the
    documents name stay where they are.
    """
    done = threading.Event()

    def switch() -> None:
        for uuid in itertools.cycle(rig.plain_servers(cloud)):
            for operation in (
                cloud.operations.power_off(uuid),
                cloud.operations.power_on(uuid),
            ):
                if done.wait(_PAUSE):
                    return
                cloud.perform(operation)

    thread = threading.Thread(target=switch, name='switching', daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _new_folder(path: pathlib.Path) -> pathlib.Path:
    path.mkdir()
    return path


def _guarded_options(
    cloud: process.Simulation, address: str
) -> dict[str, dict[str, object]]:
    """Return the options of a daemon that wants tokens, and has no bus."""
    credentials = rig.credentials(cloud)
    return {
        'nova': dict(credentials),
        'api': {'listen': address, 'auth_strategy': 'keystone'},
        'keystone_authtoken': {
            **{
                name: value
                for name, value in credentials.items()
                if name != 'region_name'
            },
            'www_authenticate_uri': credentials['auth_url'],
        },
    }


def _options(
    folder: pathlib.Path,
    bus: buses.Bus,
    cloud: process.Simulation,
    address: str,
) -> dict[str, dict[str, object]]:
    """Return the README's configuration, with what is this cloud's own."""
    told = readme_options()
    own: dict[str, dict[str, object]] = {
        'nova': dict(rig.credentials(cloud)),
        'notifications': {
            'transport_url': bus.url,
            # The simulated cloud knows no other topic.
            'topics': notification.VERSIONED_TOPIC,
        },
        'store': {'directory': folder / 'store', 'memory': '512m'},
        'api': {'listen': address},
    }
    missing = own['nova'].keys() ^ told['nova'].keys()
    assert not missing, f'README, section [nova]: {missing}'
    return rig.merged(told, own)
