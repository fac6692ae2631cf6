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

import typing

from keystoneauth1 import session as keystone_session
from novaclient import client as novaclient
from oslo_config import cfg

from cdm_graph.collector import credentials
from tests.benchmark import figures
from tests.benchmark import served

_TIMES: typing.Final = 3


def run(shown: figures.Figures, hosts: int, instances: int) -> None:
    """Synchronize over HTTP, first and again; list with novaclient."""
    with served.cloud(hosts, instances) as conf:
        peer = _novaclient(conf)
        thousands = instances / 1000
        shown.show('novaclient_per_1000', peer / thousands * 1e3, 'ms')
        watch = figures.Stopwatch()
        with served.collector(conf) as collector:
            _show(shown, 'first', watch.read(), thousands, peer)
            for _ in range(_TIMES):
                figures.set_aside()
                watch = figures.Stopwatch()
                served.synchronize(collector)
                _show(shown, 'again', watch.read(), thousands, peer)


def _show(
    shown: figures.Figures,
    which: str,
    taken: figures.Cost,
    thousands: float,
    peer: float,
) -> None:
    shown.show(f'{which}_wall', taken.wall, 's')
    shown.show(f'{which}_per_1000', taken.cpu / thousands * 1e3, 'ms')
    shown.show(f'{which}_over_novaclient', taken.cpu / peer, 'ratio')


def _novaclient(conf: cfg.ConfigOpts) -> float:
    """Return the seconds of CPU in which novaclient lists the same rows."""
    session: keystone_session.Session = credentials.load_session(conf)
    nova = novaclient.Client(
        '2.96', session=session, **credentials.adapter_options(conf)
    )
    page = conf.collector.nova_page_size

    def read() -> None:
        marker = None
        while rows := nova.servers.list(
            search_opts={'all_tenants': 1}, limit=page, marker=marker
        ):
            marker = rows[-1].id
        nova.hypervisors.list()
        nova.services.list(binary='nova-compute')
        nova.aggregates.list()
        nova.flavors.list(is_public=None)
        nova.availability_zones.list()

    return figures.median_cpu(read, _TIMES)
