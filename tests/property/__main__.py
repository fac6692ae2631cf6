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


"""The proof: ``tox -e property``.

It searches for a sequence of events that breaks a clause of the contract, as
long as is asked for, and prints for each clause how often it was tried.
"""

import argparse
import collections.abc
import os
import random
import sys

from tests.property import breaks
from tests.property import runner


def _arguments(words: collections.abc.Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='tox -e property --', description=__doc__
    )
    parser.add_argument('--runs', type=int, help='of each clause')
    parser.add_argument('--seed', type=int, help='repeat what was printed')
    parser.add_argument(
        '--clause',
        action='append',
        metavar='NAME',
        help='a number of the contract, or ' + ', '.join(_others()),
    )
    parser.add_argument(
        '--processes',
        type=int,
        # Each waits for its own threads most of the time.
        default=4 * (os.cpu_count() or 1),
    )
    parser.add_argument(
        '--shrink',
        action='store_true',
        help='look for a shorter sequence, which takes minutes',
    )
    parser.add_argument(
        '--break',
        dest='broken',
        metavar='NAME',
        help='apply a mistake, which has to be found; or list, or all',
    )
    return parser.parse_args(words)


def _others() -> list[str]:
    return [
        trial.name
        for trial in runner.TRIALS
        if not trial.name.startswith('clause ')
    ]


def _wanted(names: collections.abc.Sequence[str] | None) -> list[int]:
    wanted = [
        number
        for number, trial in enumerate(runner.TRIALS)
        if not names or trial.name.removeprefix('clause ') in names
    ]
    if not wanted:
        sys.exit(f'There is no clause {", ".join(names or ())}.')
    return wanted


def _run_broken(arguments: argparse.Namespace, seed: int) -> int:
    name = arguments.broken
    if name == 'list':
        for each in breaks.BREAKS:
            print(f'{each.name:<26} {each.what}')
        return 0
    names = [each.name for each in breaks.BREAKS]
    if name != 'all':
        if name not in names:
            sys.exit(f'There is no break {name}; ask for --break list.')
        names = [name]
    catches = runner.run_broken(
        names, _wanted(arguments.clause), seed, arguments.processes
    )
    if name != 'all':
        (catch,) = catches
        print(catch.failure)
        # A run of broken code has to fail.
        return 1 if catch.trial else 0
    missed = [catch.name for catch in catches if catch.trial is None]
    print(
        f'{len(catches) - len(missed)} of {len(catches)} breaks were caught'
        + (f'; not: {", ".join(missed)}' if missed else '')
    )
    return 1 if missed else 0


def main(words: collections.abc.Sequence[str]) -> int:
    """Run what is asked for; return the exit status."""
    arguments = _arguments(words)
    runner.prepare()
    seed = arguments.seed
    if seed is None:
        seed = random.randrange(2**31)
    if arguments.broken:
        return _run_broken(arguments, seed)
    held = runner.run(
        _wanted(arguments.clause),
        seed,
        arguments.runs or 2000,
        arguments.processes,
        shrink=arguments.shrink,
    )
    return 0 if held else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
