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


"""Tries the clauses many times over, in several processes, and reports.

A *trial* is a clause, or one of the other searches.  Its runs are cut into
chunks, each with a seed of its own that follows from the first, so that one
chunk can be repeated without those before it, and the number of processes
changes nothing.
"""

import collections
import collections.abc
import dataclasses
import logging
import multiprocessing
import os
import time
import traceback
import typing

from tests.property import breaks
from tests.property import clauses
from tests.property import fuzz
from tests.property import mirror
from tests.property import races
from tests.property import replay
from tests.property import snapshots
from tests.support import store

_CHUNK: typing.Final = 100
_STEPS: typing.Final = 20
#: Of a break, runs of a trial before the next trial's turn; rounds at most,
#: and those of the trial that is to catch it before all others have a turn.
_BROKEN_CHUNK: typing.Final = 25
_BROKEN_ROUNDS: typing.Final = 16
_FIRST_ROUNDS: typing.Final = 4
#: Lines of a failure that are shown.
_SHOWN: typing.Final = 60


@dataclasses.dataclass(frozen=True, slots=True)
class Trial:
    """Something to try many times, by a seed."""

    name: str
    title: str
    #: Seed and runs to the number of runs that were made.
    attempt: collections.abc.Callable[[int, int, bool], int]

    def __str__(self) -> str:
        """Return what it is called in the report."""
        return f'{self.name} {self.title}'


