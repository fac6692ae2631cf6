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

"""A daemon in the process of the tests, and what it exports."""

import collections.abc
import pathlib
import typing

from prometheus_client import parser
import pytest

from cdm_graph import service
from cdm_graph.api import app
from cdm_graph.api import exposition
from cdm_graph.conf import loading
from cdm_graph.simulation import notification
from cdm_graph.simulation import process
from cdm_graph.store import stores
from tests.support import store as memory
from tests.unit.api import support

#: What the samples of a family have after its name.
_SUFFIXES: typing.Final = {
    'counter': ('_total',),
    'histogram': ('_bucket', '_count', '_sum'),
}
_OPTIONS: typing.Final[loading.Overrides] = {
    ('nova', 'auth_type'): 'password',
    ('collector', 'settling_time'): 0.1,
    ('notifications', 'transport_url'): 'fake://',
    ('notifications', 'pool'): 'unit-api',
    ('notifications', 'heartbeat_period'): 0.1,
}


@pytest.fixture(scope='module')
def daemon(
    tmp_path_factory: pytest.TempPathFactory,
) -> collections.abc.Iterator[support.Daemon]:
    """Run one with a bus, a database and a history, on a simulated cloud."""
    file = tmp_path_factory.mktemp('daemon') / 'history.sqlite'
    cloud = process.Simulation(
        process.SimulationOptions(
            hosts=4,
            instances=20,
            rate=0,
            formats=notification.Format.VERSIONED,
            transport_url='fake://',
        )
    )
    cloud.start()
    try:
        main = _new_service(cloud, file)
        main.start()
        try:
            assert main.synchronize(support.PATIENCE)
            yield support.Daemon(main, cloud)
        finally:
            main.stop()
    finally:
        cloud.stop()


def _new_service(
    cloud: process.Simulation, file: pathlib.Path
) -> service.ClusterModelService:
    overrides = {**_OPTIONS, ('history', 'file'): str(file)}
    conf = loading.load(overrides=overrides, find_files=False)
    loading.with_credentials(conf, cloud.auth_url, cloud.credentials)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            stores, 'open_store', lambda _: memory.MemoryStore('RegionOne')
        )
        return service.ClusterModelService(conf)


@pytest.fixture
def served(daemon: support.Daemon) -> collections.abc.Iterator[pathlib.Path]:
    """Serve the daemon, and return the path of its socket."""
    with support.serving(app.build(daemon.main)) as path:
        yield path


@pytest.fixture(scope='module')
def exported(daemon: support.Daemon) -> frozenset[str]:
    """Return the names of all samples that a daemon can export."""
    text, _ = exposition.Exposition(daemon.main.status).write('')
    return frozenset(
        each.name + suffix
        for each in parser.text_string_to_metric_families(text.decode())
        for suffix in _SUFFIXES.get(each.type, ('',))
    )
