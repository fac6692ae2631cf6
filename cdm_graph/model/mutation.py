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
:class:`Verdict`.  It is applied as a whole or, if it raises, not at all.

The rules by which a source may be believed are here, for every service:

- :class:`Hint` is what a notification says.  It is applied when it is
  strictly newer than what the model knows *and* its event has authority over
  the fact; in every other case in which it would make a difference, the
  element has to be read again.
- :class:`Observation` and :class:`Absence` are what a read of the cloud said.
  They hold unless the element was touched after the read began.  What a read
  confirms counts as touched: what began to be read before it may be older,
  and leads to no further read if the later one began after it.
  A list of every element of a kind touches all of them when it is merged,
  also those that it lacks: a read that began before that leads to another.
- What is gone leaves a tombstone, so that nothing that comes late brings it
  back by itself.  After a :class:`Deletion`, which the cloud announced, hints
  mean nothing any more; after an absence, which only a read showed, they lead
  to another read.
"""

import abc
import collections.abc
import dataclasses
import datetime
import enum
import typing

from cdm_graph.model import schema

#: What a read of the cloud can find wrong with a model.
MISSED: typing.Final = 'missed'
STALE_ATTRIBUTE: typing.Final = 'stale attribute'
PHANTOM: typing.Final = 'phantom'

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
    #: What it tells is on its way to something else: read later.
    LATER = 'later'


class Verdict(typing.NamedTuple):
    """The outcome of a mutation, why, and what has to be read again.

    What is in ``settling`` is read after a while, a second time if it is in
    ``reread`` as well.
    """

    outcome: Outcome
    reason: str
    reread: tuple[schema.ElementKey, ...] = ()
    settling: tuple[schema.ElementKey, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Fence:
    """What a read of the cloud began after.

    ``touches`` is its place in the order of the model's touches, which no
    other fence has, ``moment`` the time by this process's clock.
    """

    touches: int
    moment: datetime.datetime


class Draft(typing.Protocol):
    """The model as a mutation sees it, with the mutation's own writes."""

    def get(self, key: schema.ElementKey) -> schema.Element | None:
        """Return an element, or none."""

    def put(self, element: schema.Element) -> None:
        """Add or replace an element."""

    def confirm(self, key: schema.ElementKey) -> None:
        """Note that an element is still as it is known."""

    def bury(self, key: schema.ElementKey, *, final: bool) -> None:
        """Remove an element, if it is there, and leave a tombstone."""

    def is_touched_since(self, key: schema.ElementKey, fence: Fence) -> bool:
        """Return whether it was touched after the fence.

        So it was if a list of its kind was merged since; but a list does not
        touch what it shows itself.
        """

    def is_read_since(self, key: schema.ElementKey, fence: Fence) -> bool:
        """Return whether a read showed it that began after the fence."""

    def note_read(self, key: schema.ElementKey, fence: Fence) -> None:
        """Note that the element is as a read showed it."""

    def is_absent(self, key: schema.ElementKey) -> bool:
        """Return whether it was lately found to be gone, or deleted."""

    def is_deleted(self, key: schema.ElementKey) -> bool:
        """Return whether it was lately announced to be deleted."""

    def as_of(self, key: schema.ElementKey) -> datetime.datetime | None:
        """Return the moment of the newest unversioned word about it."""

    def note_as_of(
        self, key: schema.ElementKey, moment: datetime.datetime
    ) -> None:
        """Keep the moment of an unversioned word about it, if the newest."""

    def nodes_on(
        self, service_host: str
    ) -> collections.abc.Sequence[schema.ComputeNode]:
        """Return the nodes of a nova-compute service."""


_UNCHANGED: typing.Final = Verdict(Outcome.DUPLICATE, 'unchanged')


class Mutation(abc.ABC):
    """One change of the model; immutable, and applied at most once."""

    @abc.abstractmethod
    def visit(self, draft: Draft) -> Verdict:
        """Write into the draft what is to become different.

        :raises cdm_graph.exceptions.CdmGraphError: if it cannot be applied
        :raises pydantic.ValidationError: if a fact has the wrong type
        """

    @property
    def to_reread_if_failed(self) -> tuple[schema.ElementKey, ...]:
        """What has to be read if it cannot be applied."""
        return ()


@dataclasses.dataclass(frozen=True, slots=True)
class Put(Mutation):
    """Add or replace an element, unconditionally."""

    element: schema.Element

    def visit(self, draft: Draft) -> Verdict:
        """Write the element."""
        key = schema.key_of(self.element)
        return _put(draft, key, draft.get(key), self.element, 'put')


@dataclasses.dataclass(frozen=True, slots=True)
class Observation(Mutation):
    """An element as a read of the cloud showed it."""

    element: schema.Element
    fence: Fence

    def visit(self, draft: Draft) -> Verdict:
        """Write the element, unless it was touched during the read."""
        key = schema.key_of(self.element)
        element, known = self.element, draft.get(key)
        if draft.is_touched_since(key, self.fence):
            if known is not None and draft.is_read_since(key, self.fence):
                return Verdict(Outcome.DUPLICATE, 'read since')
            return Verdict(Outcome.DEFERRED, 'touched during read', (key,))
        if isinstance(element, schema.Instance) and isinstance(
            known, schema.Instance
        ):
            element = element.with_memory_of(known)
        if not _has_versions(key):
            draft.note_as_of(key, self.fence.moment)
        draft.note_read(key, self.fence)
        return _put(
            draft,
            key,
            known,
            element,
            MISSED if known is None else STALE_ATTRIBUTE,
        )


