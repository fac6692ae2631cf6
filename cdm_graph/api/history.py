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

"""What became different, over HTTP: so far, and from now on."""

import typing

from starlette import requests
from starlette import responses

from cdm_graph import pacer
from cdm_graph import service
from cdm_graph.api import access
from cdm_graph.api import answers
from cdm_graph.api import events
from cdm_graph.api import parameters
from cdm_graph.api import turns
from cdm_graph.export import changes
from cdm_graph.export import difference
from cdm_graph.export import values
from cdm_graph.history import past as pasts
from cdm_graph.history import source
from cdm_graph.model import period as periods
from cdm_graph.model import scope as scopes
from cdm_graph.model import selection as selections

_HEADER: typing.Final = 'Last-Event-ID'


class HistoryResource:
    """Changes of the main model of a daemon."""

    def __init__(
        self, main: service.ClusterModelService, large: turns.Turns
    ) -> None:
        self._main = main
        self._large = large

    async def known(self, request: requests.Request) -> responses.Response:
        """Answer what is known of changes, the oldest first."""
        scope = access.of(request).readable()
        given = request.query_params
        return await self._large.run(
            _known,
            self._main.past,
            scope,
            parameters.selection(given),
            parameters.period(given),
            parameters.limit(given),
        )

    async def differences(
        self, request: requests.Request
    ) -> responses.Response:
        """Answer what is different between two moments."""
        scope = access.of(request).readable()
        given = request.query_params
        parameters.required(given, 'since')
        return await self._large.run(
            _different,
            self._main.past,
            scope,
            parameters.selection(given),
            parameters.period(given),
        )

    async def follow(self, request: requests.Request) -> responses.Response:
        """Answer changes from now on, or from where a client was."""
        scope = access.of(request).readable()
        given = request.query_params
        last_id = request.headers.get(_HEADER, given.get('last_event_id'))
        return responses.StreamingResponse(
            events.stream(
                self._main.change_log,
                scope,
                parameters.selection(given),
                last_id,
            ),
            headers={'Cache-Control': 'no-store'},
            media_type='text/event-stream',
        )


def _known(
    past: pasts.Past,
    scope: scopes.Scope,
    selection: selections.Selection,
    period: periods.Period,
    limit: int,
) -> responses.Response:
    found = past.latest(selection, period, limit, scope)
    return answers.answer(
        {
            'began_at': found.began_at,
            'gaps': list(map(_gap, found.gaps)),
            'has_more': found.has_more,
            'changes': list(map(changes.row, pacer.paced(found.entries))),
        }
    )


def _different(
    past: pasts.Past,
    scope: scopes.Scope,
    selection: selections.Selection,
    period: periods.Period,
) -> responses.Response:
    found = past.difference(selection, period, scope)
    return answers.answer(
        {
            'began_at': found.began_at,
            'gaps': list(map(_gap, found.gaps)),
            'is_complete': found.is_complete,
            'differences': list(
                pacer.paced(difference.of_changes(pacer.paced(found.changes)))
            ),
        }
    )


def _gap(gap: source.Gap) -> dict[str, str | None]:
    return {
        'since': values.instant(gap.since),
        'until': values.instant(gap.until),
        'reason': gap.reason.value,
    }
