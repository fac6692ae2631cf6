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

"""Reconciliation: what keeps a model true whatever the bus does.

*Synchronize* is a fenced list.  The fence is the model's sequence number when
the list began; the cloud is listed into a staging model while notifications
go on being applied; then the two are merged.  A row holds unless its element
was touched since the fence, and an instance that is not in the list is not
believed to be gone: in both cases the element is read.  A fetch that fails
changes nothing but what is said of it.

*Refresh* reads the elements of the dirty set, with as many threads as are
configured, and gives what it read to the writer.  An element whose read
fails is read again, after a growing delay; it is never forgotten.
"""

import collections
import collections.abc
import dataclasses
import random
import threading
import typing

from oslo_log import log

from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.collector import backoff
from cdm_graph.collector import dirty as dirty_sets
from cdm_graph.collector import writer as writers
from cdm_graph.model import mutation
from cdm_graph.model import root
from cdm_graph.model import schema

LOG = log.getLogger(__name__)

#: Fewer instances than this may all be missing from a list: a small cloud
#: can be emptied in a minute.
_FEW: typing.Final = 20
#: Seconds that a synchronize waits for the reads that it led to.
_READS_TIMEOUT: typing.Final = 60.0
_IDLE: typing.Final = 1.0


#: Whether it cannot be told of an element that it still exists.
IsHidden = collections.abc.Callable[[schema.Element], bool]


def _is_never_hidden(_element: schema.Element) -> bool:
    return False


@dataclasses.dataclass(frozen=True, slots=True)
class Listing:
    """What one fetch of the cloud showed.

    ``staging`` could replace the live model.  ``is_hidden`` tells of which
    elements the cloud could not say anything, for the reasons in
    ``partial``.
    """

    staging: root.ModelRoot
    is_hidden: IsHidden = _is_never_hidden
    partial: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """What a read of one element, or of every element of a kind, showed.

    ``every`` tells that there are no other elements of the kind than those
    in ``elements``, ``suspect`` that others have to be read one by one to
    know that they are gone; but for those that ``is_hidden`` tells of.
    """

    elements: tuple[schema.Element, ...] = ()
    absent: tuple[schema.ElementKey, ...] = ()
    every: schema.Kind | None = None
    suspect: schema.Kind | None = None
    is_hidden: IsHidden = _is_never_hidden


class Source(typing.Protocol):
    """Where a model's elements are read from; safe for many threads."""

    def list_all(self) -> Listing:
        """Fetch everything.

        :raises cdm_graph.exceptions.CollectorError: if it fails
        """

    def read(self, key: schema.ElementKey) -> Reading:
        """Fetch one element, or every element of a kind.

        :raises cdm_graph.exceptions.CollectorError: if it fails
        """


@dataclasses.dataclass(frozen=True, slots=True)
class SynchronizeReport:
    """What a synchronize did.

    ``drift`` counts what it had to correct, by kind: elements that were
    ``missed``, that ``differs`` and that are ``gone``.  A ``suspect`` one
    was in no list, but is still there.
    """

    began_at: float
    seconds: float
    elements: int
    drift: dict[str, int]
    partial: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class SourceHealth:
    """How the last attempts to read the cloud went."""

    failures: int = 0
    last_error: str | None = None
    retry_at: float | None = None


def merge_mutations(
    live: root.ModelRoot,
    listing: Listing,
    fence: mutation.Fence,
    deletion_share: float,
) -> list[mutation.Mutation]:
    """Return what makes the live model equal to a list of the cloud.

    What is missing from the list is not believed to be gone, but read: the
    pages of a list shift while it is fetched.

    :param fence: the live model's, when the list began
    :param deletion_share: share of the instances, from 0 to 1, that may be
        missing from the list
    :raises cdm_graph.exceptions.MassDeletionRefused: if more are missing
    """
    listed = {
        schema.key_of(element): element
        for element in listing.staging.elements()
        if element.kind not in schema.IMPLIED_KINDS
    }
    missing = [
        schema.key_of(element)
        for element in live.elements()
        if schema.key_of(element) not in listed
        and element.kind not in schema.IMPLIED_KINDS
        and not listing.is_hidden(element)
    ]
    _guard_against_mass_deletion(live, missing, deletion_share)
    mutations: list[mutation.Mutation] = [
        mutation.Observation(element, fence) for element in listed.values()
    ]
    mutations.extend(map(_suspect, missing))
    return mutations


