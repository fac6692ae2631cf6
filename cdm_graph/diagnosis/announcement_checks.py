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

"""Checks of what any service announces: does it arrive, and what does not.

Nova's events are known one by one, and have checks of their own
(:mod:`~cdm_graph.diagnosis.event_checks`).
"""

import collections.abc

from cdm_graph.diagnosis import api_facts
from cdm_graph.diagnosis import evidence as evidences
from cdm_graph.diagnosis import finding
from cdm_graph.notification import announcer as announcers

Findings = collections.abc.Iterator[finding.Finding]

_OK = finding.Severity.OK
_UNKNOWN = finding.Severity.UNKNOWN
_STALE = finding.Severity.STALE
_WRONG = finding.Severity.WRONG

_EFFECT = (
    'The model is wrong from each change until the next poll or synchronize, '
    'though its age does not show it.'
)


def silent(settings: evidences.Settings) -> finding.Finding:
    """Say what it means that a collector relies on nobody."""
    return finding.Finding(
        'events',
        _OK,
        'This collector relies on nobody to tell of changes: each shows at '
        f'the next poll, up to {settings.poll_period:g} s late, or at the '
        'next synchronize, and the age of its model says so.',
    )


def check(
    seen: evidences.Evidence, announcer: announcers.Announcer
) -> Findings:
    """Yield what a service's announcements say, and what is missing."""
    if not seen.bus.is_heard:
        return
    told = seen.bus.told_by(announcer.name)
    if not told.count:
        yield _silence(seen, announcer)
        return
    yield finding.Finding(
        'events',
        _OK,
        f'{finding.count(told.count, "event")} of {announcer.name} came in '
        f'{seen.bus.seconds:.0f} s, of '
        f'{finding.count(len(told.types), "type")}.',
    )
    yield from _missing(seen, announcer)


def _silence(
    seen: evidences.Evidence, announcer: announcers.Announcer
) -> finding.Finding:
    """Say why nothing came, as far as that can be seen."""
    elsewhere = [
        each
        for each in seen.bus.elsewhere
        if each.heard.told_by(announcer.name).count
    ]
    if elsewhere:
        return _elsewhere(seen, announcer, elsewhere)
    changes = _changes(seen, announcer)
    certain = [each for each in changes or () if each.is_told]
    came = (
        f'no event of {announcer.name} came on {_listened(seen)}'
        f'{_beside(seen.settings, announcer)}'
    )
    if not certain:
        return finding.Finding(
            'events',
            _UNKNOWN,
            f'In {seen.bus.seconds:.0f} s {came}, and '
            f'{_quiet(announcer, changes)}. Watch for longer, or change '
            'something meanwhile.',
            _to_set(seen, announcer),
        )
    return finding.Finding(
        'events',
        _WRONG,
        f'{_counted(seen, announcer, certain)} changed in '
        f'{seen.bus.seconds:.0f} s ({finding.some(_keys(certain))}), and '
        f'{came}. {_EFFECT}',
        _to_set(seen, announcer),
    )


def _beside(
    settings: evidences.Settings, announcer: announcers.Announcer
) -> str:
    """Name where else nothing was heard, for the daemon is not there."""
    topics = settings.unheard(announcer)
    if not topics:
        return ''
    return (
        f', nor on {", ".join(topics)} (exchange '
        f'{announcer.exchange}), where it announces unless it is told '
        'otherwise'
    )


def _quiet(
    announcer: announcers.Announcer,
    changes: tuple[api_facts.Change, ...] | None,
) -> str:
    if changes is None:
        return 'whether anything changed is unknown'
    if changes:
        return (
            f'what changed ({finding.some(_keys(changes))}) {announcer.name} '
            'need not announce'
        )
    return 'nothing is known to have changed'


