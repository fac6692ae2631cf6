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

"""Freshness, drift and refresh of a daemon that runs beside a cloud."""

import threading
import time
import typing

import pytest
from starlette import testclient

from cdm_graph.api import access
from cdm_graph.api import app
from cdm_graph.model import mutation
from cdm_graph.model import schema
from tests.unit.api import support


@pytest.fixture
def web(daemon: support.Daemon) -> testclient.TestClient:
    return testclient.TestClient(access.Trusting(app.build(daemon.main)))


def _get(
    web: testclient.TestClient, path: str, **given: typing.Any
) -> typing.Any:
    return web.get(path, params=given).json()


def _sequence(web: testclient.TestClient) -> int:
    found: int = _get(web, '/freshness')['collectors']['nova']['sequence']
    return found


def test_the_freshness_of_each_model_is_answered(
    web: testclient.TestClient,
) -> None:
    shown = _get(web, '/freshness')['collectors']['nova']
    assert shown['state'] == 'ready'
    assert shown['sequence'] > 0
    assert shown['age'] >= 0
    assert shown['synchronized_at'] <= shown['as_of'] <= time.time()
    assert shown['partial'] == []


def test_what_is_as_new_is_answered_at_once(
    web: testclient.TestClient,
) -> None:
    began = time.monotonic()
    shown = _get(web, '/freshness', sequence=_sequence(web), timeout=30)
    assert 'collectors' in shown
    assert 'collectors' in _get(web, '/freshness', age=20, timeout=30)
    assert time.monotonic() - began < 20


def test_a_change_is_waited_for(
    web: testclient.TestClient, daemon: support.Daemon
) -> None:
    wanted = _sequence(web) + 1
    changing = threading.Timer(0.3, _touch, [daemon])
    changing.start()
    shown = _get(web, '/freshness', sequence=wanted, timeout=30)
    changing.join()
    assert shown['collectors']['nova']['sequence'] >= wanted


def _touch(daemon: support.Daemon) -> None:
    model = daemon.main.collector('nova').cluster_data_model
    instance = next(iter(model.get_all_instances().values()))
    lost = schema.replace(instance, vm_state='lost')
    model.apply([mutation.Put(lost)])


@pytest.mark.parametrize(
    ('given', 'status', 'words'),
    [
        ({'sequence': 999_999_999, 'timeout': 0.2}, 504, 'within 0.2 s'),
        ({'age': 0.000_000_1, 'timeout': 0.2}, 504, 'within 0.2 s'),
        ({'sequence': 'x'}, 400, 'sequence'),
        ({'age': 'x'}, 400, 'age'),
        ({'age': -1}, 400, 'age'),
        ({'timeout': 'nan'}, 400, 'timeout'),
    ],
)
def test_what_cannot_be_answered_is_told(
    web: testclient.TestClient,
    given: dict[str, typing.Any],
    status: int,
    words: str,
) -> None:
    answer = web.get('/freshness', params=given)
    assert answer.status_code == status
    assert words in answer.json()['error']


def test_the_drift_is_answered(web: testclient.TestClient) -> None:
    shown = _get(web, '/drift')['collectors']['nova']
    assert shown['synchronizes']['succeeded'] >= 1
    assert isinstance(shown['polls']['drift'], dict)
    assert shown['last_synchronize']['seconds'] > 0


def _refresh(
    web: testclient.TestClient, *called: str, **given: typing.Any
) -> typing.Any:
    return web.post('/refresh', params={'element': called, **given})


def test_what_is_wrong_is_read_from_the_cloud(
    web: testclient.TestClient, daemon: support.Daemon
) -> None:
    model = daemon.main.collector('nova').cluster_data_model
    # Others have touched it before.
    assert daemon.main.synchronize(support.PATIENCE)
    instance = next(iter(model.get_all_instances().values()))
    _touch(daemon)
    assert model.get_instance_by_uuid(instance.uuid).vm_state == 'lost'
    answer = _refresh(web, instance.name).json()
    assert answer['absent'] == []
    [row] = answer['elements']
    assert row['id'] == instance.uuid
    assert row['vm_state'] == instance.vm_state
    found = model.get_instance_by_uuid(instance.uuid)
    assert found.vm_state == instance.vm_state


def test_what_the_model_lacks_may_be_looked_for(
    web: testclient.TestClient,
) -> None:
    uuid = '5bfbfd3c-0000-4000-8000-000000000042'
    answer = _refresh(web, uuid, kind='Instance').json()
    assert answer['elements'] == []
    assert answer['absent'] == [uuid]


@pytest.mark.parametrize(
    ('called', 'given', 'status', 'words'),
    [
        (['nothing'], {}, 404, 'Say its kind as well'),
        ([], {}, 400, 'element'),
        (['x'], {'kind': 'Nonsense'}, 400, 'Nonsense'),
        (['x'], {'kind': 'Project'}, 400, 'Project'),
        (['x'], {'kind': 'Instance'}, 400, 'no UUID'),
        (['a/../b'], {'kind': 'ServerGroup'}, 400, 'no UUID'),
        (['5BFBFD3C' * 4], {'kind': 'Instance'}, 400, 'no UUID'),
        (['x'] * 101, {}, 400, '100'),
        (['x'], {'timeout': 'x'}, 400, 'timeout'),
    ],
)
def test_what_cannot_be_refreshed_is_told(
    web: testclient.TestClient,
    called: list[str],
    given: dict[str, typing.Any],
    status: int,
    words: str,
) -> None:
    answer = _refresh(web, *called, **given)
    assert answer.status_code == status
    assert words in answer.json()['error']


def test_a_cloud_that_does_not_answer_is_waited_for_no_longer(
    web: testclient.TestClient, daemon: support.Daemon
) -> None:
    model = daemon.main.collector('nova').cluster_data_model
    instance = next(iter(model.get_all_instances().values()))
    began = time.monotonic()
    daemon.cloud.faults.fail('servers', 503, count=None)
    try:
        answer = _refresh(web, instance.uuid, timeout=0.5)
    finally:
        daemon.cloud.faults.clear()
    assert answer.status_code == 504
    assert time.monotonic() - began < 20
