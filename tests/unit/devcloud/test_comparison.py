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

"""When a comparison of a model with a cloud ends, and how."""

import itertools
import typing

import pytest

from cdm_graph.model import schema
from tests.devcloud import comparison
from tests.devcloud import view as views

_LIMIT: typing.Final = 10.0
_READ: typing.Final = 0.1
_MODEL_READ: typing.Final = 0.2


class _Time:
    """What the comparison knows as the module ``time``."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class _Cloud:
    """A cloud whose one server is called by the time, until it rests.

    The model reads as slowly as it is told to, follows after a delay, and
    may lack something that does not change.
    """

    def __init__(
        self,
        time: _Time,
        *,
        rests_after: float,
        follows_after: float = 0.0,
        lacks: bool = False,
    ) -> None:
        self._time = time
        self._began = time.now
        self._rests_after = rests_after
        self._follows_after = follows_after
        self._lacks = lacks
        self.model_reads = itertools.repeat(_MODEL_READ)

    def read(self) -> views.View:
        self._time.now += _READ
        return self._view(self._time.now, 'constant')

    def view(self) -> views.View:
        self._time.now += next(self.model_reads)
        moment = self._time.now - self._follows_after
        return self._view(moment, 'lacking' if self._lacks else 'constant')

    def synchronized_at(self) -> dict[str, float | None]:
        return {}

    def _view(self, moment: float, constant: str) -> views.View:
        name = f'{min(moment - self._began, self._rests_after):.2f}'
        return views.View(
            {
                'server': {'kind': schema.Kind.INSTANCE, 'name': name},
                'flavor': {'kind': schema.Kind.FLAVOR, 'name': constant},
            },
            frozenset(),
        )


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> _Time:
    simulated = _Time()
    monkeypatch.setattr(comparison, 'time', simulated)
    return simulated


def _compare(cloud: _Cloud, time: _Time) -> comparison.Outcome:
    comparator = comparison.Comparator(
        typing.cast(typing.Any, cloud), typing.cast(typing.Any, cloud)
    )
    return comparator.wait_until_equal(comparison.Scope(), time.now, _LIMIT)


def test_a_model_that_follows_in_time_is_equal(time: _Time) -> None:
    cloud = _Cloud(time, rests_after=0.0, follows_after=8.0)
    outcome = _compare(cloud, time)
    assert outcome.differences == ()
    assert outcome.seconds == pytest.approx(8.0, abs=1.0)


def test_a_model_that_follows_too_late_fails(time: _Time) -> None:
    cloud = _Cloud(time, rests_after=0.0, follows_after=12.0)
    outcome = _compare(cloud, time)
    assert outcome.differences
    assert 'the cloud kept changing' not in outcome.differences[0]


def test_a_cloud_that_still_changes_wins_its_model_nothing(
    time: _Time,
) -> None:
    cloud = _Cloud(time, rests_after=5.0, follows_after=7.0)
    assert _compare(cloud, time).differences


@pytest.mark.parametrize('rests_after', [0.0, 9.9, 10_000.0])
def test_what_is_wrong_of_a_changing_cloud_fails(
    time: _Time, rests_after: float
) -> None:
    cloud = _Cloud(time, rests_after=rests_after, lacks=True)
    outcome = _compare(cloud, time)
    assert len(outcome.differences) == 1
    assert 'lacking' in outcome.differences[0]
    assert outcome.seconds < _LIMIT + 1.0


def test_a_cloud_that_changes_for_longer_is_waited_for(time: _Time) -> None:
    cloud = _Cloud(time, rests_after=15.0)
    outcome = _compare(cloud, time)
    assert outcome.differences == ()
    assert 15.0 < outcome.seconds < 17.0


def test_its_model_has_no_more_time_by_that(time: _Time) -> None:
    cloud = _Cloud(time, rests_after=15.0, follows_after=3.0)
    assert _compare(cloud, time).differences


def test_one_slow_read_is_no_failure(time: _Time) -> None:
    """The cloud changed once, while the model was read for all its time."""
    cloud = _Cloud(time, rests_after=1.0)
    cloud.model_reads = itertools.chain([11.0], cloud.model_reads)
    assert _compare(cloud, time).differences == ()


def test_a_cloud_that_never_rests_fails_with_what_changed(
    time: _Time,
) -> None:
    cloud = _Cloud(time, rests_after=10_000.0)
    began = time.now
    outcome = _compare(cloud, time)
    assert 'the cloud kept changing' in outcome.differences[0]
    assert 'name' in outcome.differences[1]
    assert time.now - began < 120.0
