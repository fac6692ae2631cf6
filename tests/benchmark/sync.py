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

"""What a full synchronize costs, beside novaclient's own lists."""

import collections.abc
import contextlib
import statistics
import typing
from unittest import mock

from keystoneauth1 import session as keystone_session
from novaclient import client as novaclient
from oslo_config import cfg

from cdm_graph.collector import credentials
from cdm_graph.collector import nova_client
from tests.benchmark import figures
from tests.benchmark import served

_TIMES: typing.Final = 3


def run(shown: figures.Figures, hosts: int, instances: int) -> None:
    """Synchronize over HTTP, first and again; list with novaclient."""
    thousands = instances / 1000
    with served.cloud(hosts, instances) as conf, _requests() as requests:
        peer = _novaclient(conf)
        shown.show('novaclient_per_1000', peer / thousands * 1e3, 'ms')
        watch = figures.Stopwatch()
        with served.collector(conf) as collector:
            _show(shown, 'first', [watch.read()], thousands, peer)
            shown.show('first_requests', len(requests), '')
            taken = []
            for _ in range(_TIMES):
                requests.clear()
                figures.set_aside()
                watch = figures.Stopwatch()
                served.synchronize(collector)
                taken.append(watch.read())
            _show(shown, 'again', taken, thousands, peer)
            shown.show('again_requests', len(requests), '')


def _show(
    shown: figures.Figures,
    which: str,
    taken: list[figures.Cost],
    thousands: float,
    peer: float,
) -> None:
    cpu = statistics.median(each.cpu for each in taken)
    wall = statistics.median(each.wall for each in taken)
    shown.show(f'{which}_wall', wall, 's')
    shown.show(f'{which}_per_1000', cpu / thousands * 1e3, 'ms')
    shown.show(f'{which}_over_novaclient', cpu / peer, 'ratio')


@contextlib.contextmanager
def _requests() -> collections.abc.Iterator[list[str]]:
    """Yield the list of the paths that are asked for from now on."""
    paths: list[str] = []
    send = nova_client.NovaClient._send

    def noting(self: typing.Any, path: str, version: typing.Any) -> typing.Any:
        paths.append(path)
        return send(self, path, version)

    with mock.patch.object(nova_client.NovaClient, '_send', noting):
        yield paths


def _novaclient(conf: cfg.ConfigOpts) -> float:
    """Return the seconds of CPU in which novaclient lists the same rows."""
    session: keystone_session.Session = credentials.load_session(
        conf, nova_client.NovaClient.service
    )
    nova = novaclient.Client(
        '2.96',
        session=session,
        **credentials.adapter_options(conf, nova_client.NovaClient.service),
    )
    page = conf.collector.nova_page_size

    def read() -> None:
        marker = None
        while rows := nova.servers.list(
            search_opts={'all_tenants': 1}, limit=page, marker=marker
        ):
            marker = rows[-1].id
        offset = 0
        while groups := nova.server_groups.list(
            all_projects=True, limit=page, offset=offset
        ):
            offset += len(groups)
        nova.hypervisors.list()
        nova.services.list(binary='nova-compute')
        nova.aggregates.list()
        nova.flavors.list(is_public=None)
        nova.availability_zones.list()

    return figures.median_cpu(read, _TIMES)
