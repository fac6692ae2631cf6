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

"""A mutation's view of a model: what is there, and what it wrote."""

import datetime

from cdm_graph.model import ledger as ledgers
from cdm_graph.model import schema
from cdm_graph.model import state as states


class PendingDraft:
    """The draft of one mutation, before it is committed.

    It is a :class:`cdm_graph.model.mutation.Draft`.
    """

    def __init__(self, state: states.State, ledger: ledgers.Ledger) -> None:
        self._state = state
        self._ledger = ledger
        self.writes: dict[schema.ElementKey, schema.Element | None] = {}
        self.buried: list[schema.ElementKey] = []
        self.announced: dict[schema.ElementKey, datetime.datetime] = {}

    def get(self, key: schema.ElementKey) -> schema.Element | None:
        """Return an element, or none."""
        if key in self.writes:
            return self.writes[key]
        return self._state.elements.get(key.vertex)

    def put(self, element: schema.Element) -> None:
        """Add or replace an element."""
        self.writes[schema.key_of(element)] = element

    def remove(self, key: schema.ElementKey) -> None:
        """Remove an element; nothing happens if it is not there."""
        self.writes[key] = None

    def touched_at(self, key: schema.ElementKey) -> int:
        """Return the sequence of the last change of it, or 0."""
        return self._ledger.touched_at(key)

    def is_buried(self, key: schema.ElementKey) -> bool:
        """Return whether it was deleted lately."""
        return self._ledger.is_buried(key)

    def bury(self, key: schema.ElementKey) -> None:
        """Remove an element and leave a tombstone."""
        self.remove(key)
        self.buried.append(key)

    def announced_at(self, key: schema.ElementKey) -> datetime.datetime | None:
        """Return the time of the newest unversioned hint about it."""
        return self._ledger.announced_at(key)

    def announce(
        self, key: schema.ElementKey, moment: datetime.datetime
    ) -> None:
        """Keep the time of an unversioned hint about it."""
        self.announced[key] = moment

    def nodes_on(self, service_host: str) -> list[schema.ComputeNode]:
        """Return the nodes of a nova-compute service."""
        vertices = self._state.indices.nodes_by_service_host.get(service_host)
        found = (self._state.elements[vertex] for vertex in vertices)
        return [node for node in found if isinstance(node, schema.ComputeNode)]
