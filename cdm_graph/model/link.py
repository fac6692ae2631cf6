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

"""Link: what a field of an element says of other elements.

A link is declared with the class of the element, and the model makes
relations of it: nothing else is to be written for a new kind.
"""

import dataclasses
import enum

from cdm_graph.model import terms


class Direction(enum.Enum):
    """Where the relation of a link begins."""

    #: At the element with the field.
    OUT = 'out'
    #: At the other one, which the field names: as a group names its members.
    IN = 'in'


@dataclasses.dataclass(frozen=True, slots=True)
class Link:
    """How a field names other elements, and what relation that is.

    :param field: holds a string, a tuple of strings, or none
    :param other: the kind of the elements that it names
    :param by: the attribute of these that the field has the value of; their
        key if that is empty
    :param says: what the relation says, for the documentation
    """

    field: str
    relation: terms.Relation
    other: terms.Kind
    says: str
    by: str = ''
    direction: Direction = Direction.OUT

    def ends(
        self, kind: terms.Kind
    ) -> tuple[terms.Kind, terms.Relation, terms.Kind]:
        """Return the source, the relation and the target of it.

        :param kind: the kind with the field
        """
        if self.direction is Direction.OUT:
            return kind, self.relation, self.other
        return self.other, self.relation, kind
