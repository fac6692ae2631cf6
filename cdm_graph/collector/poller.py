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

"""The incremental poll: what changed lately, and what nobody announces.

It asks for what changed since the last poll that succeeded, and for a while
before that: a row is not seen at the moment that it is dated, and clocks
differ.  What has not changed costs nothing.

What it shows is compared with the model once the bus has delivered what was
sent meanwhile: only what is missing then was lost on the way.
"""

import collections.abc
import dataclasses
import datetime
import threading
import typing

from oslo_log import log

from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.collector import health as healths
from cdm_graph.collector import history as histories
from cdm_graph.collector import reconcile
from cdm_graph.collector import writer as writers
from cdm_graph.model import change
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema

LOG = log.getLogger(__name__)

_CAUSE: typing.Final = change.Cause('poll')

#: Seconds without a heartbeat after which a poll waits for none.
_PATIENCE: typing.Final = 5.0


@dataclasses.dataclass(frozen=True, slots=True)
class PollReport:
    """What a poll did; ``drift`` is what it had to correct, by kind.

    ``heard`` says whether all that was sent before had been delivered, so
    that what it had to correct was lost.  ``partial`` are the reasons why it
    could not see all that changed; then the model is partial.
    """

    began_at: float
    seconds: float
    drift: dict[str, int]
    heard: bool = True
    partial: tuple[str, ...] = ()

    @property
    def lost(self) -> int:
        """How many elements came or went without being noticed."""
        if not self.heard:
            return 0
        return sum(
            count
            for what, count in self.drift.items()
            if what.startswith((mutation.MISSED, mutation.PHANTOM))
        )


class Poller:
    """Polls when it is told to, one poll at a time; safe from any thread.

    :param kinds: all kinds of which there are elements
    :param overlap: returns the seconds before the last poll that are asked
        for again
    """

    def __init__(
        self,
        source: reconcile.Source,
        model: live_model.LiveModel,
        writer: writers.ModelWriter,
        clock: clocks.Clock,
        *,
        kinds: collections.abc.Set[schema.Kind],
        overlap: collections.abc.Callable[[], float],
        deletion_share: collections.abc.Callable[[], float],
    ) -> None:
        self._source = source
        self._model = model
        self._writer = writer
        self._clock = clock
        self._kinds = kinds
        self._overlap = overlap
        self._deletion_share = deletion_share
        self._lock = threading.Lock()
        self._last: float | None = None
        self._whole_at: float | None = None
        self._report: PollReport | None = None
        self._health = healths.SourceHealth()
        self._history = histories.History()

    @property
    def report(self) -> PollReport | None:
        """What the last poll that succeeded did."""
        return self._report

    @property
    def whole_at(self) -> float | None:
        """When the last poll that showed every element began.

        Seconds since the epoch; none if there was none.
        """
        return self._whole_at

    @property
    def health(self) -> healths.SourceHealth:
        """How the last polls went."""
        return self._health

    @property
    def history(self) -> histories.History:
        """What became of all polls so far."""
        return self._history

    def run(self) -> PollReport | None:
        """Poll, and wait until it is merged.

        :returns: what it did; none if there is nothing to go on from, since
            the model was never filled, or if it failed, which
            :attr:`health` tells
        """
        synchronized_at = self._model.synchronized_at
        if synchronized_at is None:
            return None
        with self._lock:
            since = max(synchronized_at, self._last or synchronized_at)
            try:
                report = self._poll(since - self._overlap())
            except exceptions.CollectorError as error:
                self._failed(error)
                return None
            except Exception as error:  # the next poll may go well
                LOG.exception('A poll failed.')
                self._failed(error)
                return None
            self._health = healths.SourceHealth()
            self._last, self._report = report.began_at, report
            self._history = self._history.with_success(
                report.seconds, report.drift
            )
            return report

    def _poll(self, since: float) -> PollReport:
        fence = self._model.fence()
        began_at = self._clock.time()
        began = self._clock.monotonic()
        reading = self._source.poll(
            datetime.datetime.fromtimestamp(since, tz=datetime.UTC)
        )
        heard = self._writer.wait_until_heard(self._clock.time(), _PATIENCE)
        mutations = reconcile.read_mutations(
            self._model, reading, fence, self._deletion_share()
        )
        settled = list(self._writer.submit_all(mutations, _CAUSE))
        if reading.partial:
            self._model.mark_partial(reading.partial)
        if reading.is_of_every(self._kinds):
            self._whole_at = began_at
        return PollReport(
            began_at,
            self._clock.monotonic() - began,
            reconcile.drift(self._model, settled),
            heard,
            reading.partial,
        )

    def _failed(self, error: Exception) -> None:
        self._health = healths.SourceHealth(
            self._health.failures + 1, str(error)
        )
        self._history = self._history.with_failure()
        LOG.warning('A poll failed: %s The next makes good for it.', error)
