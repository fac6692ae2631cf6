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

"""Random parameters of the strategies that read a compute model."""

import collections.abc
import random
import typing

_Parameters = dict[str, typing.Any]
_Hosts = collections.abc.Sequence[str]
_Draw = collections.abc.Callable[[random.Random, _Hosts], _Parameters]


def _basic(rng: random.Random, hosts: _Hosts) -> _Parameters:
    return {'migration_attempts': rng.choice((0, 1, 3))}


def _host_maintenance(rng: random.Random, hosts: _Hosts) -> _Parameters:
    maintained, backup = rng.sample(hosts, 2)
    chosen = {
        'maintenance_node': maintained,
        'disable_live_migration': rng.random() < 0.3,
        'disable_cold_migration': rng.random() < 0.3,
    }
    return chosen | ({'backup_node': backup} if rng.random() < 0.6 else {})


def _consolidation(rng: random.Random, hosts: _Hosts) -> _Parameters:
    return {'host_choice': rng.choice(('auto', 'specify'))}


def _noisy_neighbor(rng: random.Random, hosts: _Hosts) -> _Parameters:
    # The higher, the fewer hosts need to be released.
    return {'cache_threshold': rng.choice((35.0, 75.0, 95.0))}


def _outlet_temperature(rng: random.Random, hosts: _Hosts) -> _Parameters:
    return {'threshold': rng.choice((28.0, 35.0, 41.0))}


def _saving_energy(rng: random.Random, hosts: _Hosts) -> _Parameters:
    return {
        'free_used_percent': rng.choice((10.0, 50.0)),
        'min_free_hosts_num': rng.randint(0, 2),
    }


def _uniform_airflow(rng: random.Random, hosts: _Hosts) -> _Parameters:
    return {
        'threshold_airflow': rng.choice((300.0, 400.0)),
        'threshold_inlet_t': rng.choice((22.0, 33.0)),
        'threshold_power': rng.choice((250.0, 430.0)),
    }


def _nothing(rng: random.Random, hosts: _Hosts) -> _Parameters:
    return {}


def _workload_balance(rng: random.Random, hosts: _Hosts) -> _Parameters:
    return {
        'metrics': rng.choice(('instance_cpu_usage', 'instance_ram_usage')),
        'threshold': rng.choice((10.0, 25.0, 40.0)),
    }


def _stabilization(rng: random.Random, hosts: _Hosts) -> _Parameters:
    metrics = ['instance_cpu_usage', 'instance_ram_usage']
    return {
        'metrics': metrics[: rng.randint(1, 2)],
        'thresholds': dict.fromkeys(metrics, 0.05),
        'host_choice': rng.choice(('retry', 'retry', 'cycle')),
        'retry_count': 2,
    }


def _zone_migration(rng: random.Random, hosts: _Hosts) -> _Parameters:
    first, second, third = rng.sample(hosts, 3)
    key = rng.choice(('vcpu_num', 'mem_size', 'disk_size', 'created_at'))
    return {
        'compute_nodes': [
            {'src_node': first, 'dst_node': second},
            {'src_node': third},
        ],
        'parallel_total': rng.choice((6, 20)),
        'parallel_per_node': rng.choice((2, 10)),
        'priority': {'compute': key, 'compute_node': [third, first]},
    }


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