@dataclasses.dataclass(frozen=True, slots=True)
class Chunk:
    """Some of the runs of a trial."""

    trial: int
    seed: int
    runs: int
    shrink: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a chunk; the failure in words, if there is one."""

    chunk: Chunk
    runs: int
    failure: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Catch:
    """Which trial caught a break, and after how long; none if none did."""

    name: str
    trial: str | None
    runs: int
    seconds: float
    failure: str


def _of_clause(machine: type[clauses.Clause]) -> Trial:
    def attempt(seed: int, runs: int, shrink: bool) -> int:
        before = machine.runs
        clauses.run(machine, seed, runs, _STEPS, shrink=shrink)
        return machine.runs - before

    return Trial(f'clause {machine.number}', machine.title, attempt)


def _of_races(seed: int, runs: int, shrink: bool) -> int:
    """Run each race once, whatever the seed: nothing in them is by chance."""
    for race in races.RACES.values():
        race()
    return len(races.RACES)


TRIALS: typing.Final[tuple[Trial, ...]] = (
    *map(_of_clause, clauses.CLAUSES),
    Trial('clause 7', 'a mirror of the model', mirror.attempt),
    Trial('snapshots', 'and forks of them', snapshots.attempt),
    Trial('races', 'by their numbers', _of_races),
    Trial(
        'replay',
        'of a real Nova',
        lambda seed, runs, shrink: replay.attempt(seed, runs),
    ),
    Trial(
        'fuzz',
        'of damaged messages',
        lambda seed, runs, shrink: fuzz.attempt(seed, runs),
    ),
)
#: What is the same every time is tried once.
_ONCE: typing.Final = frozenset({'races'})


def prepare() -> None:
    """Make this process, and those that it starts, the same every time."""
    os.environ['PYTHONHASHSEED'] = '0'
    logging.disable(logging.WARNING)
    # What a test provokes is not to be printed.
    logging.getLogger().addHandler(logging.NullHandler())


def _attempt(chunk: Chunk) -> Outcome:
    trial = TRIALS[chunk.trial]
    try:
        runs = trial.attempt(chunk.seed, chunk.runs, chunk.shrink)
    except (Exception, store.Mistake) as error:
        return Outcome(chunk, 0, _words(error))
    return Outcome(chunk, runs, None)


def _words(error: BaseException) -> str:
    """Return what it was, and where, and the end of the steps before it."""
    lines = ''.join(traceback.format_exception(error)).splitlines()
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return '\n'.join(
        [
            f'{frame.filename}:{frame.lineno}: {frame.line}',
            f'{type(error).__name__}: {error}',
            *lines[-_SHOWN:],
        ]
    )


def run(
    wanted: collections.abc.Sequence[int],
    seed: int,
    runs: int,
    processes: int,
    *,
    shrink: bool = False,
) -> bool:
    """Try those trials, print a line each; return whether all held."""
    chunks = [
        Chunk(trial, seed + number, min(_CHUNK, runs - first), shrink)
        for trial in wanted
        for number, first in enumerate(range(0, runs, _CHUNK))
        if not number or TRIALS[trial].name not in _ONCE
    ]
    left = collections.Counter(chunk.trial for chunk in chunks)
    done: collections.Counter[int] = collections.Counter()
    failures: collections.Counter[int] = collections.Counter()
    context = multiprocessing.get_context('spawn')
    with context.Pool(processes, prepare) as pool:
        for outcome in pool.imap_unordered(_attempt, chunks):
            trial = outcome.chunk.trial
            done[trial] += outcome.runs
            left[trial] -= 1
            if outcome.failure is not None:
                failures[trial] += 1
                _print_failure(outcome)
            if not left[trial]:
                _say(
                    f'{TRIALS[trial]}: {done[trial]} runs, seed {seed}, '
                    f'{failures[trial]} failures'
                )
    return not failures


def _print_failure(outcome: Outcome) -> None:
    chunk = outcome.chunk
    trial = TRIALS[chunk.trial]
    _say(
        f'{trial} FAILED:\n{outcome.failure}\n'
        f'Repeat it with --clause {trial.name.removeprefix("clause ")} '
        f'--seed {chunk.seed} --runs {chunk.runs}'
    )


def run_broken(
    names: collections.abc.Sequence[str],
    wanted: collections.abc.Sequence[int],
    seed: int,
    processes: int,
) -> list[Catch]:
    """Try the trials with each break applied; print and return the catches."""
    context = multiprocessing.get_context('spawn')
    catches = []
    # A break cannot be taken back: each needs a process of its own.
    with context.Pool(processes, prepare, maxtasksperchild=1) as pool:
        work = [(name, tuple(wanted), seed) for name in names]
        for catch in pool.imap(_catch, work, chunksize=1):
            catches.append(catch)
            by = catch.trial or 'NOT CAUGHT'
            _say(
                f'{catch.name:<26} {by:<52} {catch.runs:>5} runs '
                f'{catch.seconds:6.1f} s'
            )
    return catches


def _catch(work: tuple[str, tuple[int, ...], int]) -> Catch:
    name, wanted, seed = work
    broken = breaks.find(name)
    broken.apply()
    began = time.monotonic()
    runs = 0
    for number, trial in _turns(wanted, broken.first):
        outcome = _attempt(Chunk(trial, seed + number, _BROKEN_CHUNK))
        runs += outcome.runs or 1
        if outcome.failure is not None:
            seconds = time.monotonic() - began
            return Catch(
                name, str(TRIALS[trial]), runs, seconds, outcome.failure
            )
    return Catch(name, None, runs, time.monotonic() - began, '')


def _turns(
    wanted: collections.abc.Sequence[int], first: str
) -> collections.abc.Iterator[tuple[int, int]]:
    """Yield which trial has its turn, each time with the number of a round.

    One that is about something rare may not meet it in its first runs, and
    all others would be tried in vain.
    """

    def rounds(trial: int) -> range:
        is_once = TRIALS[trial].name in _ONCE
        return range(1 if is_once else _BROKEN_ROUNDS)

    early = [
        (number, trial)
        for trial in wanted
        if TRIALS[trial].title == first
        for number in rounds(trial)[:_FIRST_ROUNDS]
    ]
    yield from early
    for number in range(_BROKEN_ROUNDS):
        for trial in wanted:
            if number in rounds(trial) and (number, trial) not in early:
                yield number, trial


def _say(text: str) -> None:
    print(text, flush=True)
