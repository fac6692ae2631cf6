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
    taken in, as far as nothing was lost; where nobody announces what changes
    it is when the last poll that showed everything began.  It is none if
    neither the bus nor a poll can tell.
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
        that was announced is in the model, as long as nothing was lost; of a
        source that nobody announces, that of the last poll that showed all.
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

    def is_as_new(self, sequence: int | None, age: float | None) -> bool:
        """Return whether the model is as new as wanted.

        :param sequence: the least sequence number; any if none
        :param age: the largest age, in seconds; any if none
        """
        if sequence is not None and self.sequence < sequence:
            return False
        return age is None or (self.age is not None and self.age <= age)


@dataclasses.dataclass(frozen=True, slots=True)
class JoinedFreshness(Freshness):
    """The freshness of a model that joins others.

    It is as old as the oldest of them.  It can be used as soon as one can:
    what is not filled yet is a part of the cloud that cannot be seen.

    :param parts: that of each model, by the name of its collector
    """

    parts: tuple[tuple[str, Freshness], ...] = ()

    @classmethod
    def of(
        cls,
        sequence: int,
        taken_at: float,
        parts: tuple[tuple[str, Freshness], ...],
    ) -> 'JoinedFreshness':
        """Return that of a model with the freshness of its parts.

        :param sequence: the number of its own last change
        """
        several = [part for _, part in parts]
        return cls(
            sequence=sequence,
            taken_at=taken_at,
            synchronized_at=_earliest(
                [part.synchronized_at for part in several]
            ),
            partial=tuple(
                f'{name}: {reason}'
                for name, part in parts
                for reason in _hidden(part)
            ),
            pulse=Pulse(
                unread_at=min(
                    (
                        part.pulse.unread_at
                        for part in several
                        if part.pulse.unread_at is not None
                    ),
                    default=None,
                ),
                dirty=sum(part.pulse.dirty for part in several),
                lag=max(
                    (
                        part.pulse.lag
                        for part in several
                        if part.pulse.lag is not None
                    ),
                    default=None,
                ),
            ),
            was_whole=all(part.was_whole for part in several),
            recalled_at=_earliest(
                [part.synchronized_at or part.recalled_at for part in several]
            ),
            parts=parts,
        )

    @property
    def readiness(self) -> Readiness:
        """Whether the model can be used."""
        found = {part.readiness for _, part in self.parts}
        if found <= {Readiness.NOT_READY}:
            return Readiness.NOT_READY
        if Readiness.STALE in found:
            return Readiness.STALE
        if found == {Readiness.READY}:
            return Readiness.READY
        return Readiness.PARTIAL

    @property
    def as_of(self) -> float | None:
        """The moment of which all of the models show the cloud, or later.

        Seconds since the epoch; none as long as one of them has none.
        """
        return _earliest([part.as_of for _, part in self.parts])


def _hidden(part: Freshness) -> tuple[str, ...]:
    """Return what cannot be seen of a part."""
    if part.readiness is Readiness.NOT_READY:
        return ('it is not filled yet',)
    return part.partial


def _earliest(moments: list[float | None]) -> float | None:
    """Return the earliest; none if one is none."""
    known = [moment for moment in moments if moment is not None]
    return min(known) if known and len(known) == len(moments) else None
