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

"""The dashboard for Grafana, against what a daemon really exports."""

import itertools
import re
import typing

import pytest

from tests.support import observability

#: Columns of Grafana's grid.
_COLUMNS: typing.Final = 24
_VARIABLE: typing.Final = re.compile(r'\$(?!__)\{?(\w+)')


@pytest.fixture
def panels() -> list[dict[str, typing.Any]]:
    """Return all panels but the headings."""
    return [
        panel
        for panel in observability.dashboard()['panels']
        if panel['type'] != 'row'
    ]


def _expressions() -> list[str]:
    return [
        target['expr']
        for panel in observability.dashboard()['panels']
        for target in panel.get('targets', ())
    ]


def _variables() -> list[dict[str, typing.Any]]:
    found: list[dict[str, typing.Any]] = observability.dashboard()[
        'templating'
    ]['list']
    return found


def test_it_uses_what_is_exported(exported: frozenset[str]) -> None:
    queries = [each['definition'] for each in _variables()[1:]]
    used = observability.names([*_expressions(), *queries])
    assert used
    assert used <= exported


def test_it_shows_what_is_exported_but_for_a_few(
    exported: frozenset[str],
) -> None:
    used = observability.names(_expressions())
    shown = {re.sub(r'_(bucket|count|sum)$', '', name) for name in used}
    unseen = {
        name
        for name in exported - used
        if name.startswith('cdm_graph')
        and re.sub(r'_(bucket|count|sum)$', '', name) not in shown
    }
    assert unseen == {
        'cdm_graph_build_info',
        'cdm_graph_bus_configured',
        'cdm_graph_bus_heartbeat_timestamp_seconds',
        'cdm_graph_poll_last_drift_elements',
        'cdm_graph_poll_last_start_timestamp_seconds',
        'cdm_graph_poll_seconds_total',
        'cdm_graph_synchronize_last_drift_elements',
        'cdm_graph_synchronize_last_start_timestamp_seconds',
        'cdm_graph_synchronize_seconds_total',
    }


def test_its_expressions_are_whole() -> None:
    known = {each['name'] for each in _variables()}
    for expression in _expressions():
        assert observability.is_balanced(expression), expression
        assert {*_VARIABLE.findall(expression)} <= known
        # One dashboard is for all daemons that somebody has.
        assert 'instance=~"$instance"' in expression


def test_any_data_source_can_be_chosen(
    panels: list[dict[str, typing.Any]],
) -> None:
    assert _variables()[0]['type'] == 'datasource'
    chosen = {'type': 'prometheus', 'uid': '${datasource}'}
    for each in (
        *_variables()[1:],
        *panels,
        *(target for panel in panels for target in panel['targets']),
    ):
        assert each['datasource'] == chosen


def test_each_panel_says_what_it_shows(
    panels: list[dict[str, typing.Any]],
) -> None:
    titles = [panel['title'] for panel in panels]
    assert len({*titles}) == len(titles)
    for panel in panels:
        assert panel['description'].endswith('.')
        assert panel['fieldConfig']['defaults']['unit']
        assert all(target['legendFormat'] for target in panel['targets'])


def test_no_panel_is_upon_another() -> None:
    panels = observability.dashboard()['panels']
    ids = [panel['id'] for panel in panels]
    assert len({*ids}) == len(ids)
    places = [
        place
        for panel in panels
        for place in itertools.product(
            _span(panel, 'x', 'w'), _span(panel, 'y', 'h')
        )
    ]
    assert len({*places}) == len(places)
    assert max(x for x, _ in places) == _COLUMNS - 1


def _span(panel: dict[str, typing.Any], start: str, size: str) -> range:
    grid = panel['gridPos']
    return range(grid[start], grid[start] + grid[size])
