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

from cdm_graph.collector import history as histories


def test_all_attempts_are_summed() -> None:
    history = (
        histories.History()
        .with_success(2.0, {'missed Instance': 1})
        .with_failure()
        .with_success(0.5, {'missed Instance': 2, 'phantom Instance': 1})
        .with_success(0.5, {})
    )
    assert history == histories.History(
        succeeded=3,
        failed=1,
        seconds=3.0,
        drift={'missed Instance': 3, 'phantom Instance': 1},
    )


def test_what_was_read_does_not_change() -> None:
    before = histories.History()
    before.with_success(1.0, {'missed Instance': 1})
    assert before == histories.History()
