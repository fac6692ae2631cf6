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

"""What the commands say of a model that stands still."""

import collections
import collections.abc
import json
import os
import pathlib
import tempfile
import typing

import networkx
import pytest

from cdm_graph.simulation import process
from tests.functional import conftest
from tests.functional import rig
from tests.functional import truths

#: Four bytes each in UTF-8: blocks of a document will end in a character.
_NAME: typing.Final = '\U0001f701' * 240


class Scene(typing.NamedTuple):
    """A cloud that stands still, and a daemon beside it."""

    cloud: process.Simulation
    daemon: rig.Daemon


@pytest.fixture(scope='module')
def scene() -> collections.abc.Iterator[Scene]:
    with (
        conftest.a_cloud(instances=300, hosts=10) as cloud,
        tempfile.TemporaryDirectory(prefix='cdm-graph-') as folder,
    ):
        for number, uuid in enumerate(rig.plain_servers(cloud)):
            name = f'{_NAME}{"x" * (number % 7)}'
            cloud.perform(cloud.operations.rename(uuid, name))
        daemon = rig.Daemon(
            pathlib.Path(folder), conftest.daemon_options(cloud)
        )
        try:
            yield Scene(cloud, daemon.start())
        finally:
            daemon.close()


def _assert_counts(graph: 'networkx.DiGraph[str]', status: rig.Status) -> None:
    """Compare a graph with the sizes that a status tells."""
    kinds = collections.Counter(
        kind for _vertex, kind in graph.nodes(data='kind')
    )
    relations = collections.Counter(
        relation for *_ends, relation in graph.edges(data='relation')
    )
    collector = rig.nova(status)
    assert kinds == collections.Counter(collector['elements'])
    assert relations == collections.Counter(collector['relations'])


def test_status_tells_people_and_programs_the_same(scene: Scene) -> None:
    result = scene.daemon.run('status', '--json')
    assert result.returncode == 0
    assert result.stderr == ''
    status = json.loads(result.stdout)
    shown = scene.daemon.run('status').stdout
    lines = [line.split() for line in shown.splitlines()]
    assert ['state', 'ready'] in lines
    assert ['bus', 'not', 'configured'] in lines
    collector = rig.nova(status)
    for name, count in (
        collector['elements'] | collector['relations']
    ).items():
        assert [name, str(count)] in lines
    assert ['microversion', collector['microversion']] in lines


def test_json_on_standard_output_is_the_cloud(scene: Scene) -> None:
    result = scene.daemon.run('export', '--format', 'json')
    assert (result.returncode, result.stderr) == (0, '')
    document = json.loads(result.stdout)
    truths.assert_equal(document, scene.cloud, ignored=())
    graph = networkx.node_link_graph(document, edges='edges')
    _assert_counts(graph, scene.daemon.status())


def test_graphml_in_a_file_is_the_same_graph(
    scene: Scene, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / 'cloud.graphml'
    result = scene.daemon.run('export', '-o', path)
    assert (result.returncode, result.stdout, result.stderr) == (0, '', '')
    graph = networkx.read_graphml(path)
    _assert_counts(graph, scene.daemon.status())
    names = dict(graph.nodes(data='name'))
    assert {
        vertex: facts['name']
        for vertex, facts in scene.cloud.truth().vertices.items()
        if facts['kind'] == 'Instance'
    }.items() <= names.items()


def test_a_file_that_cannot_be_written_is_told(
    scene: Scene, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / 'nowhere' / 'cloud.graphml'
    result = scene.daemon.run('export', '--output', path)
    assert result.returncode == 1
    assert f'{path} cannot be written' in rig.sentence_of(result)


def test_a_reader_that_has_had_enough_is_no_failure_to_talk_about(
    scene: Scene,
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    result = rig.run(
        '--config-file', scene.daemon.configuration, 'export', stdout=writing
    )
    os.close(writing)
    assert result.stderr == ''
    assert result.returncode == 1


def test_a_full_disk_is_told(scene: Scene) -> None:
    with open('/dev/full', 'w') as full:
        result = rig.run(
            '--config-file', scene.daemon.configuration, 'export', stdout=full
        )
    assert result.returncode == 1
    assert 'No space left on device' in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_synchronize_waits_and_shows_the_status(scene: Scene) -> None:
    before = rig.nova(scene.daemon.status())['synchronized_at']
    result = scene.daemon.run('synchronize')
    assert (result.returncode, result.stderr) == (0, '')
    assert 'last complete synchronize' in result.stdout
    assert rig.nova(scene.daemon.status())['synchronized_at'] > before


@pytest.mark.parametrize('source', ['environment', 'configuration'])
def test_once_needs_no_daemon(
    scene: Scene, tmp_path: pathlib.Path, source: str
) -> None:
    path = tmp_path / 'cloud.json'
    if source == 'environment':
        result = rig.run(
            *('export', '--once', '--format', 'json'),
            env={'HOME': str(tmp_path), **rig.openrc(scene.cloud)},
        )
        path.write_text(result.stdout)
    else:
        result = scene.daemon.run(
            'export', '--once', '--format', 'json', '-o', path
        )
        assert result.stdout == ''
    assert (result.returncode, result.stderr) == (0, '')
    truths.assert_equal(json.loads(path.read_text()), scene.cloud, ignored=())


def test_once_tells_what_is_wrong_with_the_credentials(
    scene: Scene, tmp_path: pathlib.Path
) -> None:
    variables = {**rig.openrc(scene.cloud), 'OS_PASSWORD': 'hidden'}
    result = rig.run(
        'export', '--once', env={'HOME': str(tmp_path), **variables}
    )
    assert result.returncode == 2
    assert 'password' in rig.sentence_of(result)
    assert 'hidden' not in result.stderr
    assert result.stdout == ''


def test_once_tells_that_the_cloud_is_away(tmp_path: pathlib.Path) -> None:
    with conftest.a_cloud() as cloud:
        variables = rig.openrc(cloud)
    output = tmp_path / 'output'
    output.mkdir()
    result = rig.run(
        *('export', '--once', '-o', output / 'cloud.graphml'),
        # Libraries may keep caches in the home.
        env={'HOME': str(tmp_path), **variables},
    )
    assert result.returncode == 1
    assert variables['OS_AUTH_URL'] in rig.last_sentence_of(result)
    assert list(output.iterdir()) == []
