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

import threading

import pytest

from cdm_graph import durations


def test_each_is_counted_at_the_first_bound_that_holds_it() -> None:
    noted = durations.Durations((0.1, 1.0))
    for seconds in (0.0, 0.1, 0.5, 1.0, 1.5, 60.0):
        noted.note(seconds)
    found = noted.read()
    assert found.bounds == (0.1, 1.0)
    assert found.counts == (2, 2, 2)
    assert found.seconds == pytest.approx(63.1)


def test_what_was_read_does_not_change() -> None:
    noted = durations.Durations((1.0,))
    before = noted.read()
    noted.note(0.5)
    assert before == durations.Distribution((1.0,), (0, 0), 0.0)


def test_none_is_lost_between_threads() -> None:
    noted = durations.Durations((1.0,))

    def note() -> None:
        for _ in range(2000):
            noted.note(0.5)

    threads = [threading.Thread(target=note) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert noted.read() == durations.Distribution((1.0,), (8000, 0), 4000.0)
