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


"""What the page shows of Cinder and Ironic, beside Nova."""

import collections.abc
import dataclasses
import json
import pathlib
import re
import typing

import pytest

from cdm_graph.simulation import process
from tests.web import browser as browsers
from tests.web import conftest
from tests.web import rig

_FAST: typing.Final = 'storage-01@ssd#fast'
_ROOMY: typing.Final = 'storage-01@ssd#faster'
_SLOW: typing.Final = 'storage-02@hdd#slow'
_ARCHIVE: typing.Final = 'storage-03@archive'
_NEW: typing.Final = frozenset(
    {
        *('pools', 'overpromised', 'backends', 'storage-loss', 'unattached'),
        *('failed', 'under-way', 'drift', 'snapshots', 'types', 'owners'),
        *('machines', 'chassis', 'chassis-loss'),
    }
)
_PANELS: typing.Final = '[...cdmGraph.capacity.panels.keys()]'
_NODES: typing.Final = '(cdmGraph.neighbourhood.picture.cy?.nodes() ?? [])'
NewWindow = collections.abc.Callable[..., browsers.Window]


@pytest.fixture(scope='module')
def cloud() -> collections.abc.Iterator[conftest.Cloud]:
    """A quiet cloud that has storage and bare machines as well."""
    with rig.serving(
        hosts=12,
        instances=120,
        machines=10,
        mirrored=True,
        collectors=('nova', 'cinder', 'ironic'),
        prepare=_wear_out,
    ) as served:
        yield served


def _wear_out(simulation: process.Simulation) -> None:
    """Let something be wrong with all that can be."""
    storage = simulation.cloud.storage
    used = [row for row in storage.volumes if row.status == 'in-use']
    with simulation.cloud.lock:
        for name, share in ((_FAST, 1.05), (_SLOW, 0.5)):
            pool = storage.pools[name]
            smaller = dataclasses.replace(
                pool, total_gb=pool.allocated_gb * share
            )
            storage.put_pool(smaller)
            storage.report(name)
        storage.change_backend(
            _ARCHIVE, disabled=True, disabled_reason='new tapes'
        )
        for attachment in storage.attachments_of(used[0].uuid):
            storage.remove_attachment(attachment.uuid)
        storage.change_volume(used[1].uuid, status='detaching')
        storage.change_volume(used[2].uuid, status='error_extending')
    simulation.perform(simulation.metal.lose(_machines(simulation)[0]))


def _machines(simulation: process.Simulation) -> list[str]:
    return list(simulation.cloud.metal.machines)


def _volume(simulation: process.Simulation, name: str) -> typing.Any:
    return next(
        row for row in simulation.cloud.storage.volumes if row.name == name
    )


def _rows(window: browsers.Window, panel: str) -> list[str]:
    """Return what the rows of a panel say."""
    cells = window.page.locator(f'#panel-{panel} tbody tr')
    return cells.all_inner_texts()


def test_each_panel_shows_what_its_command_line_answers(
    answered: browsers.Window, query: conftest.Query
) -> None:
    panels = answered.ask(_PANELS)
    assert set(panels) >= _NEW
    for panel in _NEW:
        shown = answered.ask(f'cdmGraph.capacity.panels.get("{panel}").rows')
        line = answered.page.inner_text(f'#panel-{panel} .command code')
        assert shown, panel
        assert shown == query(line), panel


def test_what_is_wrong_is_seen(answered: browsers.Window) -> None:
    pools = _rows(answered, 'pools')
    assert answered.page.is_checked('#panel-pools input >> nth=0')
    assert _SLOW in pools[0]
    assert re.search(r'-[\d,.]+ GiB', pools[0])
    assert '95 %' in next(each for each in pools if _FAST in each)
    assert [_SLOW in each for each in _rows(answered, 'overpromised')] == [
        True
    ]
    (backend,) = _rows(answered, 'backends')
    assert 'new tapes' in backend
    # A server is called by its name, though the answer has its UUID.
    assert re.search(r'vm-\d+\s+Nova', _rows(answered, 'drift')[0])
    assert 'detaching' in _rows(answered, 'under-way')[0]
    assert 'error_extending' in '\n'.join(_rows(answered, 'failed'))
    assert 'power failure' in '\n'.join(_rows(answered, 'machines'))
    assert 'rack 1' in _rows(answered, 'chassis')[0]
    assert 'no block storage' not in answered.page.inner_text('#capacity')


def test_a_row_leads_to_its_element(answered: browsers.Window) -> None:
    for panel, kind in (
        ('pools', 'pool'),
        ('backends', 'back end'),
        ('unattached', 'volume'),
        ('machines', 'bare machine'),
        ('chassis', 'chassis'),
    ):
        answered.page.click(f'#panel-{panel} tbody button >> nth=0')
        answered.until(
            "document.querySelector('#detail .head .kind')?.textContent.trim()"
            f' === {json.dumps(kind)}'
        )
        answered.until_text('#detail', 'Facts')


def test_a_loss_is_asked_of_a_back_end_a_pool_or_a_chassis(
    answered: browsers.Window, query: conftest.Query
) -> None:
    page = answered.page
    assert page.input_value('#panel-storage-loss input') == 'storage-01@ssd'
    page.select_option('#panel-storage-loss select', label='pool')
    answered.until_text('#panel-storage-loss h3', 'a pool')
    page.fill('#panel-storage-loss input', _SLOW)
    page.press('#panel-storage-loss input', 'Enter')
    answered.until_text('#panel-storage-loss .command', f'pool={_SLOW}')
    (row,) = query(page.inner_text('#panel-storage-loss .command code'))
    answered.until_text('#panel-storage-loss .figures', str(row['volumes']))
    # Nobody knows a chassis by its UUID.
    page.fill('#panel-chassis-loss input', 'rack 2')
    options = page.locator('#panel-chassis-loss datalist option')
    assert options.all_text_contents() == ['rack 2']


