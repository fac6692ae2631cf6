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

"""The dirty set: which elements have to be read, and when.

It is a set, not a queue of events: however often an element is asked for, it
is read once.  One that is asked for while it is being read is read again
afterwards, since the read may have come too early.
"""

import collections.abc
import dataclasses
import heapq
import threading

from cdm_graph import clock as clocks
from cdm_graph.model import schema


@dataclasses.dataclass(slots=True)
class _Entry:
    due: float
    since: float | None
    #: When it was first asked for, of what is not answered yet.
    asked_at: float | None = None
    #: The same two of the read that is under way.
    answered: float | None = None
    answering: float | None = None
    settle: float | None = None
    reading: bool = False
    #: When it is due again, if it was asked for while it is being read.
    again: float | None = None
    failures: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Task:
    """An element to be read now.

    ``since`` is when the oldest notification that asks for it was sent, in
    seconds since the epoch; none if no notification does.
    """

    key: schema.ElementKey
    since: float | None
    failures: int


class DirtySet:
    """Elements to be read, each with the time at which it is due.

    Safe to use from any thread.

    :param delay: seconds to wait before an element is read, so that what is
        said of it in one burst leads to one read
    :param settling: seconds after which what is to be read again is read
    :param wholes: kinds whose elements are always read together; all doubts
        about one kind are one entry, so that two reads of it never overlap
    """

    def __init__(
        self,
        clock: clocks.Clock,
        delay: float,
        settling: float,
        wholes: frozenset[schema.Kind] = frozenset(),
    ) -> None:
        self._wholes = wholes
        self._clock = clock
        self._delay = delay
        self._settling = settling
        self._entries: dict[schema.ElementKey, _Entry] = {}
        self._heap: list[tuple[float, schema.ElementKey]] = []
        self._wake = threading.Condition()

    def __len__(self) -> int:
        """Return how many elements are dirty."""
        return len(self._entries)

    def add(
        self,
        keys: collections.abc.Iterable[schema.ElementKey],
        since: float | None = None,
        *,
        settling: collections.abc.Iterable[schema.ElementKey] = (),
        delay: float | None = None,
    ) -> None:
        """Ask for elements; those in ``settling`` also for later on.

        :param delay: seconds to wait, in place of the usual ones
        """
        now = self._clock.monotonic()
        due = now + (self._delay if delay is None else delay)
        with self._wake:
            for key in self._units(keys):
                entry = self._add_locked(key, due, since)
                entry.asked_at = _earlier(entry.asked_at, self._clock.time())
            for key in self._units(settling):
                entry = self._add_locked(key, now + self._delay, since)
                entry.settle = now + self._settling
            self._wake.notify_all()

    def take(self, timeout: float) -> Task | None:
        """Return an element that is due, waiting for one; or none.

        Who takes it has to say when it is :meth:`done` or :meth:`failed`.
        """
        with self._wake:
            task = self._take_locked()
            if task is None:
                self._wake.wait(self._patience_locked(timeout))
                task = self._take_locked()
            return task

    def done(self, key: schema.ElementKey) -> None:
        """Note that an element was read."""
        with self._wake:
            entry = self._entries[key]
            entry.reading = False
            entry.failures = 0
            entry.answering = None
            if entry.again is not None:
                due, entry.again = entry.again, None
                self._schedule_locked(key, entry, due)
            elif entry.settle is not None:
                self._schedule_locked(key, entry, entry.settle)
            else:
                del self._entries[key]
            self._wake.notify_all()

    def failed(self, key: schema.ElementKey, retry_after: float) -> None:
        """Note that an element could not be read, and read it later."""
        with self._wake:
            entry = self._entries[key]
            entry.reading = False
            entry.again = None
            entry.failures += 1
            entry.since = _earlier(entry.answered, entry.since)
            entry.asked_at = _earlier(entry.answering, entry.asked_at)
            self._schedule_locked(
                key, entry, self._clock.monotonic() + retry_after
            )

    def wait_until_clean(
        self, keys: collections.abc.Iterable[schema.ElementKey], timeout: float
    ) -> bool:
        """Wait until none of these is dirty; return whether that came true.

        An element that is only settling counts as dirty no more.
        """
        wanted = self._units(keys)
        with self._wake:
            return self._wake.wait_for(
                lambda: not any(map(self._is_urgent_locked, wanted)), timeout
            )

    def urgent(self) -> int:
        """Return how many elements are to be read, but for the settling."""
        with self._wake:
            return sum(map(self._is_urgent_locked, tuple(self._entries)))

    def oldest(self) -> float | None:
        """Return since when something waits to be read.

        :returns: seconds since the epoch; none if nothing does
        """
        with self._wake:
            return min(
                (
                    asked_at
                    for entry in self._entries.values()
                    for asked_at in (entry.asked_at, entry.answering)
                    if asked_at is not None
                ),
                default=None,
            )

    def _units(
        self, keys: collections.abc.Iterable[schema.ElementKey]
    ) -> tuple[schema.ElementKey, ...]:
        """Return what is to be read for these elements, each once."""
        return tuple(
            dict.fromkeys(
                schema.ElementKey(key.kind, schema.EVERY)
                if key.kind in self._wholes
                else key
                for key in keys
            )
        )

    def _is_urgent_locked(self, key: schema.ElementKey) -> bool:
        entry = self._entries.get(key)
        if entry is None:
            return False
        soon = self._clock.monotonic() + self._delay
        return entry.reading or bool(entry.failures) or entry.due <= soon

    def _add_locked(
        self, key: schema.ElementKey, due: float, since: float | None
    ) -> _Entry:
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry(due, since)
            self._schedule_locked(key, entry, due)
            return entry
        entry.since = _earlier(entry.since, since)
        if entry.reading:
            entry.again = _earlier(entry.again, due)
        elif due < entry.due and not entry.failures:
            self._schedule_locked(key, entry, due)
        return entry

    def _schedule_locked(
        self, key: schema.ElementKey, entry: _Entry, due: float
    ) -> None:
        entry.due = due
        heapq.heappush(self._heap, (due, key))

    def _take_locked(self) -> Task | None:
        now = self._clock.monotonic()
        while self._heap and self._heap[0][0] <= now:
            due, key = heapq.heappop(self._heap)
            entry = self._entries.get(key)
            if entry is None or entry.reading or entry.due != due:
                continue
            entry.reading = True
            entry.answered, entry.since = entry.since, None
            entry.answering, entry.asked_at = entry.asked_at, None
            if entry.settle is not None and entry.settle <= now:
                entry.settle = None
            return Task(key, entry.answered, entry.failures)
        return None

    def _patience_locked(self, timeout: float) -> float:
        if not self._heap:
            return timeout
        wait = self._heap[0][0] - self._clock.monotonic()
        return max(0.0, min(timeout, wait))


def _earlier(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
