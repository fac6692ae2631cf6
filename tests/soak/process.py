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

"""The process of the simulated cloud, and how it is spoken to.

The cloud, its API and its churn are in a process of their own, which is less
urgent than the daemon's, and what publishes is in another one: a bus that
hangs holds up the messages, as late as they get, but not the cloud.
"""

import collections
import collections.abc
import dataclasses
import json
import logging
import multiprocessing
import multiprocessing.connection
import os
import pathlib
import queue
import signal
import sys
import threading
import time
import typing

from cdm_graph import clock
from cdm_graph.notification import bus_transport
from cdm_graph.simulation import churn
from cdm_graph.simulation import faults
from cdm_graph.simulation import notification
from cdm_graph.simulation import process
from cdm_graph.simulation import publisher as publishers
from cdm_graph.simulation.nova import scenarios
from tests.functional import raw
from tests.functional import rig
from tests.functional import truths
from tests.soak import noise
from tests.soak import pace

_NICENESS: typing.Final = 5
_SWITCH: typing.Final = 0.001
_API: typing.Final = r'/compute/v2\.1/'
_POLL: typing.Final = 0.1
_FLUSH_TIMEOUT: typing.Final = 120.0
_TERM_TIMEOUT: typing.Final = 30.0


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """What the cloud is like; ``rate`` is in changes a second.

    What is named in ``without`` never happens in it, of what otherwise does
    (:data:`cdm_graph.simulation.nova.scenarios.WEIGHTS`).
    """

    hosts: int
    instances: int
    rate: float
    seed: int
    without: tuple[str, ...]
    transport_url: str


@dataclasses.dataclass(frozen=True, slots=True)
class Counters:
    """What happened in the cloud so far."""

    changes: int
    operations: int
    published: int
    lost: int
    waiting: int
    skipped: float


