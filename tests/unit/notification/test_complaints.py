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

from cdm_graph.notification import complaints
from tests.support import clock as clocks


def test_the_same_complaint_is_made_once_in_a_while(
    clock: clocks.FakeClock,
) -> None:
    made = complaints.Complaints(clock)
    assert made.note('a') == 0
    clock.advance(30)
    assert made.note('a') is None
    assert made.note('b') == 0
    assert made.note('a') is None
    clock.advance(30)
    assert made.note('a') == 2
    clock.advance(60)
    assert made.note('a') == 0


def test_it_remembers_no_more_than_it_needs(clock: clocks.FakeClock) -> None:
    made = complaints.Complaints(clock)
    for number in range(5_000):
        made.note(str(number))
    assert len(made._made) <= 1_000
