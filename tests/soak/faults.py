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

"""What befalls the cloud and the bus, and when.

Between two faults it is quiet; a fault begins whether or not the one before
was made good for.
"""

import collections.abc
import contextlib
import dataclasses
import threading
import time
import typing

from cdm_graph import exceptions
from cdm_graph.cmd import client
from tests.soak import broker as brokers
from tests.soak import process
from tests.soak import windows

_SYNCHRONIZE: typing.Final = frozenset({'synchronize'})
_ANY_READ: typing.Final = frozenset({'synchronize', 'poll'})
_FROZEN: typing.Final = 20.0
_DEAD: typing.Final = 5.0
_FAILING: typing.Final = 30.0
_FAILING_SHARE: typing.Final = 0.3
_SLOW: typing.Final = 30.0
_SLOW_PAGE: typing.Final = 4.0
_SLOW_SHARE: typing.Final = 0.5
_NOISE: typing.Final = 500
#: Share of a run that a fault may last.
_MOST: typing.Final = 0.1


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """What a fault can be done to."""

    broker: brokers.Broker
    cloud: process.Cloud
    daemon: client.DaemonClient


Action = collections.abc.Callable[[Target, float], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Planned:
    """A fault that is to come, after a share of the time."""

    name: str
    share: float
    heals: frozenset[str]
    seconds: float
    action: Action


def _freeze(target: Target, seconds: float) -> None:
    target.broker.freeze()
    time.sleep(seconds)
    target.broker.thaw()


def _kill(target: Target, seconds: float) -> None:
    target.cloud.go_deaf(True)
    target.broker.kill()
    time.sleep(seconds)
    target.broker.start()
    target.cloud.go_deaf(False)


def _fail(target: Target, seconds: float) -> None:
    target.cloud.fail(_FAILING_SHARE)
    time.sleep(seconds)
    target.cloud.heal()


def _slow_down(target: Target, seconds: float) -> None:
    """Slow down a synchronize that is under way."""
    target.cloud.slow_down(_SLOW_PAGE, _SLOW_SHARE)
    with contextlib.suppress(exceptions.DaemonError):
        target.daemon.synchronize(seconds)
    target.cloud.heal()


def _make_noise(target: Target, seconds: float) -> None:
    target.cloud.make_noise(_NOISE)


PLAN: typing.Final = (
    Planned('broker stopped', 0.10, _SYNCHRONIZE, _FROZEN, _freeze),
    Planned('API errors', 0.30, _ANY_READ, _FAILING, _fail),
    Planned('broker killed', 0.45, _SYNCHRONIZE, _DEAD, _kill),
    Planned('slow pages', 0.65, _ANY_READ, _SLOW, _slow_down),
    Planned('malformed messages', 0.80, _SYNCHRONIZE, 0.0, _make_noise),
)


class Schedule:
    """Injects the planned faults, in a thread of its own.

    :param seconds: of the whole time in which they are spread
    """

    def __init__(
        self, plan: collections.abc.Iterable[Planned], seconds: float
    ) -> None:
        self._plan = tuple(plan)
        self._seconds = seconds
        self._stop = threading.Event()
        self.faults: list[windows.Fault] = []
        self.error: Exception | None = None
        self._thread: threading.Thread | None = None

    def start(self, target: Target) -> None:
        self._thread = threading.Thread(
            target=self._run, args=(target,), name='faults', daemon=True
        )
        self._thread.start()

    def wait(self) -> None:
        """Wait for the last fault's end.

        :raises Exception: what injecting a fault has failed with
        """
        if self._thread is not None:
            self._thread.join()
        if self.error is not None:
            raise self.error

    def stop(self) -> None:
        self._stop.set()

    def _run(self, target: Target) -> None:
        began = time.monotonic()
        for planned in self._plan:
            due = began + planned.share * self._seconds
            if self._stop.wait(max(0.0, due - time.monotonic())):
                return
            try:
                self._inject(planned, target)
            except Exception as error:  # told to who waits
                self.error = error
                return

    def _inject(self, planned: Planned, target: Target) -> None:
        began_at = time.time()
        planned.action(target, min(planned.seconds, _MOST * self._seconds))
        self.faults.append(
            windows.Fault(planned.name, began_at, time.time(), planned.heals)
        )
