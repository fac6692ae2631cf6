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

"""NovaClusterModelCollector: the cluster data model of a Nova."""

import collections.abc
import dataclasses
import datetime
import typing

from oslo_log import log

from cdm_graph import exceptions
from cdm_graph.collector import base
from cdm_graph.collector import credentials
from cdm_graph.collector import loadable
from cdm_graph.collector import nova_client
from cdm_graph.collector import nova_rows
from cdm_graph.collector import reconcile
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.notification import handler
from cdm_graph.notification.nova import handler as nova_handler

LOG = log.getLogger(__name__)

_KIND = schema.Kind


class NovaClusterModelCollector(base.BaseClusterModelCollector):
    """Compute nodes, instances and what they are grouped by, from Nova."""

    kinds_read_whole: typing.ClassVar = frozenset(
        {_KIND.COMPUTE_NODE, _KIND.HOST_AGGREGATE, _KIND.FLAVOR}
    )
    kinds_read_together: typing.ClassVar = frozenset({_KIND.INSTANCE})

    def __init__(self, surroundings: loadable.Surroundings) -> None:
        conf = surroundings.conf
        self._nova = nova_client.NovaClient(
            credentials.load_session(conf),
            adapter_options=credentials.adapter_options(conf),
            page_size=conf.collector.nova_page_size,
            url=credentials.describe(conf),
        )
        self._unobserved = 0
        self._handler = nova_handler.NovaNotificationHandler(
            self, surroundings.clock
        )
        super().__init__(surroundings)

    @property
    def notification_handler(self) -> handler.NotificationHandler:
        """The handler of Nova's notifications."""
        return self._handler

    def synchronize(self) -> root.ModelRoot:
        """Fetch everything, and return a drop-in replacement of the model."""
        elements: list[schema.Element] = []
        self.list_all(elements.append)
        return root.ModelRoot(
            elements,
            clock=self.surroundings.clock,
            default_zone=self._default_zone,
        )

    def list_all(self, stage: reconcile.Stage) -> reconcile.Coverage:
        """Fetch everything; servers of a cell that is down are unobserved.

        Relations follow from the elements, so the lists need not be of one
        moment: what changes between two of them is announced, and so read
        again.  Servers are staged page by page, so that their rows are never
        held together.
        """
        services = self._services()
        aggregates = self._aggregates()
        for element in self._few(services, aggregates):
            stage(element)
        zone = nova_rows.default_zone(
            self._nova.availability_zones(), aggregates
        )
        self._check_default_zone(zone)
        unobserved = set()
        for row in self._nova.servers():
            if nova_rows.is_observed(row):
                stage(nova_rows.instance(row))
            else:
                unobserved.add(str(row.get('id')))
        hidden = _Hidden(frozenset(unobserved), _hidden_hosts(services))
        self._unobserved = len(hidden.servers)
        return reconcile.Coverage(
            hidden, hidden.reasons(), self._with_shares()
        )

    def poll(self, since: datetime.datetime) -> reconcile.Reading:
        """Fetch what changed since then, and all nodes.

        What a node has and uses, whether its service is up, and which nodes
        there are is never announced.  A move that changed has its server
        read: the row of a server may be older than its move.
        """
        shown, gone = self._changed(since)
        moves = list(self._nova.changed_migrations(since))
        nodes = self._read_nodes()
        return dataclasses.replace(
            nodes,
            elements=(*nodes.elements, *shown),
            absent=gone,
            doubts=tuple(dict.fromkeys(map(nova_rows.moved, moves))),
            hints=tuple(map(nova_rows.migration, moves)),
        )

    def read_changed(
        self,
        keys: collections.abc.Collection[schema.ElementKey],
        since: datetime.datetime,
    ) -> reconcile.Reading:
        """Fetch those of many servers that changed since then.

        What a list does not tell, or tells at another time than the row's,
        is left to a read of the one server: shares, cells that are down.
        """
        wanted = {key.key for key in keys}
        shown, gone = self._changed(since, wanted.__contains__)
        return reconcile.Reading(
            elements=tuple(
                each for each in shown if not self._may_have_shares(each.uuid)
            ),
            absent=gone,
        )

    def read(self, key: schema.ElementKey) -> reconcile.Reading:
        """Fetch one element, or every element of a kind."""
        match key.kind:
            case _KIND.INSTANCE:
                return self._read_instance(key)
            case _KIND.SERVER_GROUP:
                return self._read_server_group(key)
            case _KIND.COMPUTE_NODE:
                return self._read_nodes()
            case _KIND.HOST_AGGREGATE:
                return _every(key.kind, self._aggregates())
            case _KIND.FLAVOR:
                return _every(key.kind, self._flavors())
            case _:
                return reconcile.Reading()

    def describe(self) -> dict[str, object]:
        """Return what ``status`` shows of Nova."""
        return {
            'microversion': self._nova.microversion,
            'unobserved_servers': self._unobserved,
        }

    @property
    def _default_zone(self) -> str:
        zone: str = self.surroundings.conf.collector.default_availability_zone
        return zone

    def _few(
        self,
        services: collections.abc.Mapping[str, nova_rows.Row],
        aggregates: list[schema.HostAggregate],
    ) -> collections.abc.Iterator[schema.Element]:
        """Yield all that there are few of."""
        yield from self._nodes(services)
        yield from aggregates
        yield from self._flavors()
        yield from map(nova_rows.server_group, self._nova.server_groups())

    def _with_shares(self) -> tuple[schema.ElementKey, ...]:
        """Return the servers that are known to have shares.

        No list tells of shares: their servers have to be read one by one.
        """
        return tuple(
            schema.key_of(instance)
            for instance in self._model.get_all_instances().values()
            if instance.shares
        )

    def _services(self) -> dict[str, nova_rows.Row]:
        """Return the rows of the nova-compute services by their hosts."""
        return {
            str(row.get('host')): row for row in self._nova.compute_services()
        }

    def _nodes(
        self, services: collections.abc.Mapping[str, nova_rows.Row]
    ) -> list[schema.ComputeNode]:
        return [
            nova_rows.compute_node(row, services)
            for row in self._nova.hypervisors()
        ]

    def _aggregates(self) -> list[schema.HostAggregate]:
        return list(map(nova_rows.host_aggregate, self._nova.aggregates()))

    def _flavors(self) -> list[schema.Flavor]:
        return list(map(nova_rows.flavor, self._nova.flavors()))

    def _changed(
        self,
        since: datetime.datetime,
        is_wanted: collections.abc.Callable[[str], bool] = lambda _uuid: True,
    ) -> tuple[tuple[schema.Instance, ...], tuple[schema.ElementKey, ...]]:
        """Return the servers that changed, and those that are gone.

        A row is many times larger than its element, so none is kept; of a
        server that comes twice the later one counts.
        """
        shown: dict[str, schema.Instance | None] = {}
        for row in self._nova.changed_servers(since):
            uuid = str(row.get('id'))
            if not is_wanted(uuid):
                continue
            if nova_rows.is_deleted(row):
                shown[uuid] = None
            elif nova_rows.is_observed(row):
                shown[uuid] = nova_rows.instance(row)
        return (
            tuple(each for each in shown.values() if each is not None),
            tuple(
                schema.ElementKey(_KIND.INSTANCE, uuid)
                for uuid, each in shown.items()
                if each is None
            ),
        )

    def _read_nodes(self) -> reconcile.Reading:
        services = self._services()
        return reconcile.Reading(
            elements=tuple(self._nodes(services)),
            every=_KIND.COMPUTE_NODE,
            is_hidden=_Hidden(hosts=_hidden_hosts(services)),
        )

    def _read_instance(self, key: schema.ElementKey) -> reconcile.Reading:
        try:
            row = self._nova.server(key.key)
        except nova_client.ServerNotFound:
            return reconcile.Reading(absent=(key,))
        if not nova_rows.is_observed(row):
            raise exceptions.CloudUnavailable(
                f'Server {key.key} is in a cell that is down.'
            )
        return reconcile.Reading((self._with_its_shares(row),))

    def _with_its_shares(self, row: nova_rows.Row) -> schema.Instance:
        """Return an instance, with its shares if it may have any."""
        instance = nova_rows.instance(row)
        if not self._may_have_shares(instance.uuid):
            return instance
        shares = self._nova.shares(instance.uuid)
        if shares is None:
            return instance
        return schema.replace(instance, shares=nova_rows.shares(shares))

    def _may_have_shares(self, uuid: str) -> bool:
        """Return whether a server has shares, or is not known yet."""
        known = self._model.find(_KIND.INSTANCE, uuid)
        return not isinstance(known, schema.Instance) or bool(known.shares)

    def _read_server_group(self, key: schema.ElementKey) -> reconcile.Reading:
        if key.key == schema.EVERY:
            # Groups come in pages by number: one is skipped when another
            # one before it goes meanwhile.
            groups = map(nova_rows.server_group, self._nova.server_groups())
            return reconcile.Reading(tuple(groups), suspect=key.kind)
        try:
            row = self._nova.server_group(key.key)
        except nova_client.ServerNotFound:
            return reconcile.Reading(absent=(key,))
        return reconcile.Reading((nova_rows.server_group(row),))

    def _check_default_zone(self, zone: str | None) -> None:
        if zone is not None and zone != self._default_zone:
            LOG.warning(
                'Nova puts hosts without a zone into %r, but [collector] '
                'default_availability_zone is %r. Set it to %r.',
                zone,
                self._default_zone,
                zone,
            )


@dataclasses.dataclass(frozen=True, slots=True)
class _Hidden:
    """What Nova cannot say anything of, since its cell is down."""

    servers: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()

    def __call__(self, element: schema.Element) -> bool:
        match element:
            case schema.Instance(uuid=uuid):
                return uuid in self.servers
            case schema.ComputeNode(service_host=host):
                return host in self.hosts
            case _:
                return False

    def reasons(self) -> tuple[str, ...]:
        counts = (
            (len(self.servers), 'servers'),
            (len(self.hosts), 'hosts'),
        )
        return tuple(
            f'{count} {what} are in cells that are down'
            for count, what in counts
            if count
        )


def _hidden_hosts(
    services: collections.abc.Mapping[str, nova_rows.Row],
) -> frozenset[str]:
    return frozenset(
        host
        for host, row in services.items()
        if not nova_rows.is_service_observed(row)
    )


def _every(
    kind: schema.Kind, elements: collections.abc.Iterable[schema.Element]
) -> reconcile.Reading:
    return reconcile.Reading(elements=tuple(elements), every=kind)
