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

"""NotificationHandlerManager: from the bus to the handlers, in order.

One queue and one thread: notifications reach each handler in the order in
which they were received.  A handler that fails, or a message that nobody
observes, is counted, and holds up nothing.
"""

import collections
import collections.abc
import queue
import re
import threading
import typing

from oslo_log import log

from cdm_graph.model import mutation
from cdm_graph.notification import accounting
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import handler as handlers

LOG = log.getLogger(__name__)

#: Messages that may wait before the bus is held up.
_QUEUE_SIZE: typing.Final = 20_000
#: Message ids that are remembered, to tell what was delivered twice.
_IDS_KEPT: typing.Final = 20_000


_Mark = collections.abc.Callable[[], None]


class _Observer(typing.NamedTuple):
    pattern: re.Pattern[str]
    handler: handlers.NotificationHandler


class NotificationHandlerManager:
    """Passes notifications to the handlers that observe their publishers.

    :param counters: where the notifications are counted
    """

    def __init__(self, counters: accounting.Accounting) -> None:
        self._counters = counters
        self._observers: list[_Observer] = []
        self._queue: queue.Queue[envelopes.Envelope | _Mark | None] = (
            queue.Queue(_QUEUE_SIZE)
        )
        self._seen: collections.OrderedDict[str, None] = (
            collections.OrderedDict()
        )
        self._thread: threading.Thread | None = None

    def register(self, handler: handlers.NotificationHandler) -> None:
        """Let a handler observe the publishers that it names."""
        pattern = re.compile(handler.get_publisher_id())
        self._observers = [*self._observers, _Observer(pattern, handler)]

    def start(self) -> None:
        """Begin to dispatch, in a thread of its own."""
        self._thread = threading.Thread(
            target=self._run, name='notification-dispatch', daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Dispatch what was received so far, and end."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def dispatch(self, envelope: envelopes.Envelope) -> None:
        """Have a notification passed to its observers; return at once.

        It blocks only while too many are waiting, which holds up the bus.
        """
        self._queue.put(envelope)

    def mark(self, passed: _Mark) -> None:
        """Have a function called when all before it has been passed on."""
        self._queue.put(passed)

    def _run(self) -> None:
        while True:
            item = self._queue.get()
            if item is None:
                return
            if isinstance(item, envelopes.Envelope):
                self._deliver(item)
            else:
                self._pass_mark(item)

    @staticmethod
    def _pass_mark(passed: _Mark) -> None:
        try:
            passed()
        except Exception:  # the dispatch must outlive any mistake
            LOG.exception('What was to be told of the bus failed.')

    def _deliver(self, envelope: envelopes.Envelope) -> None:
        if self._is_known(envelope.message_id):
            self._settle(mutation.Outcome.DUPLICATE, 'message delivered twice')
            return
        observers = [
            observer.handler
            for observer in self._observers
            if observer.pattern.match(envelope.publisher_id)
        ]
        if not observers:
            self._settle(mutation.Outcome.IGNORED, 'nobody observes it')
        for number, handler in enumerate(observers):
            if number:
                self._counters.receive()
            self._pass(envelope, handler)

    def _pass(
        self,
        envelope: envelopes.Envelope,
        handler: handlers.NotificationHandler,
    ) -> None:
        try:
            visitor = handler.handle(envelope)
        except Exception:  # one handler's mistake must not stop the others
            LOG.exception(
                'The handler %s failed on %s from %s.',
                type(handler).__name__,
                envelope.event_type,
                envelope.publisher_id,
            )
            self._settle(mutation.Outcome.FAILED, 'handler failed')
            return
        handler.model_collector.submit(visitor, envelope)

    def _is_known(self, message_id: str | None) -> bool:
        if message_id is None:
            return False
        if message_id in self._seen:
            return True
        self._seen[message_id] = None
        if len(self._seen) > _IDS_KEPT:
            self._seen.popitem(last=False)
        return False

    def _settle(self, outcome: mutation.Outcome, reason: str) -> None:
        self._counters.settle(outcome, reason)
