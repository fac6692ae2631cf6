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

"""The form of what a perfect model of a simulated service would say.

Each service writes its own, in the vocabulary of the model.
"""

import dataclasses
import datetime
import typing

Vertices = dict[str, dict[str, typing.Any]]
Relations = set[tuple[str, str, str]]


@dataclasses.dataclass(frozen=True, slots=True)
class Truth:
    """Vertices by name, with their attributes, and relations.

    A relation is the source's vertex, its kind, the target's vertex.
    """

    vertices: Vertices
    relations: Relations


class Writer:
    """What is written so far; each service adds what it has."""

    def __init__(self) -> None:
        self.vertices: Vertices = {}
        self.relations: Relations = set()

    @property
    def truth(self) -> Truth:
        """All that was written."""
        return Truth(self.vertices, self.relations)

    def put_in_zone(self, vertex: str, name: str) -> None:
        """Write that a vertex is in a zone."""
        zone = f'zone/{name}'
        self.vertices[zone] = {'kind': 'AvailabilityZone', 'name': name}
        self.relations.add((vertex, 'IN_ZONE', zone))

    def put_owned(self, vertex: str, project_id: str) -> None:
        """Write that a vertex is owned by a project."""
        owner = f'project/{project_id}'
        self.vertices[owner] = {'kind': 'Project', 'project_id': project_id}
        self.relations.add((vertex, 'OWNED_BY', owner))


def moment(seconds: int | None) -> datetime.datetime | None:
    """Return a time as elements have it."""
    if seconds is None:
        return None
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
