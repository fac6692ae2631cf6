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

"""RackNotificationHandler: what the inventory announces, as mutations.

A notification names a rack, and tells nothing of it: the file does.  A rack
that is removed is read as well, and not taken for deleted: what is deleted
comes back under no circumstances, but the name of a rack may.
"""

import typing

from cdm_graph import exceptions
from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification import careful_handler
from cdm_graph.notification import envelope as envelopes
from cdm_graph_racks import elements

_EVENTS: typing.Final = ('rack.changed', 'rack.removed')


class RackNotificationHandler(careful_handler.CarefulHandler):
    """Has a rack read that is said to be another one, or gone."""

    def get_publisher_id(self) -> str:
        """Return a regular expression that matches the inventory's."""
        return 'rack-inventory:'

    def interpret(self, envelope: envelopes.Envelope) -> mutation.Mutation:
        """Return what a notification means for the model."""
        if envelope.event_type not in _EVENTS:
            return mutation.Nothing('nothing in the model depends on it')
        name = envelope.payload['rack']
        if not isinstance(name, str) or not name:
            raise exceptions.MalformedNotification(
                f'Field rack is {name!r} and not the name of a rack.'
            )
        key = schema.ElementKey(elements.Rack.kind, name)
        return mutation.Doubt((key,), 'only the file can tell')

    def named(
        self, envelope: envelopes.Envelope
    ) -> tuple[schema.ElementKey, ...]:
        """Return what to read after a notification that is malformed."""
        return (schema.ElementKey(elements.Rack.kind, schema.EVERY),)
