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

"""Pacer: what is large gives way to what is urgent.

One thread of a Python process computes at a time.  A notification passes
through several, and waits at each step for the one that computes: while a
list of the whole cloud is parsed and merged, or an answer of twenty thousand
rows is made, as fast as it can, those of a busy cloud fall behind.  So who has
much to compute pauses after each little while, for as long.

Whoever knows that a thread of its own does all the work counts what that
computes, so that a list which waits for the cloud most of the time loses
nothing.
"""

import collections.abc
import time
import typing

#: Seconds of computing after which it pauses: less than anybody notices.
_SPELL: typing.Final = 0.005
#: Calls for each look at the timer, which would take as long as the work.
_CALLS: typing.Final = 16

_ROW = typing.TypeVar('_ROW')


class Pacer:
    """Pauses a thread for as long as it worked.

    :param timer: tells how long it has worked, in seconds since some moment
    """

    def __init__(self, timer: collections.abc.Callable[[], float]) -> None:
        self._timer = timer
        self._since = timer()
        self._calls = 0

    def pause(self) -> None:
        """Pause, if it is time to: to be called after each small step."""
        self._calls += 1
        if self._calls < _CALLS:
            return
        self._calls = 0
        worked = self._timer() - self._since
        if worked >= _SPELL:
            time.sleep(worked)
            self._since = self._timer()


def paced(
    rows: collections.abc.Iterable[_ROW],
) -> collections.abc.Iterator[_ROW]:
    """Yield rows to the thread that makes something of each.

    It gives way to others between them.  What was done before there was a
    first one does not count: it is over.
    """
    pace: Pacer | None = None
    for row in rows:
        pace = pace or Pacer(time.thread_time)
        yield row
        pace.pause()
