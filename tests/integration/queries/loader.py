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

"""Puts a model into a graph database, as its mirror would."""

import collections.abc
import importlib.resources
import itertools
import typing

import neo4j

from cdm_graph.model import root
from cdm_graph.model import schema

_BATCH: typing.Final = 2000
_Row = dict[str, typing.Any]


def prepare(driver: neo4j.Driver, database: str) -> None:
    """Create the constraints and the indexes."""
    folder = importlib.resources.files('cdm_graph') / 'cypher' / 'schema'
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith('.cypher'):
            driver.execute_query(
                typing.cast(typing.Any, file.read_text('utf-8')),
                database_=database,
            )


def load(
    driver: neo4j.Driver,
    database: str,
    model: root.ModelRoot,
    region: str,
) -> None:
    """Create the vertices and the edges of a model."""

    def run(statement: str, rows: collections.abc.Iterable[_Row]) -> None:
        left = iter(rows)
        while batch := list(itertools.islice(left, _BATCH)):
            driver.execute_query(
                typing.cast(typing.Any, statement),
                rows=batch,
                region=region,
                database_=database,
            )

    kinds: dict[str, schema.Kind] = {}
    vertices: dict[schema.Kind, list[_Row]] = {}
    for vertex, attributes in model.graph.each_vertex():
        kind = attributes['kind']
        kinds[vertex] = kind
        vertices.setdefault(kind, []).append(
            {**properties(attributes), 'id': vertex, 'region': region}
        )
    for kind, rows in vertices.items():
        run(f'UNWIND $rows AS row CREATE (n:{kind}) SET n = row', rows)
    edges: dict[tuple[str, str, str], list[_Row]] = {}
    for source, target, attributes in model.graph.each_edge():
        key = kinds[source], attributes['relation'], kinds[target]
        edges.setdefault(key, []).append({'s': source, 't': target})
    for (source, relation, target), rows in edges.items():
        run(
            f'UNWIND $rows AS row '
            f'MATCH (s:{source} {{region: $region, id: row.s}}) '
            f'MATCH (t:{target} {{region: $region, id: row.t}}) '
            f'CREATE (s)-[:{relation}]->(t)',
            rows,
        )


def properties(attributes: collections.abc.Mapping[str, typing.Any]) -> _Row:
    """Return the properties of a vertex in a database."""
    return {
        name: _property(value)
        for name, value in attributes.items()
        if value is not None and name != 'kind'
    }


def _property(value: typing.Any) -> typing.Any:
    match value:
        case dict():
            return sorted(
                f'{_escaped(name)}={each}' for name, each in value.items()
            )
        case tuple():
            return list(value)
        case _:
            return value


def _escaped(name: str) -> str:
    return name.replace('%', '%25').replace('=', '%3D')
