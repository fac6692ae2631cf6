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

"""Checks of the events: do they arrive, in which format, and which do not."""

import collections
import collections.abc

from cdm_graph.diagnosis import cloud as clouds
from cdm_graph.diagnosis import evidence as evidences
from cdm_graph.diagnosis import finding
from cdm_graph.diagnosis import tally
from cdm_graph.notification.nova import events
from cdm_graph.notification.nova import handler as nova_handler

Findings = collections.abc.Iterator[finding.Finding]

_OK = finding.Severity.OK
_UNKNOWN = finding.Severity.UNKNOWN
_ADVICE = finding.Severity.ADVICE
_STALE = finding.Severity.STALE
_WRONG = finding.Severity.WRONG

_VERSIONED = tally.Format.VERSIONED
_LEGACY = tally.Format.LEGACY

_EVERYWHERE = 'nova.conf, every service: '
_DRIVER, _FORMAT = nova_handler.ANNOUNCER.remedy
_NOT_LEGACY = (
    _FORMAT,
    'or both, if another service, such as ceilometer, needs the legacy format',
)
_VERSIONED_TOPIC = (
    'cdm-graph.conf: [notifications] topics = versioned_notifications'
)
_STATE_CHANGE = (
    f'{_EVERYWHERE}[notifications] notify_on_state_change = vm_and_task_state'
)
_UPDATES = frozenset({'instance.update', 'compute.instance.update'})
#: What the model has of each family, and what brings it when no event does.
_FAMILIES = {
    'service': ('services', 'poll'),
    'aggregate': ('host aggregates', 'synchronize'),
    'flavor': ('flavors', 'synchronize'),
    'server_group': ('server groups', 'synchronize'),
}
_LEGACY_FAMILIES = {
    'service': 'HostAPI.',
    'server_group': 'servergroup.',
}


def check(seen: evidences.Evidence) -> Findings:
    """Yield what the events say, and what is missing among them."""
    if not seen.bus.is_heard:
        return
    if not seen.bus.of_nova:
        yield _silence(seen)
        return
    yield _arrival(seen)
    yield _format(seen.bus)
    yield _updates(seen)
    yield from _missing(seen)
    yield from _families(seen)
    yield from _unknown(seen.bus)


def _arrival(seen: evidences.Evidence) -> finding.Finding:
    bus = seen.bus
    names = bus.names(_VERSIONED) | bus.names(_LEGACY)
    quiet = [
        what
        for family, (what, _) in _FAMILIES.items()
        if not _is_heard(family, names)
    ]
    silent = f' None was about {finding.some(quiet, 4)}.' if quiet else ''
    return finding.Finding(
        'events',
        _OK,
        f'{finding.count(bus.of_nova, "event")} of Nova came in '
        f'{bus.seconds:.0f} s, of {finding.count(len(names), "type")}.'
        f'{silent}',
    )


# -- nothing came ---


def _silence(seen: evidences.Evidence) -> finding.Finding:
    """Say why nothing came, as far as that can be seen."""
    heard = [each for each in seen.bus.elsewhere if each.heard.of_nova]
    if heard:
        return _elsewhere(seen, heard)
    topics = ', '.join(seen.settings.topics)
    never = [
        name
        for name in evidences.queues_of(seen.settings.topics)
        if name.endswith('.info')
        and name in seen.bus.after
        and seen.bus.after[name] is None
    ]
    hint = (
        f' The queue {never[0]} does not exist: nobody has published on that '
        'topic since the broker knows.'
        if never
        else ''
    )
    if not seen.cloud.changed:
        why = (
            'nothing is known to have changed'
            if seen.cloud.changes is not None
            else 'whether anything changed is unknown'
        )
        return finding.Finding(
            'events',
            _UNKNOWN,
            f'No event came on {topics} in {seen.bus.seconds:.0f} s, and '
            f'{why}. Watch for longer, or change something, such as the name '
            f'of a server.{hint}',
        )
    return finding.Finding(
        'events',
        _WRONG,
        f'{_changes(seen.cloud)} in {seen.bus.seconds:.0f} s, and no event '
        f'came on {topics} (exchange {", ".join(seen.settings.exchanges)}). '
        'The model is wrong from each change until the next poll or '
        f'synchronize.{hint}',
        (
            _DRIVER,
            _FORMAT,
            f'{_EVERYWHERE}[notifications] versioned_notifications_topics '
            f'has to name one of: {topics}',
            f'{_EVERYWHERE}[oslo_messaging_notifications] transport_url, or '
            'transport_url, is the bus of [notifications] transport_url in '
            'cdm-graph.conf, with its virtual host',
        ),
    )


