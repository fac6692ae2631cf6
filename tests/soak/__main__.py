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

"""``python -m tests.soak``: soak, print the figures, exit 0 if all is well."""

import argparse
import collections.abc
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import typing

from cdm_graph.simulation.nova import scenarios
from tests.soak import faults
from tests.soak import report
from tests.soak import runner

_ENDED: typing.Final = 143


def _positive(text: str) -> float:
    number = float(text)
    if number <= 0:
        raise argparse.ArgumentTypeError('it must be above 0')
    return number


def _option(text: str) -> tuple[str, str, str]:
    name, equals, value = text.partition('=')
    group, dot, option = name.partition('.')
    if not (equals and dot):
        raise argparse.ArgumentTypeError(
            'an option is written as group.name=value'
        )
    return group, option, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser('python -m tests.soak')
    parser.add_argument('--minutes', type=_positive, default=20.0)
    parser.add_argument('--hosts', type=int, default=1000)
    parser.add_argument('--instances', type=int, default=100_000)
    parser.add_argument(
        '--rate', type=_positive, default=200.0, help='Changes a second.'
    )
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument(
        '--option',
        type=_option,
        action='append',
        default=[],
        metavar='GROUP.NAME=VALUE',
        help='An option of the daemon; may be given again and again.',
    )
    parser.add_argument(
        '--without',
        choices=sorted(scenarios.WEIGHTS),
        action='append',
        default=[],
        metavar='SCENARIO',
        help='What shall not happen; may be given again and again.',
    )
    parser.add_argument(
        '--fault',
        choices=[planned.name for planned in faults.PLAN],
        action='append',
        metavar='NAME',
        help='Only that, of all that befalls; may be given again and again.',
    )
    parser.add_argument(
        '--no-faults',
        dest='fault',
        action='store_const',
        const=[],
        help='Nothing befalls the cloud.',
    )
    parser.add_argument(
        '--keep', action='store_true', help='Keep the files and logs.'
    )
    return parser


def _options(chosen: argparse.Namespace) -> runner.Options:
    more: dict[str, dict[str, object]] = {}
    for group, name, value in chosen.option:
        more.setdefault(group, {})[name] = value
    return runner.Options(
        minutes=chosen.minutes,
        hosts=chosen.hosts,
        instances=chosen.instances,
        rate=chosen.rate,
        seed=chosen.seed,
        without=tuple(chosen.without),
        faults=tuple(
            planned
            for planned in faults.PLAN
            if chosen.fault is None or planned.name in chosen.fault
        ),
        daemon=runner.daemon_options(more),
    )


def _end(*_: object) -> typing.NoReturn:
    sys.exit(_ENDED)


def main(arguments: collections.abc.Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    # So that what was started ends with it.
    signal.signal(signal.SIGTERM, _end)
    folder = pathlib.Path(tempfile.mkdtemp(prefix='cdm-soak-'))
    began = time.monotonic()

    def say(text: str) -> None:
        at = time.monotonic() - began
        print(f'[{at:6.0f} s] {text}', file=sys.stderr, flush=True)

    say(f'Files are in {folder}.')
    try:
        found = report.report(runner.run(_options(chosen), folder, say))
    finally:
        if not chosen.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print('\n'.join(found.lines))
    for failure in found.failures:
        print(f'FAILED: {failure}')
    return 1 if found.failures else 0


if __name__ == '__main__':
    sys.exit(main())
