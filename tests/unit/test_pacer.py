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

import collections.abc
import time

import pytest

from cdm_graph import pacer


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(time, 'sleep', slept.append)
    return slept


def _pause(pace: pacer.Pacer) -> None:
    """Do as many small steps as lead to one look at the timer."""
    for _ in range(pacer._CALLS):
        pace.pause()


def test_who_worked_for_a_while_pauses_as_long(slept: list[float]) -> None:
    moments = iter([10.0, 10.25, 11.0, 11.5, 12.0])
    pace = pacer.Pacer(lambda: next(moments))
    _pause(pace)
    _pause(pace)
    assert slept == [0.25, 0.5]


def test_who_hardly_worked_does_not_pause(slept: list[float]) -> None:
    moments = iter([10.0, 10.001, 10.002, 10.0625, 10.0625])
    pace = pacer.Pacer(lambda: next(moments))
    for _ in range(3):
        _pause(pace)
    assert slept == [0.0625]


def test_what_there_was_to_do_before_the_first_row_does_not_count(
    slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = 0.0
    monkeypatch.setattr(time, 'thread_time', lambda: moment)

    def rows() -> collections.abc.Iterator[int]:
        nonlocal moment
        moment += 10.0
        yield from range(pacer._CALLS)

    assert len(list(pacer.paced(rows()))) == pacer._CALLS
    assert slept == []


def test_who_makes_many_rows_pauses_between_them(
    slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    worked = iter([0.0, 0.25, 0.25])
    monkeypatch.setattr(time, 'thread_time', lambda: next(worked))
    rows = list(range(pacer._CALLS))
    assert list(pacer.paced(rows)) == rows
    assert slept == [0.25]
