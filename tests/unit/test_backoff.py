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

import random

import pytest

from cdm_graph import backoff


@pytest.mark.parametrize(
    ('failures', 'middle'),
    [
        (0, 1.0),
        (1, 1.0),
        (2, 2.0),
        (3, 4.0),
        (6, 32.0),
        (7, 60.0),
        (999, 60.0),
    ],
)
def test_the_delay_doubles_up_to_the_longest(
    failures: int, middle: float
) -> None:
    for seed in range(50):
        delay = backoff.delay(failures, 1.0, 60.0, random.Random(seed))
        assert 0.75 * middle <= delay <= min(1.25 * middle, 60.0)


def test_who_failed_together_does_not_come_back_together() -> None:
    jitter = random.Random(1)
    delays = {backoff.delay(3, 1.0, 60.0, jitter) for _ in range(20)}
    assert len(delays) == 20
