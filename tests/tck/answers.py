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

"""What the driver returns, as the values that are compared."""

import itertools
import typing

from neo4j import graph
from neo4j import time

from tests.tck import temporal
from tests.tck import values


def value(found: object) -> object:
    """Return what the driver returned, as a value to compare."""
    match found:
        case graph.Path():
            return _path(found)
        case graph.Node():
            return _node(found)
        case graph.Relationship():
            return _relationship(found)
        case time.Date() | time.Time() | time.DateTime() | time.Duration():
            return temporal.text(found)
        case list():
            return [value(each) for each in found]
        case dict():
            return {name: value(each) for name, each in found.items()}
    return found


def _properties(found: graph.Entity) -> dict[str, object]:
    return {name: value(each) for name, each in found.items()}


def _node(found: graph.Node) -> values.Node:
    return values.Node(found.labels, _properties(found))


def _relationship(found: graph.Relationship) -> values.Relationship:
    return values.Relationship(found.type, _properties(found))


def _path(found: graph.Path) -> values.Path:
    nodes: typing.Final = tuple(found.nodes)
    return values.Path(
        _node(nodes[0]),
        tuple(
            values.Step(
                _relationship(step),
                step.start_node == before,
                _node(after),
            )
            for step, (before, after) in zip(
                found.relationships, itertools.pairwise(nodes), strict=True
            )
        ),
    )