def _elsewhere(
    seen: evidences.Evidence, heard: list[evidences.Hearing]
) -> finding.Finding:
    """Say that Nova announces where the daemon does not listen."""
    places = ', '.join(
        f'{each.topic} (exchange {", ".join(each.exchanges)}, '
        f'{each.heard.of_nova})'
        for each in heard
    )
    words = (
        f'Nova announces on {places}, and nothing on what the daemon listens '
        f'to: {", ".join(seen.settings.topics)} (exchange '
        f'{", ".join(seen.settings.exchanges)}). The model is wrong from '
        'each change until the next poll or synchronize.'
    )
    versioned = [each for each in heard if each.heard.count(_VERSIONED)]
    if not versioned:
        return finding.Finding(
            'events',
            _WRONG,
            f'{words} All of it is in the legacy format.',
            _NOT_LEGACY,
        )
    topics = [each.topic for each in versioned]
    own = [each for each in seen.settings.topics if each not in topics]
    if not own:
        return finding.Finding(
            'events',
            _WRONG,
            words,
            (
                'cdm-graph.conf: [notifications] exchanges = '
                f'{",".join(versioned[0].exchanges)}',
            ),
        )
    return finding.Finding(
        'events',
        _WRONG,
        words,
        (
            f'{_EVERYWHERE}[notifications] versioned_notifications_topics = '
            f'{",".join([*topics, *own])}',
            'or cdm-graph.conf: [notifications] topics = '
            f'{",".join(topics)}, with a pool',
        ),
    )


def _changes(cloud: evidences.Cloud) -> str:
    parts = []
    if cloud.changes:
        parts.append(finding.count(len(cloud.changes), 'server'))
    parts += [
        f'{len(keys)} of the {_FAMILIES[family][0]}'
        for family, keys in cloud.families.items()
        if keys
    ]
    return f'{" and ".join(parts)} changed'


# -- something came ---


def _format(bus: evidences.Bus) -> finding.Finding:
    versioned, legacy = bus.count(_VERSIONED), bus.count(_LEGACY)
    if not versioned:
        elsewhere = any(each.heard.count(_VERSIONED) for each in bus.elsewhere)
        return finding.Finding(
            'format',
            _STALE,
            f'All {finding.count(legacy, "event")} came in the legacy '
            'format, which does not say which row is newer: each is only a '
            'hint that has a server read, and what it does not tell (locks, '
            'attachments of ports, flavors, new and disabled services) '
            'waits for a poll or a synchronize.',
            (*(() if elsewhere else _NOT_LEGACY), _VERSIONED_TOPIC),
        )
    beside = sum(each.heard.count(_LEGACY) for each in bus.hearings)
    if beside:
        return finding.Finding(
            'format',
            _ADVICE,
            f'Nova announces in both formats: {versioned} versioned and '
            f'{beside} legacy ones. The versioned ones suffice for '
            'cdm-graph; the legacy ones are as much work again for Nova and '
            'the broker.',
            (f'{_FORMAT}, if no other service needs the legacy format',),
        )
    return finding.Finding(
        'format', _OK, f'All {versioned} are in the versioned format.'
    )


