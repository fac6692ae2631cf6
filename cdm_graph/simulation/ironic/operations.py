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

"""What happens to bare machines, and what Ironic says of it.

An operation is a sequence of steps: each changes the cloud, and yields what
is announced then.  The order was recorded from a real Ironic:

- the API tells what is wanted before it is saved, with the time of the row
  that it is to replace;
- a conductor leaves its lock after its last word, which dates the row anew;
- an allocation is announced, but not which machine it takes;
- what a conductor that died was about is ended by another one, without a word.

What was not recorded -- failing transitions, a machine that answers again --
is as Ironic's code has it.
"""

import dataclasses
import typing

from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import moments
from cdm_graph.simulation import notification
from cdm_graph.simulation.ironic import metal
from cdm_graph.simulation.ironic import payloads
from cdm_graph.simulation.ironic import records
from cdm_graph.simulation.operations import base

Operation = base.Operation

_API: typing.Final = f'ironic-api.{metal.CONDUCTOR}'
_CONDUCTOR: typing.Final = f'ironic-conductor.{metal.CONDUCTOR}'
#: The power state that a request for another one leads to.
_LEADS_TO: typing.Final = {'rebooting': 'power on'}
#: What is wrong with a machine that does not answer.
POWER_FAILURE: typing.Final = 'power failure'
_NO_ANSWER: typing.Final = 'the BMC does not answer'
#: What Ironic says to have come about, by how it says that a transition went.
_EVENTS: typing.Final = {
    'start': 'manage',
    'success': 'clean',
    'end': 'done',
    'error': 'fail',
}


