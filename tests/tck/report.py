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

"""What failed and why, and how much passed."""

import collections
import pathlib
import re
import typing

from tests.tck import runner

_WHY: typing.Final = 300
_SPACE: typing.Final = re.compile(r'\s+')


class Report:
    """Counts outcomes, and writes down at once what failed."""

    def __init__(self, path: pathlib.Path) -> None:
        """Write into a file; what is in it goes."""
        self._path = path
        self._total: collections.Counter[str] = collections.Counter()
        self._passed: collections.Counter[str] = collections.Counter()
        self._failed: collections.Counter[str] = collections.Counter()
        path.write_text('')

    @property
    def percentage(self) -> float:
        total = self._total.total()
        return 100 * self._passed.total() / total if total else 0.0

    def add(self, outcome: runner.Outcome) -> None:
        """Count an outcome."""
        scenario = outcome.scenario
        self._total[scenario.folder] += 1
        if outcome.failure is None:
            self._passed[scenario.folder] += 1
            return
        self._failed[outcome.failure.kind] += 1
        why = _SPACE.sub(' ', str(outcome.failure))[:_WHY]
        with self._path.open('a') as file:
            file.write(
                f'{scenario.file}:{scenario.line}: {scenario.name}: {why}\n'
            )

    def lines(self) -> list[str]:
        """Return what failed in which way, each folder, and the total."""
        return [
            *(
                f'failed by {kind}: {count}'
                for kind, count in self._failed.most_common()
            ),
            *(
                f'{folder}: passed {self._passed[folder]} of {total}'
                for folder, total in sorted(self._total.items())
            ),
            f'passed {self._passed.total()} of {self._total.total()} '
            f'({self.percentage:.1f} %)',
        ]
