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

"""A store in memory, as the contract says it is, with faults to switch on."""

import collections.abc
import copy
import typing

from cdm_graph import exceptions
from cdm_graph.model import answer
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.store import contract
from cdm_graph.store import encoding

#: Kinds, then vertices, then properties and relations.
Content = dict[
    schema.Kind,
    dict[str, tuple[contract.Properties, dict[str, tuple[str, ...]]]],
]


class Mistake(BaseException):
    """What no mirror may do; none takes it for an error of the store."""


class Database:
    """What the stores of all regions have in common: what they hold.

    :param elements: regions, kinds and vertices, then properties
    :param edges: regions, then sources, relations and targets
    """

    def __init__(self) -> None:
        self.elements: dict[
            tuple[str, schema.Kind, str], contract.Properties
        ] = {}
        self.edges: dict[tuple[str, str, schema.Relation, str], None] = {}
        self.cursors: dict[str, contract.Cursor] = {}

    def lose_everything(self) -> None:
        self.elements, self.edges, self.cursors = {}, {}, {}

    def of_region(self, region: str) -> tuple[typing.Any, ...]:
        """Return all of a region, to be compared."""
        return copy.deepcopy(
            (
                {k: v for k, v in self.elements.items() if k[0] == region},
                {edge for edge in self.edges if edge[0] == region},
                self.cursors.get(region),
            )
        )


class MemoryStore(contract.GraphStore):
    """The part of a database in memory that is of a region.

    What no mirror may do, such as to write a relation that lacks an end,
    raises :class:`Mistake`.

    :param answers: what queries answer, by their statements
    """

    def __init__(
        self,
        region: str = 'here',
        database: Database | None = None,
        answers: dict[str, answer.Answer] | None = None,
    ) -> None:
        self.region = region
        self.database = database or Database()
        self.answers = answers or {}
        #: All that was written, also what became of it.
        self.batches: list[contract.Batch] = []
        #: What was asked: statements, values and limits.
        self.asked: list[tuple[str, contract.Values, contract.Limits]] = []
        self.unavailable = False
        #: So many writes fail after they were committed.
        self.unknown_outcomes = 0
        self.most_rows: int | None = None
        self.refused_ids: set[str] = set()
        self.schemas = 0
        self.closed = False
        self.lasting = True
        # Others need not have what it never had.
        self._ever_refused: set[str] = set()

    @property
    def address(self) -> str:
        return 'memory'

    @property
    def is_lasting(self) -> bool:
        return self.lasting

    def be_at(self, cursor: contract.Cursor) -> None:
        """Be where somebody else has written it to."""
        self.database.cursors[self.region] = cursor

    @property
    def rows_written(self) -> int:
        return sum(map(len, self.batches))

    def _check(self) -> None:
        if self.unavailable:
            raise exceptions.StoreUnavailable('memory: it is away.')

    def _check_batch(self, batch: contract.Batch) -> None:
        self._check()
        if self.most_rows is not None and len(batch) > self.most_rows:
            raise exceptions.StoreOverloaded('memory: it is too much.')
        for record in batch.records:
            if record.id in self.refused_ids:
                self._ever_refused.add(record.id)
                raise exceptions.StoreRefused(f'memory: not {record.id}.')

    # -- the contract ------------------------------------------------------

    def ensure_schema(self) -> None:
        self._check()
        self.schemas += 1

    def write(self, batch: contract.Batch) -> None:
        self._check_batch(batch)
        elements = dict(self.database.elements)
        edges = dict(self.database.edges)
        for record in batch.records:
            told = record.properties
            _require(
                (told['region'], told['id']) == (self.region, record.id),
                f'{record.id} is told to be {told}',
            )
            place = self.region, record.kind, record.id
            if record.is_new and place in elements:
                raise exceptions.StoreRefused(f'memory: there is {place}.')
            _require(
                record.relations is not None or place in elements,
                f'{record.id} is new, and its relations are not told',
            )
            elements[place] = dict(record.properties)
        for record in batch.records:
            if record.relations is not None:
                self._relate(record, elements, edges)
        for kind, vertex in batch.deletions:
            elements.pop((self.region, kind, vertex), None)
            for edge in [
                edge
                for edge in edges
                if edge[0] == self.region and vertex in (edge[1], edge[3])
            ]:
                del edges[edge]
        self.database.elements, self.database.edges = elements, edges
        if batch.cursor is not None:
            self.database.cursors[self.region] = batch.cursor
        self.batches.append(batch)
        if self.unknown_outcomes:
            self.unknown_outcomes -= 1
            raise exceptions.StoreUnavailable('memory: who knows.')

    def _relate(
        self,
        record: contract.Record,
        elements: dict[tuple[str, schema.Kind, str], contract.Properties],
        edges: dict[tuple[str, str, schema.Relation, str], None],
    ) -> None:
        told = record.relations or {}
        _require(
            set(told) == set(encoding.LEAVING[record.kind]),
            f'{record.id} has other relations: {told}',
        )
        for edge in [
            edge
            for edge in edges
            if edge[:2] == (self.region, record.id)
            and edge[3] not in told[edge[2]]
        ]:
            del edges[edge]
        for relation, targets in told.items():
            kind = encoding.LEAVING[record.kind][relation]
            for target in targets:
                if (self.region, kind, target) in elements:
                    edges[self.region, record.id, relation, target] = None
                    continue
                _require(
                    target in self._ever_refused,
                    f'{record.id} {relation} {target}, which is not there',
                )

    def cursor(self) -> contract.Cursor | None:
        self._check()
        return self.database.cursors.get(self.region)

    def hashes(
        self, kind: schema.Kind
    ) -> collections.abc.Iterator[tuple[str, str]]:
        for properties in self.nodes(kind):
            yield properties['id'], properties['hash']

    def nodes(
        self, kind: schema.Kind
    ) -> collections.abc.Iterator[contract.Properties]:
        self._check()
        for (region, found, _), properties in self.database.elements.items():
            if (region, found) == (self.region, kind):
                yield dict(properties)

    def ends(
        self,
        source: schema.Kind,
        relation: schema.Relation,
        target: schema.Kind,
    ) -> collections.abc.Iterator[tuple[str, str]]:
        self._check()
        elements = self.database.elements
        for region, one, found, other in self.database.edges:
            if (
                (region, found) == (self.region, relation)
                and (region, source, one) in elements
                and (region, target, other) in elements
            ):
                yield one, other

    def query(
        self,
        statement: str,
        values: contract.Values,
        limits: contract.Limits,
    ) -> answer.Answer:
        self._check()
        self.asked.append((statement, values, limits))
        if statement not in self.answers:
            raise exceptions.QueryInvalid(f'memory: {statement} is unknown.')
        return self.answers[statement]

    def explain(self, statement: str, values: contract.Values) -> str:
        self._check()
        return f'the plan of {statement} with {dict(values)}'

    def close(self) -> None:
        self.closed = True


