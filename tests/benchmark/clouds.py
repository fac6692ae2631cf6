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

"""The elements of a simulated cloud, and changes of it."""

import collections.abc
import random

import networkx as nx

from cdm_graph import clock
from cdm_graph.collector import reconcile
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation.cinder import population as cinder_population
from cdm_graph.simulation.nova import population as nova_population
from tests.support import cinder
from tests.support import clock as clocks
from tests.support import nova as support

_SEED = 1


def elements(
    hosts: int, instances: int, backends: int = 0, volumes: int = 0
) -> list[schema.Element]:
    """Return the elements of a new cloud.

    :param backends: how many back ends its Cinder has; 0 for no Cinder
    :param volumes: how many volumes there are that no server has
    """
    cloud = nova_population.new_cloud(
        hosts, instances, _SEED, clock.SystemClock()
    )
    cinder_population.furnish(cloud, backends, volumes)
    return of_cloud(cloud) + (of_storage(cloud) if backends else [])


def of_cloud(cloud: cloud_module.SimulatedCloud) -> list[schema.Element]:
    """Return the elements that a collector makes of a cloud's lists."""
    return _listed(
        support.source(support.InProcessNova(cloud), clock.SystemClock())
    )


def of_storage(cloud: cloud_module.SimulatedCloud) -> list[schema.Element]:
    """Return the elements that a collector makes of a cloud's Cinder."""
    return _listed(
        cinder.source(cinder.InProcessCinder(cloud), clocks.FakeClock())
    )


def _listed(
    source: support.InProcessSource | cinder.InProcessSource,
) -> list[schema.Element]:
    staged: dict[str, schema.Element] = {}
    source.list_all(reconcile.stage_into(staged, live_model.LiveModel()))
    return list(staged.values())


def model(
    several: collections.abc.Iterable[schema.Element],
) -> live_model.LiveModel:
    """Return a live model of some elements, synchronized."""
    made = live_model.LiveModel(several)
    made.mark_synchronized(0.0)
    return made


def plain_graph(of: live_model.LiveModel) -> 'nx.DiGraph[str]':
    """Return a plain graph that holds the same as a model."""
    shown = of.graph
    graph = nx.DiGraph()
    graph.add_nodes_from(
        (vertex, dict(attributes))
        for vertex, attributes in shown.each_vertex()
    )
    graph.add_edges_from(
        (source, target, dict(attributes))
        for source, target, attributes in shown.each_edge()
    )
    return graph


class Moves:
    """Moves of instances to nodes by chance, the same every time."""

    def __init__(self, of: live_model.LiveModel) -> None:
        self._random = random.Random(_SEED)
        self.instances = sorted(
            (each for each in of.get_all_instances().values() if each.node),
            key=lambda each: each.uuid,
        )
        self.nodes = sorted(
            of.get_all_compute_nodes().values(), key=lambda each: each.uuid
        )

    def draw(self) -> tuple[schema.Instance, schema.ComputeNode]:
        """Return an instance, and a node to move it to."""
        return (
            self._random.choice(self.instances),
            self._random.choice(self.nodes),
        )

    def mutations(self, count: int) -> list[mutation.Mutation]:
        """Return so many moves as mutations."""
        return [mutation.Put(_moved(*self.draw())) for _ in range(count)]


def _moved(
    instance: schema.Instance, node: schema.ComputeNode
) -> schema.Instance:
    """Return an instance as it is on another node."""
    return schema.replace(instance, node=node.hostname, host=node.service_host)
