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

Elements of some kinds can be read together, by a list of what changed lately.
When many of them are due, one task is for all of them; those that become due
while it is under way, and for a while after it, wait for the next one.
"""

import collections.abc
import dataclasses
import heapq
import math
import threading

from cdm_graph import clock as clocks
from cdm_graph.model import change
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
    #: Whether it is to be read by itself.
    alone: bool = False
    #: What asked for it last, of the notifications that did.
    cause: change.Cause | None = None
    #: When it is due again, if it was asked for while it is being read.
    again: float | None = None
    failures: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Task:
    """An element to be read now.

    ``since`` is when the oldest notification that it answers was sent, in
    seconds since the epoch; none if it answers none, as when it is read only
    to see whether it has settled.  ``cause`` is the newest notification that
    asked for it, if one did.  ``others`` are to be read together with it.
    """

    key: schema.ElementKey
    since: float | None
    failures: int
    others: 'tuple[Task, ...]' = ()
    cause: change.Cause | None = None


class DirtySet:
    """Elements to be read, each with the time at which it is due.

    Safe to use from any thread.

    :param delay: seconds to wait before an element is read, so that what is
        said of it in one burst leads to one read
    :param settling: seconds after which what is to be read again is read
    :param wholes: kinds whose elements are always read together; all doubts
        about one kind are one entry, so that two reads of it never overlap
    :param together: kinds whose elements can be read together
    :param many: how many of them have to be due for that
    """

    def __init__(
        self,
        clock: clocks.Clock,
        delay: float,
        settling: float,
        wholes: frozenset[schema.Kind] = frozenset(),
        together: frozenset[schema.Kind] = frozenset(),
        many: int = 2,
    ) -> None:
        self._wholes = wholes
        self._together = together
        self._many = many
        self._clock = clock
        self._delay = delay
        self._settling = settling
        self._entries: dict[schema.ElementKey, _Entry] = {}
        self._heap: list[tuple[float, schema.ElementKey]] = []
        #: What is due, but waits until then for the next read of many.
        self._held: list[tuple[float, schema.ElementKey]] = []
        self._held_until = -math.inf
        #: What is still to be read, of each who waits.
        self._awaited: list[set[schema.ElementKey]] = []
        self._lock = threading.RLock()
        #: Of those who wait for a task one waits for what is due next, and
        #: the others for their turn: what becomes dirty must not wake all.
        self._watch = threading.Condition(self._lock)
        self._turn = threading.Condition(self._lock)
        self._cleaned = threading.Condition(self._lock)
        self._watched_until: float | None = None

    def __len__(self) -> int:
        """Return how many elements are dirty."""
        return len(self._entries)

    def add(
        self,
        keys: collections.abc.Iterable[schema.ElementKey],
        since: float | None = None,
        *,
        settling: collections.abc.Iterable[schema.ElementKey] = (),
        at_once: bool = False,
        heard_at: float | None = None,
        cause: change.Cause | None = None,
    ) -> None:
        """Ask for elements now, and for those in ``settling`` for later on.

        :param since: when the notification that ``keys`` answer was sent
        :param at_once: whether somebody waits for them
        :param heard_at: up to when the bus had delivered everything before
            it delivered what asks for them, in seconds since the epoch:
            since then they may be wrong; by default since now
        :param cause: the notification that asks for them, if one does
        """
        now = self._clock.monotonic()
        due = now if at_once else now + self._delay
        with self._lock:
            for key in self._units(keys):
                entry = self._add_locked(key, due, since, cause)
                if at_once:
                    self._hurry_locked(key, entry)
                entry.asked_at = _earlier(
                    entry.asked_at,
                    self._clock.time() if heard_at is None else heard_at,
                )
            for key in self._units(settling):
                entry = self._add_locked(
                    key, now + self._settling, None, cause
                )
                entry.settle = now + self._settling
            self._rouse_locked()

    def take(self, timeout: float) -> Task | None:
        """Return an element that is due, waiting for one; or none.

        Who takes it has to say when it is :meth:`done`, :meth:`failed` or
        :meth:`separated`, and likewise of the others; and, if there are
        others, when all of that is said, to :meth:`release` what waits.
        """
        with self._lock:
            task = self._take_locked()
            if task is None:
                self._wait_locked(timeout)
                task = self._take_locked()
            if task is not None and self._watched_until is None:
                self._turn.notify()
            return task

    def done(self, key: schema.ElementKey) -> None:
        """Note that an element was read."""
        with self._lock:
            entry = self._entries[key]
            entry.reading = False
            entry.failures = 0
            entry.alone = False
            entry.answering = None
            if entry.again is not None:
                due, entry.again = entry.again, None
                self._schedule_locked(key, entry, due)
            elif entry.settle is not None:
                self._schedule_locked(key, entry, entry.settle)
            else:
                del self._entries[key]
            if not self._is_urgent_locked(key):
                for left in self._awaited:
                    left.discard(key)
                self._cleaned.notify_all()
            self._rouse_locked()

    def failed(self, key: schema.ElementKey, retry_after: float) -> None:
        """Note that an element could not be read, and read it later."""
        with self._lock:
            entry = self._entries[key]
            entry.failures += 1
            self._return_locked(key, entry, retry_after)
            self._rouse_locked()

    def separated(self, key: schema.ElementKey) -> None:
        """Note that a read of many did not show it: read it by itself."""
        with self._lock:
            entry = self._entries[key]
            entry.alone = True
            self._return_locked(key, entry, 0.0)
            self._rouse_locked()

    def release(self, pause: float) -> None:
        """Note that many were read together, and when to do so again.

        :param pause: seconds from now
        """
        with self._lock:
            self._held_until = self._clock.monotonic() + pause
            self._rouse_locked()

    def wait_until_clean(
        self, keys: collections.abc.Iterable[schema.ElementKey], timeout: float
    ) -> bool:
        """Wait until each of these was clean; return whether that came true.

        One that becomes dirty anew meanwhile was read nevertheless: among
        many, some always are.  An element that is only settling counts as
        dirty no more.
        """
        with self._lock:
            left = set(filter(self._is_urgent_locked, self._units(keys)))
            self._awaited.append(left)
            try:
                return self._cleaned.wait_for(lambda: not left, timeout)
            finally:
                self._awaited = [
                    each for each in self._awaited if each is not left
                ]

    def keys(self) -> tuple[schema.ElementKey, ...]:
        """Return what is to be read."""
        with self._lock:
            return tuple(self._entries)

    def urgent(self) -> int:
        """Return how many elements are to be read, but for the settling."""
        with self._lock:
            return sum(map(self._is_urgent_locked, tuple(self._entries)))

    def oldest(self) -> float | None:
        """Return since when something that waits to be read may be wrong.

        :returns: seconds since the epoch; none if nothing does
        """
        with self._lock:
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
        self,
        key: schema.ElementKey,
        due: float,
        since: float | None,
        cause: change.Cause | None,
    ) -> _Entry:
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry(due, since, cause=cause)
            self._schedule_locked(key, entry, due)
            return entry
        entry.since = _earlier(entry.since, since)
        entry.cause = cause or entry.cause
        if entry.reading:
            entry.again = _earlier(entry.again, due)
        elif due < entry.due and not entry.failures:
            self._schedule_locked(key, entry, due)
        return entry

    def _hurry_locked(self, key: schema.ElementKey, entry: _Entry) -> None:
        """Let an element wait for no others."""
        entry.alone = True
        if not entry.reading:
            self._schedule_locked(key, entry, entry.due)

    def _schedule_locked(
        self, key: schema.ElementKey, entry: _Entry, due: float
    ) -> None:
        entry.due = due
        heapq.heappush(self._heap, (due, key))

    def _return_locked(
        self, key: schema.ElementKey, entry: _Entry, delay: float
    ) -> None:
        """Let what is being read be due again, as if it never had been."""
        entry.reading = False
        entry.again = None
        entry.since = _earlier(entry.answered, entry.since)
        entry.asked_at = _earlier(entry.answering, entry.asked_at)
        self._schedule_locked(key, entry, self._clock.monotonic() + delay)

    def _take_locked(self) -> Task | None:
        now = self._clock.monotonic()
        self._let_go_locked(now)
        for due, key, entry in self._due_locked(now):
            if not self._is_sociable(key, entry):
                return self._begin_locked(key, entry, now)
            if now < self._held_until:
                self._held.append((due, key))
                continue
            task = self._begin_locked(key, entry, now)
            return dataclasses.replace(task, others=self._gather_locked(now))
        return None

    def _due_locked(
        self, now: float
    ) -> collections.abc.Iterator[tuple[float, schema.ElementKey, _Entry]]:
        """Yield what is due, and drop it from the heap."""
        while self._heap and self._heap[0][0] <= now:
            due, key = heapq.heappop(self._heap)
            entry = self._entries.get(key)
            if entry and not entry.reading and entry.due == due:
                yield due, key, entry

    def _is_sociable(self, key: schema.ElementKey, entry: _Entry) -> bool:
        """Return whether an element may be read with others."""
        may = not entry.alone and not entry.failures
        return may and key.kind in self._together

    def _gather_locked(self, now: float) -> tuple[Task, ...]:
        """Begin with what is due beside one, if it is many."""
        due = list(self._due_locked(now))
        chosen = {
            key: entry
            for _, key, entry in due
            if self._is_sociable(key, entry)
        }
        if len(chosen) + 1 < self._many:
            chosen = {}
        for moment, key, _ in due:
            if key not in chosen:
                heapq.heappush(self._heap, (moment, key))
        if chosen:
            self._held_until = math.inf
        return tuple(
            self._begin_locked(key, entry, now)
            for key, entry in chosen.items()
        )

    def _begin_locked(
        self, key: schema.ElementKey, entry: _Entry, now: float
    ) -> Task:
        entry.reading = True
        entry.answered, entry.since = entry.since, None
        entry.answering, entry.asked_at = entry.asked_at, None
        if entry.settle is not None and entry.settle <= now:
            entry.settle = None
        return Task(key, entry.answered, entry.failures, cause=entry.cause)

    def _let_go_locked(self, now: float) -> None:
        """Let go what was held, if it need not wait any more."""
        if self._held and now >= self._held_until:
            for each in self._held:
                heapq.heappush(self._heap, each)
            self._held.clear()

    def _wait_locked(self, timeout: float) -> None:
        """Wait for something that is due, or for the turn to do so."""
        if self._watched_until is not None:
            self._turn.wait(timeout)
            return
        now = self._clock.monotonic()
        until = min(self._next_locked(), now + timeout)
        self._watched_until = until
        try:
            self._watch.wait(max(0.0, until - now))
        finally:
            self._watched_until = None

    def _rouse_locked(self) -> None:
        """Wake who watches, if something is due before what it waits for.

        Or if that has come: the clock need not go as real time does, by which
        it waits.
        """
        until = self._watched_until
        if until is None:
            return
        if self._next_locked() < until or until <= self._clock.monotonic():
            self._watch.notify()

    def _next_locked(self) -> float:
        """Return when something is due next, at the earliest."""
        due = self._heap[0][0] if self._heap else math.inf
        return min(due, self._held_until) if self._held else due


def _earlier(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
