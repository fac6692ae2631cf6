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

"""Heartbeat: whether the bus delivers, and whether it was away.

The daemon sends itself a small, numbered message over the bus, through the
same queue as the notifications.  If a number is missing, or one could not be
sent for a while, something may have been lost in between, and the model has
to be synchronized.  If they come back late, but all of them, the queue was
long and has lost nothing.  If neither they nor anything else comes, the bus
is away.  This works with any driver of oslo.messaging, none of which tells of
a reconnection.
"""

import collections.abc
import dataclasses
import logging
import threading
import typing
import uuid

from oslo_log import log
import oslo_messaging

from cdm_graph import clock as clocks

LOG = log.getLogger(__name__)

EVENT_TYPE: typing.Final = 'cdm_graph.heartbeat'
#: How many periods without a heartbeat mean that the bus is away.
_PATIENCE: typing.Final = 3.0
_LEAST_PATIENCE: typing.Final = 5.0


@dataclasses.dataclass(frozen=True, slots=True)
class Pulse:
    """What the heartbeats tell of the bus.

    ``alive`` is none until the first one is due.  Times are in seconds.
    """

    alive: bool | None
    last_at: float | None
    round_trip: float | None
    interruptions: int


class Heartbeat:
    """Sends heartbeats, receives them, and tells of interruptions.

    It is an endpoint of oslo.messaging for its own event type.

    :param interrupted: called with a sentence when something may have been
        lost; also when the bus is there for the first time, since what was
        sent before that was not received either
    :param delivered: called with the time at which a heartbeat was sent, in
        seconds since the epoch, and the seconds that it was on its way
    :param traffic: returns how many other messages the bus has delivered
    """

    filter_rule = oslo_messaging.NotificationFilter(
        event_type=f'^{EVENT_TYPE}$'
    )

    def __init__(
        self,
        clock: clocks.Clock,
        period: float,
        interrupted: collections.abc.Callable[[str], None],
        delivered: collections.abc.Callable[[float, float], None],
        traffic: collections.abc.Callable[[], int] = lambda: 0,
    ) -> None:
        self._clock = clock
        self._period = period
        self._patience = max(_PATIENCE * period, _LEAST_PATIENCE)
        self._interrupted = interrupted
        self._delivered = delivered
        self._traffic = traffic
        self._seen = 0
        #: Those of an earlier daemon may wait in the queue.
        self.run = str(uuid.uuid4())
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._beating = threading.Event()
        self._sent = 0
        self._received = 0
        self._began = clock.monotonic()
        #: When something came, and when the last heartbeat that came was sent.
        self._last: float | None = None
        self._last_sent: float | None = None
        self._last_at: float | None = None
        self._round_trip: float | None = None
        self._interruptions = 0

    @property
    def pulse(self) -> Pulse:
        """What the heartbeats tell of the bus, now."""
        with self._lock:
            quiet = self._clock.monotonic() - (self._last or self._began)
            late = quiet > self._patience
            alive = None if self._last is None and not late else not late
            return Pulse(
                alive, self._last_at, self._round_trip, self._interruptions
            )

    def start(self, notifier: oslo_messaging.Notifier) -> None:
        """Begin to send, in a thread of its own."""
        # It logs a traceback for each message that the broker does not take;
        # that the bus is away is said once, and in words.
        logging.getLogger('oslo_messaging.notify.messaging').setLevel(
            logging.CRITICAL
        )
        threading.Thread(
            target=self._send, args=(notifier,), name='heartbeat', daemon=True
        ).start()

    def stop(self) -> None:
        """Send nothing more."""
        self._stopping.set()

    def wait_for_first(self, timeout: float) -> bool:
        """Wait until the bus delivers; return whether it does."""
        return self._beating.wait(timeout)

    def info(
        self,
        ctxt: dict[str, typing.Any],
        publisher_id: str,
        event_type: str,
        payload: typing.Any,
        metadata: dict[str, typing.Any],
    ) -> oslo_messaging.NotificationResult:
        """Take a heartbeat."""
        if not isinstance(payload, dict) or payload.get('run') != self.run:
            return oslo_messaging.NotificationResult.HANDLED
        reason = self._receive(int(payload['number']), float(payload['sent']))
        if reason:
            self._interrupted(reason)
        lag = self._round_trip or 0.0
        self._delivered(self._clock.time() - lag, lag)
        # Who waits for the first one begins to fetch after this.
        self._beating.set()
        return oslo_messaging.NotificationResult.HANDLED

    def _receive(self, number: int, sent: float) -> str | None:
        """Note a heartbeat; return what it tells of a loss, if anything."""
        with self._lock:
            now = self._clock.monotonic()
            self._last = now
            last = self._last_sent
            self._last_sent = sent if last is None else max(last, sent)
            self._last_at = self._clock.time()
            self._round_trip = now - sent
            expected = self._received + 1
            self._received = max(self._received, number)
            if last is None:
                return 'the bus is there'
            if number > expected or sent - last > self._patience:
                self._interruptions += 1
                return 'the bus was away'
            return None

    def _note_traffic(self) -> None:
        """Note whether a bus that was there delivers something else."""
        seen = self._traffic()
        with self._lock:
            if self._last is not None and seen != self._seen:
                self._last = self._clock.monotonic()
            self._seen = seen

    def _beat(self) -> dict[str, typing.Any]:
        return {
            'run': self.run,
            'number': self._sent,
            'sent': self._clock.monotonic(),
        }

    def _send(self, notifier: oslo_messaging.Notifier) -> None:
        said = False
        while not self._stopping.is_set():
            self._sent += 1
            notifier.info({}, EVENT_TYPE, self._beat())
            self._note_traffic()
            away = self.pulse.alive is False
            if away and not said:
                LOG.warning(
                    'The message bus does not deliver. The model is kept '
                    'by synchronizes only until it is back.'
                )
            said = away
            self._stopping.wait(self._period)
