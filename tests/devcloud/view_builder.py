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

"""A view as it is put together from the answers of several APIs.

Each of them adds what it knows, and relates vertices that another one may
have to add.
"""

import typing

from cdm_graph.model import schema
from tests.devcloud import errors
from tests.devcloud import view


class ViewBuilder:
    """Takes vertices and relations, in any order."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._vertices: dict[str, view.Attributes] = {}
        self._implied: dict[str, view.Attributes] = {}
        self._relations: set[view.Relation] = set()

    def view(self) -> view.View:
        """Return it, without relations that lead nowhere."""
        vertices = {**self._implied, **self._vertices}
        relations = frozenset(
            (source, relation, target)
            for source, relation, target in self._relations
            if source in vertices and target in vertices
        )
        return view.View(vertices, relations)

    def add(
        self, kind: schema.Kind, key: str, **attributes: typing.Any
    ) -> str:
        """Add a vertex with all that the schema says of its kind."""
        wanted = _names(kind)
        if wanted != attributes.keys():
            raise errors.DevcloudError(
                f'tests/devcloud and the schema differ in the attributes of '
                f'{kind}: {sorted(wanted ^ attributes.keys())}'
            )
        return self.add_part(kind, key, **attributes)

    def add_part(
        self, kind: schema.Kind, key: str, **attributes: typing.Any
    ) -> str:
        """Add a vertex of which nobody can tell the other attributes."""
        vertex = schema.vertex_of(kind, key)
        self._vertices[vertex] = {'kind': kind.value, **attributes}
        return vertex

    def add_implied(self, kind: schema.Kind, key: str) -> str:
        """Add that there is a vertex, unless somebody knows more of it."""
        vertex = schema.vertex_of(kind, key)
        unknown = dict.fromkeys(_names(kind))
        self._implied[vertex] = {**unknown, 'kind': kind.value, 'uuid': key}
        return vertex

    def add_zone(self, member: str, name: str) -> None:
        """Add a zone, and that a vertex is in it."""
        zone = self.add(schema.Kind.AVAILABILITY_ZONE, name, name=name)
        self.relate(member, schema.Relation.IN_ZONE, zone)

    def add_owner(self, owned: str, project_id: str) -> None:
        """Add a project, and that it owns a vertex."""
        project = self.add(
            schema.Kind.PROJECT, project_id, project_id=project_id
        )
        self.relate(owned, schema.Relation.OWNED_BY, project)

    def relate(
        self, source: str, relation: schema.Relation, target: str
    ) -> None:
        """Add a relation, which counts if both its ends are added."""
        self._relations.add((source, relation.value, target))


def _names(kind: schema.Kind) -> frozenset[str]:
    return frozenset(each.name for each in schema.ATTRIBUTES[kind])
