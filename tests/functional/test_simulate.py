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

"""``cdm-graph simulate`` is a cloud to try the daemon with."""

import collections.abc
import contextlib
import pathlib
import signal
import subprocess
import typing

import pytest

from tests.functional import bus as buses
from tests.functional import rig

_PATIENCE: typing.Final = 5


@contextlib.contextmanager
def _simulating(
    output: pathlib.Path, *arguments: str
) -> collections.abc.Iterator[subprocess.Popen[bytes]]:
    """Run it, until it has printed a configuration, and on."""
    with output.open('wb') as stream:
        simulating = rig.popen(
            *('simulate', '--port', '0', '--hosts', '5', '--instances', '40'),
            *arguments,
            output=stream,
        )
    try:
        rig.eventually('it prints', lambda: 'url' in output.read_text())
        yield simulating
    finally:
        simulating.kill()
        simulating.wait()


@pytest.mark.parametrize('format_', ['versioned', 'unversioned'])
def test_the_daemon_works_with_the_configuration_that_it_prints(
    bus: buses.Bus, folder: pathlib.Path, format_: str
) -> None:
    printed = folder / 'printed.conf'
    with _simulating(
        *(printed, '--transport-url', bus.url),
        *('--rate', '10', '--format', format_),
    ) as simulating:
        options = rig.read_configuration(printed)
        options['notifications']['pool'] = f'functional-{format_}'
        daemon = rig.Daemon(folder, options)
        try:
            daemon.start()
            daemon.wait_until(
                'what happens in the cloud is announced',
                lambda status: status['notifications']['received'] > 10,
                20,
            )
            elements = rig.nova(daemon.status())['elements']
            assert elements['ComputeNode'] == 5
            assert elements['Instance'] > 20
            shown = daemon.status()['collectors']
            assert shown['cinder']['elements']['Volume'] > 50
            assert shown['ironic']['elements']['BaremetalNode'] > 5
        finally:
            daemon.close()
        simulating.send_signal(signal.SIGTERM)
        assert simulating.wait(_PATIENCE) == 0
