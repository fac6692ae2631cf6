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

"""Check that networkx reads the exports of a cloud, and reads the truth.

A simulated cloud stands still; ``cdm-graph export --once`` fetches it in each
format, and networkx reads the files.  All vertices, attributes and relations
have to be those that the cloud itself says it has.
"""

import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import typing

import networkx

from cdm_graph.simulation import process
from cdm_graph.simulation import truth

Facts = dict[str, typing.Any]
Relations = set[tuple[str, str, str]]

_MOST_SHOWN: typing.Final = 10


class Graph(typing.NamedTuple):
    """What a graph says, in a form in which two can be compared."""

    vertices: dict[str, Facts]
    relations: Relations


def expected(told: truth.Truth, *, flat: bool) -> Graph:
    """Return what an export of the truth has to say.

    :param flat: whether the format has no structured values and no null
    """
    vertices = {}
    for vertex, facts in told.vertices.items():
        plain = json.loads(json.dumps(facts, default=_moment))
        vertices[vertex] = _flatten(plain) if flat else plain
    relations = {
        (source, str(relation), target)
        for source, relation, target in told.relations
    }
    return Graph(vertices, relations)


def _moment(value: datetime.datetime) -> str:
    return value.astimezone(datetime.UTC).strftime('%Y-%m-%dT%H:%M:%SZ')


def _flatten(facts: Facts) -> Facts:
    return {
        name: json.dumps(value, sort_keys=True, ensure_ascii=False)
        if isinstance(value, dict | list)
        else value
        for name, value in facts.items()
        if value is not None
    }


def read(path: pathlib.Path, format_: str) -> Graph:
    """Return what networkx reads from a file, without placeholders."""
    if format_ == 'graphml':
        graph = networkx.read_graphml(path)
    else:
        graph = networkx.node_link_graph(
            json.loads(path.read_text()), edges='edges'
        )
    graph.remove_nodes_from(
        [vertex for vertex, is_one in graph.nodes('placeholder') if is_one]
    )
    relations = {
        (source, relation, target)
        for source, target, relation in graph.edges(data='relation')
    }
    return Graph(dict(graph.nodes(data=True)), relations)


def differences(got: Graph, want: Graph) -> list[str]:
    """Return where two graphs differ, in words."""
    found = [
        f'{vertex}: is {got.vertices.get(vertex)}, not {facts}'
        for vertex, facts in want.vertices.items()
        if got.vertices.get(vertex) != facts
    ]
    found += [
        f'{vertex}: is too much'
        for vertex in got.vertices.keys() - want.vertices.keys()
    ]
    found += [f'{edge}: is missing' for edge in want.relations - got.relations]
    found += [
        f'{edge}: is too much' for edge in got.relations - want.relations
    ]
    return found


def export(
    simulation: process.Simulation, format_: str, path: pathlib.Path
) -> None:
    """Have ``cdm-graph`` write a file."""
    credentials = {
        f'OS_{name.upper()}': value
        for name, value in simulation.credentials.items()
    }
    command = pathlib.Path(sys.executable).with_name('cdm-graph')
    subprocess.run(
        [command, 'export', '--once', '--format', format_, '-o', path],
        env={
            **os.environ,
            **credentials,
            'OS_AUTH_TYPE': 'password',
            'OS_AUTH_URL': simulation.auth_url,
        },
        check=True,
    )


def main() -> int:
    """Check each format, and return the exit code."""
    simulation = process.Simulation(
        process.SimulationOptions(hosts=100, instances=3000, rate=0)
    )
    simulation.start()
    failures = 0
    try:
        with tempfile.TemporaryDirectory() as folder:
            for format_ in ('graphml', 'json'):
                path = pathlib.Path(folder) / f'cloud.{format_}'
                export(simulation, format_, path)
                got = read(path, format_)
                found = differences(
                    got,
                    expected(simulation.truth(), flat=format_ == 'graphml'),
                )
                print(
                    f'{format_}: {len(got.vertices)} vertices, '
                    f'{len(got.relations)} relations, '
                    f'{len(found)} differences'
                )
                for each in found[:_MOST_SHOWN]:
                    print(each)
                failures += len(found)
    finally:
        simulation.stop()
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
