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

"""The figures of a soak, one a line, and whether they are good enough."""

import collections
import collections.abc
import dataclasses
import itertools
import json
import typing

from tests.functional import rig
from tests.soak import runner
from tests.soak import sampling
from tests.soak import windows

#: What a soak is held to.
MOST_GROWTH: typing.Final = 5.0
MOST_AGE: typing.Final = 5.0
#: Samples at the end of a part of a run that stand for it.
_LAST: typing.Final = 15
_SHOWN: typing.Final = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """Lines to print, and what is wrong, in words."""

    lines: list[str]
    failures: list[str]


def report(result: runner.Result) -> Report:
    samples = result.sampler.between(result.warm_at, result.stopped_at)
    found = [
        windows.window(fault, result.sampler.reads, result.stopped_at)
        for fault in result.faults
    ]
    outside = windows.ages(
        each.age
        for each in samples
        if each.age is not None
        and not any(window.holds(each.at) for window in found)
    )
    before = result.sampler.between(0.0, result.warm_at)[-_LAST:]
    first = windows.middle(each.rss for each in before)
    last = windows.middle(each.rss for each in samples[-_LAST:])
    growth = windows.growth(first, last)
    lines = [
        *_options(result.options),
        *_changes(result),
        *_memory(first, last, growth, samples),
        *_outside(outside, result.sampler),
        *_windows(result, found, samples),
        *_reads(result, samples),
        *_cpu(samples),
        *_end(result),
    ]
    failures = []
    if result.differences:
        failures.append(f'{len(result.differences)} differences')
    if result.drained_after is None:
        failures.append('the bus was not drained in time')
    if not growth < MOST_GROWTH:
        failures.append(f'RSS grew by {growth:.1f} %')
    if outside is None or not outside.p99 < MOST_AGE:
        failures.append(
            f'age p99 was not below {MOST_AGE:g} s outside of the faults'
        )
    return Report(lines, failures)


def _options(options: runner.Options) -> list[str]:
    return [
        f'cloud: {options.hosts} hosts, {options.instances} instances, '
        f'{options.rate:g} changes/s for {options.minutes:g} min, '
        f'seed {options.seed}, without: '
        f'{", ".join(options.without) or "nothing"}',
        *(
            f'option [{group}] {name} = {value}'
            for group, values in options.daemon.items()
            for name, value in values.items()
        ),
        'a change: one row saved (server, host, aggregate, server group, '
        'flavor) in a step that is announced',
    ]


def _changes(result: runner.Result) -> list[str]:
    counters, warm = result.counters, result.warm_counters
    seconds = result.stopped_at - result.warm_at
    late = result.settled_at - result.stopped_at
    told = result.status['notifications']
    return [
        f'changes made: {counters.changes} by {counters.operations} '
        'operations',
        f'changes a second after the warm-up: '
        f'{(counters.changes - warm.changes) / seconds:.1f} '
        f'({counters.skipped:.0f} s skipped since the cloud was behind)',
        f'notifications published: {counters.published}, lost with the '
        f'broker: {counters.lost}',
        f'published late: the last one {late:.1f} s after its change',
        f'notifications received: {told["received"]}',
        *(
            f'notifications {outcome}: {count}'
            for outcome, count in told['outcomes'].items()
        ),
        *(
            f'  of them {reason}: {count}'
            for reason, count in told['reasons'].items()
        ),
    ]


def _memory(
    first: float,
    last: float,
    growth: float,
    samples: list[sampling.Sample],
) -> list[str]:
    slope = windows.slope((each.at / 3600, each.rss) for each in samples)
    largest = max(each.rss for each in samples)
    return [
        f'RSS after warm-up: {first:.0f} MiB',
        f'RSS at end: {last:.0f} MiB (largest {largest:.0f} MiB, '
        f'trend {slope:+.0f} MiB/h)',
        f'RSS growth: {growth:+.1f} %',
    ]


