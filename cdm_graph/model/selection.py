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

import collections.abc
import dataclasses
import typing

from cdm_graph.model import change
from cdm_graph.model import schema

#: Attributes that a person knows an element by.
_NAMES: typing.Final = ('name', 'hostname', 'service_host')
#: Attributes that tell where something is.
_PLACES: typing.Final = ('hostname', 'service_host', 'node', 'host')


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
        return (
            (not self.kinds or each.key.kind in self.kinds)
            and (self.element is None or self._is_element(each, self.element))
            and (
                self.project is None
                or _has(each, ('project_id',), self.project)
            )
            and (self.host is None or _has(each, _PLACES, self.host))
        )

    def _is_element(self, each: change.Change, wanted: str) -> bool:
        return wanted in each.key or (
            wanted == each.key.vertex or _has(each, _NAMES, wanted)
        )


def name_of(element: schema.Element) -> str:
    """Return what a person calls an element."""
    for attribute in _NAMES:
        name = getattr(element, attribute, None)
        if name:
            return str(name)
    return schema.key_of(element).key


def _has(
    each: change.Change,
    attributes: collections.abc.Iterable[str],
    wanted: str,
) -> bool:
    return any(
        getattr(element, attribute, None) == wanted
        for element in (each.before, each.after)
        for attribute in attributes
    )
