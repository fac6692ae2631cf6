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

"""What the API of any service shows, hides and refuses."""

import typing

import pytest

from cdm_graph.diagnosis import api_facts
from cdm_graph.diagnosis import cinder_probe
from cdm_graph.diagnosis import finding
from cdm_graph.diagnosis import ironic_probe
from cdm_graph.diagnosis import service_checks
from cdm_graph.diagnosis import subject as subjects
from tests.unit.diagnosis import support


def _found(
    subject: subjects.Subject = cinder_probe.SUBJECT, **changes: typing.Any
) -> dict[str, finding.Finding]:
    facts = support.service().facts
    assert isinstance(facts, api_facts.ApiFacts)
    changed = support.replace(facts, **changes)
    return {each.name: each for each in service_checks.check(subject, changed)}


def test_a_healthy_cinder_is_ok() -> None:
    found = _found()
    assert {name: each.severity for name, each in found.items()} == (
        dict.fromkeys(
            ('microversion', 'policy', 'projects', 'page size', 'first list'),
            finding.Severity.OK,
        )
    )
    assert '3.60 is the oldest' in found['microversion'].words
    assert found['projects'].words == 'Volumes of 2 projects are shown.'


def test_of_a_service_that_is_not_known_it_is_said_that_it_answers() -> None:
    (each,) = _found(
        subjects.Subject(name='Racks', group='racks'), page=None
    ).values()
    assert (each.name, each.severity) == ('API', 'ok')
    assert each.words.startswith('Racks lets us in. ')


def test_what_is_refused_comes_with_what_to_do() -> None:
    each = _found(
        ironic_probe.SUBJECT, errors={'chassis': 'No.'}, refused={'chassis'}
    )['policy']
    assert each.severity == 'wrong'
    assert 'Ironic refuses to list the chassis: No.' in each.words
    assert '--system all reader' in each.remedy[0]
    assert 'baremetal:node:list_all' in each.remedy[1]


@pytest.mark.parametrize('rows', [0, 40])
def test_what_nova_uses_and_nobody_shows_is_hidden(rows: int) -> None:
    page = support.page(
        rows=rows, projects=frozenset({'ours'} if rows else ())
    )
    each = _found(page=page, missing=(support.VOLUME,))['projects']
    assert each.severity == 'wrong'
    assert support.VOLUME in each.words
    assert 'context_is_admin' in each.remedy[1]


def test_what_is_missing_where_all_projects_are_shown_is_not_hidden() -> None:
    assert _found(missing=(support.VOLUME,))['projects'].severity == 'ok'


@pytest.mark.parametrize(
    ('projects', 'severity', 'words'),
    [
        ((), 'unknown', 'There are no machines'),
        (('ours',), 'advice', 'a policy hides them'),
        (('',), 'ok', 'Machines that are for no project are shown.'),
        (('ours', ''), 'ok', 'for no project'),
        (('ours', 'theirs'), 'ok', 'Machines of 2 projects are shown.'),
    ],
)
def test_machines_of_no_project_prove_that_all_are_shown(
    projects: tuple[str, ...], severity: str, words: str
) -> None:
    page = support.page(projects=frozenset(projects))
    each = _found(ironic_probe.SUBJECT, page=page)['projects']
    assert each.severity == severity
    assert words in each.words


def test_rows_without_their_pool_are_wrong() -> None:
    lacks = frozenset({'os-vol-host-attr:host'})
    each = _found(page=support.page(lacks=lacks))['policy']
    assert each.severity == 'wrong'
    assert 'no volume is HOSTED_ON a pool' in each.words
    assert 'volume_host_attribute' in each.remedy[0]


@pytest.mark.parametrize(
    ('seconds', 'severity'), [(9.9, 'ok'), (11, 'advice')]
)
def test_a_first_list_that_takes_long_is_an_advice(
    seconds: float, severity: str
) -> None:
    each = _found(page=support.page(seconds=seconds))['first list']
    assert each.severity == severity
    assert f'The first 40 volumes came in {seconds:.2f} s.' in each.words
    assert ('cinder_page_size' in str(each.remedy)) == (severity == 'advice')


def test_a_limit_is_that_of_the_service() -> None:
    page = support.page(rows=100, is_last=False)
    each = _found(page=page)['page size']
    assert each.remedy == (
        'cinder.conf, API: [DEFAULT] osapi_max_limit = 1000',
        'or cdm-graph.conf: [collector] cinder_page_size = 100',
    )
