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

"""Cinder, as a pipeline follows it.

Much of what happens in Cinder nobody is told of; what no notification tells
is left out where a clause is about the bus alone.
"""

import typing

from cdm_graph.collector import cinder as cinder_collector
from cdm_graph.model import schema
from cdm_graph.notification.cinder import handler as cinder_handler
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation.cinder import population as cinder_population
from cdm_graph.simulation.cinder import records as cinder_records
from cdm_graph.simulation.cinder import scenarios as cinder_scenarios
from cdm_graph.simulation.cinder import truth as cinder_truth
from tests.property import service
from tests.support import cinder

_BACKENDS: typing.Final = 2
_VOLUMES: typing.Final = 6
#: What no notification tells, nor anything that follows from one.
_UNTOLD: typing.Final = frozenset(
    {
        'set_metadata',
        'set_flag',
        'migrate',
        'migrate_failing',
        'migrate_refused',
        'disable_backend',
        'backend_failure',
        'report',
    }
)
_STORIES: typing.Final[dict[str, tuple[str, ...]]] = {
    'everything': tuple(cinder_scenarios.WEIGHTS),
    'births and deaths': (
        'create_or_delete_volume',
        'create_refused',
        'create_failing',
        'copy_volume',
        'delete_failing',
        'create_snapshot',
        'create_snapshot_failing',
        'delete_snapshot',
        'manage',
    ),
    'moves': (
        'create_or_delete_volume',
        'retype',
        'retype_refused',
        'migrate',
        'migrate_failing',
        'migrate_refused',
        'attach',
        'detach',
    ),
    'attachments': (
        'create_or_delete_volume',
        'attach',
        'attach_again',
        'detach',
        'transfer',
        'extend',
    ),
    'types': (
        'create_type',
        'change_type',
        'delete_type',
        'retype',
        'update',
        'set_metadata',
    ),
    'back ends': (
        'create_or_delete_volume',
        'extend',
        'extend_refused',
        'report',
        'disable_backend',
        'backend_failure',
    ),
}


def _true(row: cinder_records.Volume) -> service.Facts | None:
    if row.is_temporary:
        return None
    return {
        'name': row.name,
        'status': row.status,
        'size_gb': row.size_gb,
        'pool': row.pool,
    }


def _furnish(cloud: cloud_module.SimulatedCloud) -> None:
    cinder_population.furnish(cloud, _BACKENDS, _VOLUMES)


def _churn(weights: dict[str, int], rate: float) -> dict[str, typing.Any]:
    return {'rate': 0.0, 'storage_rate': rate, 'storage_weights': weights}


def _hide(pipeline: typing.Any, _share: float) -> None:
    """Let the scheduler be started anew: it knows of no pool."""
    pipeline.api.knows_pools = False


def _show(pipeline: typing.Any) -> None:
    pipeline.api.knows_pools = True


class Client(cinder.InProcessCinder):
    """Cinder's client; a scheduler that was started anew knows of no pool."""

    knows_pools = True

    def pools(self) -> list[dict[str, typing.Any]]:
        known = super().pools()
        return known if self.knows_pools else []


CINDER: typing.Final = service.Service(
    name='cinder',
    stories=_STORIES,
    weights=cinder_scenarios.WEIGHTS,
    untold=_UNTOLD,
    unlisted=frozenset(),
    # A new volume is saved once more after the last word about it.
    undated=frozenset({'updated_at'}),
    undated_without_updates=frozenset(),
    furnish=_furnish,
    churn=_churn,
    client=Client,
    collector=cinder_collector.CinderClusterModelCollector,
    client_name='_cinder',
    handler=cinder_handler.CinderNotificationHandler,
    begins_with={},
    truth=cinder_truth.truth,
    subject=service.Subject(
        cls=schema.Volume,
        table=lambda cloud: cloud.storage.volumes,
        rows=lambda cloud: cloud.storage.volumes,
        written=('insert', 'replace'),
        removed='remove',
        facts=_true,
        is_gone=lambda _row: False,
        followed=('name', 'status', 'size_gb', 'pool'),
    ),
    hide=_hide,
    show=_show,
)
