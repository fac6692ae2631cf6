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

"""All families of metrics that are read from the daemon's status.

What is not here: the latency of the daemon's own HTTP, which no status has,
and what :mod:`prometheus_client` tells of the process.
"""

import collections
import collections.abc
import functools
import importlib.metadata
import typing

from cdm_graph.api import family
from cdm_graph.model import freshness
from cdm_graph.model import mutation

_COUNTER: typing.Final = family.Type.COUNTER
_GAUGE: typing.Final = family.Type.GAUGE
_COLLECTOR: typing.Final = ('collector',)
#: The states of a mirror: see :class:`cdm_graph.store.mirror.MirrorStatus`.
_MIRROR_STATES: typing.Final = (
    *('waiting', 'reconciling', 'following', 'unavailable'),
)
#: The states of a recorder: see
#: :class:`cdm_graph.history.recorder.RecorderStatus`.
_RECORDER_STATES: typing.Final = ('recording', 'unavailable')
#: What is to be corrected: see :func:`cdm_graph.collector.reconcile.drift`.
_DRIFTS: typing.Final = (
    *(mutation.MISSED, mutation.PHANTOM, mutation.STALE_ATTRIBUTE),
    'suspect',
)
#: Who corrects it, and where the status has the sums.
_CORRECTORS: typing.Final = {'synchronize': 'synchronizes', 'poll': 'polls'}


@functools.cache
def _version() -> str:
    return importlib.metadata.version('cdm-graph')


DAEMON: typing.Final = (
    family.Family(
        'cdm_graph_build_info',
        _GAUGE,
        'Always 1; the label tells the release.',
        ('version',),
        family.by('version', lambda _: {_version(): 1.0}),
    ),
)

MODEL: typing.Final = (
    family.Family(
        'cdm_graph_model_state',
        _GAUGE,
        'Whether the model is in this state (1) or not (0).',
        ('collector', 'state'),
        family.of_collectors_by(
            'state',
            lambda shown: family.one_of(
                [each.value for each in freshness.Readiness], shown['state']
            ),
        ),
    ),
    family.Family(
        'cdm_graph_model_age_seconds',
        _GAUGE,
        'For how long the model may have been wrong; none before the first '
        'complete synchronize.',
        _COLLECTOR,
        family.of_collectors(lambda shown: shown['age']),
    ),
    family.Family(
        'cdm_graph_model_synchronized_timestamp_seconds',
        _GAUGE,
        'When the last complete synchronize began; none before the first.',
        _COLLECTOR,
        family.of_collectors(lambda shown: shown['synchronized_at']),
    ),
    family.Family(
        'cdm_graph_model_partial_reasons',
        _GAUGE,
        'For how many reasons a part of the cloud cannot be seen.',
        _COLLECTOR,
        family.of_collectors(lambda shown: len(shown['partial'])),
    ),
    family.Family(
        'cdm_graph_model_changes_total',
        _COUNTER,
        'Changes of the model; it is the sequence number of the last one.',
        _COLLECTOR,
        family.of_collectors(lambda shown: shown['sequence']),
    ),
    family.Family(
        'cdm_graph_model_elements',
        _GAUGE,
        'Elements of the model.',
        ('collector', 'kind'),
        family.of_collectors_by('kind', lambda shown: shown['elements']),
    ),
    family.Family(
        'cdm_graph_model_relations',
        _GAUGE,
        'Relations of the model.',
        ('collector', 'relation'),
        family.of_collectors_by('relation', lambda shown: shown['relations']),
    ),
    family.Family(
        'cdm_graph_model_dirty_elements',
        _GAUGE,
        'Elements that wait to be read, since they are in doubt.',
        _COLLECTOR,
        family.of_collectors(lambda shown: shown['dirty']),
    ),
    family.Family(
        'cdm_graph_model_settling_elements',
        _GAUGE,
        'Elements that will be read, those that are only to be read once '
        'more to be sure among them.',
        _COLLECTOR,
        family.of_collectors(lambda shown: shown['settling']),
    ),
)

BUS: typing.Final = (
    family.Family(
        'cdm_graph_bus_configured',
        _GAUGE,
        'Whether the daemon listens to a message bus (1) or not (0).',
        (),
        family.once(lambda status: status['bus']['configured']),
    ),
    family.Family(
        'cdm_graph_bus_alive',
        _GAUGE,
        'Whether the bus delivers (1) or is away (0); none where no '
        'heartbeat is due yet.',
        (),
        family.once(lambda status: status['bus'].get('alive')),
    ),
    family.Family(
        'cdm_graph_bus_lag_seconds',
        _GAUGE,
        'How long the last heartbeat was on its way over the bus.',
        (),
        family.once(lambda status: status['bus'].get('round_trip')),
    ),
    family.Family(
        'cdm_graph_bus_heartbeat_timestamp_seconds',
        _GAUGE,
        'When the last heartbeat came back.',
        (),
        family.once(lambda status: status['bus'].get('last_at')),
    ),
    family.Family(
        'cdm_graph_bus_interruptions_total',
        _COUNTER,
        'How often the bus was away, or lost something.',
        (),
        family.once(lambda status: status['bus'].get('interruptions')),
    ),
)


