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
import datetime
import itertools
import typing

from oslo_log import log

from cdm_graph import exceptions
from cdm_graph.collector import base
from cdm_graph.collector import credentials
from cdm_graph.collector import loadable
from cdm_graph.collector import nova_cells
from cdm_graph.collector import nova_client
from cdm_graph.collector import nova_rows
from cdm_graph.collector import reconcile
from cdm_graph.collector import rest_client
from cdm_graph.model import live_model
from cdm_graph.model import schema
from cdm_graph.notification import handler
from cdm_graph.notification.nova import handler as nova_handler

LOG = log.getLogger(__name__)

_KIND = schema.Kind


class NovaClusterModelCollector(base.BaseClusterModelCollector):
    """Compute nodes, instances and what they are grouped by, from Nova."""

    kinds: typing.ClassVar = frozenset(
        {
            _KIND.COMPUTE_NODE,
            _KIND.INSTANCE,
            _KIND.HOST_AGGREGATE,
            _KIND.SERVER_GROUP,
            _KIND.FLAVOR,
        }
    )
    services: typing.ClassVar = (nova_client.NovaClient.service,)
    announcer: typing.ClassVar = nova_handler.ANNOUNCER
    kinds_read_whole: typing.ClassVar = frozenset(
        {_KIND.COMPUTE_NODE, _KIND.HOST_AGGREGATE, _KIND.FLAVOR}
    )
    kinds_read_together: typing.ClassVar = frozenset({_KIND.INSTANCE})

    def __init__(self, surroundings: loadable.Surroundings) -> None:
        conf = surroundings.conf
        self._nova = credentials.connect(conf, nova_client.NovaClient)
        self._unobserved_servers = 0
        self._handler = nova_handler.NovaNotificationHandler(
            self, surroundings.clock
        )
        super().__init__(surroundings)

    @property
    def notification_handler(self) -> handler.NotificationHandler:
        """The handler of Nova's notifications."""
        return self._handler

    def synchronize(self) -> live_model.LiveModel:
        """Fetch everything, and return a drop-in replacement of the model."""
        elements: list[schema.Element] = []
        self.list_all(elements.append)
        return live_model.LiveModel(
            elements,
            clock=self.surroundings.clock,
            default_zone=self._default_zone,
        )

    def list_all(self, stage: reconcile.Stage) -> reconcile.Coverage:
        """Fetch everything; what is in a cell that is down is unobserved.

        Relations follow from the elements, so the lists need not be of one
        moment: what changes between two of them is announced, and so read
        again.  Servers are staged page by page, so that their rows are never
        held together.
        """
        cells = self._cells()
        aggregates = self._aggregates()
        few: tuple[collections.abc.Iterable[schema.Element], ...] = (
            self._nodes(cells),
            aggregates,
            self._flavors(),
            self._server_groups(cells),
        )
        for element in itertools.chain.from_iterable(few):
            stage(element)
        zone = nova_rows.default_zone(
            self._nova.availability_zones(), aggregates
        )
        self._check_default_zone(zone)
        for row in self._nova.servers():
            if nova_rows.is_observed(row) and not nova_rows.is_deleted(row):
                stage(self._instance(row))
        cells.look_again(self._nova.compute_services())
        return reconcile.Coverage(
            cells.hides, self._unobserved(cells), self._with_shares()
        )

    def poll(self, since: datetime.datetime) -> reconcile.Reading:
        """Fetch what changed since then, and all nodes.

        What a node has and uses, whether its service is up, and which nodes
        there are is never announced.  What is in a cell that is down cannot
        be seen.  Moves are fetched before the servers: so a row that shows a
        server at rest tells that its move is over.  Any other that moved is
        read after its move was noted, which may be over by then.
        """
        cells = self._cells()
        hints = tuple(
            map(nova_rows.migration, self._nova.changed_migrations(since))
        )
        shown, gone = self._changed(since)
        nodes = tuple(self._nodes(cells))
        cells.look_again(self._nova.compute_services())
        settled = {schema.key_of(each) for each in shown if each.is_at_rest}
        settled.update(gone)
        moves = [hint for hint in hints if hint.key not in settled]
        return reconcile.Reading(
            elements=(*nodes, *shown),
            absent=gone,
            every=(_KIND.COMPUTE_NODE,),
            is_hidden=cells.hides,
            partial=self._unobserved(cells),
            doubts=tuple(dict.fromkeys(move.key for move in moves)),
            hints=tuple(moves),
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
            'unobserved_servers': self._unobserved_servers,
        }

    @property
    def _default_zone(self) -> str:
        zone: str = self.surroundings.conf.collector.default_availability_zone
        return zone

    def _unobserved(self, cells: nova_cells.Cells) -> tuple[str, ...]:
        """Count the servers that no list can show; return why."""
        known = self._model.get_all_instances() if cells.are_down else {}
        self._unobserved_servers = sum(map(cells.hides, known.values()))
        return cells.reasons(self._unobserved_servers)

    def _with_shares(self) -> tuple[schema.ElementKey, ...]:
        """Return the servers that are known to have shares.

        No list tells of shares: their servers have to be read one by one.
        """
        return tuple(
            schema.key_of(instance)
            for instance in self._model.each(_KIND.INSTANCE)
            if isinstance(instance, schema.Instance) and instance.shares
        )

    def _cells(self) -> nova_cells.Cells:
        """Return what the services tell of cells that are down."""
        return nova_cells.Cells(self._nova.compute_services())

    def _nodes(
        self, cells: nova_cells.Cells
    ) -> collections.abc.Iterator[schema.ComputeNode]:
        """Yield all nodes.

        Of those that Nova cannot list, since a cell is down, what is known
        is told anew with what their services tell.
        """
        shown = set()
        with cells.listing(_KIND.COMPUTE_NODE):
            for row in self._nova.hypervisors():
                node = nova_rows.compute_node(row, cells.services)
                shown.add(node.uuid)
                yield node
        if not cells.lists(_KIND.COMPUTE_NODE):
            for node in self._model.get_all_compute_nodes().values():
                service = cells.services.get(node.service_host)
                if service is not None and node.uuid not in shown:
                    yield nova_rows.served(node, service)

    def _server_groups(
        self, cells: nova_cells.Cells
    ) -> collections.abc.Iterator[schema.ServerGroup]:
        """Yield the server groups; none if Nova cannot list them."""
        with cells.listing(_KIND.SERVER_GROUP):
            yield from map(nova_rows.server_group, self._nova.server_groups())

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

        A row is many times larger than its element, so none is kept, and of
        one that is known already no second; of a server that comes twice the
        later one counts.
        """
        shown: dict[str, schema.Instance | None] = {}
        for row in self._nova.changed_servers(since):
            uuid = str(row.get('id'))
            if not is_wanted(uuid):
                continue
            if nova_rows.is_deleted(row):
                shown[uuid] = None
            elif nova_rows.is_observed(row):
                shown[uuid] = self._instance(row)
        return (
            tuple(each for each in shown.values() if each is not None),
            tuple(
                schema.ElementKey(_KIND.INSTANCE, uuid)
                for uuid, each in shown.items()
                if each is None
            ),
        )

    def _instance(self, row: nova_rows.Row) -> schema.Instance:
        """Return what a row shows; the model's own if it is just that."""
        known = self._model.find(_KIND.INSTANCE, str(row.get('id')))
        return nova_rows.instance(
            row, known if isinstance(known, schema.Instance) else None
        )

    def _read_nodes(self) -> reconcile.Reading:
        cells = self._cells()
        return reconcile.Reading(
            elements=tuple(self._nodes(cells)),
            every=(_KIND.COMPUTE_NODE,),
            is_hidden=cells.hides,
        )

    def _read_instance(self, key: schema.ElementKey) -> reconcile.Reading:
        try:
            row = self._nova.server(key.key)
        except rest_client.RowNotFound:
            return reconcile.Reading(absent=(key,))
        if not nova_rows.is_observed(row):
            raise exceptions.ElementUnobservable(
                f'Server {key.key} is in a cell that is down.'
            )
        if nova_rows.is_deleted(row):
            return reconcile.Reading(absent=(key,))
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
            cells = self._cells()
            return reconcile.Reading(
                tuple(self._server_groups(cells)),
                suspect=(key.kind,),
                is_hidden=cells.hides,
            )
        try:
            row = self._nova.server_group(key.key)
        except rest_client.RowNotFound:
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


def _every(
    kind: schema.Kind, elements: collections.abc.Iterable[schema.Element]
) -> reconcile.Reading:
    return reconcile.Reading(elements=tuple(elements), every=(kind,))
