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

"""A simulated Ironic without a network: the real client on the real API."""

import typing

from cdm_graph.collector import ironic
from cdm_graph.collector import ironic_client
from cdm_graph.collector import loadable
from cdm_graph.conf import loading
from cdm_graph.model import live_model
from cdm_graph.notification import accounting
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation.ironic import api as ironic_api
from tests.support import clock as clocks
from tests.support import in_process


class InProcessIronic(in_process.InProcess, ironic_client.IronicClient):
    """Ironic's client, with function calls in place of HTTP."""

    prefix = '/v1'

    def __init__(
        self, cloud: cloud_module.SimulatedCloud, page_size: int = 1000
    ) -> None:
        super().__init__(
            typing.cast(typing.Any, None),
            adapter_options={},
            page_size=page_size,
            url='(in process)',
        )
        self._routes = ironic_api.IronicApi(
            cloud, lambda _token: True, 1000
        ).routes()


class InProcessSource(ironic.IronicClusterModelCollector):
    """What Ironic's collector reads with; it starts no threads."""

    def __init__(
        self, client: ironic_client.IronicClient, clock: clocks.FakeClock
    ) -> None:
        self._ironic = client
        self._model = live_model.LiveModel()
        self.surroundings = loadable.Surroundings(
            loading.load(find_files=False), clock, accounting.Accounting()
        )


def source(
    client: ironic_client.IronicClient, clock: clocks.FakeClock
) -> InProcessSource:
    """Return a source that is the only one of nobody."""
    made = InProcessSource.__new__(InProcessSource)
    InProcessSource.__init__(made, client, clock)
    return made