class MetalOperations:
    """What can be done to the machines of a cloud."""

    def __init__(self, cloud: cloud_module.SimulatedCloud) -> None:
        self._cloud = cloud
        self._metal = cloud.metal

    # By the API.

    def create(self, name: str, uuid: str | None = None) -> Operation:
        """Enroll a machine, if need be with a UUID that was in use before."""
        row = self._new_machine(name, uuid)
        yield [self._of_api('create', 'start', row)]
        self._metal.put_machine(row)
        yield [self._of_api('create', 'end', row)]

    def refuse_creation(self, name: str) -> Operation:
        """Fail to enroll a machine."""
        row = self._new_machine(name)
        yield [self._of_api('create', 'start', row)]
        yield [self._of_api('create', 'error', row)]

    def update(self, uuid: str, **changes: typing.Any) -> Operation:
        """Change what operators may change of a machine."""
        yield from self._change('update', uuid, changes)

    def set_maintenance(self, uuid: str, reason: str | None) -> Operation:
        """Put a machine into maintenance; without a reason out of it."""
        changes = {
            'maintenance': reason is not None,
            'maintenance_reason': reason,
        }
        yield from self._change('maintenance_set', uuid, changes)

    def delete(self, uuid: str) -> Operation:
        """Delete a machine."""
        row = self._metal.machine(uuid)
        yield [self._of_api('delete', 'start', row)]
        self._metal.remove_machine(uuid)
        yield [self._of_api('delete', 'end', row)]

    def refuse(self, uuid: str, **changes: typing.Any) -> Operation:
        """Fail to change a machine."""
        wanted = dataclasses.replace(self._metal.machine(uuid), **changes)
        yield [self._of_api('update', 'start', wanted)]
        yield [self._of_api('update', 'error', wanted)]

    def create_chassis(self, description: str) -> Operation:
        """Add a chassis."""
        row = records.Chassis(
            uuid=self._metal.new_uuid(),
            description=description,
            created_at=self._metal.now(),
        )
        yield [self._of_chassis('create', 'start', row)]
        self._metal.put_chassis(row)
        yield [self._of_chassis('create', 'end', row)]

    def update_chassis(self, uuid: str, description: str) -> Operation:
        """Describe a chassis anew."""
        row = dataclasses.replace(
            self._metal.one_chassis(uuid), description=description
        )
        yield [self._of_chassis('update', 'start', row)]
        row = dataclasses.replace(row, updated_at=self._metal.now())
        self._metal.put_chassis(row)
        yield [self._of_chassis('update', 'end', row)]

    def delete_chassis(self, uuid: str) -> Operation:
        """Delete an empty chassis."""
        row = self._metal.one_chassis(uuid)
        yield [self._of_chassis('delete', 'start', row)]
        self._metal.remove_chassis(uuid)
        yield [self._of_chassis('delete', 'end', row)]

    def refuse_to_delete_chassis(self, uuid: str) -> Operation:
        """Fail to delete a chassis that contains machines."""
        row = self._metal.one_chassis(uuid)
        yield [self._of_chassis('delete', 'start', row)]
        yield [self._of_chassis('delete', 'error', row)]

    # By a conductor.

    def set_power(
        self, uuid: str, wanted: str, fails: bool = False
    ) -> Operation:
        """Turn a machine on or off, or reboot it."""
        told = {'to_power': wanted}
        target = _LEADS_TO.get(wanted, wanted)
        row = self._lock(uuid, target_power_state=target)
        yield [self._of_conductor('power_set', 'start', row, told)]
        changes = {} if fails else {'power_state': target}
        row = self._metal.change_machine(
            uuid, target_power_state=None, **changes
        )
        status = 'error' if fails else 'end'
        yield [self._of_conductor('power_set', status, row, told)]
        yield self._unlock(uuid)

    def abort_power(self, uuid: str, wanted: str) -> Operation:
        """Begin to turn a machine on or off, and die.

        The conductor that takes over gives it up, of which nothing is said.
        """
        target = _LEADS_TO.get(wanted, wanted)
        row = self._lock(uuid, target_power_state=target)
        yield [
            self._of_conductor('power_set', 'start', row, {'to_power': wanted})
        ]
        yield self._unlock(uuid)
        self._metal.change_machine(uuid, target_power_state=None)
        yield []

    def provision(
        self, uuid: str, through: str, to: str, is_quick: bool = False
    ) -> Operation:
        """Bring a machine to a state by way of another one.

        What is quick ends before its begin is announced, and the end is
        never.
        """
        begin, row = self._set_out(uuid, through, to)
        if not is_quick:
            yield [begin]
        ended = self._arrive(uuid, to)
        yield [begin if is_quick else self._transition('end', row, ended)]
        yield self._unlock(uuid)

    def fail_to_provision(
        self, uuid: str, through: str, to: str, failed: str
    ) -> Operation:
        """Begin to bring a machine to a state, and end in another one."""
        came_from = self._metal.machine(uuid).provision_state
        begin, row = self._set_out(uuid, through, to)
        yield [begin]
        ended = self._arrive(
            uuid,
            failed,
            # A machine that is where it was is not on its way any more.
            target_provision_state=None if failed == came_from else to,
            last_error=f'{through} failed',
        )
        yield [self._transition('error', row, ended)]
        yield self._unlock(uuid)

    def undeploy(self, uuid: str) -> Operation:
        """Take a machine from its server, and clean it."""
        begin, row = self._set_out(uuid, 'deleting', 'available')
        yield [begin]
        cleaned = self._arrive(
            uuid,
            'cleaning',
            target_provision_state='available',
            instance=None,
        )
        yield [self._transition('success', row, cleaned)]
        ended = self._arrive(uuid, 'available')
        yield [self._transition('end', cleaned, ended)]
        yield self._unlock(uuid)

    def manage_again(self, uuid: str) -> Operation:
        """Bring a machine whose cleaning failed back, at once."""
        before = self._lock(uuid)
        ended = self._arrive(uuid, 'manageable')
        yield [self._transition('success', before, ended)]
        yield self._unlock(uuid)

    def correct_power(self, uuid: str, found: str) -> Operation:
        """Find a machine in another power state than that of its row."""
        before = self._metal.machine(uuid).power_state
        yield [self._corrected(before, self._lock(uuid, power_state=found))]
        yield self._unlock(uuid)

    def lose(self, uuid: str) -> Operation:
        """Find that a machine does not answer any more."""
        before = self._metal.machine(uuid).power_state
        row = self._lock(
            uuid,
            power_state=None,
            maintenance=True,
            maintenance_reason=_NO_ANSWER,
            fault=POWER_FAILURE,
        )
        yield [self._corrected(before, row)]
        yield self._unlock(uuid)

    def find_again(self, uuid: str, found: str) -> Operation:
        """Find that a machine that was lost answers again."""
        before = self._metal.machine(uuid).power_state
        row = self._lock(
            uuid,
            power_state=found,
            maintenance=False,
            maintenance_reason=None,
            fault=None,
        )
        yield [self._corrected(before, row)]
        yield self._unlock(uuid)

    def allocate(self, uuid: str, instance: str | None) -> Operation:
        """Let an allocation take a machine, or leave it if it is for none.

        Which machine it is nobody is told.
        """
        self._lock(uuid, instance=instance)
        yield []
        yield self._unlock(uuid)

    # How it is done.

    def _new_machine(
        self, name: str, uuid: str | None = None
    ) -> records.Machine:
        return records.Machine(
            uuid=uuid or self._metal.new_uuid(),
            name=name,
            created_at=self._metal.now(),
        )

    def _change(
        self, action: str, uuid: str, changes: dict[str, typing.Any]
    ) -> Operation:
        wanted = dataclasses.replace(self._metal.machine(uuid), **changes)
        yield [self._of_api(action, 'start', wanted)]
        self._lock(uuid)
        yield []
        row = self._metal.change_machine(uuid, **changes)
        self._unlock(uuid)
        yield [self._of_api(action, 'end', row)]

    def _set_out(
        self, uuid: str, through: str, to: str
    ) -> tuple[notification.Notification, records.Machine]:
        """Let a machine be on its way; return what is said of it, and it."""
        before = self._metal.machine(uuid)
        row = self._lock(
            uuid,
            provision_state=through,
            target_provision_state=to,
            provisioned_at=self._metal.now(),
        )
        return self._transition('start', before, row), row

    def _arrive(
        self, uuid: str, state: str, **changes: typing.Any
    ) -> records.Machine:
        """Let a machine be in a state, with nothing else that is wanted."""
        return self._metal.change_machine(
            uuid,
            provision_state=state,
            provisioned_at=self._metal.now(),
            **{'target_provision_state': None, **changes},
        )

    def _lock(self, uuid: str, **changes: typing.Any) -> records.Machine:
        return self._metal.change_machine(
            uuid, reservation=metal.CONDUCTOR, **changes
        )

    def _unlock(self, uuid: str) -> base.Step:
        self._metal.change_machine(uuid, reservation=None)
        return []

    # What is said of it.

    def _corrected(
        self, before: str | None, row: records.Machine
    ) -> notification.Notification:
        told = {'from_power': before}
        return self._of_conductor(
            'power_state_corrected', 'success', row, told
        )

    def _transition(
        self,
        status: str,
        before: records.Machine,
        row: records.Machine,
    ) -> notification.Notification:
        told: dict[str, typing.Any] = {
            'driver_internal_info': {},
            'event': _EVENTS[status],
            'instance_info': {},
            'previous_provision_state': before.provision_state,
            'previous_target_provision_state': before.target_provision_state,
        }
        return self._of_conductor('provision_set', status, row, told)

    def _of_api(
        self, action: str, status: str, row: records.Machine
    ) -> notification.Notification:
        payload = payloads.machine(action, row)
        return self._message(_API, f'node.{action}.{status}', payload)

    def _of_chassis(
        self, action: str, status: str, row: records.Chassis
    ) -> notification.Notification:
        payload = payloads.chassis(row)
        return self._message(_API, f'chassis.{action}.{status}', payload)

    def _of_conductor(
        self,
        action: str,
        status: str,
        row: records.Machine,
        told: dict[str, typing.Any],
    ) -> notification.Notification:
        payload = payloads.machine(action, row, told)
        return self._message(_CONDUCTOR, f'node.{action}.{status}', payload)

    def _message(
        self, publisher: str, event: str, payload: notification.Payload
    ) -> notification.Notification:
        context = notification.RequestContext(
            f'req-{self._metal.new_uuid()}', self._cloud.admin
        )
        return notification.Notification(
            exchange=notification.IRONIC_EXCHANGE,
            topic=notification.IRONIC_TOPIC,
            priority='error' if event.endswith('.error') else 'info',
            publisher_id=publisher,
            event_type=f'baremetal.{event}',
            payload=payload,
            context=context.to_dict(),
            message_id=self._metal.new_uuid(),
            timestamp=moments.envelope(self._cloud.time()),
        )
