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


import collections.abc
import pathlib
import time
import typing

import pytest

from tests.functional import rig as rigs
from tests.web import browser as browsers
from tests.web import conftest
from tests.web import rig

_SECONDS_TO_SEE: typing.Final = 1.0
_NODES: typing.Final = (
    '(cdmGraph.neighbourhood.picture.cy?.nodes() ?? [])'
    '.map((node) => node.id())'
)
_PLACES: typing.Final = (
    'Object.fromEntries(cdmGraph.neighbourhood.picture.cy.nodes().map('
    '(node) => [node.id(), [node.position("x"), node.position("y")]]))'
)
NewWindow = collections.abc.Callable[..., browsers.Window]


def test_it_shows_the_whole_cloud(window: browsers.Window) -> None:
    assert window.ask('cdmGraph.cloud.hosts.length - 1') == 12
    assert window.ask('cdmGraph.cloud.count') == 240
    window.until('cdmGraph.map.frames.count > 0')
    assert '240' in window.page.inner_text('#overview')


def test_nothing_is_loaded_from_elsewhere(
    window: browsers.Window, cloud: conftest.Cloud
) -> None:
    window.page.click('#tab-console')
    window.until("!!document.querySelector('#questions button')")
    assert window.requests
    assert all(each.startswith(cloud[1].url) for each in window.requests)


def test_a_server_is_found_and_told_of(
    window: browsers.Window, cloud: conftest.Cloud
) -> None:
    uuid = rigs.plain_servers(cloud[0])[3]
    window.find(uuid)
    window.until_text('#detail', uuid)
    window.until_text('#detail', 'hosted on')
    assert window.ask('cdmGraph.map.selected') == uuid
    window.page.click('[aria-label="Close the details"]')
    assert window.page.is_visible('#overview')


def test_who_types_and_presses_enter_gets_what_was_typed(
    window: browsers.Window, cloud: conftest.Cloud
) -> None:
    one, other = rigs.plain_servers(cloud[0])[3:5]
    window.page.fill('#search', one)
    window.until_text('#found', one)
    window.page.fill('#search', other)
    window.page.press('#search', 'Enter')
    window.until_text('#detail', other)
    window.page.wait_for_timeout(300)
    assert not window.page.is_visible('#found')


def test_the_servers_of_a_project_stand_out(window: browsers.Window) -> None:
    project = window.ask('cdmGraph.cloud.projects.list[0]')
    window.find(project)
    window.until('cdmGraph.map.look.project === 0')
    window.page.click('#clear')
    assert window.ask('cdmGraph.map.look.project') is None


def test_a_neighbourhood_grows_and_nothing_in_it_moves(
    window: browsers.Window, cloud: conftest.Cloud
) -> None:
    uuid = rigs.plain_servers(cloud[0])[5]
    window.find(uuid)
    window.until_text('#detail', uuid)
    window.page.click('#show-graph')
    window.until(f'{_NODES}.length > 2')
    before = window.ask(_PLACES)
    host = window.ask(
        'cdmGraph.neighbourhood.picture.cy.nodes(\'[kind = "ComputeNode"]\')'
        '[0].id()'
    )
    window.ask(f'cdmGraph.neighbourhood.open("{host}")')
    window.until(f'{_NODES}.length > {len(before) + 3}')
    after = window.ask(_PLACES)
    assert {each: after[each] for each in before} == before
    again = window.ask(
        '(async () => { const { neighbourhood } = cdmGraph; '
        f'neighbourhood.root = null; await neighbourhood.show("{uuid}"); '
        f'await neighbourhood.open("{host}"); return {_PLACES}; }})()'
    )
    assert again == after


