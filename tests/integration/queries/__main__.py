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

"""Tells how long each question takes on each engine, in a large cloud.

Of each question the median of some runs with changing parameters is printed,
in milliseconds and as the driver sees it: with all rows read.
"""

import argparse
import collections.abc
import contextlib
import datetime
import random
import statistics
import time
import typing

import neo4j

from cdm_graph.model import schema
from cdm_graph.model import snapshot
from cdm_graph.store import questions
from tests.benchmark import clouds
from tests.integration import engines
from tests.integration.queries import loader

_SEED: typing.Final = 1
_WARM_UP: typing.Final = 2


class _Draws:
    """Draws parameters by chance, the same for each engine."""

    def __init__(self, model: snapshot.Snapshot) -> None:
        self._random = random.Random(_SEED)
        self._instances = sorted(
            (
                each
                for each in model.get_all_instances().values()
                if each.node and each.project_id and each.image_id
            ),
            key=lambda each: each.uuid,
        )

        def names(kind: schema.Kind) -> list[str]:
            found = model.get_all(kind).values()
            return sorted(typing.cast(typing.Any, each).name for each in found)

        self._aggregates = names(schema.Kind.HOST_AGGREGATE)
        self._zones = names(schema.Kind.AVAILABILITY_ZONE)

    def draw(self, question: questions.Question) -> dict[str, typing.Any]:
        one, other, *more = self._random.sample(self._instances, 20)
        known = {
            'aggregate': self._random.choice(self._aggregates),
            'flavor': one.flavor_name,
            'host': one.node,
            'image': one.image_id,
            'instance': one.uuid,
            'instances': [each.uuid for each in more],
            'key': 'tier',
            'name': one.name,
            'project': one.project_id,
            'since': datetime.datetime.now(datetime.UTC)
            - datetime.timedelta(days=self._random.randrange(1, 60)),
            'source': one.uuid,
            'tag': 'blue',
            'target': other.uuid,
            'value': 'web',
            'zone': self._random.choice(self._zones),
        }
        return question.values(
            {
                each.name: known[each.name]
                for each in question.parameters
                if not each.has_default
            }
        )


def _measure(
    session: neo4j.Session, draws: _Draws, runs: int
) -> collections.abc.Iterator[tuple[str, float, int]]:
    """Yield each question with its median, and how many rows it had."""
    for question in questions.all_questions():
        statement = typing.cast(typing.Any, question.statement)
        took, rows = [], 0
        for _ in range(_WARM_UP + runs):
            values = draws.draw(question)
            began = time.perf_counter()
            rows = len(list(session.run(statement, values)))
            took.append((time.perf_counter() - began) * 1000)
        yield question.name, statistics.median(took[_WARM_UP:]), rows


def _of_engine(
    run: collections.abc.Callable[
        [], contextlib.AbstractContextManager[engines.Engine]
    ],
    model: snapshot.Snapshot,
    runs: int,
) -> dict[str, float]:
    with (
        run() as engine,
        neo4j.GraphDatabase.driver(
            engine.uri, auth=(engine.user, engine.password)
        ) as driver,
        driver.session(database=engine.database) as session,
    ):
        began = time.perf_counter()
        loader.prepare(driver, engine.database)
        loader.load(driver, engine.database, model, 'region')
        print(f'{engine.name} loaded in {time.perf_counter() - began:.0f} s')
        medians = {}
        for name, median, rows in _measure(session, _Draws(model), runs):
            print(f'{engine.name} {name} {median:.1f} ms, {rows} rows')
            medians[name] = median
        return medians


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--hosts', type=int, default=1000)
    parser.add_argument('--instances', type=int, default=100_000)
    parser.add_argument('--runs', type=int, default=7)
    options = parser.parse_args()
    model = clouds.model(
        clouds.elements(options.hosts, options.instances)
    ).snapshot(read_only=True)
    embedded, server = (
        _of_engine(run, model, options.runs)
        for run in (engines.embedded, engines.neo4j_server)
    )
    print(f'{"question":32} {"embedded":>9} {"neo4j":>9} {"ratio":>6}')
    for name, its in embedded.items():
        other = server[name]
        print(f'{name:32} {its:9.1f} {other:9.1f} {its / other:6.2f}')


if __name__ == '__main__':
    main()
