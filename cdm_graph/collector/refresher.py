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

"""Targeted refresh: the elements of the dirty set are read.

There are as many threads as are configured, and a budget of requests a
second.  An element whose read fails is read again, after a growing delay; it
is never forgotten.

Where many are due they are read together, by a list of what changed lately.
That is only a cheaper way to the same: what the list does not show is read by
itself, so that nothing depends on how well clocks agree.
"""

import collections.abc
from concurrent import futures
import datetime
import random
import threading
import typing

from oslo_log import log

from cdm_graph import backoff
from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.collector import budget
from cdm_graph.collector import dirty as dirty_sets
from cdm_graph.collector import reconcile
from cdm_graph.collector import writer as writers
from cdm_graph.model import change
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema

LOG = log.getLogger(__name__)

_IDLE: typing.Final = 1.0
#: Seconds before the oldest notification from which on a list asks for what
#: changed: a row is saved before that is announced, and dated in whole
#: seconds.
_EARLIER: typing.Final = 2.0
#: Seconds for which a list looks back at most; beyond that a read of each is
#: cheaper.
_LONGEST_AGO: typing.Final = 120.0
#: Seconds between two lists: as long as a list takes, but at least so long
#: that there is something to list, and no longer than one may wait for that.
_LEAST_PAUSE: typing.Final = 0.1
_LONGEST_PAUSE: typing.Final = 0.5
#: Seconds after which an element is read again, at most, if it was the API
#: that failed, and not the element: as soon as it is back all is to be known,
#: and no more is asked of it than there are threads and a budget.
_LONGEST_OUTAGE_DELAY: typing.Final = 8.0

_REFRESH: typing.Final = 'refresh'
_UNASKED: typing.Final = change.Cause(_REFRESH)

_Tasks = tuple[dirty_sets.Task, ...]


class Refresher:
    """Reads the dirty elements, in threads of its own."""

    def __init__(
        self,
        source: reconcile.Source,
        model: live_model.LiveModel,
        writer: writers.ModelWriter,
        dirty: dirty_sets.DirtySet,
        clock: clocks.Clock,
        *,
        threads: int,
        spending: budget.Budget,
        deletion_share: collections.abc.Callable[[], float],
        longest_delay: float,
        jitter: random.Random,
    ) -> None:
        self._source = source
        self._model = model
        self._writer = writer
        self._dirty = dirty
        self._clock = clock
        self._spending = spending
        self._deletion_share = deletion_share
        self._longest_delay = longest_delay
        self._jitter = jitter
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(
                target=self._run, name=f'refresh-{number}', daemon=True
            )
            for number in range(threads)
        ]

    def start(self) -> None:
        """Begin to read what is dirty."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begin nothing new; what is being read is abandoned."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            # First the budget: what is taken is not read late.
            delay = self._spending.take()
            if delay:
                self._stopping.wait(delay)
                continue
            task = self._dirty.take(_IDLE)
            if task is None:
                self._spending.give_back()
            elif task.others:
                self._refresh_together((task, *task.others))
            else:
                self._refresh(task)

    def _refresh(self, task: dirty_sets.Task) -> None:
        fence = self._model.fence()
        try:
            reading = self._source.read(task.key)
            mutations = reconcile.read_mutations(
                self._model, reading, fence, self._deletion_share()
            )
            self._writer.submit_read(
                mutations, _cause(task), task.since
            ).result()
        except exceptions.CollectorError as error:
            self._retry(task, error)
        except Exception as error:  # a refresh thread must not end
            LOG.exception('Reading %s %s failed.', *task.key)
            self._retry(task, error)
        else:
            self._dirty.done(task.key)

    def _refresh_together(self, tasks: _Tasks) -> None:
        began = self._clock.monotonic()
        try:
            self._settle_together(tasks)
        finally:
            took = self._clock.monotonic() - began
            pause = min(max(_LEAST_PAUSE, took), _LONGEST_PAUSE)
            self._dirty.release(pause)

    def _settle_together(self, tasks: _Tasks) -> None:
        try:
            shown = self._read_together(tasks)
        except exceptions.CollectorError as error:
            for task in tasks:
                self._retry(task, error)
        except Exception as error:  # a refresh thread must not end
            LOG.exception('Reading %d elements failed.', len(tasks))
            for task in tasks:
                self._retry(task, error)
        else:
            for task in tasks:
                if task.key in shown:
                    self._dirty.done(task.key)
                else:
                    self._dirty.separated(task.key)

    def _read_together(self, tasks: _Tasks) -> set[schema.ElementKey]:
        """Read many elements; return those of which it told something."""
        fence = self._model.fence()
        asking = {task.key: task for task in tasks}
        now = self._clock.time()
        oldest = min((task.since or now for task in tasks), default=now)
        since = max(oldest, now - _LONGEST_AGO) - _EARLIER
        reading = self._source.read_changed(
            tuple(asking),
            datetime.datetime.fromtimestamp(since, tz=datetime.UTC),
        )
        mutations = reconcile.read_mutations(
            self._model, reading, fence, self._deletion_share()
        )
        keys = [
            *map(schema.key_of, reading.elements),
            *reading.absent,
        ]
        applied = [
            self._submit(visitor, asking.get(key))
            for key, visitor in zip(keys, mutations, strict=False)
        ]
        # What the read leaves open: it is of none of them alone.
        left = mutations[len(keys) :]
        applied.append(self._writer.submit_read(left, _UNASKED))
        for each in applied:
            each.result()
        return set(keys)

    def _submit(
        self, visitor: mutation.Mutation, task: dirty_sets.Task | None
    ) -> futures.Future[list[mutation.Verdict]]:
        """Submit what a read showed of an element, asked for or not."""
        since = None if task is None else task.since
        return self._writer.submit_read((visitor,), _cause(task), since)

    def _retry(self, task: dirty_sets.Task, error: Exception) -> None:
        longest = self._longest_delay
        if isinstance(error, exceptions.CloudUnavailable):
            longest = min(longest, _LONGEST_OUTAGE_DELAY)
        delay = backoff.delay(task.failures + 1, 1.0, longest, self._jitter)
        LOG.debug(
            'Could not read %s %s (%s); trying again in %.1f s.',
            *task.key,
            error,
            delay,
        )
        self._dirty.failed(task.key, delay)


def _cause(task: dirty_sets.Task | None) -> change.Cause:
    """Return why something is read: the request is that which asked."""
    if task is None or task.cause is None:
        return _UNASKED
    return change.Cause(
        f'{_REFRESH} after {task.cause.what}', task.cause.request_id
    )