def _outside(
    outside: windows.Ages | None, sampler: sampling.Sampler
) -> list[str]:
    if outside is None:
        return ['age outside of the faults: no sample is']
    return [
        f'age p50 outside of the faults: {outside.p50:.2f} s',
        f'age p99 outside of the faults: {outside.p99:.2f} s',
        f'age max outside of the faults: {outside.largest:.2f} s '
        f'({outside.count} samples, {sampler.unanswered} unanswered)',
    ]


def _windows(
    result: runner.Result,
    found: list[windows.Window],
    samples: list[sampling.Sample],
) -> list[str]:
    lines = [
        'bound of the age in a fault: from the begin of the last '
        "synchronize before it to its window's end"
    ]
    for window in found:
        fault = window.fault
        inside = windows.ages(
            each.age
            for each in samples
            if each.age is not None and window.holds(each.at)
        )
        largest = 'no sample' if inside is None else f'{inside.largest:.1f} s'
        healed = (
            'nothing, to the end'
            if window.healed is None
            else f'a {window.healed.kind} of {window.healed.seconds:.1f} s'
        )
        lines.append(
            f'fault {fault.name}: at {fault.began_at - result.warm_at:.0f} s '
            f'for {fault.ended_at - fault.began_at:.1f} s, window '
            f'{window.ended_at - fault.began_at:.1f} s, ended by {healed}; '
            f'age max {largest}, bound {_bound(window, result):.1f} s'
        )
    return lines


def _bound(window: windows.Window, result: runner.Result) -> float:
    """Return what the age may not exceed in a window.

    The model is never older than its last synchronize was at the window's
    end: that is all that is known while something may have been lost.
    """
    began = [
        read.began_at
        for read in result.sampler.reads
        if read.kind == 'synchronize'
        and read.ended_at <= window.fault.began_at
    ]
    return window.ended_at - max(began, default=result.warm_at)


def _reads(result: runner.Result, samples: list[sampling.Sample]) -> list[str]:
    seconds = samples[-1].at - samples[0].at
    lines = []
    for kind in ('synchronize', 'poll'):
        reads = [
            read
            for read in result.sampler.reads
            if read.kind == kind and read.began_at >= result.warm_at
        ]
        took = ', '.join(f'{read.seconds:.1f}' for read in reads)
        lines.append(f'{kind}s: {len(reads)} (seconds: {took or "none"})')
    total = sum(result.requests.values())
    dirty = sorted(each.dirty for each in samples)
    return [
        *lines,
        'interruptions of the bus that the daemon noticed: '
        f'{samples[-1].interruptions - samples[0].interruptions}',
        f'GETs per second: {total / seconds:.1f}',
        *(
            f'  of them {name}: {count / seconds:.2f}'
            for name, count in sorted(result.requests.items())
        ),
        f'dirty p50 {windows.percentile(dirty, 0.5)}, '
        f'p99 {windows.percentile(dirty, 0.99)}, max {dirty[-1]}',
    ]


def _cpu(samples: list[sampling.Sample]) -> list[str]:
    used: dict[str, float] = collections.defaultdict(float)
    for one, other in itertools.pairwise(samples):
        for name, seconds in other.cpu.items():
            # Another broker, after a kill, begins with nothing.
            used[name] += max(0.0, seconds - one.cpu.get(name, seconds))
    elapsed = samples[-1].at - samples[0].at
    return [
        *(
            f'CPU of the {name}: {100 * seconds / elapsed:.0f} % of a core'
            for name, seconds in used.items()
        ),
        f'load of the machine: {windows.middle(s.load for s in samples):.1f}',
    ]


def _end(result: runner.Result) -> list[str]:
    collector = rig.nova(result.status)
    drained = result.drained_after
    return [
        'drained: '
        + ('not in time' if drained is None else f'after {drained:.1f} s'),
        f'elements: {json.dumps(collector["elements"])}',
        *(f'DIFFERENCE {each}' for each in result.differences[:_SHOWN]),
        f'differences {len(result.differences)}',
    ]
