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

"""Whether the live model equals the cloud, and since when.

The model is read between two reads of the cloud.  Only if these are equal is
the cloud known for the moment at which the model was read; a cloud that
changes meanwhile is read again, and is no failure of the model.  So it is when
the model's time is over, unless the model is wrong of both.  A cloud that
never comes to rest fails, with what changed.

A daemon that synchronizes would be equal whatever it missed: where nobody
asked it to, that is a failure.
"""

import dataclasses
import time
import typing

from cdm_graph.model import schema
from tests.devcloud import model_client
from tests.devcloud import truth
from tests.devcloud import view

_POLL: typing.Final = 0.3
#: How much longer a cloud may take until it is at rest, in seconds.
_PATIENCE: typing.Final = 90.0
_MOST_SHOWN: typing.Final = 8
#: What no notification tells of a compute node.
_UNTOLD: typing.Final = frozenset(
    {'vcpus_used', 'memory_mb_used', 'disk_gb_used', 'state'}
)
#: What those of the legacy format do not tell either.
UNTOLD_BY_LEGACY: typing.Final = _UNTOLD | {
    'status',
    'disabled_reason',
    'forced_down',
}
#: What no notification tells of a back end of Cinder.
_UNTOLD_OF_BACKENDS: typing.Final = frozenset(
    {'state', 'status', 'disabled_reason'}
)
#: What is told of a pool with the next report of its back end; until then
#: Cinder's API shows what the scheduler reckons with, who gave some away.
_REPORTED_OF_POOLS: typing.Final = frozenset(
    {'free_capacity_gb', 'allocated_capacity_gb', 'provisioned_capacity_gb'}
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scope:
    """What is compared.

    If it is not everything it is what notifications tell: all but what is
    untold of compute nodes and of storage, with the state of those hosts
    whose state was told, and without the nodes of those hosts which Nova has
    not announced.

    The daemon is asked to synchronize first, or it may do so by itself, or
    it must not.
    """

    everything: bool = False
    synchronize: bool = False
    may_synchronize: bool = False
    untold: frozenset[str] = _UNTOLD
    untold_of_pools: frozenset[str] = _REPORTED_OF_POOLS
    state_of: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()

    def narrow(self, whole: view.View) -> view.View:
        """Return the part of a view that is compared."""
        vertices = {
            vertex: self._narrow(attributes)
            for vertex, attributes in whole.vertices.items()
            if attributes.get('service_host') not in self.without
        }
        relations = frozenset(
            (source, relation, target)
            for source, relation, target in whole.relations
            if source in vertices and target in vertices
        )
        return view.View(vertices, relations)

    def _narrow(self, attributes: view.Attributes) -> view.Attributes:
        if self.everything:
            return attributes
        dropped = self._untold(attributes)
        return {
            name: value
            for name, value in attributes.items()
            if name not in dropped
        }

    def _untold(self, attributes: view.Attributes) -> frozenset[str]:
        match schema.Kind(attributes['kind']):
            case schema.Kind.COMPUTE_NODE:
                is_told = attributes['service_host'] in self.state_of
                return self.untold - {'state'} if is_told else self.untold
            case schema.Kind.STORAGE_NODE:
                return _UNTOLD_OF_BACKENDS
            case schema.Kind.STORAGE_POOL:
                return self.untold_of_pools
            case _:
                return frozenset()


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a comparison ended: differences, or after how many seconds none."""

    seconds: float
    differences: tuple[str, ...] = ()


class Comparator:
    """Compares one daemon with one cloud."""

    def __init__(
        self,
        reader: truth.TruthReader,
        model: model_client.ModelClient | None,
    ) -> None:
        """Compare; without a model, wait for the cloud to be at rest."""
        self._reader = reader
        self._model = model
        self._synchronized_at: model_client.Moments = {}
        #: What the end of a successful comparison says.
        self.finding = 'equal' if model else 'at rest'

    def begin(self) -> None:
        """Note that something is about to be done to the cloud."""
        if self._model:
            self._synchronized_at = self._model.synchronized_at()

    def wait_until_equal(
        self, scope: Scope, since: float, limit: float
    ) -> Outcome:
        """Return when they are equal, or the model is wrong after its time.

        ``since`` is a moment of the monotonic clock, ``limit`` the seconds
        from then on that the model has.
        """
        outcome = self._wait_until_equal(scope, since, limit)
        if outcome.differences or scope.synchronize or scope.may_synchronize:
            return outcome
        if self._model and self._model.synchronized_at() != (
            self._synchronized_at
        ):
            reason = 'equal, but by a synchronize that nobody asked for'
            return Outcome(outcome.seconds, (reason,))
        return outcome

    def _wait_until_equal(
        self, scope: Scope, since: float, limit: float
    ) -> Outcome:
        before = scope.narrow(self._reader.read())
        while True:
            asked = time.monotonic()
            model = self._read_model(scope)
            after = scope.narrow(self._reader.read())
            wrong = _wrong(model, before, after) if model else []
            if before == after and not wrong:
                return Outcome(asked - since)
            late = time.monotonic() - since - limit
            if late > 0 and (before == after or wrong):
                return Outcome(asked - since, _shortened(wrong))
            if late > _PATIENCE:
                reasons = ['the cloud kept changing, lastly:']
                reasons += _differences(after, before)
                return Outcome(asked - since, _shortened(reasons))
            before = after
            time.sleep(_POLL)

    def heal(self) -> None:
        """Make the model equal, so that the next step is judged alone."""
        if self._model:
            self._model.synchronize()

    def _read_model(self, scope: Scope) -> view.View | None:
        if self._model is None:
            return None
        if scope.synchronize:
            self._model.synchronize()
        return scope.narrow(self._model.view())


def _wrong(model: view.View, before: view.View, after: view.View) -> list[str]:
    """Return what is wrong whichever of two clouds the model was read of."""
    wrong = _differences(after, model)
    if not wrong or before == after:
        return wrong
    then = set(_differences(before, model))
    return [each for each in wrong if each in then]


def _shortened(reasons: list[str]) -> tuple[str, ...]:
    rest = len(reasons) - _MOST_SHOWN
    if rest <= 0:
        return tuple(reasons)
    return (*reasons[:_MOST_SHOWN], f'and {rest} more')


def _differences(cloud: view.View, model: view.View) -> list[str]:
    names = _Names(cloud, model)
    found = [
        f'missing: {names.of(vertex)}'
        for vertex in sorted(cloud.vertices.keys() - model.vertices.keys())
    ]
    found += [
        f'not in the cloud: {names.of(vertex)}'
        for vertex in sorted(model.vertices.keys() - cloud.vertices.keys())
    ]
    for vertex in sorted(cloud.vertices.keys() & model.vertices.keys()):
        found += [
            f'{names.of(vertex)}.{difference}'
            for difference in _attribute_differences(
                cloud.vertices[vertex], model.vertices[vertex]
            )
        ]
    found += [
        f'missing: {names.relation(relation)}'
        for relation in sorted(cloud.relations - model.relations)
    ]
    found += [
        f'not in the cloud: {names.relation(relation)}'
        for relation in sorted(model.relations - cloud.relations)
    ]
    return found


def _attribute_differences(
    cloud: view.Attributes, model: view.Attributes
) -> list[str]:
    return [
        f'{name}: {model.get(name)!r}, in the cloud {value!r}'
        for name, value in cloud.items()
        if model.get(name) != value
    ]


class _Names:
    """Calls vertices by what people call them."""

    def __init__(self, *views: view.View) -> None:
        self._vertices = {
            vertex: attributes
            for each in views
            for vertex, attributes in each.vertices.items()
        }

    def of(self, vertex: str) -> str:
        attributes = self._vertices[vertex]
        names = map(attributes.get, ('hostname', 'name', 'host'))
        name = next(filter(None, names), vertex)
        return f'{attributes["kind"]} {name}'

    def relation(self, relation: view.Relation) -> str:
        source, name, target = relation
        return f'{self.of(source)} {name} {self.of(target)}'
