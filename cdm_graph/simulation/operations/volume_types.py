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

"""Volume types and their extra specs."""

import dataclasses

from cdm_graph.simulation import records
from cdm_graph.simulation.cinder import payloads as cinder_payloads
from cdm_graph.simulation.cinder import records as cinder_records
from cdm_graph.simulation.operations import base
from cdm_graph.simulation.operations import storage_base


class VolumeTypes(storage_base.StorageBase):
    """What volumes can be of."""

    def create_volume_type(
        self,
        name: str,
        specs: records.Strings = records.NO_STRINGS,
        is_public: bool = True,
    ) -> base.Operation:
        """Create a volume type; a second one of a name is refused."""
        context = self._cinder_request()
        if any(row.name == name for row in self._storage.types.values()):
            yield self._cinder.volume_type_refused(
                'create',
                {'name': name},
                context,
                f"VolumeTypeExists('Volume Type {name} already exists.')",
            )
            return
        row = cinder_records.VolumeType(
            uuid=self._storage.new_uuid(),
            name=name,
            is_public=is_public,
            extra_specs=specs,
            created_at=self._storage.now(),
        )
        self._storage.put_type(row)
        yield self._cinder.volume_type('create', row, context)

    def update_volume_type(
        self, name: str, new_name: str, description: str | None = None
    ) -> base.Operation:
        """Give a volume type another name and description."""
        row = dataclasses.replace(
            self._storage.type_named(name),
            name=new_name,
            description=description,
            updated_at=self._storage.now(),
        )
        self._storage.put_type(row)
        yield self._cinder.volume_type('update', row, self._cinder_request())

    def delete_volume_type(self, name: str) -> base.Operation:
        """Delete a volume type; one that volumes are of is refused."""
        row = self._storage.type_named(name)
        context = self._cinder_request()
        if any(each.type_uuid == row.uuid for each in self._storage.volumes):
            yield self._cinder.volume_type_refused(
                'delete',
                cinder_payloads.volume_type(row),
                context,
                f"VolumeTypeInUse('Volume Type {row.uuid} deletion is not "
                f"allowed with volumes present with the type.')",
            )
            return
        self._storage.remove_type(row.uuid)
        yield self._cinder.volume_type('delete', row, context)

    def add_type_specs(
        self, name: str, specs: records.Strings
    ) -> base.Operation:
        """Set extra specs of a type; its ``updated_at`` stays."""
        row = self._respecified(name, specs)
        yield self._cinder.extra_specs(
            'create',
            cinder_payloads.extra_specs(row, specs=dict(specs)),
            self._cinder_request(),
        )

    def change_type_spec(
        self, name: str, key: str, value: str
    ) -> base.Operation:
        """Change one extra spec: only its key is told."""
        row = self._respecified(name, {key: value})
        yield self._cinder.extra_specs(
            'update',
            cinder_payloads.extra_specs(row, id=key),
            self._cinder_request(),
        )

    def delete_type_spec(self, name: str, key: str) -> base.Operation:
        """Delete one extra spec: only its key is told."""
        row = self._storage.type_named(name)
        row = dataclasses.replace(
            row,
            extra_specs={
                each: value
                for each, value in row.extra_specs.items()
                if each != key
            },
        )
        self._storage.put_type(row)
        yield self._cinder.extra_specs(
            'delete',
            cinder_payloads.extra_specs(row, id=key, deleted_at=None),
            self._cinder_request(),
        )

    def _respecified(
        self, name: str, specs: records.Strings
    ) -> cinder_records.VolumeType:
        row = self._storage.type_named(name)
        row = dataclasses.replace(
            row, extra_specs={**row.extra_specs, **specs}
        )
        self._storage.put_type(row)
        return row
