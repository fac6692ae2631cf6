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

"""Threads that run one at a time, each for as long as a test says.

The collector and the heartbeat start threads, wait for each other, and sleep.
While :meth:`Schedule.installed` is in force, what they get from
:mod:`threading` and :mod:`queue` comes from here: their own code runs
unchanged, but a thread goes on only when it is told to, and time passes only
on the test's clock.  So one seed gives one order of events, and the order is
the test's to choose.

A thread that takes from a queue runs as soon as something is put there: the
order of what it does is given anyway.
"""

import collections
import collections.abc
import contextlib
import queue
import sys
import threading
import typing

from tests.support import clock as clocks

#: The modules that get their threads from here.
_MODULES: typing.Final = (
    'cdm_graph.collector.',
    'cdm_graph.notification.',
)


class _Abandoned(BaseException):
    """Ends a thread that nobody will let go on."""


class Thread:
    """One of the threads; it stands still except within :meth:`run`."""

    def __init__(
        self,
        schedule: 'Schedule',
        name: str,
        target: collections.abc.Callable[..., object],
        args: tuple[typing.Any, ...] = (),
    ) -> None:
        self.name = name
        self.ended = False
        #: When it goes on by itself; none if never.
        self.deadline: float | None = None
        #: Whether it waits for an answer from outside.
        self.asking = False
        self._schedule = schedule
        self._ready: collections.abc.Callable[[], bool] = lambda: True
        self._raising: BaseException | None = None
        self._failed: BaseException | None = None
        self._go = threading.Lock()
        self._back = threading.Lock()
        self._go.acquire()
        self._back.acquire()
        self._thread = threading.Thread(
            target=self._run, args=(target, args), name=name, daemon=True
        )
        self._running = False

    def start(self) -> None:
        """Count as one that can go on."""
        self._schedule.threads.append(self)

    def join(self, timeout: float | None = None) -> None:
        """Return at once: it may never end."""

    def is_alive(self) -> bool:
        """Return whether it has not ended."""
        return not self.ended

    @property
    def can_run(self) -> bool:
        """Whether what it waits for is there."""
        if self.ended:
            return False
        late = (
            self.deadline is not None
            and self.deadline <= self._schedule.clock.monotonic()
        )
        return late or self._ready()

    def run(self, raising: BaseException | None = None) -> None:
        """Let it go on until it waits again.

        :param raising: an error with which what it waits for fails
        """
        self._raising = raising
        if not self._running:
            self._running = True
            self._thread.start()
        before, self._schedule.current = self._schedule.current, self
        self._go.release()
        self._back.acquire()
        self._schedule.current = before
        if self._failed is not None:
            failed, self._failed = self._failed, None
            raise failed

    def abandon(self) -> None:
        """End it where it stands."""
        if self._running and not self.ended:
            with contextlib.suppress(_Abandoned):
                self.run(_Abandoned())

    def wait(
        self,
        ready: collections.abc.Callable[[], bool],
        deadline: float | None = None,
        *,
        asking: bool = False,
    ) -> None:
        """Stand still, called by the thread itself, until it is run."""
        self._ready, self.deadline, self.asking = ready, deadline, asking
        self._back.release()
        self._go.acquire()
        self.asking = False
        if self._raising is not None:
            raising, self._raising = self._raising, None
            raise raising

    def _run(
        self,
        target: collections.abc.Callable[..., object],
        args: tuple[typing.Any, ...],
    ) -> None:
        self._go.acquire()
        try:
            if self._raising is None:
                target(*args)
        except _Abandoned:
            pass
        except BaseException as error:
            self._failed = error
        finally:
            self.ended = True
            self._back.release()


class Schedule:
    """The threads of one daemon, and which of them runs."""

    def __init__(self, clock: clocks.FakeClock) -> None:
        self.clock = clock
        self.threads: list[Thread] = []
        self.current: Thread | None = None

    def runnable(self) -> list[Thread]:
        """Return the threads that can go on."""
        return [thread for thread in self.threads if thread.can_run]

    def next_deadline(self) -> float | None:
        """Return when the first of those that wait will go on."""
        return min(
            (
                thread.deadline
                for thread in self.threads
                if thread.deadline is not None and not thread.ended
            ),
            default=None,
        )

    def begin(
        self, name: str, target: collections.abc.Callable[[], object]
    ) -> None:
        """Let a thread come into being that does this, and ends."""
        self.threads = [each for each in self.threads if not each.ended]
        Thread(self, name, target).start()

    def is_under_way(self, name: str) -> bool:
        """Return whether a thread of that name has not ended."""
        return any(
            each.name == name and not each.ended for each in self.threads
        )

    def ask(self) -> None:
        """Wait for an answer from outside, if a thread asks."""
        if self.current is not None:
            self.current.wait(lambda: True, asking=True)

    def close(self) -> None:
        """End all threads."""
        for thread in self.threads:
            thread.abandon()

    @contextlib.contextmanager
    def installed(self) -> collections.abc.Iterator[None]:
        """Let the modules get their threads, locks and queues from here."""
        shims = {
            'threading': _Threading(self),
            'queue': _Queues(self),
        }
        changed = [
            (module, name, vars(module)[name])
            for path, module in tuple(sys.modules.items())
            if path.startswith(_MODULES)
            for name, real in (('threading', threading), ('queue', queue))
            if vars(module).get(name) is real
        ]
        for module, name, _real in changed:
            setattr(module, name, shims[name])
        try:
            yield
        finally:
            for module, name, real in changed:
                setattr(module, name, real)


