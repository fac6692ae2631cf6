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

"""What a graph database has to offer to mirror a model and to be asked.

A store belongs to one *region*: the name of the cloud whose elements it
holds.  Many regions share a database, and a store neither reads nor touches
what another one wrote, but for the statements of users, which see all.

An implementation is an entry point of ``cdm_graph.stores``: a function that
takes the configuration and the region and returns a :class:`GraphStore`.
"""

import abc
import collections.abc
import dataclasses
import typing

from cdm_graph.model import answer
from cdm_graph.model import schema

#: Properties of a node, as a database can hold them.
Properties = dict[str, typing.Any]
Values = collections.abc.Mapping[str, typing.Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """An element as a store holds it.

    :param kind: the label of its node
    :param id: its vertex
    :param properties: all that the node is to have
    :param relations: the vertices that it is to be related to, for each type
        of relation that its kind may have; none where they are as they were
    :param is_new: whether the store lacks it, so that it need not look; if
        it has it nevertheless it refuses the batch
    """

    kind: schema.Kind
    id: str
    properties: Properties
    relations: collections.abc.Mapping[schema.Relation, tuple[str, ...]] | None

    is_new: bool = False


class Cursor(typing.NamedTuple):
    """Up to which change of which model a store was written.

    :param epoch: the model, which is another one after a restart
    :param sequence: the number of the change
    :param synchronized_at: when the last synchronize in it began, in seconds
        since the epoch; none before the first
    """

    epoch: str
    sequence: int
    synchronized_at: float | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Batch:
    """What is written in one transaction.

    First the nodes, then their relations, then the deletions, then the
    cursor, so that no reader sees a relation without its ends.  All of it may
    be written twice.

    :param records: the ends of a relation come before it: earlier batches
        have them, or this one has
    :param deletions: by kinds and vertices
    :param cursor: where the store is once this is written; none if it is to
        stay where it was
    """

    records: tuple[Record, ...] = ()
    deletions: tuple[tuple[schema.Kind, str], ...] = ()
    cursor: Cursor | None = None

    def __len__(self) -> int:
        """Return how many elements it writes or deletes."""
        return len(self.records) + len(self.deletions)


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What a query may take.

    :param seconds: time, after which it is ended
    :param rows: rows, after which there are no more
    """

    seconds: float = 30.0
    rows: int = 10_000


class GraphStore(abc.ABC):
    """A graph database that mirrors the elements of a region.

    It is thread-safe.  Every method may raise

    :raises cdm_graph.exceptions.StoreUnavailable: if the database cannot be
        reached, or not now: the same may work later
    :raises cdm_graph.exceptions.StoreAccessDenied: if it refuses the
        credentials
    """

    @property
    @abc.abstractmethod
    def address(self) -> str:
        """Where it is, for a message; without secrets."""

    @property
    @abc.abstractmethod
    def is_lasting(self) -> bool:
        """Whether what it holds is there after a restart of the process."""

    @abc.abstractmethod
    def ensure_schema(self) -> None:
        """Create the constraints and indexes that are missing.

        :raises cdm_graph.exceptions.StoreUnsupported: if the database is too
            old, or a newer release of cdm-graph has written to it
        """

    @abc.abstractmethod
    def write(self, batch: Batch) -> None:
        """Write a batch, as a whole or not at all.

        :raises cdm_graph.exceptions.StoreOverloaded: if it is too large
        :raises cdm_graph.exceptions.StoreRefused: if something in it cannot
            be written, whenever it is tried
        """

    @abc.abstractmethod
    def cursor(self) -> Cursor | None:
        """Return where the store is; none if nothing was ever written."""

    @abc.abstractmethod
    def hashes(
        self, kind: schema.Kind
    ) -> collections.abc.Iterator[tuple[str, str]]:
        """Yield the vertices and hashes of the elements of a kind."""

    @abc.abstractmethod
    def nodes(self, kind: schema.Kind) -> collections.abc.Iterator[Properties]:
        """Yield the properties of the elements of a kind."""

    @abc.abstractmethod
    def ends(
        self,
        source: schema.Kind,
        relation: schema.Relation,
        target: schema.Kind,
    ) -> collections.abc.Iterator[tuple[str, str]]:
        """Yield the sources and targets of the relations of a type."""

    @abc.abstractmethod
    def query(
        self, statement: str, values: Values, limits: Limits
    ) -> answer.Answer:
        """Run a statement that only reads.

        :param values: of its parameters
        :raises cdm_graph.exceptions.QueryInvalid: if it would write, or is
            wrong; the message shows where
        :raises cdm_graph.exceptions.QueryTooSlow: if it takes too long
        """

    @abc.abstractmethod
    def explain(self, statement: str, values: Values) -> str:
        """Return the database's plan of a statement, as text.

        :raises cdm_graph.exceptions.QueryInvalid: if it is wrong
        """

    @abc.abstractmethod
    def close(self) -> None:
        """Let go of the database."""
