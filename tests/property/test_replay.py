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


"""A real Nova's notifications lead to the truth, in whatever order."""

import pytest

from tests.property import replay


@pytest.mark.parametrize('step', replay.steps(), ids=lambda step: step.name)
def test_a_step_in_its_order(step: replay.Step) -> None:
    assert replay.replay(step, None) == []


def test_steps_in_disorder() -> None:
    assert replay.attempt(1, 60) == 60
