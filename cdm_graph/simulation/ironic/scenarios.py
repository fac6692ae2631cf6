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

"""What is done to a cloud's bare machines by chance.

Most scenarios are one operation.  A machine that is a host of Nova's stays
where it is: it is worked on, moved to another rack, and may not answer, but is
never turned off, nor taken away from its servers.
"""

import collections.abc
import random
import typing

from cdm_graph.simulation import finder
from cdm_graph.simulation import operations
from cdm_graph.simulation.ironic import operations as ironic_operations
from cdm_graph.simulation.ironic import population
from cdm_graph.simulation.ironic import records
from cdm_graph.simulation.operations import base

#: How often each scenario is chosen.
WEIGHTS: typing.Final[collections.abc.Mapping[str, int]] = {
    'create_or_delete_machine': 60,
    'create_machine_refused': 4,
    'enroll_again': 12,
    'manage': 40,
    'manage_failing': 6,
    'manage_again': 10,
    'inspect': 15,
    'provide': 40,
    'clean_failing': 6,
    'adopt': 5,
    'deploy': 60,
    'deploy_failing': 6,
    'undeploy': 50,
    'allocate': 20,
    'deallocate': 10,
    'turn_on': 40,
    'turn_off': 40,
    'reboot_machine': 30,
    'power_failing': 8,
    'power_aborted': 4,
    'correct_power': 15,
    'lose': 10,
    'find_again': 20,
    'set_maintenance': 20,
    'end_maintenance': 20,
    'rename_machine': 15,
    'describe_machine': 15,
    'update_refused': 6,
    'move_machine': 25,
    'create_chassis': 6,
    'describe_chassis': 8,
    'delete_chassis': 6,
    'delete_chassis_refused': 3,
}

_QUICK: typing.Final = 0.2
_SPREAD: typing.Final = 0.1
#: Chassis beside those that were there at first.
_MORE_CHASSIS: typing.Final = 4
_ON: typing.Final = 'power on'
_OFF: typing.Final = 'power off'
#: States in which a machine may be deleted.
_DELETABLE: typing.Final = ('enroll', 'manageable', 'available')
_REASONS: typing.Final = ('fan broken', 'memory to be replaced')
_Suits = collections.abc.Callable[[records.Machine], bool]
_Does = collections.abc.Callable[[str], base.Operation]


def _is_well(row: records.Machine) -> bool:
    return not row.maintenance and row.fault is None


def _is_free_to_use(row: records.Machine) -> bool:
    return _is_well(row) and row.instance is None


def _answers(row: records.Machine) -> bool:
    return row.fault is None


