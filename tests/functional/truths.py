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

"""What an exported model has wrong, compared with the simulated cloud."""

import collections.abc
import datetime
import json
import typing

import networkx

from cdm_graph.simulation import process

#: What no notification tells: right only just after a synchronize.
USAGE: typing.Final = frozenset(
    {'vcpus_used', 'memory_mb_used', 'disk_gb_used'}
)
_SHOWN: typing.Final = 10

Document = dict[str, typing.Any]
Facts = dict[str, typing.Any]


def differences(
    document: Document,
    simulation: process.Simulation,
    ignored: collections.abc.Collection[str] = USAGE,
) -> list[str]:
    """Return where node-link JSON differs from the truth, in words.

    :param ignored: attributes that are not compared
    """
    truth = simulation.truth()
    graph = networkx.node_link_graph(document, edges='edges')
    graph.remove_nodes_from(
        [vertex for vertex, is_one in graph.nodes('placeholder') if is_one]
    )
    known = dict(graph.nodes(data=True))
    true: dict[str, Facts] = json.loads(
        json.dumps(truth.vertices, default=_moment)
    )
    relations = {
        (source, relation, target)
        for source, target, relation in graph.edges(data='relation')
    }
    return [
        *_of_vertices(known, true, ignored),
        *(f'{each} is too much' for each in relations - truth.relations),
        *(f'{each} is missing' for each in truth.relations - relations),
    ]


def assert_equal(
    document: Document,
    simulation: process.Simulation,
    ignored: collections.abc.Collection[str] = USAGE,
) -> None:
    found = differences(document, simulation, ignored)
    assert not found, '\n'.join(
        [f'{len(found)} differences, such as:', *found[:_SHOWN]]
    )


def _of_vertices(
    known: dict[str, Facts],
    true: dict[str, Facts],
    ignored: collections.abc.Collection[str],
) -> collections.abc.Iterator[str]:
    for vertex in known.keys() - true.keys():
        yield f'{known[vertex].get("kind")} {vertex} is too much'
    for vertex, facts in true.items():
        if vertex not in known:
            yield f'{facts["kind"]} {vertex} is missing'
            continue
        for name in sorted(facts.keys() | known[vertex].keys()):
            model, truth = known[vertex].get(name), facts.get(name)
            if name not in ignored and model != truth:
                yield (
                    f'{facts["kind"]} {vertex} {name}: model {model!r}, '
                    f'truth {truth!r}'
                )


def _moment(value: datetime.datetime) -> str:
    return value.astimezone(datetime.UTC).strftime('%Y-%m-%dT%H:%M:%SZ')
