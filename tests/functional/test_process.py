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

"""The daemon as a process: signals, and its socket."""

import concurrent.futures
import os
import signal
import stat

import pytest

from cdm_graph import exceptions
from tests.functional import conftest
from tests.functional import rig

#: Seconds in which the daemon has to end.
_PATIENCE = 5


def test_one_daemon_serves_on_a_socket_and_ends_when_told(
    new_cloud: conftest.CloudFactory, new_daemon: conftest.DaemonFactory
) -> None:
    daemon = new_daemon(new_cloud()).start()
    assert stat.S_IMODE(os.stat(daemon.socket).st_mode) == 0o600
    before = daemon.exported()
    second = daemon.run('serve')
    assert second.returncode == 1
    sentence = rig.last_sentence_of(second)
    assert f'Another cdm-graph serves on {daemon.socket}.' in sentence
    after = daemon.exported()
    assert after['nodes'] == before['nodes']
    code, seconds = daemon.terminate()
    assert code == 0
    assert seconds < _PATIENCE
    assert not daemon.socket.exists()
    assert 'Traceback' not in daemon.log


def test_a_reload_takes_over_a_period_and_survives_a_mistake(
    new_cloud: conftest.CloudFactory, new_daemon: conftest.DaemonFactory
) -> None:
    daemon = new_daemon(new_cloud()).start()
    daemon.configure({'collector': {'nova_period': 77}})
    daemon.signal(signal.SIGHUP)
    rig.eventually(
        'the period is taken over',
        lambda: 'now runs every 0:01:17' in daemon.log,
        10,
    )
    for mistake in ('soon', 3):
        _reload_mistake(daemon, mistake)
    daemon.configure({'collector': {'nova_period': 88}})
    daemon.signal(signal.SIGHUP)
    rig.eventually(
        'the mended period is taken over',
        lambda: 'now runs every 0:01:28' in daemon.log,
        10,
    )
    daemon.signal(signal.SIGINT)
    assert daemon.wait_for_end(_PATIENCE) == 0
    assert 'Traceback' not in daemon.log


def _reload_mistake(daemon: rig.Daemon, period: object) -> None:
    daemon.configure({'collector': {'nova_period': period}})
    known = len(daemon.log)
    daemon.signal(signal.SIGHUP)
    rig.eventually(
        f'the period {period} is refused',
        lambda: 'keeps its period' in daemon.log[known:],
        10,
    )
    assert daemon.status()['state'] == 'ready'


def test_a_nova_that_hangs_does_not_keep_the_daemon_from_ending(
    new_cloud: conftest.CloudFactory, new_daemon: conftest.DaemonFactory
) -> None:
    cloud = new_cloud()
    daemon = new_daemon(cloud).start()
    cloud.faults.delay('/compute', 120)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(daemon.client.synchronize, 100)
        rig.eventually(
            'Nova is asked',
            lambda: 'Synchronize begins (asked for)' in daemon.log,
        )
        code, seconds = daemon.terminate()
        with pytest.raises(exceptions.DaemonError):
            asked.result(10)
    assert code == 0
    assert seconds < _PATIENCE
    assert not daemon.socket.exists()


def test_a_daemon_that_still_starts_ends_when_told(
    new_cloud: conftest.CloudFactory, new_daemon: conftest.DaemonFactory
) -> None:
    daemon = new_daemon(new_cloud(), 'rabbit://nobody:none@127.0.0.1:1/')
    daemon.start_no_further_than_its_socket()
    code, seconds = daemon.terminate()
    assert code == 0, daemon.log
    assert seconds < _PATIENCE
    assert not daemon.socket.exists()


def test_a_keystone_that_hangs_does_not_keep_the_daemon_from_starting(
    new_cloud: conftest.CloudFactory, new_daemon: conftest.DaemonFactory
) -> None:
    cloud = new_cloud()
    cloud.faults.delay('/identity', 120)
    daemon = new_daemon(cloud).start(ready=False)
    assert daemon.status()['state'] == 'not ready'
    code, seconds = daemon.terminate()
    assert code == 0
    assert seconds < _PATIENCE