def _suspect(key: schema.ElementKey) -> mutation.Doubt:
    return mutation.Doubt((key,), 'suspect')


def _guard_against_mass_deletion(
    live: root.ModelRoot,
    missing: collections.abc.Iterable[schema.ElementKey],
    share: float,
) -> None:
    gone = sum(key.kind is schema.Kind.INSTANCE for key in missing)
    known = len(live.get_all_instances())
    if gone > _FEW and gone > share * known:
        raise exceptions.MassDeletionRefused(
            f'The list of the cloud lacks {gone} of {known} known servers, '
            f'more than the share of {share:g} that [collector] '
            'deletion_share allows. Nothing was deleted. Check that the '
            'credentials see the servers of all projects; if the servers are '
            'really gone, raise the share.'
        )


def read_mutations(
    live: root.ModelRoot, reading: Reading, fence: mutation.Fence
) -> list[mutation.Mutation]:
    """Return what a read of some elements means for the live model."""
    mutations: list[mutation.Mutation] = [
        mutation.Observation(element, fence) for element in reading.elements
    ]
    absent = [*reading.absent, *_others(live, reading, reading.every)]
    mutations.extend(mutation.Absence(key, fence) for key in absent)
    mutations.extend(map(_suspect, _others(live, reading, reading.suspect)))
    return mutations


def _others(
    live: root.ModelRoot, reading: Reading, kind: schema.Kind | None
) -> list[schema.ElementKey]:
    """Return the known elements of a kind that a read did not show."""
    if kind is None:
        return []
    shown = {schema.key_of(element) for element in reading.elements}
    return [
        schema.key_of(element)
        for element in live.get_all(kind).values()
        if schema.key_of(element) not in shown
        and not reading.is_hidden(element)
    ]


class Refresher:
    """Reads the dirty elements, in threads of its own."""

    def __init__(
        self,
        source: Source,
        model: root.ModelRoot,
        writer: writers.ModelWriter,
        dirty: dirty_sets.DirtySet,
        *,
        threads: int,
        longest_delay: float,
        jitter: random.Random,
    ) -> None:
        self._source = source
        self._model = model
        self._writer = writer
        self._dirty = dirty
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
            task = self._dirty.take(_IDLE)
            if task is not None:
                self._refresh(task)

    def _refresh(self, task: dirty_sets.Task) -> None:
        fence = self._model.fence()
        try:
            reading = self._source.read(task.key)
            mutations = read_mutations(self._model, reading, fence)
            self._writer.submit_read(
                mutations, f'refresh {task.key.kind}', task.since
            ).result()
        except exceptions.CollectorError as error:
            self._retry(task, error)
        except Exception as error:  # a refresh thread must not end
            LOG.exception('Reading %s %s failed.', *task.key)
            self._retry(task, error)
        else:
            self._dirty.done(task.key)

    def _retry(self, task: dirty_sets.Task, error: Exception) -> None:
        delay = backoff.delay(
            task.failures + 1, 1.0, self._longest_delay, self._jitter
        )
        LOG.debug(
            'Could not read %s %s (%s); trying again in %.1f s.',
            *task.key,
            error,
            delay,
        )
        self._dirty.failed(task.key, delay)


