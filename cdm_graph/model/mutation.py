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

"""Mutations: visitors that change the elements concerned, or decline to.

A mutation is given a :class:`Draft` of the model, looks at the elements that
it is about, writes what is to become different, and returns a
:class:`Verdict`.  It is applied as a whole or not at all: what it wrote
counts only when it returns *applied*.

The rules by which a source may be believed are here, for every service:

- :class:`Hint` is what a notification says.  It is applied when it is
  strictly newer than what the model knows *and* its event has authority over
  the fact; in every other case in which it would make a difference, the
  element has to be read again.
- :class:`Observation` and :class:`Absence` are what a read of the cloud said.
  They hold unless the element was touched after the read began.
- :class:`Deletion` is final: it leaves a tombstone, so that a hint that comes
  late does not bring the element back.
"""

import abc
import collections.abc
import dataclasses
import datetime
import enum
import typing

from cdm_graph.model import schema

Facts = collections.abc.Mapping[str, typing.Any]


class Outcome(enum.StrEnum):
    """What became of a mutation; each has exactly one."""

    APPLIED = 'applied'
    STALE = 'stale'
    DUPLICATE = 'duplicate'
    IGNORED = 'ignored'
    DEFERRED = 'deferred'
    FAILED = 'failed'


class Reread(enum.Enum):
    """Whether an event makes its element to be read, whatever it says."""

    IF_DOUBTFUL = 'if doubtful'
    ALWAYS = 'always'
    #: The cloud tells before it has done it: read now, and again later.
    TWICE = 'twice'


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a mutation, why, and what has to be read again.

    What is in ``settling`` is read a second time, after a while.
    """

    outcome: Outcome
    reason: str
    reread: tuple[schema.ElementKey, ...] = ()
    settling: tuple[schema.ElementKey, ...] = ()


class Draft(typing.Protocol):
    """The model as a mutation sees it, with the mutation's own writes."""

    def get(self, key: schema.ElementKey) -> schema.Element | None:
        """Return an element, or none."""

    def put(self, element: schema.Element) -> None:
        """Add or replace an element."""

    def remove(self, key: schema.ElementKey) -> None:
        """Remove an element; nothing happens if it is not there."""

    def touched_at(self, key: schema.ElementKey) -> int:
        """Return the sequence of the last change of it, or 0."""

    def is_buried(self, key: schema.ElementKey) -> bool:
        """Return whether it was deleted lately."""

    def bury(self, key: schema.ElementKey) -> None:
        """Remove an element and leave a tombstone."""

    def announced_at(self, key: schema.ElementKey) -> datetime.datetime | None:
        """Return the time of the newest unversioned hint about it."""

    def announce(
        self, key: schema.ElementKey, moment: datetime.datetime
    ) -> None:
        """Keep the time of an unversioned hint about it."""

    def nodes_on(
        self, service_host: str
    ) -> collections.abc.Sequence[schema.ComputeNode]:
        """Return the nodes of a nova-compute service."""


class Mutation(abc.ABC):
    """One change of the model; immutable, and applied at most once."""

    @abc.abstractmethod
    def visit(self, draft: Draft) -> Verdict:
        """Write into the draft what is to become different.

        :raises cdm_graph.exceptions.CdmGraphError: if it cannot be applied
        :raises pydantic.ValidationError: if a fact has the wrong type
        """


@dataclasses.dataclass(frozen=True, slots=True)
class Put(Mutation):
    """Add or replace an element, unconditionally."""

    element: schema.Element

    def visit(self, draft: Draft) -> Verdict:
        """Write the element."""
        return _put(draft, self.element, 'put')


@dataclasses.dataclass(frozen=True, slots=True)
class Observation(Mutation):
    """An element as a read of the cloud showed it.

    ``fence`` is the model's sequence number when the read began.
    """

    element: schema.Element
    fence: int

    def visit(self, draft: Draft) -> Verdict:
        """Write the element, unless it was touched during the read."""
        key = schema.key_of(self.element)
        if draft.touched_at(key) > self.fence:
            return Verdict(Outcome.DEFERRED, 'touched during read', (key,))
        element, known = self.element, draft.get(key)
        if isinstance(element, schema.Instance) and isinstance(
            known, schema.Instance
        ):
            element = element.with_memory_of(known)
        return _put(draft, element, 'missed' if known is None else 'differs')


