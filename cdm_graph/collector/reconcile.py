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

"""Reconciliation: what a read of the cloud means for a live model.

A list of the cloud is *fenced*: the fence is raised when the list begins, the
cloud is listed while notifications go on being applied, then the two are
merged.  A row holds unless its element was touched since the fence; an
element that is not in the list is not believed to be gone.  In both cases the
element is read.  The same holds for a read of one element, or of what changed
lately.

Nothing here does I/O or has a thread: the reads are made by
:mod:`~cdm_graph.collector.synchronizer`,
:mod:`~cdm_graph.collector.refresher` and
:mod:`~cdm_graph.collector.poller`.
"""

import collections
import collections.abc
import dataclasses
import datetime
import itertools
import typing

from cdm_graph import exceptions
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema

#: Fewer elements of a kind than this may all be missing from a list: a small
#: cloud can be emptied in a minute.
_FEW: typing.Final = 20

_ELEMENT = typing.TypeVar('_ELEMENT', bound=schema.Element)

#: Whether it cannot be told of an element that it still exists.
IsHidden = collections.abc.Callable[[schema.Element], bool]
#: Takes an element that a list shows.
Stage = collections.abc.Callable[[schema.Element], None]


def _is_never_hidden(_element: schema.Element) -> bool:
    return False


