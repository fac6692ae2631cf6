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

"""Two daemons side by side, and what a daemon does when nobody tells it."""

import typing

from tests.functional import bus as buses
from tests.functional import conftest
from tests.functional import rig
from tests.functional import truths

_POLL: typing.Final = {'poll_period': 1}


def _graph(document: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """Return what an export shows of the cloud."""
    return {
        'nodes': {node['id']: node for node in document['nodes']},
        'edges': {
            (edge['source'], edge['relation'], edge['target'])
            for edge in document['edges']
        },
    }


def test_two_daemons_of_one_bus_hold_equal_models(
    bus: buses.Bus,
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
) -> None:
    cloud = new_cloud(transport_url=bus.url, rate=20)
    daemons = [new_daemon(cloud, bus.url).start() for _ in range(2)]
    for daemon in daemons:
        daemon.wait_until('delivers', lambda status: status['bus']['alive'])
    for daemon in daemons:
        daemon.wait_until(
            'has heard a lot',
            lambda status: status['notifications']['received'] > 200,
        )
    # One that dies takes nothing from the other.
    daemons[1].terminate()
    daemons[1].start()
    for daemon in daemons:
        rig.drained(cloud, daemon)
    for daemon in daemons:
        truths.assert_equal(daemon.exported(), cloud)
    first, second = (_graph(daemon.exported()) for daemon in daemons)
    for document in (first, second):
        for facts in document['nodes'].values():
            for name in truths.USAGE:
                facts.pop(name, None)
    assert first == second


def test_a_poll_finds_what_nobody_announced(
    bus: buses.Bus,
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
) -> None:
    cloud = new_cloud(transport_url=bus.url)
    daemon = new_daemon(cloud, bus.url, collector=_POLL).start()
    daemon.wait_until('delivers', lambda status: status['bus']['alive'])
    before = rig.nova(daemon.drain(0))['last_synchronize']['began_at']
    first, second, third = rig.plain_servers(cloud)[:3]
    does = cloud.operations
    for operation in (
        does.delete_server(first),
        does.power_off(second),
        does.live_migrate(third),
        does.create_server(),
    ):
        for _ in operation:
            pass
    rig.eventually(
        'the model equals the cloud',
        lambda: not truths.differences(daemon.exported(), cloud),
        20,
    )
    after = rig.nova(daemon.status())
    assert after['last_synchronize']['began_at'] == before
    assert after['poll_health']['failures'] == 0


def test_the_age_tells_for_how_long_the_model_may_be_wrong(
    bus: buses.Bus,
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
) -> None:
    """Contract 3."""
    cloud = new_cloud(transport_url=bus.url)
    daemon = new_daemon(cloud, bus.url).start()
    daemon.wait_until(
        'the model is as new as the last heartbeat',
        lambda status: (
            status['bus']['alive']
            and rig.nova(status)['as_of'] > rig.nova(status)['synchronized_at']
            and rig.nova(status)['age'] < 2.5
        ),
    )
    bus.kill()
    daemon.wait_until(
        'the model grows old', lambda status: rig.nova(status)['age'] > 4
    )
    bus.start()
    daemon.wait_until(
        'the model is new again',
        lambda status: (
            status['bus']['interruptions'] >= 1
            and rig.nova(status)['age'] < 2.5
        ),
    )
