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
import threading
import typing

from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification.nova import events
from cdm_graph.notification.nova import payload as payloads

#: Where the versioned format has its facts.
_DATA: typing.Final = 'nova_object.data'


class Format(enum.StrEnum):
    """In which format something was announced."""

    VERSIONED = 'versioned'
    LEGACY = 'legacy'
    #: Another service's, which shares the topic.
    FOREIGN = 'foreign'


@dataclasses.dataclass(frozen=True, slots=True)
class Delays:
    """Between the time in a sender's messages and their arrival.

    ``least`` is negative where the sender's clock is ahead of ours.
    """

    messages: int
    least: float


@dataclasses.dataclass(frozen=True, slots=True)
class Heard:
    """What was heard on a topic.

    ``servers`` are the event types by the server that they are about;
    ``unreadable`` those whose payload has a major version that is too new.
    """

    topic: str
    types: collections.Counter[tuple[Format, str]]
    servers: collections.abc.Mapping[str, frozenset[str]]
    senders: collections.abc.Mapping[str, Delays]
    unreadable: collections.abc.Set[str]

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


class Tally:
    """Counts the messages of a topic; safe to use from any thread."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._lock = threading.Lock()
        self._types: collections.Counter[tuple[Format, str]] = (
            collections.Counter()
        )
        self._servers: dict[str, set[str]] = collections.defaultdict(set)
        self._senders: dict[str, Delays] = {}
        self._unreadable: set[str] = set()

    def take(self, envelope: envelopes.Envelope) -> None:
        """Count a message, whatever it is."""
        format_ = _format(envelope)
        name = envelope.event_type
        with self._lock:
            self._types[format_, name] += 1
            if format_ is Format.FOREIGN:
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
            )

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


def _is_too_new(envelope: envelopes.Envelope) -> bool:
    """Return whether the parser would not take the payload's version."""
    known = events.VERSIONED.get(envelope.event_type)
    if known is None or _DATA not in envelope.payload:
        return False
    return payloads.is_too_new(envelope.payload, known.major)