def test_panels_come_as_soon_as_the_model_has_what_they_are_about(
    window: browsers.Window,
) -> None:
    page = window.page
    storage = '**/elements?kind=StorageNode&limit=1'
    page.route(
        storage,
        lambda route: route.fulfill(json={'elements': [], 'has_more': False}),
    )
    page.click('#tab-capacity')
    window.until_text('#capacity', 'no block storage in this model')
    assert not set(window.ask(_PANELS)) & {'pools', 'unattached'}
    assert 'chassis' in window.ask(_PANELS)
    page.fill('#panel-loss input', 'compute-00003.cloud.test')
    page.unroute(storage)
    page.click('#capacity-refresh')
    window.until_text('#panel-pools tbody', _FAST)
    assert 'no block storage' not in page.inner_text('#capacity')
    # What was typed before is still there.
    assert page.input_value('#panel-loss input') == 'compute-00003.cloud.test'


@pytest.mark.parametrize('by', ['name', 'uuid'])
def test_a_volume_is_found_and_told_of(
    window: browsers.Window, cloud: conftest.Cloud, by: str
) -> None:
    row = _volume(cloud[0], 'volume-00007')
    window.find(getattr(row, by))
    window.until_text('#detail', row.uuid)
    window.until_text('#detail dl', f'size{row.size_gb} GiB')
    text = window.page.inner_text('#detail').lower()
    assert 'hosted on · pool' in text
    assert 'of type · volume type' in text
    # It is on no host, so there is nothing to be shown on the map.
    assert not window.page.is_visible('#show-map')


def test_the_facts_of_a_pool_have_their_units(window: browsers.Window) -> None:
    window.find('storage-02@hdd#slow')
    window.until_text('#detail', 'reserved percentage5 %')
    window.until_text('#detail', 'max over subscription ratio1.5 ×')
    window.until_text('#detail', 'total capacity')
    window.until_text('#detail', 'iB')


def test_a_change_of_a_volume_is_seen(
    window: browsers.Window, cloud: conftest.Cloud
) -> None:
    simulation = cloud[0]
    row = next(
        row
        for row in simulation.cloud.storage.volumes
        if row.pool == _ROOMY and row.status == 'available'
    )
    window.find(row.uuid)
    window.until_text('#detail dl', f'size{row.size_gb} GiB')
    larger = row.size_gb + 5
    simulation.perform(simulation.operations.extend_volume(row.uuid, larger))
    changed = f'size: {row.size_gb} GiB → {larger} GiB'
    window.until_text('#detail .changes', changed)
    window.until_text('#detail dl', f'size{larger} GiB')


def test_a_neighbourhood_tells_its_kinds_apart(
    window: browsers.Window, cloud: conftest.Cloud
) -> None:
    machine = f'machine/{_machines(cloud[0])[0]}'
    colours: dict[str, str] = {}
    for root, kinds in (
        (f'pool/{_SLOW}', ('back end', 'pool', 'volume')),
        (machine, ('bare machine', 'chassis', 'host')),
    ):
        window.page.click('#tab-graph')
        window.ask(f'cdmGraph.neighbourhood.show("{root}")')
        for kind in kinds:
            window.until_text('#graph-legend', kind)
        drawn = window.ask(
            f'{_NODES}.map((node) => [node.data("kind"), node.data("colour")])'
        )
        colours |= dict(drawn)
    assert len(colours) >= 6
    assert len(set(colours.values())) == len(colours)


@pytest.mark.parametrize(
    ('typed', 'option'),
    [
        ('MATCH (p:StorageP', 'StoragePool'),
        ('MATCH (m:Bare', 'BaremetalNode'),
        ('MATCH (:Volume)<-[:SNAP', 'SNAPSHOT_OF'),
        ('MATCH (m:BaremetalNode) WHERE m.provi', 'provision_state'),
    ],
)
def test_the_console_completes(
    window: browsers.Window, typed: str, option: str
) -> None:
    window.page.click('#tab-console')
    window.until('cdmGraph.console.editor.schema.labels.length > 0')
    window.page.fill('#cypher', '')
    window.page.type('#cypher', typed)
    window.until_text('#completions', option)


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_nothing_of_it_is_in_the_way_of_anybody(
    cloud: conftest.Cloud,
    new_window: NewWindow,
    screenshots: pathlib.Path,
    scheme: str,
) -> None:
    window = new_window(cloud[1].url, color_scheme=scheme)
    window.wait_for_the_cloud()

    def look(name: str) -> None:
        path = screenshots / f'{scheme}-beyond-{name}.png'
        assert window.picture(path) == [], name

    window.page.fill('#search', 'volume-0000')
    window.until("!!document.querySelector('#found li[id]')")
    look('search')
    window.find(_SLOW)
    window.until_text('#detail h2', _SLOW)
    window.page.click('#show-graph')
    window.until(f'{_NODES}.length > 2')
    look('graph')
    window.find(_machines(cloud[0])[0])
    window.until_text('#detail h2', 'compute-00001')
    window.page.click('#show-graph')
    window.until_text('#graph-legend', 'chassis')
    look('machine')
    window.page.click('#tab-capacity')
    window.until(
        f'{conftest.STATES}.length && '
        f'{conftest.STATES}.every((state) => state === "answered")'
    )
    for panel in ('pools', 'unattached', 'machines'):
        window.ask(
            f"document.getElementById('panel-{panel}').scrollIntoView()"
        )
        look(panel)
