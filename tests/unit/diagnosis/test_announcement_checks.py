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

"""What a service's announcements mean, and that there are none."""

import typing

import pytest

from cdm_graph.diagnosis import announcement_checks
from cdm_graph.diagnosis import api_facts
from cdm_graph.diagnosis import evidence as evidences
from cdm_graph.diagnosis import finding
from cdm_graph.notification.cinder import handler as cinder_handler
from tests.unit.diagnosis import support

_CINDER = cinder_handler.ANNOUNCER
#: A daemon that listens where Cinder announces.
_BOTH: typing.Final = {
    'topics': (support.TOPIC, 'notifications'),
    'exchanges': ('nova', 'openstack'),
}


def _found(
    *hearings: evidences.Hearing,
    settings: typing.Any = _BOTH,
    **changes: typing.Any,
) -> dict[str, finding.Finding]:
    seen = support.evidence(
        bus=support.bus(hearings=hearings),
        settings=support.settings(**settings),
        services=(support.service(**changes),),
    )
    return {
        each.name: each for each in announcement_checks.check(seen, _CINDER)
    }


def _remedy(each: finding.Finding) -> str:
    return '\n'.join(each.remedy)


def _certain(*keys: str) -> tuple[api_facts.Change, ...]:
    return tuple(api_facts.Change(key, is_told=True) for key in keys)


def test_what_is_announced_is_counted() -> None:
    found = _found(support.hearing(others=support.told()))
    assert {name: each.severity for name, each in found.items()} == {
        'events': 'ok',
        'missing events': 'ok',
    }
    assert found['events'].words == (
        '3 events of Cinder came in 60 s, of 2 types.'
    )
    assert '1 volume ' in found['missing events'].words


def test_without_a_bus_nothing_is_said() -> None:
    assert not _found(support.hearing(hears=False))
    assert not _found()


def test_a_change_without_any_event_is_wrong_and_says_what_to_set() -> None:
    (each,) = _found(support.hearing()).values()
    assert (each.name, each.severity) == ('events', 'wrong')
    assert f'1 volume changed in 60 s ({support.VOLUME})' in each.words
    assert 'its age does not show it' in each.words
    assert 'nor on' not in each.words
    assert each.remedy[0] == (
        'cinder.conf, every service: [oslo_messaging_notifications] driver = '
        'messagingv2'
    )
    assert f'topics has to name one of: {support.TOPIC}' in _remedy(each)
    assert 'exchanges' not in _remedy(each)


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ((), 'nothing is known to have changed'),
        (None, 'whether anything changed is unknown'),
        (
            (api_facts.Change(support.VOLUME, is_told=False),),
            f'what changed ({support.VOLUME}) Cinder need not announce',
        ),
    ],
)
def test_silence_without_a_change_that_is_told_is_unknown(
    changes: typing.Any, words: str
) -> None:
    each = _found(support.hearing(), changes=changes)['events']
    assert each.severity == 'unknown'
    assert words in each.words
    assert 'driver = messagingv2' in _remedy(each)


def test_an_exchange_that_the_daemon_does_not_know_is_named() -> None:
    each = _found(support.hearing(), settings={}, changes=())['events']
    assert (
        f'on {support.TOPIC} (exchange nova), nor on notifications (exchange '
        'openstack), where it announces' in each.words
    )
    assert (
        'cdm-graph.conf: [notifications] exchanges = nova,openstack'
        in each.remedy
    )
    assert 'topics =' not in _remedy(each)


def test_another_exchange_is_wrong_and_named() -> None:
    near = support.hearing(
        {},
        'notifications',
        wanted=False,
        exchanges=('openstack',),
        others=support.told(),
    )
    each = _found(
        support.hearing(), near, settings={'topics': ('notifications',)}
    )['events']
    assert each.severity == 'wrong'
    assert 'announces on notifications (exchange openstack, 3)' in each.words
    assert each.remedy == (
        'cdm-graph.conf: [notifications] exchanges = nova,openstack',
    )


def test_another_topic_is_wrong_and_named() -> None:
    near = support.hearing(
        {},
        'notifications',
        wanted=False,
        exchanges=('openstack',),
        others=support.told(),
    )
    settings = {'exchanges': ('nova', 'openstack')}
    each = _found(support.hearing(), near, settings=settings)['events']
    assert each.remedy == (
        'cinder.conf, every service: [oslo_messaging_notifications] topics = '
        f'notifications,{support.TOPIC}',
        'or cdm-graph.conf: [notifications] topics = '
        f'{support.TOPIC},notifications, with a pool',
    )


def test_one_that_changed_without_an_event_is_stale() -> None:
    each = _found(
        support.hearing(others=support.told()),
        changes=_certain(support.VOLUME, support.OTHER),
    )['missing events']
    assert each.severity == 'stale'
    assert f'1 volume of 2 that changed ({support.OTHER})' in each.words
    assert each.remedy == _CINDER.remedy


def test_what_need_not_be_announced_is_not_missing() -> None:
    changes = (api_facts.Change(support.OTHER, is_told=False),)
    found = _found(support.hearing(others=support.told()), changes=changes)
    assert set(found) == {'events'}


def test_a_collector_that_relies_on_nobody_is_ok() -> None:
    each = announcement_checks.silent(support.settings())
    assert each.severity == 'ok'
    assert 'up to 120 s late' in each.words
