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

"""What a simulated cloud is followed with."""

import pytest

from cdm_graph.cmd import simulate
from cdm_graph.simulation import notification
from cdm_graph.simulation import process


def _simulation(backends: int, machines: int) -> process.Simulation:
    return process.Simulation(
        process.SimulationOptions(
            hosts=3,
            instances=6,
            backends=backends,
            machines=machines,
            rate=0,
        )
    )


@pytest.mark.parametrize(
    ('backends', 'machines', 'collectors', 'exchanges'),
    [
        (0, 0, ['nova'], ['nova']),
        (1, 0, ['nova', 'cinder'], ['nova', 'openstack']),
        (0, 1, ['nova', 'ironic'], ['nova', 'ironic']),
        (
            1,
            1,
            ['nova', 'cinder', 'ironic'],
            ['nova', 'openstack', 'ironic'],
        ),
    ],
)
def test_there_is_a_collector_for_each_service_that_there_is(
    backends: int, machines: int, collectors: list[str], exchanges: list[str]
) -> None:
    sources = simulate.sources(_simulation(backends, machines))
    assert list(sources) == collectors
    assert list(sources.values()) == exchanges


@pytest.mark.parametrize(
    ('format_', 'topics'),
    [
        (
            notification.Format.VERSIONED,
            [
                'versioned_notifications',
                'notifications',
                'ironic_versioned_notifications',
            ],
        ),
        (
            notification.Format.UNVERSIONED,
            ['notifications', 'ironic_versioned_notifications'],
        ),
    ],
)
def test_each_topic_is_named_once(
    format_: notification.Format, topics: list[str]
) -> None:
    assert simulate.topics(_simulation(1, 1), format_) == topics


def test_who_announces_nothing_needs_no_topic() -> None:
    versioned = notification.Format.VERSIONED
    topics = simulate.topics(_simulation(0, 0), versioned)
    assert topics == ['versioned_notifications']
