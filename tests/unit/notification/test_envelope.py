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

import datetime
import typing

import pytest

from cdm_graph.notification import envelope as envelopes


def _stamp(**metadata: typing.Any) -> envelopes.Envelope:
    return envelopes.Envelope.stamp(
        7, 12.5, 'info', 'nova-compute:a', 'instance.update', {}, metadata
    )


@pytest.mark.parametrize(
    'text',
    [
        '2026-11-22 16:14:50.973032',
        '2026-11-22T16:14:50.973032Z',
        '2026-11-22T17:14:50.973032+01:00',
    ],
)
def test_the_time_of_a_message_is_utc(text: str) -> None:
    assert _stamp(timestamp=text).sent_at == datetime.datetime(
        2026, 11, 22, 16, 14, 50, 973032, tzinfo=datetime.UTC
    )


@pytest.mark.parametrize('time', [None, '', 'now', 5, [], {}])
def test_a_time_that_cannot_be_read_counts_as_none(time: object) -> None:
    assert _stamp(timestamp=time).sent_at is None


def test_what_was_received_is_kept() -> None:
    envelope = _stamp(message_id='m')
    assert (
        envelope.sequence,
        envelope.received_at,
        envelope.message_id,
        envelope.sent_at,
    ) == (7, 12.5, 'm', None)


def test_names_are_text_whatever_they_were() -> None:
    envelope = envelopes.Envelope.stamp(
        1, 0.0, 'info', typing.cast(str, None), typing.cast(str, 5), {}, {}
    )
    assert (envelope.publisher_id, envelope.event_type) == ('None', '5')


class _RpcContext:
    """That of oslo.messaging, which is no mapping."""

    request_id = 'req-1'


@pytest.mark.parametrize(
    ('context', 'request_id'),
    [
        ({'request_id': 'req-1'}, 'req-1'),
        (_RpcContext(), 'req-1'),
        ({'request_id': 5}, None),
        ({}, None),
        (None, None),
        ([], None),
    ],
)
def test_the_request_is_what_the_context_says(
    context: object, request_id: str | None
) -> None:
    envelope = envelopes.Envelope.stamp(
        1, 0.0, 'info', 'nova-compute:a', 'instance.update', {}, {}, context
    )
    assert envelope.request_id == request_id
