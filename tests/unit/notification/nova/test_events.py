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

"""The table of event types against what is known of Nova."""

import collections
import typing

import pytest

from cdm_graph.notification.nova import events
from tests.support import recordings

_AUTHORITY = events.Authority

#: How many types there are of each family of Nova's samples.
_FAMILIES: typing.Final = {
    'instance': 93,
    'aggregate': 15,
    'keypair': 6,
    'service': 3,
    'flavor': 3,
    'server_group': 3,
    'compute_task': 3,
    'scheduler': 2,
    'libvirt': 1,
    'compute': 1,
    'metrics': 1,
    'volume': 1,
}
#: Events that show a host which the instance is not on.
_MISLEADING_ABOUT_PLACE: typing.Final = (
    'instance.create.start',
    'instance.unshelve.start',
    'instance.live_migration_pre.start',
    'instance.live_migration_pre.end',
    'instance.live_migration_post.start',
    'instance.live_migration_post.end',
    'instance.live_migration_post_dest.start',
    'instance.live_migration_rollback.start',
    'instance.live_migration_rollback.end',
    'instance.live_migration_rollback_dest.start',
    'instance.live_migration_rollback_dest.end',
    'instance.resize_prep.start',
    'instance.resize_prep.end',
    'instance.resize.start',
    'instance.rebuild.start',
    'instance.rebuild.end',
    'instance.rebuild.error',
    'instance.evacuate',
    'instance.create.error',
    'instance.resize.error',
    'instance.shutdown.end',
)


def test_there_are_as_many_types_as_nova_has_samples_of() -> None:
    families = collections.Counter(
        name.partition('.')[0] for name in events.VERSIONED
    )
    assert families == _FAMILIES
    assert families.total() == 132


@pytest.mark.parametrize('name', _MISLEADING_ABOUT_PLACE)
def test_what_misleads_about_the_place_has_no_authority_over_it(
    name: str,
) -> None:
    authority = events.VERSIONED[name].authority
    assert authority is not _AUTHORITY.PLACE


@pytest.mark.parametrize(
    'name',
    [
        'instance.create.end',
        'instance.update',
        'instance.resize.end',
        'instance.resize_finish.end',
        'instance.resize_revert.end',
        'instance.live_migration_post_dest.end',
        'instance.shelve_offload.end',
        'instance.unshelve.end',
    ],
)
def test_what_tells_the_place_has_authority_over_it(name: str) -> None:
    assert events.VERSIONED[name].authority is _AUTHORITY.PLACE


def test_every_recorded_versioned_type_is_known() -> None:
    for message in recordings.messages():
        if 'nova_object.data' in message['payload']:
            assert message['event_type'] in events.VERSIONED


def test_the_recorded_major_versions_are_understood() -> None:
    for message in recordings.messages():
        version = message['payload'].get('nova_object.version')
        if version is not None:
            known = events.VERSIONED[message['event_type']].major
            assert int(version.partition('.')[0]) <= known


def test_only_creations_create() -> None:
    creating = {e.name for e in events.VERSIONED.values() if e.creates}
    assert creating == {'instance.create.start', 'instance.create.end'}
