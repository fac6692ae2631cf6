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

"""What the databases of the simulated services share.

A service's database is a part of the cloud, under the cloud's lock.  All that
is random in it comes from a stream of its own, so that what else a seed makes
of a cloud does not depend on it.
"""

import collections.abc
import random
import threading

from cdm_graph.simulation import identifiers


class Database:
    """Time and identifiers, as one service keeps them; tables are its own.

    :param name: tells its stream from those of others
    :param time: the seconds since the epoch
    """

    def __init__(
        self,
        name: str,
        seed: int,
        time: collections.abc.Callable[[], float],
        lock: threading.RLock,
    ) -> None:
        self.rng = random.Random(f'{name} of {seed}')
        self.time = time
        self._lock = lock

    def now(self) -> int:
        """Return the time as the database keeps it: in whole seconds."""
        return int(self.time())

    def new_uuid(self) -> str:
        """Return a random UUID of version 4."""
        with self._lock:
            return identifiers.new_uuid(self.rng)
