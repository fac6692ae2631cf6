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

"""Random scopes of audits."""

import collections.abc
import random
import typing

from cdm_graph.simulation import cloud as clouds

_Scope = list[dict[str, typing.Any]]
_Rule = dict[str, typing.Any]


def draw(rng: random.Random, cloud: clouds.SimulatedCloud) -> _Scope:
    """Return a scope: all, some zones, an aggregate, without some of it."""
    rules: list[_Rule] = []
    hosts = list(cloud.nodes)
    kind = rng.randrange(4)
    if kind == 1:
        zones = rng.sample(('az1', 'az2', 'az3', 'nova'), 2)
        rules.append(
            {'availability_zones': [{'name': zone} for zone in zones]}
        )
        hosts = [host for host in hosts if cloud.zone_of(host) in zones]
    elif kind == 2:
        aggregate = rng.choice(list(cloud.aggregates.values()))
        rules.append({'host_aggregates': [{'name': aggregate.name}]})
        hosts = list(aggregate.hosts)
    if excluded := list(_excluded(rng, cloud, hosts)):
        rules.append({'exclude': excluded})
    scope: _Scope = [{'compute': rules}] if rules else []
    if of_storage := list(_of_storage(rng, cloud)):
        scope.append({'storage': of_storage})
    return scope


def _of_storage(
    rng: random.Random, cloud: clouds.SimulatedCloud
) -> collections.abc.Iterator[_Rule]:
    if rng.random() < 0.4:
        yield {'availability_zones': [{'name': rng.choice(('nova', '*'))}]}
    excluded: list[_Rule] = []
    volumes = sorted(row.uuid for row in cloud.storage.volumes)
    if rng.random() < 0.3:
        pool = rng.choice(list(cloud.storage.pools))
        excluded.append({'storage_pools': [{'name': pool}]})
    if rng.random() < 0.3:
        chosen = rng.sample(volumes, 5)
        excluded.append({'volumes': [{'uuid': uuid} for uuid in chosen]})
    if rng.random() < 0.3:
        project = rng.choice(sorted(cloud.projects))
        excluded.append({'projects': [{'uuid': project}]})
    if excluded:
        yield {'exclude': excluded}


def _excluded(
    rng: random.Random, cloud: clouds.SimulatedCloud, hosts: list[str]
) -> collections.abc.Iterator[_Rule]:
    if rng.random() < 0.3 and hosts:
        yield {'compute_nodes': [{'name': rng.choice(hosts)}]}
    if rng.random() < 0.5:
        servers = sorted(row.uuid for row in cloud.servers)
        chosen = rng.sample(servers, min(5, len(servers)))
        yield {'instances': [{'uuid': uuid} for uuid in chosen]}
    if rng.random() < 0.3:
        project = rng.choice(sorted(cloud.projects))
        yield {'projects': [{'uuid': project}]}
