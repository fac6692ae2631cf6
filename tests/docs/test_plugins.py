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


"""The plugin that authors of plugins are shown, whole and in a daemon."""

import collections
import collections.abc
import configparser
import datetime
import os
import pathlib
import pickle
import shutil
import tempfile
import typing
import uuid

from docutils import nodes
import pytest

from cdm_graph.simulation import notification
from cdm_graph.simulation import publisher
from tests.docs import blocks
from tests.docs import plugin
from tests.docs import world as worlds
from tests.functional import rig

_PAGE: typing.Final = blocks.ROOT / 'doc/source/contributor/plugins.rst'
_BUILT: typing.Final = (
    blocks.ROOT / 'doc/build/doctrees/contributor/plugins.doctree'
)
_TIMEOUT: typing.Final = 120.0


def _shown() -> dict[pathlib.Path, list[str]]:
    """Return the lines of each file that the page shows, in their order."""
    assert _BUILT.exists(), 'tox -e docs builds the page before'
    found: dict[pathlib.Path, list[str]] = collections.defaultdict(list)
    document: nodes.document = pickle.loads(_BUILT.read_bytes())
    for block in document.findall(nodes.literal_block):
        if 'source' in block:
            path = pathlib.Path(block['source']).resolve()
            found[path] += _lines(block.astext())
    return found


def _lines(text: str) -> list[str]:
    """Return the lines that say something, wherever they stand."""
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize(
    'path',
    [
        plugin.FOLDER / 'pyproject.toml',
        plugin.RACKS,
        *sorted(plugin.PACKAGE.glob('*.py')),
    ],
    ids=lambda path: path.name,
)
def test_each_line_of_it_is_shown_once_and_in_its_place(
    path: pathlib.Path,
) -> None:
    # But for the license, which is above the docstring.
    _, quotes, rest = path.read_text().partition('"""')
    whole = quotes + rest if quotes and path.suffix == '.py' else None
    assert _shown()[path] == _lines(whole or path.read_text())


def _options() -> dict[str, dict[str, str]]:
    """Return what the page tells to write into ``cdm-graph.conf``."""
    [block] = [each for each in blocks.of(_PAGE) if each.language == 'ini']
    parser = configparser.ConfigParser()
    parser.read_string(block.text)
    return {name: dict(parser[name]) for name in parser.sections()}


@pytest.fixture
def folder() -> collections.abc.Iterator[pathlib.Path]:
    """A folder with the plugin, and a file of racks to be changed."""
    with tempfile.TemporaryDirectory(prefix='cdm-graph-racks-') as name:
        path = pathlib.Path(name)
        plugin.install(path)
        shutil.copy(plugin.RACKS, path)
        yield path


@pytest.fixture
def daemon(
    world: worlds.World,
    folder: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> collections.abc.Iterator[rig.Daemon]:
    monkeypatch.setenv('PYTHONPATH', f'{folder}{os.pathsep}{blocks.ROOT}')
    monkeypatch.setenv('PYTHONWARNINGS', 'ignore')
    told = _options()
    told[plugin.SECTION]['path'] = str(folder / plugin.RACKS.name)
    options: dict[str, dict[str, object]] = {
        'nova': dict(rig.credentials(world.cloud)),
        'notifications': {
            'transport_url': world.bus.url,
            'topics': notification.VERSIONED_TOPIC,
            'pool': 'docs-racks',
        },
    }
    made = rig.Daemon(folder, rig.merged(options, told))
    try:
        yield made.start(timeout=_TIMEOUT)
    finally:
        made.close()


def _in_racks(status: rig.Status) -> int:
    count: int = status['model']['relations']['IN_RACK']
    return count


def test_a_daemon_shows_the_racks_and_hears_what_changes(
    daemon: rig.Daemon, world: worlds.World, folder: pathlib.Path
) -> None:
    daemon.wait_until(
        'nodes are in racks', lambda status: _in_racks(status) == 3, _TIMEOUT
    )

    path = folder / plugin.RACKS.name
    path.write_text(path.read_text().partition('  - name: r2')[0])
    _announce(world, 'r2')
    status = daemon.wait_until(
        'what was announced is gone', lambda status: _in_racks(status) == 2
    )
    assert status['model']['elements']['Rack'] == 1


def _announce(world: worlds.World, rack: str) -> None:
    now = datetime.datetime.now(datetime.UTC)
    sender = publisher.NotificationPublisher(world.bus.url)
    sender.publish(
        notification.Notification(
            topic=notification.VERSIONED_TOPIC,
            priority='INFO',
            publisher_id='rack-inventory:controller',
            event_type='rack.removed',
            payload={'rack': rack},
            context={},
            message_id=str(uuid.uuid4()),
            timestamp=now.isoformat(),
        )
    )
    sender.close()
