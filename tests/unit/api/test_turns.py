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

"""Large answers are made one after the other."""

import asyncio
import threading
import time

import pytest

from cdm_graph.api import turns


def test_one_is_made_at_a_time() -> None:
    most = now = 0
    counting = threading.Lock()

    def make() -> int:
        nonlocal most, now
        with counting:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with counting:
            now -= 1
        return most

    async def several() -> list[int]:
        large = turns.Turns()
        return await asyncio.gather(*(large.run(make) for _ in range(5)))

    assert asyncio.run(several()) == [1] * 5


def test_one_that_fails_is_followed_by_the_next() -> None:
    def fail() -> None:
        raise ValueError('large')

    async def both() -> str:
        large = turns.Turns()
        with pytest.raises(ValueError, match='large'):
            await large.run(fail)
        return await large.run(lambda: 'next')

    assert asyncio.run(both()) == 'next'
