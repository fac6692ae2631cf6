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

"""The message broker dies, and comes back."""

import collections.abc
import time
import typing

from cdm_graph.simulation import notification
from tests.functional import bus as buses
from tests.functional import conftest
from tests.functional import rig
from tests.functional import truths

_RECOVERY: typing.Final = 60.0
#: Seconds in which the daemon has to end.
_PATIENCE: typing.Final = 5


def _lost(
    operation: collections.abc.Iterable[notification.Notifications],
) -> None:
    """Carry out an operation whose notifications nobody gets."""
    collections.deque(operation, maxlen=0)


def test_what_a_dead_broker_lost_is_found_without_being_asked(
    bus: buses.Bus,
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
) -> None:
    cloud = new_cloud(transport_url=bus.url)
    daemon = new_daemon(cloud, bus.url).start()
    daemon.wait_until('delivers', lambda status: status['bus']['alive'])
    before = daemon.drain(0)
    assert before['bus']['interruptions'] == 0
    bus.kill()
    first, second, third, fourth = rig.plain_servers(cloud)[:4]
    does = cloud.operations
    _lost(does.delete_server(first))
    _lost(does.power_off(second))
    _lost(does.live_migrate(third))
    _lost(does.create_server())
    _lost(does.create_flavor('lost', 1, 512, 1))
    daemon.wait_until(
        'the bus is away', lambda status: status['bus']['alive'] is False
    )
    shown = daemon.run('status').stdout
    assert 'AWAY' in shown
    assert daemon.status()['state'] == 'ready'
    assert truths.differences(daemon.exported(), cloud)
    bus.start()
    began = time.monotonic()
    status = daemon.wait_until(
        'the interruption is noticed',
        lambda status: status['bus']['interruptions'] >= 1,
    )
    rig.eventually(
        'the model equals the cloud',
        lambda: not truths.differences(daemon.exported(), cloud),
        _RECOVERY - (time.monotonic() - began),
    )
    status = daemon.drain(0)
    truths.assert_equal(daemon.exported(), cloud)
    assert status['bus']['alive']
    # One synchronize, for one interruption.
    assert rig.nova(status)['last_synchronize']['drift']
    # And what is announced from now on comes through.
    cloud.perform(does.delete_server(fourth))
    rig.drained(cloud, daemon)
    truths.assert_equal(daemon.exported(), cloud)
    bus.kill()
    daemon.wait_until(
        'the bus is away', lambda status: status['bus']['alive'] is False
    )
    _assert_ends(daemon)


def test_a_daemon_that_began_without_a_broker_subscribes_when_it_comes(
    broker: buses.Bus,
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
) -> None:
    if broker.is_up:
        broker.kill()
    cloud = new_cloud()
    daemon = new_daemon(cloud, broker.url).start(ready=False)
    # The cloud is read all the same.
    daemon.wait_until('ready', lambda status: status['state'] == 'ready')
    daemon.wait_until(
        'the bus is away', lambda status: status['bus']['alive'] is False
    )
    truths.assert_equal(daemon.exported(), cloud)
    _lost(cloud.operations.delete_server(rig.plain_servers(cloud)[0]))
    broker.start()
    daemon.wait_until('delivers', lambda status: status['bus']['alive'])
    rig.eventually(
        'the model equals the cloud',
        lambda: not truths.differences(daemon.exported(), cloud),
        _RECOVERY,
    )


def test_a_broker_that_refuses_the_password_holds_up_nothing(
    bus: buses.Bus,
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
) -> None:
    cloud = new_cloud()
    daemon = new_daemon(cloud, bus.url_with_wrong_password)
    daemon.start(ready=False)
    daemon.wait_until('ready', lambda status: status['state'] == 'ready')
    truths.assert_equal(daemon.exported(), cloud)
    daemon.wait_until(
        'the bus is away', lambda status: status['bus']['alive'] is False
    )
    assert 'AWAY' in daemon.run('status').stdout
    assert 'Traceback' not in daemon.log
    assert ':wrong@' not in daemon.log
    _assert_ends(daemon)


def _assert_ends(daemon: rig.Daemon) -> None:
    code, seconds = daemon.terminate()
    assert code == 0
    assert seconds < _PATIENCE
    assert not daemon.socket.exists()
