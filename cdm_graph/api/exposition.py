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

"""Exposition: the metrics of one application, as text for Prometheus.

Each application has a registry of its own: two in one process tell nothing of
each other.
"""

import collections.abc
import typing

import prometheus_client
from prometheus_client import exposition
from prometheus_client import registry as registries

from cdm_graph.api import families
from cdm_graph.api import family

#: Seconds of a request: most are answered in milliseconds; a query may take
#: seconds, and a synchronize or an export of a large cloud a minute.
_LATENCY_BOUNDS: typing.Final = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0),
)
#: The name and the labels of the latency of requests.
LATENCY: typing.Final = 'cdm_graph_http_request_duration_seconds'
LATENCY_LABELS: typing.Final = ('route', 'status')
LATENCY_MEANING: typing.Final = (
    'From a request until it was answered whole; a stream of events until it '
    'began.'
)


class Exposition:
    """Writes what is known of the daemon at the moment of a scrape.

    :param read_status: returns the daemon's status
    """

    def __init__(
        self, read_status: collections.abc.Callable[[], family.Status]
    ) -> None:
        self._registry = prometheus_client.CollectorRegistry()
        self._registry.register(_StatusCollector(read_status))
        #: Where the latency of requests is noted.
        self.latency = prometheus_client.Histogram(
            LATENCY,
            LATENCY_MEANING,
            LATENCY_LABELS,
            buckets=_LATENCY_BOUNDS,
            registry=self._registry,
        )
        prometheus_client.ProcessCollector(registry=self._registry)
        prometheus_client.PlatformCollector(registry=self._registry)
        prometheus_client.GCCollector(registry=self._registry)

    def write(self, accepted: str) -> tuple[bytes, str]:
        """Return all metrics, and their media type.

        :param accepted: the media types that who scrapes can read
        """
        encode, media_type = exposition.choose_encoder(accepted)
        return encode(self._registry), media_type


class _StatusCollector(registries.Collector):
    """Reads the status once a scrape, so that all is of one moment."""

    def __init__(
        self, read_status: collections.abc.Callable[[], family.Status]
    ) -> None:
        self._read_status = read_status

    def collect(self) -> collections.abc.Iterator[prometheus_client.Metric]:
        """Return the families, also those that have no sample now."""
        status = self._read_status()
        for each in families.ALL:
            # The suffix belongs to the samples of a counter only.
            metric = prometheus_client.Metric(
                each.name.removesuffix('_total'), each.meaning, each.type.value
            )
            for sample in each.read(status):
                metric.add_sample(
                    each.name + sample.suffix, sample.labels, sample.value
                )
            yield metric
