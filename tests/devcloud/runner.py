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

"""Runs a scenario, and tells of each step on one line.

A step that fails is told with its reason, and the next one is tried; the
model is made equal first, so that one failure is counted once.  What failed
is kept, for whoever reads only the end of a long log.
"""

import collections.abc
import time
import typing

from tests.devcloud import comparison
from tests.devcloud import scenario

_WIDTH: typing.Final = 35

Report = collections.abc.Callable[[str], None]


class Runner:
    """Counts what passed and failed, of all the scenarios that it runs."""

    def __init__(self, report: Report) -> None:
        """Tell by that."""
        self._report = report
        self.passed = 0
        self.failures: list[str] = []

    @property
    def failed(self) -> int:
        """How many steps failed."""
        return len(self.failures)

    def run(
        self, steps: scenario.Steps, comparator: comparison.Comparator
    ) -> None:
        """Run all the steps."""
        while True:
            try:
                step = next(steps)
            except StopIteration:
                return
            except Exception as error:  # what a step left is not usable
                self._fail('preparation of the next step', '', [str(error)])
                return
            self._run(step, comparator)

    def _run(
        self, step: scenario.Step, comparator: comparison.Comparator
    ) -> None:
        begun = time.monotonic()
        try:
            comparator.begin()
            step.act()
        except Exception as error:  # whatever it is, the step failed
            reason = f'{type(error).__name__}: {error}'
            self._fail(step.name, _seconds('op', begun), [reason])
            return
        self._compare(step, comparator, _seconds('op', begun))

    def _compare(
        self,
        step: scenario.Step,
        comparator: comparison.Comparator,
        times: str,
    ) -> None:
        if step.scope is None:
            self._pass(step.name, times)
            return
        ended = time.monotonic()
        try:
            outcome = comparator.wait_until_equal(
                step.scope, ended, step.limit
            )
            if outcome.differences:
                comparator.heal()
        except Exception as error:  # an API or the daemon does not answer
            reason = f'{type(error).__name__}: {error}'
            self._fail(step.name, times, [reason])
            return
        if outcome.differences:
            self._fail(step.name, times, outcome.differences)
        else:
            found = f'{comparator.finding} after {outcome.seconds:4.1f} s'
            self._pass(
                step.name, f'{times}  {found} (bound {step.limit:.0f} s)'
            )

    def _pass(self, name: str, times: str) -> None:
        self.passed += 1
        number = self.passed + self.failed
        self._report(_line(number, name, f'{times}  ok'))

    def _fail(
        self, name: str, times: str, reasons: collections.abc.Iterable[str]
    ) -> None:
        number = self.passed + self.failed + 1
        failure = '\n'.join(
            [
                _line(number, name, f'{times}  FAILED'),
                *(f'         {reason}' for reason in reasons),
            ]
        )
        self.failures.append(failure)
        self._report(failure)


def _line(number: int, name: str, rest: str) -> str:
    return f'step {number:3} {name:{_WIDTH}} {rest}'


def _seconds(what: str, begun: float) -> str:
    return f'{what} {time.monotonic() - begun:5.1f} s'
