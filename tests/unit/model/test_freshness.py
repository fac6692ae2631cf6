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