class _Lock:
    """A lock for threads of which one runs at a time; may be taken again."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._holder: Thread | None = None
        self._taken = 0

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_error: object) -> None:
        self.release()

    def acquire(self, *_args: typing.Any, **_options: typing.Any) -> bool:
        thread = self._schedule.current
        while thread is not None and self._taken and self._holder != thread:
            thread.wait(lambda: not self._taken)
        self._holder = thread
        self._taken += 1
        return True

    def release(self) -> None:
        self._taken -= 1

    @contextlib.contextmanager
    def let_go(self) -> collections.abc.Iterator[None]:
        """Let others have it meanwhile."""
        holder, taken = self._holder, self._taken
        self._holder, self._taken = None, 0
        try:
            yield
        finally:
            self.acquire()
            self._holder, self._taken = holder, taken


class _Waiting:
    """What can be waited for."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule

    def _wait(
        self, ready: collections.abc.Callable[[], bool], timeout: float | None
    ) -> bool:
        thread = self._schedule.current
        if not ready() and thread is not None and timeout != 0:
            now = self._schedule.clock.monotonic()
            thread.wait(ready, None if timeout is None else now + timeout)
        return ready()


class _Condition(_Waiting):
    """A condition; its lock is not held while who has it waits."""

    def __init__(self, schedule: Schedule, lock: _Lock | None) -> None:
        super().__init__(schedule)
        self._lock = _Lock(schedule) if lock is None else lock
        #: Those who wait, in their order, and whether they were told.
        self._waiters: list[_Waiter] = []

    def __enter__(self) -> bool:
        return self._lock.acquire()

    def __exit__(self, *_error: object) -> None:
        self._lock.release()

    def notify(self, number: int = 1) -> None:
        for waiter in self._waiters[:number]:
            waiter.told = True
        del self._waiters[:number]

    def notify_all(self) -> None:
        self.notify(len(self._waiters))

    def wait(self, timeout: float | None = None) -> bool:
        waiter = _Waiter()
        self._waiters.append(waiter)
        with self._lock.let_go():
            self._wait(lambda: waiter.told, timeout)
        if not waiter.told:
            self._waiters.remove(waiter)
        return waiter.told

    def wait_for(
        self,
        predicate: collections.abc.Callable[[], typing.Any],
        timeout: float | None = None,
    ) -> typing.Any:
        with self._lock.let_go():
            self._wait(lambda: bool(predicate()), timeout)
        return predicate()


class _Waiter:
    told = False


class _Event(_Waiting):
    def __init__(self, schedule: Schedule) -> None:
        super().__init__(schedule)
        self._set = False

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        self._set = True

    def clear(self) -> None:
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        return self._wait(self.is_set, timeout)


class _Queue:
    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._items: collections.deque[typing.Any] = collections.deque()
        self._taker: Thread | None = None

    def put(self, item: typing.Any, *_args: typing.Any) -> None:
        self._items.append(item)
        taker = self._taker
        if taker is not None:
            # Before it takes again it has done all that was put before.
            self._taker = None
            taker.run()

    def get(self, *_args: typing.Any) -> typing.Any:
        thread = self._schedule.current
        while not self._items and thread is not None:
            self._taker = thread
            thread.wait(lambda: False)
        return self._items.popleft()


class _Threading:
    """What the modules get in place of :mod:`threading`."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule

    def Thread(
        self,
        target: collections.abc.Callable[..., object],
        name: str = '',
        args: tuple[typing.Any, ...] = (),
        daemon: bool | None = None,
    ) -> Thread:
        return Thread(self._schedule, name, target, args)

    def Condition(self, lock: _Lock | None = None) -> _Condition:
        return _Condition(self._schedule, lock)

    def Event(self) -> _Event:
        return _Event(self._schedule)

    def Lock(self) -> _Lock:
        return _Lock(self._schedule)

    def RLock(self) -> _Lock:
        return _Lock(self._schedule)

    def __getattr__(self, name: str) -> typing.Any:
        return getattr(threading, name)


class _Queues:
    """What the modules get in place of :mod:`queue`."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule

    def Queue(self, _maxsize: int = 0) -> _Queue:
        return _Queue(self._schedule)

    def __getattr__(self, name: str) -> typing.Any:
        return getattr(queue, name)
