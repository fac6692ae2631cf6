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

from cdm_graph import exceptions
from cdm_graph.model import ledger as ledgers
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.model import state as states


class PendingDraft:
    """The draft of one mutation, before it is committed.

    It is a :class:`cdm_graph.model.mutation.Draft`.  One vertex has one kind:
    whatever takes an element for one of another kind raises
    :class:`~cdm_graph.exceptions.InvalidMutation`.
    """

    def __init__(self, state: states.State, ledger: ledgers.Ledger) -> None:
        self._state = state
        self._ledger = ledger
        self.writes: dict[schema.ElementKey, schema.Element | None] = {}
        self.confirmed: list[schema.ElementKey] = []
        self.reads: dict[schema.ElementKey, int] = {}
        #: Whether it is final, by what was buried.
        self.buried: dict[schema.ElementKey, bool] = {}
        self.moments: dict[schema.ElementKey, datetime.datetime] = {}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to commit, nor to remember."""
        return not (
            self.writes
            or self.confirmed
            or self.reads
            or self.buried
            or self.moments
        )

    def get(self, key: schema.ElementKey) -> schema.Element | None:
        """Return an element, or none."""
        if key in self.writes:
            return self.writes[key]
        tables = self._state.tables
        element = tables.find(key)
        if element is None:
            kind = tables.kind_of(key.vertex)
            if kind is not None:
                raise exceptions.InvalidMutation(
                    f'{key.vertex} is no {key.kind} but a {kind}.'
                )
        return element

    def put(self, element: schema.Element) -> None:
        """Add or replace an element."""
        key = schema.key_of(element)
        _refuse_bare(key)
        self.get(key)
        self.writes[key] = element

    def confirm(self, key: schema.ElementKey) -> None:
        """Note that an element is still as it is known."""
        self.confirmed.append(key)

    def bury(self, key: schema.ElementKey, *, final: bool) -> None:
        """Remove an element, if it is there, and leave a tombstone."""
        _refuse_bare(key)
        if self.get(key) is not None:
            self.writes[key] = None
        self.buried[key] = final

    def is_touched_since(
        self, key: schema.ElementKey, fence: mutation.Fence
    ) -> bool:
        """Return whether it was touched, or listed, after the fence."""
        return self._ledger.is_touched_since(key, fence.touches)

    def is_read_since(
        self, key: schema.ElementKey, fence: mutation.Fence
    ) -> bool:
        """Return whether a read showed it that began after the fence."""
        return self._ledger.read_at(key) > fence.touches

    def note_read(self, key: schema.ElementKey, fence: mutation.Fence) -> None:
        """Note that the element is as a read showed it."""
        self.reads[key] = fence.touches

    def is_absent(self, key: schema.ElementKey) -> bool:
        """Return whether it was lately found to be gone, or deleted."""
        return self._ledger.is_absent(key)

    def is_deleted(self, key: schema.ElementKey) -> bool:
        """Return whether it was lately announced to be deleted."""
        return self._ledger.is_deleted(key)

    def as_of(self, key: schema.ElementKey) -> datetime.datetime | None:
        """Return the moment of the newest unversioned word about it."""
        return self.moments.get(key) or self._ledger.as_of(key)

    def note_as_of(
        self, key: schema.ElementKey, moment: datetime.datetime
    ) -> None:
        """Keep the moment of an unversioned word about it, if the newest."""
        known = self.as_of(key)
        if known is None or moment > known:
            self.moments[key] = moment

    def nodes_on(self, service_host: str) -> list[schema.ComputeNode]:
        """Return the nodes of a nova-compute service."""
        return self._state.tables.nodes_on(service_host)


def _refuse_bare(key: schema.ElementKey) -> None:
    if key.kind in schema.BARE_KINDS:
        raise exceptions.InvalidMutation(
            f'{key.kind} {key.key} cannot be put or removed: it exists '
            f'while another element refers to it.'
        )
