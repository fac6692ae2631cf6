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

"""Report: what an examination found, and what that means."""

import collections.abc
import dataclasses
import itertools
import typing

from cdm_graph.collector import nova_client
from cdm_graph.diagnosis import announcement_checks
from cdm_graph.diagnosis import api_checks
from cdm_graph.diagnosis import bus_checks
from cdm_graph.diagnosis import clock_checks
from cdm_graph.diagnosis import event_checks
from cdm_graph.diagnosis import evidence as evidences
from cdm_graph.diagnosis import finding
from cdm_graph.diagnosis import service_checks
from cdm_graph.diagnosis import tally

Findings = collections.abc.Iterator[finding.Finding]

_NOVA: typing.Final = nova_client.NovaClient.service


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """What an examination found, with the figures that it is based on."""

    findings: tuple[finding.Finding, ...]
    evidence: evidences.Evidence

    @property
    def verdict(self) -> finding.Severity:
        """The worst that was found."""
        return finding.worst(self.findings)

    @property
    def heard(
        self,
    ) -> list[tuple[str, tally.Format, str, int]]:
        """How often each event type was heard, by topic and format."""
        return [
            (hearing.topic, format_, name, number)
            for hearing in self.evidence.bus.hearings
            for (format_, name), number in sorted(hearing.heard.types.items())
        ]


def judge(seen: evidences.Evidence) -> Report:
    """Return what evidence means, the worst first."""
    found = itertools.chain(
        _of_collectors(seen),
        bus_checks.check(seen),
        _of_nova(seen),
        *(_of_service(each) for each in seen.services),
        *(
            finding.of(each.name, announcement_checks.check(seen, each))
            for each in seen.announcers
            if each.name != _NOVA.name
        ),
        clock_checks.check(seen),
    )
    return Report(tuple(finding.ranked(found)), seen)


def _of_collectors(seen: evidences.Evidence) -> Findings:
    for sentence in seen.unusable:
        yield finding.Finding(
            'collectors',
            finding.Severity.WRONG,
            f'{sentence} The daemon does not start.',
            ('cdm-graph.conf: [collector] collectors',),
        )
    for name in seen.silent:
        yield from finding.of(
            name, [announcement_checks.silent(seen.settings)]
        )


def _of_nova(seen: evidences.Evidence) -> Findings:
    if seen.cloud.is_configured:
        yield from finding.of(_NOVA.name, api_checks.check(seen))
        yield from finding.of(_NOVA.name, event_checks.check(seen))


def _of_service(service: evidences.Service) -> Findings:
    subject = service.subject
    if service.facts is None:
        error = service.error or f'{subject.name} was not asked.'
        found = iter([service_checks.away(error, service.remedy)])
    else:
        found = service_checks.check(subject, service.facts)
    return finding.of(subject.name, found)
