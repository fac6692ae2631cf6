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

"""Ironic, as a pipeline follows it.

Nothing of an Ironic is ever out of sight and said to be: it shows the machines
of a conductor that is away as it shows all others, and what a user may not see
it leaves out without a word.  So nothing is hidden here.
"""

import datetime
import typing

from cdm_graph.collector import ironic as ironic_collector
from cdm_graph.model import schema
from cdm_graph.notification.ironic import handler as ironic_handler
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation.ironic import population as ironic_population
from cdm_graph.simulation.ironic import records as ironic_records
from cdm_graph.simulation.ironic import scenarios as ironic_scenarios
from cdm_graph.simulation.ironic import truth as ironic_truth
from tests.property import service
from tests.support import ironic

#: More than there are hosts.
_MACHINES: typing.Final = 9
#: What no notification tells, nor anything that follows from one.
_UNTOLD: typing.Final = frozenset({'allocate', 'deallocate', 'power_aborted'})
_STORIES: typing.Final[dict[str, tuple[str, ...]]] = {
    'everything': tuple(ironic_scenarios.WEIGHTS),
    'births and deaths': (
        'create_or_delete_machine',
        'create_machine_refused',
        'enroll_again',
        'manage',
        'manage_failing',
        'move_machine',
        'turn_on',
    ),
    'UUIDs used again': ('enroll_again', 'manage', 'turn_on', 'turn_off'),
    'provisioning': (
        'create_or_delete_machine',
        'manage',
        'manage_again',
        'inspect',
        'provide',
        'clean_failing',
        'adopt',
        'deploy',
        'deploy_failing',
        'undeploy',
        'allocate',
        'deallocate',
    ),
    'power': (
        'turn_on',
        'turn_off',
        'reboot_machine',
        'power_failing',
        'power_aborted',
        'correct_power',
        'lose',
        'find_again',
    ),
    'work': (
        'set_maintenance',
        'end_maintenance',
        'rename_machine',
        'describe_machine',
        'update_refused',
        'turn_on',
        'turn_off',
        'lose',
        'find_again',
    ),
    'chassis': (
        'enroll_again',
        'move_machine',
        'create_chassis',
        'describe_chassis',
        'delete_chassis',
        'delete_chassis_refused',
    ),
}


def _true(row: ironic_records.Machine) -> service.Facts:
    return {
        'name': row.name or '',
        'driver': row.driver,
        'power_state': row.power_state,
        'target_power_state': row.target_power_state,
        'provision_state': row.provision_state,
        'target_provision_state': row.target_provision_state,
        'maintenance': row.maintenance,
        'fault': row.fault,
        'instance_uuid': row.instance,
        'chassis_uuid': row.chassis,
        # With the same UUID another machine has another one.
        'created_at': datetime.datetime.fromtimestamp(
            row.created_at, datetime.UTC
        ),
    }


def _furnish(cloud: cloud_module.SimulatedCloud) -> None:
    ironic_population.furnish(cloud, _MACHINES)


def _churn(weights: dict[str, int], rate: float) -> dict[str, typing.Any]:
    return {'rate': 0.0, 'metal_rate': rate, 'metal_weights': weights}


def _hide(_pipeline: typing.Any, _share: float) -> None:
    """Leave all in sight."""


def _show(_pipeline: typing.Any) -> None:
    """Leave all in sight."""


IRONIC: typing.Final = service.Service(
    name='ironic',
    stories=_STORIES,
    weights=ironic_scenarios.WEIGHTS,
    untold=_UNTOLD,
    unlisted=frozenset(),
    # A conductor leaves its lock after its last word.
    undated=frozenset({'updated_at'}),
    undated_without_updates=frozenset(),
    furnish=_furnish,
    churn=_churn,
    client=ironic.InProcessIronic,
    collector=ironic_collector.IronicClusterModelCollector,
    client_name='_ironic',
    handler=ironic_handler.IronicNotificationHandler,
    begins_with={},
    truth=ironic_truth.truth,
    subject=service.Subject(
        cls=schema.BaremetalNode,
        table=lambda cloud: cloud.metal,
        rows=lambda cloud: tuple(cloud.metal.machines.values()),
        written=('put_machine',),
        removed='remove_machine',
        facts=_true,
        is_gone=lambda _row: False,
        followed=(
            'name',
            'driver',
            'power_state',
            'target_power_state',
            'provision_state',
            'target_provision_state',
            'maintenance',
            'fault',
            'instance_uuid',
            'chassis_uuid',
            'created_at',
        ),
    ),
    hide=_hide,
    show=_show,
)
