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

import pytest

from cdm_graph.collector import budget
from tests.support import clock as clocks


def test_a_rest_earns_a_burst_and_then_each_waits_for_its_turn(
    clock: clocks.FakeClock,
) -> None:
    spending = budget.Budget(clock, rate=4.0, burst=3.0)
    assert [spending.take() for _ in range(5)] == [0.0, 0.0, 0.0, 0.25, 0.25]
    clock.advance(0.25)
    assert [spending.take() for _ in range(2)] == [0.0, 0.25]


def test_what_was_waited_for_is_earned(clock: clocks.FakeClock) -> None:
    """Whoever waits as long as told makes as many requests as allowed."""
    spending = budget.Budget(clock, rate=4.0, burst=1.0)
    began = clock.monotonic()
    for _ in range(41):
        while delay := spending.take():
            clock.advance(delay)
    assert clock.monotonic() - began == pytest.approx(10.0)


def test_a_long_rest_earns_no_more_than_a_burst(
    clock: clocks.FakeClock,
) -> None:
    spending = budget.Budget(clock, rate=4.0, burst=2.0)
    clock.advance(1000)
    assert [spending.take() for _ in range(3)] == [0.0, 0.0, 0.25]


def test_what_is_given_back_can_be_taken_again(
    clock: clocks.FakeClock,
) -> None:
    spending = budget.Budget(clock, rate=4.0, burst=1.0)
    for _ in range(100):
        assert spending.take() == 0.0
        spending.give_back()
    assert [spending.take() for _ in range(2)] == [0.0, 0.25]


def test_no_rate_is_no_limit(clock: clocks.FakeClock) -> None:
    spending = budget.Budget(clock, rate=0.0)
    assert {spending.take() for _ in range(100)} == {0.0}
