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

"""What it costs to write into a snapshot, and to try things out."""

import gc
import itertools
import tracemalloc
import typing

from cdm_graph.model import live_model
from cdm_graph.model import snapshot as snapshots
from tests.benchmark import clouds
from tests.benchmark import figures

_TIMES: typing.Final = 200
_ALIVE: typing.Final = 10


def run(shown: figures.Figures, model: live_model.LiveModel) -> None:
    """Write first, write much, search."""
    moves = clouds.Moves(model)
    taken: list[snapshots.Snapshot] = []

    def take() -> None:
        model.apply(moves.mutations(1))
        taken[:] = [model.snapshot()]

    numbers = itertools.cycle(range(len(moves.instances)))

    def write() -> None:
        uuid = moves.instances[next(numbers)].uuid
        taken[0].graph.nodes[uuid]['mine'] = 1

    shown.show(
        'first_attribute', figures.median_cpu(write, _TIMES, take) * 1e3, 'ms'
    )
    shown.show(
        'first_migration',
        figures.median_cpu(
            lambda: taken[0].migrate_instance(*moves.draw()), _TIMES, take
        )
        * 1e3,
        'ms',
    )

    def write_edge() -> None:
        instance, node = moves.draw()
        taken[0].graph.add_edge(instance.uuid, node.uuid, mine=1)

    shown.show(
        'first_edge', figures.median_cpu(write_edge, _TIMES, take) * 1e3, 'ms'
    )
    trial = model.snapshot()

    def attempt() -> None:
        mark = trial.mark()
        trial.migrate_instance(*moves.draw())
        trial.undo(mark)

    shown.show('try_and_undo', figures.median_cpu(attempt, 2000) * 1e6, 'us')
    trial.migrate_instance(*moves.draw())

    def branch() -> None:
        fork = trial.fork()
        fork.migrate_instance(*moves.draw())
        trial.diff(fork)

    shown.show(
        'fork_migrate_and_diff', figures.median_cpu(branch, 2000) * 1e6, 'us'
    )


def weigh(
    shown: figures.Figures, model: live_model.LiveModel, weight_of_model: float
) -> None:
    """Weigh ten snapshots, each with 1 % of the instances changed.

    :param weight_of_model: in MiB
    """
    moves = clouds.Moves(model)
    changes = len(moves.instances) // 100
    for name, change in (
        ('moved', lambda each: _move(each, moves, changes)),
        ('written', lambda each: _write(each, moves, changes)),
    ):
        gc.collect()
        # What was freed before would hide in the pools of the interpreter.
        tracemalloc.start(1)
        held = [model.snapshot() for _ in range(_ALIVE)]
        for each in held:
            change(each)
        gc.collect()
        weight, _peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        share = weight / 2**20 / weight_of_model
        shown.show(f'ten_snapshots_1_percent_{name}', share * 100, '%')
        del held


def _move(
    snapshot: snapshots.Snapshot, moves: clouds.Moves, count: int
) -> None:
    for _ in range(count):
        snapshot.migrate_instance(*moves.draw())


def _write(
    snapshot: snapshots.Snapshot, moves: clouds.Moves, count: int
) -> None:
    for _ in range(count):
        instance, _node = moves.draw()
        snapshot.graph.nodes[instance.uuid]['mine'] = 1
