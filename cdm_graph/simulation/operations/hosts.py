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

"""Compute services and host aggregates."""

import collections.abc
import dataclasses
import typing

from cdm_graph import exceptions
from cdm_graph.simulation import notification
from cdm_graph.simulation import records
from cdm_graph.simulation.nova import payloads
from cdm_graph.simulation.nova import population
from cdm_graph.simulation.operations import base


class Hosts(base.OperationsBase):
    """What operators do to hosts, and what befalls hosts."""

    def disable_service(self, host: str, reason: str) -> base.Operation:
        """Keep the scheduler away from a host."""
        return self._service(host, disabled=True, disabled_reason=reason)

    def enable_service(self, host: str) -> base.Operation:
        """Give a host back to the scheduler."""
        return self._service(host, disabled=False, disabled_reason=None)

    def force_down(self, host: str) -> base.Operation:
        """Declare a host to be down."""
        return self._service(host, forced_down=True)

    def unforce_down(self, host: str) -> base.Operation:
        """Take back that a host is down."""
        return self._service(host, forced_down=False)

    def _service(self, host: str, **changes: typing.Any) -> base.Operation:
        context = self._request()
        node = self.cloud.change_node(host, **changes)
        yield self._tell_service('update', node, context)

    def _tell_service(
        self,
        event: str,
        node: records.Node,
        context: notification.RequestContext,
    ) -> base.Step:
        return self._announcer.versioned(
            f'service.{event}',
            payloads.service(node, ever_seen=event != 'create'),
            context,
            notification.compute(node.host),
        )

    def crash(self, host: str) -> base.Operation:
        """Let a host's nova-compute die: Nova announces nothing at all."""
        yield self._silently(host, reporting=False)

    def recover(self, host: str) -> base.Operation:
        """Let a host's nova-compute report again: not announced either.

        It finds what was evacuated from it meanwhile, and cleans up.
        """
        yield self._silently(host, reporting=True)
        with self.cloud.lock:
            for move in self.cloud.migrations.of_source(
                host, 'evacuation', 'done'
            ):
                self.cloud.change_migration(move.number, status='completed')

    def _silently(self, host: str, reporting: bool) -> base.Step:
        self.cloud.change_node(host, reporting=reporting)
        return []

    def add_host(self) -> base.Operation:
        """Bring up a nova-compute on a new host, with its hypervisor."""
        context = self._request()
        with self.cloud.lock:
            sizes = [node.memory_mb for node in self.cloud.nodes.values()]
            node = population.new_node(
                self.cloud,
                max(sizes, default=population.NODE_MEMORY_MB),
                self.cloud.now(),
            )
            self.cloud.add_node(node)
        yield self._tell_service('create', node, context)

    def remove_host(self, host: str) -> base.Operation:
        """Delete the service of an empty host, and with it its hypervisor.

        Nova takes the host out of its aggregates before.
        """
        for aggregate in list(self.cloud.aggregates.values()):
            if host in aggregate.hosts:
                yield from self.remove_from_aggregate(aggregate.number, host)
        context = self._request()
        node = self.cloud.node(host)
        self.cloud.remove_node(host)
        yield self._tell_service('delete', node, context)

    def create_aggregate(
        self, name: str, zone: str | None = None
    ) -> base.Operation:
        """Create an aggregate, which makes a zone if it is told one."""
        context = self._request()
        row = records.Aggregate(
            number=self.cloud.next_number('aggregates'),
            uuid=self.cloud.new_uuid(),
            name=name,
            metadata={} if zone is None else {'availability_zone': zone},
            created_at=self.cloud.now(),
        )
        told: notification.Payload = {
            'name': name,
            'meta_data': dict(row.metadata),
        }
        yield self._tell(
            'create.start', 'create.start', row, told, context, created=False
        )
        self.cloud.put_aggregate(row)
        told = {'aggregate_id': row.number, **told}
        yield self._tell('create.end', 'create.end', row, told, context)

    def _tell(
        self,
        event: str,
        legacy_event: str,
        row: records.Aggregate,
        legacy_payload: notification.Payload,
        context: notification.RequestContext,
        created: bool = True,
    ) -> base.Step:
        who = row.number if created else row.name
        return self._announcer.both(
            f'aggregate.{event}',
            f'aggregate.{legacy_event}',
            lambda: payloads.aggregate(row, created),
            lambda: dict(legacy_payload),
            context,
            notification.Publisher(
                notification.API.versioned, f'aggregate.{who}'
            ),
        )

    def _change(self, number: int, **changes: typing.Any) -> records.Aggregate:
        row = dataclasses.replace(
            self.cloud.aggregate(number),
            updated_at=self.cloud.now(),
            **changes,
        )
        self.cloud.put_aggregate(row)
        return row

    def add_to_aggregate(self, number: int, host: str) -> base.Operation:
        """Put a host into an aggregate.

        As Nova, refused where it would move the host's servers to another
        zone, or the host into a second one.
        """
        context = self._request()
        row = self.cloud.aggregate(number)
        self.cloud.node(host)
        if host in row.hosts:
            raise exceptions.SimulationError(
                f'Host {host} already is in aggregate {number}.'
            )
        self._check_zone(row, host)
        # As strings here, where elsewhere it is a number: so it is in Nova.
        told = {'aggregate_id': str(number), 'host_name': host}
        yield self._tell('add_host.start', 'addhost.start', row, told, context)
        row = self._change(number, hosts=(*row.hosts, host))
        told['name'] = row.name
        yield self._tell('add_host.end', 'addhost.end', row, told, context)

    def remove_from_aggregate(self, number: int, host: str) -> base.Operation:
        """Take a host out of an aggregate."""
        context = self._request()
        row = self.cloud.aggregate(number)
        if host not in row.hosts:
            raise exceptions.SimulationError(
                f'Host {host} is not in aggregate {number}.'
            )
        if row.availability_zone is not None:
            self._check_empty([host])
        told = {'aggregate_id': str(number), 'host_name': host}
        yield self._tell(
            'remove_host.start', 'removehost.start', row, told, context
        )
        row = self._change(
            number, hosts=tuple(one for one in row.hosts if one != host)
        )
        yield self._tell(
            'remove_host.end', 'removehost.end', row, told, context
        )

    def _check_zone(self, row: records.Aggregate, host: str) -> None:
        zone = row.availability_zone
        if zone is None:
            return
        self._check_only_zone(row, host, zone)
        if self.cloud.zone_of(host) != zone:
            self._check_empty([host])

    def _check_only_zone(
        self, row: records.Aggregate, host: str, zone: str | None
    ) -> None:
        """Check that no other aggregate puts a host into another zone."""
        for other in self.cloud.aggregates.values():
            if (
                zone is not None
                and other.number != row.number
                and host in other.hosts
                and other.availability_zone not in (None, zone)
            ):
                raise exceptions.SimulationError(
                    f'Host {host} is in zone {other.availability_zone}: it '
                    f'cannot also be in {zone}.'
                )

    def _check_empty(self, hosts: collections.abc.Iterable[str]) -> None:
        for host in hosts:
            if self.cloud.is_needed(host):
                raise exceptions.SimulationError(
                    f'Host {host} has servers, or servers may return to '
                    f'it: its zone cannot be changed.'
                )

    def set_aggregate_metadata(
        self, number: int, metadata: collections.abc.Mapping[str, str | None]
    ) -> base.Operation:
        """Set keys of an aggregate's metadata; None deletes a key.

        The zone is such a key; the hosts must be empty, and in no other zone,
        for it to change.

        :raises cdm_graph.exceptions.SimulationError: if they are not
        """
        context = self._request()
        row = self.cloud.aggregate(number)
        merged = {
            key: value
            for key, value in {**row.metadata, **metadata}.items()
            if value is not None
        }
        zone = merged.get('availability_zone')
        if zone != row.availability_zone:
            self._check_empty(row.hosts)
            for host in row.hosts:
                self._check_only_zone(row, host, zone)
        told = {'aggregate_id': number, 'meta_data': dict(metadata)}
        yield self._tell(
            'update_metadata.start', 'updatemetadata.start', row, told, context
        )
        row = self._change(number, metadata=merged)
        yield self._tell(
            'update_metadata.end', 'updatemetadata.end', row, told, context
        )

    def rename_aggregate(self, number: int, name: str) -> base.Operation:
        """Rename an aggregate; already the first event has the new name."""
        context = self._request()
        renamed = dataclasses.replace(self.cloud.aggregate(number), name=name)
        told = {'aggregate_id': number}
        yield self._tell(
            'update_prop.start', 'updateprop.start', renamed, told, context
        )
        row = self._change(number, name=name)
        yield self._tell(
            'update_prop.end', 'updateprop.end', row, told, context
        )

    def delete_aggregate(self, number: int) -> base.Operation:
        """Delete an aggregate, after its hosts were taken out."""
        while hosts := self.cloud.aggregate(number).hosts:
            yield from self.remove_from_aggregate(number, hosts[0])
        context = self._request()
        row = self.cloud.aggregate(number)
        told = {'aggregate_id': str(number)}
        yield self._tell('delete.start', 'delete.start', row, told, context)
        self.cloud.remove_aggregate(number)
        yield self._tell('delete.end', 'delete.end', row, told, context)
