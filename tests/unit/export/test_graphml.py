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

import io
import json
import re
import typing
from xml.etree import ElementTree

import networkx as nx
import pytest

from cdm_graph.export import graphml
from cdm_graph.export import values
from cdm_graph.model import live_model
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.simulation.nova import population
from tests.support import clock as clocks
from tests.support import elements
from tests.support import nova
from tests.unit.export import models

_ILLEGAL = re.compile(
    '[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]'
)


def _text(model: root.ModelRoot) -> str:
    return ''.join(graphml.chunks(model))


def _read(model: root.ModelRoot) -> 'nx.DiGraph[str]':
    return nx.read_graphml(io.BytesIO(_text(model).encode()))


def _scalars(attributes: typing.Any) -> dict[str, typing.Any]:
    """Return attributes as GraphML has them."""
    return {
        name: values.scalar(value)
        for name, value in attributes.items()
        if values.scalar(value) is not None
    }


def _assert_equal(model: root.ModelRoot) -> None:
    read = _read(model)
    graph = model.graph
    assert set(read) == set(graph)
    for vertex, attributes in graph.nodes.items():
        assert read.nodes[vertex] == _scalars(attributes)
    assert set(read.edges) == set(graph.edges)
    for ends, attributes in graph.edges.items():
        assert read.edges[ends] == attributes


def test_networkx_reads_back_what_was_written() -> None:
    _assert_equal(models.ordinary())


def test_a_number_that_may_be_unknown_is_a_number() -> None:
    _assert_equal(
        live_model.LiveModel(
            [
                schema.Volume(uuid='v', size_gb=7, bootable=True),
                schema.Volume(uuid='w'),
                schema.StoragePool(
                    name='a@b#c', storage_node='a@b', free_capacity_gb=1.5
                ),
            ]
        )
    )


def test_networkx_reads_back_a_cloud() -> None:
    clock = clocks.FakeClock()
    cloud = population.new_cloud(5, 50, 1, clock)
    source = nova.source(nova.InProcessNova(cloud), clock)
    _assert_equal(source.synchronize())


@pytest.mark.parametrize('whole', [False, True])
def test_what_a_caller_wrote_is_written(whole: bool) -> None:
    """Whether he saw a part of the graph, or all of it."""
    model = models.ordinary().snapshot()
    graph = model.graph
    if whole:
        assert list(graph.nodes.items())
        assert list(graph.edges.items())
    graph.nodes[elements.uuid(2)]['mine'] = 1.5
    graph.pred[elements.uuid(1)][elements.uuid(2)]['weight'] = 2
    graph.add_node('new', colour='red')
    graph.add_edge('new', elements.uuid(1), length=3)
    _assert_equal(model)


def test_a_read_only_snapshot_is_written_as_the_model_is() -> None:
    model = models.ordinary()
    shared = model.snapshot(read_only=True)
    assert shared.graph.nodes[elements.uuid(2)]
    assert _text(shared).splitlines()[20:] == _text(model).splitlines()[20:]


def test_an_empty_model_is_a_document_too() -> None:
    _assert_equal(live_model.LiveModel())


def test_values_keep_their_types() -> None:
    read = _read(models.ordinary())
    instance = read.nodes[elements.uuid(2)]
    assert instance['vcpus'] == 2
    assert instance['locked'] is False
    assert instance['updated_at'] == '2026-01-01T00:00:00Z'
    assert json.loads(instance['metadata']) == {'tier': 'web'}
    assert json.loads(instance['tags']) == ['a', 'b']
    assert 'task_state' not in instance
    assert read.nodes['flavor/small']['is_public'] is False


def test_the_document_says_how_fresh_it_is() -> None:
    model = models.ordinary()
    graph = _read(model).graph
    assert graph['sequence'] == model.sequence
    assert graph['readiness'] == models.readiness().value
    assert graph['synchronized_at'] == '2027-01-15T08:00:00.000Z'
    assert json.loads(graph['partial']) == ['a cell is down']


def test_igraph_reads_it(tmp_path: typing.Any) -> None:
    igraph = pytest.importorskip('igraph')
    model = models.ordinary()
    path = tmp_path / 'cloud.graphml'
    path.write_text(_text(model))
    read = igraph.Graph.Read_GraphML(str(path))
    assert read.is_directed()
    assert set(read.vs['id']) == set(model.graph)
    names = dict(zip(read.vs['id'], read.vs['name'], strict=True))
    assert names[elements.uuid(2)] == 'vm-2'
    assert sorted(read.es['relation']) == sorted(
        attributes['relation'] for _, attributes in model.graph.edges.items()
    )


def test_keys_are_those_of_the_schema_whatever_is_in_the_model() -> None:
    def keys(model: root.ModelRoot) -> list[str]:
        return re.findall('<key .*?/>', _text(model))

    assert keys(live_model.LiveModel()) == keys(models.ordinary())
    declared = ' '.join(keys(live_model.LiveModel()))
    for attributes in schema.ATTRIBUTES.values():
        for attribute in attributes:
            assert f'attr.name="{attribute.name}"' in declared


