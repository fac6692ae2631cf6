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


"""The history in a database of SQLite, in one file.

Beside the changes it has the *terms* that each can be chosen by, so that those
of one server are found without a look at all others; the *runs* of the daemon,
whose sequences say nothing about each other; the *gaps* between them; and how
far back it reaches.

Who writes commits changes together with where it was, so that the file always
has the history up to one change.
"""

import collections.abc
import contextlib
import os
import pathlib
import sqlite3
import typing

from cdm_graph import exceptions
from cdm_graph.history import encoding
from cdm_graph.history import source
from cdm_graph.model import change_log
from cdm_graph.model import period as periods
from cdm_graph.model import selection as selections

#: What the file says that it is: "cdmh", and the version of the tables.
_APPLICATION: typing.Final = 0x63646D68
_VERSION: typing.Final = 1
#: Seconds to wait for somebody else who writes to the file.
_PATIENCE: typing.Final = 5.0
_SCHEMA: typing.Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    epoch TEXT NOT NULL UNIQUE,
    began_at REAL NOT NULL,
    sequence INTEGER,
    seen_at REAL NOT NULL
);
CREATE TABLE changes (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs,
    sequence INTEGER NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    before TEXT,
    after TEXT,
    related TEXT NOT NULL,
    unrelated TEXT NOT NULL,
    cause TEXT NOT NULL,
    request_id TEXT
);
CREATE INDEX changes_by_kind ON changes (kind);
CREATE INDEX changes_by_moment ON changes (at);
CREATE TABLE terms (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    change INTEGER NOT NULL REFERENCES changes,
    PRIMARY KEY (name, value, change)
) WITHOUT ROWID;
CREATE INDEX terms_by_change ON terms (change);
CREATE TABLE gaps (
    id INTEGER PRIMARY KEY,
    since REAL NOT NULL,
    until REAL,
    reason TEXT NOT NULL
);
CREATE TABLE reach (began_at REAL NOT NULL);
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
COMMIT;
"""
_COLUMNS: typing.Final = ', '.join(encoding.Row._fields)
_PLACES: typing.Final = ', '.join('?' * len(encoding.Row._fields))


@contextlib.contextmanager
def trouble(path: pathlib.Path) -> collections.abc.Iterator[None]:
    """Tell in a sentence what is wrong with a file.

    :raises cdm_graph.exceptions.HistoryUnavailable: if something is
    """
    try:
        yield
    except OSError as error:
        raise exceptions.HistoryUnavailable(
            f'{path} cannot be used: {error.strerror or error}. Its folder '
            'has to be there, and to be writable.'
        ) from error
    except sqlite3.OperationalError as error:
        raise exceptions.HistoryUnavailable(
            f'{path} cannot be used: {error}. Its disk has to have room, its '
            'folder has to be writable, and nobody else may hold it.'
        ) from error
    except sqlite3.Error as error:
        raise exceptions.HistoryUnavailable(
            f'{path} cannot be used: {error}. It is damaged, or is something '
            'else: name another file, or move it away, and a new one is made.'
        ) from error
    except (ValueError, TypeError) as error:
        raise exceptions.HistoryUnavailable(
            f'{path} has a change that this release cannot read: '
            f'{str(error).partition(chr(10))[0]}. Move it away: a new one is '
            'made.'
        ) from error


def check(path: pathlib.Path) -> None:
    """Look whether a history can be kept in a file, which is made.

    :raises cdm_graph.exceptions.HistoryUnavailable: if it cannot
    """
    with trouble(path), contextlib.closing(Writer(path)):
        pass


class Writer:
    """Writes to the file; for one thread.

    :raises OSError: if there can be no such file
    :raises sqlite3.Error: if it cannot be used
    :raises cdm_graph.exceptions.HistoryUnavailable: if it is no history, or
        one of another release
    """

    def __init__(self, path: pathlib.Path) -> None:
        # SQLite would let others read what it makes.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._path = path
        self._inode = path.stat().st_ino
        self._connection = _connect(path)
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        db = self._connection
        if not _number(db, 'SELECT count(*) FROM sqlite_master'):
            db.executescript(_SCHEMA)
        _look(db, self._path)
        db.execute('PRAGMA journal_mode = WAL')
        # A loss of power may cost the last seconds, but never the file.
        db.execute('PRAGMA synchronous = NORMAL')
        # That the file can be written is known now, not amid the first batch.
        with self.transaction():
            db.execute(f'PRAGMA user_version = {_VERSION}')

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    @property
    def is_there(self) -> bool:
        """Whether the path still leads to the file that is written to."""
        try:
            return self._path.stat().st_ino == self._inode
        except OSError:
            return False

    @contextlib.contextmanager
    def transaction(self) -> collections.abc.Iterator[None]:
        """Write all of what is written within, or nothing."""
        self._connection.execute('BEGIN IMMEDIATE')
        try:
            yield
        except BaseException:
            # SQLite has ended it by itself where the disk is full.
            if self._connection.in_transaction:
                self._connection.rollback()
            raise
        self._connection.commit()

    # -- runs and gaps -----------------------------------------------------

    def join(self, log: change_log.ChangeLog, now: float) -> int | None:
        """Note that a daemon runs; return the last of its changes in here.

        It is none if there is none yet.
        """
        db = self._connection
        known = db.execute(
            'SELECT sequence FROM runs WHERE epoch = ?', (log.epoch,)
        ).fetchone()
        if known is not None:
            return typing.cast(int | None, known[0])
        last = _number(db, 'SELECT seen_at FROM runs ORDER BY id DESC')
        since = log.began_at if last is None else last
        if (last is not None or log.was_recalled) and not self.has_open_gap:
            db.execute(
                'INSERT INTO gaps (since, reason) VALUES (?, ?)',
                (since, source.Reason.AWAY.value),
            )
        db.execute(
            'INSERT INTO runs (epoch, began_at, seen_at) VALUES (?, ?, ?)',
            (log.epoch, log.began_at, now),
        )
        return None

    @property
    def has_open_gap(self) -> bool:
        """Whether it is not complete again since a daemon was away."""
        return bool(
            _number(
                self._connection,
                'SELECT count(*) FROM gaps WHERE until IS NULL',
            )
        )

    def close_gap(self, until: float, reason: source.Reason) -> None:
        """Note since when it is complete again."""
        self._connection.execute(
            'UPDATE gaps SET until = ?, reason = ? WHERE until IS NULL',
            (until, reason.value),
        )

    def add_gap(self, gap: source.Gap) -> None:
        """Note that something is not known."""
        self._connection.execute(
            'INSERT INTO gaps (since, until, reason) VALUES (?, ?, ?)',
            (gap.since, gap.until, gap.reason.value),
        )

    @property
    def began_at(self) -> float | None:
        """Since when changes are known; none if nothing ever was."""
        return _number(self._connection, 'SELECT began_at FROM reach')

    def begin(self, at: float) -> None:
        """Note since when changes are known."""
        self._connection.execute(
            'INSERT INTO reach (began_at) VALUES (?)', (at,)
        )

    def see(self, epoch: str, sequence: int | None, now: float) -> None:
        """Note that a run is alive, and what the file has of its changes."""
        self._connection.execute(
            'UPDATE runs SET sequence = ?, seen_at = ? WHERE epoch = ?',
            (sequence, now, epoch),
        )

    # -- changes -----------------------------------------------------------

    def add(
        self, entries: collections.abc.Iterable[change_log.Entry], epoch: str
    ) -> None:
        """Write changes of a run."""
        db = self._connection
        run = _number(db, 'SELECT id FROM runs WHERE epoch = ?', epoch)
        for entry in entries:
            change = db.execute(
                # Of names of columns only.
                f'INSERT INTO changes (run, {_COLUMNS}) '  # noqa: S608
                f'VALUES (?, {_PLACES})',
                (run, *encoding.row(entry)),
            ).lastrowid
            db.executemany(
                'INSERT INTO terms (name, value, change) VALUES (?, ?, ?)',
                [
                    (term.name, encoding.text(term.value), change)
                    for term in selections.terms_of(entry.change)
                ],
            )

    def last_at(self) -> float | None:
        """Return when the last change was that it has."""
        return _last_at(self._connection)

    def count(self) -> int:
        """Return how many changes it has: their numbers have no gaps."""
        return int(
            _number(
                self._connection,
                'SELECT ifnull(max(id) - min(id) + 1, 0) FROM changes',
            )
            or 0
        )

    def forget(self, most: int) -> None:
        """Keep the last changes only, so many at most."""
        db = self._connection
        last = _number(db, 'SELECT max(id) FROM changes') or 0
        at = _number(
            db, 'SELECT at FROM changes WHERE id = ?', int(last) - most
        )
        if at is None:
            return
        gone = (int(last) - most,)
        db.execute('DELETE FROM terms WHERE change <= ?', gone)
        db.execute('DELETE FROM changes WHERE id <= ?', gone)
        db.execute('UPDATE reach SET began_at = ?', (at,))
        db.execute('DELETE FROM gaps WHERE until <= ?', (at,))
        db.execute(
            'DELETE FROM runs WHERE id < (SELECT min(run) FROM changes)'
        )


class Reader:
    """Reads the file as it is at one moment; for one thread.

    :raises sqlite3.Error: if it cannot be used
    :raises cdm_graph.exceptions.HistoryUnavailable: if it is no history, or
        one of another release
    """

    def __init__(self, path: pathlib.Path) -> None:
        self._connection = _connect(path, '?mode=ro')
        try:
            self._connection.execute('BEGIN')
            _look(self._connection, path)
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def sequence(self, epoch: str) -> int | None:
        """Return the last change of a run that it has; none if it has none."""
        found = _number(
            self._connection,
            'SELECT sequence FROM runs WHERE epoch = ?',
            epoch,
        )
        return None if found is None else int(found)

    def began_at(self) -> float | None:
        """Return since when changes are known; none if nothing is."""
        return _number(self._connection, 'SELECT began_at FROM reach')

    def last_at(self) -> float | None:
        """Return when the last change was that it has."""
        return _last_at(self._connection)

    def gaps(self) -> collections.abc.Iterator[source.Gap]:
        """Yield the gaps, the oldest first."""
        for since, until, reason in self._connection.execute(
            'SELECT since, until, reason FROM gaps ORDER BY id'
        ):
            yield source.Gap(since, until, source.Reason(reason))

    def walk(
        self, selection: selections.Selection, period: periods.Period
    ) -> collections.abc.Iterator[change_log.Entry]:
        """Yield changes, the latest first."""
        conditions, values = _conditions(selection, period)
        decoder = encoding.Decoder()
        for epoch, *kept in self._connection.execute(
            # Of names of columns, and of places for the values.
            f'SELECT epoch, {_columns_of("changes")} '  # noqa: S608
            'FROM changes JOIN runs ON runs.id = changes.run '
            f'WHERE {" AND ".join(conditions)} ORDER BY changes.id DESC',
            values,
        ):
            yield decoder.entry(encoding.Row(*kept), epoch)


def _columns_of(table: str) -> str:
    return ', '.join(f'{table}.{name}' for name in encoding.Row._fields)


def _conditions(
    selection: selections.Selection, period: periods.Period
) -> tuple[list[str], list[typing.Any]]:
    """Return in SQL what is chosen, and the values that are asked for."""
    conditions, values = ['TRUE'], list[typing.Any]()
    if selection.kinds:
        places = ', '.join('?' * len(selection.kinds))
        conditions.append(f'changes.kind IN ({places})')
        values += sorted(selection.kinds)
    for term in selection.terms:
        conditions.append(
            'changes.id IN '
            '(SELECT change FROM terms WHERE name = ? AND value = ?)'
        )
        values += [term.name, encoding.text(term.value)]
    for moment, comparison in ((period.since, '>'), (period.until, '<=')):
        if moment is not None:
            conditions.append(f'changes.at {comparison} ?')
            values.append(moment)
    return conditions, values


def _connect(path: pathlib.Path, how: str = '') -> sqlite3.Connection:
    return sqlite3.connect(
        f'{path.absolute().as_uri()}{how}',
        timeout=_PATIENCE,
        isolation_level=None,
        uri=True,
    )


def _number(
    db: sqlite3.Connection, statement: str, *values: object
) -> float | None:
    """Return the first value of the first row; none if there is none."""
    found = db.execute(statement, values).fetchone()
    return None if found is None else found[0]


def _last_at(db: sqlite3.Connection) -> float | None:
    return _number(db, 'SELECT at FROM changes ORDER BY id DESC')


def _look(db: sqlite3.Connection, path: pathlib.Path) -> None:
    """Look whether a database is a history of this release."""
    if _number(db, 'PRAGMA application_id') != _APPLICATION:
        raise exceptions.HistoryUnavailable(
            f'{path} is a database, but no history of cdm-graph. Name '
            'another file.'
        )
    version = _number(db, 'PRAGMA user_version')
    if version != _VERSION:
        raise exceptions.HistoryUnavailable(
            f'{path} is of another release: its tables have version '
            f'{version}, and this one knows version {_VERSION}. Name another '
            'file, or move it away: a new one is made.'
        )
