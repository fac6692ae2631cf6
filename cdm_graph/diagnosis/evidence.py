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

"""Evidence: what was seen, before anybody has judged it.

Plain, immutable data: a check is a function of it, and needs neither a cloud
nor a bus.
"""

import collections.abc
import dataclasses

from oslo_config import cfg

from cdm_graph.diagnosis import api_facts
from cdm_graph.diagnosis import broker
from cdm_graph.diagnosis import cloud as clouds
from cdm_graph.diagnosis import subject as subjects
from cdm_graph.diagnosis import tally
from cdm_graph.notification import announcer

#: With which priorities Nova announces, and the daemon listens.
PRIORITIES = ('info', 'error')


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What of the daemon's configuration a check has to know."""

    topics: tuple[str, ...]
    exchanges: tuple[str, ...]
    pool: str | None
    poll_period: float
    poll_overlap: float

    @classmethod
    def of(cls, conf: cfg.ConfigOpts) -> 'Settings':
        """Return those of a configuration."""
        group = conf.notifications
        return cls(
            topics=tuple(group.topics),
            exchanges=tuple(group.exchanges),
            pool=group.pool or None,
            poll_period=conf.collector.poll_period,
            poll_overlap=conf.collector.poll_overlap,
        )

    def unheard(self, service: announcer.Announcer) -> tuple[str, ...]:
        """Return the topics of a service that the daemon does not listen to.

        Those on the exchange that it has unless it is told otherwise.
        """
        if service.exchange not in self.exchanges:
            return service.topics
        return tuple(
            each for each in service.topics if each not in self.topics
        )

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues that the daemon reads."""
        if self.pool is not None:
            return (self.pool,)
        return queues_of(self.topics)


def queues_of(topics: collections.abc.Iterable[str]) -> tuple[str, ...]:
    """Return the queues that a notifier fills for its topics."""
    return tuple(
        f'{topic}.{priority}' for topic in topics for priority in PRIORITIES
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What was heard on a topic, and how well.

    ``wanted`` tells that the daemon listens to it; the others were listened
    to for what the daemon would miss.  ``delays`` are those of the doctor's
    own messages.
    """

    exchanges: tuple[str, ...]
    wanted: bool
    hears: bool
    delays: tuple[float, ...]
    gaps: int
    heard: tally.Heard

    @property
    def topic(self) -> str:
        """The topic."""
        return self.heard.topic


Queues = collections.abc.Mapping[str, broker.Queue | None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bus:
    """What was seen of the message bus.

    ``addresses`` and the queues are empty where the driver is not that for
    RabbitMQ.  ``error`` says why there was nothing to hear, if there was
    nothing; ``conflicts`` why an exchange cannot be declared.
    """

    is_configured: bool = True
    is_rabbit: bool = True
    is_durable: bool = False
    error: str | None = None
    addresses: tuple[broker.Address, ...] = ()
    conflicts: collections.abc.Mapping[str, str] = dataclasses.field(
        default_factory=dict
    )
    hearings: tuple[Hearing, ...] = ()
    before: Queues = dataclasses.field(default_factory=dict)
    after: Queues = dataclasses.field(default_factory=dict)
    seconds: float = 0.0

    @property
    def wanted(self) -> tuple[Hearing, ...]:
        """What the daemon would have heard."""
        return tuple(each for each in self.hearings if each.wanted)

    @property
    def elsewhere(self) -> tuple[Hearing, ...]:
        """What the daemon would not have heard."""
        return tuple(each for each in self.hearings if not each.wanted)

    @property
    def is_heard(self) -> bool:
        """Whether all that the daemon listens to was listened to."""
        return bool(self.wanted) and all(each.hears for each in self.wanted)

    def count(self, format_: tally.Format) -> int:
        """Return how many messages came in a format, to the daemon."""
        return sum(each.heard.count(format_) for each in self.wanted)

    def told_by(self, service: str) -> tally.Told:
        """Return what came of a service, other than Nova, to the daemon."""
        return sum(
            (each.heard.told_by(service) for each in self.wanted), tally.Told()
        )

    @property
    def of_nova(self) -> int:
        """How many of Nova's messages came to the daemon."""
        return sum(each.heard.of_nova for each in self.wanted)

    def names(self, format_: tally.Format) -> set[str]:
        """Return the event types that came in a format, to the daemon."""
        return {
            name for each in self.wanted for name in each.heard.names(format_)
        }

    def about(self, server: str) -> set[str]:
        """Return the event types that came about a server."""
        return {
            name
            for each in self.wanted
            for name in each.heard.servers.get(server, ())
        }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """What was seen of Nova.

    ``error`` says why there is nothing to see, and ``remedy`` what to set;
    ``changes`` and ``families``
    are what changed in the time of the watch, and none if that is unknown.
    """

    is_configured: bool = True
    error: str | None = None
    remedy: tuple[str, ...] = ()
    facts: clouds.CloudFacts | None = None
    changes: tuple[clouds.Change, ...] | None = None
    families: collections.abc.Mapping[str, collections.abc.Sequence[str]] = (
        dataclasses.field(default_factory=dict)
    )

    @property
    def changed(self) -> int:
        """How much is known to have changed that Nova would announce."""
        return len(self.changes or ()) + sum(map(len, self.families.values()))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What was seen of a service other than Nova.

    ``error`` says why there is nothing to see, and ``remedy`` what to set;
    ``changes`` are what changed in the time of the watch, and none if that is
    unknown.
    """

    subject: subjects.Subject
    error: str | None = None
    remedy: tuple[str, ...] = ()
    facts: api_facts.ApiFacts | None = None
    changes: tuple[api_facts.Change, ...] | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that was seen.

    ``announcers`` are those that the configured collectors rely on, Nova too
    if it is one; ``silent`` the collectors that rely on nobody, ``unusable``
    the sentences of those that cannot be used.  ``daemon`` tells whether a
    daemon answers on this machine.
    """

    settings: Settings
    bus: Bus
    cloud: Cloud
    services: tuple[Service, ...] = ()
    announcers: tuple[announcer.Announcer, ...] = ()
    silent: tuple[str, ...] = ()
    unusable: tuple[str, ...] = ()
    daemon: bool = False

    def service(self, name: str) -> Service | None:
        """Return what was seen of a service other than Nova, by its name."""
        for each in self.services:
            if each.subject.name == name:
                return each
        return None
