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

"""Ear: hears what is announced on a topic, and takes it from nobody.

It subscribes as the daemon does, with the daemon's configuration, so what
holds of it holds of the daemon; but in a pool of its own, of which the broker
gives it a copy of each message.  Numbered messages of its own come through
the same queue: they tell whether it hears at all, and whether it missed
something.  What it leaves on the broker are :attr:`Ear.queues`, which whoever
made it has to delete.
"""

import threading

from oslo_config import cfg

from cdm_graph import clock as clocks
from cdm_graph.diagnosis import tally
from cdm_graph.notification import accounting
from cdm_graph.notification import announcer
from cdm_graph.notification import endpoint as endpoints
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import heartbeat as heartbeats
from cdm_graph.notification import listener as listeners
from cdm_graph.notification import manager as managers


class Ear:
    """Hears one topic.

    :param announcers: the services to tell apart from Nova and strangers
    :param run: what sets its queues apart from those of everybody else
    :param period: seconds between two of its own messages
    :raises cdm_graph.exceptions.ConfigurationError: if the URL of the bus
        cannot be used
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        topic: str,
        exchanges: tuple[str, ...],
        *,
        announcers: tuple[announcer.Announcer, ...],
        run: str,
        period: float,
        clock: clocks.Clock,
    ) -> None:
        self.topic = topic
        self._pool = f'cdm-graph-doctor-{run}-{topic}'
        self._tally = tally.Tally(topic, announcers)
        self._heartbeat = heartbeats.Heartbeat(
            clock, period, _nothing, self._delivered
        )
        self._delays: list[float] = []
        self._lock = threading.Lock()
        counters = accounting.Accounting()
        self._listener = listeners.NotificationListener(
            conf,
            listeners.Subscription(
                conf.notifications.transport_url,
                (topic,),
                exchanges,
                self._pool,
            ),
            endpoints.EventsNotificationEndpoint(
                _Tap(counters, self._tally), counters, clock
            ),
            self._heartbeat,
        )

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues that it makes: its pool, and its own messages'."""
        return (self._pool, f'cdm_graph_heartbeat_{self._pool}.info')

    @property
    def delays(self) -> list[float]:
        """How long each of its own messages was on its way, in seconds."""
        with self._lock:
            return list(self._delays)

    @property
    def gaps(self) -> int:
        """How often some of its own messages did not come."""
        return self._heartbeat.pulse.interruptions

    @property
    def is_deaf(self) -> bool:
        """Whether its own messages do not come any more."""
        return self._heartbeat.pulse.alive is False

    def start(self) -> None:
        """Begin to hear, in the background."""
        self._listener.start()

    def wait(self, timeout: float) -> bool:
        """Wait until it hears; return whether it does."""
        return self._heartbeat.wait_for_first(timeout)

    def stop(self) -> None:
        """Hear no more; it takes a few seconds at most."""
        self._listener.stop()

    def heard(self) -> tally.Heard:
        """Return what was heard so far."""
        return self._tally.read()

    def _delivered(self, _sent_at: float, delay: float) -> None:
        with self._lock:
            self._delays.append(delay)


class _Tap(managers.NotificationHandlerManager):
    """Takes each message as it comes; there are no handlers."""

    def __init__(
        self, counters: accounting.Accounting, counted: tally.Tally
    ) -> None:
        super().__init__(counters)
        self._tally = counted

    def dispatch(self, envelope: envelopes.Envelope) -> None:
        """Count a message."""
        self._tally.take(envelope)


def _nothing(_reason: str) -> None:
    """Leave an interruption to be counted."""
