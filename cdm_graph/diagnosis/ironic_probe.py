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

"""IronicProbe: what Ironic's API shows of itself."""

import typing

from oslo_config import cfg

from cdm_graph import clock as clocks
from cdm_graph.collector import credentials
from cdm_graph.collector import ironic_client
from cdm_graph.collector import rest_client
from cdm_graph.diagnosis import api_facts
from cdm_graph.diagnosis import api_probe
from cdm_graph.diagnosis import service_probe
from cdm_graph.diagnosis import subject as subjects

_IRONIC: typing.Final = ironic_client.IronicClient.service
#: What is announced whenever it changes; who it is given to, for one, is not.
_TOLD: typing.Final = (
    'maintenance',
    'name',
    'power_state',
    'provision_state',
    'resource_class',
)
#: Who a machine is for: whose project they are may see it.
_HOLDERS: typing.Final = ('owner', 'lessee')
SUBJECT: typing.Final = subjects.Subject(
    name=_IRONIC.name,
    group=_IRONIC.group,
    thing='machine',
    oldest='1.43',
    upgrade='Ironic itself: release 11.1 (Rocky) or newer',
    limit='ironic.conf, API: [api] max_limit',
    rights=(
        'Keystone: openstack role add --user USER --system all '
        'reader, and cdm-graph.conf: [ironic] system_scope = all, in '
        'place of its project',
        'or policy.yaml of Ironic: baremetal:node:list_all, '
        'baremetal:node:get and baremetal:chassis:get for the role '
        'of the user of [ironic], or of [nova] where that has none',
    ),
)


class IronicProbe(service_probe.ServiceProbe):
    """Looks at an Ironic.

    A user who may not see all machines gets those of one project, and no
    error; of the chassis an error.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        service: rest_client.Service,
        clock: clocks.Clock,
    ) -> None:
        super().__init__(conf, service, clock)
        self._size = int(conf.collector.ironic_page_size)
        self._ironic = credentials.connect(conf, ironic_client.IronicClient)

    @classmethod
    def subject_of(cls, service: rest_client.Service) -> subjects.Subject:
        """Return what is known of Ironic beforehand."""
        return SUBJECT

    def census(self) -> service_probe.Census:
        """Return what is announced of each machine, and what is not."""
        return {
            str(row.get('uuid')): (
                tuple(row.get(name) for name in _TOLD),
                row.get('instance_uuid'),
            )
            for row in self._ironic.outlines()
        }

    def changes(
        self, before: service_probe.Census, since: float, until: float
    ) -> tuple[api_facts.Change, ...]:
        """Return the machines that came, went or changed since the begin."""
        after = self.census()
        return tuple(
            api_facts.Change(key, is_told=_told(old) != _told(new))
            for key in sorted({*before, *after})
            if (old := before.get(key)) != (new := after.get(key))
        )

    def _greet(self) -> None:
        self._ironic.answer('/')

    @property
    def _microversion(self) -> str | None:
        return self._ironic.microversion

    def _reads(self) -> api_probe.Reads:
        ironic = self._ironic
        return {
            'machines': ironic.machines,
            'outlines of machines': ironic.outlines,
            'chassis': ironic.chassis,
        }

    def _page(self) -> api_facts.Page:
        body, seconds = self._timed(
            self._ironic,
            f'/nodes?detail=True&limit={self._size}',
        )
        rows: list[api_probe.Row] = body.get('nodes') or []
        mine = self._project()
        return api_facts.Page(
            asked=self._size,
            rows=len(rows),
            is_last=not body.get('next'),
            projects=frozenset(_holder(row, mine) for row in rows),
            seconds=seconds,
            keys=frozenset(str(row.get('uuid')) for row in rows),
        )

    def _find(self, key: str) -> None:
        self._ironic.machine(key)


def _holder(row: api_probe.Row, mine: str | None) -> str:
    """Return our project if the machine is for it; else another, or none."""
    holders = [str(row.get(name) or '') for name in _HOLDERS]
    if mine is not None and mine in holders:
        return mine
    return holders[0]


def _told(facts: object) -> object:
    return facts[0] if isinstance(facts, tuple) else None
