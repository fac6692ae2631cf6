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


"""The collector that plugin authors are shown, in a daemon.

Its module, its entry point and its options are those of the page.
"""

import collections.abc
import configparser
import datetime
import json
import os
import pathlib
import tempfile
import typing
import uuid

import pytest

from cdm_graph.simulation import notification
from cdm_graph.simulation import publisher
from tests.docs import blocks
from tests.docs import world as worlds
from tests.functional import rig

_PAGE: typing.Final = blocks.ROOT / 'doc/source/contributor/plugins.rst'
_TIMEOUT: typing.Final = 120.0


def _shown(language: str) -> list[str]:
    return [
        block.text for block in blocks.of(_PAGE) if block.language == language
    ]


def _options(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser()
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


@pytest.fixture
def folder() -> collections.abc.Iterator[pathlib.Path]:
    """A folder with the package as pip would have installed it."""
    with tempfile.TemporaryDirectory(prefix='cdm-graph-racks-') as name:
        path = pathlib.Path(name)
        [module] = _shown('python')
        (path / 'racks.py').write_text(module)
        [racks] = _shown('json')
        (path / 'racks.json').write_text(racks)
        package = path / 'racks-1.dist-info'
        package.mkdir()
        (package / 'METADATA').write_text('Name: racks\nVersion: 1\n')
        entry_points = _options(_shown('ini')[0])['options.entry_points']
        (package / 'entry_points.txt').write_text(
            ''.join(
                f'[{group}]\n{points}\n'
                for group, points in entry_points.items()
            )
        )
        yield path


@pytest.fixture
def daemon(
    world: worlds.World,
    folder: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> collections.abc.Iterator[rig.Daemon]:
    monkeypatch.setenv('PYTHONPATH', f'{folder}{os.pathsep}{blocks.ROOT}')
    monkeypatch.setenv('PYTHONWARNINGS', 'ignore')
    told = _options(_shown('ini')[1])
    told['racks']['path'] = str(folder / 'racks.json')
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


def _racks(status: rig.Status) -> int:
    count: int = status['collectors']['racks']['elements']['HostAggregate']
    return count


def test_a_daemon_runs_it_and_hears_what_changes(
    daemon: rig.Daemon, world: worlds.World, folder: pathlib.Path
) -> None:
    daemon.wait_until(
        'the racks are read', lambda status: _racks(status) == 2, _TIMEOUT
    )

    (folder / 'racks.json').write_text(json.dumps({'rack3': ['compute-1']}))
    _announce(world, 'rack1')
    daemon.wait_until(
        'what was announced is gone', lambda status: _racks(status) == 1
    )


def _announce(world: worlds.World, rack: str) -> None:
    now = datetime.datetime.now(datetime.UTC)
    sender = publisher.NotificationPublisher(world.bus.url)
    sender.publish(
        notification.Notification(
            topic=notification.VERSIONED_TOPIC,
            priority='INFO',
            publisher_id='rack-inventory:controller',
            event_type='rack.changed',
            payload={'rack': rack},
            context={},
            message_id=str(uuid.uuid4()),
            timestamp=now.isoformat(),
        )
    )
    sender.close()
