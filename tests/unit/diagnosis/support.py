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

"""Evidence as a healthy cloud gives it, to take something away from."""

import collections
import collections.abc
import dataclasses
import typing

from cdm_graph.diagnosis import api_clock
from cdm_graph.diagnosis import api_facts
from cdm_graph.diagnosis import broker
from cdm_graph.diagnosis import cinder_probe
from cdm_graph.diagnosis import cloud as clouds
from cdm_graph.diagnosis import evidence as evidences
from cdm_graph.diagnosis import finding
from cdm_graph.diagnosis import tally
from cdm_graph.notification.nova import handler as nova_handler

TOPIC: typing.Final = 'versioned_notifications'
POOL: typing.Final = 'pool'
SERVER: typing.Final = '00000000-0000-4000-8000-000000000001'
VOLUME: typing.Final = '00000000-0000-4000-8000-000000000009'
OTHER: typing.Final = '00000000-0000-4000-8000-000000000002'

Types = collections.abc.Mapping[tuple[tally.Format, str], int]

VERSIONED: typing.Final[Types] = {
    (tally.Format.VERSIONED, 'instance.update'): 2,
    (tally.Format.VERSIONED, 'instance.power_off.end'): 1,
}
LEGACY: typing.Final[Types] = {
    (tally.Format.LEGACY, 'compute.instance.update'): 2,
}


def settings(**changes: typing.Any) -> evidences.Settings:
    defaults: dict[str, typing.Any] = {
        'topics': (TOPIC,),
        'exchanges': ('nova',),
        'pool': POOL,
        'poll_period': 120,
        'poll_overlap': 60,
    }
    return evidences.Settings(**{**defaults, **changes})


def hearing(
    types: Types | None = None,
    topic: str = TOPIC,
    servers: collections.abc.Mapping[str, frozenset[str]] | None = None,
    senders: collections.abc.Mapping[str, tally.Delays] | None = None,
    unreadable: frozenset[str] = frozenset(),
    others: collections.abc.Mapping[str, tally.Told] | None = None,
    **changes: typing.Any,
) -> evidences.Hearing:
    defaults: dict[str, typing.Any] = {
        'exchanges': ('nova',),
        'wanted': True,
        'hears': True,
        'delays': (0.002, 0.003, 0.004),
        'gaps': 0,
    }
    return evidences.Hearing(
        heard=tally.Heard(
            topic,
            collections.Counter(VERSIONED if types is None else types),
            {SERVER: frozenset({'instance.update'})}
            if servers is None
            else servers,
            senders or {},
            unreadable,
            others or {},
        ),
        **{**defaults, **changes},
    )


def queue(name: str = POOL, depth: int = 0, consumers: int = 1) -> typing.Any:
    return {name: broker.Queue(name, depth, consumers)}


def bus(**changes: typing.Any) -> evidences.Bus:
    defaults: dict[str, typing.Any] = {
        'addresses': (broker.Address('127.0.0.1:5672'),),
        'hearings': (hearing(),),
        'before': queue(),
        'after': queue(),
        'seconds': 60.0,
    }
    return evidences.Bus(**{**defaults, **changes})


def change(uuid: str = SERVER, **changes: typing.Any) -> clouds.Change:
    defaults: dict[str, typing.Any] = {
        'host': 'compute-1',
        'created': False,
        'deleted': False,
    }
    return clouds.Change(uuid, **{**defaults, **changes})


def page(**changes: typing.Any) -> api_facts.Page:
    defaults: dict[str, typing.Any] = {
        'asked': 1000,
        'rows': 40,
        'is_last': True,
        'projects': frozenset({'ours', 'theirs'}),
    }
    return api_facts.Page(**{**defaults, **changes})


def facts(**changes: typing.Any) -> clouds.CloudFacts:
    defaults: dict[str, typing.Any] = {
        'microversion': '2.96',
        'project': 'ours',
        'difference': api_clock.Difference(0.1, 0.5),
        'page': page(),
        'unseen': 0,
        'uses': {},
        'errors': {},
        'refused': frozenset(),
    }
    return clouds.CloudFacts(**{**defaults, **changes})


def cloud(**changes: typing.Any) -> evidences.Cloud:
    defaults: dict[str, typing.Any] = {
        'facts': facts(),
        'changes': (change(),),
    }
    return evidences.Cloud(**{**defaults, **changes})


def service(**changes: typing.Any) -> evidences.Service:
    """Return what is seen of a Cinder whose volume changed."""
    whole = facts()
    defaults: dict[str, typing.Any] = {
        'subject': cinder_probe.SUBJECT,
        'facts': api_facts.ApiFacts(
            **{
                each.name: getattr(whole, each.name)
                for each in dataclasses.fields(api_facts.ApiFacts)
            }
        ),
        'changes': (api_facts.Change(VOLUME, is_told=True),),
    }
    return evidences.Service(**{**defaults, **changes})


def told(**changes: typing.Any) -> dict[str, tally.Told]:
    """Return what was heard of a Cinder."""
    defaults: dict[str, typing.Any] = {
        'types': frozenset({'volume.create.start', 'volume.create.end'}),
        'count': 3,
        'about': frozenset({VOLUME}),
    }
    return {'Cinder': tally.Told(**{**defaults, **changes})}


def evidence(**changes: typing.Any) -> evidences.Evidence:
    defaults: dict[str, typing.Any] = {
        'settings': settings(),
        'bus': bus(),
        'cloud': cloud(),
        'announcers': (nova_handler.ANNOUNCER,),
        'daemon': True,
    }
    return evidences.Evidence(**{**defaults, **changes})


Check = collections.abc.Callable[
    [evidences.Evidence], collections.abc.Iterator[finding.Finding]
]


def found(check: Check, **changes: typing.Any) -> dict[str, finding.Finding]:
    """Return what a check finds in changed evidence, by its name."""
    return {each.name: each for each in check(evidence(**changes))}


def severities(check: Check, **changes: typing.Any) -> dict[str, str]:
    return {
        name: each.severity.value
        for name, each in found(check, **changes).items()
    }


def replace(each: typing.Any, **changes: typing.Any) -> typing.Any:
    return dataclasses.replace(each, **changes)