@dataclasses.dataclass(frozen=True, slots=True)
class Coverage:
    """What a list of the cloud can tell of.

    ``is_hidden`` tells of which elements the cloud could not say anything,
    for the reasons in ``partial``.  ``unsure`` are elements that no list
    shows as a whole: they are to be read.
    """

    is_hidden: IsHidden = _is_never_hidden
    partial: tuple[str, ...] = ()
    unsure: tuple[schema.ElementKey, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Listing:
    """Every element that one fetch of the cloud showed, by its vertex."""

    elements: collections.abc.Mapping[str, schema.Element]
    coverage: Coverage = Coverage()


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """What a read of some elements, or of every one of a kind, showed.

    ``every`` tells of which kinds there are no other elements than those in
    ``elements``, ``suspect`` of which others have to be read one by one to
    know that they are gone; but for those that ``is_hidden`` tells of.
    ``doubts`` are elements that have to be read as well, ``unsettled`` those
    that are on their way to what nobody announces, and have to be read again
    after a while; ``hints`` is what was said beside the rows.  ``partial``
    are the reasons why not all that was asked for could be seen.
    """

    elements: tuple[schema.Element, ...] = ()
    absent: tuple[schema.ElementKey, ...] = ()
    every: tuple[schema.Kind, ...] = ()
    suspect: tuple[schema.Kind, ...] = ()
    doubts: tuple[schema.ElementKey, ...] = ()
    unsettled: tuple[schema.ElementKey, ...] = ()
    hints: tuple[mutation.Hint, ...] = ()
    is_hidden: IsHidden = _is_never_hidden
    partial: tuple[str, ...] = ()

    def is_of_every(self, kinds: collections.abc.Set[schema.Kind]) -> bool:
        """Return whether it shows all elements of all of some kinds."""
        return (
            bool(kinds)
            and kinds <= set(self.every)
            and self.is_hidden is _is_never_hidden
            and not self.partial
        )


#: Kinds whose attributes change without a word.
_SELDOM_TOLD: typing.Final = frozenset(
    {
        schema.Kind.COMPUTE_NODE,
        schema.Kind.STORAGE_NODE,
        schema.Kind.STORAGE_POOL,
    }
)


class Source(typing.Protocol):
    """Where a model's elements are read from; safe for many threads."""

    def list_all(self, stage: Stage) -> Coverage:
        """Fetch everything, and stage each element as it comes.

        An element may be staged again; the last time counts.

        :raises cdm_graph.exceptions.CollectorError: if it fails
        """

    def read(self, key: schema.ElementKey) -> Reading:
        """Fetch one element, or every element of a kind.

        :raises cdm_graph.exceptions.CollectorError: if it fails
        """

    def read_changed(
        self,
        keys: collections.abc.Collection[schema.ElementKey],
        since: datetime.datetime,
    ) -> Reading:
        """Fetch those of many elements that changed since then.

        :returns: nothing of any other element
        :raises cdm_graph.exceptions.CollectorError: if it fails
        """

    def poll(self, since: datetime.datetime) -> Reading:
        """Fetch what changed since then, and what no notification tells.

        :raises cdm_graph.exceptions.CollectorError: if it fails
        """


def stage_into(
    staged: dict[str, schema.Element], live: live_model.LiveModel
) -> Stage:
    """Return what stages elements by their vertices.

    Of what is known nothing is copied, not even the vertex.
    """

    def stage(element: schema.Element) -> None:
        kept = as_known(live, element)
        staged[schema.key_of(kept).vertex] = kept

    return stage


def as_known(live: live_model.LiveModel, element: _ELEMENT) -> _ELEMENT:
    """Return the model's own of an element that is equal to it."""
    known = live.find(*schema.key_of(element))
    if known is element or known != element:
        return element
    return known


def merge_mutations(
    live: live_model.LiveModel,
    listing: Listing,
    fence: mutation.Fence,
    deletion_share: float,
    give_way: collections.abc.Callable[[], None] = lambda: None,
) -> collections.abc.Iterator[mutation.Mutation]:
    """Return what makes the live model equal to a list of the cloud.

    What is missing from the list is not believed to be gone, but read: the
    pages of a list shift while it is fetched.  From now on the live model
    believes no older read.

    :param fence: the live model's, when the list began
    :param deletion_share: share of the elements of a kind, from 0 to 1, that
        may be missing from the list
    :param give_way: called again and again while it computes
    :raises cdm_graph.exceptions.MassDeletionRefused: if more are missing
    """
    live.note_merge(schema.Kind, fence)
    coverage = listing.coverage
    missing = list(_missing(live, listing, give_way))
    guard_against_mass_deletion(live, missing, deletion_share)
    return itertools.chain(
        (
            mutation.Observation(element, fence)
            for element in listing.elements.values()
            if element.kind not in schema.BARE_KINDS
        ),
        map(_suspect, missing),
        (mutation.Doubt((key,), 'not in lists') for key in coverage.unsure),
    )


def _missing(
    live: live_model.LiveModel,
    listing: Listing,
    give_way: collections.abc.Callable[[], None],
) -> collections.abc.Iterator[schema.ElementKey]:
    """Yield what is known, and not in a list that would show it."""
    for kind in schema.Kind:
        for vertex, element in live.each_put(kind):
            give_way()
            if vertex not in listing.elements and (
                not listing.coverage.is_hidden(element)
            ):
                yield schema.key_of(element)


def _suspect(key: schema.ElementKey) -> mutation.Doubt:
    return mutation.Doubt((key,), 'suspect')


def guard_against_mass_deletion(
    live: live_model.LiveModel,
    missing: collections.abc.Iterable[schema.ElementKey],
    share: float,
) -> None:
    """Refuse what would take more than a share of a kind for gone.

    :raises cdm_graph.exceptions.MassDeletionRefused: if it would
    """
    counts = collections.Counter(key.kind for key in missing)
    for kind, gone in counts.items():
        known = live.count_elements()[kind.value]
        if gone > _FEW and gone > share * known:
            raise exceptions.MassDeletionRefused(
                f'The list of the cloud lacks {gone} of {known} known '
                f'elements of kind {kind.value}, more than the share of '
                f'{share:g} that [collector] deletion_share allows. Nothing '
                'was deleted. Check that the credentials see all projects; '
                'if they are really gone, raise the share.'
            )


def read_mutations(
    live: live_model.LiveModel,
    reading: Reading,
    fence: mutation.Fence,
    deletion_share: float = 1.0,
) -> list[mutation.Mutation]:
    """Return what a read of some elements means for the live model.

    Of a kind that is read whole it then believes no older read.

    :param deletion_share: as for :func:`merge_mutations`
    :raises cdm_graph.exceptions.MassDeletionRefused: if more are missing
    """
    whole = (*reading.every, *reading.suspect)
    if whole:
        live.note_merge(whole, fence)
    gone = _others(live, reading, reading.every)
    guard_against_mass_deletion(live, gone, deletion_share)
    mutations: list[mutation.Mutation] = [
        mutation.Observation(element, fence) for element in reading.elements
    ]
    absent = [*reading.absent, *gone]
    mutations.extend(mutation.Absence(key, fence) for key in absent)
    mutations.extend(map(_suspect, _others(live, reading, reading.suspect)))
    mutations.extend(
        mutation.Doubt((key,), 'changed') for key in reading.doubts
    )
    mutations.extend(
        mutation.Doubt((key,), 'on its way', mutation.Reread.LATER)
        for key in reading.unsettled
    )
    mutations.extend(reading.hints)
    return mutations


def _others(
    live: live_model.LiveModel,
    reading: Reading,
    kinds: tuple[schema.Kind, ...],
) -> list[schema.ElementKey]:
    """Return the known elements of some kinds that a read did not show."""
    if not kinds:
        return []
    shown = {schema.key_of(element) for element in reading.elements}
    return [
        schema.key_of(element)
        for kind in kinds
        for _, element in live.each_put(kind)
        if schema.key_of(element) not in shown
        and not reading.is_hidden(element)
    ]


def is_correction(
    visitor: mutation.Mutation, verdict: mutation.Verdict
) -> bool:
    """Return whether :func:`drift` may count a mutation: few, of a list."""
    applied = verdict.outcome is mutation.Outcome.APPLIED
    return applied or isinstance(visitor, mutation.Doubt)


def drift(
    live: live_model.LiveModel,
    settled: collections.abc.Iterable[
        tuple[mutation.Mutation, mutation.Verdict]
    ],
) -> dict[str, int]:
    """Count what reconciliation had to correct, by kind.

    Elements were *missed*, had a *stale attribute*, or were *phantom*; a
    *suspect* was in no list, but is still there.  Of hosts notifications tell
    so little that their attributes do not count.
    """
    found: collections.Counter[str] = collections.Counter()
    for visitor, verdict in settled:
        word = _drift_of(live, visitor, verdict)
        if word is not None:
            found[word] += 1
    return dict(found)


def _drift_of(
    live: live_model.LiveModel,
    visitor: mutation.Mutation,
    verdict: mutation.Verdict,
) -> str | None:
    applied = verdict.outcome is mutation.Outcome.APPLIED
    match visitor:
        case mutation.Observation(element) if applied:
            stale = verdict.reason == mutation.STALE_ATTRIBUTE
            if stale and element.kind in _SELDOM_TOLD:
                return None
            return f'{verdict.reason} {element.kind}'
        case mutation.Absence(key) if applied:
            return f'{verdict.reason} {key.kind}'
        case mutation.Doubt((key,), 'suspect'):
            is_there = live.find(*key) is not None
            word = 'suspect' if is_there else mutation.PHANTOM
            return f'{word} {key.kind}'
        case _:
            return None
