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

"""What the page costs a browser without a GPU, beside Cytoscape's canvas.

A frame costs the CPU of all processes of Chromium, since what is drawn is
drawn by several.  The peer draws 3,000 vertices and as many edges: what is
sensible for it at most, and a thirtieth of what the map has.  Both are panned
in a circle, and zoomed in eightfold and out again, twice, a step a frame.
"""

import collections.abc
import contextlib
import gzip
import os
import pathlib
import statistics
import typing

from playwright import sync_api

from tests.benchmark import figures
from tests.support import usage
from tests.web import browser as browsers
from tests.web import rig

_KIB: typing.Final = 1024
_MIB: typing.Final = 1024 * 1024
_SIZE: typing.Final = {'width': 1280, 'height': 760}
_ROUNDS: typing.Final = 5
#: Of each motion in each round.
_FRAMES: typing.Final = 120
_VERTICES: typing.Final = 3000
_READY: typing.Final = 900.0
_FOLDER: typing.Final = pathlib.Path(rig.app.__file__).parent / 'page'
_CYTOSCAPE: typing.Final = _FOLDER / 'cytoscape.min.js'
#: Notes when the map was drawn first, by the clock of the page.
_WATCH: typing.Final = """
const watch = () => {
  if (globalThis.cdmGraph?.map.frames.count > 0)
    globalThis.firstPicture = performance.now();
  else requestAnimationFrame(watch);
};
requestAnimationFrame(watch);
"""
#: Moves what has pan, zoom and draw; returns how many frames were drawn.
_MOVE: typing.Final = """
async ([of, motion, frames]) => {
  const moved = globalThis[of];
  const tick = () => new Promise(requestAnimationFrame);
  moved.fit();
  for (let index = 0; index < 10; index++) await tick();
  const before = moved.drawn();
  for (let index = 0; index < frames; index++) {
    const turn = (2 * Math.PI * index) / frames;
    if (motion === 'pan') moved.pan(12 * Math.cos(turn), 12 * Math.sin(turn));
    else moved.zoom(8 ** ((2 * Math.PI / frames) * Math.sin(2 * turn)));
    await tick();
  }
  return moved.drawn() - before;
}
"""
_MAP: typing.Final = """
(() => {
  const { map } = cdmGraph;
  globalThis.ours = {
    fit: () => map.fit(),
    drawn: () => map.frames.count,
    pan: (x, y) => { map.view.pan(x, y); map.repaint(); },
    zoom: (factor) => { map.view.zoom(factor); map.repaint(); },
  };
})()
"""
#: Hubs with what belongs to them, as hosts have servers: the edges are short,
#: which is the easier for it.
_PEER: typing.Final = """
(count) => {
  const hubs = Math.round(count / 30);
  const across = Math.ceil(Math.sqrt(hubs));
  const spot = (index) => {
    const hub = index % hubs;
    const ring = Math.floor(index / hubs);
    const turn = (2 * Math.PI * ring) / 29;
    const away = ring ? 60 + 20 * (ring % 2) : 0;
    return { x: (hub % across) * 200 + away * Math.cos(turn),
             y: Math.floor(hub / across) * 200 + away * Math.sin(turn) };
  };
  const ids = Array.from({ length: count }, (_, index) => index);
  const cy = cytoscape({
    container: document.getElementById('peer'),
    elements: [
      ...ids.map((index) => ({ data: { id: `${index}` },
                               position: spot(index) })),
      ...ids.map((index) => ({ data: {
        id: `edge ${index}`, source: `${index}`,
        target: `${index < hubs ? (index + 1) % hubs : index % hubs}` } })),
    ],
    layout: { name: 'preset' },
    pixelRatio: 1,
    style: [{ selector: 'node', style: { 'background-color': '#2a9d8f' } }],
  });
  let drawn = 0;
  cy.on('render', () => { drawn++; });
  const middle = { x: cy.width() / 2, y: cy.height() / 2 };
  globalThis.peer = {
    fit: () => cy.fit(),
    drawn: () => drawn,
    pan: (x, y) => cy.panBy({ x, y }),
    zoom: (factor) => cy.zoom({ level: cy.zoom() * factor,
                                renderedPosition: middle }),
  };
}
"""


