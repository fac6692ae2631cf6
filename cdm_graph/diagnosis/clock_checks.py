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

"""Checks of the clocks: the API's, and those of who announces."""

import collections.abc

from cdm_graph.diagnosis import api_clock
from cdm_graph.diagnosis import cloud as clouds
from cdm_graph.diagnosis import evidence as evidences
from cdm_graph.diagnosis import finding

Findings = collections.abc.Iterator[finding.Finding]

#: Seconds that clocks may differ: rows are dated in whole seconds.
_TOLERANCE = 2.0
#: Seconds after which a message that was never early counts as late.
_LATE = 10.0
_REMEDY = (
    'NTP (chrony) on this machine, on the controllers and on each compute '
    'host',
)


def check(seen: evidences.Evidence) -> Findings:
    """Yield what the clocks say."""
    apis = [
        (clouds.SUBJECT.name, seen.cloud.facts),
        *((each.subject.name, each.facts) for each in seen.services),
    ]
    for name, facts in apis:
        if facts is not None:
            found = _of_the_api(seen.settings, facts.difference)
            yield from finding.of(name, [found])
    yield from _of_the_senders(seen)


def _of_the_api(
    settings: evidences.Settings, difference: api_clock.Difference | None
) -> finding.Finding:
    if difference is None:
        return finding.Finding(
            'clock of the API',
            finding.Severity.UNKNOWN,
            'The answers of the API have no Date, so its clock was not '
            'compared with ours.',
        )
    least = difference.least
    way = 'ahead of' if difference.seconds > 0 else 'behind'
    if least > settings.poll_overlap:
        return finding.Finding(
            'clock of the API',
            finding.Severity.WRONG,
            f"The API's clock is {least:.0f} s {way} ours, and a poll looks "
            f'back {settings.poll_overlap:g} s only: it does not find '
            'what changed.',
            (*_REMEDY, 'until then cdm-graph.conf: [collector] poll_overlap'),
        )
    if least > _TOLERANCE:
        return finding.Finding(
            'clock of the API',
            finding.Severity.STALE,
            f"The API's clock is {least:.1f} s {way} ours. Ages are wrong by "
            'as much, and a poll may find late what it would have found.',
            _REMEDY,
        )
    return finding.Finding(
        'clock of the API',
        finding.Severity.OK,
        'The clock of the API agrees with ours, within '
        f'{least + difference.error:.1f} s.',
    )


def _of_the_senders(seen: evidences.Evidence) -> Findings:
    """Compare the times in messages with ours, by who sent them.

    A message cannot come before it is sent: that a clock is ahead is
    certain.  One that is behind cannot be told from messages that are late.
    """
    least: dict[str, float] = {}
    for hearing in seen.bus.hearings:
        for sender, delays in hearing.heard.senders.items():
            known = least.get(sender, delays.least)
            least[sender] = min(known, delays.least)
    ahead = {name for name, delay in least.items() if delay < -_TOLERANCE}
    late = {name for name, delay in least.items() if delay > _LATE}
    if ahead:
        most = -min(least[name] for name in ahead)
        yield _apart(seen, ahead, most, 'ahead of ours')
    if late:
        most = max(least[name] for name in late)
        yield _apart(
            seen, late, most, 'behind ours, or their messages come so late'
        )
    if least and not ahead and not late:
        yield finding.Finding(
            'clocks of the services',
            finding.Severity.OK,
            f'The clocks of {finding.count(len(least), "sender")} agree with '
            'ours.',
        )


def _apart(
    seen: evidences.Evidence, names: set[str], most: float, how: str
) -> finding.Finding:
    beyond = most > seen.settings.poll_overlap
    effect = (
        'Their rows are dated outside of what a poll asks for.'
        if beyond
        else 'What is newer is told by those clocks: an older row may win '
        'until the next poll.'
    )
    return finding.Finding(
        'clocks of the services',
        finding.Severity.WRONG if beyond else finding.Severity.STALE,
        f'The clocks of {finding.some(names)} are up to {most:.1f} s {how}. '
        f'{effect}',
        _REMEDY,
    )
