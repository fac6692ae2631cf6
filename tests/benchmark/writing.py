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

"""What it costs the writer that others take snapshots."""

import itertools
import statistics
import threading
import time
import typing

from cdm_graph.model import live_model
from tests.benchmark import clouds
from tests.benchmark import figures
from tests.benchmark import plain_peer

_ROUNDS: typing.Final = 5
_CHANGES: typing.Final = 5000
_BATCH: typing.Final = 100
_PERIOD: typing.Final = 0.1


def run(shown: figures.Figures, model: live_model.LiveModel) -> None:
    """Write with and without snapshots, beside the same on a plain graph.

    They take turns: the speed of the machine changes meanwhile.
    """
    moves = clouds.Moves(model)
    plain = plain_peer.model(model)
    figures.set_aside()
    peer, alone, beside = [], [], []
    stall = 0.0
    for _ in range(_ROUNDS):
        with plain_peer.swapped():
            peer += _write(plain, moves)[0]
        alone += _write(model, moves)[0]
        stop = threading.Event()
        taker = threading.Thread(target=_take, args=(model, stop), daemon=True)
        taker.start()
        spent, longest = _write(model, moves)
        stop.set()
        taker.join()
        beside += spent
        stall = max(stall, longest)
    on_plain, without, with_snapshots = map(
        statistics.median, (peer, alone, beside)
    )
    shown.show('change_on_plain_graph', on_plain * 1e6, 'us')
    shown.show('change_without_snapshots', without * 1e6, 'us')
    shown.show('change_with_snapshots', with_snapshots * 1e6, 'us')
    shown.show(
        'change_with_snapshots_over_without',
        with_snapshots / without,
        'ratio',
    )
    shown.show(
        'change_with_snapshots_over_plain', with_snapshots / on_plain, 'ratio'
    )
    shown.show('longest_stall_wall', stall * 1e3, 'ms')


def _write(
    model: live_model.LiveModel, moves: clouds.Moves
) -> tuple[list[float], float]:
    """Return seconds of CPU a change, and the longest wait for one."""
    longest = 0.0
    spent = []
    mutations = moves.mutations(_CHANGES)
    for first in range(0, _CHANGES, _BATCH):
        batch = mutations[first : first + _BATCH]
        began = time.thread_time()
        for each in batch:
            at = time.perf_counter()
            model.apply((each,))
            longest = max(longest, time.perf_counter() - at)
        spent.append((time.thread_time() - began) / len(batch))
    return spent, longest


def _take(model: live_model.LiveModel, stop: threading.Event) -> None:
    """Take snapshots, and read a little of each, until told to stop."""
    read_only = itertools.cycle((False, True))
    while not stop.wait(_PERIOD):
        graph = model.snapshot(read_only=next(read_only)).graph
        for vertex in itertools.islice(graph, 100):
            assert graph.nodes[vertex] is not None
