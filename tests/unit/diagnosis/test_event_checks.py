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

"""What the events mean that came, and those that did not."""

import typing

import pytest

from cdm_graph.diagnosis import event_checks
from cdm_graph.diagnosis import evidence as evidences
from cdm_graph.diagnosis import finding
from cdm_graph.diagnosis import tally
from tests.unit.diagnosis import support

_CHECK = event_checks.check
_VERSIONED = tally.Format.VERSIONED
_SILENT: typing.Final[support.Types] = {}


def _hearing(*hearings: evidences.Hearing, **more: typing.Any) -> typing.Any:
    bus = support.bus(hearings=hearings)
    return support.found(_CHECK, bus=bus, **more)


def _near(types: support.Types, topic: str, **more: typing.Any) -> typing.Any:
    return support.hearing(types, topic, wanted=False, **more)


def _remedy(each: finding.Finding) -> str:
    return '\n'.join(each.remedy)


def test_a_healthy_cloud_is_ok() -> None:
    assert support.severities(_CHECK) == dict.fromkeys(
        ('events', 'format', 'instance.update', 'missing events'), 'ok'
    )


def test_what_could_not_be_heard_is_not_judged() -> None:
    assert not _hearing(support.hearing(hears=False))
    assert not _hearing()


# -- nothing came ---


def test_silence_while_something_changed_is_wrong() -> None:
    (each,) = _hearing(support.hearing(_SILENT)).values()
    assert (each.name, each.severity) == ('events', 'wrong')
    assert '1 server changed' in each.words
    assert 'driver = messagingv2' in _remedy(each)


def test_silence_while_something_else_changed_is_wrong() -> None:
    cloud = support.cloud(changes=(), families={'flavor': ['1', '2']})
    (each,) = _hearing(support.hearing(_SILENT), cloud=cloud).values()
    assert each.severity == 'wrong'
    assert '2 of the flavors changed' in each.words


@pytest.mark.parametrize(
    ('changes', 'words'),
    [((), 'nothing is known to have changed'), (None, 'is unknown')],
)
def test_silence_in_a_quiet_cloud_is_unknown(
    changes: tuple[()] | None, words: str
) -> None:
    cloud = support.cloud(changes=changes)
    (each,) = _hearing(support.hearing(_SILENT), cloud=cloud).values()
    assert each.severity == 'unknown'
    assert words in each.words


def test_a_topic_that_nobody_ever_used_is_told() -> None:
    bus = support.bus(
        hearings=(support.hearing(_SILENT),),
        after={f'{support.TOPIC}.info': None, f'{support.TOPIC}.error': None},
    )
    (each,) = support.found(_CHECK, bus=bus).values()
    assert f'{support.TOPIC}.info does not exist' in each.words


def test_legacy_events_elsewhere_are_wrong_with_the_format_to_set() -> None:
    each = _hearing(
        support.hearing(_SILENT), _near(support.LEGACY, 'notifications')
    )['events']
    assert each.severity == 'wrong'
    assert 'legacy' in each.words
    assert 'notification_format = versioned' in _remedy(each)


def test_a_topic_that_nova_does_not_name_is_wrong_with_both_ways_out() -> None:
    each = _hearing(
        support.hearing(_SILENT, 'cdm_graph'),
        _near(support.VERSIONED, support.TOPIC),
        settings=support.settings(topics=('cdm_graph',)),
    )['events']
    assert each.severity == 'wrong'
    assert (
        'versioned_notifications_topics = versioned_notifications,cdm_graph'
        in _remedy(each)
    )


def test_another_exchange_is_wrong_and_named() -> None:
    each = _hearing(
        support.hearing(_SILENT, exchanges=('openstack',)),
        _near(support.VERSIONED, support.TOPIC),
        settings=support.settings(exchanges=('openstack',)),
    )['events']
    assert each.severity == 'wrong'
    assert 'exchanges = nova' in _remedy(each)


# -- something came ---


def test_legacy_only_is_stale() -> None:
    found = _hearing(
        support.hearing(
            support.LEGACY,
            servers={support.SERVER: frozenset({'compute.instance.update'})},
        )
    )
    assert found['format'].severity == 'stale'
    assert 'notification_format = versioned' in _remedy(found['format'])
    assert found['instance.update'].severity == 'ok'


def test_legacy_though_nova_sends_versioned_is_a_matter_of_topics() -> None:
    each = _hearing(
        support.hearing(support.LEGACY, 'notifications'),
        _near(support.VERSIONED, support.TOPIC),
    )['format']
    assert each.remedy == (
        'cdm-graph.conf: [notifications] topics = versioned_notifications',
    )


