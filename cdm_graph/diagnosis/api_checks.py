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

from cdm_graph.diagnosis import cloud as clouds
from cdm_graph.diagnosis import evidence as evidences
from cdm_graph.diagnosis import finding

Findings = collections.abc.Iterator[finding.Finding]

_OK = finding.Severity.OK
_UNKNOWN = finding.Severity.UNKNOWN
_ADVICE = finding.Severity.ADVICE
_STALE = finding.Severity.STALE
_WRONG = finding.Severity.WRONG

_ROLE = (
    'Keystone: openstack role add --user USER --project PROJECT admin, for '
    'the user of [nova] in cdm-graph.conf; or policy.yaml of Nova, so that '
    'its role may do that',
)


def check(seen: evidences.Evidence) -> Findings:
    """Yield what the API says."""
    facts = seen.cloud.facts
    if facts is None:
        yield finding.Finding(
            'API',
            _WRONG,
            f'{seen.cloud.error or "Nova was not asked."} Without it there '
            'is no model, and what depends on it was not checked.',
            seen.cloud.remedy,
        )
        return
    yield _microversion(facts)
    yield from _access(facts)
    if facts.page is not None:
        yield _projects(facts, facts.page)
        yield from _hosts(facts.page)
        yield _paging(facts.page)
    yield from _cells(facts)


def _microversion(facts: clouds.CloudFacts) -> finding.Finding:
    if facts.microversion is None:
        return finding.Finding(
            'microversion', _UNKNOWN, 'No microversion was agreed on.'
        )
    return finding.Finding(
        'microversion',
        _OK,
        f'Microversion {facts.microversion} is the newest that Nova and the '
        'client know; 2.69 is the oldest that will do.',
    )


def _access(facts: clouds.CloudFacts) -> Findings:
    for what in sorted(facts.refused):
        yield finding.Finding(
            'policy',
            _WRONG,
            f'Nova refuses to list the {what}: {facts.errors[what]}',
            _ROLE,
        )
    for what in sorted(set(facts.errors) - facts.refused):
        yield finding.Finding(
            'API',
            _WRONG,
            f'The {what} cannot be read: {facts.errors[what]}',
            ("The log of Nova's API",),
        )
    if not facts.errors:
        yield finding.Finding(
            'policy', _OK, 'All that the daemon reads may be read.'
        )


def _projects(facts: clouds.CloudFacts, page: clouds.Page) -> finding.Finding:
    if not page.projects:
        return finding.Finding(
            'projects',
            _UNKNOWN,
            'There are no servers, so whether those of all projects are '
            'shown cannot be seen.',
        )
    if page.projects == {facts.project}:
        return finding.Finding(
            'projects',
            _ADVICE,
            f'All of the {finding.count(page.rows, "server")} that Nova shows '
            f'first belong to project {facts.project}, which is that of the '
            'daemon. If others have servers, a policy hides them, and the '
            'model lacks them.',
            _ROLE,
        )
    return finding.Finding(
        'projects',
        _OK,
        f'Servers of {finding.count(len(page.projects), "project")} are '
        'shown.',
    )


def _hosts(page: clouds.Page) -> Findings:
    if page.hosted is False:
        yield finding.Finding(
            'policy',
            _WRONG,
            'Nova shows servers without the host that they are on '
            '(OS-EXT-SRV-ATTR:host): the model has no HOSTED_ON.',
            (
                'policy.yaml of Nova: '
                'os_compute_api:os-extended-server-attributes for the role '
                'of the user of [nova]',
            ),
        )


def _paging(page: clouds.Page) -> finding.Finding:
    if page.rows < page.asked and not page.is_last:
        return finding.Finding(
            'page size',
            _ADVICE,
            f'{page.asked} rows were asked for, and Nova gave {page.rows} '
            'though it has more: its limit is smaller. Lists are whole '
            'nevertheless, but take more requests.',
            (
                f'nova.conf, API: [api] max_limit = {page.asked}',
                f'or cdm-graph.conf: [collector] nova_page_size = {page.rows}',
            ),
        )
    if page.is_last:
        return finding.Finding(
            'page size',
            _OK,
            f'All {finding.count(page.rows, "server")} came in one page, so '
            'a limit would not matter.',
        )
    return finding.Finding(
        'page size', _OK, f'Nova gives {page.rows} rows at a time, as asked.'
    )


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
