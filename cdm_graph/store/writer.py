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

"""Writes any number of elements into a store, in transactions.

A transaction that is too large for the database is halved.  One that the
database refuses for what is in it is halved, too, until what it refuses is
alone: that is left out, counted and named, and the others are written.

While the database is busy with a transaction what the next one has is made.
"""

import collections.abc
import concurrent.futures
import dataclasses
import itertools
import typing

from oslo_log import log

from cdm_graph import exceptions
from cdm_graph.model import schema
from cdm_graph.store import contract

LOG = log.getLogger(__name__)

#: Elements of a transaction that is never made smaller.
_SMALLEST: typing.Final = 50
_Row = contract.Record | tuple[schema.Kind, str]


class BatchWriter:
    """Writes into a store; for one thread."""

    def __init__(self, store: contract.GraphStore) -> None:
        self._store = store
        self._most: int | None = None
        #: How many elements were written, and deleted.
        self.written = 0
        self.deleted = 0
        #: What the store refuses, by kind and vertex, and why.
        self.refused: dict[tuple[schema.Kind, str], str] = {}

    def write(
        self,
        records: collections.abc.Iterable[contract.Record],
        deletions: collections.abc.Iterable[tuple[schema.Kind, str]],
        cursor: contract.Cursor | None,
        size: int,
        check: collections.abc.Callable[[], None],
    ) -> int:
        """Write elements in their order, then deletions, then the cursor.

        :param cursor: moved in the last transaction
        :param size: how many of them a transaction has at most
        :param check: called before each transaction; may raise
        :returns: how many were written or deleted
        """
        before = self.written + self.deleted
        rows = itertools.chain[_Row](records, deletions)
        part = self._next(rows, size)
        for following in self._ahead(rows, size) if part else ():
            check()
            self._write(part, None)
            part = following
        if part or cursor is not None:
            check()
            self._write(part, cursor)
        return self.written + self.deleted - before

    def _ahead(
        self, rows: collections.abc.Iterator[_Row], size: int
    ) -> collections.abc.Iterator[list[_Row]]:
        """Yield parts; the one after is made while one is written.

        They are made by one thread at a time.
        """
        with concurrent.futures.ThreadPoolExecutor(1) as executor:
            part = self._next(rows, size)
            while part:
                following = executor.submit(self._next, rows, size)
                yield part
                part = following.result()

    def _next(
        self, rows: collections.abc.Iterator[_Row], size: int
    ) -> list[_Row]:
        return list(itertools.islice(rows, min(size, self._most or size)))

    def _write(self, rows: list[_Row], cursor: contract.Cursor | None) -> None:
        """Write some, in as many transactions as it takes."""
        batch = _batch(rows, cursor)
        try:
            self._store.write(batch)
        except exceptions.StoreOverloaded:
            if len(rows) <= _SMALLEST:
                raise
            self._most = max(_SMALLEST, len(rows) // 2)
            self._halve(rows, cursor)
        except exceptions.StoreRefused as error:
            if not rows:
                raise
            if any(map(_is_new, rows)):
                # Perhaps only for that: somebody else has made it.
                self._write(list(map(_known, rows)), cursor)
                return
            if len(rows) > 1:
                self._halve(rows, cursor)
                return
            self._refuse(rows[0], error)
            if cursor is not None:
                self._write([], cursor)
        else:
            self.written += len(batch.records)
            self.deleted += len(batch.deletions)
            for row in rows if self.refused else ():
                self.refused.pop(_key(row), None)

    def _halve(self, rows: list[_Row], cursor: contract.Cursor | None) -> None:
        middle = len(rows) // 2
        self._write(rows[:middle], None)
        self._write(rows[middle:], cursor)

    def _refuse(self, row: _Row, error: exceptions.StoreRefused) -> None:
        key = _key(row)
        if key not in self.refused:
            LOG.warning(
                'The store cannot hold %s %s, which is left out: %s',
                *key,
                error,
            )
        self.refused[key] = str(error)


def _batch(rows: list[_Row], cursor: contract.Cursor | None) -> contract.Batch:
    return contract.Batch(
        tuple(row for row in rows if isinstance(row, contract.Record)),
        tuple(row for row in rows if not isinstance(row, contract.Record)),
        cursor,
    )


def _is_new(row: _Row) -> bool:
    return isinstance(row, contract.Record) and row.is_new


def _known(row: _Row) -> _Row:
    if isinstance(row, contract.Record):
        return dataclasses.replace(row, is_new=False)
    return row


def _key(row: _Row) -> tuple[schema.Kind, str]:
    if isinstance(row, contract.Record):
        return row.kind, row.id
    return row
