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


"""A browser, and daemons that it opens the page of."""

import collections.abc
import os
import pathlib
import shlex
import tempfile
import typing

from playwright import sync_api
import pytest

from cdm_graph.simulation import process
from tests.web import browser as browsers
from tests.web import rig

_FOLDER: typing.Final = 'CDM_GRAPH_SCREENSHOTS'

#: In what state each panel of the capacity tab is.
STATES: typing.Final = (
    "[...document.querySelectorAll('#capacity .panel')]"
    '.map((panel) => panel.dataset.state)'
)
Cloud = tuple[process.Simulation, rig.Daemon]
Query = collections.abc.Callable[[str], list[dict[str, typing.Any]]]


@pytest.fixture(scope='session')
def screenshots() -> pathlib.Path:
    """Where pictures are left for a look."""
    folder = pathlib.Path(
        os.environ.get(_FOLDER) or tempfile.mkdtemp(prefix='cdm-graph-web-')
    )
    folder.mkdir(parents=True, exist_ok=True)
    print(f'Screenshots are in {folder}.')
    return folder


@pytest.fixture(scope='session')
def chromium() -> collections.abc.Iterator[sync_api.Browser]:
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture(scope='module')
def cloud() -> collections.abc.Iterator[Cloud]:
    """A quiet cloud with a database beside its model."""
    with rig.serving(hosts=12, instances=240, mirrored=True) as served:
        yield served


@pytest.fixture
def new_window(
    chromium: sync_api.Browser,
) -> collections.abc.Iterator[collections.abc.Callable[..., browsers.Window]]:
    """Open windows, which must not have complained when the test ends."""
    opened: list[browsers.Window] = []

    def make(url: str, **options: typing.Any) -> browsers.Window:
        opened.append(browsers.Window(chromium, url, **options))
        return opened[-1]

    yield make
    for window in opened:
        window.close()


@pytest.fixture
def window(
    cloud: Cloud,
    new_window: collections.abc.Callable[..., browsers.Window],
) -> browsers.Window:
    """A window that shows the cloud."""
    return new_window(cloud[1].url).wait_for_the_cloud()


@pytest.fixture
def query(window: browsers.Window) -> Query:
    """What runs a command line of a panel, and returns the rows."""

    def ask(line: str) -> list[dict[str, typing.Any]]:
        command, verb, name, *given = shlex.split(line)
        assert (command, verb) == ('cdm-graph', 'query')
        assert given[::2] == ['-p'] * (len(given) // 2)
        parameters = dict(each.split('=', 1) for each in given[1::2])
        found = window.page.request.post(
            f'{window.url}query',
            data={'text': name, 'parameters': parameters},
        ).json()
        return [
            dict(zip(found['columns'], row, strict=True))
            for row in found['rows']
        ]

    return ask


@pytest.fixture
def answered(window: browsers.Window) -> browsers.Window:
    """A window that shows all answers."""
    window.page.click('#tab-capacity')
    window.until(
        f'{STATES}.length > 9 && '
        f'{STATES}.every((state) => state === "answered")'
    )
    return window
