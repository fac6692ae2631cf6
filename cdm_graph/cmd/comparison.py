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

"""What differs between a model and the truth of a simulated cloud."""

import collections.abc
import dataclasses
import typing

from cdm_graph.model import root
from cdm_graph.simulation import truth as truths

#: What no notification tells, and a model has from its last synchronize.
_POLLED: typing.Final = frozenset(
    {'vcpus_used', 'memory_mb_used', 'disk_gb_used'}
)


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the model has wrong."""

    what: str
    model: typing.Any
    truth: typing.Any

    def __str__(self) -> str:
        """Return it in words."""
        return f'{self.what}: model {self.model!r}, truth {self.truth!r}'


def differences(
    model: root.ModelRoot, truth: truths.Truth
) -> list[Difference]:
    """Return all differences, element by element, relation by relation.

    The reported usage of a node is left out: Nova announces it to nobody.
    """
    return [*_elements(model, truth), *_relations(model, truth)]


def _elements(
    model: root.ModelRoot, truth: truths.Truth
) -> collections.abc.Iterator[Difference]:
    nodes = model.graph.nodes
    for vertex in sorted({*nodes, *truth.vertices}):
        known, true = nodes.get(vertex), truth.vertices.get(vertex)
        if known is None or true is None:
            yield Difference(vertex, known, true)
            continue
        for name in sorted({*known, *true} - _POLLED):
            if known.get(name) != true.get(name):
                yield Difference(
                    f'{true.get("kind")} {vertex} {name}',
                    known.get(name),
                    true.get(name),
                )


def _relations(
    model: root.ModelRoot, truth: truths.Truth
) -> collections.abc.Iterator[Difference]:
    known = {
        (source, attributes['relation'], target)
        for (source, target), attributes in model.graph.edges.items()
    }
    for relation in sorted(known - truth.relations):
        yield Difference(' '.join(relation), 'there', 'missing')
    for relation in sorted(truth.relations - known):
        yield Difference(' '.join(relation), 'missing', 'there')
