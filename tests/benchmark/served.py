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

"""A simulated cloud in a process of its own, and collectors that read it."""

import collections.abc
import contextlib
import multiprocessing
import multiprocessing.connection
import typing

from oslo_config import cfg

from cdm_graph import clock
from cdm_graph.collector import loadable
from cdm_graph.collector import nova
from cdm_graph.conf import loading
from cdm_graph.notification import accounting
from cdm_graph.simulation import process

_START_TIMEOUT: typing.Final = 900.0
_FILL_TIMEOUT: typing.Final = 3600.0


@contextlib.contextmanager
def cloud(
    hosts: int, instances: int
) -> collections.abc.Iterator[cfg.ConfigOpts]:
    """Serve a cloud in which nothing happens; yield how to reach it."""
    context = multiprocessing.get_context('spawn')
    ours, theirs = context.Pipe()
    server = context.Process(
        target=_serve, args=(theirs, hosts, instances), daemon=True
    )
    server.start()
    theirs.close()
    assert ours.poll(_START_TIMEOUT)
    auth_url, credentials = ours.recv()
    conf = loading.with_credentials(
        loading.load(
            overrides={('nova', 'auth_type'): 'password'}, find_files=False
        ),
        auth_url,
        credentials,
    )
    try:
        yield conf
    finally:
        ours.send(None)
        server.join()


def _serve(
    connection: multiprocessing.connection.Connection,
    hosts: int,
    instances: int,
) -> None:
    simulation = process.Simulation(
        process.SimulationOptions(hosts=hosts, instances=instances, rate=0)
    )
    simulation.start()
    connection.send((simulation.auth_url, dict(simulation.credentials)))
    connection.recv()
    simulation.stop()


@contextlib.contextmanager
def collector(
    conf: cfg.ConfigOpts,
) -> collections.abc.Iterator[nova.NovaClusterModelCollector]:
    """Yield a collector whose model is filled; stop it afterwards."""
    made = nova.NovaClusterModelCollector(
        loadable.Surroundings(
            conf, clock.SystemClock(), accounting.Accounting()
        )
    )
    try:
        assert made.wait_until(age=_FILL_TIMEOUT, timeout=_FILL_TIMEOUT), (
            made.health
        )
        yield made
    finally:
        made.stop()


def synchronize(collector: nova.NovaClusterModelCollector) -> None:
    """Have a collector whose model is filled synchronize once more."""
    ticket = collector.request_synchronize('benchmark')
    done = collector.wait_for_synchronize(ticket, _FILL_TIMEOUT)
    assert done, collector.health