class _Postman:
    """Publishes messages in their order, or loses them while told to.

    The bus confirms each message, which takes several turns of an
    interpreter: in one that also has a cloud to run they would come late.
    """

    def __init__(self, transport_url: str) -> None:
        context = multiprocessing.get_context('spawn')
        self._connection, other = context.Pipe()
        self._published = context.Value('q', 0)
        self._process = context.Process(
            target=_publish,
            args=(transport_url, other, self._published),
            name='soak-postman',
            daemon=True,
        )
        self._process.start()
        other.close()
        self._messages: queue.SimpleQueue[notification.Notification] = (
            queue.SimpleQueue()
        )
        self._deaf = threading.Event()
        self._posted = 0
        self.lost = 0
        threading.Thread(target=self._run, name='postman', daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    @property
    def published(self) -> int:
        return int(self._published.value)

    @property
    def waiting(self) -> int:
        return self._posted - self.lost - self.published

    def post(self, message: notification.Notification) -> None:
        self._posted += 1
        self._messages.put(message)

    def go_deaf(self, deaf: bool) -> None:
        """Lose what is posted, as a service does that gives the bus up."""
        if deaf:
            self._deaf.set()
        else:
            self._deaf.clear()

    def flush(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while self.waiting and time.monotonic() < deadline:
            time.sleep(_POLL)

    def close(self) -> None:
        """End its process, whatever is still to be published."""
        self._deaf.set()
        self._process.kill()
        self._process.join()

    def _run(self) -> None:
        while True:
            message = self._messages.get()
            if self._deaf.is_set():
                self.lost += 1
                continue
            try:
                self._connection.send(message)
            except OSError:  # it was closed
                return


def _publish(
    transport_url: str,
    connection: multiprocessing.connection.Connection,
    published: typing.Any,
) -> None:
    """Be the postman's process, until the connection is closed."""
    _become_patient()
    bus_transport.install()
    publisher = publishers.NotificationPublisher(transport_url)
    while True:
        try:
            message = connection.recv()
        except EOFError:
            return
        publisher.publish(message)
        published.value += 1


def _become_patient() -> None:
    """Let the daemon go first, and leave the end to the first process."""
    os.nice(_NICENESS - os.nice(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Each message that a dead broker did not take would be a traceback.
    logging.disable(logging.CRITICAL)
    # Who waits for an answer must not wait for who computes.
    sys.setswitchinterval(_SWITCH)


class _Served:
    """What the cloud's process does when it is told to, by method."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._simulation = process.Simulation(
            process.SimulationOptions(
                hosts=plan.hosts,
                instances=plan.instances,
                seed=plan.seed,
                rate=0,
                # Nothing here follows a Cinder.
                backends=0,
                formats=notification.Format.VERSIONED,
            )
        )
        self._ledger = pace.Ledger(self._simulation.cloud)
        self._postman = _Postman(plan.transport_url)
        self._churn = churn.Churn(
            self._simulation.cloud,
            self._publish,
            plan.rate / pace.CHANGES_AN_OPERATION,
            plan.seed,
            clock.SystemClock(),
            formats=notification.Format.VERSIONED,
            weights={
                name: weight
                for name, weight in scenarios.WEIGHTS.items()
                if name not in plan.without
            },
        )
        self._pace = pace.Pace(self._churn, self._ledger, plan.rate)

    def _publish(self, message: notification.Notification) -> None:
        self._ledger.announced += 1
        self._postman.post(message)

    def start(self) -> dict[str, str]:
        """Serve; return the section of a configuration file for it."""
        self._simulation.start()
        return rig.credentials(self._simulation)

    def begin(self) -> None:
        """Let things happen."""
        self._pace.start()

    def settle(self) -> float:
        """Let nothing happen any more; return when all was published."""
        self._pace.stop()
        self._postman.flush(_FLUSH_TIMEOUT)
        return time.time()

    def counters(self) -> Counters:
        return Counters(
            changes=self._ledger.changes,
            operations=self._churn.begun,
            published=self._postman.published,
            lost=self._postman.lost,
            waiting=self._postman.waiting,
            skipped=self._pace.skipped,
        )

    def requests(self) -> dict[str, int]:
        """Return how often the API was asked, by what was asked for."""
        found: collections.Counter[str] = collections.Counter()
        for path, count in self._simulation.faults.requests.items():
            found[_sort_of(path)] += count
        return dict(found)

    def go_deaf(self, deaf: bool) -> None:
        self._postman.go_deaf(deaf)

    def fail(self, share: float) -> None:
        """Let a share of the requests fail, one half in either way."""
        for status in (500, 503):
            self._simulation.faults.fail(
                _API, status, count=None, share=share / 2
            )

    def slow_down(self, seconds: float, share: float) -> None:
        """Let a share of the pages be slow, and their rows old."""
        self._simulation.faults.delay(faults.PAGES, seconds / 2, share=share)
        self._simulation.faults.delay(
            faults.PAGES, seconds / 2, share=share, late=True
        )

    def heal(self) -> None:
        self._simulation.faults.clear()

    def make_noise(self, count: int) -> None:
        """Put a burst of malformed messages on the bus."""
        servers = rig.plain_servers(self._simulation)[:count]
        publisher = raw.RawPublisher(self._plan.transport_url)
        try:
            for parts in noise.burst(count, servers, self._plan.seed):
                publisher.send(**parts)
        finally:
            publisher.close()

    def postman(self) -> int:
        """Return the process that publishes."""
        return self._postman.pid

    def close(self) -> None:
        self._postman.close()

    def compare(self, path: pathlib.Path) -> list[str]:
        """Return where an exported model differs from the truth."""
        document = json.loads(path.read_text())
        return truths.differences(document, self._simulation)


def _sort_of(path: str) -> str:
    name = path.removeprefix('/compute/v2.1/')
    if name == path:
        return 'identity'
    if name.startswith('servers/') and name != 'servers/detail':
        return 'single server'
    return name.partition('/')[0]


def _serve(
    plan: Plan, connection: multiprocessing.connection.Connection
) -> None:
    """Be the cloud's process, until the connection is closed."""
    _become_patient()
    served = _Served(plan)
    connection.send((None, True))
    while True:
        try:
            name, arguments = connection.recv()
        except EOFError:
            served.close()
            return
        try:
            answer = getattr(served, name)(*arguments)
        except Exception as error:  # told to who asked
            connection.send((f'{type(error).__name__}: {error}', None))
        else:
            connection.send((None, answer))


class Cloud:
    """The simulated cloud, in a process of its own; safe from any thread."""

    def __init__(self, plan: Plan) -> None:
        context = multiprocessing.get_context('spawn')
        self._connection, other = context.Pipe()
        self._lock = threading.Lock()
        self._process = context.Process(
            target=_serve, args=(plan, other), name='soak-cloud'
        )
        self._process.start()
        other.close()
        self._receive()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def start(self) -> dict[str, str]:
        return typing.cast(dict[str, str], self._ask('start'))

    def begin(self) -> None:
        self._ask('begin')

    def settle(self) -> float:
        return typing.cast(float, self._ask('settle'))

    def counters(self) -> Counters:
        return typing.cast(Counters, self._ask('counters'))

    def requests(self) -> dict[str, int]:
        return typing.cast(dict[str, int], self._ask('requests'))

    def go_deaf(self, deaf: bool) -> None:
        self._ask('go_deaf', deaf)

    def fail(self, share: float) -> None:
        self._ask('fail', share)

    def slow_down(self, seconds: float, share: float) -> None:
        self._ask('slow_down', seconds, share)

    def heal(self) -> None:
        self._ask('heal')

    def make_noise(self, count: int) -> None:
        self._ask('make_noise', count)

    def compare(self, path: pathlib.Path) -> list[str]:
        return typing.cast(list[str], self._ask('compare', path))

    def postman(self) -> int:
        return typing.cast(int, self._ask('postman'))

    def close(self) -> None:
        """End it."""
        self._connection.close()
        self._process.join(_TERM_TIMEOUT)
        if self._process.is_alive():
            self._process.kill()

    def _ask(self, name: str, *arguments: object) -> object:
        with self._lock:
            self._connection.send((name, arguments))
            return self._receive()

    def _receive(self) -> object:
        error, answer = self._connection.recv()
        if error is not None:
            raise RuntimeError(f'The simulated cloud failed: {error}')
        return answer
