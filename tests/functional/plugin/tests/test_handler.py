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

"""What a notification means: a function of it alone."""

import typing

import pytest

from cdm_graph.model import mutation
from cdm_graph.model import schema
from cdm_graph.notification import envelope as envelopes
from cdm_graph.notification import handler as handlers
from cdm_graph_racks import elements
from cdm_graph_racks import handler


def _handled(event: str, payload: typing.Any) -> mutation.Mutation:
    nobody = typing.cast(handlers.ModelCollector, None)
    return handler.RackNotificationHandler(nobody).handle(
        envelopes.Envelope(
            sequence=1,
            received_at=0.0,
            priority='INFO',
            publisher_id='rack-inventory:controller',
            event_type=event,
            payload=payload,
        )
    )


@pytest.mark.parametrize('event', ['rack.changed', 'rack.removed'])
def test_the_rack_is_read(event: str) -> None:
    key = schema.ElementKey(elements.Rack.kind, 'r1')
    assert _handled(event, {'rack': 'r1'}) == mutation.Doubt(
        (key,), 'only the file can tell'
    )


def test_other_events_mean_nothing() -> None:
    assert isinstance(_handled('rack.audited', {}), mutation.Nothing)


@pytest.mark.parametrize(
    'payload', [None, [], 'r1', {}, {'rack': ''}, {'rack': ['r1']}]
)
def test_whatever_cannot_be_understood_leads_to_a_read_of_all(
    payload: typing.Any,
) -> None:
    every = schema.ElementKey(elements.Rack.kind, schema.EVERY)
    assert _handled('rack.changed', payload) == mutation.Failure(
        'malformed', (every,)
    )
