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
    began = figures.cpu(lambda: read(model.snapshot(read_only=True).graph))
    shown.show(f'{name}_read_only_very_first', began * 1e3, 'ms')
    # What lasts, as the plain graph does, is set aside as that is.
    figures.set_aside()
    writable = _passes(read, model, plain, moves, read_only=False)
    shown.show(f'{name}_plain', writable.plain * 1e3, 'ms')
    shown.show(f'{name}_writable_first', writable.first * 1e3, 'ms')
    shown.show(
        f'{name}_writable_first_over_copy_and_plain',
        writable.first / (copied + writable.plain),
        'ratio',
    )
    shown.show(
        f'{name}_writable_second_over_plain',
        writable.second / writable.plain,
        'ratio',
    )
    frozen = _passes(read, model, plain, moves, read_only=True)
    shown.show(
        f'{name}_read_only_over_plain', frozen.first / frozen.plain, 'ratio'
    )
    shown.show(
        f'{name}_read_only_second_over_plain',
        frozen.second / frozen.plain,
        'ratio',
    )


class _Passes(typing.NamedTuple):
    """Medians of seconds of CPU."""

    #: Through a plain graph.
    plain: float
    #: Through a snapshot, hand-out and all, after a change of the model.
    first: float
    #: Through the same snapshot.
    second: float


def _passes(
    read: _Read,
    model: live_model.LiveModel,
    plain: _Any,
    moves: clouds.Moves,
    *,
    read_only: bool,
) -> _Passes:
    """Read through each in turn, so that all meet the same noise."""
    taken: list[tuple[float, float, float]] = []
    for _ in range(_PASSES):
        model.apply(moves.mutations(1))
        held: list[_Any] = []

        def take(held: list[_Any] = held) -> None:
            held.append(model.snapshot(read_only=read_only))
            read(held[0].graph)

        first = figures.cpu(take)
        second = figures.cpu(lambda held=held: read(held[0].graph))
        held.clear()
        taken.append((figures.cpu(lambda: read(plain)), first, second))
    return _Passes(*map(statistics.median, zip(*taken, strict=True)))


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

    for read_only, kind in ((True, 'read_only'), (False, 'writable')):
        graph = model.snapshot(read_only=read_only).graph
        first = figures.cpu(lambda graph=graph: walk(graph))
        times = [
            (
                figures.cpu(lambda: walk(plain)),
                figures.cpu(lambda graph=graph: walk(graph)),
            )
            for _ in range(_PASSES * 3)
        ]
        peer, again = map(statistics.median, zip(*times, strict=True))
        if read_only:
            shown.show('shortest_path_plain', peer / len(pairs) * 1e3, 'ms')
        shown.show(
            f'shortest_path_{kind}_first_over_plain', first / peer, 'ratio'
        )
        shown.show(f'shortest_path_{kind}_over_plain', again / peer, 'ratio')
