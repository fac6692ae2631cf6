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

"""A simulated Nova without a network: the real client on the real API."""

import collections.abc
import json
import typing

import novaclient
from novaclient import api_versions

from cdm_graph.collector import loadable
from cdm_graph.collector import nova
from cdm_graph.collector import nova_client
from cdm_graph.conf import loading
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import root
from cdm_graph.notification import accounting
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification.nova import handler
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import faults
from cdm_graph.simulation import microversions
from cdm_graph.simulation import notification
from cdm_graph.simulation.nova import api as nova_api
from tests.support import clock as clocks
from tests.support import in_process


class InProcessNova(in_process.InProcess, nova_client.NovaClient):
    """Nova's client, with function calls in place of HTTP."""

    prefix = '/v2.1'

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
        self.faults = faults.Faults()
        self._routes = nova_api.NovaApi(
            cloud,
            self.faults,
            lambda _token: True,
            microversions.MAXIMUM,
            max_limit,
        ).routes()

    def _discovered(self) -> api_versions.APIVersion:
        served = api_versions.APIVersion(
            microversions.text(microversions.MAXIMUM)
        )
        return min(served, novaclient.API_MAX_VERSION)


class InProcessSource(nova.NovaClusterModelCollector):
    """What Nova's collector reads with; it starts no threads."""

    def __init__(
        self, client: nova_client.NovaClient, clock: clocks.FakeClock
    ) -> None:
        self._nova = client
        self._unobserved_servers = 0
        self._model = live_model.LiveModel()
        self.surroundings = loadable.Surroundings(
            loading.load(find_files=False), clock, accounting.Accounting()
        )


def source(
    client: nova_client.NovaClient, clock: clocks.FakeClock
) -> InProcessSource:
    """Return a source that is the only one of nobody."""
    made = InProcessSource.__new__(InProcessSource)
    InProcessSource.__init__(made, client, clock)
    return made


class Nowhere:
    """A collector as a handler needs it: it keeps what it is given."""

    def __init__(self, model: root.ModelRoot | None = None) -> None:
        self._model = model or live_model.LiveModel()
        self.submitted: list[tuple[mutation.Mutation, envelopes.Envelope]] = []

    @property
    def cluster_data_model(self) -> root.ModelRoot:
        return self._model

    def submit(
        self, visitor: mutation.Mutation, envelope: envelopes.Envelope
    ) -> None:
        self.submitted.append((visitor, envelope))


def new_handler() -> handler.NovaNotificationHandler:
    return handler.NovaNotificationHandler(Nowhere())


def envelope(
    message: notification.Notification, clock: clocks.FakeClock
) -> envelopes.Envelope:
    """Return a simulated notification as the endpoint would stamp it."""
    return envelopes.Envelope.stamp(0, clock.time(), **delivered(message))


def delivered(message: notification.Notification) -> dict[str, typing.Any]:
    """Return what oslo.messaging tells of a simulated notification."""
    return {
        'priority': message.priority,
        'publisher_id': message.publisher_id,
        'event_type': message.event_type,
        # What comes from a bus was JSON.
        'payload': json.loads(json.dumps(message.payload)),
        'metadata': {
            'message_id': message.message_id,
            'timestamp': message.timestamp,
        },
    }


def run(
    clock: clocks.FakeClock,
    operation: collections.abc.Iterable[notification.Notifications],
) -> list[notification.Notification]:
    """Carry out an operation, a second to each step."""
    told: list[notification.Notification] = []
    for step in operation:
        told.extend(step)
        clock.advance(1)
    return told
