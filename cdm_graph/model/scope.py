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

"""Which part of a model somebody may see.

A scope is a view: it is taken of a snapshot, and of the changes that a model
announces, and never changes what a collector reads.
"""

import abc
import collections.abc
import dataclasses
import typing

from cdm_graph import clock as clocks
from cdm_graph.model import change
from cdm_graph.model import freshness as freshness_module
from cdm_graph.model import mutation
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.model import selection as selections
from cdm_graph.model import snapshot as snapshots
from cdm_graph.model import state as states

_ELEMENT = typing.TypeVar('_ELEMENT', bound=schema.Element)
#: Where its servers run, and its volumes are, is no matter of a project: Nova
#: and Cinder tell it neither.
_HIDDEN_FACTS: typing.Final[dict[schema.Kind, dict[str, typing.Any]]] = {
    schema.Kind.INSTANCE: {'host': None, 'node': None, 'migrating_to': None},
    schema.Kind.VOLUME: {'pool': None, 'migration_status': None},
    schema.Kind.VOLUME_TYPE: {'extra_specs': {}},
}
#: Relations to what everybody may know who has something of that.
_CATALOGUE: typing.Final = (
    schema.Relation.OF_FLAVOR,
    schema.Relation.OF_TYPE,
)
_HIDDEN_RELATIONS: typing.Final = frozenset(
    {schema.Relation.HOSTED_ON, schema.Relation.MIGRATING_TO}
)


class Scope(abc.ABC):
    """A part of a cloud; immutable, and used by any thread."""

    @abc.abstractmethod
    def view(self, model: root.ModelRoot) -> root.ModelRoot:
        """Return what is to be seen of a snapshot."""

    @abc.abstractmethod
    def show(self, each: change.Change) -> change.Change | None:
        """Return what is to be seen of a change; none if nothing is."""

    @abc.abstractmethod
    def narrow(self, selection: selections.Selection) -> selections.Selection:
        """Return a choice that takes all of another that can be seen.

        It may take more, and is for who can look for less.
        """

    def pick(
        self, each: change.Change, selection: selections.Selection
    ) -> change.Change | None:
        """Return what is to be seen of a change, if that is chosen.

        Whether it is decides what may be seen: else a choice would tell what
        is hidden.
        """
        shown = self.show(each)
        return shown if shown and selection.takes(shown) else None


@dataclasses.dataclass(frozen=True, slots=True)
class WholeCloud(Scope):
    """All that there is."""

    def view(self, model: root.ModelRoot) -> root.ModelRoot:
        """Return the snapshot itself."""
        return model

    def show(self, each: change.Change) -> change.Change | None:
        """Return the change itself."""
        return each

    def narrow(self, selection: selections.Selection) -> selections.Selection:
        """Return the choice itself."""
        return selection


@dataclasses.dataclass(frozen=True, slots=True)
class ProjectScope(Scope):
    """What the members of a project may know.

    That is its servers and server groups, its volumes and snapshots, what is
    attached to the servers, and the flavors and types they are of; not where
    they are.

    :param project_id: the identifier of the project
    """

    project_id: str

    def view(self, model: root.ModelRoot) -> root.ModelRoot:
        """Return the project's part of a snapshot; it grows with that."""
        part = _Part(model.freshness)
        part.apply(map(mutation.Put, self._elements(model)))
        return part

    def show(self, each: change.Change) -> change.Change | None:
        """Return a change of what is the project's, without its host."""
        shown = each._replace(
            before=self._shown(each.before),
            after=self._shown(each.after),
            related=_visible(each.related),
            unrelated=_visible(each.unrelated),
        )
        if shown.before is None and shown.after is None:
            return None
        is_different = (
            shown.before != shown.after or shown.related or shown.unrelated
        )
        return shown if is_different else None

    def narrow(self, selection: selections.Selection) -> selections.Selection:
        """Return the choice among what is of the project."""
        return dataclasses.replace(selection, project=self.project_id)

    def _elements(
        self, model: root.ModelRoot
    ) -> collections.abc.Iterator[schema.Element]:
        project = model.find(schema.Kind.PROJECT, self.project_id)
        if project is None:
            return
        catalogue: dict[str, schema.Element] = {}
        for element in model.predecessors(project, schema.Relation.OWNED_BY):
            shown = self._shown(element)
            if shown is not None:
                yield shown
            for relation in _CATALOGUE:
                for each in model.successors(element, relation):
                    catalogue[schema.key_of(each).vertex] = _without_facts(
                        each
                    )
        yield from catalogue.values()

    def _shown(self, element: _ELEMENT | None) -> _ELEMENT | None:
        if getattr(element, 'project_id', None) != self.project_id:
            return None
        return None if element is None else _without_facts(element)


def _without_facts(element: _ELEMENT) -> _ELEMENT:
    """Return an element without what a project may not know of it."""
    hidden = _HIDDEN_FACTS.get(element.kind)
    return schema.replace(element, **hidden) if hidden else element


class _Part(snapshots.Snapshot):
    """A part of a model, which is as fresh as the whole."""

    def __init__(self, freshness: freshness_module.Freshness) -> None:
        super().__init__(states.State('nova'), freshness, clocks.SystemClock())
        self._of_whole = freshness

    @property
    def freshness(self) -> freshness_module.Freshness:
        return self._of_whole

    @property
    def sequence(self) -> int:
        return self._of_whole.sequence


def _visible(edges: tuple[change.Edge, ...]) -> tuple[change.Edge, ...]:
    return tuple(
        edge for edge in edges if edge.relation not in _HIDDEN_RELATIONS
    )
