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

"""The curated questions, on the embedded engine and on Neo4j.

Times are of the wall, and medians.
"""

import collections.abc
import datetime
import statistics
import time
import typing

from cdm_graph.model import live_model
from cdm_graph.model import schema
from cdm_graph.simulation.nova import population
from cdm_graph.store import contract
from cdm_graph.store import inquiry as inquiries
from cdm_graph.store import mirror as mirrors
from cdm_graph.store import questions
from tests.benchmark import clouds
from tests.benchmark import figures
from tests.support import databases
from tests.support import elements

_PERIOD: typing.Final = 86_400.0
_PATIENCE: typing.Final = 1800.0
_TIMES: typing.Final = 5
_LIMITS: typing.Final = contract.Limits(60.0, 10_000)
_MIB: typing.Final = 1024 * 1024
_BACKENDS: typing.Final = 10
_MACHINES_OF_A_CHASSIS: typing.Final = 20


def run(shown: figures.Figures, hosts: int, instances: int) -> None:
    """Fill both with one cloud, and ask both all questions."""
    model = clouds.model(
        [
            *clouds.elements(hosts, instances, _BACKENDS, instances // 5),
            *_metal(hosts),
        ]
    )
    given = _given(model)
    figures.set_aside()
    taken: dict[str, dict[str, float]] = {}
    for name, opened in (
        ('embedded', databases.of_embedded),
        ('neo4j', databases.of_neo4j),
    ):
        with opened() as database:
            _fill(shown, name, database, model)
            taken[name] = _ask(shown, name, database, given)
    ratios = [
        taken['embedded'][question] / taken['neo4j'][question]
        for question in taken['embedded']
    ]
    shown.show(
        'embedded_over_neo4j_median', statistics.median(ratios), 'ratio'
    )
    for name, several in taken.items():
        slowest = max(several, key=lambda question: several[question])
        shown.show(f'{name}_slowest_{slowest}', several[slowest] * 1e3, 'ms')


def _fill(
    shown: figures.Figures,
    name: str,
    database: databases.Database,
    model: live_model.LiveModel,
) -> None:
    began = time.perf_counter()
    mirror = mirrors.Mirror(model, database.store, databases.REGION, _PERIOD)
    mirror.start()
    if not mirror.wait_for(model.sequence, _PATIENCE):
        raise TimeoutError(mirror.status().last_error)
    mirror.stop()
    shown.show(f'{name}_bootstrap_wall', time.perf_counter() - began, 's')
    shown.show(f'{name}_memory', database.memory() / _MIB, 'MiB')


def _ask(
    shown: figures.Figures,
    name: str,
    database: databases.Database,
    given: dict[str, typing.Any],
) -> dict[str, float]:
    """Return the median seconds of each question."""
    inquiry = inquiries.Inquiry(database.store, _LIMITS)
    medians = {}
    for question in questions.all_questions():
        values = {
            each.name: given[each.name]
            for each in question.parameters
            if not each.has_default
        }
        several = []
        for _ in range(_TIMES + 1):
            began = time.perf_counter()
            inquiry.ask(question.name, values)
            several.append(time.perf_counter() - began)
        # The first makes the plan.
        medians[question.name] = statistics.median(several[1:])
        shown.show(
            f'{name}_{question.name}', medians[question.name] * 1e3, 'ms'
        )
    return medians


def _metal(hosts: int) -> collections.abc.Iterator[schema.Element]:
    """Yield the machines that the hosts are, in chassis."""
    for number in range(1, hosts + 1):
        chassis = elements.uuid(number // _MACHINES_OF_A_CHASSIS)
        if number % _MACHINES_OF_A_CHASSIS == 0 or number == 1:
            yield schema.Chassis(uuid=chassis)
        yield schema.BaremetalNode(
            uuid=f'machine-{number}',
            chassis_uuid=chassis,
            compute_names=(population.host_name(number),),
            maintenance=number % 50 == 0,
        )


def _given(model: live_model.LiveModel) -> dict[str, typing.Any]:
    """Return a value for each parameter that has no default."""
    nodes = sorted(
        model.get_all_compute_nodes().values(), key=lambda each: each.hostname
    )
    instances = sorted(
        (each for each in model.get_all_instances().values() if each.node),
        key=lambda each: each.uuid,
    )
    one, other = instances[0], instances[-1]
    aggregate = next(iter(model.get_all(schema.Kind.HOST_AGGREGATE).values()))
    pool = min(model.get_all(schema.Kind.STORAGE_POOL)).removeprefix('pool/')
    return {
        'aggregate': getattr(aggregate, 'name', ''),
        'backend': pool.partition('#')[0],
        'chassis': min(model.get_all(schema.Kind.CHASSIS)),
        'flavor': one.flavor_name,
        'host': nodes[0].hostname,
        'image': next(each.image_id for each in instances if each.image_id),
        'instance': one.uuid,
        'instances': [each.uuid for each in instances[:20]],
        'key': 'role',
        'name': one.name,
        'pool': pool,
        'project': one.project_id,
        'since': datetime.datetime.now(datetime.UTC)
        - datetime.timedelta(days=1),
        'source': one.uuid,
        'tag': 'gold',
        'target': other.uuid,
        'value': 'web',
        'zone': one.availability_zone,
    }
