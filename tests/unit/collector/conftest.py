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

import collections.abc
import time

from oslo_config import cfg
import pytest

from cdm_graph.collector import credentials
from cdm_graph.collector import nova_client
from cdm_graph.conf import loading
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import keystone_api
from cdm_graph.simulation import server
from cdm_graph.simulation.nova import population
from tests.support import clock as clocks
from tests.support import memory

Configure = collections.abc.Callable[[server.ApiServer], cfg.ConfigOpts]
Connect = collections.abc.Callable[..., nova_client.NovaClient]
Serve = collections.abc.Callable[..., server.ApiServer]


@pytest.fixture
def cloud(clock: clocks.FakeClock) -> cloud_module.SimulatedCloud:
    return population.new_cloud(5, 23, 1, clock)


@pytest.fixture
def serve(
    cloud: cloud_module.SimulatedCloud,
) -> collections.abc.Iterator[Serve]:
    """Return what serves the API of the cloud on loopback."""
    running: list[server.ApiServer] = []

    def start(**options: object) -> server.ApiServer:
        api = server.ApiServer(cloud, **options)
        running.append(api)
        return api

    yield start
    for api in running:
        api.stop()


@pytest.fixture
def configure(cloud: cloud_module.SimulatedCloud) -> Configure:
    """Return what starts an API, and the configuration of its client."""

    def made(
        api: server.ApiServer, password: str | None = None
    ) -> cfg.ConfigOpts:
        conf = loading.load(
            overrides={
                ('nova', 'auth_type'): 'password',
                ('collector', 'refresh_delay'): 0.0,
                ('collector', 'settling_time'): 0.0,
            },
            find_files=False,
        )
        return loading.with_credentials(
            conf,
            f'{api.start()}/identity',
            {
                'username': cloud.admin.user_name,
                'password': password or api.password,
                'project_name': cloud.admin.name,
                'user_domain_name': keystone_api.DOMAIN_NAME,
                'project_domain_name': keystone_api.DOMAIN_NAME,
            },
        )

    return made


@pytest.fixture
def connect(configure: Configure) -> Connect:
    """Return what connects Nova's client to an API."""

    def made(
        api: server.ApiServer,
        page_size: int = 1000,
        password: str | None = None,
        pause: collections.abc.Callable[[float], None] = time.sleep,
    ) -> nova_client.NovaClient:
        conf = configure(api, password)
        return nova_client.NovaClient(
            credentials.load_session(conf, nova_client.NovaClient.service),
            adapter_options=credentials.adapter_options(
                conf, nova_client.NovaClient.service
            ),
            page_size=page_size,
            url=credentials.describe(conf, nova_client.NovaClient.service),
            pause=pause,
        )

    return made


@pytest.fixture
def rig() -> collections.abc.Iterator[memory.Rig]:
    """Return the parts of a collector, at work on a cloud in memory."""
    rig = memory.Rig()
    rig.start()
    yield rig
    rig.stop()