def run(shown: figures.Figures, hosts: int, instances: int) -> None:
    """Show a cloud in a browser, and move it; then the peer, in turns."""
    with (
        rig.serving(
            hosts=hosts, instances=instances, patience=_READY
        ) as served,
        browsers.chromium() as chromium,
    ):
        window = _open(shown, chromium, served[1])
        with _peer(chromium) as peer:
            _show_frames(shown, window.page, peer)
        window.close()


def _open(
    shown: figures.Figures, chromium: sync_api.Browser, daemon: rig.Daemon
) -> browsers.Window:
    """Open the page, and show what that took."""
    sizes: dict[str, int] = {}

    def note(response: sync_api.Response) -> None:
        path = response.url.removeprefix(daemon.url)
        if not path.startswith(('changes', 'freshness')):
            sizes[path] = len(gzip.compress(response.body()))

    window = browsers.Window(
        chromium,
        daemon.url,
        viewport=_SIZE,
        script=_WATCH,
        on_answer=note,
    )
    window.until('globalThis.firstPicture', _READY)
    window.page.wait_for_timeout(2000)
    data = sizes.pop('map')
    shown.show('page_gzip', sum(sizes.values()) / _KIB, 'KiB')
    lazy = len(gzip.compress(_CYTOSCAPE.read_bytes()))
    shown.show(
        'page_with_graphs_gzip', (sum(sizes.values()) + lazy) / _KIB, 'KiB'
    )
    shown.show('map_gzip', data / _KIB, 'KiB')
    shown.show(
        'first_picture_wall', window.ask('globalThis.firstPicture'), 'ms'
    )
    heap = window.ask('performance.memory.usedJSHeapSize')
    shown.show('heap', heap / _MIB, 'MiB')
    window.ask(_MAP)
    return window


@contextlib.contextmanager
def _peer(
    chromium: sync_api.Browser,
) -> collections.abc.Iterator[sync_api.Page]:
    context = chromium.new_context(viewport=_SIZE)
    page = context.new_page()
    page.set_content(
        '<body style="margin: 0">'
        '<div id="peer" style="height: 100vh"></div></body>'
    )
    page.add_script_tag(path=_CYTOSCAPE)
    page.evaluate(_PEER, _VERTICES)
    yield page
    context.close()


def _show_frames(
    shown: figures.Figures, ours: sync_api.Page, peer: sync_api.Page
) -> None:
    """Show what a frame of both costs, by motion."""
    taken: dict[tuple[str, str], list[float]] = collections.defaultdict(list)
    for _ in range(_ROUNDS):
        for motion in ('pan', 'zoom'):
            for name, page in (('ours', ours), ('peer', peer)):
                taken[name, motion].append(_frame(page, name, motion))
    median = {
        key: statistics.median(several) for key, several in taken.items()
    }
    for motion in ('pan', 'zoom'):
        one, other = median['ours', motion], median['peer', motion]
        shown.show(f'{motion}_frame', one * 1e3, 'ms')
        shown.show(f'{motion}_frame_cytoscape', other * 1e3, 'ms')
        shown.show(f'{motion}_over_cytoscape', one / other, 'ratio')


def _frame(page: sync_api.Page, name: str, motion: str) -> float:
    """Return the seconds of CPU that a frame takes of all of Chromium."""
    before = _cpu()
    drawn = page.evaluate(_MOVE, [name, motion, _FRAMES])
    taken: float = (_cpu() - before) / drawn
    return taken


def _cpu() -> float:
    return sum(
        usage.cpu(pid)
        for pid in usage.descendants(os.getpid())
        if usage.name(pid).startswith('chrom')
    )
