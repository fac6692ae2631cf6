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

"""``tox -e tck``: run the openCypher TCK against the embedded engine.

The exit code is 1 if too little passes.  What fails is in the report, a line
for each scenario.  Scenarios on procedures are left out: they need some that
no engine has, and that no query can create.
"""

import argparse
import pathlib
import sys
import typing

from tests.tck import archive
from tests.tck import feature
from tests.tck import report
from tests.tck import runner

#: In percent.
_LEAST: typing.Final = 97.0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser('tox -e tck --', description=__doc__)
    parser.add_argument(
        '--folder',
        type=pathlib.Path,
        required=True,
        help='Where the archive of the TCK is kept.',
    )
    parser.add_argument(
        '--report',
        type=pathlib.Path,
        help='The file for what fails; in the folder if not given.',
    )
    parser.add_argument(
        'only',
        nargs='*',
        metavar='FEATURE',
        help='The beginning of a path, such as clauses/match.',
    )
    return parser


def _scenarios(
    kit: archive.Archive, only: tuple[str, ...]
) -> list[feature.Scenario]:
    return [
        scenario
        for file, text in kit.features()
        if file.startswith(only or '')
        for scenario in feature.scenarios(file, text)
        if not scenario.needs_procedure and not scenario.ignored
    ]


def main() -> int:
    options = _parser().parse_args()
    folder = options.folder.absolute()
    kit = archive.Archive(archive.download(folder))
    path = options.report or folder / 'tck-failures.txt'
    shown = report.Report(path)
    for outcome in runner.Runner(kit.graph).run(
        _scenarios(kit, tuple(options.only))
    ):
        shown.add(outcome)
    print(f'What failed is in {path}.')
    print('\n'.join(shown.lines()))
    return 0 if shown.percentage >= _LEAST else 1


if __name__ == '__main__':
    sys.exit(main())
