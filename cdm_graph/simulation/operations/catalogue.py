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

"""Server groups and flavors."""

import collections.abc
import dataclasses
import typing

from cdm_graph.simulation import notification
from cdm_graph.simulation import records
from cdm_graph.simulation.nova import payloads
from cdm_graph.simulation.operations import base


class Catalogue(base.OperationsBase):
    """What servers are in and what they are built from."""

    def create_server_group(
        self,
        name: str,
        policy: str = 'anti-affinity',
        project: str | None = None,
    ) -> base.Operation:
        """Create a server group."""
        projects = self.cloud.projects
        row = records.ServerGroup(
            number=self.cloud.next_number('groups'),
            uuid=self.cloud.new_uuid(),
            name=name,
            policy=policy,
            project=projects[project or self.cloud.rng.choice(list(projects))],
        )
        self.cloud.put_group(row)
        told = {
            'server_group_id': row.uuid,
            'name': row.name,
            'project_id': row.project.project_id,
            'user_id': row.project.user_id,
            'policy': row.policy,
            '_rules': dict(row.rules),
        }
        yield self._tell_group('create', row, told)

    def delete_server_group(self, uuid: str) -> base.Operation:
        """Delete a server group; its servers stay."""
        row = self.cloud.group(uuid)
        self.cloud.remove_group(uuid)
        yield self._tell_group('delete', row, {'server_group_id': uuid})

    def _tell_group(
        self,
        event: str,
        row: records.ServerGroup,
        legacy_payload: notification.Payload,
    ) -> base.Step:
        return self._announcer.both(
            f'server_group.{event}',
            f'servergroup.{event}',
            lambda: payloads.server_group(row),
            lambda: legacy_payload,
            self._request(row.project),
            notification.GROUPS,
        )

    def create_flavor(
        self,
        name: str,
        vcpus: int = 2,
        memory_mb: int = 4096,
        root_gb: int = 20,
        **others: typing.Any,
    ) -> base.Operation:
        """Create a flavor; its extra specs can only be set afterwards."""
        row = records.Flavor(
            number=self.cloud.next_number('flavors'),
            flavorid=self.cloud.new_uuid(),
            name=name,
            vcpus=vcpus,
            memory_mb=memory_mb,
            root_gb=root_gb,
            created_at=self.cloud.now(),
            **others,
        )
        self.cloud.put_flavor(row)
        yield self._tell_flavor(
            'create', payloads.flavor(row, projects=[], with_specs=False)
        )

    def set_extra_specs(
        self, name: str, specs: collections.abc.Mapping[str, str | None]
    ) -> base.Operation:
        """Set extra specs of a flavor; None deletes one.

        Servers keep the specs of their own copies.
        """
        row = self.cloud.flavor(name)
        merged = {
            key: value
            for key, value in {**row.extra_specs, **specs}.items()
            if value is not None
        }
        row = dataclasses.replace(row, extra_specs=merged)
        self.cloud.put_flavor(row)
        yield self._tell_flavor('update', payloads.flavor(row, projects=[]))

    def delete_flavor(self, name: str) -> base.Operation:
        """Delete a flavor; servers keep their copies of it."""
        row = self.cloud.flavor(name)
        self.cloud.remove_flavor(name)
        yield self._tell_flavor(
            'delete', payloads.flavor(row, with_specs=False)
        )

    def _tell_flavor(
        self, event: str, payload: notification.Payload
    ) -> base.Step:
        return self._announcer.versioned(
            f'flavor.{event}',
            payload,
            self._request(),
            notification.API,
        )
