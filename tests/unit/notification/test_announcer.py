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

"""Who announces what, as the collectors declare it."""

import dataclasses
import re

import pytest

from cdm_graph.collector import cinder
from cdm_graph.collector import ironic
from cdm_graph.collector import nova
from cdm_graph.notification import announcer
from cdm_graph.simulation import notification

_ALL = [
    collector.announcer
    for collector in (
        nova.NovaClusterModelCollector,
        cinder.CinderClusterModelCollector,
        ironic.IronicClusterModelCollector,
    )
]


def test_each_announces_where_the_simulated_cloud_does() -> None:
    assert [(each.exchange, each.topics) for each in _ALL] == [
        (
            notification.NOVA_EXCHANGE,
            (notification.VERSIONED_TOPIC, notification.UNVERSIONED_TOPIC),
        ),
        (notification.CINDER_EXCHANGE, (notification.UNVERSIONED_TOPIC,)),
        (notification.IRONIC_EXCHANGE, (notification.IRONIC_TOPIC,)),
    ]


@pytest.mark.parametrize(
    ('publisher', 'names'),
    [
        ('nova-compute:a', ['Nova']),
        ('compute.a', ['Nova']),
        ('volume.a@b#c', ['Cinder']),
        ('snapshot.a', ['Cinder']),
        ('ironic-api.a', ['Ironic']),
        ('ironic-conductor.a', ['Ironic']),
        # Both Nova and Cinder have one.
        ('scheduler.a', []),
        ('cdm-graph:a', []),
    ],
)
def test_a_publisher_is_that_of_one_service(
    publisher: str, names: list[str]
) -> None:
    assert [
        each.name for each in _ALL if re.match(each.publishers, publisher)
    ] == names


def test_it_is_told_what_to_set_where() -> None:
    ironic_announcer = _ALL[2]
    assert ironic_announcer.remedy[0] == (
        'ironic.conf, every API and conductor: [DEFAULT] notification_level '
        '= info'
    )
    assert ironic_announcer.with_topics('a', 'b') == (
        'ironic.conf, every API and conductor: [DEFAULT] '
        'versioned_notifications_topics = a,b'
    )


def test_what_is_no_regular_expression_is_refused_where_it_is_written() -> (
    None
):
    with pytest.raises(re.error):
        dataclasses.replace(_ALL[0], publishers='(')
    assert isinstance(_ALL[0], announcer.Announcer)
