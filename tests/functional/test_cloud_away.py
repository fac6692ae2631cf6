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

"""Nova and Keystone fail, hang, and come back."""

from tests.functional import conftest
from tests.functional import rig
from tests.functional import truths


def _has_failed(status: rig.Status) -> bool:
    return bool(rig.nova(status)['health']['failures'] >= 2)


def test_a_cloud_that_fails_from_the_start_is_waited_for(
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
) -> None:
    cloud = new_cloud()
    cloud.faults.fail('/compute', 500, None)
    daemon = new_daemon(cloud).start(ready=False)
    status = daemon.wait_until('has failed twice', _has_failed)
    assert status['state'] == 'not ready'
    assert rig.nova(status)['age'] is None
    shown = daemon.run('status').stdout
    assert 'not ready' in shown
    assert rig.nova(status)['health']['last_error'] in shown
    export = daemon.run('export')
    assert export.returncode == 1
    assert export.stdout == ''
    assert 'being filled for the first time' in rig.sentence_of(export)
    cloud.faults.clear()
    status = daemon.wait_until(
        'ready', lambda status: status['state'] == 'ready'
    )
    assert rig.nova(status)['health']['failures'] == 0
    truths.assert_equal(daemon.exported(), cloud, ignored=())


def test_the_last_good_model_stays_in_service(
    new_cloud: conftest.CloudFactory,
    new_daemon: conftest.DaemonFactory,
) -> None:
    cloud = new_cloud()
    daemon = new_daemon(cloud).start()
    good = daemon.exported()
    # It fails in the middle of the list.
    cloud.faults.fail('/servers/detail', 503, None)
    refused = daemon.run('synchronize', '--timeout', '2')
    assert refused.returncode == 1
    assert 'did not succeed within 2 s' in rig.sentence_of(refused)
    status = daemon.wait_until('has failed twice', _has_failed)
    assert status['state'] == 'ready'
    shown = daemon.run('status').stdout
    assert 'synchronizes failed in a row' in shown
    kept = daemon.exported()
    assert (kept['nodes'], kept['edges']) == (good['nodes'], good['edges'])
    assert kept['graph']['sequence'] == good['graph']['sequence']
    cloud.faults.clear()
    daemon.wait_until(
        'healed', lambda status: rig.nova(status)['health']['failures'] == 0
    )
    for _ in range(2):
        collected = cloud.operations.delete_server(rig.plain_servers(cloud)[0])
        for _messages in collected:
            pass
    done = daemon.run('synchronize', '--json')
    assert done.returncode == 0, done.stderr
    assert '"phantom Instance": 2' in done.stdout
    truths.assert_equal(daemon.exported(), cloud, ignored=())
