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
import sqlite3
import time
import typing

import pytest

from cdm_graph.history import database
from cdm_graph.history import recorder as recorders
from cdm_graph.history import source
from tests.support import clock as clocks
from tests.support import elements
from tests.support import history

_AWAY = source.Reason.AWAY
_SUMMED_UP = source.Reason.SUMMED_UP
_BEHIND = source.Reason.BEHIND
#: Seconds that anything may take.
_PATIENCE: typing.Final = 30.0


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / 'history.sqlite'


def test_changes_of_earlier_runs_are_known(
    path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    first = history.Run(path, clock).fill()
    first.flavor('a', 'b')
    first.end()
    clock.advance(100)
    second = history.Run(path, clock).fill()
    second.flavor('c')
    second.recorder.step()
    found = second.past.latest(history.ALL, history.EVER, 9).entries
    assert [entry.change.key.key for entry in found] == ['a', 'b', 'c']
    # Their numbers begin anew; the run tells them apart.
    assert [(entry.run, entry.change.sequence) for entry in found] == [
        (first.log.epoch, 1),
        (first.log.epoch, 2),
        (second.log.epoch, 1),
    ]
    assert found[0].change.cause == ('event', 'req-1')
    assert second.file.coverage() == (
        clocks.EPOCH,
        ((clocks.EPOCH + 2, clocks.EPOCH + 102, _AWAY),),
    )


def test_what_fills_a_model_is_not_written(
    path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    run = history.Run(path, clock)
    run.put(elements.flavor('first'))
    run.recorder.step()
    assert run.recorder.status().behind == 0
    assert run.recorder.status().began_at is None
    clock.advance(1)
    run.fill(elements.flavor('second'))
    run.flavor('third')
    run.recorder.step()
    assert run.names() == ['third']
    assert run.recorder.status() == recorders.RecorderStatus(
        file=str(path),
        state='recording',
        changes=1,
        behind=0,
        missed=0,
        began_at=clocks.EPOCH + 1,
        last_error=None,
        last_error_at=None,
    )


def test_nothing_is_written_twice_or_left_out(
    path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    run = history.Run(path, clock).fill()
    for name in 'abcd':
        run.flavor(name)
        if name in 'bd':
            run.recorder.step()
        assert run.names() == list('abcd'[: 'abcd'.index(name) + 1])
        # As if it had been closed by an error.
        run.recorder._close()
    run.recorder.step()
    assert run.names() == list('abcd')


def test_more_than_a_batch_is_written_at_once(
    path: pathlib.Path,
    clock: clocks.FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recorders, '_BATCH', 3)
    run = history.Run(path, clock).fill()
    run.flavor(*'abcdefgh')
    assert run.recorder.status().behind == 8
    run.recorder.step()
    assert run.recorder.status().behind == 0
    run.log.close()
    assert run.names() == list('abcdefgh')


def test_what_was_forgotten_before_it_was_written_is_told(
    path: pathlib.Path,
    clock: clocks.FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = history.Run(path, clock, most=2).fill()
    run.flavor('a')
    run.recorder.step()
    run.flavor(*'bcde')
    gap = (clocks.EPOCH + 1, clocks.EPOCH + 4, _BEHIND)
    # It is told before it is written, too.
    assert run.file.coverage().gaps == (gap,)
    run.recorder.step()
    assert run.recorder.status().missed == 2
    assert 'changes are missing' in caplog.text
    assert run.names() == ['d', 'e']
    assert run.file.coverage().began_at == clocks.EPOCH + 1
    assert run.file.coverage().gaps == (gap,)


def test_a_daemon_that_is_killed_was_seen_a_while_before(
    path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    run = history.Run(path, clock).fill()
    run.flavor('a')
    run.recorder.step()
    clock.advance(100)
    run.recorder.step()
    clock.advance(10)
    run.recorder.step()
    clock.advance(50)
    again = history.Run(path, clock).fill()
    again.recorder.step()
    (gap,) = again.file.coverage().gaps
    assert gap == (clocks.EPOCH + 101, clock.now, _AWAY)


def test_a_daemon_that_is_stopped_was_seen_until_then(
    path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    run = history.Run(path, clock).fill()
    run.recorder.step()
    clock.advance(10)
    run.end()
    clock.advance(10)
    again = history.Run(path, clock).fill()
    again.recorder.step()
    (gap,) = again.file.coverage().gaps
    assert gap == (clocks.EPOCH + 10, clock.now, _AWAY)


def test_a_gap_ends_when_the_model_is_whole_again(
    path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    history.Run(path, clock).fill().end()
    for _ in range(2):
        clock.advance(10)
        # It never gets as far as to be filled.
        run = history.Run(path, clock)
        run.recorder.step()
        assert run.file.coverage().gaps == ((clocks.EPOCH, None, _AWAY),)
        run.end()
    clock.advance(10)
    run = history.Run(path, clock).fill()
    run.recorder.step()
    clock.advance(10)
    run.recorder.step()
    assert run.file.coverage().gaps == (
        (clocks.EPOCH, clocks.EPOCH + 30, _AWAY),
    )


def test_after_a_warm_start_the_gap_is_summed_up(
    path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    known = elements.flavor('known')
    history.Run(path, clock).fill(known).end()
    clock.advance(10)
    run = history.Run(path, clock, recalled=[known])
    run.recorder.step()
    assert run.file.coverage().gaps == ((clocks.EPOCH, None, _AWAY),)
    clock.advance(10)
    run.fill(elements.flavor('new'))
    run.recorder.step()
    assert run.names() == ['new']
    assert run.file.coverage().gaps == (
        (clocks.EPOCH, clocks.EPOCH + 20, _SUMMED_UP),
    )


def test_a_file_that_is_moved_away_is_made_anew(
    path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    run = history.Run(path, clock).fill()
    run.flavor('a', 'b')
    run.recorder.step()
    path.rename(path.with_name('old'))
    run.flavor('c')
    run.recorder.step()
    # All that the log still has is written again.
    assert run.names() == ['a', 'b', 'c']
    assert run.recorder.status().changes == 3
    assert run.recorder.status().last_error is None


def _damage(path: pathlib.Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b'\xff' * (len(content) - 4096)
    path.write_bytes(content)


@pytest.mark.parametrize('damage', ['folder', 'content', 'foreign'])
def test_trouble_costs_the_file_only_and_passes(
    path: pathlib.Path,
    clock: clocks.FakeClock,
    caplog: pytest.LogCaptureFixture,
    damage: str,
) -> None:
    caplog.set_level('INFO')
    run = history.Run(path, clock).fill()
    run.flavor('a')
    run.recorder.step()
    run.recorder._close()
    folder, old = path.parent, path.parent.with_name('old')
    match damage:
        case 'folder':
            folder.rename(old)
        case 'content':
            _damage(path)
        case 'foreign':
            path.write_text('something else' * 1000)
    run.flavor('b')
    for _ in range(3):
        assert 0 < run.recorder.step() < 15
        assert run.names() == ['a', 'b']
    status = run.recorder.status()
    assert (status.state, status.behind) == ('unavailable', 1)
    assert status.last_error is not None
    assert str(path) in status.last_error
    assert status.last_error_at == clock.now
    assert caplog.text.count('in memory only from now on') == 1
    if damage == 'folder':
        old.rename(folder)
    else:
        path.unlink()
    run.recorder.step()
    status = run.recorder.status()
    assert (status.state, status.behind) == ('recording', 0)
    assert f'recorded in {path} again' in caplog.text
    run.flavor('c')
    assert run.names() == ['a', 'b', 'c']


def test_a_full_disk_is_waited_for(
    path: pathlib.Path,
    clock: clocks.FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connect = database._connect

    def full(where: pathlib.Path, how: str = '') -> sqlite3.Connection:
        db = connect(where, how)
        pages = db.execute('PRAGMA page_count').fetchone()[0]
        db.execute(f'PRAGMA max_page_count = {max(1, pages)}')
        return db

    run = history.Run(path, clock).fill()
    run.flavor('a')
    run.recorder.step()
    run.recorder._close()
    monkeypatch.setattr(database, '_connect', full)
    names = [f'flavor-{number:050}' for number in range(200)]
    run.flavor(*names)
    run.recorder.step()
    error = run.recorder.status().last_error
    assert error is not None
    assert 'database or disk is full' in error
    # What is in it can still be read.
    assert run.names() == ['a', *names]
    monkeypatch.setattr(database, '_connect', connect)
    run.recorder.step()
    assert run.recorder.status().behind == 0
    assert run.names() == ['a', *names]


def test_a_mistake_costs_no_more_than_trouble(
    path: pathlib.Path,
    clock: clocks.FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = history.Run(path, clock).fill()

    def fail(*_: typing.Any) -> None:
        raise LookupError('nothing there')

    with monkeypatch.context() as patch:
        patch.setattr(database.Writer, 'add', fail)
        run.flavor('a')
        run.recorder.step()
        error = run.recorder.status().last_error
        assert error == 'LookupError: nothing there.'
        assert 'Traceback' in caplog.text
    run.recorder.step()
    assert run.recorder.status().behind == 0


def test_it_works_in_a_thread_of_its_own(
    path: pathlib.Path, clock: clocks.FakeClock
) -> None:
    run = history.Run(path, clock).fill()
    run.recorder.start()
    try:
        run.flavor('a')
        deadline = time.monotonic() + _PATIENCE
        while run.recorder.status().behind:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        run.flavor('b')
    finally:
        run.recorder.stop()
    # What was noted until the stop is written.
    assert run.recorder.status().behind == 0
    run.recorder.stop()


def test_a_file_that_somebody_holds_does_not_keep_it_from_stopping(
    path: pathlib.Path,
    clock: clocks.FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(recorders, '_STOPPING', 0.2)
    monkeypatch.setattr(database, '_PATIENCE', 1.0)
    run = history.Run(path, clock).fill()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute('BEGIN IMMEDIATE')
        run.flavor('a')
        run.recorder.start()
        thread = run.recorder._thread
        assert thread is not None
        began = time.monotonic()
        run.recorder.stop()
        assert time.monotonic() - began < 1.0
    assert 'lacks the last 1 changes' in caplog.text
    thread.join(_PATIENCE)
