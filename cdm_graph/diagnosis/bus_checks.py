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

"""Checks of the message bus: can it be reached, whose are its queues."""

import collections.abc
import statistics

from cdm_graph.diagnosis import broker
from cdm_graph.diagnosis import evidence as evidences
from cdm_graph.diagnosis import finding

Findings = collections.abc.Iterator[finding.Finding]

_OK = finding.Severity.OK
_UNKNOWN = finding.Severity.UNKNOWN
_ADVICE = finding.Severity.ADVICE
_STALE = finding.Severity.STALE
_WRONG = finding.Severity.WRONG

#: oslo.messaging subscribes once to a queue, for whatever is routed to it.
_ONE_DAEMON = 1
_OWN_TOPIC = (
    'cdm-graph.conf: [notifications] topics = cdm_graph',
    'cdm-graph.conf: [notifications] pool =',
)
_RETIRE = (
    'Start the daemon, or delete its queue if it is retired: rabbitmqctl '
    'delete_queue NAME',
)


def check(seen: evidences.Evidence) -> Findings:
    """Yield what the bus itself says."""
    bus = seen.bus
    if not bus.is_configured:
        yield finding.Finding(
            'bus',
            _STALE,
            'No message bus is configured. Each change shows at the next '
            f'poll only, up to {seen.settings.poll_period:g} s late, or at '
            'the next synchronize.',
            (
                'cdm-graph.conf: [notifications] transport_url = '
                'rabbit://USER:PASSWORD@HOST:5672/',
            ),
        )
        return
    yield _reach(bus)
    yield from _conflicts(bus)
    yield from _delivery(bus)
    if bus.is_rabbit:
        yield from _sharing(seen)
        yield from _backlog(seen)
        yield from _undrained(seen)
    else:
        yield finding.Finding(
            'queues',
            _UNKNOWN,
            'Only RabbitMQ tells of its queues: whether another consumer '
            'shares them, or none drains them, cannot be seen.',
        )


def _reach(bus: evidences.Bus) -> finding.Finding:
    lost = [each for each in bus.addresses if each.error]
    if bus.error is not None:
        return finding.Finding(
            'bus',
            _WRONG,
            f'The message bus cannot be used: {bus.error}. Without it each '
            'change shows at the next poll or synchronize only.',
            (
                'cdm-graph.conf: [notifications] transport_url: address, '
                'user, password and virtual host as in transport_url of the '
                'services',
            ),
        )
    if lost:
        words = '; '.join(f'{each.name}: {each.error}' for each in lost)
        return finding.Finding(
            'bus',
            _ADVICE,
            f'{len(lost)} of {len(bus.addresses)} servers of the message bus '
            f'cannot be used ({words}). The others do.',
            ('cdm-graph.conf: [notifications] transport_url',),
        )
    return finding.Finding('bus', _OK, 'The message bus lets us in.')


def _conflicts(bus: evidences.Bus) -> Findings:
    for exchange, words in bus.conflicts.items():
        # The driver falls back to what does not survive the broker.
        severity = _ADVICE if bus.is_durable else _WRONG
        effect = (
            'The driver tries again with what does not survive the broker.'
            if bus.is_durable
            else 'The daemon cannot subscribe.'
        )
        yield finding.Finding(
            'declarations',
            severity,
            f'The exchange {exchange} cannot be declared as this '
            f'configuration has it: {words}. {effect}',
            (
                'cdm-graph.conf: [oslo_messaging_rabbit] amqp_durable_queues, '
                'amqp_auto_delete and rabbit_quorum_queue, as in the files '
                'of the services',
            ),
        )


def _delivery(bus: evidences.Bus) -> Findings:
    if bus.error is not None:
        return
    deaf = [each.topic for each in bus.wanted if not each.hears]
    if deaf:
        yield finding.Finding(
            'delivery',
            _WRONG,
            'Messages of our own did not come back through the bus on '
            f'{finding.some(deaf)}: it refuses the subscription, or does not '
            'deliver. What the cloud announces would not come either.',
            (
                'RabbitMQ: permissions of the user of [notifications] '
                'transport_url to configure, write and read its queues',
            ),
        )
        return
    delays = [delay for each in bus.wanted for delay in each.delays]
    gaps = sum(each.gaps for each in bus.wanted)
    if gaps:
        yield finding.Finding(
            'delivery',
            _WRONG,
            f'Of {len(delays)} numbered messages of our own that came back, '
            f'some were missing or too late ({finding.count(gaps, "gap")}): '
            'the bus loses messages, or was away.',
            ('The log of RabbitMQ, and the network on the way to it',),
        )
    elif delays:
        yield finding.Finding(
            'delivery',
            _OK,
            f'{finding.count(len(delays), "message")} of our own came back '
            f'without a gap, in {statistics.median(delays) * 1000:.1f} ms '
            'in the median.',
        )


