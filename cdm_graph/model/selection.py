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

"""Which changes somebody wants to see."""

import dataclasses
import typing

from cdm_graph.model import change
from cdm_graph.model import schema

#: Attributes that a person knows an element by.
_NAMES: typing.Final = ('name', 'hostname', 'service_host')
#: Attributes by which changes are chosen, beside the key of an element.
_ATTRIBUTES: typing.Final = {
    'element': _NAMES,
    'project': ('project_id',),
    # Those that tell where something is.
    'host': ('hostname', 'service_host', 'node', 'host'),
}


class Term(typing.NamedTuple):
    """One thing that is told of a choice.

    :param name: that of the field of a :class:`Selection`
    """

    name: str
    value: str


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """A choice among changes: all that is told has to hold.

    A change is of what the element was as well as of what it is: a server
    that leaves a host is one of that host's.

    :param kinds: kinds of elements; any if it is empty
    :param element: the key, the vertex or a name of an element
    :param project: the id of the project that the element is of
    :param host: the name of a compute node, or of its service's host
    """

    kinds: frozenset[schema.Kind] = frozenset()
    element: str | None = None
    project: str | None = None
    host: str | None = None

    def takes(self, each: change.Change) -> bool:
        """Return whether a change is wanted."""
        if self.kinds and each.key.kind not in self.kinds:
            return False
        for name in _ATTRIBUTES:
            wanted = getattr(self, name)
            if wanted is not None and wanted not in _values(each, name):
                return False
        return True

    @property
    def terms(self) -> tuple[Term, ...]:
        """What is told beside the kinds."""
        return tuple(
            Term(name, value)
            for name in _ATTRIBUTES
            if (value := getattr(self, name)) is not None
        )


def terms_of(each: change.Change) -> frozenset[Term]:
    """Return all that a change can be chosen by, beside its kind.

    A selection takes a change that has each of its terms.
    """
    return frozenset(
        Term(name, value)
        for name in _ATTRIBUTES
        for value in _values(each, name)
        if value is not None
    )


def name_of(element: schema.Element) -> str:
    """Return what a person calls an element."""
    for attribute in _NAMES:
        name = getattr(element, attribute, None)
        if name:
            return str(name)
    return schema.key_of(element).key


def _values(each: change.Change, name: str) -> list[str | None]:
    """Return the values of what a change is chosen by; there may be none."""
    values = [
        getattr(element, attribute, None)
        for element in (each.before, each.after)
        for attribute in _ATTRIBUTES[name]
    ]
    if name == 'element':
        values += [each.key.key, each.key.vertex]
    return values
