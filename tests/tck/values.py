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

"""Values of Cypher, and when two of them are the same.

Null, booleans, numbers, texts, lists and maps are Python's.  The elements of
a graph have classes here, and no identity: two nodes that look the same are
the same.  What has a class of its own in Cypher but not here, such as a date,
is its text.
"""

import collections.abc
import dataclasses

Properties = collections.abc.Mapping[str, object]
#: What can be compared and counted.
Key = collections.abc.Hashable


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """A node as one sees it."""

    labels: frozenset[str]
    properties: Properties


@dataclasses.dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship as one sees it, without its ends."""

    type: str
    properties: Properties


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """A relationship of a path, whether along it, and the node it leads to."""

    relationship: Relationship
    forward: bool
    node: Node


@dataclasses.dataclass(frozen=True, slots=True)
class Path:
    """A walk from a node."""

    start: Node
    steps: tuple[Step, ...]


def key(value: object, *, ignore_list_order: bool = False) -> Key:
    """Return what is equal for values that are the same, and only for them.

    An integer is not the float beside it, and no boolean; NaN is NaN.
    """
    return _Keys(ignore_list_order).of(value)


class _Keys:
    def __init__(self, ignore_list_order: bool) -> None:
        self._ignore_list_order = ignore_list_order

    def of(self, value: object) -> Key:
        match value:
            case Node():
                return (
                    'node',
                    tuple(sorted(value.labels)),
                    self._map(value.properties),
                )
            case Relationship():
                return (
                    'relationship',
                    value.type,
                    self._map(value.properties),
                )
            case Path():
                return (
                    'path',
                    self.of(value.start),
                    tuple(map(self._step, value.steps)),
                )
            case list():
                return 'list', self._list(value)
            case dict():
                return 'map', self._map(value)
        return _scalar(value)

    def _step(self, step: Step) -> Key:
        return self.of(step.relationship), step.forward, self.of(step.node)

    def _list(self, values: list[object]) -> Key:
        keys = [self.of(value) for value in values]
        if self._ignore_list_order:
            # Any order will do, as long as it is the same for both.
            keys.sort(key=repr)
        return tuple(keys)

    def _map(self, values: Properties) -> Key:
        # Sorted, as sets that are equal may be written differently.
        return tuple(
            (name, self.of(value)) for name, value in sorted(values.items())
        )


def _scalar(value: object) -> Key:
    match value:
        case None | bool() | int() | str():
            return type(value).__name__, value
        case float():
            # NaN is not equal to itself; a zero may have a sign.
            return 'float', repr(value + 0.0)
    raise TypeError(f'No value of Cypher: {value!r}')
