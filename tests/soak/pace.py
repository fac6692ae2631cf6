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

"""So many announced changes a second, whatever the operations.

A *change* is one row saved in the cloud's database (of a server, a host, an
aggregate, a server group or a flavor) in a step that Nova announces, with
the notification or notifications of that step.  An operation, such as a live
migration, is several of them; what is saved without a word is none.
"""

import collections.abc
import threading
import time
import typing

from cdm_graph.simulation import churn as churns
from cdm_graph.simulation import cloud as clouds

#: By which the cloud saves a row; what calls another of them is left out.
_SAVES: typing.Final = (
    'add_server',
    'change_server',
    'add_node',
    'change_node',
    'remove_node',
    'put_aggregate',
    'remove_aggregate',
    'put_group',
    'remove_group',
    'put_flavor',
    'remove_flavor',
)
#: Announced changes that an operation of the usual mix makes.
CHANGES_AN_OPERATION: typing.Final = 3.2
#: Behind by more seconds than that, time is skipped, not made up for.
_TOLERATED_LAG: typing.Final = 5.0
#: Seconds that it sleeps at least, to make several steps at a time.
_NAP: typing.Final = 0.02


class Ledger:
    """Counts the changes of a cloud; one thread may change the cloud."""

    def __init__(self, cloud: clouds.SimulatedCloud) -> None:
        self.changes = 0
        self.announced = 0
        self._saved = 0
        for name in _SAVES:
            setattr(cloud, name, self._counting(getattr(cloud, name)))

    def _counting(
        self, save: collections.abc.Callable[..., typing.Any]
    ) -> collections.abc.Callable[..., typing.Any]:
        def saving(*args: typing.Any, **kwargs: typing.Any) -> typing.Any:
            self._saved += 1
            return save(*args, **kwargs)

        return saving

    def step(
        self, advance: collections.abc.Callable[[], object]
    ) -> typing.Any:
        """Let one step happen, and count it."""
        saved, announced = self._saved, self.announced
        result = advance()
        if self.announced > announced:
            self.changes += self._saved - saved
        return result


class Pace:
    """Lets a churn make its changes at a rate, in a thread of its own.

    The order of the steps is the churn's; only their times follow from the
    rate of the changes.

    :param rate: changes a second
    """

    def __init__(
        self, churn: churns.Churn, ledger: Ledger, rate: float
    ) -> None:
        self._churn = churn
        self._ledger = ledger
        self._rate = rate
        self._stop = threading.Event()
        self.skipped = 0.0
        self._thread = threading.Thread(
            target=self._run, name='pace', daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more, and let end what is under way."""
        self._stop.set()
        self._thread.join()
        self._ledger.step(self._churn.settle)

    def _run(self) -> None:
        began, first = time.monotonic(), self._ledger.changes
        while not self._stop.wait(_NAP):
            elapsed = time.monotonic() - began
            lag = elapsed - (self._ledger.changes - first) / self._rate
            if lag > _TOLERATED_LAG:
                began += lag
                self.skipped += lag
                continue
            while self._ledger.changes - first < elapsed * self._rate:
                self._ledger.step(self._churn.step)
                if self._stop.is_set():
                    return
