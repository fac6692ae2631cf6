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

"""What the daemon says of itself, and what it takes, once a second."""

import collections.abc
import dataclasses
import threading
import time
import typing

from cdm_graph import exceptions
from cdm_graph.cmd import client
from tests.functional import rig
from tests.soak import windows
from tests.support import usage

_PERIOD: typing.Final = 1.0


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """One moment; ``age`` is none if the daemon did not answer."""

    at: float
    rss: float
    age: float | None
    dirty: int
    settling: int
    pending: int
    interruptions: int
    cpu: collections.abc.Mapping[str, float]
    load: float


class Sampler:
    """Samples in a thread of its own, until it is stopped.

    :param pids: returns the processes whose CPU is sampled, by name
    """

    def __init__(
        self,
        daemon: client.DaemonClient,
        pids: collections.abc.Callable[[], dict[str, int]],
    ) -> None:
        self._daemon = daemon
        self._pids = pids
        self._stop = threading.Event()
        self.samples: list[Sample] = []
        self.reads: list[windows.Read] = []
        self.unanswered = 0
        self.last: rig.Status = {}
        self._thread = threading.Thread(
            target=self._run, name='sampler', daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def between(self, first: float, last: float) -> list[Sample]:
        return [each for each in self.samples if first <= each.at <= last]

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            try:
                self._sample()
            except FileNotFoundError:
                # The daemon is gone, which whoever asks it next will say.
                return
            due = max(due + _PERIOD, time.monotonic())
            self._stop.wait(due - time.monotonic())

    def _sample(self) -> None:
        pids = self._pids()
        at = time.time()
        try:
            status = self.last = self._daemon.status()
        except exceptions.DaemonError:
            self.unanswered += 1
            status = {}
        self.samples.append(
            Sample(
                at=at,
                rss=usage.resident(pids['daemon']),
                cpu={name: usage.cpu(pid) for name, pid in pids.items()},
                load=usage.load(),
                **_told(status),
            )
        )
        if status:
            self._note_reads(rig.nova(status))

    def _note_reads(self, collector: dict[str, typing.Any]) -> None:
        for kind in ('synchronize', 'poll'):
            report = collector[f'last_{kind}']
            if report is None:
                continue
            read = windows.Read(kind, report['began_at'], report['seconds'])
            if read not in self.reads:
                self.reads.append(read)


def _told(status: rig.Status) -> dict[str, typing.Any]:
    if not status:
        return {
            'age': None,
            'dirty': 0,
            'settling': 0,
            'pending': 0,
            'interruptions': 0,
        }
    collector, counters = rig.nova(status), status['notifications']
    return {
        'age': collector['age'],
        'dirty': collector['dirty'],
        'settling': collector['settling'],
        'pending': counters['received'] - sum(counters['outcomes'].values()),
        'interruptions': status['bus'].get('interruptions', 0),
    }
