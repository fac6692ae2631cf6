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

"""A notification as it came from the bus, stamped."""

import collections.abc
import datetime
import typing


class Envelope(typing.NamedTuple):
    """One message of the bus, before anybody has looked into it.

    ``sequence`` is this process's own count of messages, ``received_at`` its
    own time, in seconds since the epoch.  ``sent_at`` is by the sender's
    clock, ``request_id`` that of the request which the sender works on; none
    where the message does not say.
    """

    sequence: int
    received_at: float
    priority: str
    publisher_id: str
    event_type: str
    payload: typing.Any
    message_id: str | None = None
    sent_at: datetime.datetime | None = None
    request_id: str | None = None

    @classmethod
    def stamp(
        cls,
        sequence: int,
        received_at: float,
        priority: str,
        publisher_id: str,
        event_type: str,
        payload: typing.Any,
        metadata: collections.abc.Mapping[str, typing.Any],
        context: typing.Any = None,
    ) -> 'Envelope':
        """Return the envelope of a message, as oslo.messaging gives it.

        A time that cannot be read counts as none: what it belongs to is for
        the parser to refuse, not for the endpoint.
        """
        message_id = metadata.get('message_id')
        request_id = _request_id(context)
        return cls(
            sequence=sequence,
            received_at=received_at,
            priority=priority,
            publisher_id=str(publisher_id),
            event_type=str(event_type),
            payload=payload,
            message_id=message_id if isinstance(message_id, str) else None,
            sent_at=_moment(metadata.get('timestamp')),
            request_id=request_id if isinstance(request_id, str) else None,
        )


def _request_id(context: typing.Any) -> typing.Any:
    """Return what a context says; that of oslo.messaging is no mapping."""
    if isinstance(context, collections.abc.Mapping):
        return context.get('request_id')
    return getattr(context, 'request_id', None)


def _moment(text: typing.Any) -> datetime.datetime | None:
    try:
        moment = datetime.datetime.fromisoformat(text)
        if not moment.utcoffset():
            return moment.replace(tzinfo=datetime.UTC)
        return moment.astimezone(datetime.UTC)
    except (TypeError, ValueError, OverflowError):
        return None
