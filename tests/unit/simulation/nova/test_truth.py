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

"""The truth is what the model's schema can say, and it is consistent."""

import datetime
import typing

import pytest

from cdm_graph.model import schema
from cdm_graph.simulation import churn as churn_module
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation.nova import population
from cdm_graph.simulation.nova import truth as nova_truth
from tests.unit.simulation import support


@pytest.fixture(scope='module')
def churned() -> cloud_module.SimulatedCloud:
    cloud = support.small_cloud(hosts=20, instances=600)
    clock = typing.cast(support.ManualClock, cloud.clock)
    churn = churn_module.Churn(
        cloud, lambda _: None, 50, 3, clock, formats='versioned'
    )
    while churn.begun < 400:
        clock.now = support.EPOCH + churn.step()
    churn.settle()
    return cloud


def test_vertices_have_the_attributes_of_the_schema(
    churned: cloud_module.SimulatedCloud,
) -> None:
    for attributes in nova_truth.truth(churned).vertices.values():
        kind = schema.Kind(attributes['kind'])
        names = {each.name for each in schema.ATTRIBUTES[kind]}
        assert set(attributes) == names | {'kind'}


def test_attributes_are_as_elements_show_them(
    churned: cloud_module.SimulatedCloud,
) -> None:
    """An element made of them is valid, has that vertex and says the same."""
    for vertex, attributes in nova_truth.truth(churned).vertices.items():
        kind = schema.Kind(attributes['kind'])
        values = {k: v for k, v in attributes.items() if k != 'kind'}
        element = schema.ELEMENT_CLASSES[kind](**values)
        assert schema.attributes_of(element) == attributes
        assert schema.key_of(element).vertex == vertex


def test_relations_are_those_of_the_schema(
    churned: cloud_module.SimulatedCloud,
) -> None:
    truth = nova_truth.truth(churned)
    allowed = {
        (source.value, relation.value, target.value)
        for source, relation, target, _ in schema.RELATIONS
    }
    for source, relation, target in truth.relations:
        ends = (
            truth.vertices[source]['kind'],
            relation,
            truth.vertices[target]['kind'],
        )
        assert ends in allowed


def test_every_instance_is_where_its_host_says(
    churned: cloud_module.SimulatedCloud,
) -> None:
    truth = nova_truth.truth(churned)
    places = {
        source: target
        for source, relation, target in truth.relations
        if relation == 'HOSTED_ON'
    }
    for vertex, attributes in truth.vertices.items():
        if attributes['kind'] != 'Instance':
            continue
        if attributes['host'] is None:
            assert vertex not in places
            continue
        node = truth.vertices[places[vertex]]
        assert node['service_host'] == attributes['host']
        assert node['hostname'] == attributes['node']


def test_at_rest_nothing_moves(churned: cloud_module.SimulatedCloud) -> None:
    truth = nova_truth.truth(churned)
    for attributes in truth.vertices.values():
        assert attributes.get('migrating_to') is None
        assert attributes.get('task_state') is None
    assert not [each for each in truth.relations if each[1] == 'MIGRATING_TO']


def test_on_its_way_a_server_says_where_to() -> None:
    cloud = support.small_cloud()
    server = support.plain_server(cloud)
    dest = next(host for host in cloud.nodes if host != server.host)
    operation = support.operations(cloud).live_migrate(server.uuid, dest)
    for notifications in operation:
        if any('pre.end' in each.event_type for each in notifications):
            break
    truth = nova_truth.truth(cloud)
    assert truth.vertices[server.uuid]['migrating_to'] == dest
    there = (server.uuid, 'MIGRATING_TO', cloud.node(dest).uuid)
    assert there in truth.relations
    support.run(cloud, operation)
    assert there not in nova_truth.truth(cloud).relations


def test_a_deleted_flavor_leaves_the_server_its_copy() -> None:
    cloud = support.small_cloud()
    server = support.plain_server(cloud)
    does = support.operations(cloud)
    name = server.flavor.name
    support.run(cloud, does.set_extra_specs(name, {'new': 'spec'}))
    instance = nova_truth.truth(cloud).vertices[server.uuid]
    assert instance['extra_specs'] == dict(server.flavor.extra_specs)
    support.run(cloud, does.delete_flavor(name))
    truth = nova_truth.truth(cloud)
    assert f'flavor/{name}' not in truth.vertices
    assert truth.vertices[server.uuid]['flavor_name'] == name
    assert (server.uuid, 'OF_FLAVOR', f'flavor/{name}') not in truth.relations


def test_projects_and_zones_exist_while_something_is_in_them() -> None:
    cloud = population.new_cloud(2, 0, 1, support.ManualClock())
    does = support.operations(cloud)
    assert not [
        vertex
        for vertex in nova_truth.truth(cloud).vertices
        if vertex.startswith('project/')
    ]
    support.run(cloud, does.create_server_group('group'))
    group = next(iter(cloud.groups.values()))
    owner = f'project/{group.project.project_id}'
    assert owner in nova_truth.truth(cloud).vertices
    for host in list(cloud.nodes):
        support.run(cloud, does.remove_host(host))
    assert not [
        vertex
        for vertex in nova_truth.truth(cloud).vertices
        if vertex.startswith('zone/')
    ]


def test_a_server_that_was_never_saved_is_as_old_as_its_update() -> None:
    cloud = support.small_cloud()
    next(support.operations(cloud).create_server())
    row = cloud.servers.at(cloud.servers.last_number)
    assert row is not None
    instance = nova_truth.truth(cloud).vertices[row.uuid]
    moment = datetime.datetime.fromtimestamp(row.created_at, datetime.UTC)
    assert instance['updated_at'] == instance['created_at'] == moment