@pytest.mark.parametrize('wanted', [True, False])
def test_both_formats_are_an_advice(wanted: bool) -> None:
    each = _hearing(
        support.hearing(),
        support.hearing(support.LEGACY, 'notifications', wanted=wanted),
    )['format']
    assert each.severity == 'advice'
    assert '3 versioned and 2 legacy' in each.words


def test_no_instance_update_is_stale_and_says_what() -> None:
    each = _hearing(
        support.hearing(
            {(_VERSIONED, 'instance.power_off.end'): 1},
            servers={support.SERVER: frozenset({'instance.power_off.end'})},
        )
    )['instance.update']
    assert each.severity == 'stale'
    for word in ('renames', 'metadata', 'reset', 'evacuation'):
        assert word in each.words
    assert 'notify_on_state_change' in _remedy(each)


def test_an_instance_update_for_tags_does_not_count() -> None:
    """The API sends it whatever is configured, about rows it leaves alone."""
    each = _hearing(
        support.hearing(
            servers={
                support.SERVER: frozenset({'instance.power_off.end'}),
                support.OTHER: frozenset({'instance.update'}),
            }
        )
    )['instance.update']
    assert each.severity == 'stale'


@pytest.mark.parametrize('changes', [(), None])
def test_instance_update_is_unknown_while_no_server_changes(
    changes: tuple[()] | None,
) -> None:
    found = _hearing(support.hearing(), cloud=support.cloud(changes=changes))
    assert found['instance.update'].severity == 'unknown'
    assert 'missing events' not in found


def _missing(change: typing.Any, names: set[str]) -> finding.Finding:
    """Judge a second server that changed, with what came about it."""
    heard = support.hearing(
        servers={
            support.SERVER: frozenset({'instance.update'}),
            support.OTHER: frozenset(names),
        }
    )
    cloud = support.cloud(changes=(support.change(), change))
    found: finding.Finding = _hearing(heard, cloud=cloud)['missing events']
    return found


def test_a_host_that_does_not_announce_is_stale_and_named() -> None:
    each = _missing(support.change(support.OTHER, host='silent'), set())
    assert each.severity == 'stale'
    assert '1 server on silent changed without any event' in each.words
    assert 'nova-compute' in _remedy(each)


@pytest.mark.parametrize(
    ('changes', 'names', 'words'),
    [
        ({'created': True}, set(), 'instance.create.*'),
        ({'deleted': True}, set(), 'instance.delete.end'),
        ({'deleted': True}, {'instance.delete.start'}, 'instance.delete.end'),
    ],
)
def test_the_event_that_is_missing_is_named(
    changes: dict[str, bool], names: set[str], words: str
) -> None:
    each = _missing(support.change(support.OTHER, **changes), names)
    assert each.severity == 'stale'
    assert words in each.words


@pytest.mark.parametrize(
    'names', [{'instance.delete.end'}, {'instance.update'}]
)
def test_a_deletion_that_was_announced_is_not_missing(
    names: set[str],
) -> None:
    each = _missing(support.change(support.OTHER, deleted=True), names)
    assert each.severity == 'ok'


def test_a_rename_without_instance_update_is_not_told_twice() -> None:
    found = _hearing(
        support.hearing(
            {(_VERSIONED, 'instance.power_off.end'): 1}, servers={}
        )
    )
    assert found['instance.update'].severity == 'stale'
    assert found.get('missing events') is None


@pytest.mark.parametrize(
    ('family', 'when'),
    [
        ('service', 'poll'),
        ('aggregate', 'synchronize'),
        ('flavor', 'synchronize'),
        ('server_group', 'synchronize'),
    ],
)
def test_what_else_changed_without_an_event_is_stale(
    family: str, when: str
) -> None:
    cloud = support.cloud(changes=(), families={family: ['x']})
    silent = _hearing(support.hearing(), cloud=cloud)['missing events']
    assert silent.severity == 'stale'
    assert silent.words.endswith(f'at the next {when}.')
    heard = support.hearing(
        {**support.VERSIONED, (_VERSIONED, f'{family}.create'): 1}
    )
    assert 'missing events' not in _hearing(heard, cloud=cloud)


def test_events_of_a_newer_nova_are_an_advice() -> None:
    each = _hearing(
        support.hearing(
            {**support.VERSIONED, (_VERSIONED, 'instance.teleport.end'): 1},
            unreadable=frozenset({'instance.update'}),
        )
    )['unknown events']
    assert each.severity == 'advice'
    assert 'instance.teleport.end, instance.update' in each.words
