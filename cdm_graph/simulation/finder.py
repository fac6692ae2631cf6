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

"""What finds things to do in a cloud, and keeps what is worked on.

Several finders may work on one cloud: they share the set of what is busy, so
that nothing is done twice at a time.
"""

import collections.abc
import dataclasses
import itertools
import random
import typing

from cdm_graph.simulation import operations
from cdm_graph.simulation import records
from cdm_graph.simulation.operations import base

TRIES: typing.Final = 50
#: What begins the names of all that is made by chance.
CHURNED: typing.Final = 'churn-'


@dataclasses.dataclass(frozen=True, slots=True)
class Scenario:
    """Steps that are under way, and what nothing else may touch meanwhile."""

    serial: int
    name: str
    busy: frozenset[str]
    steps: base.Operation


Found = tuple[frozenset[str], base.Operation]


class Finder:
    """Has a method for each scenario: its name with a ``_`` in front."""

    def __init__(
        self,
        does: operations.Operations,
        rng: random.Random,
        busy: set[str],
    ) -> None:
        self._does = does
        self._cloud = does.cloud
        self._rng = rng
        self._busy = busy
        self._under_way: dict[int, Scenario] = {}
        self._serials = itertools.count(1)
        self._names = itertools.count(1)

    def begin(self, name: str) -> Scenario | None:
        """Return a scenario to carry out, if there is anything for it."""
        finder: collections.abc.Callable[[], Found | None] = getattr(
            self, f'_{name}'
        )
        found = finder()
        if found is None:
            return None
        busy, steps = found
        self._busy |= busy
        scenario = Scenario(next(self._serials), name, busy, steps)
        self._under_way[scenario.serial] = scenario
        return scenario

    def end(self, scenario: Scenario) -> None:
        """Let go of what a scenario worked on."""
        self._busy -= scenario.busy
        del self._under_way[scenario.serial]

    def _is_free(self, row: records.Server) -> bool:
        if row.uuid in self._busy or row.task_state is not None:
            return False
        return row.host is None or self._cloud.node(row.host).up

    def _random_servers(self) -> collections.abc.Iterator[records.Server]:
        servers = self._cloud.servers
        for _ in range(TRIES if servers.last_number else 0):
            number = 1 + int(self._rng.random() * servers.last_number)
            row = servers.at(number)
            if row is not None:
                yield row

    def _new_name(self, kind: str) -> str:
        return f'{CHURNED}{kind}-{next(self._names):04}'
