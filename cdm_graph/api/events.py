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

"""Changes as server-sent events, for as long as a client listens.

Each event has an id, which a client gives back as ``Last-Event-ID`` to go on
where it was.  If something that came after is no more known, or the id is of
another process, the client is told by an event *gap*: what it has may be
outdated, and it should read the model anew.

A stream holds one page of the log at a time, and goes on when its client has
taken that: a slow client costs no memory, and may find a gap.
"""

import asyncio
import collections.abc
import json
import typing

from cdm_graph.export import changes
from cdm_graph.model import change_log
from cdm_graph.model import scope as scopes
from cdm_graph.model import selection as selections

#: Seconds between two looks for news, and between two signs of life.
_PACE: typing.Final = 0.1
_ALIVE: typing.Final = 15.0
_PAGE: typing.Final = 500
#: Of a sequence at most.
_DIGITS: typing.Final = 18


async def stream(
    log: change_log.ChangeLog,
    scope: scopes.Scope,
    selection: selections.Selection,
    last_id: str | None,
) -> collections.abc.AsyncIterator[str]:
    """Yield events: *start* or *gap* first, then each *change*.

    :param scope: the part of the cloud whose changes are shown
    :param last_id: the id of the last event that the client has had; none
        for who begins now
    """
    sequence = log.sequence
    if last_id is None:
        yield _event(log, sequence, 'start', {'sequence': sequence})
    elif (known := _sequence(log, last_id)) is None:
        yield _gap(log, sequence, 'Another process answers now.')
    else:
        sequence = known
    quiet = 0.0
    while True:
        page = log.since(sequence, _PAGE)
        if page.has_gap:
            yield _gap(log, sequence, 'Changes are no more known.')
        for entry in page.entries:
            seen = scope.pick(entry.change, selection)
            if seen is not None:
                quiet = 0.0
                shown = changes.row(entry._replace(change=seen))
                yield _event(log, seen.sequence, 'change', shown)
        if page.sequence > sequence:
            sequence = page.sequence
            continue
        await asyncio.sleep(_PACE)
        quiet += _PACE
        if quiet >= _ALIVE:
            quiet = 0.0
            # No event, but it moves the client's last id.
            yield f': alive\nid: {event_id(log, sequence)}\n\n'


def _gap(log: change_log.ChangeLog, sequence: int, reason: str) -> str:
    return _event(
        log, sequence, 'gap', {'sequence': sequence, 'reason': reason}
    )


def _event(
    log: change_log.ChangeLog,
    sequence: int,
    name: str,
    data: dict[str, typing.Any],
) -> str:
    return (
        f'id: {event_id(log, sequence)}\nevent: {name}\n'
        f'data: {json.dumps(data)}\n\n'
    )


def event_id(log: change_log.ChangeLog, sequence: int) -> str:
    """Return the id to go on with after a change."""
    return f'{log.epoch}-{sequence}'


def _sequence(log: change_log.ChangeLog, last_id: str) -> int | None:
    """Return where an id is; none if it is not of this log."""
    epoch, _, number = last_id.partition('-')
    if epoch != log.epoch or not number.isdecimal() or len(number) > _DIGITS:
        return None
    return int(number)
