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

Notifications reach each handler in the order in which they were received, in
the thread that received them: each hand-over to another thread would wait for
a turn of the interpreter, which a busy bus cannot afford.  A handler does no
I/O.  One that fails, or a message that nobody observes, is counted, and holds
up nothing.
"""

import collections
import collections.abc
import re
import threading
import typing

from oslo_log import log

from cdm_graph.model import mutation
from cdm_graph.notification import accounting
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import handler as handlers

LOG = log.getLogger(__name__)

#: Messages that may come before the start until the bus is held up.
_EARLY: typing.Final = 20_000
#: Message ids that are remembered, to tell what was delivered twice.
_IDS_KEPT: typing.Final = 20_000


_Mark = collections.abc.Callable[[], None]


class _Observer(typing.NamedTuple):
    pattern: re.Pattern[str]
    handler: handlers.NotificationHandler


class NotificationHandlerManager:
    """Passes notifications to the handlers that observe their publishers.

    Thread-safe.  What comes before :meth:`start` waits for it.

    :param counters: where the notifications are counted
    """

    def __init__(self, counters: accounting.Accounting) -> None:
        self._counters = counters
        self._observers: list[_Observer] = []
        #: What came before the start; none since then.
        self._early: list[envelopes.Envelope | _Mark] | None = []
        self._turn = threading.Condition()
        self._seen: collections.OrderedDict[str, None] = (
            collections.OrderedDict()
        )

    def register(self, handler: handlers.NotificationHandler) -> None:
        """Let a handler observe the publishers that it names."""
        pattern = re.compile(handler.get_publisher_id())
        self._observers = [*self._observers, _Observer(pattern, handler)]

    def start(self) -> None:
        """Pass on what came so far, and from now on all that comes."""
        with self._turn:
            early, self._early = self._early or [], None
            for item in early:
                self._take(item)
            self._turn.notify_all()

    def dispatch(self, envelope: envelopes.Envelope) -> None:
        """Pass a notification to its observers.

        It blocks while too many wait to be applied, which holds up the bus.
        """
        self._take_in_turn(envelope)

    def mark(self, passed: _Mark) -> None:
        """Call a function when all before it has been passed on."""
        self._take_in_turn(passed)

    def _take_in_turn(self, item: envelopes.Envelope | _Mark) -> None:
        with self._turn:
            while self._early is not None:
                if len(self._early) < _EARLY:
                    self._early.append(item)
                    return
                self._turn.wait()
            self._take(item)

    def _take(self, item: envelopes.Envelope | _Mark) -> None:
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
