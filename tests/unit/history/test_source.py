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

from cdm_graph.history import source
from cdm_graph.model import period as periods

_AWAY = source.Reason.AWAY
_SUMMED_UP = source.Reason.SUMMED_UP


@pytest.mark.parametrize(
    ('since', 'until', 'overlaps'),
    [
        (None, None, True),
        (0, 10, False),
        (0, 11, True),
        (19, None, True),
        (20, None, False),
        (12, 13, True),
    ],
)
def test_a_gap_hides_what_happened_in_it(
    since: float | None, until: float | None, overlaps: bool
) -> None:
    period = periods.Period(since, until)
    gap = source.Gap(10, 20, _AWAY)
    assert gap.overlaps(period) == gap.hides(period) == overlaps


@pytest.mark.parametrize(
    ('since', 'until', 'hides'),
    [
        (None, None, False),
        (10, 20, False),
        (0, 15, True),
        (15, None, True),
        (12, 13, True),
        (20, 30, False),
    ],
)
def test_what_is_summed_up_is_known_as_a_whole(
    since: float | None, until: float | None, hides: bool
) -> None:
    gap = source.Gap(10, 20, _SUMMED_UP)
    assert gap.hides(periods.Period(since, until)) == hides


@pytest.mark.parametrize('reason', source.Reason)
def test_a_gap_that_goes_on_hides_all_after_it(reason: source.Reason) -> None:
    gap = source.Gap(10, None, reason)
    assert gap.hides(periods.Period(5, None))
    assert gap.hides(periods.Period(15, 16))
    assert not gap.hides(periods.Period(5, 9))