@dataclasses.dataclass(frozen=True, slots=True)
class Absence(Mutation):
    """A read of the cloud said that there is no such element."""

    key: schema.ElementKey
    fence: Fence

    def visit(self, draft: Draft) -> Verdict:
        """Remove the element, unless it was touched during the read."""
        if draft.is_touched_since(self.key, self.fence):
            return Verdict(
                Outcome.DEFERRED, 'touched during read', (self.key,)
            )
        known = draft.get(self.key)
        draft.bury(self.key, final=False)
        if known is None:
            return Verdict(Outcome.DUPLICATE, 'known to be gone')
        return Verdict(Outcome.APPLIED, PHANTOM)


@dataclasses.dataclass(frozen=True, slots=True)
class Deletion(Mutation):
    """The cloud announced that the element is deleted, for good."""

    key: schema.ElementKey

    def visit(self, draft: Draft) -> Verdict:
        """Remove the element and leave a tombstone."""
        known = draft.get(self.key)
        was_absent = draft.is_absent(self.key)
        draft.bury(self.key, final=True)
        if known is None and was_absent:
            return Verdict(Outcome.DUPLICATE, 'known to be gone')
        return Verdict(Outcome.APPLIED, 'deleted')

    @property
    def to_reread_if_failed(self) -> tuple[schema.ElementKey, ...]:
        """What has to be read if it cannot be applied."""
        return (self.key,)


@dataclasses.dataclass(frozen=True, slots=True)
class Hint(Mutation):
    """What a notification says of an element.

    ``facts`` are attributes over which the event has authority, ``doubts``
    attributes that it shows without it: where a doubt contradicts the model,
    the element is read again.  ``version`` is the source's own version of
    the whole row (``updated_at``), or none where the source has none; then
    ``sent_at``, the time of the message, orders the hints about the element.
    ``marks`` are attributes that are no part of the row, and are ordered by
    the times of the messages.  ``born`` is when the row was made, where the
    key of an element that is gone may be used again: what is said of one
    means nothing for another.

    ``creates`` says whether the event may make an element known, with the
    facts and with what is in ``initially``; any other event about an unknown
    element makes it to be read.
    """

    key: schema.ElementKey
    facts: Facts
    sent_at: datetime.datetime
    doubts: Facts = dataclasses.field(default_factory=dict)
    marks: Facts = dataclasses.field(default_factory=dict)
    initially: Facts = dataclasses.field(default_factory=dict)
    version: datetime.datetime | None = None
    born: datetime.datetime | None = None
    creates: bool = False
    reread: Reread = Reread.IF_DOUBTFUL

    def visit(self, draft: Draft) -> Verdict:
        """Write the facts if they are newer and the event may say so."""
        if draft.is_deleted(self.key):
            return Verdict(Outcome.STALE, 'deleted before')
        known = draft.get(self.key)
        if known is None:
            return self._create(draft)
        if self._is_of_another(known):
            return self._verdict(Outcome.DEFERRED, 'of another row', True)
        age = self._compare(draft, known)
        doubtful = _differs(known, self.doubts)
        element = known
        if age > 0:
            element = _with_facts(known, self.facts)
            self._note_moment(draft)
        elif _differs(known, self.facts):
            doubtful = True
        if self._may_mark(draft, known, age):
            element = schema.replace(element, **self.marks)
            draft.note_as_of(self.key, self.sent_at)
        if element == known:
            return self._nothing_new(doubtful)
        draft.put(element)
        return self._verdict(Outcome.APPLIED, 'newer', doubtful)

    @property
    def to_reread_if_failed(self) -> tuple[schema.ElementKey, ...]:
        """What has to be read if it cannot be applied."""
        return (self.key,)

    def _create(self, draft: Draft) -> Verdict:
        if not self.creates or draft.is_absent(self.key):
            return self._verdict(Outcome.DEFERRED, 'unknown element', True)
        cls = schema.ELEMENT_CLASSES[self.key.kind]
        key = {cls.key_field: self.key.key}
        draft.put(cls(**{**self.initially, **self.facts, **key}))
        self._note_moment(draft)
        return self._verdict(Outcome.APPLIED, 'created', False)

    def _is_of_another(self, known: schema.Element) -> bool:
        """Return whether it is about another row that has the same key."""
        made = getattr(known, 'created_at', None)
        return None not in (self.born, made) and made != self.born

    def _nothing_new(self, doubtful: bool) -> Verdict:
        if doubtful or self.reread is not Reread.IF_DOUBTFUL:
            return self._verdict(Outcome.DEFERRED, 'in doubt', doubtful)
        return Verdict(Outcome.DUPLICATE, 'nothing new')

    def _compare(self, draft: Draft, known: schema.Element) -> int:
        """Return 1 if the hint is newer than the model, 0 if as old, or -1.

        Where the cloud's clock does not tell, it is as old.
        """
        if _has_versions(self.key):
            shown = getattr(known, 'updated_at', None)
            return _order(self.version, shown)
        return _order(self.sent_at, draft.as_of(self.key))

    def _note_moment(self, draft: Draft) -> None:
        if not _has_versions(self.key):
            draft.note_as_of(self.key, self.sent_at)

    def _may_mark(self, draft: Draft, known: schema.Element, age: int) -> bool:
        """Return whether the marks still hold.

        They do not if a later one is known, nor if the element is known to
        have come to rest since.
        """
        if not _differs(known, self.marks):
            return False
        newest = draft.as_of(self.key)
        if newest is not None and self.sent_at <= newest:
            return False
        at_rest = isinstance(known, schema.Instance) and known.is_at_rest
        return age >= 0 or not at_rest

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
        living = tuple(key for key in self.keys if not draft.is_deleted(key))
        if not living:
            return Verdict(Outcome.STALE, 'deleted before')
        if self.reread is Reread.LATER:
            return Verdict(Outcome.DEFERRED, self.reason, settling=living)
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
        """Write nothing; have read what it names, but for what is deleted."""
        living = tuple(key for key in self.keys if not draft.is_deleted(key))
        return Verdict(Outcome.FAILED, self.reason, living)

    @property
    def to_reread_if_failed(self) -> tuple[schema.ElementKey, ...]:
        """What it may be about."""
        return self.keys