def _sharing(seen: evidences.Evidence) -> Findings:
    settings = seen.settings
    for queue in _known(seen.bus.after, settings.queues):
        if queue.consumers > _ONE_DAEMON:
            yield _shared(seen, queue)
        elif queue.consumers and not seen.daemon:
            yield finding.Finding(
                'queue sharing',
                _ADVICE,
                f'Somebody reads the queue {queue.name}, and no daemon '
                'answers on this machine. If that is not your daemon on '
                'another machine, it would take a part of the messages of '
                'the one that you start here.',
                _names(seen),
            )
        else:
            yield finding.Finding(
                'queue sharing',
                _OK,
                f'Nobody but the daemon reads the queue {queue.name}.',
            )


def _shared(seen: evidences.Evidence, queue: broker.Queue) -> finding.Finding:
    return finding.Finding(
        'queue sharing',
        _WRONG,
        f'The queue {queue.name} has {queue.consumers} readers. Each message '
        'reaches one of them only, so a daemon misses what the others take.',
        _names(seen),
    )


def _names(seen: evidences.Evidence) -> tuple[str, ...]:
    if seen.settings.pool is None:
        return (
            *(
                each.with_topics(each.topics[0], 'cdm_graph')
                for each in seen.announcers
            ),
            *_OWN_TOPIC,
        )
    return (
        'cdm-graph.conf: [notifications] pool = a name of its own for each '
        'daemon',
    )


def _backlog(seen: evidences.Evidence) -> Findings:
    """Look whether the daemon keeps up."""
    for queue in _known(seen.bus.after, seen.settings.queues):
        grown = _grown(seen.bus, queue)
        if queue.consumers and grown > 0:
            yield finding.Finding(
                'backlog',
                _STALE,
                f'{finding.count(queue.depth, "message")} wait in '
                f'{queue.name}, {grown} more than at the begin of the watch: '
                'the daemon does not keep up, and its model is late by as '
                'much.',
                ('cdm-graph status: lag, and what it has to read',),
            )


def _undrained(seen: evidences.Evidence) -> Findings:
    """Look for queues that fill up, of the daemon's topics or its own."""
    queues = _known(seen.bus.after, seen.bus.after)
    full = [each for each in queues if _is_undrained(seen.bus, each)]
    own = [each for each in full if each.name in seen.settings.queues]
    for found, remedy in (
        (own, _RETIRE),
        ([each for each in full if each not in own], _drain(seen)),
    ):
        if found:
            words = '; '.join(_filled(seen.bus, each) for each in found)
            yield finding.Finding(
                'undrained queues',
                _ADVICE,
                f'Messages wait, and nobody reads them: {words}. A queue '
                'without a reader grows until the broker stops all who '
                'publish.',
                remedy,
            )
    if queues and not full:
        yield finding.Finding(
            'undrained queues', _OK, 'No queue is left without a reader.'
        )


def _drain(seen: evidences.Evidence) -> tuple[str, ...]:
    topics = sorted(
        {
            *seen.settings.topics,
            *(name for each in seen.announcers for name in each.topics),
        }
    )
    return (
        'RabbitMQ: a limit, such as rabbitmqctl set_policy --apply-to queues '
        f"notifications '^({'|'.join(topics)})[.]' "
        '\'{"max-length": 10000}\'',
        'or a topic of its own, which the daemon drains, if nobody else reads '
        'that one:',
        *(each.with_topics('cdm_graph') for each in seen.announcers),
        *_OWN_TOPIC,
    )


def _is_undrained(bus: evidences.Bus, queue: broker.Queue) -> bool:
    """Return whether a queue fills up, and had no reader all the time."""
    before = bus.before.get(queue.name)
    return bool(
        queue.depth
        and not queue.consumers
        and not (before and before.consumers)
    )


def _filled(bus: evidences.Bus, queue: broker.Queue) -> str:
    grown = _grown(bus, queue)
    growth = (
        f'{grown} of them since {bus.seconds:.0f} s'
        if grown > 0
        else 'no more than before'
    )
    return f'{queue.depth} in {queue.name} ({growth})'


def _grown(bus: evidences.Bus, queue: broker.Queue) -> int:
    before = bus.before.get(queue.name)
    return queue.depth - (before.depth if before else 0)


def _known(
    queues: evidences.Queues, names: collections.abc.Iterable[str]
) -> list[broker.Queue]:
    return [queue for name in names if (queue := queues.get(name))]
