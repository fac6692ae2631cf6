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

"""Servers change their state and stay where they are."""

import typing

from cdm_graph.simulation import notification
from cdm_graph.simulation import records
from cdm_graph.simulation.nova import instance
from cdm_graph.simulation.operations import base

_RUNNING: typing.Final = records.PowerState.RUNNING
_SHUTDOWN: typing.Final = records.PowerState.SHUTDOWN


class _Transition(typing.NamedTuple):
    """From which states, by which task, to which state."""

    event: str
    sources: tuple[str, ...]
    task: str
    state: str
    power: records.PowerState


_POWER_OFF: typing.Final = _Transition(
    'power_off',
    ('active', 'rescued', 'error'),
    'powering-off',
    'stopped',
    _SHUTDOWN,
)
_POWER_ON: typing.Final = _Transition(
    'power_on', ('stopped',), 'powering-on', 'active', _RUNNING
)
_PAUSE: typing.Final = _Transition(
    'pause', ('active',), 'pausing', 'paused', records.PowerState.PAUSED
)
_UNPAUSE: typing.Final = _Transition(
    'unpause', ('paused',), 'unpausing', 'active', _RUNNING
)
_SUSPEND: typing.Final = _Transition(
    'suspend',
    ('active',),
    'suspending',
    'suspended',
    records.PowerState.SUSPENDED,
)
_RESUME: typing.Final = _Transition(
    'resume', ('suspended',), 'resuming', 'active', _RUNNING
)
_UNRESCUE: typing.Final = _Transition(
    'unrescue', ('rescued',), 'unrescuing', 'active', _RUNNING
)


class Power(base.OperationsBase):
    """Power, pause, suspend, reboot, rescue, rebuild in place."""

    def power_off(self, uuid: str) -> base.Operation:
        """Stop a server."""
        return self._transition(uuid, _POWER_OFF)

    def power_on(self, uuid: str) -> base.Operation:
        """Start a stopped server."""
        return self._transition(uuid, _POWER_ON)

    def pause(self, uuid: str) -> base.Operation:
        """Pause a server."""
        return self._transition(uuid, _PAUSE)

    def unpause(self, uuid: str) -> base.Operation:
        """Let a paused server go on."""
        return self._transition(uuid, _UNPAUSE)

    def suspend(self, uuid: str) -> base.Operation:
        """Suspend a server to disk."""
        return self._transition(uuid, _SUSPEND)

    def resume(self, uuid: str) -> base.Operation:
        """Resume a suspended server."""
        return self._transition(uuid, _RESUME)

    def unrescue(self, uuid: str) -> base.Operation:
        """Bring a rescued server back to normal."""
        return self._transition(uuid, _UNRESCUE)

    def _transition(self, uuid: str, how: _Transition) -> base.Operation:
        obj = self._load(uuid, *how.sources)
        yield obj.save(task_state=how.task)
        yield from self._carry_out(obj, how, self._host_of(obj).host)

    def _carry_out(
        self, obj: instance.InstanceObject, how: _Transition, host: str
    ) -> base.Operation:
        publisher = notification.compute(host)
        yield obj.tell(f'{how.event}.start', publisher)
        yield obj.save(
            vm_state=how.state, task_state=None, power_state=how.power
        )
        yield obj.tell(f'{how.event}.end', publisher)

    def _stop(self, obj: instance.InstanceObject, host: str) -> base.Operation:
        """Stop a server by the nova-compute that just rebuilt it."""
        yield obj.save(task_state=_POWER_OFF.task)
        yield from self._carry_out(obj, _POWER_OFF, host)

    def _start(self, obj: instance.InstanceObject) -> base.Operation:
        """Start a server by a conductor, which unshelves it in place."""
        yield obj.save(task_state=_POWER_ON.task)
        yield from self._carry_out(obj, _POWER_ON, self._host_of(obj).host)

    def reboot(self, uuid: str, hard: bool = False) -> base.Operation:
        """Reboot a server; its first notification is ahead of the database."""
        obj = self._load(uuid, 'active')
        publisher = notification.compute(self._host_of(obj).host)
        suffix = '_hard' if hard else ''
        yield obj.save(task_state=f'rebooting{suffix}')
        obj.set(task_state=f'reboot_pending{suffix}')
        yield obj.tell('reboot.start', publisher)
        yield obj.save()
        yield obj.save(task_state=f'reboot_started{suffix}')
        yield obj.save(
            vm_state='active', task_state=None, power_state=_RUNNING
        )
        yield obj.tell('reboot.end', publisher)

    def rescue(self, uuid: str) -> base.Operation:
        """Boot a server from a rescue image."""
        obj = self._load(uuid, 'active', 'stopped')
        publisher = notification.compute(self._host_of(obj).host)
        yield obj.save(task_state='rescuing')
        yield obj.tell('rescue.start', publisher)
        yield obj.exists(publisher)
        yield obj.save(
            vm_state='rescued',
            task_state=None,
            power_state=_RUNNING,
            launched_at=obj.now(),
        )
        yield obj.tell('rescue.end', publisher)

    def rebuild(self, uuid: str, image: str | None = None) -> base.Operation:
        """Build a server anew where it is, of the same or another image."""
        obj = self._load(uuid, 'active', 'stopped', 'error')
        host = self._host_of(obj).host
        stopped = obj.row.vm_state == 'stopped'
        changes = {} if image is None else {'image': image}
        yield obj.save(task_state='rebuilding', **changes)
        yield self._rebuild_scheduled(obj, host)
        publisher = notification.compute(host)
        yield obj.exists(publisher)
        yield obj.tell('rebuild.start', publisher)
        yield from self._rebuild_steps(obj, host, obj.row.power_state)
        if stopped:
            yield from self._stop(obj, host)
        yield obj.tell('rebuild.end', publisher)
        yield obj.save()

    def _rebuild_scheduled(
        self, obj: instance.InstanceObject, host: str
    ) -> base.Step:
        return obj.tell(
            'rebuild_scheduled',
            notification.Publisher(
                f'nova-conductor:{host}', notification.API.unversioned
            ),
        )

    def _rebuild_steps(
        self,
        obj: instance.InstanceObject,
        host: str,
        power: records.PowerState,
    ) -> base.Operation:
        """Build a server on a host; its volumes are taken off meanwhile."""
        kept = self._connections.held(obj)
        self._connections.reserve_again(obj)
        yield [
            *obj.save(power_state=power),
            *self._connections.release(obj, kept),
        ]
        yield [
            *self._connections.released(obj, kept),
            *obj.save(task_state='rebuild_block_device_mapping'),
        ]
        yield [
            *self._connections.connect(obj, host),
            *obj.save(task_state='rebuild_spawning'),
        ]
        yield [
            *self._connections.complete(obj),
            *obj.save(
                vm_state='active',
                task_state=None,
                power_state=_RUNNING,
                launched_at=obj.now(),
            ),
        ]
