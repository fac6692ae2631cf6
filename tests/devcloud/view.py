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

"""A cloud as a set of vertices and relations, whoever tells of it.

Values are what JSON has: a moment is a string, a tuple a list.  Placeholders
are not part of a view.
"""

import collections.abc
import dataclasses
import typing

Attributes = collections.abc.Mapping[str, typing.Any]
#: Vertex, name of the relation, vertex.
Relation = tuple[str, str, str]


@dataclasses.dataclass(frozen=True)
class View:
    """What somebody says that there is."""

    vertices: collections.abc.Mapping[str, Attributes]
    relations: frozenset[Relation]


def of_export(document: collections.abc.Mapping[str, typing.Any]) -> View:
    """Return the view of a node-link document of the daemon."""
    vertices = {
        node['id']: _attributes(node)
        for node in document['nodes']
        if not node.get('placeholder')
    }
    relations = frozenset(
        (edge['source'], edge['relation'], edge['target'])
        for edge in document['edges']
        if edge['source'] in vertices and edge['target'] in vertices
    )
    return View(vertices, relations)


def _attributes(node: Attributes) -> Attributes:
    if node.get('updated_at') or 'created_at' not in node:
        return node
    # Nova's API calls a server that was never updated updated at creation.
    return {**node, 'updated_at': node['created_at']}