def test_a_neighbourhood_follows_the_cloud_and_nothing_in_it_moves(
    window: browsers.Window, cloud: conftest.Cloud
) -> None:
    simulation = cloud[0]
    uuid = rigs.plain_servers(simulation)[10]
    window.find(uuid)
    window.until_text('#detail', uuid)
    window.page.click('#show-graph')
    window.until(f'{_NODES}.length > 2')
    before = window.ask(_PLACES)
    source, target = (
        f"cdmGraph.cloud.hosts.find(({{ name }}) => name === '{name}').id"
        for name in (window.host_of(uuid), rig.migrate(simulation, uuid))
    )
    window.until(f'{_NODES}.includes({target})')
    window.until(f'!{_NODES}.includes({source})')
    host = window.ask(target)
    window.ask(f'cdmGraph.neighbourhood.open("{host}")')
    window.until(f'{_NODES}.length > {len(before)}')
    there = window.ask(_PLACES)
    assert all(before[each] == there[each] for each in before if each in there)
    gone = next(
        each
        for each in rigs.plain_servers(simulation)
        if each in there and each != uuid
    )
    simulation.perform(simulation.operations.delete_server(gone))
    window.until(f'!{_NODES}.includes("{gone}")')
    del there[gone]
    after = window.ask(_PLACES)
    assert {each: after.get(each) for each in there} == there
    simulation.perform(simulation.operations.delete_server(uuid))
    window.until_text('#graph-title', 'is no more in the cloud')
    assert window.ask(f'{_NODES}.includes("{uuid}")')
    # The browser itself complains about the status.
    window.complaints.clear()


def test_a_large_neighbourhood_is_capped(window: browsers.Window) -> None:
    flavor = window.ask(
        "fetch('elements?kind=Flavor').then((answer) => answer.json())"
        '.then(({ elements }) => elements.map(({ id }) => id))'
    )
    window.ask(
        '(async () => { const { neighbourhood } = cdmGraph; '
        f'for (const id of {flavor}) {{ await neighbourhood.show(id); '
        "if (neighbourhood.picture.cy.nodes('.more').length) return; } })()"
    )
    count = window.ask(f'{_NODES}.length')
    assert count == 34
    window.ask('cdmGraph.neighbourhood.open(cdmGraph.neighbourhood.root)')
    assert window.ask(f'{_NODES}.length') > count


def test_a_curated_question_is_answered(
    window: browsers.Window, tmp_path: pathlib.Path
) -> None:
    window.page.click('#tab-console')
    window.page.fill('#question-filter', 'Elements by kind')
    window.until("document.querySelectorAll('#questions button').length >= 1")
    window.page.click('#questions button')
    window.until_text('#answer-table', 'ComputeNode')
    with window.page.expect_download() as download:
        window.page.click('#csv')
    path = tmp_path / 'rows.csv'
    download.value.save_as(path)
    assert 'Instance' in path.read_text()


def test_a_statement_is_answered_with_a_picture(
    window: browsers.Window,
) -> None:
    window.page.click('#tab-console')
    window.page.fill(
        '#cypher',
        'MATCH (i:Instance)-[r:HOSTED_ON]->(h:ComputeNode) '
        'RETURN i, r, h LIMIT 7',
    )
    window.page.press('#cypher', 'Control+Enter')
    window.until_text('#answer-said', '7 rows')
    window.page.click('#tab-picture')
    window.until('cdmGraph.console.answer.picture.cy?.edges().length === 7')


def test_the_console_completes(window: browsers.Window) -> None:
    window.page.click('#tab-console')
    window.until('cdmGraph.console.editor.schema.labels.length > 0')
    window.page.fill('#cypher', '')
    window.page.type('#cypher', 'MATCH (h:Comp')
    window.until_text('#completions', 'ComputeNode')
    window.page.press('#cypher', 'Enter')
    assert window.page.input_value('#cypher') == 'MATCH (h:ComputeNode'


def test_a_mistake_is_told_in_the_words_of_the_daemon(
    window: browsers.Window,
) -> None:
    window.page.click('#tab-console')
    window.page.fill('#cypher', 'MATCH (h RETURN h')
    window.page.click('#run')
    window.until("!document.getElementById('answer-error').hidden")
    assert window.page.inner_text('#answer-error').strip()
    # The browser itself complains about the status.
    window.complaints.clear()


