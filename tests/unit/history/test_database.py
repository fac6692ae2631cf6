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


import contextlib
import pathlib
import re
import sqlite3
import stat
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.history import database
from cdm_graph.model import period as periods
from cdm_graph.model import schema
from cdm_graph.model import selection as selections
from tests.support import clock as clocks
from tests.support import history


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / 'history.sqlite'


def _execute(path: pathlib.Path, statement: str) -> list[typing.Any]:
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        return db.execute(statement).fetchall()


def test_a_file_is_made_for_its_owner_alone(path: pathlib.Path) -> None:
    database.check(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    database.check(path)
    assert _execute(path, 'PRAGMA journal_mode') == [('wal',)]


def test_a_folder_has_to_be_there(path: pathlib.Path) -> None:
    with pytest.raises(
        exceptions.HistoryUnavailable, match=r'No such file.* folder has to'
    ):
        database.check(path / 'x')
    path.mkdir()
    with pytest.raises(exceptions.HistoryUnavailable, match='directory'):
        database.check(path)


def test_what_is_no_database_is_left_alone(path: pathlib.Path) -> None:
    path.write_text('precious' * 1000)
    with pytest.raises(
        exceptions.HistoryUnavailable, match='file is not a database'
    ):
        database.check(path)
    assert path.read_text() == 'precious' * 1000


def test_a_database_of_something_else_is_left_alone(
    path: pathlib.Path,
) -> None:
    _execute(path, 'CREATE TABLE precious (x)')
    content = path.read_bytes()
    with pytest.raises(
        exceptions.HistoryUnavailable, match='no history of cdm-graph'
    ):
        database.check(path)
    assert path.read_bytes() == content


def test_a_file_of_another_release_is_left_alone(path: pathlib.Path) -> None:
    database.check(path)
    _execute(path, 'PRAGMA user_version = 7')
    for use in (database.Writer, database.Reader):
        with pytest.raises(
            exceptions.HistoryUnavailable, match=r'version 7.* knows version 1'
        ):
            use(path)
    assert _execute(path, 'PRAGMA user_version') == [(7,)]


def _begin_and_fail(writer: database.Writer) -> None:
    writer.begin(1.0)
    raise LookupError


def test_a_transaction_writes_all_or_nothing(path: pathlib.Path) -> None:
    with contextlib.closing(database.Writer(path)) as writer:
        with pytest.raises(LookupError), writer.transaction():
            _begin_and_fail(writer)
        assert writer.began_at is None
        with writer.transaction():
            writer.begin(1.0)
        assert writer.began_at == 1.0


@pytest.mark.parametrize(
    ('selection', 'period', 'index'),
    [
        (selections.Selection(element='x'), periods.Period(), 'terms'),
        (
            selections.Selection(host='x', project='y'),
            periods.Period(),
            'terms',
        ),
        (
            selections.Selection(frozenset({schema.Kind.PORT})),
            periods.Period(),
            'changes_by_kind',
        ),
        (
            selections.Selection(),
            periods.Period(1.0, 2.0),
            'changes_by_moment',
        ),
    ],
    ids=['an element', 'a host', 'a kind', 'a period'],
)
def test_what_is_chosen_is_found_by_an_index(
    path: pathlib.Path,
    selection: selections.Selection,
    period: periods.Period,
    index: str,
) -> None:
    database.check(path)
    conditions, values = database._conditions(selection, period)
    with contextlib.closing(sqlite3.connect(path)) as db:
        plan = db.execute(
            # Conditions of the module itself, with places for the values.
            'EXPLAIN QUERY PLAN SELECT * FROM changes '  # noqa: S608
            f'WHERE {" AND ".join(conditions)} ORDER BY changes.id DESC',
            values,
        ).fetchall()
    words = ' '.join(str(row[-1]) for row in plan)
    assert not re.search('SCAN changes', words), words
    assert index in words, words


def test_the_oldest_are_forgotten_with_all_that_is_of_them(
    path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    first = history.Run(path, clock, most=3).fill()
    first.flavor('a', 'b')
    first.recorder.finish()
    second = history.Run(path, clock, most=3).fill()
    for name in 'cdef':
        second.flavor(name)
        second.recorder.step()
    assert second.names() == ['d', 'e', 'f']
    assert _execute(path, 'SELECT count(DISTINCT change) FROM terms') == [(3,)]
    assert _execute(path, 'SELECT epoch FROM runs') == [(second.log.epoch,)]
    # When the last was that is forgotten.
    assert second.file.coverage() == (clocks.EPOCH + 3, ())
