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

"""A whole simulated cloud, as one thing to start and to stop."""

import collections
import collections.abc
import dataclasses
import typing

from cdm_graph import clock as clock_module
from cdm_graph import exceptions
from cdm_graph.simulation import churn as churn_module
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import faults as faults_module
from cdm_graph.simulation import keystone_api
from cdm_graph.simulation import microversions
from cdm_graph.simulation import notification
from cdm_graph.simulation import operations as operations_module
from cdm_graph.simulation import publisher as publisher_module
from cdm_graph.simulation import server
from cdm_graph.simulation import truth as truth_module
from cdm_graph.simulation.cinder import population as cinder_population
from cdm_graph.simulation.cinder import truth as cinder_truth
from cdm_graph.simulation.ironic import operations as ironic_operations
from cdm_graph.simulation.ironic import population as ironic_population
from cdm_graph.simulation.ironic import truth as ironic_truth
from cdm_graph.simulation.nova import population as nova_population
from cdm_graph.simulation.nova import scenarios
from cdm_graph.simulation.nova import truth as nova_truth

#: No list of Nova's shows a share: whoever begins to listen after it was
#: attached cannot know of it, and would differ from the truth.
_NOT_BY_ITSELF: typing.Final = frozenset({'attach_share', 'detach_share'})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SimulationOptions:
    """What the simulated cloud is like.

    Without a ``transport_url`` nothing is published; with a ``rate`` of 0
    nothing happens by itself.  A password is made up if none is given.

    Without storage ``backends`` there is no Cinder; ``volumes`` is how many
    there are beside those of the servers.  What happens to servers happens to
    their volumes; what happens to storage besides has a rate of its own.
    Without bare ``machines`` there is no Ironic; what happens to them has a
    rate of its own, too.
    """

    hosts: int = 20
    instances: int = 500
    backends: int = 3
    volumes: int = 50
    machines: int = 0
    seed: int = 1
    rate: float = 1.0
    storage_rate: float = 0.0
    metal_rate: float = 0.0
    transport_url: str | None = None
    formats: notification.Format = notification.Format.BOTH
    notify_on_state_change: bool = True
    bdms_in_notifications: bool = False
    include_share_mapping: bool = False
    port: int = 0
    password: str | None = None
    max_microversion: microversions.Version = microversions.MAXIMUM
    max_limit: int = 1000
    token_lifetime: float = 3600.0


class Simulation:
    """A cloud, its API, its notifications, and what happens in it."""

    def __init__(
        self,
        options: SimulationOptions,
        clock: cloud_module.Clock | None = None,
    ) -> None:
        clock = clock or clock_module.SystemClock()
        self._options = options
        self._cloud = nova_population.new_cloud(
            options.hosts, options.instances, options.seed, clock
        )
        cinder_population.furnish(
            self._cloud, options.backends, options.volumes
        )
        ironic_population.furnish(self._cloud, options.machines)
        self._operations = operations_module.Operations(
            self._cloud,
            options.formats,
            options.notify_on_state_change,
            options.bdms_in_notifications,
            options.include_share_mapping,
        )
        self._metal = ironic_operations.MetalOperations(self._cloud)
        self._server = server.ApiServer(
            self._cloud,
            port=options.port,
            password=options.password,
            max_microversion=options.max_microversion,
            max_limit=options.max_limit,
            token_lifetime=options.token_lifetime,
        )
        rates = options.rate, options.storage_rate, options.metal_rate
        self._churn = self._new_churn(clock) if any(rates) else None
        self._publisher: publisher_module.NotificationPublisher | None = None
        self._published: collections.Counter[str] = collections.Counter()
        self._url: str | None = None

    def _new_churn(self, clock: cloud_module.Clock) -> churn_module.Churn:
        options = self._options
        return churn_module.Churn(
            self._cloud,
            self._publish,
            options.rate,
            options.seed,
            clock,
            formats=options.formats,
            notify_on_state_change=options.notify_on_state_change,
            bdms_in_notifications=options.bdms_in_notifications,
            include_share_mapping=options.include_share_mapping,
            weights={
                name: weight
                for name, weight in scenarios.WEIGHTS.items()
                if name not in _NOT_BY_ITSELF
            },
            storage_rate=options.storage_rate,
            metal_rate=options.metal_rate,
        )

    @property
    def cloud(self) -> cloud_module.SimulatedCloud:
        """The cloud."""
        return self._cloud

    @property
    def operations(self) -> operations_module.Operations:
        """What can be done to the cloud; see :meth:`perform`."""
        return self._operations

    @property
    def metal(self) -> ironic_operations.MetalOperations:
        """What can be done to the bare machines; see :meth:`perform`."""
        return self._metal

    @property
    def faults(self) -> faults_module.Faults:
        """What shall go wrong with the API."""
        return self._server.faults

    @property
    def auth_url(self) -> str:
        """Where Keystone is, for a client's configuration."""
        if self._url is None:
            raise exceptions.SimulationError(
                'The simulated cloud has no address before it is started.'
            )
        return f'{self._url}/identity'

    @property
    def credentials(self) -> collections.abc.Mapping[str, str]:
        """What a client logs in with, named as OpenStack's options are."""
        admin = self._cloud.admin
        return {
            'username': admin.user_name,
            'password': self._server.password,
            'project_name': admin.name,
            'user_domain_name': keystone_api.DOMAIN_NAME,
            'project_domain_name': keystone_api.DOMAIN_NAME,
            'region_name': keystone_api.REGION,
        }

    @property
    def published(self) -> int:
        """How many of Nova's notifications were given to the bus so far."""
        return self.published_on(notification.NOVA_EXCHANGE)

    def published_on(self, exchange: str) -> int:
        """Return how many notifications an exchange was given so far."""
        with self._cloud.lock:
            return self._published[exchange]

    def start(self) -> None:
        """Serve the API, connect to the bus, let things happen."""
        self._url = self._server.start()
        if self._options.transport_url is not None:
            try:
                self._publisher = publisher_module.NotificationPublisher(
                    self._options.transport_url
                )
            except exceptions.SimulationError:
                self._server.stop()
                raise
        if self._churn is not None:
            self._churn.start()

    def stop(self) -> None:
        """Let what is under way end, then close everything."""
        self.settle()
        self._server.stop()
        self._url = None
        if self._publisher is not None:
            self._publisher.close()
            self._publisher = None

    def settle(self) -> None:
        """Stop the churn, and let what is under way end at once."""
        if self._churn is not None:
            self._churn.stop()
            self._churn.settle()

    def perform(
        self, operation: collections.abc.Iterable[notification.Notifications]
    ) -> None:
        """Carry out an operation at once, and publish what is said of it."""
        for notifications in operation:
            for message in notifications:
                self._publish(message)

    def truth(self) -> truth_module.Truth:
        """Return what a perfect model of Nova would say now."""
        return nova_truth.truth(self._cloud)

    def storage_truth(self) -> truth_module.Truth:
        """Return what a perfect model of Cinder would say now."""
        return cinder_truth.truth(self._cloud)

    def metal_truth(self) -> truth_module.Truth:
        """Return what a perfect model of Ironic would say now."""
        return ironic_truth.truth(self._cloud)

    def _publish(self, message: notification.Notification) -> None:
        if self._publisher is None:
            return
        self._publisher.publish(message)
        with self._cloud.lock:
            self._published[message.exchange] += 1