def test_a_migration_is_seen_in_less_than_a_second(
    window: browsers.Window, cloud: conftest.Cloud
) -> None:
    uuid = rigs.plain_servers(cloud[0])[7]
    before = window.host_of(uuid)
    began = time.monotonic()
    after = rig.migrate(cloud[0], uuid)
    moved = time.monotonic()
    assert after != before
    window.until(
        '(() => { const { cloud } = cdmGraph; return cloud.hosts[cloud.host['
        f'cloud.places.get("{uuid}")]].name === "{after}"; }})()'
    )
    print(f'seen after {time.monotonic() - began:.3f} s')
    assert time.monotonic() - moved < _SECONDS_TO_SEE
    window.until_text('#overview', 'compute')


def test_a_host_joins_an_aggregate_and_the_map_is_not_read_anew(
    window: browsers.Window, cloud: conftest.Cloud
) -> None:
    simulation = cloud[0]
    host = 'compute-00005'
    groups = (
        'cdmGraph.cloud.hosts.find(({ service_host: name }) => '
        f'name === "{host}").aggregates.map((place) => '
        'cdmGraph.cloud.aggregates[place].name)'
    )
    assert 'fresh' not in window.ask(groups)
    window.page.select_option('#grouping', 'aggregates')
    before = window.ask('cdmGraph.map.layout.groups.length')
    simulation.perform(simulation.operations.create_aggregate('fresh'))
    number = next(
        each.number
        for each in simulation.cloud.aggregates.values()
        if each.name == 'fresh'
    )
    simulation.perform(simulation.operations.add_to_aggregate(number, host))
    window.until(f'{groups}.includes("fresh")')
    window.until(f'cdmGraph.map.layout.groups.length === {before + 1}')
    simulation.perform(
        simulation.operations.remove_from_aggregate(number, host)
    )
    window.until(f'!{groups}.includes("fresh")')
    window.until(f'cdmGraph.map.layout.groups.length === {before}')
    maps = [each for each in window.requests if each.endswith('/map')]
    assert len(maps) == 1


def test_it_is_used_with_the_keyboard_alone(window: browsers.Window) -> None:
    press = window.page.keyboard.press
    window.page.focus('#map')
    press('ArrowRight')
    said = window.page.inner_text('#map-said')
    assert said.startswith('compute-')
    scale = window.ask('cdmGraph.map.view.scale')
    press('+')
    assert window.ask('cdmGraph.map.view.scale') > scale
    press('0')
    press('Enter')
    window.until_text('#detail', said.split(',')[0])
    press('Escape')
    window.until("!document.getElementById('overview').hidden")
    press('/')
    assert window.ask('document.activeElement.id') == 'search'


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_nothing_is_in_the_way_of_anybody(
    cloud: conftest.Cloud,
    new_window: NewWindow,
    screenshots: pathlib.Path,
    scheme: str,
) -> None:
    window = new_window(cloud[1].url, color_scheme=scheme)
    window.wait_for_the_cloud()

    def look(name: str) -> None:
        path = screenshots / f'{scheme}-{name}.png'
        assert window.picture(path) == [], name

    look('map')
    window.page.select_option('#colouring', 'project')
    window.page.select_option('#grouping', 'aggregates')
    window.page.fill('#search', 'vm-0000')
    window.until("!!document.querySelector('#found li[id]')")
    look('search')
    window.page.press('#search', 'Enter')
    window.until_text('#detail', 'hosted on')
    look('detail')
    window.page.click('#show-graph')
    window.until(f'{_NODES}.length > 2')
    look('graph')
    window.page.click('#tab-console')
    window.page.click('#run')
    window.until_text('#answer-said', 'rows')
    look('console')
    window.page.click('#tab-picture')
    window.until('cdmGraph.console.answer.picture.cy?.nodes().length > 0')
    look('picture')


def test_it_fits_a_small_window(
    cloud: conftest.Cloud, new_window: NewWindow, screenshots: pathlib.Path
) -> None:
    window = new_window(
        cloud[1].url, viewport={'width': 420, 'height': 800}, has_touch=True
    )
    window.wait_for_the_cloud()
    window.page.screenshot(path=str(screenshots / 'small.png'))
    assert window.ask('document.documentElement.scrollWidth') <= 420
    window.page.click('#tab-capacity')
    window.until_text('#panel-room tbody', 'm1.small')
    window.page.screenshot(path=str(screenshots / 'small-capacity.png'))
    assert window.ask('document.documentElement.scrollWidth') <= 420
