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

"""Tally: what was heard on a topic, counted."""

import collections
import collections.abc
import dataclasses
import enum
import re
import threading
import typing

from cdm_graph.notification import announcer
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification.nova import events
from cdm_graph.notification.nova import payload as payloads

#: Where the versioned format has its facts.
_DATA: typing.Final = 'nova_object.data'
#: Where any service has them that has versions.
_OBJECT: typing.Final = '_object.data'


class Format(enum.StrEnum):
    """In which format something was announced."""

    VERSIONED = 'versioned'
    LEGACY = 'legacy'
    #: That of another service, which a collector follows.
    OTHER = 'other'
    #: That of a stranger, who shares the topic.
    FOREIGN = 'foreign'


@dataclasses.dataclass(frozen=True, slots=True)
class Delays:
    """Between the time in a sender's messages and their arrival.

    ``least`` is negative where the sender's clock is ahead of ours.
    """

    messages: int
    least: float


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """What was heard of one service, other than Nova.

    ``about`` are the UUIDs that its messages name.
    """

    types: collections.abc.Set[str] = frozenset()
    count: int = 0
    about: collections.abc.Set[str] = frozenset()

    def __add__(self, other: 'Told') -> 'Told':
        return Told(
            self.types | other.types,
            self.count + other.count,
            self.about | other.about,
        )


_NOTHING: typing.Final = Told()


@dataclasses.dataclass(frozen=True, slots=True)
class Heard:
    """What was heard on a topic.

    ``servers`` are the event types by the server that they are about;
    ``unreadable`` those whose payload has a major version that is too new;
    ``others`` is what was heard of other services than Nova, by their names.
    """

    topic: str
    types: collections.Counter[tuple[Format, str]]
    servers: collections.abc.Mapping[str, frozenset[str]]
    senders: collections.abc.Mapping[str, Delays]
    unreadable: collections.abc.Set[str]
    others: collections.abc.Mapping[str, Told] = dataclasses.field(
        default_factory=dict
    )

    def told_by(self, service: str) -> Told:
        """Return what was heard of a service other than Nova."""
        return self.others.get(service, _NOTHING)

    def count(self, format_: Format) -> int:
        """Return how many messages came in a format."""
        return sum(
            number
            for (each, _), number in self.types.items()
            if each is format_
        )

    def names(self, format_: Format) -> set[str]:
        """Return the event types that came in a format."""
        return {name for each, name in self.types if each is format_}

    @property
    def of_nova(self) -> int:
        """How many messages are Nova's."""
        return self.count(Format.VERSIONED) + self.count(Format.LEGACY)


class _Telling:
    """Counts what one service tells."""

    def __init__(self) -> None:
        self._types: collections.Counter[str] = collections.Counter()
        self._about: set[str] = set()

    def take(self, envelope: envelopes.Envelope) -> None:
        self._types[envelope.event_type] += 1
        self._about.update(_uuids(envelope.payload))

    def told(self) -> Told:
        return Told(
            frozenset(self._types),
            self._types.total(),
            frozenset(self._about),
        )


class Tally:
    """Counts the messages of a topic; safe to use from any thread.

    :param announcers: the services whose messages are told apart from Nova's
        and from those of strangers
    """

    def __init__(
        self,
        topic: str,
        announcers: tuple[announcer.Announcer, ...] = (),
    ) -> None:
        self._topic = topic
        self._publishers = [
            (each.name, re.compile(each.publishers)) for each in announcers
        ]
        self._others = {each.name: _Telling() for each in announcers}
        self._lock = threading.Lock()
        self._types: collections.Counter[tuple[Format, str]] = (
            collections.Counter()
        )
        self._servers: dict[str, set[str]] = collections.defaultdict(set)
        self._senders: dict[str, Delays] = {}
        self._unreadable: set[str] = set()

    def take(self, envelope: envelopes.Envelope) -> None:
        """Count a message, whatever it is."""
        name = envelope.event_type
        service = self._service_of(envelope)
        format_ = Format.OTHER if service else _format(envelope)
        with self._lock:
            self._types[format_, name] += 1
            if service is not None:
                self._others[service].take(envelope)
                self._time(envelope)
            if format_ in (Format.OTHER, Format.FOREIGN):
                return
            for server in payloads.servers_named(envelope.payload):
                self._servers[server].add(name)
            if _is_too_new(envelope):
                self._unreadable.add(name)
            self._time(envelope)

    def read(self) -> Heard:
        """Return what was heard so far."""
        with self._lock:
            return Heard(
                self._topic,
                self._types.copy(),
                {
                    uuid: frozenset(names)
                    for uuid, names in self._servers.items()
                },
                dict(self._senders),
                frozenset(self._unreadable),
                {name: each.told() for name, each in self._others.items()},
            )

    def _service_of(self, envelope: envelopes.Envelope) -> str | None:
        """Return who announces a message, if it is one of the announcers."""
        for name, publishers in self._publishers:
            if publishers.match(envelope.publisher_id):
                return name
        return None

    def _time(self, envelope: envelopes.Envelope) -> None:
        if envelope.sent_at is None:
            return
        delay = envelope.received_at - envelope.sent_at.timestamp()
        known = self._senders.get(envelope.publisher_id, Delays(0, delay))
        self._senders[envelope.publisher_id] = Delays(
            known.messages + 1, min(known.least, delay)
        )


def _format(envelope: envelopes.Envelope) -> Format:
    payload = envelope.payload
    if isinstance(payload, collections.abc.Mapping) and _DATA in payload:
        return Format.VERSIONED
    name = envelope.event_type
    if name in events.LEGACY or name.startswith('compute.'):
        return Format.LEGACY
    return Format.FOREIGN


def _uuids(payload: typing.Any) -> collections.abc.Iterator[str]:
    """Yield the UUIDs that a payload names, of whatever service it is."""
    if not isinstance(payload, collections.abc.Mapping):
        return
    for name, value in payload.items():
        if isinstance(value, str) and payloads.UUID.fullmatch(value):
            yield value
        elif str(name).endswith(_OBJECT):
            yield from _uuids(value)


def _is_too_new(envelope: envelopes.Envelope) -> bool:
    """Return whether the parser would not take the payload's version."""
    known = events.VERSIONED.get(envelope.event_type)
    if known is None or _DATA not in envelope.payload:
        return False
    return payloads.is_too_new(envelope.payload, known.major)
