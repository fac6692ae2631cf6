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

"""Whether a store holds just what a model does."""

import collections
import typing

from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.store import contract
from cdm_graph.store import encoding

_Ends = tuple[str, str]


def records(
    model: root.ModelRoot, kind: schema.Kind, region: str
) -> dict[str, contract.Record]:
    """Return the elements of a kind as a store is to hold them."""
    return {
        record.id: record
        for record in (
            encoding.record(model, element, region)
            for element in model.each(kind)
        )
    }


def whole(model: root.ModelRoot, region: str) -> contract.Batch:
    """Return a batch that writes all of a model."""
    return contract.Batch(
        tuple(
            record
            for kind in encoding.ORDER
            for record in records(model, kind, region).values()
        )
    )


def assert_equal(
    store: contract.GraphStore, model: root.ModelRoot, region: str
) -> None:
    """Compare nodes, their properties, and relations, one by one."""
    ends: dict[
        tuple[schema.Kind, schema.Relation], collections.Counter[_Ends]
    ] = collections.defaultdict(collections.Counter)
    for kind in schema.Kind:
        expected = records(model, kind, region)
        stored = {
            str(properties['id']): properties
            for properties in store.nodes(kind)
        }
        assert (
            _different(
                {record.id: record.properties for record in expected.values()},
                stored,
            )
            == {}
        ), kind
        assert dict(store.hashes(kind)) == {
            record.id: record.properties['hash']
            for record in expected.values()
        }
        for record in expected.values():
            for relation, targets in (record.relations or {}).items():
                for target in targets:
                    ends[kind, relation][record.id, target] += 1
    for source, relation, target, _ in schema.RELATIONS:
        found = collections.Counter(store.ends(source, relation, target))
        assert found == ends[source, relation], (source, relation)


def _different(
    expected: dict[str, typing.Any], found: dict[str, typing.Any]
) -> dict[str, typing.Any]:
    return {
        vertex: (expected.get(vertex), found.get(vertex))
        for vertex in expected.keys() | found.keys()
        if expected.get(vertex) != found.get(vertex)
    }
