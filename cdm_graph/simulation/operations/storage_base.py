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

"""What all operations on storage share.

Their requests and messages draw from the storage's own stream of chance, so
that what happens in storage leaves Nova's operations as the seed made them.
"""

from cdm_graph import exceptions
from cdm_graph.simulation import identifiers
from cdm_graph.simulation import notification
from cdm_graph.simulation import records
from cdm_graph.simulation.cinder import records as cinder_records
from cdm_graph.simulation.cinder import storage as storage_module
from cdm_graph.simulation.cinder import volume_object
from cdm_graph.simulation.operations import base


class StorageBase(base.OperationsBase):
    """A cloud's storage, and the means to announce what happens to it."""

    @property
    def _storage(self) -> storage_module.Storage:
        return self.cloud.storage

    def _cinder_request(
        self, actor: records.Project | None = None
    ) -> notification.RequestContext:
        """Return the context of a request to Cinder."""
        with self.cloud.lock:
            uuid = identifiers.new_uuid(self._storage.rng)
        return notification.RequestContext(
            f'req-{uuid}', actor or self.cloud.admin
        )

    def _volume(self, uuid: str, *states: str) -> volume_object.VolumeObject:
        """Return a copy of a volume, for a new request.

        It must be in one of the states, and in no migration.
        """
        row = self._storage.volumes.get(uuid)
        if states and row.status not in states:
            raise exceptions.SimulationError(
                f'Volume {uuid} is {row.status}; this operation needs one '
                f'that is {" or ".join(states)}.'
            )
        if row.migration_status not in (None, 'success', 'error'):
            raise exceptions.SimulationError(
                f'Volume {uuid} is being migrated: wait until it is over.'
            )
        return volume_object.VolumeObject(
            self._storage,
            self._cinder,
            self._cinder_request(row.project),
            row,
        )

    def _kind_of(
        self, row: cinder_records.Volume
    ) -> cinder_records.VolumeType:
        return self._storage.types[row.type_uuid]

    def _awaited(self, backend: str) -> base.Operation:
        """Wait for a back end, in whose queue the request is."""
        while (
            backend in self._storage.backends
            and not self._storage.backend(backend).reporting
        ):
            yield []

    def _reported(self, backend: str) -> base.Step:
        """Let a back end report, and the scheduler tell what has changed.

        Drivers that cannot tell their capacities are never told of.
        """
        if not self._storage.backend(backend).reporting:
            return []
        context = self._cinder_request()
        messages: base.Step = []
        pools = self._storage.pools_of(backend)
        with_numbers = []
        for pool in pools:
            before = pool.report.numbers
            after = self._storage.report(pool.name)
            if isinstance(after.report.total_gb, str):
                continue
            with_numbers.append(after)
            if after.report.numbers != before:
                messages += self._cinder.capacity(
                    'pool', pool.name, [after], context
                )
        if messages and len(with_numbers) == len(pools):
            messages += self._cinder.capacity(
                'backend', backend, with_numbers, context
            )
        return messages
