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

"""A cloud in memory, and a collector's parts on it.

Nothing of it goes over a network; what it does is done as soon as a test
lets it.
"""

import collections.abc
import datetime
import random
import threading
import time
import typing

from cdm_graph.collector import budget
from cdm_graph.collector import dirty as dirty_sets
from cdm_graph.collector import poller as pollers
from cdm_graph.collector import reconcile
from cdm_graph.collector import refresher as refreshers
from cdm_graph.collector import synchronizer as synchronizers
from cdm_graph.collector import writer as writers
from cdm_graph.model import live_model
from cdm_graph.model import schema
from cdm_graph.notification import accounting
from tests.support import clock as clocks

#: Seconds that a test waits for what another thread is to do.
PATIENCE: typing.Final = 20.0


def eventually(holds: collections.abc.Callable[[], object]) -> None:
    """Wait until another thread has made something true."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


class ImpatientClock(clocks.FakeClock):
    """Its time to wait for something has always just come."""

    def time(self) -> float:
        self.now += 1000
        return self.now

    def monotonic(self) -> float:
        self.now += 1000
        return self.now


class Memory:
    """A source whose cloud is a dict; it can fail, and can be held up."""

    def __init__(self) -> None:
        self.cloud: dict[schema.ElementKey, schema.Element] = {}
        self.errors: list[Exception] = []
        self.gate = threading.Event()
        self.gate.set()
        self.lists = 0
        self.reads: list[schema.ElementKey] = []
        self.polls: list[datetime.datetime] = []
        #: What was read together, and since when.
        self.together: list[
            tuple[tuple[schema.ElementKey, ...], datetime.datetime]
        ] = []
        #: What such a read does not show.
        self.unshown: set[schema.ElementKey] = set()
        self.at_once = 0
        self.most_at_once = 0
        self.partial: tuple[str, ...] = ()
        self.unsure: tuple[schema.ElementKey, ...] = ()
        #: What the next polls show.
        self.changed = reconcile.Reading()

    def put(self, *several: schema.Element) -> None:
        self.cloud.update((schema.key_of(each), each) for each in several)

    def _ask(self) -> None:
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            assert self.gate.wait(PATIENCE)
            if self.errors:
                raise self.errors.pop(0)
        finally:
            self.at_once -= 1

    def list_all(self, stage: reconcile.Stage) -> reconcile.Coverage:
        self.lists += 1
        listed = list(self.cloud.values())
        self._ask()
        for element in listed:
            stage(element)
        return reconcile.Coverage(partial=self.partial, unsure=self.unsure)

    def read(self, key: schema.ElementKey) -> reconcile.Reading:
        self.reads.append(key)
        self._ask()
        element = self.cloud.get(key)
        if element is None:
            return reconcile.Reading(absent=(key,))
        return reconcile.Reading((element,))

    def read_changed(
        self,
        keys: collections.abc.Collection[schema.ElementKey],
        since: datetime.datetime,
    ) -> reconcile.Reading:
        self.together.append((tuple(keys), since))
        self._ask()
        shown = [key for key in keys if key not in self.unshown]
        return reconcile.Reading(
            elements=tuple(
                self.cloud[key] for key in shown if key in self.cloud
            ),
            absent=tuple(key for key in shown if key not in self.cloud),
        )

    def poll(self, since: datetime.datetime) -> reconcile.Reading:
        self.polls.append(since)
        self._ask()
        return self.changed


class Rig:
    """Writer, refresher, synchronizer and poller on a cloud in memory.

    :param clock: by default one by which nobody has to wait
    :param gap_pause: seconds between two synchronizes that gaps ask for
    """

    def __init__(
        self,
        clock: clocks.FakeClock | None = None,
        gap_pause: float = 0.0,
        rate: float = 0.0,
        together: frozenset[schema.Kind] = frozenset(),
    ) -> None:
        self.clock = clock or ImpatientClock()
        self.source = Memory()
        self.model = live_model.LiveModel(clock=self.clock)
        self.dirty = dirty_sets.DirtySet(
            self.clock, 0.0, 0.0, together=together
        )
        self.gaps: list[str] = []
        self.writer = writers.ModelWriter(
            self.model,
            self.dirty,
            accounting.Accounting(),
            self.clock,
            self.gaps.append,
        )
        self.share = 0.5
        self.overlap = 0.0
        retries: dict[str, typing.Any] = {
            'longest_delay': 1.0,
            'jitter': random.Random(1),
            'deletion_share': lambda: self.share,
        }
        self.synchronizer = synchronizers.Synchronizer(
            self.source,
            self.model,
            self.writer,
            self.dirty,
            self.clock,
            gap_pause=lambda: gap_pause,
            **retries,
        )
        self.refresher = refreshers.Refresher(
            self.source,
            self.model,
            self.writer,
            self.dirty,
            self.clock,
            threads=2,
            spending=budget.Budget(self.clock, rate),
            **retries,
        )
        self.poller = pollers.Poller(
            self.source,
            self.model,
            self.writer,
            self.clock,
            kinds=frozenset({schema.Kind.INSTANCE}),
            overlap=lambda: self.overlap,
            deletion_share=lambda: self.share,
        )

    def start(self) -> None:
        self.writer.start()
        self.synchronizer.start()
        self.refresher.start()

    def stop(self) -> None:
        self.source.gate.set()
        self.synchronizer.stop()
        self.refresher.stop()
        self.writer.stop()

    def synchronize(self) -> None:
        ticket = self.synchronizer.request('a test')
        assert self.synchronizer.wait(ticket, PATIENCE)

    def settle(self, *keys: schema.ElementKey) -> None:
        """Wait until elements were read."""
        assert self.dirty.wait_until_clean(keys, PATIENCE)
