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

"""What it costs to read through a snapshot, beside a plain graph."""

import collections.abc
import random
import statistics
import typing

import networkx as nx

from cdm_graph.model import live_model
from tests.benchmark import clouds
from tests.benchmark import figures

_Any = typing.Any
_Read = collections.abc.Callable[[_Any], object]
_PASSES: typing.Final = 7
_PATHS: typing.Final = 200


def run(shown: figures.Figures, model: live_model.LiveModel) -> None:
    """Read all that a strategy would, through each kind of graph."""
    moves = clouds.Moves(model)
    plain = clouds.plain_graph(model)
    figures.set_aside()
    copied = figures.median_cpu(plain.copy, 3)
    shown.show('digraph_copy', copied * 1e3, 'ms')
    # First, while the plain graph still has the same ways.
    _paths(shown, model, plain, moves)
    for name, read in _reads(moves):
        _compare(shown, name, read, model, plain, copied, moves)


def _reads(
    moves: clouds.Moves,
) -> collections.abc.Iterator[tuple[str, _Read]]:
    hosts = [node.uuid for node in moves.nodes]

    def instances_of_hosts(graph: _Any) -> int:
        total = 0
        attributes = graph.nodes
        for host in hosts:
            for instance in graph.predecessors(host):
                shown = attributes[instance]
                total += shown['vcpus'] + len(shown['name'])
        return total

    yield 'hosts_and_instances', instances_of_hosts
    yield (
        'bfs_tree',
        lambda graph: nx.bfs_tree(graph, 'zone/az1', reverse=True),
    )


def _compare(
    shown: figures.Figures,
    name: str,
    read: _Read,
    model: live_model.LiveModel,
    plain: _Any,
    copied: float,
    moves: clouds.Moves,
) -> None:
    peer = figures.median_cpu(lambda: read(plain), _PASSES)
    shown.show(f'{name}_plain', peer * 1e3, 'ms')

    first, second = _two_passes(read, model, moves, read_only=False)
    shown.show(f'{name}_writable_first', first * 1e3, 'ms')
    shown.show(
        f'{name}_writable_first_over_copy_and_plain',
        first / (copied + peer),
        'ratio',
    )
    shown.show(f'{name}_writable_second_over_plain', second / peer, 'ratio')

    began = figures.cpu(lambda: read(model.snapshot(read_only=True).graph))
    shown.show(f'{name}_read_only_very_first', began * 1e3, 'ms')
    first, second = _two_passes(read, model, moves, read_only=True)
    shown.show(f'{name}_read_only_over_plain', first / peer, 'ratio')
    shown.show(f'{name}_read_only_second_over_plain', second / peer, 'ratio')


def _two_passes(
    read: _Read,
    model: live_model.LiveModel,
    moves: clouds.Moves,
    *,
    read_only: bool,
) -> tuple[float, float]:
    """Return the medians of a first pass, hand-out and all, and a second.

    Each is on a snapshot of its own, after a change of the model.
    """
    first, second = [], []
    for _ in range(_PASSES):
        model.apply(moves.mutations(1))
        held: list[_Any] = []

        def take(held: list[_Any] = held) -> None:
            held.append(model.snapshot(read_only=read_only))
            read(held[0].graph)

        first.append(figures.cpu(take))
        second.append(figures.cpu(lambda held=held: read(held[0].graph)))
    return statistics.median(first), statistics.median(second)


def _paths(
    shown: figures.Figures,
    model: live_model.LiveModel,
    plain: _Any,
    moves: clouds.Moves,
) -> None:
    """Find the ways from instances to the zones of their nodes."""
    chosen = random.Random(1).sample(moves.instances, _PATHS)
    pairs = [
        (instance.uuid, f'zone/{instance.availability_zone}')
        for instance in chosen
        if plain.has_node(f'zone/{instance.availability_zone}')
        and nx.has_path(
            plain, instance.uuid, f'zone/{instance.availability_zone}'
        )
    ]

    def walk(graph: _Any) -> None:
        for source, target in pairs:
            nx.shortest_path(graph, source, target)

    peer = figures.median_cpu(lambda: walk(plain), _PASSES) / len(pairs)
    shown.show('shortest_path_plain', peer * 1e3, 'ms')
    for read_only, kind in ((True, 'read_only'), (False, 'writable')):
        graph = model.snapshot(read_only=read_only).graph
        first = figures.cpu(lambda graph=graph: walk(graph)) / len(pairs)
        again = figures.median_cpu(
            lambda graph=graph: walk(graph), _PASSES
        ) / len(pairs)
        shown.show(
            f'shortest_path_{kind}_first_over_plain', first / peer, 'ratio'
        )
        shown.show(f'shortest_path_{kind}_over_plain', again / peer, 'ratio')
