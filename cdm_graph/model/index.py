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

"""Indices: which elements have a value, without a scan.

An index is kept by whoever owns the elements: it promises no thread-safety of
its own.  Empty entries are dropped, so that an index is never larger than
what it indexes.
"""

import collections.abc
import typing

from cdm_graph.model import schema

#: The values under which an element is found.
Values = collections.abc.Callable[[schema.Element], tuple[str | None, ...]]

_NOTHING: typing.Final[collections.abc.Mapping[str, None]] = {}


class Index:
    """From a value to the vertices of the elements that have it.

    The vertices of a value keep the order in which they came.
    """

    def __init__(self, values: Values) -> None:
        self._values = values
        self._vertices: dict[str, dict[str, None]] = {}

    def get(self, value: str | None) -> tuple[str, ...]:
        """Return the vertices of the elements that have the value."""
        if value is None:
            return ()
        return tuple(self._vertices.get(value, _NOTHING))

    def count(self, value: str) -> int:
        """Return how many elements have the value."""
        return len(self._vertices.get(value, _NOTHING))

    def replace(
        self,
        vertex: str,
        before: schema.Element | None,
        after: schema.Element | None,
    ) -> None:
        """Follow a change of the element at the vertex."""
        old = () if before is None else self._values(before)
        new = () if after is None else self._values(after)
        if old == new:
            return
        for value in old:
            if value is not None and value not in new:
                self._discard(value, vertex)
        for value in new:
            if value is not None:
                self._vertices.setdefault(value, {})[vertex] = None

    def _discard(self, value: str, vertex: str) -> None:
        entry = self._vertices.get(value, {})
        entry.pop(vertex, None)
        if not entry:
            self._vertices.pop(value, None)


def _by(attribute: str) -> Index:
    return Index(lambda element: (getattr(element, attribute),))


def _by_each(attribute: str) -> Index:
    return Index(lambda element: tuple(getattr(element, attribute)))


class Indices:
    """All the indices of a model, kept together."""

    def __init__(
        self, elements: collections.abc.Iterable[tuple[str, schema.Element]]
    ) -> None:
        kind = schema.Kind
        self.by_kind = {each: Index(_kind_of) for each in kind}
        self.by_name = {
            each: _by('name')
            for each, cls in schema.ELEMENT_CLASSES.items()
            if hasattr(cls, 'name')
        }
        self.nodes_by_service_host = _by('service_host')
        self.instances_by_node = _by('node')
        self.instances_by_host = _by('host')
        self.instances_by_target = _by('migrating_to')
        self.instances_by_flavor = _by('flavor_name')
        self.groups_by_member = _by_each('members')
        self.aggregates_by_host = _by_each('hosts')
        special: dict[schema.Kind, tuple[Index, ...]] = {
            kind.COMPUTE_NODE: (self.nodes_by_service_host,),
            kind.INSTANCE: (
                self.instances_by_node,
                self.instances_by_host,
                self.instances_by_target,
                self.instances_by_flavor,
            ),
            kind.SERVER_GROUP: (self.groups_by_member,),
            kind.HOST_AGGREGATE: (self.aggregates_by_host,),
        }
        self._of_kind = {
            each: (
                self.by_kind[each],
                *((self.by_name[each],) if each in self.by_name else ()),
                *special.get(each, ()),
            )
            for each in kind
        }
        for vertex, element in elements:
            self.replace(vertex, None, element)

    def count(self, kind: schema.Kind) -> int:
        """Return how many elements of a kind there are."""
        return self.by_kind[kind].count(kind.value)

    def of_kind(self, kind: schema.Kind) -> tuple[str, ...]:
        """Return the vertices of the elements of a kind."""
        return self.by_kind[kind].get(kind.value)

    def replace(
        self,
        vertex: str,
        before: schema.Element | None,
        after: schema.Element | None,
    ) -> None:
        """Follow a change of the element at the vertex."""
        element = before if after is None else after
        if element is not None:
            for index in self._of_kind[element.kind]:
                index.replace(vertex, before, after)


def _kind_of(element: schema.Element) -> tuple[str]:
    return (element.kind.value,)