class MetalScenarios(finder.Finder):
    """Finds things to do to bare machines."""

    def __init__(
        self,
        does: operations.Operations,
        rng: random.Random,
        busy: set[str],
    ) -> None:
        super().__init__(does, rng, busy)
        self._metal = does.cloud.metal
        self._machines_do = ironic_operations.MetalOperations(does.cloud)
        self._target = len(self._metal.machines)
        self._most_chassis = len(self._metal.chassis) + _MORE_CHASSIS

    # Finding.

    def _pick(
        self, suits: _Suits, *, also_hosts: bool = False
    ) -> records.Machine | None:
        """Return a random machine at which nothing is done."""
        with self._cloud.lock:
            hosts = frozenset() if also_hosts else self._hosts()
            rows = [
                row
                for row in self._metal.machines.values()
                if row.uuid not in self._busy
                and hosts.isdisjoint(population.host_names(row))
                and suits(row)
            ]
        return self._rng.choice(rows) if rows else None

    def _hosts(self) -> frozenset[str]:
        """Return what the hosts of Nova may be called by their machines."""
        return frozenset(
            name
            for node in self._cloud.nodes.values()
            for name in (node.uuid, node.hostname)
        )

    def _on(
        self, does: _Does, suits: _Suits, *, also_hosts: bool = False
    ) -> finder.Found | None:
        """Return an operation on a random machine."""
        row = self._pick(suits, also_hosts=also_hosts)
        return None if row is None else (frozenset({row.uuid}), does(row.uuid))

    def _from(
        self, state: str, does: _Does, suits: _Suits = _is_well
    ) -> finder.Found | None:
        """Return an operation on a random machine in a provision state."""
        return self._on(
            does, lambda row: row.provision_state == state and suits(row)
        )

    # Machines come and go.

    def _create_or_delete_machine(self) -> finder.Found | None:
        missing = self._target - len(self._metal.machines)
        share = 0.5 + missing / max(1.0, self._target * _SPREAD)
        if self._rng.random() < share:
            name = self._new_name('machine')
            return frozenset(), self._machines_do.create(name)
        return self._on(self._machines_do.delete, _is_deletable)

    def _create_machine_refused(self) -> finder.Found:
        name = self._new_name('machine')
        return frozenset(), self._machines_do.refuse_creation(name)

    def _enroll_again(self) -> finder.Found | None:
        return self._on(self._enroll_anew, _is_deletable)

    def _enroll_anew(self, uuid: str) -> base.Operation:
        """Delete a machine, and enroll it with the UUID that it had."""
        yield from self._machines_do.delete(uuid)
        yield from self._machines_do.create(self._new_name('machine'), uuid)

    # They are provided, deployed and taken back.

    def _provision(self, through: str, to: str) -> _Does:
        is_quick = self._rng.random() < _QUICK
        return lambda uuid: self._machines_do.provision(
            uuid, through, to, is_quick
        )

    def _fail(self, through: str, to: str, failed: str) -> _Does:
        return lambda uuid: self._machines_do.fail_to_provision(
            uuid, through, to, failed
        )

    def _manage(self) -> finder.Found | None:
        return self._from('enroll', self._provision('verifying', 'manageable'))

    def _manage_failing(self) -> finder.Found | None:
        return self._from(
            'enroll', self._fail('verifying', 'manageable', 'enroll')
        )

    def _manage_again(self) -> finder.Found | None:
        return self._from('clean failed', self._machines_do.manage_again)

    def _inspect(self) -> finder.Found | None:
        return self._from(
            'manageable', self._provision('inspecting', 'manageable')
        )

    def _provide(self) -> finder.Found | None:
        return self._from(
            'manageable', self._provision('cleaning', 'available')
        )

    def _clean_failing(self) -> finder.Found | None:
        return self._from(
            'manageable', self._fail('cleaning', 'available', 'clean failed')
        )

    def _adopt(self) -> finder.Found | None:
        return self._from('manageable', self._provision('adopting', 'active'))

    def _deploy(self) -> finder.Found | None:
        """Deploy what an allocation took, or else take what is free."""
        return self._from(
            'available', self._provision('deploying', 'active'), _is_taken
        ) or self._from('available', self._take, _is_free_to_use)

    def _take(self, uuid: str) -> base.Operation:
        """Deploy a machine as Nova does it, which says for which server."""
        instance = self._metal.new_uuid()
        yield from self._machines_do.update(uuid, instance=instance)
        yield from self._machines_do.provision(uuid, 'deploying', 'active')

    def _deploy_failing(self) -> finder.Found | None:
        return self._from(
            'available',
            self._fail('deploying', 'active', 'deploy failed'),
            _is_taken,
        )

    def _undeploy(self) -> finder.Found | None:
        return self._on(
            self._machines_do.undeploy,
            lambda row: (
                _is_well(row)
                and row.provision_state in ('active', 'deploy failed')
            ),
        )

    def _allocate(self) -> finder.Found | None:
        instance = self._metal.new_uuid()
        return self._from(
            'available',
            lambda uuid: self._machines_do.allocate(uuid, instance),
            _is_free_to_use,
        )

    def _deallocate(self) -> finder.Found | None:
        return self._from(
            'available',
            lambda uuid: self._machines_do.allocate(uuid, None),
            _is_taken,
        )

    # They are turned on and off.

    def _power(
        self, wanted: str, suits: _Suits, fails: bool = False
    ) -> finder.Found | None:
        return self._on(
            lambda uuid: self._machines_do.set_power(uuid, wanted, fails),
            lambda row: _answers(row) and suits(row),
        )

    def _turn_on(self) -> finder.Found | None:
        return self._power(_ON, lambda row: row.power_state != _ON)

    def _turn_off(self) -> finder.Found | None:
        return self._power(_OFF, lambda row: row.power_state != _OFF)

    def _reboot_machine(self) -> finder.Found | None:
        return self._power('rebooting', lambda row: row.power_state == _ON)

    def _power_failing(self) -> finder.Found | None:
        return self._power(_ON, lambda row: True, fails=True)

    def _power_aborted(self) -> finder.Found | None:
        return self._on(
            lambda uuid: self._machines_do.abort_power(uuid, _ON), _answers
        )

    def _correct_power(self) -> finder.Found | None:
        row = self._pick(lambda row: _answers(row) and bool(row.power_state))
        if row is None:
            return None
        found = _ON if row.power_state == _OFF else _OFF
        steps = self._machines_do.correct_power(row.uuid, found)
        return frozenset({row.uuid}), steps

    def _lose(self) -> finder.Found | None:
        return self._on(
            self._machines_do.lose,
            lambda row: _answers(row) and bool(row.power_state),
            also_hosts=True,
        )

    def _find_again(self) -> finder.Found | None:
        return self._on(
            lambda uuid: self._machines_do.find_again(uuid, _ON),
            lambda row: row.fault == ironic_operations.POWER_FAILURE,
            also_hosts=True,
        )

    # Operators work on them.

    def _set_maintenance(self) -> finder.Found | None:
        reason = self._rng.choice(_REASONS)
        return self._on(
            lambda uuid: self._machines_do.set_maintenance(uuid, reason),
            _is_well,
            also_hosts=True,
        )

    def _end_maintenance(self) -> finder.Found | None:
        return self._on(
            lambda uuid: self._machines_do.set_maintenance(uuid, None),
            lambda row: row.maintenance and _answers(row),
            also_hosts=True,
        )

    def _rename_machine(self) -> finder.Found | None:
        name = self._new_name('machine')
        return self._on(
            lambda uuid: self._machines_do.update(uuid, name=name), _answers
        )

    def _describe_machine(self) -> finder.Found | None:
        """Change what is known of the hardware, or what is written of it."""
        number = self._rng.randrange(100)
        changes: dict[str, typing.Any] = self._rng.choice(
            [
                {'properties': {'cpus': number, 'memory_mb': '4096'}},
                {'resource_class': f'class-{number % 3}'},
                {'driver': self._rng.choice(['redfish', 'ipmi'])},
            ]
        )
        return self._on(
            lambda uuid: self._machines_do.update(uuid, **changes),
            _answers,
            also_hosts=True,
        )

    def _update_refused(self) -> finder.Found | None:
        return self._on(
            lambda uuid: self._machines_do.refuse(uuid, driver='nonsense'),
            _answers,
            also_hosts=True,
        )

    # Chassis.

    def _move_machine(self) -> finder.Found | None:
        """Put a machine into a chassis, or take it out of its own."""
        row = self._pick(lambda row: True, also_hosts=True)
        if row is None:
            return None
        others = [uuid for uuid in self._chassis() if uuid != row.chassis]
        chassis = self._rng.choice([*others, None])
        busy = {row.uuid} | ({chassis} if chassis else set())
        steps = self._machines_do.update(row.uuid, chassis=chassis)
        return frozenset(busy), steps

    def _chassis(self) -> list[str]:
        """Return the chassis at which nothing is done."""
        with self._cloud.lock:
            return [
                uuid for uuid in self._metal.chassis if uuid not in self._busy
            ]

    def _create_chassis(self) -> finder.Found | None:
        if len(self._metal.chassis) >= self._most_chassis:
            return None
        name = self._new_name('rack')
        return frozenset(), self._machines_do.create_chassis(name)

    def _describe_chassis(self) -> finder.Found | None:
        name = self._new_name('rack')
        return self._on_chassis(
            self._chassis(),
            lambda uuid: self._machines_do.update_chassis(uuid, name),
        )

    def _delete_chassis(self) -> finder.Found | None:
        taken = self._taken_chassis()
        return self._on_chassis(
            [uuid for uuid in self._chassis() if uuid not in taken],
            self._machines_do.delete_chassis,
        )

    def _delete_chassis_refused(self) -> finder.Found | None:
        taken = self._taken_chassis()
        return self._on_chassis(
            [uuid for uuid in self._chassis() if uuid in taken],
            self._machines_do.refuse_to_delete_chassis,
        )

    def _taken_chassis(self) -> set[str | None]:
        with self._cloud.lock:
            return {row.chassis for row in self._metal.machines.values()}

    def _on_chassis(
        self, chassis: list[str], does: _Does
    ) -> finder.Found | None:
        if not chassis:
            return None
        uuid = self._rng.choice(chassis)
        return frozenset({uuid}), does(uuid)


def _is_deletable(row: records.Machine) -> bool:
    return row.provision_state in _DELETABLE and row.instance is None


def _is_taken(row: records.Machine) -> bool:
    return _is_well(row) and row.instance is not None
