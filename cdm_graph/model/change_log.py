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

"""The last changes of a live model, for who asks what happened.

It keeps so many of them in memory, and tells where it forgot some: who
follows it can be late, or away for a while, and knows whether it missed
anything.  A follower costs the model nothing, however slow it is: it takes
what it wants of the one log that there is.

Sequences of two processes say nothing about each other; each log has an
*epoch*, which is another one after a restart.

What fills an empty model is no change of the cloud.  A model that is recalled
from before a restart is not empty: until the first synchronize is merged, its
changes tell in one what happened meanwhile.
"""

import collections
import collections.abc
import itertools
import threading
import typing
import uuid

from cdm_graph import clock as clocks
from cdm_graph.model import change
from cdm_graph.model import live_model


class Entry(typing.NamedTuple):
    """A change, and when the model showed it.

    :param at: in seconds since the epoch
    :param run: the epoch of the log that it was noted in
    """

    at: float
    change: change.Change
    run: str = ''


class Page(typing.NamedTuple):
    """Changes that follow each other.

    :param entries: in their order
    :param sequence: the last change that was looked at, to go on from
    :param has_gap: whether changes before them were forgotten
    """

    entries: tuple[Entry, ...]
    sequence: int
    has_gap: bool


class Mark(typing.NamedTuple):
    """A place in a log: what came after is known.

    :param at: in seconds since the epoch
    """

    sequence: int
    at: float


class ChangeLog:
    """The last changes of a live model; thread-safe.

    :param most: how many changes it keeps
    """

    def __init__(
        self, model: live_model.LiveModel, clock: clocks.Clock, most: int
    ) -> None:
        self._model = model
        self._clock = clock
        self._most = most
        self._entries: collections.deque[Entry] = collections.deque(
            maxlen=most
        )
        self._news = threading.Condition()
        self._sequence = model.sequence
        self.epoch = uuid.uuid4().hex
        #: Whether it began with a model from before a restart.
        self.was_recalled = model.freshness.recalled_at is not None
        self.began_at = clock.time()
        self._start = self._reach = Mark(model.sequence, self.began_at)
        self._complete_since = self.began_at
        self._unsubscribe = model.subscribe(self._note)

    @property
    def sequence(self) -> int:
        """The last change that the log has seen."""
        return self._sequence

    @property
    def start(self) -> Mark | None:
        """Where it began to keep changes; none if it does not yet."""
        return self._start if self._model.was_filled else None

    @property
    def kept_after(self) -> int:
        """The change after which it keeps all; so far the last one."""
        start = self.start
        return self._sequence if start is None else start.sequence

    @property
    def reach(self) -> Mark | None:
        """How far back it still goes; none if it keeps nothing yet."""
        return self._reach if self._model.was_filled else None

    @property
    def complete_since(self) -> float | None:
        """Since when each change is one of the cloud, at its moment.

        Seconds since the epoch; none before the first synchronize is merged.
        """
        if self._model.synchronized_at is None:
            return None
        return self._complete_since

    def close(self) -> None:
        """Keep no further changes."""
        self._unsubscribe()
        self._unsubscribe = lambda: None

    def __len__(self) -> int:
        """Return how many changes it has."""
        return len(self._entries)

    def since(self, sequence: int, most: int | None = None) -> Page:
        """Return what came after a change.

        :param most: how many changes to return at most; all if it is none
        """
        with self._news:
            forgotten = self._reach.sequence
            skipped = max(0, sequence - forgotten)
            found = tuple(
                itertools.islice(
                    self._entries,
                    skipped,
                    None if most is None else skipped + most,
                )
            )
            last = found[-1].change.sequence if found else self._sequence
            return Page(found, last, sequence < forgotten)

    def wait_for_news(self, sequence: int, timeout: float) -> bool:
        """Wait for a change after one; return whether there is any.

        :param timeout: seconds to wait at most
        """
        with self._news:
            return self._news.wait_for(
                lambda: self._sequence > sequence, timeout
            )

    def entries(self) -> tuple[Entry, ...]:
        """Return all that it has, the oldest first."""
        with self._news:
            return tuple(self._entries)

    def _note(self, changes: collections.abc.Sequence[change.Change]) -> None:
        at = self._clock.time()
        is_known = self._model.was_filled
        is_complete = self._model.synchronized_at is not None
        with self._news:
            self._sequence = changes[-1].sequence
            if not is_complete:
                self._complete_since = at
            if is_known:
                self._keep([Entry(at, each, self.epoch) for each in changes])
            else:
                self._start = self._reach = Mark(self._sequence, at)
            self._news.notify_all()

    def _keep(self, several: list[Entry]) -> None:
        excess = len(self._entries) + len(several) - self._most
        if excess > 0:
            known = itertools.chain(self._entries, several)
            last = next(itertools.islice(known, excess - 1, None))
            self._reach = Mark(last.change.sequence, last.at)
        self._entries.extend(several)
