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

"""``cdm-graph demo`` proves that the model is right, or that it is not."""

import collections
import json
import pathlib
import signal
import socket
import sys
import urllib.request

import networkx

from tests.functional import rig

_BROKEN = pathlib.Path(__file__).with_name('broken_demo.py')
_SMALL = ('--hosts', '6', '--instances', '60', '--seed', '4')


def test_the_report_agrees_with_the_file(tmp_path: pathlib.Path) -> None:
    result = rig.run(
        *('demo', '--json', '--seconds', '3', '--rate', '15'),
        *(*_SMALL, '--output', tmp_path / 'new'),
    )
    assert result.returncode == 0, result.stderr
    assert 'DIFFERENCE' not in result.stderr
    assert 'Traceback' not in result.stderr
    report = json.loads(result.stdout)
    assert report['differences'] == 0
    assert report['changes'] > 0
    counters = report['notifications']
    assert counters['received'] >= report['published'] > 0
    assert counters['received'] == sum(counters['outcomes'].values())
    assert counters['outcomes']['failed'] == 0
    assert report['graphml'] == str(tmp_path / 'new' / 'cloud.graphml')
    graph = networkx.read_graphml(report['graphml'])
    assert graph.number_of_nodes() == report['nodes']
    assert graph.number_of_edges() == report['edges']
    kinds = collections.Counter(kind for _, kind in graph.nodes(data='kind'))
    assert kinds == collections.Counter(report['elements'])
    relations = collections.Counter(
        relation for *_, relation in graph.edges(data='relation')
    )
    assert relations == collections.Counter(report['relations'])


def test_a_model_that_is_wrong_is_found_out(tmp_path: pathlib.Path) -> None:
    result = rig.run(
        *('demo', '--seconds', '3', '--rate', '30', *_SMALL),
        *('--output', tmp_path),
        program=(sys.executable, str(_BROKEN)),
    )
    assert result.returncode == 1
    assert 'DIFFERENCE' in result.stderr
    assert 'DIFFERENCE' not in result.stdout
    last = result.stdout.split()[-2:]
    assert last[0] == 'differences'
    assert int(last[1]) > 0


def test_it_serves_until_it_is_interrupted(tmp_path: pathlib.Path) -> None:
    with socket.create_server(('127.0.0.1', 0)) as free:
        address = f'127.0.0.1:{free.getsockname()[1]}'
    output = tmp_path / 'output'
    with output.open('wb') as stream:
        demo = rig.popen(
            *('demo', '--hosts', '5', '--instances', '50'),
            *('--serve', address, '--output', tmp_path),
            output=stream,
        )
    try:
        hosts = rig.eventually('an answer', lambda: _hosts(address))
        assert len(hosts) == 5
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 0, output.read_text()
    finally:
        demo.kill()
        demo.wait()
    said = output.read_text()
    assert f'Serving on http://{address}/' in said
    assert 'differences               0' in said
    assert 'Traceback' not in said


def _hosts(address: str) -> list[object]:
    try:
        with urllib.request.urlopen(f'http://{address}/map') as answer:
            return list(json.load(answer)['hosts'])
    except OSError:
        return []
