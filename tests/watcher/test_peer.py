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

"""Where Watcher's own model is wrong, and this one is not."""

import collections.abc
import contextlib
import typing

import pytest
from watcher.common import exception

from cdm_graph.integration.watcher import capacities
from cdm_graph.simulation import process
from tests.watcher import clouds
from tests.watcher import peer
from tests.watcher import placement

_Any = typing.Any


@contextlib.contextmanager
def _both(
    simulation: process.Simulation, given: placement.Placement
) -> collections.abc.Iterator[tuple[_Any, _Any]]:
    """Provide Watcher's own collector of a cloud, and ours."""
    peer.log_in(simulation.auth_url, simulation.credentials)
    with clouds.followed(simulation) as source, given.standing_in():
        ours = clouds.collector(
            source, capacities.Capacities(given.get_inventories)
        )
        yield peer.collector(), ours


def _scoped(collector: _Any, scope: _Any) -> _Any:
    handler = collector.get_audit_scope_handler(scope)
    return handler.get_scoped_model(collector.get_latest_cluster_data_model())


def test_both_models_of_a_cloud_write_the_same() -> None:
    with clouds.simulated(1) as simulation:
        nodes = simulation.cloud.nodes.values()
        with _both(simulation, placement.Placement(1, nodes)) as both:
            theirs, ours = (_scoped(each, []) for each in both)
            assert theirs.to_xml() == ours.to_xml()
            assert len(ours.get_all_instances()) > 20


def test_a_host_may_be_excluded_that_is_out_of_the_scope_anyway() -> None:
    """Watcher builds what the scope has, and then looks for the rest in it."""
    with clouds.simulated(1) as simulation:
        cloud = simulation.cloud
        outside = next(
            host for host in cloud.nodes if cloud.zone_of(host) != 'az1'
        )
        scope = [
            {
                'compute': [
                    {'availability_zones': [{'name': 'az1'}]},
                    {'exclude': [{'compute_nodes': [{'name': outside}]}]},
                ]
            }
        ]
        given = placement.Placement(1, cloud.nodes.values())
        with _both(simulation, given) as (own, ours):
            hosts = {
                node.hostname
                for node in _scoped(ours, scope)
                .get_all_compute_nodes()
                .values()
            }
            assert hosts == {
                host for host in cloud.nodes if cloud.zone_of(host) == 'az1'
            }
            with pytest.raises(exception.ComputeNodeNotFound):
                _scoped(own, scope)


def test_a_node_is_shown_that_placement_does_not_tell_of() -> None:
    """Watcher drops it, with its servers: Nova tells it no size."""
    with clouds.simulated(1) as simulation:
        nodes = list(simulation.cloud.nodes.values())
        given = placement.Placement(1, nodes[1:])
        with _both(simulation, given) as (own, ours):
            theirs, shown = _scoped(own, []), _scoped(ours, [])
            unknown = nodes[0]
            assert shown.get_node_by_uuid(unknown.uuid).vcpus == unknown.vcpus
            with pytest.raises(exception.ComputeNodeNotFound):
                theirs.get_node_by_uuid(unknown.uuid)