@pytest.mark.parametrize('text', models.HOSTILE)
def test_no_text_breaks_the_document(text: str) -> None:
    model = models.ordinary().snapshot()
    graph = model.graph
    graph.nodes[elements.uuid(2)]['name'] = text
    graph.nodes[elements.uuid(2)]['metadata'] = {text: text}
    graph.nodes[elements.uuid(2)][text or 'empty'] = text
    graph.edges[elements.uuid(2), elements.uuid(1)]['relation'] = text
    read = _read(model)
    shown = _ILLEGAL.sub('\ufffd', text)
    assert (read.nodes[elements.uuid(2)]['name'] or '') == shown
    edge = read.edges[elements.uuid(2), elements.uuid(1)]
    assert (edge['relation'] or '') == shown


def test_hostile_elements_are_exported() -> None:
    model = models.hostile()
    read = _read(model)
    assert len(read) == len(model)
    assert read.nodes[models.vertex(1)]['vcpus'] == 2**70


@pytest.mark.parametrize('name', ['<&">', 'a\nb', 'a\rb', "it's", 'é 🙂'])
def test_vertices_keep_their_names(name: str) -> None:
    model = live_model.LiveModel([elements.flavor(name)])
    assert list(_read(model)) == [f'flavor/{name}']


@pytest.mark.parametrize(
    ('value', 'read'),
    [
        (5, 5),
        (True, True),
        (2.5, 2.5),
        ('text', 'text'),
        (2**80, str(2**80)),
        (-(2**80), str(-(2**80))),
        ([1, 'a'], '[1, "a"]'),
        ({'a': None}, '{"a": null}'),
        ({1: {2: 3}}, '{"1": {"2": 3}}'),
    ],
)
def test_what_a_caller_added_is_exported(value: object, read: object) -> None:
    model = models.ordinary().snapshot()
    model.graph.nodes[elements.uuid(1)]['score'] = value
    model.graph.edges[elements.uuid(1), 'zone/az1']['score'] = value
    graph = _read(model)
    assert graph.nodes[elements.uuid(1)]['score'] == read
    assert graph.edges[elements.uuid(1), 'zone/az1']['score'] == read


def test_a_key_with_values_of_two_types_is_text() -> None:
    model = models.ordinary().snapshot()
    model.graph.nodes[elements.uuid(1)]['score'] = 5
    model.graph.nodes[elements.uuid(2)]['score'] = 'high'
    graph = _read(model)
    assert graph.nodes[elements.uuid(1)]['score'] == '5'


def test_vertices_that_a_caller_added_are_exported() -> None:
    model = models.ordinary().snapshot()
    model.graph.add_edge('rack', elements.uuid(1), relation='HOLDS')
    graph = _read(model)
    assert graph.edges['rack', elements.uuid(1)] == {'relation': 'HOLDS'}


def test_it_is_well_formed_piece_by_piece() -> None:
    parser = ElementTree.XMLPullParser()
    for chunk in graphml.chunks(models.ordinary()):
        parser.feed(chunk)
    parser.close()


def test_an_edge_may_have_an_attribute_named_as_one_of_a_vertex() -> None:
    model = models.ordinary().snapshot()
    ends = next(iter(model.graph.edges))
    model.graph.edges[ends]['vcpus'] = 5
    assert _read(model).edges[ends]['vcpus'] == 5


def test_an_attribute_may_be_replaced_by_one_of_another_type() -> None:
    model = models.ordinary().snapshot()
    model.graph.nodes[elements.uuid(2)]['vcpus'] = 2.5
    assert _read(model).nodes[elements.uuid(2)]['vcpus'] == '2.5'


def test_white_space_in_a_vertex_is_kept() -> None:
    model = live_model.LiveModel([elements.flavor('a\tb \r\n')])
    assert list(_read(model)) == ['flavor/a\tb \r\n']


def test_what_was_looked_at_is_written_as_what_was_not() -> None:
    model = models.ordinary()
    looked_at = model.snapshot()
    for vertex in list(looked_at.graph):
        assert looked_at.graph.nodes[vertex]
    lines = _text(model.snapshot(read_only=True)).splitlines()
    assert sorted(_text(looked_at).splitlines()) == sorted(lines)


def test_a_value_that_is_neither_true_nor_false_is_written() -> None:
    class Array:
        def __bool__(self) -> bool:
            raise ValueError

        def __str__(self) -> str:
            return '[1 2]'

    snapshot = models.ordinary().snapshot()
    vertex = next(iter(snapshot.graph))
    snapshot.graph.nodes[vertex]['load'] = Array()
    assert _read(snapshot).nodes[vertex]['load'] == '[1 2]'


def test_what_may_be_unknown_keeps_its_type() -> None:
    full, pool = elements.volume(41), elements.pool('box@one#a')
    bare = schema.Volume(uuid=elements.uuid(42))
    model = live_model.LiveModel(
        [full, bare, pool, elements.pool('box@one#b', free_capacity_gb=None)]
    )
    nodes = _read(model).nodes
    told = nodes[full.uuid]
    assert (told['size_gb'], told['bootable'], told['encrypted']) == (
        10,
        False,
        True,
    )
    assert json.loads(told['metadata']) == {'a': 'b'}
    assert json.loads(told['attached_to']) == [elements.uuid(11)]
    assert told['created_at'] == '2026-01-01T00:00:00Z'
    assert nodes[bare.uuid] == {'kind': 'Volume', 'uuid': bare.uuid}
    assert nodes['pool/box@one#a']['total_capacity_gb'] == 100.5
    assert nodes['pool/box@one#a']['free_capacity_gb'] == 50.0
    assert 'free_capacity_gb' not in nodes['pool/box@one#b']
