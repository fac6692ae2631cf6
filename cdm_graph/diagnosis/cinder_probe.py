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

"""CinderProbe: what Cinder's API shows of itself."""

import collections.abc
import datetime
import math
import typing

from oslo_config import cfg

from cdm_graph import clock as clocks
from cdm_graph.collector import cinder_client
from cdm_graph.collector import cinder_rows
from cdm_graph.collector import credentials
from cdm_graph.collector import rest_client
from cdm_graph.diagnosis import api_facts
from cdm_graph.diagnosis import api_probe
from cdm_graph.diagnosis import service_probe
from cdm_graph.diagnosis import subject as subjects

_CINDER: typing.Final = cinder_client.CinderClient.service
_PROJECT: typing.Final = 'os-vol-tenant-attr:tenant_id'
#: Shown to administrators only.
_POOL: typing.Final = 'os-vol-host-attr:host'
_ROLE: typing.Final = (
    'Keystone: openstack role add --user USER --project PROJECT admin, for '
    'the user of [cinder], or of [nova] where that has none, in '
    'cdm-graph.conf'
)
SUBJECT: typing.Final = subjects.Subject(
    name=_CINDER.name,
    group=_CINDER.group,
    thing='volume',
    oldest='3.60',
    upgrade='Cinder itself: release 16 (Ussuri) or newer',
    limit='cinder.conf, API: [DEFAULT] osapi_max_limit',
    rights=(
        _ROLE,
        "or policy.yaml of Cinder: context_is_admin for the user's "
        'role, without which it lists the volumes of one project',
    ),
    without='no volume is HOSTED_ON a pool',
    attributes=(
        'policy.yaml of Cinder: '
        'volume_extension:volume_host_attribute and '
        'volume_extension:volume_tenant_attribute'
    ),
)


class CinderProbe(service_probe.ServiceProbe):
    """Looks at a Cinder.

    A user who is no administrator for Cinder gets an error of its services
    and pools, but of its volumes a list of those of one project.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        service: rest_client.Service,
        clock: clocks.Clock,
    ) -> None:
        super().__init__(conf, service, clock)
        self._size = int(conf.collector.cinder_page_size)
        self._cinder = credentials.connect(conf, cinder_client.CinderClient)

    @classmethod
    def subject_of(cls, service: rest_client.Service) -> subjects.Subject:
        """Return what is known of Cinder beforehand."""
        return SUBJECT

    def changes(
        self, before: service_probe.Census, since: float, until: float
    ) -> tuple[api_facts.Change, ...]:
        """Return the volumes that changed in a time, by Cinder's clock.

        Of what the API writes by itself nothing is announced; that a volume
        is created always is.
        """
        begin = datetime.datetime.fromtimestamp(math.ceil(since), datetime.UTC)
        rows = {
            str(row.get('id')): row
            for row in self._cinder.changed_volumes(begin)
            if not cinder_rows.is_copy(row)
        }
        return tuple(
            api_facts.Change(key, is_told=since <= _time(row, 'created_at'))
            for key, row in rows.items()
            if since <= _changed_at(row) <= until
        )

    def _greet(self) -> None:
        self._cinder.services()

    @property
    def _microversion(self) -> str | None:
        return self._cinder.microversion

    def _reads(self) -> api_probe.Reads:
        cinder = self._cinder
        now = datetime.datetime.fromtimestamp(self._clock.time(), datetime.UTC)
        return {
            'volumes': cinder.volumes,
            'changed volumes': lambda: cinder.changed_volumes(now),
            'snapshots': cinder.snapshots,
            'volume types': cinder.types,
            'services': cinder.services,
            'pools': cinder.pools,
        }

    def _page(self) -> api_facts.Page:
        body, seconds = self._timed(
            self._cinder,
            f'/volumes/detail?all_tenants=1&limit={self._size}',
        )
        rows: list[api_probe.Row] = body.get('volumes') or []
        return api_facts.Page(
            asked=self._size,
            rows=len(rows),
            is_last=not body.get('volumes_links'),
            projects=frozenset(str(row.get(_PROJECT)) for row in rows),
            seconds=seconds,
            keys=frozenset(str(row.get('id')) for row in rows),
            lacks=_lacking(rows, (_POOL, _PROJECT)),
        )

    def _find(self, key: str) -> None:
        self._cinder.volume(key)


def _lacking(
    rows: collections.abc.Iterable[api_probe.Row], names: tuple[str, ...]
) -> frozenset[str]:
    return frozenset(name for row in rows for name in names if name not in row)


def _changed_at(row: api_probe.Row) -> float:
    return max(_time(row, 'created_at'), _time(row, 'updated_at'))


def _time(row: api_probe.Row, field: str) -> float:
    """Return a time of a row; one that it has not is long ago."""
    return api_probe.read_time(row.get(field)) or 0.0
