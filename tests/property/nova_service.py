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

"""Nova, as a pipeline follows it."""

import typing

from cdm_graph.collector import nova as nova_collector
from cdm_graph.model import schema
from cdm_graph.notification.nova import handler as nova_handler
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import records
from cdm_graph.simulation.nova import scenarios
from cdm_graph.simulation.nova import truth as nova_truth
from tests.property import service
from tests.support import nova

_SHARES: typing.Final = frozenset({'attach_share', 'detach_share'})
#: What happens in a cloud, by what it is about: a cloud in which all of it
#: happens seldom meets two events of one thing.
_STORIES: typing.Final[dict[str, tuple[str, ...]]] = {
    'everything': tuple(scenarios.WEIGHTS),
    'births and deaths': (
        'create_or_delete',
        'create_failing',
        'create_without_host',
        'soft_delete',
        'restore',
        'force_delete',
    ),
    'moves': (
        'live_migrate',
        'live_migrate_aborted',
        'live_migrate_failing',
        'cold_migrate',
        'resize',
        'confirm_resize',
        'revert_resize',
        'shelve',
        'unshelve',
    ),
    'labels': ('add_tag', 'remove_tag', 'lock', 'unlock', 'rename'),
    'attachments': (
        'create_or_delete',
        'attach_interface',
        'detach_interface',
        'attach_volume',
        'attach_failing',
        'detach_volume',
        'swap_volume',
        'attach_share',
        'detach_share',
    ),
    'groups': (
        'create_or_delete',
        'create_in_group',
        'create_group',
        'delete_group',
    ),
    'hosts': (
        'aggregate',
        'delete_aggregate',
        'disable_service',
        'enable_service',
        'add_host',
        'retire_host',
        'host_failure',
        'create_flavor',
        'change_flavor',
        'delete_flavor',
        'live_migrate',
    ),
}


def _true(row: records.Server) -> service.Facts:
    return {
        'host': row.host,
        'node': row.node,
        'vm_state': row.vm_state,
        'name': row.display_name,
        'flavor_name': row.flavor.name,
        'locked': row.locked,
    }


def _hide(pipeline: typing.Any, share: float) -> None:
    """Let the last hosts be in a cell that is down."""
    hosts = list(pipeline.cloud.nodes)
    pipeline.api.faults.cell_down(hosts[int(share * len(hosts)) :])


def _show(pipeline: typing.Any) -> None:
    pipeline.api.faults.clear()


def _furnish(_cloud: cloud_module.SimulatedCloud) -> None:
    """Leave it as it is: each cloud has a Nova."""


def _churn(weights: dict[str, int], rate: float) -> dict[str, typing.Any]:
    return {'rate': rate, 'weights': weights}


NOVA: typing.Final = service.Service(
    name='nova',
    stories=_STORIES,
    weights=scenarios.WEIGHTS,
    untold=frozenset(),
    unlisted=_SHARES,
    undated=frozenset(),
    undated_without_updates=frozenset({'updated_at'}),
    furnish=_furnish,
    churn=_churn,
    client=nova.InProcessNova,
    collector=nova_collector.NovaClusterModelCollector,
    client_name='_nova',
    handler=nova_handler.NovaNotificationHandler,
    begins_with={'_unobserved_servers': 0},
    truth=nova_truth.truth,
    subject=service.Subject(
        cls=schema.Instance,
        table=lambda cloud: cloud.servers,
        rows=lambda cloud: cloud.servers,
        written=('insert', 'replace'),
        removed='',
        facts=_true,
        is_gone=lambda row: row.deleted or row.vm_state == 'deleted',
        followed=(
            'host',
            'node',
            'vm_state',
            'name',
            'flavor_name',
            'locked',
        ),
    ),
    hide=_hide,
    show=_show,
)