def _lags(status: family.Status) -> family.Samples:
    lag = status['notifications']['lag']
    for quantile, name in (('0.5', 'p50'), ('0.99', 'p99'), ('1', 'largest')):
        if lag[name] is not None:
            yield family.Sample({'quantile': quantile}, lag[name])


def _pending(status: family.Status) -> int:
    counters = status['notifications']
    return int(counters['received'] - sum(counters['outcomes'].values()))


NOTIFICATIONS: typing.Final = (
    family.Family(
        'cdm_graph_notifications_received_total',
        _COUNTER,
        'Notifications that came in.',
        (),
        family.once(lambda status: status['notifications']['received']),
    ),
    family.Family(
        'cdm_graph_notifications_total',
        _COUNTER,
        'Notifications by what became of them; with those that are pending '
        'it is as many as came in.',
        ('outcome',),
        family.by(
            'outcome', lambda status: status['notifications']['outcomes']
        ),
    ),
    family.Family(
        'cdm_graph_notifications_pending',
        _GAUGE,
        'Notifications that came in and are not settled yet.',
        (),
        family.once(_pending),
    ),
    family.Family(
        'cdm_graph_notification_lag_seconds',
        family.Type.SUMMARY,
        'From the publication of a notification until the model shows it, of '
        'the last 20,000; it has quantiles only.',
        ('quantile',),
        _lags,
    ),
)


def _attempts(noun: str, past: str, status: str) -> tuple[family.Family, ...]:
    """Return what there is to tell of synchronizes, or of polls.

    :param noun: its name, as part of a metric's
    :param past: where the status has the sums of all
    :param status: where it has how the last ones went
    """
    last = f'last_{noun}'

    def of_last(
        read: collections.abc.Callable[[family.Status], float],
    ) -> collections.abc.Callable[[family.Status], family.Samples]:
        return family.of_collectors(
            lambda shown: read(shown[last]) if shown[last] else None
        )

    return (
        family.Family(
            f'cdm_graph_{noun}s_total',
            _COUNTER,
            f'{noun.capitalize()}s that ended, by their outcome: succeeded '
            'or failed.',
            ('collector', 'outcome'),
            family.of_collectors_by(
                'outcome',
                lambda shown: {
                    outcome: shown[past][outcome]
                    for outcome in ('succeeded', 'failed')
                },
            ),
        ),
        family.Family(
            f'cdm_graph_{noun}_seconds_total',
            _COUNTER,
            f'How long all {noun}s that succeeded took together.',
            _COLLECTOR,
            family.of_collectors(lambda shown: shown[past]['seconds']),
        ),
        family.Family(
            f'cdm_graph_{noun}_failures_in_a_row',
            _GAUGE,
            f'How many {noun}s failed since one succeeded.',
            _COLLECTOR,
            family.of_collectors(lambda shown: shown[status]['failures']),
        ),
        family.Family(
            f'cdm_graph_{noun}_last_duration_seconds',
            _GAUGE,
            f'How long the last {noun} that succeeded took.',
            _COLLECTOR,
            of_last(lambda report: report['seconds']),
        ),
        family.Family(
            f'cdm_graph_{noun}_last_start_timestamp_seconds',
            _GAUGE,
            f'When the last {noun} that succeeded began.',
            _COLLECTOR,
            of_last(lambda report: report['began_at']),
        ),
        family.Family(
            f'cdm_graph_{noun}_last_drift_elements',
            _GAUGE,
            f'What the last {noun} that succeeded had to correct.',
            _COLLECTOR,
            of_last(lambda report: sum(report['drift'].values())),
        ),
    )


def _drift(status: family.Status) -> family.Samples:
    for name, shown in status['collectors'].items():
        for corrector, sums in _CORRECTORS.items():
            # An increase from nothing would go unnoticed: there are zeros.
            found = collections.Counter(dict.fromkeys(_DRIFTS, 0))
            for what, count in shown[sums]['drift'].items():
                found[what.rpartition(' ')[0]] += count
            for what, count in found.items():
                yield family.Sample(
                    {'collector': name, 'found_by': corrector, 'what': what},
                    count,
                )