def _elsewhere(
    seen: evidences.Evidence,
    announcer: announcers.Announcer,
    heard: list[evidences.Hearing],
) -> finding.Finding:
    """Say that a service announces where the daemon does not listen."""
    places = ', '.join(
        f'{each.topic} (exchange {", ".join(each.exchanges)}, '
        f'{each.heard.told_by(announcer.name).count})'
        for each in heard
    )
    return finding.Finding(
        'events',
        _WRONG,
        f'{announcer.name} announces on {places}, and nothing on what the '
        f'daemon listens to: {_listened(seen)}. {_EFFECT}',
        _where_to_listen(
            seen,
            announcer,
            [each.topic for each in heard],
            [name for each in heard for name in each.exchanges],
        ),
    )


def _where_to_listen(
    seen: evidences.Evidence,
    announcer: announcers.Announcer,
    topics: collections.abc.Sequence[str],
    exchanges: collections.abc.Sequence[str],
) -> tuple[str, ...]:
    """Return what to set for the daemon to hear some topics."""
    lines = []
    deaf = set(exchanges) - set(seen.settings.exchanges)
    if deaf:
        named = _joined(seen.settings.exchanges, exchanges)
        lines.append(f'cdm-graph.conf: [notifications] exchanges = {named}')
    if topics and set(topics).isdisjoint(seen.settings.topics):
        named = _joined(topics, seen.settings.topics)
        lines += [
            announcer.with_topics(named),
            'or cdm-graph.conf: [notifications] topics = '
            f'{_joined(seen.settings.topics, topics)}, with a pool',
        ]
    return tuple(lines)


def _to_set(
    seen: evidences.Evidence, announcer: announcers.Announcer
) -> tuple[str, ...]:
    """Return what to look at where a service does not speak at all."""
    file = announcer.where
    return (
        *announcer.remedy,
        f'{file}: {announcer.topics_option} has to name one of: '
        f'{", ".join(seen.settings.topics)}',
        *(
            ()
            if announcer.exchange in seen.settings.exchanges
            else _where_to_listen(seen, announcer, (), (announcer.exchange,))
        ),
        f'{file}: [oslo_messaging_notifications] transport_url, or '
        'transport_url, is the bus of [notifications] transport_url in '
        'cdm-graph.conf, with its virtual host',
    )


def _missing(
    seen: evidences.Evidence, announcer: announcers.Announcer
) -> Findings:
    """Look for what changed, and was not announced."""
    certain = [
        each for each in _changes(seen, announcer) or () if each.is_told
    ]
    told = seen.bus.told_by(announcer.name)
    missed = [each for each in certain if each.key not in told.about]
    if missed:
        yield finding.Finding(
            'missing events',
            _STALE,
            f'{_counted(seen, announcer, missed)} of {len(certain)} that '
            f'changed ({finding.some(_keys(missed))}) did so without an '
            f'event: a part of {announcer.name} does not announce, or '
            'announces on another bus. The model shows that at the next '
            f'poll, up to {seen.settings.poll_period:g} s late, or at the '
            'next synchronize.',
            announcer.remedy,
        )
    elif certain:
        yield finding.Finding(
            'missing events',
            _OK,
            f'All {_counted(seen, announcer, certain)} that changed were '
            'announced.',
        )


def _changes(
    seen: evidences.Evidence, announcer: announcers.Announcer
) -> tuple[api_facts.Change, ...] | None:
    service = seen.service(announcer.name)
    return None if service is None else service.changes


def _counted(
    seen: evidences.Evidence,
    announcer: announcers.Announcer,
    changes: collections.abc.Sized,
) -> str:
    service = seen.service(announcer.name)
    thing = service.subject.thing if service is not None else ''
    return finding.count(len(changes), thing or 'element')


def _listened(seen: evidences.Evidence) -> str:
    return (
        f'{", ".join(seen.settings.topics)} (exchange '
        f'{", ".join(seen.settings.exchanges)})'
    )


def _keys(changes: collections.abc.Iterable[api_facts.Change]) -> list[str]:
    return [each.key for each in changes]


def _joined(*names: collections.abc.Iterable[str]) -> str:
    return ','.join(dict.fromkeys(name for some in names for name in some))
