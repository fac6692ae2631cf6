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
    """

    at: float
    change: change.Change


class Page(typing.NamedTuple):
    """Changes that follow each other.

    :param entries: in their order
    :param sequence: the last change that was looked at, to go on from
    :param has_gap: whether changes before them were forgotten
    """

    entries: tuple[Entry, ...]
    sequence: int
    has_gap: bool


class ChangeLog:
    """The last changes of a live model; thread-safe.

    What fills an empty model is no change of the cloud, and is not kept.

    :param most: how many changes it keeps
    """

    def __init__(
        self, model: live_model.LiveModel, clock: clocks.Clock, most: int
    ) -> None:
        self._model = model
        self._clock = clock
        self._entries: collections.deque[Entry] = collections.deque(
            maxlen=most
        )
        self._news = threading.Condition()
        #: What came after is known.
        self._known_since = model.sequence
        self._sequence = model.sequence
        self.began_at = clock.time()
        self.epoch = uuid.uuid4().hex
        self._unsubscribe = model.subscribe(self._note)

    @property
    def sequence(self) -> int:
        """The last change that the log has seen."""
        return self._sequence

    def close(self) -> None:
        """Keep no further changes."""
        self._unsubscribe()
        self._unsubscribe = lambda: None

    def __len__(self) -> int:
        """Return how many changes it has."""
        return len(self._entries)

    def since(self, sequence: int, most: int) -> Page:
        """Return what came after a change.

        :param most: how many changes to return at most
        """
        with self._news:
            forgotten = self._known_since
            skipped = max(0, sequence - forgotten)
            found = tuple(
                itertools.islice(self._entries, skipped, skipped + most)
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
        with self._news:
            if is_known:
                self._entries.extend(Entry(at, each) for each in changes)
            self._sequence = changes[-1].sequence
            # Their sequences have no gaps.
            self._known_since = self._sequence - len(self._entries)
            self._news.notify_all()
