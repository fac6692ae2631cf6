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

from tests.tck import feature

_TEXT = '''
Feature: One

  Scenario: [1] Plain
    Given an empty graph
    And parameters are:
      | a | 'x' |
    When executing query:
      """
      RETURN 1
      """

  Scenario Outline: [2] Many
    Given any graph
    When executing query:
      """
      RETURN <a>
      """

    Examples:
      | a |
      | 1 |
      | 2 |

  @ignore
  Scenario: [3] Known to be wrong
    Given there exists a procedure test.a() :: ():
      |
'''


def test_an_outline_is_a_scenario_for_each_example() -> None:
    plain, one, two, wrong = feature.scenarios('clauses/a.feature', _TEXT)
    assert plain.steps == (
        feature.Step('an empty graph'),
        feature.Step('parameters are:', table=(('a', "'x'"),)),
        feature.Step('executing query:', 'RETURN 1'),
    )
    assert plain.folder == 'clauses'
    assert [each.steps[1].text for each in (one, two)] == [
        'RETURN 1',
        'RETURN 2',
    ]
    assert one.line != two.line
    assert not plain.ignored
    assert wrong.ignored


def test_what_needs_a_procedure_is_known() -> None:
    found = feature.scenarios('clauses/a.feature', _TEXT)
    assert [each.needs_procedure for each in found] == [False] * 3 + [True]
