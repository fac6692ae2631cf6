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

"""How far a model may be believed: freshness is data."""

import dataclasses
import enum


class Readiness(enum.StrEnum):
    """Whether a model can be used."""

    #: Never filled: there is nothing to serve yet.
    NOT_READY = 'not ready'
    #: Filled, and complete when it last was synchronized.
    READY = 'ready'
    #: Filled, but the last synchronize saw only a part of the cloud.
    PARTIAL = 'partial'


@dataclasses.dataclass(frozen=True, slots=True)
class Freshness:
    """The freshness of a model, or of a snapshot when it was taken.

    ``synchronized_at`` is when the last complete synchronize *began*, in
    seconds since the epoch; none before the first one.  ``taken_at`` is when
    this was taken, so ``age`` is the longest time for which anything in it
    can have been wrong without a notification that told.
    """

    sequence: int
    taken_at: float
    synchronized_at: float | None = None
    partial: tuple[str, ...] = ()

    @property
    def readiness(self) -> Readiness:
        """Whether the model can be used."""
        if self.synchronized_at is None:
            return Readiness.NOT_READY
        return Readiness.PARTIAL if self.partial else Readiness.READY

    @property
    def age(self) -> float | None:
        """Seconds since the last complete synchronize began, or none."""
        if self.synchronized_at is None:
            return None
        return max(0.0, self.taken_at - self.synchronized_at)
