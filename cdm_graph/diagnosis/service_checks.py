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

"""Checks of the API of any service: what it refuses, hides or cuts short."""

import collections.abc

from cdm_graph.diagnosis import api_facts
from cdm_graph.diagnosis import finding
from cdm_graph.diagnosis import subject as subjects

Findings = collections.abc.Iterator[finding.Finding]

_OK = finding.Severity.OK
_UNKNOWN = finding.Severity.UNKNOWN
_ADVICE = finding.Severity.ADVICE
_WRONG = finding.Severity.WRONG

#: Seconds for a page that a synchronize can afford.
_SLOW = 10.0


def away(error: str, remedy: tuple[str, ...]) -> finding.Finding:
    """Say that an API does not let us in."""
    return finding.Finding(
        'API',
        _WRONG,
        f'{error} Without it there is no model, and what depends on it was '
        'not checked.',
        remedy,
    )


def check(subject: subjects.Subject, facts: api_facts.ApiFacts) -> Findings:
    """Yield what an API says that lets us in."""
    if not subject.thing:
        yield finding.Finding(
            'API',
            _OK,
            f'{subject.name} lets us in. What its collector may read there '
            'is not known here.',
        )
        return
    yield _microversion(subject, facts)
    yield from _access(subject, facts)
    if facts.page is not None:
        yield _projects(subject, facts, facts.page)
        yield from _attributes(subject, facts.page)
        yield _paging(subject, facts.page)
        yield _pace(subject, facts.page)


def _microversion(
    subject: subjects.Subject, facts: api_facts.ApiFacts
) -> finding.Finding:
    if facts.microversion is None:
        return finding.Finding(
            'microversion', _UNKNOWN, 'No microversion was agreed on.'
        )
    return finding.Finding(
        'microversion',
        _OK,
        f'Microversion {facts.microversion} is the newest that '
        f'{subject.name} and the client know; {subject.oldest} is the oldest '
        'that will do.',
    )


def _access(subject: subjects.Subject, facts: api_facts.ApiFacts) -> Findings:
    for what in sorted(facts.refused):
        yield finding.Finding(
            'policy',
            _WRONG,
            f'{subject.name} refuses to list the {what}: {facts.errors[what]}',
            subject.rights,
        )
    for what in sorted(set(facts.errors) - facts.refused):
        yield finding.Finding(
            'API',
            _WRONG,
            f'The {what} cannot be read: {facts.errors[what]}',
            (f"The log of {subject.name}'s API",),
        )
    if not facts.errors:
        yield finding.Finding(
            'policy', _OK, 'All that the daemon reads may be read.'
        )


def _projects(
    subject: subjects.Subject,
    facts: api_facts.ApiFacts,
    page: api_facts.Page,
) -> finding.Finding:
    """Tell whether the list is that of all projects.

    Who may not see those of others gets a list that is right but for that:
    only what is another project's proves that all are shown.
    """
    things = f'{subject.thing}s'
    if facts.missing and page.is_only_of(facts.project):
        return finding.Finding(
            'projects',
            _WRONG,
            f'Nova uses {things} that {subject.name} does not show, such as '
            f'{finding.some(facts.missing)}, and it shows none of any other '
            'project: it hides them, and the model lacks them.',
            subject.rights,
        )
    if not page.projects:
        return finding.Finding(
            'projects',
            _UNKNOWN,
            f'There are no {things}, so whether those of all projects are '
            'shown cannot be seen.',
            subject.rights,
        )
    if page.is_only_of(facts.project):
        return finding.Finding(
            'projects',
            _ADVICE,
            f'All of the {finding.count(page.rows, subject.thing)} that '
            f'{subject.name} shows first belong to project {facts.project}, '
            f'which is that of the daemon. If others have {things}, a policy '
            'hides them, and the model lacks them.',
            subject.rights,
        )
    shown = (
        f'of {finding.count(len(page.projects), "project")}'
        if all(page.projects)
        else 'that are for no project'
    )
    return finding.Finding(
        'projects', _OK, f'{things.capitalize()} {shown} are shown.'
    )


def _attributes(subject: subjects.Subject, page: api_facts.Page) -> Findings:
    if page.lacks:
        yield finding.Finding(
            'policy',
            _WRONG,
            f'{subject.name} shows {subject.thing}s without '
            f'{finding.some(page.lacks)}: {subject.without}.',
            (
                f'{subject.attributes} for the role of the user of '
                f'[{subject.group}]',
            ),
        )


def _paging(
    subject: subjects.Subject, page: api_facts.Page
) -> finding.Finding:
    if page.rows < page.asked and not page.is_last:
        return finding.Finding(
            'page size',
            _ADVICE,
            f'{page.asked} rows were asked for, and {subject.name} gave '
            f'{page.rows} though it has more: its limit is smaller. Lists '
            'are whole nevertheless, but take more requests.',
            (
                f'{subject.limit} = {page.asked}',
                f'or {_page_size(subject)} = {page.rows}',
            ),
        )
    if page.is_last:
        return finding.Finding(
            'page size',
            _OK,
            f'All {finding.count(page.rows, subject.thing)} came in one '
            'page, so a limit would not matter.',
        )
    return finding.Finding(
        'page size',
        _OK,
        f'{subject.name} gives {page.rows} rows at a time, as asked.',
    )


def _pace(subject: subjects.Subject, page: api_facts.Page) -> finding.Finding:
    took = (
        f'The first {finding.count(page.rows, subject.thing)} came in '
        f'{page.seconds:.2f} s.'
    )
    if page.seconds <= _SLOW:
        return finding.Finding('first list', _OK, took)
    return finding.Finding(
        'first list',
        _ADVICE,
        f'{took} A synchronize takes as long for each page, and what changes '
        'meanwhile is read once more.',
        (
            f"The load of {subject.name}'s API, and of its database",
            f'or a smaller {_page_size(subject)}',
        ),
    )


def _page_size(subject: subjects.Subject) -> str:
    return f'cdm-graph.conf: [collector] {subject.group}_page_size'
