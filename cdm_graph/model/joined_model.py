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

"""JoinedModel: the models of several collectors, as one graph.

Elements meet by their keys: a volume of Cinder's is the volume that a server
of Nova's says it has, and so the two graphs become one.  It is a live model
like any other, with snapshots, changes, a mirror and a history of its own; it
holds the very elements of the models that it joins, and follows them in their
own threads, each change as soon as it is made.

An element that several models have is shown as the first of them has it.  As
it is looked for when it is written, and not taken from what a change says, the
joined model comes to the same whatever order the models change in.
"""

import collections.abc
import dataclasses
import typing

from oslo_log import log

from cdm_graph import clock as clocks
from cdm_graph.model import change
from cdm_graph.model import freshness as freshness_module
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import schema

LOG = log.getLogger(__name__)

_CAUSE: typing.Final = change.Cause('join')
_Models = tuple[live_model.LiveModel, ...]


class JoinedModel(live_model.LiveModel):
    """What several live models hold together, as long as it is not closed.

    Nobody else may write to it.

    :param models: the models by the names of their collectors; of an element
        that several have the first counts
    :param clock: where the time comes from
    :param default_zone: the zone of hosts that no aggregate puts into one
    """

    def __init__(
        self,
        models: collections.abc.Mapping[str, live_model.LiveModel],
        *,
        clock: clocks.Clock | None = None,
        default_zone: str = 'nova',
    ) -> None:
        super().__init__(clock=clock, default_zone=default_zone)
        self._parts = dict(models)
        self._unsubscribe = [
            each.subscribe(self._note) for each in self._parts.values()
        ]
        for each in self._parts.values():
            self._follow_all(map(schema.key_of, each.elements_put()), _CAUSE)

    def close(self) -> None:
        """Follow the models no more."""
        while self._unsubscribe:
            self._unsubscribe.pop()()

    @property
    def freshness(self) -> freshness_module.JoinedFreshness:
        """How far the models may be believed together, now."""
        return freshness_module.JoinedFreshness.of(
            self._state.sequence,
            self._clock.time(),
            tuple(
                (name, each.freshness) for name, each in self._parts.items()
            ),
        )

    @property
    def synchronized_at(self) -> float | None:
        """When the earliest of the last complete synchronizes began.

        Seconds since the epoch; none before each was synchronized.
        """
        moments = [each.synchronized_at for each in self._parts.values()]
        known = [moment for moment in moments if moment is not None]
        return min(known) if known and len(known) == len(moments) else None

    @property
    def was_filled(self) -> bool:
        """Whether each of the models was filled."""
        return all(each.was_filled for each in self._parts.values())

    @property
    def mirrored_sequence(self) -> int | None:
        """The number of the last change that a database is to be told.

        None as long as one of the models comes from the database.
        """
        told = [each.mirrored_sequence for each in self._parts.values()]
        return None if None in told else self._state.sequence

    def _note(self, changes: collections.abc.Sequence[change.Change]) -> None:
        keys = (
            each.key
            for each in changes
            if each.before is not each.after
            and each.key.kind not in schema.BARE_KINDS
        )
        self._follow_all(keys, changes[0].cause)

    def _follow_all(
        self,
        keys: collections.abc.Iterable[schema.ElementKey],
        cause: change.Cause,
    ) -> None:
        models = tuple(self._parts.values())
        verdicts = self.apply([_Follow(key, models) for key in keys], cause)
        for verdict in verdicts:
            if verdict.outcome is mutation.Outcome.FAILED:
                LOG.error(
                    'Two collectors disagree, and one of them is not shown: '
                    '%s',
                    verdict.reason,
                )


@dataclasses.dataclass(frozen=True, slots=True)
class _Follow(mutation.Mutation):
    """Let an element be as the first of some models has it now."""

    key: schema.ElementKey
    models: _Models

    def visit(self, draft: mutation.Draft) -> mutation.Verdict:
        """Write the element, or take it away."""
        for each in self.models:
            element = each.find_put(*self.key)
            if element is not None:
                draft.put(element)
                break
        else:
            draft.bury(self.key, final=False)
        return mutation.Verdict(mutation.Outcome.APPLIED, 'joined')
