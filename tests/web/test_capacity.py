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
import typing

import pytest

from tests.web import browser as browsers
from tests.web import conftest
from tests.web import rig

_STATES: typing.Final = conftest.STATES
NewWindow = collections.abc.Callable[..., browsers.Window]
Query = conftest.Query


def _command(window: browsers.Window, panel: str) -> str:
    return window.page.inner_text(f'#panel-{panel} .command code')


def test_each_panel_shows_what_its_command_line_answers(
    answered: browsers.Window, query: Query
) -> None:
    panels = answered.ask('[...cdmGraph.capacity.panels.keys()]')
    assert len(panels) >= 12
    for panel in panels:
        shown = answered.ask(f'cdmGraph.capacity.panels.get("{panel}").rows')
        assert shown == query(_command(answered, panel)), panel


def test_of_what_the_model_lacks_one_line_tells(
    answered: browsers.Window,
) -> None:
    assert not answered.page.locator('#panel-pools, #panel-chassis').count()
    assert answered.page.locator('#capacity > .none').all_inner_texts() == [
        'There is no block storage in this model; it is read where '
        '[collector] collectors names cinder.',
        'There are no bare machines in this model; they are read where '
        '[collector] collectors names ironic.',
    ]


def test_rows_are_drawn_and_an_empty_answer_says_so(
    answered: browsers.Window,
) -> None:
    page = answered.page
    assert 'm1.small' in page.inner_text('#panel-room tbody')
    assert page.locator('#panel-room tbody tr').count() == 7
    assert page.locator('#panel-room tbody svg').count() == 7
    assert page.inner_text('#panel-orphans .rows').strip() == 'None.'
    assert 'pinned' in page.inner_text('#panel-zones > .quiet')
    assert page.locator('#panel-zones tbody tr').count() >= 1


def test_what_a_loss_touches_is_asked_with_completion(
    answered: browsers.Window, query: Query
) -> None:
    page = answered.page
    select = '#panel-loss select'
    field = '#panel-loss input'
    assert page.input_value(field).startswith('compute-')
    page.fill(field, 'compute-00003')
    assert page.locator('#panel-loss datalist option').count() == 1
    page.fill(field, 'compute-00003.cloud.test')
    page.press(field, 'Enter')
    answered.until_text('#panel-loss .command', 'compute-00003')
    page.focus(select)
    page.keyboard.press('ArrowDown')
    answered.until_text('#panel-loss .command', 'blast-radius-of-zone')
    answered.until_text('#panel-loss h3', 'a zone')
    page.press(field, 'Control+a')
    page.fill(field, 'az2')
    page.press(field, 'Enter')
    answered.until_text('#panel-loss .command', 'zone=az2')
    (row,) = query(_command(answered, 'loss'))
    answered.until_text('#panel-loss .figures', str(row['vcpus']))
    page.fill(field, "no 'such' zone")
    page.press(field, 'Enter')
    answered.until_text('#panel-loss .rows', 'nothing of that name')
    assert query(_command(answered, 'loss')) == []


def test_a_row_leads_to_its_element(answered: browsers.Window) -> None:
    link = answered.page.locator('#panel-where tbody button').first
    name = link.inner_text()
    link.click()
    answered.until_text('#detail h2', name)
    assert answered.ask('cdmGraph.cloud.hostById.has(cdmGraph.selected)')
    answered.page.click('#panel-noisy tbody button >> nth=0')
    answered.until_text('#detail .kind', 'project')


def test_a_flavor_leads_to_where_it_fits(answered: browsers.Window) -> None:
    row = answered.page.locator('#panel-room tbody tr', has_text='m1.xlarge')
    row.locator('button', has_text='where').click()
    answered.until_text('#panel-where .command', 'flavor=m1.xlarge')
    answered.until(
        'cdmGraph.capacity.panels.get("where").rows[0].flavor === "m1.xlarge"'
    )
    assert answered.ask('document.activeElement.tagName') == 'H3'


def test_a_command_line_is_copied(answered: browsers.Window) -> None:
    answered.context.grant_permissions(['clipboard-read', 'clipboard-write'])
    answered.page.click('#panel-empty .command button')
    answered.until_text('#capacity-said', 'copied')
    copied = answered.ask('navigator.clipboard.readText()')
    assert (
        copied
        == _command(answered, 'empty')
        == ('cdm-graph query empty-hosts')
    )


def test_it_is_asked_again_while_it_is_looked_at(
    window: browsers.Window,
) -> None:
    window.ask('void (cdmGraph.capacity.period = 200)')
    window.page.click('#tab-capacity')
    asked = 'cdmGraph.capacity.panels.get("empty")?.asked ?? 0'
    window.until(f'({asked}) >= 3')
    window.page.click('#tab-map')
    window.until('!cdmGraph.capacity.isRound')
    before = window.ask(asked)
    window.page.wait_for_timeout(1000)
    assert window.ask(asked) == before


def test_what_was_answered_stays_while_the_daemon_is_away(
    answered: browsers.Window,
) -> None:
    rows = answered.page.inner_text('#panel-noisy tbody')
    answered.context.set_offline(True)
    answered.page.click('#panel-noisy .head button')
    answered.until_text('#panel-noisy .error', 'does not answer')
    assert answered.page.inner_text('#panel-noisy tbody') == rows
    assert 'as of' in answered.page.inner_text('#panel-noisy .when')
    answered.until_text('#capacity-note', 'offline')
    answered.context.set_offline(False)
    answered.page.click('#capacity-refresh')
    answered.until(f'{_STATES}.every((state) => state === "answered")')
    assert answered.page.is_hidden('#panel-noisy .error')
    answered.until_badge('live')
    assert answered.page.inner_text('#capacity-note') == ''
    answered.forgive()


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_nothing_of_it_is_in_the_way_of_anybody(
    cloud: conftest.Cloud,
    new_window: NewWindow,
    screenshots: typing.Any,
    scheme: str,
) -> None:
    window = new_window(cloud[1].url, color_scheme=scheme)
    window.wait_for_the_cloud().page.click('#tab-capacity')
    window.until(
        f'{_STATES}.length && {_STATES}.every((state) => state === "answered")'
    )
    window.page.screenshot(path=str(screenshots / f'{scheme}-capacity.png'))
    assert window.violations() == []


def test_without_a_database_it_says_so(new_window: NewWindow) -> None:
    with rig.serving(hosts=3, instances=10) as (_, daemon):
        window = new_window(daemon.url).wait_for_the_cloud()
        window.page.click('#tab-capacity')
        window.until_text('#capacity-empty', '[store] name')
        assert window.page.is_hidden('#capacity')
        window.close()
