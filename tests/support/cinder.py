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

"""A simulated Cinder without a network: the real client on the real API."""

import typing

from cinderclient import api_versions

from cdm_graph.collector import cinder
from cdm_graph.collector import cinder_client
from cdm_graph.collector import loadable
from cdm_graph.conf import loading
from cdm_graph.model import live_model
from cdm_graph.notification import accounting
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import microversions
from cdm_graph.simulation.cinder import api as cinder_api
from tests.support import clock as clocks
from tests.support import in_process


class InProcessCinder(in_process.InProcess, cinder_client.CinderClient):
    """Cinder's client, with function calls in place of HTTP."""

    prefix = '/v3'

    def __init__(
        self,
        cloud: cloud_module.SimulatedCloud,
        page_size: int = 1000,
        max_limit: int = 1000,
    ) -> None:
        super().__init__(
            typing.cast(typing.Any, None),
            adapter_options={},
            page_size=page_size,
            url='(in process)',
        )
        self._routes = cinder_api.CinderApi(
            cloud, lambda _token: True, max_limit
        ).routes()

    def _discovered(self) -> api_versions.APIVersion:
        return api_versions.APIVersion(
            microversions.text(microversions.CINDER.maximum)
        )


class InProcessSource(cinder.CinderClusterModelCollector):
    """What Cinder's collector reads with; it starts no threads."""

    def __init__(
        self, client: cinder_client.CinderClient, clock: clocks.FakeClock
    ) -> None:
        self._cinder = client
        self._model = live_model.LiveModel()
        self.surroundings = loadable.Surroundings(
            loading.load(find_files=False), clock, accounting.Accounting()
        )


def source(
    client: cinder_client.CinderClient, clock: clocks.FakeClock
) -> InProcessSource:
    """Return a source that is the only one of nobody."""
    made = InProcessSource.__new__(InProcessSource)
    InProcessSource.__init__(made, client, clock)
    return made