def _updates(seen: evidences.Evidence) -> finding.Finding:
    """Look for ``instance.update`` about servers that changed.

    The API sends it for tags whatever is configured, which does not date the
    row: so only servers whose rows changed tell something.
    """
    changed = [each for each in seen.cloud.changes or () if not each.deleted]
    told = [each for each in changed if seen.bus.about(each.uuid) & _UPDATES]
    if told:
        return finding.Finding(
            'instance.update',
            _OK,
            f'It came for {len(told)} of {len(changed)} servers that changed.',
        )
    if changed:
        return finding.Finding(
            'instance.update',
            _STALE,
            f'{finding.count(len(changed), "server")} changed, and '
            'instance.update came for none. Until the next poll, up to '
            f'{seen.settings.poll_period:g} s, the model does not show '
            'renames, metadata, servers that go into error or are reset, '
            'nor where an evacuation has put a server.',
            (_STATE_CHANGE,),
        )
    return finding.Finding(
        'instance.update',
        _UNKNOWN,
        'No server is known to have changed, so whether instance.update is '
        'sent cannot be seen. Rename one while this watches.',
        (_STATE_CHANGE,),
    )


def _missing(seen: evidences.Evidence) -> Findings:
    """Look for servers that changed without the event that tells of it."""
    if seen.cloud.changes is None:
        return
    missed: dict[str, list[clouds.Change]] = collections.defaultdict(list)
    for change in seen.cloud.changes:
        lacking = _lacking(change, seen.bus.about(change.uuid))
        if lacking is not None:
            missed[lacking].append(change)
    updates = bool(
        _UPDATES & (seen.bus.names(_VERSIONED) | seen.bus.names(_LEGACY))
    )
    for lacking, changes in missed.items():
        if lacking == 'any event' and not updates:
            # That is what the lack of instance.update looks like.
            continue
        hosts = {each.host for each in changes if each.host}
        where = f' on {finding.some(hosts)}' if hosts else ''
        yield finding.Finding(
            'missing events',
            _STALE,
            f'{finding.count(len(changes), "server")}{where} changed without '
            f'{lacking}: a Nova service does not announce, or announces on '
            'another bus. The model shows that at the next poll, up to '
            f'{seen.settings.poll_period:g} s late.',
            (
                f'{_DRIVER}, also in that of nova-compute on each host',
                'cells with a message bus of their own: its '
                '[oslo_messaging_notifications] transport_url has to be that '
                'of [notifications] in cdm-graph.conf',
            ),
        )
    if seen.cloud.changes and not missed:
        yield finding.Finding(
            'missing events',
            _OK,
            f'All {finding.count(len(seen.cloud.changes), "server")} that '
            'changed were announced.',
        )


def _lacking(
    change: clouds.Change, names: collections.abc.Set[str]
) -> str | None:
    """Return what should have been announced of a server, and was not."""
    if change.deleted:
        ends = {'instance.delete.end', 'compute.instance.delete.end'}
        # A server that never had a host goes with an update only.
        return None if names & (ends | _UPDATES) else 'instance.delete.end'
    if change.created:
        return None if names else 'instance.create.*'
    return None if names else 'any event'


def _families(seen: evidences.Evidence) -> Findings:
    """Look for what else changed, and was not announced."""
    names = seen.bus.names(_VERSIONED) | seen.bus.names(_LEGACY)
    for family, keys in seen.cloud.families.items():
        if not keys or _is_heard(family, names):
            continue
        what, when = _FAMILIES[family]
        yield finding.Finding(
            'missing events',
            _STALE,
            f'{len(keys)} of the {what} changed ({finding.some(keys)}), and '
            f'no {family}.* came. The model shows that at the next {when}.',
            (_DRIVER, _FORMAT),
        )


def _is_heard(family: str, names: collections.abc.Set[str]) -> bool:
    prefixes = (f'{family}.', _LEGACY_FAMILIES.get(family, f'{family}.'))
    return any(name.startswith(prefixes) for name in names)


def _unknown(bus: evidences.Bus) -> Findings:
    unknown = bus.names(_VERSIONED) - set(events.VERSIONED)
    too_new = {name for each in bus.wanted for name in each.heard.unreadable}
    if unknown or too_new:
        yield finding.Finding(
            'unknown events',
            _ADVICE,
            'This release does not know the events '
            f'{finding.some(unknown | too_new)}, or the version of their '
            'payload: Nova is newer. What they are about is read from the '
            'API instead.',
            ('A newer release of cdm-graph',),
        )
