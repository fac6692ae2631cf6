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

"""The plugin as an operator sees it: by the commands of cdm-graph."""

import collections.abc
import json
import pathlib
import subprocess
import sysconfig

import networkx
import pytest

_PROGRAM = pathlib.Path(sysconfig.get_path('scripts')) / 'cdm-graph'
_SECONDS = 60.0


@pytest.fixture
def run(
    configuration: pathlib.Path,
) -> collections.abc.Callable[..., subprocess.CompletedProcess[str]]:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [_PROGRAM, '--config-file', configuration, *words],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )

    return run


@pytest.fixture
def served(
    configuration: pathlib.Path,
    run: collections.abc.Callable[..., subprocess.CompletedProcess[str]],
    eventually: collections.abc.Callable[..., None],
) -> collections.abc.Iterator[None]:
    """A daemon as a process."""
    with (configuration.parent / 'serve.log').open('w') as log:
        process = subprocess.Popen(
            [_PROGRAM, '--config-file', configuration, 'serve'],
            stdout=log,
            stderr=log,
        )
        try:
            eventually((configuration.parent / 'cdm.sock').exists)
            assert run('synchronize').returncode == 0
            yield
        finally:
            process.terminate()
            assert process.wait(_SECONDS) == 0


def test_status_and_export_show_the_racks(
    served: None,
    run: collections.abc.Callable[..., subprocess.CompletedProcess[str]],
    path: pathlib.Path,
    tmp_path: pathlib.Path,
) -> None:
    rows = [line.split() for line in run('status').stdout.splitlines()]
    assert ['collector', 'racks'] in rows
    assert ['Rack', '2'] in rows
    status = json.loads(run('status', '--json').stdout)
    assert status['model']['relations']['IN_RACK'] == 3
    assert status['collectors']['racks']['path'] == str(path)
    graphml = tmp_path / 'cloud.graphml'
    assert run('export', '-o', str(graphml)).returncode == 0
    graph = networkx.read_graphml(graphml)
    assert graph.nodes['switch/leaf-2']['model'] == 'SN2201'


def test_an_export_needs_no_daemon(
    run: collections.abc.Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = run('export', '--once')
    assert done.returncode == 0, done.stderr
    assert 'rack/r2' in networkx.parse_graphml(done.stdout)


@pytest.mark.parametrize(
    ('wrong', 'sentence'),
    [
        ('[racks]\n# path', 'cdm-graph: [racks] path is not set. Set it to '),
        ('[racks]\npath = /no/such\n# ', '/no/such cannot be read: No such '),
    ],
)
def test_a_mistake_costs_a_sentence(
    configuration: pathlib.Path,
    run: collections.abc.Callable[..., subprocess.CompletedProcess[str]],
    wrong: str,
    sentence: str,
) -> None:
    told = configuration.read_text()
    configuration.write_text(told.replace('[racks]\npath', wrong))
    done = run('export', '--once')
    assert done.returncode
    assert done.stderr.count('\n') == 1, done.stderr
    assert sentence in done.stderr
