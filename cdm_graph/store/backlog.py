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

"""What became different in a model and is not in its store yet.

It is a set of elements and not a queue of changes: however long a store is
away, it never holds more than the model does.
"""

import collections.abc
import threading
import typing

from cdm_graph.model import change
from cdm_graph.model import schema


class Pending(typing.NamedTuple):
    """What was taken of a backlog.

    :param keys: the elements, and whether their relations may be different
    :param since: when the first of them was noted
    """

    keys: dict[schema.ElementKey, bool]
    since: float | None


class Backlog:
    """Elements that are to be written; thread-safe.

    :param monotonic: tells the time, in seconds
    """

    def __init__(self, monotonic: collections.abc.Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._keys: dict[schema.ElementKey, bool] = {}
        self._since: float | None = None

    def __len__(self) -> int:
        """Return how many elements there are."""
        return len(self._keys)

    @property
    def since(self) -> float | None:
        """When the first of them was noted; none if there is none."""
        return self._since

    def note(self, changes: collections.abc.Iterable[change.Change]) -> None:
        """Note that elements became different."""
        with self._lock:
            if self._since is None:
                self._since = self._monotonic()
            for each in changes:
                related = bool(
                    each.related or each.unrelated or each.before is None
                )
                self._keys[each.key] = related or self._keys.get(
                    each.key, False
                )

    def take(self) -> Pending:
        """Return what there is, which is then no more in it."""
        with self._lock:
            taken = Pending(self._keys, self._since)
            self._keys, self._since = {}, None
            return taken

    def put_back(self, pending: Pending) -> None:
        """Note again what was taken, and could not be written."""
        with self._lock:
            if pending.since is not None:
                self._since = pending.since
            for key, related in pending.keys.items():
                self._keys[key] = related or self._keys.get(key, False)
