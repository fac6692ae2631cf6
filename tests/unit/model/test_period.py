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


from cdm_graph.model import period as periods


def test_it_begins_after_one_moment_and_ends_with_the_other() -> None:
    period = periods.Period(1.0, 2.0)
    assert [period.holds(at) for at in (1.0, 1.1, 2.0, 2.1)] == [
        *(False, True, True, False)
    ]


def test_it_may_have_no_bounds() -> None:
    assert periods.Period().holds(0.0)
    assert periods.Period(since=1.0).holds(9.0)
    assert not periods.Period(until=1.0).holds(9.0)
