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

"""The bare machines of a simulated cloud: Ironic's part of the database.

It is a part of the cloud (:mod:`cdm_graph.simulation.database`); without
machines the cloud has no Ironic.
"""

import collections.abc
import dataclasses
import threading
import typing

from cdm_graph import exceptions
from cdm_graph.simulation import database
from cdm_graph.simulation.ironic import records

#: The one conductor of the cloud.
CONDUCTOR: typing.Final = 'controller'


class Metal(database.Database):
    """Tables of machines and chassis, in the order of their making."""

    def __init__(
        self,
        seed: int,
        time: collections.abc.Callable[[], float],
        lock: threading.RLock,
    ) -> None:
        super().__init__('metal', seed, time, lock)
        self.machines: dict[str, records.Machine] = {}
        self.chassis: dict[str, records.Chassis] = {}

    def machine(self, uuid: str) -> records.Machine:
        """Return a machine."""
        try:
            return self.machines[uuid]
        except KeyError:
            raise exceptions.SimulationError(
                f'The simulated cloud has no bare machine {uuid}.'
            ) from None

    def find_machine(self, text: str) -> records.Machine | None:
        """Return the machine with that UUID or name, as the API finds it."""
        with self._lock:
            row = self.machines.get(text)
            named = (x for x in self.machines.values() if x.name == text)
            return row or next(named, None)

    def put_machine(self, row: records.Machine) -> None:
        """Add a machine, or replace the one with its UUID."""
        with self._lock:
            self.machines[row.uuid] = row

    def change_machine(
        self, uuid: str, **changes: typing.Any
    ) -> records.Machine:
        """Change a machine; return what it became."""
        with self._lock:
            row = dataclasses.replace(
                self.machine(uuid), updated_at=self.now(), **changes
            )
            self.put_machine(row)
            return row

    def remove_machine(self, uuid: str) -> records.Machine:
        """Remove a machine; return its last row."""
        with self._lock:
            row = self.machine(uuid)
            del self.machines[uuid]
            return row

    def one_chassis(self, uuid: str) -> records.Chassis:
        """Return a chassis."""
        try:
            return self.chassis[uuid]
        except KeyError:
            raise exceptions.SimulationError(
                f'The simulated cloud has no chassis {uuid}.'
            ) from None

    def put_chassis(self, row: records.Chassis) -> None:
        """Add a chassis, or replace the one with its UUID."""
        with self._lock:
            self.chassis[row.uuid] = row

    def remove_chassis(self, uuid: str) -> records.Chassis:
        """Remove a chassis, in which no machine may be any more."""
        with self._lock:
            row = self.one_chassis(uuid)
            if any(each.chassis == uuid for each in self.machines.values()):
                raise exceptions.SimulationError(
                    f'The chassis {uuid} contains machines: it cannot be '
                    'deleted.'
                )
            del self.chassis[uuid]
            return row
