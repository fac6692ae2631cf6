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

"""Random parameters of the strategies."""

import collections.abc
import random
import typing

from cdm_graph.simulation import cloud as clouds

_Parameters = dict[str, typing.Any]
_Draw = collections.abc.Callable[
    [random.Random, clouds.SimulatedCloud], _Parameters
]


def _basic(rng: random.Random, cloud: clouds.SimulatedCloud) -> _Parameters:
    return {'migration_attempts': rng.choice((0, 1, 3))}


def _host_maintenance(
    rng: random.Random, cloud: clouds.SimulatedCloud
) -> _Parameters:
    maintained, backup = rng.sample(list(cloud.nodes), 2)
    chosen = {
        'maintenance_node': maintained,
        'disable_live_migration': rng.random() < 0.3,
        'disable_cold_migration': rng.random() < 0.3,
    }
    return chosen | ({'backup_node': backup} if rng.random() < 0.6 else {})


def _consolidation(
    rng: random.Random, cloud: clouds.SimulatedCloud
) -> _Parameters:
    return {'host_choice': rng.choice(('auto', 'specify'))}


def _noisy_neighbor(
    rng: random.Random, cloud: clouds.SimulatedCloud
) -> _Parameters:
    # The higher, the fewer hosts need to be released.
    return {'cache_threshold': rng.choice((35.0, 75.0, 95.0))}


def _outlet_temperature(
    rng: random.Random, cloud: clouds.SimulatedCloud
) -> _Parameters:
    return {'threshold': rng.choice((28.0, 35.0, 41.0))}


def _saving_energy(
    rng: random.Random, cloud: clouds.SimulatedCloud
) -> _Parameters:
    return {
        'free_used_percent': rng.choice((10.0, 50.0)),
        'min_free_hosts_num': rng.randint(0, 2),
    }


def _uniform_airflow(
    rng: random.Random, cloud: clouds.SimulatedCloud
) -> _Parameters:
    return {
        'threshold_airflow': rng.choice((300.0, 400.0)),
        'threshold_inlet_t': rng.choice((22.0, 33.0)),
        'threshold_power': rng.choice((250.0, 430.0)),
    }


def _nothing(rng: random.Random, cloud: clouds.SimulatedCloud) -> _Parameters:
    return {}


def _workload_balance(
    rng: random.Random, cloud: clouds.SimulatedCloud
) -> _Parameters:
    return {
        'metrics': rng.choice(('instance_cpu_usage', 'instance_ram_usage')),
        'threshold': rng.choice((10.0, 25.0, 40.0)),
    }


def _stabilization(
    rng: random.Random, cloud: clouds.SimulatedCloud
) -> _Parameters:
    metrics = ['instance_cpu_usage', 'instance_ram_usage']
    return {
        'metrics': metrics[: rng.randint(1, 2)],
        'thresholds': dict.fromkeys(metrics, 0.05),
        'host_choice': rng.choice(('retry', 'retry', 'cycle')),
        'retry_count': 2,
    }


def _zone_migration(
    rng: random.Random, cloud: clouds.SimulatedCloud
) -> _Parameters:
    first, second, *others = rng.sample(list(cloud.nodes), rng.randint(3, 6))
    pools = list(cloud.storage.pools)
    rng.shuffle(pools)
    drawn = {
        'compute_nodes': [
            {'src_node': first, 'dst_node': second},
            *({'src_node': host} for host in others),
        ],
        'storage_pools': list(_moves(rng, pools, cloud)),
        'parallel_total': rng.choice((6, 20, 40)),
        'parallel_per_node': rng.choice((2, 10)),
        'parallel_per_pool': rng.choice((2, 10, 20)),
        'with_attached_volume': rng.random() < 0.7,
        'priority': {
            'compute': rng.choice(
                ('vcpu_num', 'mem_size', 'disk_size', 'created_at')
            ),
            'compute_node': [others[0], first],
            'project': rng.sample(sorted(cloud.projects), 2),
            'storage': rng.choice(('size', 'created_at')),
            'storage_pool': pools[:2],
        },
    }
    for name in ('compute_nodes', 'priority'):
        if rng.random() < 0.2:
            del drawn[name]
    return drawn


def _moves(
    rng: random.Random,
    pools: list[str],
    cloud: clouds.SimulatedCloud,
) -> collections.abc.Iterator[dict[str, str]]:
    """Draw where volumes shall go: to another pool, or type."""
    types = sorted(row.name for row in cloud.storage.types.values())
    for pool in pools[:2]:
        move = {'src_pool': pool}
        if rng.random() < 0.5:
            move['dst_pool'] = pools[-1]
        else:
            move['dst_type'] = rng.choice(types)
        if rng.random() < 0.3:
            move['src_type'] = rng.choice(types)
        yield move


#: By the name of the strategy.
DRAWN: typing.Final[dict[str, _Draw]] = {
    'basic': _basic,
    'host_maintenance': _host_maintenance,
    'node_resource_consolidation': _consolidation,
    'noisy_neighbor': _noisy_neighbor,
    'outlet_temperature': _outlet_temperature,
    'saving_energy': _saving_energy,
    'uniform_airflow': _uniform_airflow,
    'vm_workload_consolidation': _nothing,
    'workload_balance': _workload_balance,
    'workload_stabilization': _stabilization,
    'zone_migration': _zone_migration,
}
