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


"""What may be asked of the past."""

import collections.abc
import contextlib
import itertools
import typing

from cdm_graph import exceptions
from cdm_graph import pacer
from cdm_graph.export import values
from cdm_graph.history import source
from cdm_graph.model import change
from cdm_graph.model import change_log
from cdm_graph.model import net
from cdm_graph.model import period as periods
from cdm_graph.model import scope as scopes
from cdm_graph.model import selection as selections

_WHOLE: typing.Final = scopes.WholeCloud()
_ANSWER = typing.TypeVar('_ANSWER')


class Extract(typing.NamedTuple):
    """Changes as they happened.

    :param entries: the oldest first
    :param has_more: whether there are older ones
    :param began_at: since when changes are known
    :param gaps: what is not known of the time that was asked for
    """

    entries: tuple[change_log.Entry, ...]
    has_more: bool
    began_at: float
    gaps: tuple[source.Gap, ...]


class Difference(typing.NamedTuple):
    """What is different between two moments.

    :param changes: one of each element that is
    :param gaps: what is not known of the time between the two
    :param is_complete: whether nothing can be missing
    """

    changes: list[change.Change]
    began_at: float
    gaps: tuple[source.Gap, ...]
    is_complete: bool


class Past:
    """The changes of a model, in the first place where they can be read.

    :param sources: the last of them can always be read
    :param note_trouble: is told why one of the others cannot
    """

    def __init__(
        self,
        sources: collections.abc.Sequence[source.Source],
        note_trouble: collections.abc.Callable[[str], None] = lambda _: None,
    ) -> None:
        self._sources = sources
        self._note_trouble = note_trouble

    def latest(
        self,
        selection: selections.Selection,
        period: periods.Period,
        most: int,
        scope: scopes.Scope = _WHOLE,
    ) -> Extract:
        """Return the last changes that are chosen, so many at most.

        :param scope: the part of the cloud that may be seen
        """
        narrowed = scope.narrow(selection)

        def read(place: source.Source) -> Extract:
            with contextlib.closing(place.walk(narrowed, period)) as found:
                seen = _seen(found, scope, selection)
                entries = tuple(itertools.islice(seen, most + 1))
            # What is forgotten meanwhile is not promised.
            coverage = place.coverage()
            return Extract(
                entries[:most][::-1],
                len(entries) > most,
                coverage.began_at,
                _gaps(coverage, period),
            )

        return self._ask(read)

    def difference(
        self,
        selection: selections.Selection,
        period: periods.Period,
        scope: scopes.Scope = _WHOLE,
    ) -> Difference:
        """Return what is different of the elements that are chosen.

        :param scope: the part of the cloud that may be seen
        :raises cdm_graph.exceptions.HistoryTooShort: if changes are not known
            from the beginning of the period on
        """
        of_kinds = selections.Selection(selection.kinds)

        def read(place: source.Source) -> Difference:
            with contextlib.closing(place.walk(of_kinds, period)) as found:
                sums = net.net(entry.change for entry in found)
                changes = [
                    seen
                    for each in pacer.paced(sums)
                    if (seen := scope.pick(each, selection)) is not None
                ]
            coverage = place.coverage()
            _check(coverage, period)
            return Difference(
                changes,
                coverage.began_at,
                _gaps(coverage, period),
                not any(gap.hides(period) for gap in coverage.gaps),
            )

        return self._ask(read)

    def _ask(
        self, read: collections.abc.Callable[[source.Source], _ANSWER]
    ) -> _ANSWER:
        for place in self._sources[:-1]:
            try:
                return read(place)
            except exceptions.HistoryUnavailable as error:
                self._note_trouble(str(error))
        return read(self._sources[-1])


def _seen(
    entries: collections.abc.Iterable[change_log.Entry],
    scope: scopes.Scope,
    selection: selections.Selection,
) -> collections.abc.Iterator[change_log.Entry]:
    for entry in entries:
        seen = scope.pick(entry.change, selection)
        if seen is not None:
            yield entry._replace(change=seen)


def _gaps(
    coverage: source.Coverage, period: periods.Period
) -> tuple[source.Gap, ...]:
    """Return the gaps of a period, as far as anything is known at all."""
    known = periods.Period(coverage.began_at)
    return tuple(
        gap
        for gap in coverage.gaps
        if gap.overlaps(known) and gap.overlaps(period)
    )


def _check(coverage: source.Coverage, period: periods.Period) -> None:
    if period.since is None or period.since < coverage.began_at:
        raise exceptions.HistoryTooShort(
            'The history does not reach back that far: changes are known '
            f'since {values.instant(coverage.began_at)}. [history] changes '
            'says how many are remembered, and [history] file where.'
        )
