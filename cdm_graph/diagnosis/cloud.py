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

"""CloudProbe: what Nova's API shows of itself.

It reads what the daemon reads, by the same client.  What that client hides,
such as how many rows a page had, it asks for beside it.
"""

import collections.abc
import contextlib
import dataclasses
import datetime
import itertools
import math
import typing

from oslo_config import cfg

from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.collector import cinder_client
from cdm_graph.collector import credentials
from cdm_graph.collector import ironic_client
from cdm_graph.collector import nova_client
from cdm_graph.collector import nova_rows
from cdm_graph.diagnosis import api_facts
from cdm_graph.diagnosis import api_probe
from cdm_graph.diagnosis import subject as subjects

Row = nova_client.Row
_NOVA: typing.Final = nova_client.NovaClient.service

_HOST: typing.Final = 'OS-EXT-SRV-ATTR:host'
_VOLUMES: typing.Final = 'os-extended-volumes:volumes_attached'
#: The type of the hypervisors that are Ironic's machines.
_MACHINE: typing.Final = 'ironic'
_CINDER: typing.Final = cinder_client.CinderClient.service.name
_IRONIC: typing.Final = ironic_client.IronicClient.service.name
SUBJECT: typing.Final = subjects.Subject(
    name=_NOVA.name,
    group=_NOVA.group,
    thing='server',
    oldest='2.69',
    upgrade='Nova itself: release 19 (Stein) or newer',
    limit='nova.conf, API: [api] max_limit',
    rights=(
        'Keystone: openstack role add --user USER --project PROJECT '
        'admin, for the user of [nova] in cdm-graph.conf; or '
        'policy.yaml of Nova, so that its role may do that',
    ),
    without='no server is HOSTED_ON a node',
    attributes=(
        'policy.yaml of Nova: os_compute_api:os-extended-server-attributes'
    ),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CloudFacts(api_facts.ApiFacts):
    """What the API shows of itself.

    ``unseen`` is the number of hosts in cells that are down; ``uses`` are
    some of the volumes and machines that Nova uses, by their service.
    """

    unseen: int
    uses: collections.abc.Mapping[str, frozenset[str]]


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """A server that changed, by the row that the API shows of it."""

    uuid: str
    host: str | None
    created: bool
    deleted: bool


#: The facts that an event would tell, by the key of their element, by family.
Census = collections.abc.Mapping[
    str, collections.abc.Mapping[str, frozenset[object]]
]


class CloudProbe(api_probe.ApiProbe):
    """Looks at a Nova."""

    def __init__(self, conf: cfg.ConfigOpts, clock: clocks.Clock) -> None:
        super().__init__(conf, _NOVA, clock)
        self._size = int(conf.collector.nova_page_size)
        self._nova = credentials.connect(conf, nova_client.NovaClient)

    def facts(
        self, used: collections.abc.Set[str] = frozenset()
    ) -> CloudFacts:
        """Read the first of everything that the daemon reads."""
        facts = super().facts(used)
        return CloudFacts(
            **{
                each.name: getattr(facts, each.name)
                for each in dataclasses.fields(facts)
            },
            unseen=0 if 'services' in facts.errors else self._unseen(),
            uses={
                _CINDER: facts.page.uses if facts.page else frozenset(),
                _IRONIC: frozenset(self._machines(facts.errors)),
            },
        )

    def census(self) -> Census:
        """Return the facts about all that there is little of.

        A family that cannot be read is left out.
        """
        found: dict[str, dict[str, frozenset[object]]] = {}
        for family, read, key, facts in (
            ('service', self._nova.compute_services, 'host', _service),
            ('aggregate', self._nova.aggregates, 'uuid', _aggregate),
            ('flavor', self._nova.flavors, 'id', _nothing),
            ('server_group', self._nova.server_groups, 'id', _group),
        ):
            try:
                found[family] = {
                    str(row.get(key)): facts(row) for row in read()
                }
            except exceptions.CollectorError:
                continue
        return found

    def changes(self, since: float, until: float) -> list[Change]:
        """Return the servers that changed in a time, by the cloud's clock.

        :raises cdm_graph.exceptions.CollectorError: if they cannot be read
        """
        begin = datetime.datetime.fromtimestamp(math.ceil(since), datetime.UTC)
        rows = {
            str(row.get('id')): row
            for row in self._nova.changed_servers(begin)
        }
        return [
            Change(
                uuid=uuid,
                host=row.get(_HOST),
                created=since
                <= (api_probe.read_time(row.get('created')) or 0.0),
                deleted=nova_rows.is_deleted(row),
            )
            for uuid, row in rows.items()
            if since
            <= (api_probe.read_time(row.get('updated')) or math.inf)
            <= until
        ]

    def _greet(self) -> None:
        self._nova.compute_services()

    @property
    def _microversion(self) -> str | None:
        return self._nova.microversion

    def _reads(self) -> api_probe.Reads:
        nova = self._nova
        now = datetime.datetime.fromtimestamp(self._clock.time(), datetime.UTC)
        return {
            'servers': nova.servers,
            'changed servers': lambda: nova.changed_servers(now),
            'migrations': lambda: nova.changed_migrations(now),
            'hypervisors': nova.hypervisors,
            'services': nova.compute_services,
            'aggregates': nova.aggregates,
            'availability zones': nova.availability_zones,
            'flavors': nova.flavors,
            'server groups': nova.server_groups,
        }

    def _page(self) -> api_facts.Page:
        """Ask for the first page of servers, as the client does."""
        body, seconds = self._timed(
            self._nova,
            '/servers/detail?all_tenants=1&soft_deleted=true'
            f'&limit={self._size}',
        )
        rows: list[Row] = body.get('servers') or []
        return api_facts.Page(
            asked=self._size,
            rows=len(rows),
            is_last=not body.get('servers_links'),
            projects=frozenset(str(row.get('tenant_id')) for row in rows),
            seconds=seconds,
            lacks=frozenset(_HOST for row in rows if _HOST not in row),
            uses=frozenset(
                str(volume.get('id'))
                for row in rows
                for volume in row.get(_VOLUMES) or ()
            ),
        )

    def _machines(
        self, errors: collections.abc.Container[str]
    ) -> collections.abc.Iterator[str]:
        """Yield some of the bare machines that are hypervisors."""
        if 'hypervisors' in errors:
            return
        with contextlib.suppress(exceptions.CollectorError):
            for row in itertools.islice(self._nova.hypervisors(), self._size):
                if row.get('hypervisor_type') == _MACHINE:
                    yield str(row.get('id'))

    def _unseen(self) -> int:
        """Count the hosts of which Nova knows no more than their names."""
        return sum(
            not nova_rows.is_service_observed(row)
            for row in self._nova.compute_services()
        )


def gained(before: Census, after: Census) -> dict[str, list[str]]:
    """Return the elements that came, went or changed, by their family.

    What an element only lost is left out for server groups: that a member
    left is never announced.
    """
    return {
        family: sorted(
            key
            for key in {*before[family], *after[family]}
            if _differs(
                family, before[family].get(key), after[family].get(key)
            )
        )
        for family in after
        if family in before
    }


def _differs(
    family: str,
    before: frozenset[object] | None,
    after: frozenset[object] | None,
) -> bool:
    if before is None or after is None:
        return before is not after
    if family == 'server_group':
        return not after <= before
    return after != before


def _service(row: Row) -> frozenset[object]:
    """Return what Nova announces of a service; not whether it is up."""
    return frozenset(
        (name, row.get(name))
        for name in ('status', 'forced_down', 'disabled_reason')
    )


def _aggregate(row: Row) -> frozenset[object]:
    metadata = row.get('metadata') or {}
    return frozenset(
        (row.get('name'), *(row.get('hosts') or ()), *metadata.items())
    )


def _group(row: Row) -> frozenset[object]:
    return frozenset(row.get('members') or ())


def _nothing(_row: Row) -> frozenset[object]:
    return frozenset()
