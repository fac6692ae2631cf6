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

"""What it costs to take a snapshot."""

import collections.abc
import typing

from cdm_graph.model import live_model
from tests.benchmark import clouds
from tests.benchmark import figures
from tests.benchmark import watcher_peer

_TIMES: typing.Final = 200
_CHANGES: typing.Final = (0, 1, 100)
_ALIVE: typing.Final = (0, 10)
#: Elements of which Watcher's model, and a copy of it, fit into a machine.
_MOST_FOR_WATCHER: typing.Final = 500_000


def run(
    shown: figures.Figures,
    model: live_model.LiveModel,
    several: collections.abc.Sequence[typing.Any],
) -> None:
    """Take snapshots after some changes, with some others alive."""
    moves = clouds.Moves(model)
    slowest = 0.0
    for read_only in (False, True):
        kind = 'read_only' if read_only else 'writable'
        for alive in _ALIVE:
            held = [_hold(model, moves, read_only) for _ in range(alive)]
            for changes in _CHANGES:
                taken = figures.median_cpu(
                    lambda read_only=read_only: (
                        model.snapshot(read_only=read_only).graph
                    ),
                    max(20, _TIMES // max(1, changes // 10)),
                    lambda changes=changes: model.apply(
                        moves.mutations(changes)
                    ),
                )
                shown.show(
                    f'hand_out_{kind}_after_{changes}_changes_{alive}_alive',
                    taken * 1e3,
                    'ms',
                )
                slowest = max(slowest, taken)
            del held
    if len(several) <= _MOST_FOR_WATCHER:
        _compare(shown, several, slowest)


def _compare(
    shown: figures.Figures,
    several: collections.abc.Sequence[typing.Any],
    slowest: float,
) -> None:
    """Have Watcher hand out a model of the same."""
    watcher = watcher_peer.Collector(watcher_peer.model(several))
    figures.set_aside()
    peer = figures.median_cpu(watcher.get_latest_cluster_data_model, 3)
    shown.show('hand_out_watcher', peer * 1e3, 'ms')
    shown.show('hand_out_watcher_over_slowest', peer / slowest, 'ratio')


def _hold(
    model: live_model.LiveModel, moves: clouds.Moves, read_only: bool
) -> typing.Any:
    """Take a snapshot that is looked at, and change the model."""
    snapshot = model.snapshot(read_only=read_only)
    for node in moves.nodes[:10]:
        assert node.uuid in snapshot.graph.nodes
        assert snapshot.graph.nodes[node.uuid]
    model.apply(moves.mutations(1))
    return snapshot
