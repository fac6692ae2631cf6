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

"""The mirror, beside a loop that is written by hand, on the same Neo4j.

Times are of the wall: most of the work is the database's.
"""

import collections.abc
import statistics
import time
import typing

from cdm_graph.model import live_model
from cdm_graph.model import schema
from cdm_graph.store import contract
from cdm_graph.store import encoding
from cdm_graph.store import mirror as mirrors
from tests.benchmark import clouds
from tests.benchmark import figures
from tests.support import databases

#: Rows of a batch of the loop; the best of them counts.
_SIZES: typing.Final = (2000, 5000)
_PERIOD: typing.Final = 86_400.0
_PATIENCE: typing.Final = 1800.0
#: What warms the Java machine up.
_WARM: typing.Final = (50, 5000)
_MOVES: typing.Final = 5000
_BATCH: typing.Final = 50
#: Rounds, and batches of changes in each, of which the model's own cost is
#: the median: without and with the mirror in turn.
_COST_ROUNDS: typing.Final = 4
_COST_BATCHES: typing.Final = 20
_COST_BATCH: typing.Final = 100


def run(shown: figures.Figures, hosts: int, instances: int) -> None:
    """Fill a Neo4j by hand and by the mirror; then let things change."""
    warm = clouds.model(clouds.elements(*_WARM))
    model = clouds.model(clouds.elements(hosts, instances))
    figures.set_aside()
    with databases.of_neo4j() as database:
        database.store.ensure_schema()
        for _ in range(2):
            _by_hand(database, warm, _SIZES[0])
            database.clear()
        by_hand = {}
        for size in _SIZES:
            by_hand[size] = _by_hand(database, model, size)
            shown.show(f'by_hand_batches_of_{size}_wall', by_hand[size], 's')
            database.clear()
        filled, mirror = _mirrored(database, model)
        mirror.stop()
        shown.show('bootstrap_wall', filled, 's')
        best = min(by_hand.values())
        shown.show('bootstrap_over_by_hand', filled / best, 'ratio')
        again, mirror = _mirrored(database, model)
        shown.show('unchanged_again_wall', again, 's')
        shown.show('unchanged_again_written', mirror.status().written, '')
        shown.show('unchanged_again_over_bootstrap', again / filled, 'ratio')
        _change(shown, model, mirror)
        mirror.stop()
        _cost(shown, database, model)


def _by_hand(
    database: databases.Database, model: live_model.LiveModel, size: int
) -> float:
    """Return the seconds that it takes with statements written by hand.

    The rows are the mirror's, ready before the time begins, with moments as
    text: whoever looks for what takes long finds the driver's way with them.
    """
    records = {
        kind: [
            encoding.record(model, element, databases.REGION)
            for element in model.each(kind)
        ]
        for kind in encoding.ORDER
    }
    nodes = {
        kind: [_node(each) for each in several]
        for kind, several in records.items()
    }
    began = time.perf_counter()
    with database.session() as session:
        for kind, several in records.items():
            moments = ''.join(
                f', n.{name} = datetime(row.{name})'
                for name in schema.MOMENTS[kind]
            )
            for rows in _parts(nodes[kind], size):
                session.run(
                    f'UNWIND $rows AS row '
                    f'MERGE (n:{kind} {{region: $region, id: row.id}}) '
                    f'SET n = row.properties{moments}',
                    rows=rows,
                    region=databases.REGION,
                ).consume()
            for relation, target in encoding.LEAVING[kind].items():
                for rows in _parts(_ends(several, relation), size):
                    session.run(
                        f'UNWIND $rows AS row '
                        f'MATCH (s:{kind} {{region: $region, id: row.s}}) '
                        f'MATCH (t:{target} {{region: $region, id: row.t}}) '
                        f'MERGE (s)-[:{relation}]->(t)',
                        rows=rows,
                        region=databases.REGION,
                    ).consume()
    return time.perf_counter() - began


def _node(record: contract.Record) -> dict[str, typing.Any]:
    properties = dict(record.properties)
    moments = {
        name: properties.pop(name).isoformat()
        for name in schema.MOMENTS[record.kind]
        if name in properties
    }
    return {'id': record.id, 'properties': properties, **moments}


def _ends(
    records: list[contract.Record], relation: typing.Any
) -> list[dict[str, typing.Any]]:
    return [
        {'s': each.id, 't': target}
        for each in records
        for target in (each.relations or {})[relation]
    ]


def _parts(
    rows: list[dict[str, typing.Any]], size: int
) -> collections.abc.Iterator[list[dict[str, typing.Any]]]:
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


def _mirrored(
    database: databases.Database, model: live_model.LiveModel
) -> tuple[float, mirrors.Mirror]:
    """Return the seconds until the mirror has all, and the mirror."""
    began = time.perf_counter()
    mirror = mirrors.Mirror(model, database.store, databases.REGION, _PERIOD)
    mirror.start()
    _wait(mirror, model)
    return time.perf_counter() - began, mirror


def _wait(mirror: mirrors.Mirror, model: live_model.LiveModel) -> None:
    if not mirror.wait_for(model.sequence, _PATIENCE):
        raise TimeoutError(mirror.status().last_error)


def _change(
    shown: figures.Figures,
    model: live_model.LiveModel,
    mirror: mirrors.Mirror,
) -> None:
    """Show how many changes a second arrive."""
    moves = clouds.Moves(model)
    first = model.sequence
    began = time.perf_counter()
    for _ in range(_MOVES // _BATCH):
        model.apply(moves.mutations(_BATCH))
    _wait(mirror, model)
    taken = time.perf_counter() - began
    changes = model.sequence - first
    shown.show('sustained_moves', changes / taken, '1/s')
    alone = []
    for _ in range(20):
        began = time.perf_counter()
        model.apply(moves.mutations(1))
        _wait(mirror, model)
        alone.append(time.perf_counter() - began)
    shown.show('one_move_wall', statistics.median(alone) * 1e3, 'ms')


def _cost(
    shown: figures.Figures,
    database: databases.Database,
    model: live_model.LiveModel,
) -> None:
    """Show what a change costs the thread that makes it, on and off."""
    moves = clouds.Moves(model)
    spent: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(_COST_ROUNDS):
        spent[False] += _apply(model, moves)
        mirror = mirrors.Mirror(
            model, database.store, databases.REGION, _PERIOD
        )
        mirror.start()
        _wait(mirror, model)
        spent[True] += _apply(model, moves)
        mirror.stop()
    off, on = map(statistics.median, spent.values())
    shown.show('change_without_mirror', off * 1e6, 'us')
    shown.show('change_with_mirror', on * 1e6, 'us')
    shown.show('change_with_mirror_over_without', on / off, 'ratio')


def _apply(model: live_model.LiveModel, moves: clouds.Moves) -> list[float]:
    """Return the seconds of CPU of each change of some batches."""
    spent = []
    for _ in range(_COST_BATCHES):
        batch = moves.mutations(_COST_BATCH)
        began = time.thread_time()
        for each in batch:
            model.apply((each,))
        spent.append((time.thread_time() - began) / len(batch))
    return spent
