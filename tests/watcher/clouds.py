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

"""Random clouds."""

import collections.abc
import contextlib
import dataclasses
import random
import typing

from watcher.common import utils

from cdm_graph.conf import loading
from cdm_graph.integration.watcher import capacities
from cdm_graph.integration.watcher import compute_collector
from cdm_graph.integration.watcher import source as sources
from cdm_graph.integration.watcher import storage_collector
from cdm_graph.simulation import process
from cdm_graph.simulation import records
from cdm_graph.simulation.cinder import storage as storages

#: Seconds that a small cloud may take to be read.
TIMEOUT: typing.Final = 60.0
_RESTING: typing.Final = ('active', 'stopped', 'paused')


@contextlib.contextmanager
def simulated(seed: int) -> collections.abc.Iterator[process.Simulation]:
    """Serve a cloud, in which nothing happens."""
    rng = random.Random(seed)
    simulation = process.Simulation(
        process.SimulationOptions(
            hosts=rng.randint(6, 12),
            instances=rng.randint(30, 100),
            # A third one has pools on which Watcher's own collector fails.
            backends=2,
            volumes=rng.randint(20, 60),
            seed=seed,
            rate=0,
        )
    )
    _disturb(rng, simulation)
    _disturb_storage(rng, simulation)
    simulation.start()
    try:
        yield simulation
    finally:
        simulation.stop()


def _disturb(rng: random.Random, simulation: process.Simulation) -> None:
    """Let it be a cloud in which there is something to do."""
    cloud = simulation.cloud
    for host in list(cloud.nodes):
        drawn = rng.random()
        if drawn < 0.15:
            cloud.change_node(host, disabled=True, disabled_reason='repair')
        elif drawn < 0.25:
            cloud.change_node(host, reporting=False)
        elif drawn < 0.3:
            cloud.change_node(host, forced_down=True)
        if rng.random() < 0.5:
            cloud.change_node(
                host,
                vcpus=rng.choice((24, 32, 48, 64)),
                memory_mb=rng.choice((65_536, 131_072, 262_144)),
                disk_gb=rng.choice((500, 1000, 4000)),
            )
    for row in list(cloud.servers):
        drawn = rng.random()
        if drawn < 0.1:
            _label(simulation, row, rng)
        elif drawn < 0.15:
            cloud.change_server(row.uuid, locked=True)
        elif drawn < 0.3 and row.vm_state in _RESTING:
            cloud.change_server(row.uuid, vm_state=rng.choice(_RESTING))


def _label(
    simulation: process.Simulation, row: records.Server, rng: random.Random
) -> None:
    labels = {
        'optimize': rng.choice(('true', 'false', 'what?')),
        'tier': rng.choice(('web', 'database')),
    }
    simulation.cloud.change_server(row.uuid, metadata=labels)


def _disturb_storage(
    rng: random.Random, simulation: process.Simulation
) -> None:
    storage = simulation.cloud.storage
    for host in list(storage.backends):
        storage.change_backend(host, zone=rng.choice(('nova', 'az1')))
        if rng.random() < 0.1:
            storage.change_backend(host, disabled=True)
    servers = sorted(row.uuid for row in simulation.cloud.servers)
    for row in list(storage.volumes):
        if row.pool is None:
            # On it Watcher's own collector fails.
            storage.remove_volume(row.uuid)
        elif row.multiattach and storage.attachments_of(row.uuid):
            _attach_again(storage, row.uuid, rng.choice(servers))
        elif rng.random() < 0.1:
            storage.change_volume(row.uuid, status='error')


def _attach_again(storage: storages.Storage, uuid: str, server: str) -> None:
    one = storage.attachments_of(uuid)[0]
    storage.put_attachment(
        dataclasses.replace(one, uuid=storage.new_uuid(), server=server)
    )


@contextlib.contextmanager
def followed(
    simulation: process.Simulation,
) -> collections.abc.Iterator[sources.Source]:
    """Keep a live model of a cloud, as in Watcher's process."""
    conf = loading.load(
        overrides={
            ('nova', 'auth_type'): 'password',
            ('collector', 'collectors'): ['nova', 'cinder'],
        },
        find_files=False,
    )
    loading.with_credentials(conf, simulation.auth_url, simulation.credentials)
    source = sources.Source(conf)
    try:
        yield source
    finally:
        source.stop()


def collector(
    source: sources.Source, offered: capacities.Capacities
) -> compute_collector.ComputeCollector:
    """Return our collector of a cloud, which starts to follow it."""
    config = utils.Struct(
        period=3600, ready_timeout=TIMEOUT, check_optimize_metadata=True
    )
    made = type.__call__(
        compute_collector.ComputeCollector, config, None, source, offered
    )
    return typing.cast(compute_collector.ComputeCollector, made)


def storage_of(source: sources.Source) -> storage_collector.StorageCollector:
    """Return our collector of a cloud's storage."""
    config = utils.Struct(period=3600, ready_timeout=TIMEOUT)
    made = type.__call__(
        storage_collector.StorageCollector, config, None, source
    )
    return typing.cast(storage_collector.StorageCollector, made)
