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

"""CarefulHandler: a handler that no payload can surprise.

A handler says what a notification means; what it stumbles over is malformed,
is told in the log, though not again and again, and leads to a read of what
the notification names.
"""

import abc
import typing

from oslo_log import log

from cdm_graph import clock as clocks
from cdm_graph import exceptions
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification import complaints
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import handler

LOG = log.getLogger(__name__)

#: Characters of a payload that a line of the log may show.
_LONGEST: typing.Final = 300


class CarefulHandler(handler.NotificationHandler):
    """Handles what one service announces, whatever is in it."""

    def __init__(
        self,
        model_collector: handler.ModelCollector,
        clock: clocks.Clock | None = None,
    ) -> None:
        super().__init__(model_collector)
        self._complaints = complaints.Complaints(clock or clocks.SystemClock())

    @abc.abstractmethod
    def interpret(self, envelope: envelopes.Envelope) -> mutation.Mutation:
        """Return what a notification means, if it is as it should be.

        :raises cdm_graph.exceptions.MalformedNotification: if it is not
        """

    @abc.abstractmethod
    def named(
        self, envelope: envelopes.Envelope
    ) -> tuple[schema.ElementKey, ...]:
        """Return what a notification is about, as far as it can be told."""

    def reason(self, error: Exception) -> str:
        """Return why a notification was not understood, in a word or two."""
        return 'malformed'

    def handle(self, envelope: envelopes.Envelope) -> mutation.Mutation:
        """Return what a notification means for the model."""
        try:
            return self.interpret(envelope)
        except exceptions.MalformedNotification as error:
            return self._malformed(envelope, error)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # What a hostile payload can do to code that expects another.
            return self._malformed(envelope, error)

    def _malformed(
        self, envelope: envelopes.Envelope, error: Exception
    ) -> mutation.Mutation:
        keys = self.named(envelope)
        held_back = self._complaints.note(
            f'{envelope.event_type} {type(error).__name__}'
        )
        if held_back is not None:
            LOG.warning(
                'The notification %s of %s about %s is malformed: %s %s%s',
                envelope.event_type,
                envelope.publisher_id,
                ', '.join(key.key for key in keys) or 'nothing known',
                _shortened(str(error)),
                'What it names will be read.' if keys else '',
                f' ({held_back} like it were not logged.)'
                if held_back
                else '',
            )
        return mutation.Failure(self.reason(error), keys)


def _shortened(text: str) -> str:
    """Return a text as one line that no payload can make long."""
    text = ' '.join(text.split())
    return text if len(text) <= _LONGEST else f'{text[:_LONGEST]}...'
