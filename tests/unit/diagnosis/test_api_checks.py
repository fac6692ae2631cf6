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

"""What the API shows, refuses and cuts short, and what the clocks say."""

import typing

import pytest

from cdm_graph.diagnosis import api_checks
from cdm_graph.diagnosis import api_clock
from cdm_graph.diagnosis import clock_checks
from cdm_graph.diagnosis import tally
from tests.unit.diagnosis import support

_API = api_checks.check
_CLOCKS = clock_checks.check


def _of_api(**changes: typing.Any) -> typing.Any:
    cloud = support.cloud(facts=support.facts(**changes))
    return support.found(_API, cloud=cloud)


def test_a_healthy_api_is_ok() -> None:
    assert support.severities(_API) == dict.fromkeys(
        ('microversion', 'policy', 'projects', 'page size', 'first list'), 'ok'
    )


def test_an_api_that_is_away_is_wrong_and_said_in_its_words() -> None:
    cloud = support.cloud(facts=None, error='It is away.', remedy=('x',))
    (each,) = support.found(_API, cloud=cloud).values()
    assert (each.name, each.severity) == ('API', 'wrong')
    assert each.words.startswith('It is away. ')
    assert each.remedy == ('x',)


def test_what_is_refused_is_named_with_the_role_that_is_missing() -> None:
    found = _of_api(
        errors={'servers': 'Refused.'}, refused={'servers'}, page=None
    )
    assert set(found) == {'microversion', 'policy'}
    assert found['policy'].severity == 'wrong'
    assert 'servers: Refused.' in found['policy'].words
    assert 'admin' in found['policy'].remedy[0]


def test_what_fails_is_not_called_a_matter_of_policy() -> None:
    found = _of_api(errors={'flavors': 'It failed.'})
    assert found['API'].severity == 'wrong'
    assert 'policy' not in found


@pytest.mark.parametrize(
    ('projects', 'severity'),
    [
        ((), 'unknown'),
        (('ours',), 'advice'),
        (('theirs',), 'ok'),
        (('ours', 'theirs'), 'ok'),
    ],
)
def test_the_servers_of_one_project_only_may_be_a_policy(
    projects: tuple[str, ...], severity: str
) -> None:
    page = support.page(projects=frozenset(projects))
    assert _of_api(page=page)['projects'].severity == severity


def test_a_policy_that_hides_hosts_is_wrong() -> None:
    each = _of_api(
        page=support.page(lacks=frozenset({'OS-EXT-SRV-ATTR:host'}))
    )['policy']
    assert each.severity == 'wrong'
    assert 'os-extended-server-attributes' in each.remedy[0]


@pytest.mark.parametrize(
    ('rows', 'is_last', 'severity'),
    [(40, True, 'ok'), (1000, False, 'ok'), (100, False, 'advice')],
)
def test_a_page_that_is_cut_short_is_an_advice(
    rows: int, is_last: bool, severity: str
) -> None:
    each = _of_api(page=support.page(rows=rows, is_last=is_last))['page size']
    assert each.severity == severity
    if severity == 'advice':
        assert 'max_limit = 1000' in each.remedy[0]
        assert 'nova_page_size = 100' in each.remedy[1]


def test_cells_that_are_down_make_a_part_stale() -> None:
    assert _of_api(unseen=3)['cells'].severity == 'stale'


@pytest.mark.parametrize(
    ('difference', 'severity', 'words'),
    [
        (None, 'unknown', 'no Date'),
        (api_clock.Difference(0.4, 0.5), 'ok', 'agrees'),
        (api_clock.Difference(-2.4, 0.5), 'ok', 'agrees'),
        (api_clock.Difference(5.0, 0.5), 'stale', '4.5 s ahead of'),
        (api_clock.Difference(-5.0, 0.5), 'stale', '4.5 s behind'),
        (api_clock.Difference(-70.0, 0.5), 'wrong', 'behind'),
    ],
)
def test_the_clock_of_the_api_is_compared(
    difference: api_clock.Difference | None, severity: str, words: str
) -> None:
    cloud = support.cloud(facts=support.facts(difference=difference))
    each = support.found(_CLOCKS, cloud=cloud)['clock of the API']
    assert each.severity == severity
    assert words in each.words


@pytest.mark.parametrize(
    ('least', 'severity', 'words'),
    [
        (0.01, 'ok', 'agree'),
        (-1.0, 'ok', 'agree'),
        (-5.0, 'stale', 'nova-compute:b are up to 5.0 s ahead'),
        (5.0, 'ok', 'agree'),
        (30.0, 'stale', 'up to 30.0 s behind ours, or their messages'),
        (-90.0, 'wrong', 'ahead'),
    ],
)
def test_the_clocks_of_senders_are_compared(
    least: float, severity: str, words: str
) -> None:
    senders = {
        'nova-compute:a': tally.Delays(3, 0.01),
        'nova-compute:b': tally.Delays(3, least),
    }
    bus = support.bus(hearings=(support.hearing(senders=senders),))
    each = support.found(_CLOCKS, bus=bus)['clocks of the services']
    assert each.severity == severity
    assert words in each.words


def test_without_an_api_and_messages_nothing_is_said_of_clocks() -> None:
    assert not support.found(_CLOCKS, cloud=support.cloud(facts=None))