class Synchronizer:
    """Runs one synchronize at a time, when asked to, in its own thread.

    A request while one is running leads to another one after it, since the
    running one may have listed too early.  One that fails is repeated, after
    a growing delay.
    """

    def __init__(
        self,
        list_all: collections.abc.Callable[[], Listing],
        model: root.ModelRoot,
        writer: writers.ModelWriter,
        dirty: dirty_sets.DirtySet,
        clock: clocks.Clock,
        *,
        deletion_share: collections.abc.Callable[[], float],
        longest_delay: float,
        jitter: random.Random,
    ) -> None:
        self._list_all = list_all
        self._model = model
        self._writer = writer
        self._dirty = dirty
        self._clock = clock
        self._deletion_share = deletion_share
        self._longest_delay = longest_delay
        self._jitter = jitter
        self._state = threading.Condition()
        self._requested = 0
        self._begun = 0
        self._finished = 0
        self._stopping = False
        self._health = SourceHealth()
        self._report: SynchronizeReport | None = None
        self._reasons: list[str] = []
        self._thread = threading.Thread(
            target=self._run, name='synchronize', daemon=True
        )

    @property
    def health(self) -> SourceHealth:
        """How the last attempts went."""
        return self._health

    @property
    def report(self) -> SynchronizeReport | None:
        """What the last successful synchronize did."""
        return self._report

    def start(self) -> None:
        """Begin to serve requests."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing new; a list that is being fetched is abandoned."""
        with self._state:
            self._stopping = True
            self._state.notify_all()

    def request(self, reason: str) -> int:
        """Ask for a synchronize that begins after now; return at once.

        :returns: a ticket for :meth:`wait`
        """
        with self._state:
            self._requested += 1
            self._reasons.append(reason)
            self._state.notify_all()
            return self._requested

    def wait(self, ticket: int, timeout: float) -> bool:
        """Wait until a request was served successfully.

        :returns: whether it was, within that many seconds
        """
        with self._state:
            return self._state.wait_for(
                lambda: self._finished >= ticket or self._stopping, timeout
            ) and (self._finished >= ticket)

    def _run(self) -> None:
        while self._wait_for_request():
            with self._state:
                self._begun = self._requested
                reasons, self._reasons = self._reasons, []
            if self._attempt(', '.join(dict.fromkeys(reasons)) or 'retry'):
                with self._state:
                    self._finished = self._begun
                    self._state.notify_all()

    def _wait_for_request(self) -> bool:
        """Return whether there is something to do; else it is to end."""
        with self._state:
            self._state.wait_for(
                lambda: self._stopping or self._requested > self._finished
            )
            if self._health.retry_at is not None:
                delay = self._health.retry_at - self._clock.time()
                self._state.wait_for(lambda: self._stopping, max(0.0, delay))
            return not self._stopping

    def _attempt(self, reason: str) -> bool:
        LOG.info('Synchronize begins (%s).', reason)
        try:
            self._report = self._synchronize()
        except exceptions.CollectorError as error:
            self._failed(error)
            return False
        except Exception as error:  # the model must outlive any mistake
            LOG.exception('Synchronize failed.')
            self._failed(error)
            return False
        self._health = SourceHealth()
        LOG.info(
            'Synchronize ended: %d elements in %.1f s, drift %s.',
            self._report.elements,
            self._report.seconds,
            self._report.drift or 'none',
        )
        return True

    def _failed(self, error: Exception) -> None:
        failures = self._health.failures + 1
        delay = backoff.delay(failures, 1.0, self._longest_delay, self._jitter)
        self._health = SourceHealth(
            failures, str(error), self._clock.time() + delay
        )
        LOG.warning(
            'Synchronize failed: %s The last good model stays in service; '
            'trying again in %.1f s.',
            error,
            delay,
        )

    def _synchronize(self) -> SynchronizeReport:
        fence = self._model.fence()
        began_at = self._clock.time()
        began = self._clock.monotonic()
        first = self._model.freshness.synchronized_at is None
        listing = self._list_all()
        mutations = merge_mutations(
            self._model, listing, fence, self._deletion_share()
        )
        verdicts = self._writer.submit_all(mutations, 'synchronize')
        suspects = [key for verdict in verdicts for key in verdict.reread]
        unread = (f'{len(suspects)} suspects are still to be read',)
        partial = listing.partial
        if first and suspects:
            # Nobody should wait for the few when the many are there.
            self._model.mark_synchronized(began_at, partial + unread)
        if not self._dirty.wait_until_clean(suspects, _READS_TIMEOUT):
            partial += unread
        self._model.mark_synchronized(began_at, partial)
        return SynchronizeReport(
            began_at=began_at,
            seconds=self._clock.monotonic() - began,
            elements=len(listing.staging),
            drift=({} if first else _drift(self._model, mutations, verdicts)),
            partial=partial,
        )


def _drift(
    model: root.ModelRoot,
    mutations: collections.abc.Iterable[mutation.Mutation],
    verdicts: collections.abc.Iterable[mutation.Verdict],
) -> dict[str, int]:
    found: collections.Counter[str] = collections.Counter()
    for visitor, verdict in zip(mutations, verdicts, strict=True):
        match visitor:
            case mutation.Observation(element):
                kind = element.kind
            case mutation.Doubt((key,)):
                is_there = model.find(*key) is not None
                word = 'suspect' if is_there else 'gone'
                found[f'{word} {key.kind}'] += 1
                continue
        if verdict.outcome is mutation.Outcome.APPLIED:
            found[f'{verdict.reason} {kind}'] += 1
    return dict(found)
