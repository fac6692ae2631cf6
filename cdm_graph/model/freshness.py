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
    #: What it was before a restart: nothing of it was looked at since.
    STALE = 'stale'
    #: Filled, and complete when it last was synchronized.
    READY = 'ready'
    #: Filled, but a part of the cloud cannot be seen.
    PARTIAL = 'partial'


@dataclasses.dataclass(frozen=True, slots=True)
class Pulse:
    """What keeps a model fresh, at one moment.

    ``heard_at`` is the moment up to which all that was announced has been
    taken in, as far as nothing was lost; none if the bus cannot tell.
    ``gap_at`` is when something may have been lost last, ``held_at`` what
    ``heard_at`` was before that.  ``unread_at`` is
    since when something waits to be read.  All are in seconds since the
    epoch.  ``dirty`` counts what waits, ``lag`` is the way of the last
    heartbeat over the bus, in seconds.
    """

    heard_at: float | None = None
    gap_at: float | None = None
    held_at: float | None = None
    unread_at: float | None = None
    dirty: int = 0
    lag: float | None = None


def is_gap_open(gap_at: float | None, synchronized_at: float | None) -> bool:
    """Return whether nothing was synchronized since something may be lost.

    Both are in seconds since the epoch; none where it never happened.
    """
    return gap_at is not None and (
        synchronized_at is None or gap_at > synchronized_at
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Freshness:
    """The freshness of a model, or of a snapshot when it was taken.

    ``synchronized_at`` is when the last complete synchronize *began*, in
    seconds since the epoch; none before the first one.  If none was complete
    yet, which ``was_whole`` tells, it is that of the first.  ``taken_at`` is
    when this was taken.  ``recalled_at`` is when the last synchronize before
    a restart began, as long as there was none since, and the model shows what
    it was then; none if it is not remembered.
    """

    sequence: int
    taken_at: float
    synchronized_at: float | None = None
    partial: tuple[str, ...] = ()
    pulse: Pulse = Pulse()
    was_whole: bool = True
    recalled_at: float | None = None

    @property
    def readiness(self) -> Readiness:
        """Whether the model can be used."""
        if self.synchronized_at is None:
            return (
                Readiness.NOT_READY
                if self.recalled_at is None
                else Readiness.STALE
            )
        return Readiness.PARTIAL if self.partial else Readiness.READY

    @property
    def as_of(self) -> float | None:
        """The moment of which the model shows the cloud, or a later one.

        It is that of the last complete synchronize, or that up to which all
        that was announced is in the model, as long as nothing was lost.
        Seconds since the epoch; none before the first complete synchronize,
        but for what is remembered from before a restart.
        """
        synchronized_at = self.synchronized_at
        if synchronized_at is None:
            return self.recalled_at
        if not self.was_whole:
            return None
        heard_at = self.pulse.heard_at
        if is_gap_open(self.pulse.gap_at, synchronized_at):
            heard_at = self.pulse.held_at
        if heard_at is None:
            return synchronized_at
        if self.pulse.unread_at is not None:
            heard_at = min(heard_at, self.pulse.unread_at)
        return max(synchronized_at, heard_at)

    @property
    def age(self) -> float | None:
        """For how many seconds the model may have been wrong, or none."""
        as_of = self.as_of
        return None if as_of is None else max(0.0, self.taken_at - as_of)
