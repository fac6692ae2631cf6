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

"""What a model remembers beside its elements.

Of each element when it was last *touched*: written, or confirmed by a read;
of those that were read last, when that read began; of each kind when a list of
all its elements was last merged; of the elements that are gone a *tombstone*;
and, where a source has no versions, of which moment the newest word about an
element is.  It promises no thread-safety.

The merge of a list is one touch of all elements of the kind: the rows are not
noted one by one, and what was noted before the last merge but one decides
nothing any more and is dropped.  So a cloud that is at rest takes no memory
here, whatever its size.
"""

import collections
import collections.abc
import datetime
import typing

from cdm_graph.model import schema

#: Seconds for which a tombstone is kept, unless told otherwise.
TOMBSTONE_AGE: typing.Final = 3600.0
#: Of how many elements it is remembered when they were read: of about as many
#: as change while a busy cloud is listed.  Of others it is asked again.
_READS_KEPT: typing.Final = 30_000
#: Touches that are dropped at a time: very many would hold up the writer.
_DROPPED_AT_ONCE: typing.Final = 500

_Touches = dict[str, int]


class _Tombstone(typing.NamedTuple):
    touch: int
    moment: float
    final: bool


class _Merge(typing.NamedTuple):
    touch: int
    fence: int


class _Merges(typing.NamedTuple):
    """The last merge of a list of a kind, and the last one of another."""

    last: _Merge
    other: _Merge | None


class Ledger:
    """When elements were touched and buried, and of which moment they are.

    :param tombstone_age: seconds for which a tombstone is kept: longer than
        any message is late
    """

    def __init__(self, tombstone_age: float = TOMBSTONE_AGE) -> None:
        self._tombstone_age = tombstone_age
        self._touches = 0
        # By vertices, which the model has anyway; there are very many.
        #: Since the last merge of the kind.
        self._touched: dict[schema.Kind, _Touches] = _by_kind()
        #: Since the one before it.
        self._earlier: dict[schema.Kind, _Touches] = _by_kind()
        self._outdated: list[_Touches] = []
        self._read: dict[str, int] = {}
        self._merges: dict[schema.Kind, _Merges] = {}
        self._tombstones: collections.OrderedDict[
            schema.ElementKey, _Tombstone
        ] = collections.OrderedDict()
        self._as_of: dict[schema.ElementKey, datetime.datetime] = {}

    def raise_fence(self) -> int:
        """Return a number that is after all touches, and only this fence's."""
        self._touches += 1
        return self._touches

    def note_merge(
        self, kinds: collections.abc.Iterable[schema.Kind], fence: int
    ) -> None:
        """Note that lists of all elements of some kinds are merged, now."""
        self._touches += 1
        for kind in kinds:
            known = self._merges.get(kind)
            merge = _Merge(self._touches, fence)
            if known is not None and known.last.fence == fence:
                self._merges[kind] = _Merges(merge, known.other)
                continue
            self._merges[kind] = _Merges(merge, known.last if known else None)
            self._turn_over(kind)

    def _turn_over(self, kind: schema.Kind) -> None:
        """Drop the touches of a kind from before its last merge but one.

        A read that began before them is overtaken by that merge.
        """
        self._outdated.append(self._earlier[kind])
        self._earlier[kind] = self._touched[kind]
        self._touched[kind] = {}

    def is_overtaken(self, kind: schema.Kind, fence: int) -> bool:
        """Return whether another list of the kind was merged since then."""
        known = self._merges.get(kind)
        if known is None:
            return False
        last = known.other if known.last.fence == fence else known.last
        return last is not None and fence < last.touch

    def is_touched_since(self, key: schema.ElementKey, fence: int) -> bool:
        """Return whether an element was touched after a fence.

        It was as well if a list of its kind was merged since, but for the
        list that has the fence itself.
        """
        tombstone = self._tombstones.get(key)
        if tombstone is None:
            kind, vertex = key.kind, key.vertex
            touch = self._touched[kind].get(vertex)
            if touch is None:
                touch = self._earlier[kind].get(vertex, 0)
        else:
            touch = tombstone.touch
        return touch > fence or self.is_overtaken(key.kind, fence)

    def read_at(self, key: schema.ElementKey) -> int:
        """Return the number of the fence of its last read, if known, or 0."""
        return self._read.get(key.vertex, 0)

    def note_read(self, key: schema.ElementKey, fence: int) -> None:
        """Note that an element is as a read showed it.

        The rows of a list are not noted: nothing that is still under way
        began before it.
        """
        if self._is_listed(key.kind, fence):
            return
        vertex = key.vertex
        self._read[vertex] = max(fence, self._read.pop(vertex, 0))
        if len(self._read) > _READS_KEPT:
            del self._read[next(iter(self._read))]

    def _is_listed(self, kind: schema.Kind, fence: int) -> bool:
        """Return whether the last list of a kind tells what a read told."""
        known = self._merges.get(kind)
        return known is not None and fence <= known.last.fence

    def is_absent(self, key: schema.ElementKey) -> bool:
        """Return whether an element was lately found to be gone."""
        return key in self._tombstones

    def is_deleted(self, key: schema.ElementKey) -> bool:
        """Return whether an element was lately announced to be deleted."""
        tombstone = self._tombstones.get(key)
        return tombstone is not None and tombstone.final

    def as_of(self, key: schema.ElementKey) -> datetime.datetime | None:
        """Return the moment of the newest unversioned word about it."""
        return self._as_of.get(key)

    def touch(
        self,
        keys: collections.abc.Collection[schema.ElementKey],
        reads: collections.abc.Mapping[schema.ElementKey, int],
    ) -> None:
        """Note that elements are there, now; none of them is buried.

        :param reads: the fences of the reads that showed some of them
        """
        if not keys:
            return
        self._touches += 1
        for key in keys:
            if self._tombstones:
                self._tombstones.pop(key, None)
            fence = reads.get(key)
            if fence is None or not self._is_listed(key.kind, fence):
                self._touched[key.kind][key.vertex] = self._touches

    def bury(self, key: schema.ElementKey, moment: float, final: bool) -> None:
        """Note that an element is gone.

        :param moment: when, by a steady clock
        :param final: whether the cloud announced that it was deleted
        """
        final = final or self.is_deleted(key)
        self._touches += 1
        self._touched[key.kind].pop(key.vertex, None)
        self._earlier[key.kind].pop(key.vertex, None)
        self._read.pop(key.vertex, None)
        self._as_of.pop(key, None)
        self._tombstones[key] = _Tombstone(self._touches, moment, final)
        self._tombstones.move_to_end(key)

    def note_as_of(
        self,
        moments: collections.abc.Mapping[schema.ElementKey, datetime.datetime],
    ) -> None:
        """Note of which moments the newest words about elements are."""
        self._as_of.update(moments)

    def forget(self, now: float) -> None:
        """Drop some of what is old enough."""
        self._forget_touches()
        while self._tombstones:
            key, tombstone = next(iter(self._tombstones.items()))
            if tombstone.moment >= now - self._tombstone_age:
                return
            del self._tombstones[key]

    def _forget_touches(self) -> None:
        if not self._outdated:
            return
        outdated = self._outdated[-1]
        for _ in range(min(len(outdated), _DROPPED_AT_ONCE)):
            outdated.popitem()
        if not outdated:
            self._outdated.pop()


def _by_kind() -> dict[schema.Kind, _Touches]:
    return {kind: {} for kind in schema.Kind}
