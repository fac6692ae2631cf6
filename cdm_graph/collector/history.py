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

"""What became of all attempts to read the cloud so far."""

import collections
import collections.abc
import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class History:
    """The sums over all attempts since the start.

    What the last attempt did is forgotten with the next one; who looks now
    and then misses none of these.

    :param seconds: how long those that succeeded took
    :param drift: what they had to correct, by kind: see
        :func:`cdm_graph.collector.reconcile.drift`
    """

    succeeded: int = 0
    failed: int = 0
    seconds: float = 0.0
    drift: dict[str, int] = dataclasses.field(default_factory=dict)

    def with_success(
        self, seconds: float, drift: collections.abc.Mapping[str, int]
    ) -> 'History':
        """Return the sums with one more that succeeded."""
        total = collections.Counter(self.drift)
        total.update(drift)
        return History(
            self.succeeded + 1,
            self.failed,
            self.seconds + seconds,
            dict(total),
        )

    def with_failure(self) -> 'History':
        """Return the sums with one more that failed."""
        return dataclasses.replace(self, failed=self.failed + 1)
