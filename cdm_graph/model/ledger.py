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

"""What a model remembers of elements besides the elements themselves.

Of each element when it was last touched; of those that were deleted lately
that they were, their *tombstone*; of those whose source has no versions when
the newest hint about them was sent.  It promises no thread-safety.
"""

import collections
import collections.abc
import datetime
import typing

from cdm_graph.model import schema

#: Seconds for which a tombstone is kept: longer than any message is late.
TOMBSTONE_AGE: typing.Final = 3600.0


class _Tombstone(typing.NamedTuple):
    sequence: int
    moment: float


class Ledger:
    """When elements were touched, buried and announced."""

    def __init__(self) -> None:
        self._touched: dict[schema.ElementKey, int] = {}
        self._tombstones: collections.OrderedDict[
            schema.ElementKey, _Tombstone
        ] = collections.OrderedDict()
        self._announced: dict[schema.ElementKey, datetime.datetime] = {}

    def touched_at(self, key: schema.ElementKey) -> int:
        """Return the sequence of the last change of an element, or 0."""
        tombstone = self._tombstones.get(key)
        if tombstone is not None:
            return tombstone.sequence
        return self._touched.get(key, 0)

    def is_buried(self, key: schema.ElementKey) -> bool:
        """Return whether an element was deleted lately."""
        return key in self._tombstones

    def announced_at(self, key: schema.ElementKey) -> datetime.datetime | None:
        """Return when the newest unversioned hint about it was sent."""
        return self._announced.get(key)

    def touch(
        self, keys: collections.abc.Iterable[schema.ElementKey], sequence: int
    ) -> None:
        """Note that elements changed; whatever is there is not buried."""
        for key in keys:
            self._touched[key] = sequence
            self._tombstones.pop(key, None)

    def bury(
        self,
        keys: collections.abc.Iterable[schema.ElementKey],
        sequence: int,
        moment: float,
    ) -> None:
        """Note that elements were deleted, at a time by a steady clock."""
        for key in keys:
            self._touched.pop(key, None)
            self._announced.pop(key, None)
            self._tombstones[key] = _Tombstone(sequence, moment)
            self._tombstones.move_to_end(key)

    def announce(
        self,
        moments: collections.abc.Mapping[schema.ElementKey, datetime.datetime],
    ) -> None:
        """Note when unversioned hints were sent."""
        self._announced.update(moments)

    def forget(self, now: float) -> None:
        """Drop the tombstones that are old enough."""
        while self._tombstones:
            key, tombstone = next(iter(self._tombstones.items()))
            if tombstone.moment >= now - TOMBSTONE_AGE:
                return
            del self._tombstones[key]
