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

"""Checks of Nova's API: what it refuses, hides or cuts short."""

import collections.abc
import typing

from cdm_graph.diagnosis import cloud as clouds
from cdm_graph.diagnosis import evidence as evidences
from cdm_graph.diagnosis import finding
from cdm_graph.diagnosis import service_checks

Findings = collections.abc.Iterator[finding.Finding]

_STALE: typing.Final = finding.Severity.STALE


def check(seen: evidences.Evidence) -> Findings:
    """Yield what the API says."""
    facts = seen.cloud.facts
    if facts is None:
        yield service_checks.away(
            seen.cloud.error or 'Nova was not asked.', seen.cloud.remedy
        )
        return
    yield from service_checks.check(clouds.SUBJECT, facts)
    yield from _cells(facts)


def _cells(facts: clouds.CloudFacts) -> Findings:
    if facts.unseen:
        yield finding.Finding(
            'cells',
            _STALE,
            f'{finding.count(facts.unseen, "host")} are in cells that are '
            'down. The model keeps what it knows of them and their servers, '
            'which gets old; so do what all nodes have and use, since Nova '
            'lists no hypervisors meanwhile.',
            ('nova-manage cell_v2 list_cells, and the database of each',),
        )
