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

"""What the daemon asks of its interpreter: short turns, and quiet memory.

A message of the bus passes through several threads.  While another thread
computes, as a synchronize does, each handover waits for a turn; with the
usual 5 ms the messages of a busy cloud would fall behind.

A full garbage collection stops all threads while it visits every object: for
a model of 100,000 instances that is about a second.  The model has no cycles,
and lives as long as the daemon; so what has lasted for a while is set aside,
and only the rest is ever collected: once a period, and as soon as there is so
much of it that to visit it would be noticed.  How much there is only the time
tells that collections of the young have taken: to ask for the objects
themselves (``gc.get_objects``) breaks what another thread is building.

What is set aside goes when nothing refers to it.  But a cycle that was in use
just then stays for good, so no more is set aside than has to be.

Once a period what a list of the cloud took for its pages is given back to the
system.  That goes only as far as no thread keeps a part of it for itself:
glibc lets each thread have its own arena, so that each list and poll would
leave a few more MiB behind.

This changes the whole process, so it belongs to the daemon, and not to a
model that somebody else's process may hold.
"""

import ctypes
import gc
import sys
import threading
import time
import typing

from oslo_service import service

#: Seconds after which a thread that computes lets others go on.
_TURN: typing.Final = 0.001
#: Seconds between two full collections, unless there is much to collect.
_PERIOD: typing.Final = 60.0
#: Seconds between two collections of the young at most.
_LOOK: typing.Final = 0.02
#: Seconds that a full collection may take: it visits what those of the young
#: have visited since the last one.
_LONGEST: typing.Final = 0.006
#: New objects that lead to a collection of the young ones.
_YOUNG: typing.Final = 1_000
#: Such collections that lead to one of what they left.
_MIDDLE: typing.Final = 4
#: No number of young collections leads to a full one.
_NEVER: typing.Final = 2**31 - 1
#: glibc's ``M_ARENA_MAX``, and how many arenas all threads share: they take
#: turns anyway.
_ARENA_MAX: typing.Final = -8
_ARENAS: typing.Final = 2


class Interpreter(service.ServiceBase):  # type: ignore[misc] # it has no types
    """Tunes the interpreter for as long as the daemon runs.

    :param grown: returns a number that changes when a model has been filled
        or read anew: what there is then is set aside without a collection
    """

    def __init__(
        self,
        grown: typing.Callable[[], float],
        period: float = _PERIOD,
    ) -> None:
        self._grown = grown
        self._period = period
        self._known = 0.0
        self._stopping = threading.Event()
        # A daemon that is told to stop while it starts does both at a time.
        self._changing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._visits = _Visits()
        self._before = (sys.getswitchinterval(), gc.get_threshold())
        # Before there are threads that have one each; it cannot be undone.
        _ask_c('mallopt', _ARENA_MAX, _ARENAS)

    def start(self) -> None:
        """Set it up, and begin to collect, in a thread of its own.

        Nothing happens once it was stopped.
        """
        with self._changing:
            if self._stopping.is_set():
                return
            self._before = (sys.getswitchinterval(), gc.get_threshold())
            sys.setswitchinterval(_TURN)
            gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)
            gc.callbacks.append(self._visits)
            self._thread = threading.Thread(
                target=self._run, name='garbage', daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Leave the interpreter as it was found."""
        with self._changing:
            self._stopping.set()
            if self._thread is None:
                return
            self._thread.join()
            self._thread = None
            turn, thresholds = self._before
            sys.setswitchinterval(turn)
            gc.set_threshold(*thresholds)
            gc.callbacks.remove(self._visits)
            gc.unfreeze()

    def wait(self) -> None:
        """Wait for nothing: :meth:`stop` has waited."""

    def reset(self) -> None:
        """Nothing of it is configured."""

    def collect(self) -> None:
        """Collect what is not set aside; then set aside what is left."""
        grown = self._grown()
        if grown == self._known:
            gc.collect()
        self._known = grown
        self._visits.seconds = 0.0
        gc.freeze()

    def _run(self) -> None:
        look = min(_LOOK, self._period)
        waited = 0.0
        while not self._stopping.wait(look):
            waited += look
            if waited >= self._period:
                waited = 0.0
                self.collect()
                _ask_c('malloc_trim', 0)
            elif self._visits.seconds > _LONGEST:
                self.collect()
            else:
                gc.collect(1)


class _Visits:
    """How long the collections of the young have taken."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        """Note that a collection begins, or ends."""
        if phase == 'start':
            self._began = time.perf_counter()
        else:
            self.seconds += time.perf_counter() - self._began


def _ask_c(function: str, *arguments: int) -> None:
    """Call a function of the C library, if it has that one."""
    try:
        getattr(ctypes.CDLL(None), function)(*arguments)
    except (AttributeError, OSError):
        # It is glibc's; others manage by themselves.
        return
