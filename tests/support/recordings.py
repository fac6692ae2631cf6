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

"""The recorded notifications of a real Nova, for the tests to replay."""

import copy
import functools
import gzip
import itertools
import json
import pathlib
import typing

from cdm_graph.notification import envelope as envelopes

Message = dict[str, typing.Any]

_PATH: typing.Final = (
    pathlib.Path(__file__).parents[1]
    / 'unit'
    / 'simulation'
    / 'nova'
    / 'recordings.jsonl.gz'
)
_numbers = itertools.count(1)


@functools.cache
def _lines() -> tuple[str, ...]:
    with gzip.open(_PATH, 'rt') as lines:
        return tuple(lines)


@functools.cache
def _messages() -> tuple[Message, ...]:
    return tuple(map(json.loads, _lines()))


def messages() -> list[Message]:
    """Return all recorded messages; they may be changed."""
    return list(map(json.loads, _lines()))


def versioned(event_type: str) -> Message:
    """Return the first versioned message of an event type."""
    for message in _messages():
        if (
            message['event_type'] == event_type
            and 'nova_object.data' in message['payload']
        ):
            return copy.deepcopy(message)
    raise LookupError(event_type)


def envelope(message: Message) -> envelopes.Envelope:
    """Return the message as the endpoint would stamp it."""
    number = next(_numbers)
    return envelopes.Envelope.stamp(
        number,
        0.0,
        message['priority'],
        message['publisher_id'],
        message['event_type'],
        message['payload'],
        {
            'message_id': f'message-{number}',
            'timestamp': message['timestamp'],
        },
    )