READING: typing.Final = (
    *_attempts('synchronize', 'synchronizes', 'health'),
    *_attempts('poll', 'polls', 'poll_health'),
    family.Family(
        'cdm_graph_drift_elements_total',
        _COUNTER,
        'What synchronizes and polls had to correct: the loss metric.',
        ('collector', 'found_by', 'what'),
        _drift,
    ),
)


def _mirror(
    name: str,
) -> collections.abc.Callable[[family.Status], family.Samples]:
    return family.once(
        lambda status: status['store'] and status['store'][name]
    )


def _mirror_states(status: family.Status) -> dict[str, float]:
    if status['store'] is None:
        return {}
    return family.one_of(_MIRROR_STATES, status['store']['state'])


#: None of them has a sample where no graph database is configured.
MIRROR: typing.Final = (
    family.Family(
        'cdm_graph_mirror_state',
        _GAUGE,
        'Whether the mirror is in this state (1) or not (0).',
        ('state',),
        family.by('state', _mirror_states),
    ),
    family.Family(
        'cdm_graph_mirror_lag_seconds',
        _GAUGE,
        'For how long the oldest change waits that the database has not.',
        (),
        _mirror('lag'),
    ),
    family.Family(
        'cdm_graph_mirror_behind_changes',
        _GAUGE,
        'Changes of the model that the database has not; none before '
        'everything was compared first.',
        (),
        _mirror('behind'),
    ),
    family.Family(
        'cdm_graph_mirror_backlog_elements',
        _GAUGE,
        'Elements that are to be written.',
        (),
        _mirror('backlog'),
    ),
    family.Family(
        'cdm_graph_mirror_drift_elements',
        _GAUGE,
        'Elements that differed when everything was compared last; none '
        'before it was compared twice.',
        (),
        _mirror('drift'),
    ),
    family.Family(
        'cdm_graph_mirror_compared_timestamp_seconds',
        _GAUGE,
        'When everything was compared last.',
        (),
        _mirror('reconciled_at'),
    ),
    family.Family(
        'cdm_graph_mirror_refused_elements',
        _GAUGE,
        'Elements that the database cannot hold.',
        (),
        _mirror('refused'),
    ),
    family.Family(
        'cdm_graph_mirror_written_elements_total',
        _COUNTER,
        'Elements that were written.',
        (),
        _mirror('written'),
    ),
    family.Family(
        'cdm_graph_mirror_deleted_elements_total',
        _COUNTER,
        'Elements that were deleted.',
        (),
        _mirror('deleted'),
    ),
)


def _history(
    name: str,
) -> collections.abc.Callable[[family.Status], family.Samples]:
    return family.once(
        lambda status: status['history'] and status['history'][name]
    )


def _history_states(status: family.Status) -> dict[str, float]:
    if status['history'] is None:
        return {}
    return family.one_of(_RECORDER_STATES, status['history']['state'])


#: None of them has a sample where no file keeps the history.
HISTORY: typing.Final = (
    family.Family(
        'cdm_graph_history_state',
        _GAUGE,
        'Whether the recording of changes is in this state (1) or not (0).',
        ('state',),
        family.by('state', _history_states),
    ),
    family.Family(
        'cdm_graph_history_changes',
        _GAUGE,
        'Changes that the file has, those of earlier runs as well.',
        (),
        _history('changes'),
    ),
    family.Family(
        'cdm_graph_history_behind_changes',
        _GAUGE,
        'Changes of the model that the file has not.',
        (),
        _history('behind'),
    ),
    family.Family(
        'cdm_graph_history_missed_changes_total',
        _COUNTER,
        'Changes that could not be written before they were forgotten.',
        (),
        _history('missed'),
    ),
)


def _hand_outs(status: family.Status) -> family.Samples:
    found = status['hand_outs']
    total = 0
    for bound, count in zip(
        (*map(str, found['bounds']), '+Inf'), found['counts'], strict=True
    ):
        total += count
        yield family.Sample({'le': bound}, total, '_bucket')
    yield family.Sample({}, total, '_count')
    yield family.Sample({}, found['seconds'], '_sum')


SNAPSHOTS: typing.Final = (
    family.Family(
        'cdm_graph_hand_out_duration_seconds',
        family.Type.HISTOGRAM,
        'How long it took to take a snapshot of the model for a request.',
        (),
        _hand_outs,
    ),
)

#: All of them, in the order in which they are written.
ALL: typing.Final = (
    *DAEMON,
    *MODEL,
    *BUS,
    *NOTIFICATIONS,
    *READING,
    *MIRROR,
    *HISTORY,
    *SNAPSHOTS,
)