@dataclasses.dataclass(frozen=True, slots=True)
class ShareHint(Mutation):
    """A share was attached to an instance, or detached from it.

    No list of the cloud tells it, so the events of a share are ordered by
    their times; what they led to is checked by a read.
    """

    key: schema.ElementKey
    share: str
    attached: bool
    sent_at: datetime.datetime

    def visit(self, draft: Draft) -> Verdict:
        """Write the share into the instance, or take it out."""
        if draft.is_deleted(self.key):
            return Verdict(Outcome.STALE, 'deleted before')
        known = draft.get(self.key)
        if not isinstance(known, schema.Instance):
            return Verdict(Outcome.DEFERRED, 'unknown element', (self.key,))
        share = schema.ElementKey(schema.Kind.SHARE, self.share)
        if _order(self.sent_at, draft.as_of(share)) <= 0:
            return Verdict(Outcome.DEFERRED, 'not newer', (self.key,))
        draft.note_as_of(share, self.sent_at)
        shares = set(known.shares or ()) - {self.share}
        if self.attached:
            shares.add(self.share)
        if tuple(sorted(shares)) == (known.shares or ()):
            return Verdict(Outcome.DEFERRED, 'nothing new', (self.key,))
        draft.put(schema.replace(known, shares=tuple(sorted(shares))))
        return Verdict(Outcome.APPLIED, 'attachments changed', (self.key,))

    @property
    def to_reread_if_failed(self) -> tuple[schema.ElementKey, ...]:
        """What has to be read if it cannot be applied."""
        return (self.key,)


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
        newer = [node for node in nodes if self._is_newer(draft, node)]
        if not newer:
            return Verdict(Outcome.DEFERRED, 'not newer', every)
        for node in newer:
            draft.put(schema.replace(node, **self.facts))
            draft.note_as_of(schema.key_of(node), self.sent_at)
        return Verdict(Outcome.APPLIED, 'service', every)

    @property
    def to_reread_if_failed(self) -> tuple[schema.ElementKey, ...]:
        """What has to be read if it cannot be applied."""
        return (schema.ElementKey(schema.Kind.COMPUTE_NODE, schema.EVERY),)

    def _is_newer(self, draft: Draft, node: schema.ComputeNode) -> bool:
        return _order(self.sent_at, draft.as_of(schema.key_of(node))) > 0


def _put(
    draft: Draft,
    key: schema.ElementKey,
    known: schema.Element | None,
    element: schema.Element,
    reason: str,
) -> Verdict:
    if known is element or known == element:
        draft.confirm(key)
        return _UNCHANGED
    if known is not None:
        schema.share(element, known)
    draft.put(element)
    return Verdict(Outcome.APPLIED, reason)


def _with_facts(known: schema.Element, facts: Facts) -> schema.Element:
    element = schema.replace(known, **facts)
    if isinstance(element, schema.Instance):
        return element.with_memory_of(element)
    return element


def _differs(element: schema.Element, facts: Facts) -> bool:
    for name, value in facts.items():
        known = getattr(element, name)
        if known is not value and known != value:
            return True
    return False


def _has_versions(key: schema.ElementKey) -> bool:
    """Return whether elements of that kind say when they last changed."""
    return hasattr(schema.ELEMENT_CLASSES[key.kind], 'updated_at')


def _order(
    moment: datetime.datetime | None, known: datetime.datetime | None
) -> typing.Literal[-1, 0, 1]:
    """Compare moments; without one of its own nothing counts as newer."""
    if moment is None or moment == known:
        return 0
    return 1 if known is None or moment > known else -1