def _require(condition: bool, words: str) -> None:
    if not condition:
        raise Mistake(words)


def model_of(store: MemoryStore) -> Content:
    """Return what a store holds, each element with its relations."""
    content: Content = {kind: {} for kind in schema.Kind}
    related: dict[str, dict[str, list[str]]] = {}
    for region, source, relation, target in store.database.edges:
        if region == store.region:
            of_source = related.setdefault(source, {})
            of_source.setdefault(relation.value, []).append(target)
    for (region, kind, vertex), found in store.database.elements.items():
        if region == store.region:
            content[kind][vertex] = (
                found,
                {
                    relation: tuple(sorted(targets))
                    for relation, targets in related.get(vertex, {}).items()
                },
            )
    return content


def content_of(model: root.ModelRoot, region: str = 'here') -> Content:
    """Return what a store of a model should hold."""
    content: Content = {kind: {} for kind in schema.Kind}
    for element in model.elements():
        record = encoding.record(model, element, region)
        content[record.kind][record.id] = (
            record.properties,
            {
                relation.value: targets
                for relation, targets in (record.relations or {}).items()
                if targets
            },
        )
    return content


def without(content: Content, vertices: set[str]) -> Content:
    """Return content without some elements, and the relations to them."""
    return {
        kind: {
            vertex: (
                properties,
                {
                    relation: left
                    for relation, targets in relations.items()
                    if (left := tuple(t for t in targets if t not in vertices))
                },
            )
            for vertex, (properties, relations) in several.items()
            if vertex not in vertices
        }
        for kind, several in content.items()
    }
