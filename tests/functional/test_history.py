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

import json
import pathlib
import signal
import subprocess
import time
import typing

from tests.functional import bus as buses
from tests.functional import conftest
from tests.functional import rig

_RATE: typing.Final = 15.0


def _moves(daemon: rig.Daemon) -> list[dict[str, typing.Any]]:
    found = daemon.client.history([('kind', 'Instance'), ('limit', '5000')])
    return [
        row
        for row in found['changes']
        if row['what'] == 'changed'
        and all(row['changed'].get('node', {'before': None}).values())
        and row['cause'].removeprefix('refresh after ').startswith('instance.')
    ]


def test_where_a_server_was_and_why_it_moved(
    bus: buses.Bus,
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
) -> None:
    cloud = new_cloud(hosts=8, instances=80, rate=_RATE, transport_url=bus.url)
    daemon = new_daemon(cloud, bus.url).start()
    moved = rig.eventually('a move', lambda: _moves(daemon))[0]
    assert moved['request_id'].startswith('req-')
    shown = rig.run('history', moved['id'], '--socket', daemon.socket)
    assert shown.returncode == 0, shown.stderr
    node = moved['changed']['node']
    (line,) = (
        line
        for line in shown.stdout.splitlines()
        if line.startswith(moved['at']) and 'node: ' in line
    )
    assert f'node: {node["before"]} -> {node["after"]}' in line
    assert moved['request_id'] in line
    assert 'the daemon remembers since' in shown.stderr
    # What filled the model is no change of the cloud.
    everything = daemon.client.history([('limit', '20000')])
    assert not everything['has_more']
    assert {row['cause'] for row in everything['changes']} != {'synchronize'}


def test_history_outlives_the_daemon(
    bus: buses.Bus,
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
    folder: pathlib.Path,
) -> None:
    cloud = new_cloud(hosts=8, instances=80, rate=_RATE, transport_url=bus.url)
    file = folder / 'history.sqlite'
    daemon = new_daemon(cloud, bus.url, history={'file': file}).start()
    moved = rig.eventually('a move', lambda: _moves(daemon))[0]
    code, seconds = daemon.terminate()
    assert (code, seconds < 15) == (0, True)
    daemon.start()
    known = daemon.client.history([('element', moved['id'])])
    assert moved in known['changes']
    (gap,) = known['gaps']
    assert gap['reason'] == 'away'
    # It is killed: what it had written by then is known.
    rig.eventually('another move', lambda: len(_moves(daemon)) > 1)
    last = daemon.client.history([('limit', '20000')])['changes']
    rig.eventually(
        'they are written', lambda: daemon.status()['history']['behind'] == 0
    )
    daemon.signal(signal.SIGKILL)
    daemon.wait_for_end(20)
    daemon.start()
    found = daemon.client.history([('limit', '20000')])
    assert found['changes'][: len(last)] == last
    assert len({row['run'] for row in found['changes']}) > 1
    moments = [row['at'] for row in found['changes']]
    assert moments == sorted(moments)


def test_a_difference_of_two_moments_is_that_of_two_exports(
    bus: buses.Bus,
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
    folder: pathlib.Path,
) -> None:
    cloud = new_cloud(hosts=8, instances=80, rate=0, transport_url=bus.url)
    file = folder / 'history.sqlite'
    daemon = new_daemon(cloud, bus.url, history={'file': file}).start()
    exports, moments = [], []
    for name in ('first.json', 'second.graphml'):
        rig.drained(cloud, daemon)
        exports.append(folder / name)
        moments.append(str(time.time()))
        daemon.run('export', '-o', exports[-1])
        time.sleep(0.1)
        for uuid in rig.plain_servers(cloud)[:3]:
            cloud.perform(cloud.operations.live_migrate(uuid))
    between = ('--since', moments[0], '--until', moments[1], '--json')
    of_exports = daemon.run('diff', *exports, '--json')
    of_moments = daemon.run('diff', *between)
    assert json.loads(of_exports.stdout)
    assert json.loads(of_moments.stdout) == json.loads(of_exports.stdout)
    assert (of_exports.returncode, of_moments.returncode) == (1, 1)
    # Nobody knows what was before the daemon.
    long_ago = daemon.run('diff', '--since', '1w')
    assert long_ago.returncode == 2
    assert 'does not reach back that far' in rig.sentence_of(long_ago)


def test_changes_are_watched_also_over_a_restart(
    bus: buses.Bus,
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
) -> None:
    cloud = new_cloud(hosts=8, instances=80, rate=_RATE, transport_url=bus.url)
    daemon = new_daemon(cloud, bus.url).start()
    folder = daemon.socket.parent
    seen, said = folder / 'watch.out', folder / 'watch.err'
    with seen.open('wb') as output, said.open('wb') as errors:
        watching = subprocess.Popen(
            [
                *rig.PROGRAM,
                *('watch', '--kind', 'Instance', '--json'),
                *('--socket', str(daemon.socket)),
            ],
            stdout=output,
            stderr=errors,
            env=rig.environment({'PYTHONUNBUFFERED': '1'}),
        )
    try:
        rig.eventually('changes', lambda: seen.read_text().count('\n') > 5)
        daemon.terminate()
        rig.eventually('a word', lambda: 'is away' in said.read_text())
        before = seen.read_text().count('\n')
        daemon.start()
        rig.eventually('a gap', lambda: 'was missed' in said.read_text())
        rig.eventually(
            'more', lambda: seen.read_text().count('\n') > before + 5
        )
        watching.send_signal(signal.SIGINT)
        assert watching.wait(20) == 0
    finally:
        watching.kill()
        watching.wait()
    assert 'Traceback' not in said.read_text()
    rows = [json.loads(line) for line in seen.read_text().splitlines()]
    assert {row['kind'] for row in rows} == {'Instance'}
