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

"""What a query did to a graph: what is in it afterwards, and was not before.

That is counted, not what was done: a property that is written with the value
it had is none, and one with another value is one removed and one added.  A
label counts once, however many nodes have it, and only when the first one
gets it or the last one loses it.
"""

import collections
import collections.abc
import dataclasses
import typing

from tests.tck import values

NAMES: typing.Final = ('nodes', 'relationships', 'labels', 'properties')

Things = dict[str, frozenset[values.Key]]


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    """The nodes and relationships of a graph, by their identity."""

    nodes: collections.abc.Mapping[str, values.Node]
    relationships: collections.abc.Mapping[str, values.Relationship]

    def things(self) -> Things:
        """Return all that can be added or removed."""
        return {
            'nodes': frozenset(self.nodes),
            'relationships': frozenset(self.relationships),
            'labels': frozenset(
                label for node in self.nodes.values() for label in node.labels
            ),
            'properties': frozenset(
                (kind, identity, name, values.key(value))
                for kind, elements in (
                    ('node', self.nodes),
                    ('relationship', self.relationships),
                )
                for identity, element in elements.items()
                for name, value in element.properties.items()
            ),
        }


def between(before: State, after: State) -> collections.Counter[str]:
    """Return how much was added and removed: ``{'+nodes': 1}``."""
    old, new = before.things(), after.things()
    return +collections.Counter(
        {
            f'{sign}{name}': len(more[name] - less[name])
            for name in NAMES
            for sign, more, less in (('+', new, old), ('-', old, new))
        }
    )