@dataclasses.dataclass(frozen=True, slots=True)
class Absence(Mutation):
    """A read of the cloud said that there is no such element."""

    key: schema.ElementKey
    fence: int

    def visit(self, draft: Draft) -> Verdict:
        """Remove the element, unless it was touched during the read."""
        if draft.touched_at(self.key) > self.fence:
            return Verdict(
                Outcome.DEFERRED, 'touched during read', (self.key,)
            )
        if draft.get(self.key) is None:
            return Verdict(Outcome.DUPLICATE, 'known to be gone')
        draft.bury(self.key)
        return Verdict(Outcome.APPLIED, 'gone')


@dataclasses.dataclass(frozen=True, slots=True)
class Deletion(Mutation):
    """The cloud announced that the element is deleted, for good."""

    key: schema.ElementKey

    def visit(self, draft: Draft) -> Verdict:
        """Remove the element and leave a tombstone."""
        known = draft.get(self.key)
        if known is None and draft.is_buried(self.key):
            return Verdict(Outcome.DUPLICATE, 'known to be gone')
        draft.bury(self.key)
        return Verdict(Outcome.APPLIED, 'deleted')


@dataclasses.dataclass(frozen=True, slots=True)
class Hint(Mutation):
    """What a notification says of an element.

    ``facts`` are attributes over which the event has authority, ``doubts``
    attributes that it shows without it: where a doubt contradicts the model,
    the element is read again.  ``version`` is the source's own version of
    the whole row (``updated_at``), or none where the source has none; then
    ``sent_at``, the time of the message, orders the hints about the element.
    ``marks`` are attributes that are no part of the row: they hold unless
    the event is older than the row.

    ``creates`` says whether the event may make an element known; any other
    event about an unknown element makes it to be read.
    """

    key: schema.ElementKey
    facts: Facts
    sent_at: datetime.datetime
    doubts: Facts = dataclasses.field(default_factory=dict)
    marks: Facts = dataclasses.field(default_factory=dict)
    version: datetime.datetime | None = None
    creates: bool = False
    reread: Reread = Reread.IF_DOUBTFUL

    def visit(self, draft: Draft) -> Verdict:
        """Write the facts if they are newer and the event may say so."""
        if draft.is_buried(self.key):
            return Verdict(Outcome.STALE, 'deleted before')
        known = draft.get(self.key)
        if known is None:
            return self._create(draft)
        age = self._compare(draft, known)
        element = self._marked(known) if age >= 0 else known
        doubtful = _differs(known, self.doubts)
        if age > 0:
            element = schema.replace(element, **self.facts)
            self._announce(draft)
        elif _differs(known, self.facts):
            doubtful = True
        if isinstance(element, schema.Instance):
            element = element.with_memory_of(element)
        if element == known:
            return self._nothing_new(doubtful)
        draft.put(element)
        return self._verdict(Outcome.APPLIED, 'newer', doubtful)

    def _create(self, draft: Draft) -> Verdict:
        if not self.creates:
            return self._verdict(Outcome.DEFERRED, 'unknown element', True)
        cls = schema.ELEMENT_CLASSES[self.key.kind]
        key = {cls.key_field: self.key.key}
        draft.put(cls(**{**self.doubts, **self.facts, **key}))
        self._announce(draft)
        return self._verdict(Outcome.APPLIED, 'created', False)

    def _nothing_new(self, doubtful: bool) -> Verdict:
        if doubtful or self.reread is not Reread.IF_DOUBTFUL:
            return self._verdict(Outcome.DEFERRED, 'in doubt', doubtful)
        return Verdict(Outcome.DUPLICATE, 'nothing new')

    def _compare(self, draft: Draft, known: schema.Element) -> int:
        """Return 1 if the hint is newer than the model, 0 if as old, or -1.

        Where the cloud's clock does not tell, it is as old.
        """
        if self.version is not None:
            shown = getattr(known, 'updated_at', None)
            return 1 if shown is None else _order(self.version, shown)
        announced = draft.announced_at(self.key)
        return 1 if announced is None else _order(self.sent_at, announced)

    def _announce(self, draft: Draft) -> None:
        if self.version is None:
            draft.announce(self.key, self.sent_at)

    def _marked(self, known: schema.Element) -> schema.Element:
        if _differs(known, self.marks):
            return schema.replace(known, **self.marks)
        return known

    def _verdict(
        self, outcome: Outcome, reason: str, doubtful: bool
    ) -> Verdict:
        key = (self.key,)
        wanted = doubtful or self.reread is not Reread.IF_DOUBTFUL
        return Verdict(
            outcome,
            reason,
            key if wanted else (),
            key if self.reread is Reread.TWICE else (),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Doubt(Mutation):
    """The cloud hinted at a change that only a read can tell."""

    keys: tuple[schema.ElementKey, ...]
    reason: str
    reread: Reread = Reread.ALWAYS

    def visit(self, draft: Draft) -> Verdict:
        """Ask for the elements to be read, but for what is deleted."""
        living = tuple(key for key in self.keys if not draft.is_buried(key))
        if not living:
            return Verdict(Outcome.STALE, 'deleted before')
        settling = living if self.reread is Reread.TWICE else ()
        return Verdict(Outcome.DEFERRED, self.reason, living, settling)


@dataclasses.dataclass(frozen=True, slots=True)
class Nothing(Mutation):
    """The event says nothing about the model, for the reason given."""

    reason: str

    def visit(self, draft: Draft) -> Verdict:
        """Write nothing."""
        return Verdict(Outcome.IGNORED, self.reason)


@dataclasses.dataclass(frozen=True, slots=True)
class Failure(Mutation):
    """A notification that cannot be understood, and what it may be about."""

    reason: str
    keys: tuple[schema.ElementKey, ...] = ()

    def visit(self, draft: Draft) -> Verdict:
        """Write nothing; have the elements that it names read."""
        return Verdict(Outcome.FAILED, self.reason, self.keys)


@dataclasses.dataclass(frozen=True, slots=True)
class ServiceHint(Mutation):
    """What a notification says of the nova-compute service on a host."""

    service_host: str
    facts: Facts
    sent_at: datetime.datetime

    def visit(self, draft: Draft) -> Verdict:
        """Write the facts into all nodes of the host; read them again.

        A service says nothing of when it last changed, and not whether it
        is up: hence the read.
        """
        nodes = draft.nodes_on(self.service_host)
        every = (schema.ElementKey(schema.Kind.COMPUTE_NODE, schema.EVERY),)
        if not nodes:
            return Verdict(Outcome.DEFERRED, 'unknown host', every)
        for node in nodes:
            key = schema.key_of(node)
            announced = draft.announced_at(key)
            if announced is not None and self.sent_at <= announced:
                return Verdict(Outcome.DEFERRED, 'not newer', every)
            draft.put(schema.replace(node, **self.facts))
            draft.announce(key, self.sent_at)
        return Verdict(Outcome.APPLIED, 'service', every)


@dataclasses.dataclass(frozen=True, slots=True)
class ServiceDeletion(Mutation):
    """The nova-compute service on a host was deleted, with its nodes."""

    service_host: str

    def visit(self, draft: Draft) -> Verdict:
        """Remove the nodes.

        They leave no tombstone: a node keeps its UUID when its host comes
        back.
        """
        nodes = draft.nodes_on(self.service_host)
        if not nodes:
            return Verdict(Outcome.DUPLICATE, 'known to be gone')
        for node in nodes:
            draft.remove(schema.key_of(node))
        return Verdict(Outcome.APPLIED, 'service deleted')


def _put(draft: Draft, element: schema.Element, reason: str) -> Verdict:
    if draft.get(schema.key_of(element)) == element:
        return Verdict(Outcome.DUPLICATE, 'unchanged')
    draft.put(element)
    return Verdict(Outcome.APPLIED, reason)


def _differs(element: schema.Element, facts: Facts) -> bool:
    return any(
        getattr(element, name) != value for name, value in facts.items()
    )


def _order(
    moment: datetime.datetime, other: datetime.datetime
) -> typing.Literal[-1, 0, 1]:
    if moment == other:
        return 0
    return 1 if moment > other else -1
