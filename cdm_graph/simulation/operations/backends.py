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

"""Storage back ends: what operators do to them, and what befalls them.

Cinder announces nothing of it, but for capacities.
"""

import typing

from cdm_graph.simulation.operations import base
from cdm_graph.simulation.operations import storage_base


class Backends(storage_base.StorageBase):
    """Disable and enable, freeze and thaw, die and come back, report."""

    def disable_backend(self, host: str, reason: str) -> base.Operation:
        """Keep the scheduler away from a back end."""
        return self._rewritten(host, disabled=True, disabled_reason=reason)

    def freeze_backend(self, host: str) -> base.Operation:
        """Keep everything as it is on a back end."""
        return self._rewritten(
            host, disabled=True, disabled_reason='frozen', frozen=True
        )

    def thaw_backend(self, host: str) -> base.Operation:
        """Give a back end back to the scheduler.

        Cinder's API can enable a service in no other way.
        """
        return self._rewritten(
            host, disabled=False, disabled_reason='', frozen=False
        )

    def crash_backend(self, host: str) -> base.Operation:
        """Let the cinder-volume of a back end die."""
        return self._rewritten(host, reporting=False)

    def _rewritten(self, host: str, **changes: typing.Any) -> base.Operation:
        self._storage.change_backend(host, **changes)
        yield []

    def recover_backend(self, host: str) -> base.Operation:
        """Let the cinder-volume of a back end start again.

        It counts anew what it gave to volumes, and reports at once.
        """
        self._storage.change_backend(host, reporting=True)
        self._storage.recount(host)
        yield self._reported(host)

    def report_capacity(self, host: str) -> base.Operation:
        """Let a back end report its pools, as it does now and then."""
        yield self._reported(host)
