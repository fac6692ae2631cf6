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

"""The windows of faults, and the figures over samples."""

import math

import pytest

from tests.soak import windows

_BOTH = frozenset({'synchronize', 'poll'})


def _fault(*heals: str) -> windows.Fault:
    return windows.Fault('fault', 100.0, 120.0, frozenset(heals) or _BOTH)


def test_a_window_ends_with_the_first_read_that_began_after_the_fault() -> (
    None
):
    reads = [
        windows.Read('poll', 90.0, 50.0),
        windows.Read('synchronize', 119.0, 2.0),
        windows.Read('synchronize', 121.0, 60.0),
        windows.Read('poll', 130.0, 5.0),
    ]
    found = windows.window(_fault(), reads, 999.0)
    assert found.ended_at == 135.0
    assert found.healed == reads[3]


def test_what_needs_a_synchronize_is_healed_by_no_poll() -> None:
    reads = [
        windows.Read('poll', 121.0, 1.0),
        windows.Read('synchronize', 121.0, 60.0),
    ]
    found = windows.window(_fault('synchronize'), reads, 999.0)
    assert found.ended_at == 181.0


def test_a_fault_that_is_not_healed_lasts_to_the_end() -> None:
    found = windows.window(_fault(), [], 999.0)
    assert found.ended_at == 999.0
    assert found.healed is None
    assert found.holds(100.0)
    assert found.holds(999.0)
    assert not found.holds(99.9)


def test_percentiles_are_values_that_were_seen() -> None:
    ordered = [float(number) for number in range(1, 201)]
    assert windows.percentile(ordered, 0.5) == 100.0
    assert windows.percentile(ordered, 0.99) == 198.0
    assert windows.percentile([7.0], 0.99) == 7.0


def test_ages_of_nothing_are_none() -> None:
    assert windows.ages([]) is None
    assert math.isnan(windows.middle([]))


def test_growth_is_in_percent() -> None:
    assert windows.growth(200.0, 210.0) == pytest.approx(5.0)


def test_a_slope_is_that_of_the_line() -> None:
    points = [(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]
    assert windows.slope(points) == pytest.approx(2.0)
