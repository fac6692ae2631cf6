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

"""A daemon keeps the model of a cloud in which things happen."""

import time
import typing

from cdm_graph.simulation import notification
from tests.functional import bus as buses
from tests.functional import conftest
from tests.functional import rig
from tests.functional import truths

_SECONDS: typing.Final = 3.0
_BOTH: typing.Final = 'versioned_notifications,notifications'


def test_the_model_equals_the_cloud_after_a_churn(
    bus: buses.Bus,
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
) -> None:
    cloud = new_cloud(hosts=8, instances=80, rate=15, transport_url=bus.url)
    daemon = new_daemon(cloud, bus.url).start()
    time.sleep(_SECONDS)
    status = rig.drained(cloud, daemon)
    truths.assert_equal(daemon.exported(), cloud)
    counters = status['notifications']
    assert counters['received'] > 20 * _SECONDS
    assert counters['outcomes']['applied'] > 10
    assert counters['outcomes']['failed'] == 0
    assert counters['lag']['count'] > 0
    assert status['bus']['interruptions'] == 0
    name = rig.plain_servers(cloud)[0]
    refreshed = daemon.run('refresh', name)
    assert refreshed.returncode == 0, refreshed.stderr
    assert refreshed.stdout.startswith('Instance ')
    unknown = daemon.run('refresh', 'nothing')
    assert unknown.returncode == 1
    assert 'Say its kind as well' in unknown.stderr


def test_both_formats_together_do_no_harm(
    bus: buses.Bus,
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
) -> None:
    cloud = new_cloud(
        hosts=8,
        instances=80,
        rate=15,
        transport_url=bus.url,
        formats=notification.Format.BOTH,
        seed=2,
    )
    daemon = new_daemon(
        cloud, bus.url, notifications={'topics': _BOTH}
    ).start()
    time.sleep(_SECONDS)
    status = rig.drained(cloud, daemon)
    truths.assert_equal(daemon.exported(), cloud)
    assert status['notifications']['outcomes']['failed'] == 0
    found = rig.reasons(status)
    assert found['applied: newer'] > 0
    assert found['deferred: legacy format'] > 0


def test_the_legacy_format_alone_keeps_the_model(
    bus: buses.Bus,
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
) -> None:
    cloud = new_cloud(
        hosts=8,
        instances=80,
        rate=15,
        transport_url=bus.url,
        formats=notification.Format.UNVERSIONED,
        seed=3,
    )
    daemon = new_daemon(
        cloud, bus.url, notifications={'topics': 'notifications'}
    ).start()
    time.sleep(_SECONDS)
    rig.drained(cloud, daemon)
    found = [
        each
        for each in truths.differences(daemon.exported(), cloud)
        if not _is_silent_in_legacy_format(each)
    ]
    assert not found
    assert daemon.run('synchronize').returncode == 0
    truths.assert_equal(daemon.exported(), cloud, ignored=())


def test_what_happens_while_the_daemon_is_dead_is_not_missed(
    bus: buses.Bus,
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
) -> None:
    cloud = new_cloud(transport_url=bus.url)
    daemon = new_daemon(cloud, bus.url).start()
    daemon.close()
    # Nobody was there to remove it.
    assert daemon.socket.exists()
    first, second, third = rig.plain_servers(cloud)[:3]
    for operation in (
        cloud.operations.delete_server(first),
        cloud.operations.power_off(second),
        cloud.operations.live_migrate(third),
        cloud.operations.create_server(),
    ):
        cloud.perform(operation)
    daemon.start()
    rig.drained(cloud, daemon)
    truths.assert_equal(daemon.exported(), cloud)


def _is_silent_in_legacy_format(difference: str) -> bool:
    """Return whether no legacy notification tells of such a difference.

    Services, flavors, ports, and what follows from them, are announced in
    the versioned format only.
    """
    return difference.startswith('ComputeNode') or any(
        silent in difference
        for silent in ('flavor/', 'fa:16:3e:', "'IN_ZONE'")
    )
