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

import pytest

from cdm_graph.model import freshness


@pytest.mark.parametrize(
    ('synchronized_at', 'partial', 'readiness', 'age'),
    [
        (None, (), freshness.Readiness.NOT_READY, None),
        (None, ('why',), freshness.Readiness.NOT_READY, None),
        (90.0, (), freshness.Readiness.READY, 10.0),
        (90.0, ('why',), freshness.Readiness.PARTIAL, 10.0),
        # A clock that was set back makes nothing younger than it is.
        (110.0, (), freshness.Readiness.READY, 0.0),
    ],
)
def test_freshness_follows_from_the_last_synchronize(
    synchronized_at: float | None,
    partial: tuple[str, ...],
    readiness: freshness.Readiness,
    age: float | None,
) -> None:
    shown = freshness.Freshness(1, 100.0, synchronized_at, partial)
    assert (shown.readiness, shown.age) == (readiness, age)


@pytest.mark.parametrize(
    ('synchronized_at', 'pulse', 'as_of'),
    [
        # No bus, or one that was never heard.
        (90.0, {}, 90.0),
        (90.0, {'unread_at': 95.0, 'gap_at': 10.0}, 90.0),
        (None, {'heard_at': 99.0}, None),
        # All that was announced is in the model.
        (90.0, {'heard_at': 99.0}, 99.0),
        (90.0, {'heard_at': 99.0, 'gap_at': 80.0}, 99.0),
        # A gap that the synchronize came after, just so, and before.
        (90.0, {'heard_at': 99.0, 'gap_at': 90.0}, 99.0),
        (90.0, {'heard_at': 99.0, 'gap_at': 90.1}, 90.0),
        (90.0, {'heard_at': 99.0, 'gap_at': 98.0, 'unread_at': 95.0}, 90.0),
        # What was heard before the gap still holds.
        (90.0, {'heard_at': 99.0, 'gap_at': 98.0, 'held_at': 97.0}, 97.0),
        (90.0, {'heard_at': 99.0, 'gap_at': 80.0, 'held_at': 70.0}, 99.0),
        # The last heartbeat is older than the last synchronize.
        (90.0, {'heard_at': 80.0}, 90.0),
        # Something waits to be read.
        (90.0, {'heard_at': 99.0, 'unread_at': 95.0}, 95.0),
        (90.0, {'heard_at': 99.0, 'unread_at': 99.5}, 99.0),
        (90.0, {'heard_at': 99.0, 'unread_at': 70.0}, 90.0),
    ],
)
def test_a_model_is_of_the_moment_up_to_which_nothing_is_missing(
    synchronized_at: float | None,
    pulse: dict[str, float],
    as_of: float | None,
) -> None:
    """Contract 3."""
    shown = freshness.Freshness(
        1, 100.0, synchronized_at, (), freshness.Pulse(**pulse)
    )
    assert shown.as_of == as_of
    assert shown.age == (None if as_of is None else 100.0 - as_of)


def test_a_heartbeat_from_the_future_makes_nothing_younger_than_now() -> None:
    shown = freshness.Freshness(
        1, 100.0, 90.0, (), freshness.Pulse(heard_at=120.0)
    )
    assert shown.age == 0.0


@pytest.mark.parametrize(
    ('synchronized_at', 'partial', 'readiness', 'as_of'),
    [
        (None, (), freshness.Readiness.STALE, 40.0),
        (None, ('why',), freshness.Readiness.STALE, 40.0),
        (90.0, (), freshness.Readiness.READY, 90.0),
        (90.0, ('why',), freshness.Readiness.PARTIAL, 90.0),
    ],
)
def test_what_is_remembered_is_stale_until_the_first_synchronize(
    synchronized_at: float | None,
    partial: tuple[str, ...],
    readiness: freshness.Readiness,
    as_of: float,
) -> None:
    shown = freshness.Freshness(
        1, 100.0, synchronized_at, partial, recalled_at=40.0
    )
    assert (shown.readiness, shown.as_of) == (readiness, as_of)
    assert shown.age == 100.0 - as_of


def test_what_was_heard_makes_nothing_that_is_remembered_younger() -> None:
    pulse = freshness.Pulse(heard_at=99.0)
    shown = freshness.Freshness(1, 100.0, pulse=pulse, recalled_at=40.0)
    assert shown.as_of == 40.0
