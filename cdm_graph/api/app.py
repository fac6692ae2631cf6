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

"""What a running daemon answers over HTTP.

=======  ==================  ==============================================
method   path                answer
=======  ==================  ==============================================
GET      /                   the live page; its files are ``/page/NAME``
GET      /status             freshness, counters and sizes, as JSON
GET      /export             the model; ``format`` is graphml, json or jsonl
GET      /openapi.json       all that is answered, as OpenAPI describes it
GET      /elements           elements: of a ``kind``, with a ``text`` in their
                             name, key or project, ``where`` conditions hold
                             (:mod:`cdm_graph.model.predicate`)
GET      /elements/CALLED    one, by its id or name, with its relations
GET      /graph              what is around one ``root`` or several: ``depth``,
                             ``relation``, ``kind``, ``limit``
GET      /map                all hosts and their instances, in columns
GET      /history            what is known of the changes of some elements
GET      /differences        what they come to between two moments
GET      /changes            the changes from now on, as server-sent events
GET      /queries            the curated questions
POST     /query              the rows of a question or statement, as JSON
GET      /freshness          how fresh the models are; with ``sequence`` or
                             ``age`` as soon as the main one is as new
GET      /drift              what reading the cloud had to correct
POST     /refresh            some elements, after they were read from the cloud
POST     /synchronize        the status, after all collectors synchronized
GET      /metrics            what Prometheus scrapes
GET      /health             200 for as long as the daemon answers
GET      /ready              200 if all models can be used, else 503, and why
=======  ==================  ==============================================

The history, the differences and the changes take ``kind`` (any number of
them), ``element``, ``project`` and ``host``, which choose among them
(:class:`cdm_graph.model.selection.Selection`).  The first two take the moments
``since`` and ``until`` as well; of differences the first has to be told.  The
history takes ``limit``, and has the latest changes, the oldest first.  The
header ``Last-Event-ID`` lets the events go on where they were
(:mod:`cdm_graph.api.events`); so does ``last_event_id``, for browsers that
cannot send it at first.

A query is a JSON object: ``text``, ``parameters``, ``current`` (whether to
wait for all that the model has), ``seconds`` and ``rows`` at most, and
``explain``; only the first is needed.

Those two wait for ``timeout`` seconds at most, as does ``/freshness``.

What a request may do is decided before it comes here
(:mod:`cdm_graph.api.access`): each route names what it needs, and what is read
is of the scope that may be read.

An error is ``{"error": "a sentence"}``: 400 for a wrong question, 401 without
a token that is valid, 403 for what the policy does not allow, 404 for a
name that nothing has, 409 for one that several have, 413 for a body that is
too large, 503 while the model is not ready or the database does not answer,
504 for what takes too long.
"""

import dataclasses
import math
import sys
import typing

import pydantic
from starlette import applications
from starlette import concurrency
from starlette import exceptions as starlette_exceptions
from starlette import requests
from starlette import responses
from starlette import routing

from cdm_graph import exceptions
from cdm_graph import service
from cdm_graph.api import access
from cdm_graph.api import answers
from cdm_graph.api import body
from cdm_graph.api import description
from cdm_graph.api import elements
from cdm_graph.api import freshness
from cdm_graph.api import headers
from cdm_graph.api import history
from cdm_graph.api import monitoring
from cdm_graph.api import pages
from cdm_graph.api import questions
from cdm_graph.api import turns
from cdm_graph.export import formats
from cdm_graph.export import values
from cdm_graph.store import contract

_MEDIA_TYPES: typing.Final = {
    'graphml': 'application/graphml+xml',
    'json': 'application/json',
    'jsonl': 'application/jsonl',
}
#: Characters of a path that are shown.
_SHOWN: typing.Final = 100


@pydantic.dataclasses.dataclass(
    frozen=True, config=pydantic.ConfigDict(extra='forbid')
)
class _Query:
    """What is asked; the limits of the daemon hold as well."""

    text: str
    parameters: dict[str, typing.Any] = dataclasses.field(default_factory=dict)
    current: bool = True
    seconds: typing.Annotated[float, pydantic.Field(gt=0)] = math.inf
    rows: typing.Annotated[int, pydantic.Field(gt=0)] = sys.maxsize
    explain: bool = False


_RULE: typing.Final = access.Rule
_QUERY: typing.Final = pydantic.TypeAdapter(_Query)


def build(main: service.ClusterModelService) -> applications.Starlette:
    """Return the application of a daemon."""
    resource = _Resources(main)
    large = turns.Turns()
    found = elements.ElementResource(main, large)
    past = history.HistoryResource(main, large)
    fresh = freshness.FreshnessResource(main)
    watched = monitoring.Monitoring(main)
    return applications.Starlette(
        routes=[
            routing.Route('/', pages.document),
            routing.Route('/page/{name}', pages.file),
            _route('/status', _RULE.STATUS, resource.status),
            routing.Route('/export', resource.export),
            routing.Route('/openapi.json', description.answer),
            routing.Route('/elements', found.search),
            routing.Route('/elements/{called:path}', found.element),
            routing.Route('/graph', found.graph),
            routing.Route('/map', found.host_map),
            routing.Route('/history', past.known),
            routing.Route('/differences', past.differences),
            routing.Route('/changes', past.follow),
            routing.Route('/freshness', fresh.known),
            _route('/drift', _RULE.STATUS, fresh.drift),
            routing.Route('/queries', questions.answer),
            _act('/query', _RULE.QUERY, resource.query),
            _act('/refresh', _RULE.REFRESH, fresh.refresh),
            _act('/synchronize', _RULE.SYNCHRONIZE, fresh.synchronize),
            *watched.routes(),
        ],
        middleware=watched.middleware(),
        exception_handlers={
            exceptions.PolicyForbids: _refuse(403),
            exceptions.NotReady: _refuse(503),
            exceptions.NameUnknown: _refuse(404),
            exceptions.NameAmbiguous: _refuse(409),
            exceptions.ExportError: _refuse(400),
            exceptions.RequestTooLarge: _refuse(413),
            exceptions.InvalidRequest: _refuse(400),
            exceptions.HistoryTooShort: _refuse(400),
            exceptions.QueryInvalid: _refuse(400),
            exceptions.QuestionNotFound: _refuse(400),
            exceptions.QueryTooSlow: _refuse(504),
            exceptions.StoreError: _refuse(503),
            exceptions.CdmGraphError: _refuse(500),
            starlette_exceptions.HTTPException: _not_answered,
        },
    )


class _Resources:
    def __init__(self, main: service.ClusterModelService) -> None:
        self._main = main

    async def status(self, request: requests.Request) -> responses.Response:
        status = await concurrency.run_in_threadpool(self._main.status)
        return answers.answer(status)

    async def export(self, request: requests.Request) -> responses.Response:
        scope = access.of(request).readable()
        name = request.query_params.get('format', 'graphml')
        snapshot = await concurrency.run_in_threadpool(
            lambda: scope.view(self._main.snapshot())
        )
        chunks = formats.chunks(name, snapshot)
        return responses.StreamingResponse(
            formats.encoded(chunks),
            headers={headers.LINES: str(formats.count_lines(snapshot))},
            media_type=_MEDIA_TYPES[name],
        )

    async def query(self, request: requests.Request) -> responses.Response:
        try:
            asked = _QUERY.validate_json(await body.read(request))
        except pydantic.ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = '.'.join(map(str, first['loc']))
            return answers.error(
                400, f'{field or "The body"}: {first["msg"]}.'
            )
        return await concurrency.run_in_threadpool(self._answer, asked)

    def _answer(self, asked: _Query) -> responses.Response:
        if asked.explain:
            plan = self._main.inquiry.explain(asked.text, asked.parameters)
            return answers.answer({'plan': plan})
        found = self._main.query(
            asked.text,
            asked.parameters,
            current=asked.current,
            limits=contract.Limits(asked.seconds, asked.rows),
        )
        return answers.answer(
            {
                'columns': found.columns,
                'rows': values.plain(found.rows),
                'truncated': found.truncated,
            }
        )


def _route(
    path: str, rule: access.Rule, endpoint: access.Endpoint
) -> routing.Route:
    """Return a route for those who are allowed something."""
    return routing.Route(path, access.only(rule, endpoint))


def _act(
    path: str, rule: access.Rule, endpoint: access.Endpoint
) -> routing.Route:
    """Return a route that does something, for those who are allowed it."""
    return routing.Route(path, access.only(rule, endpoint), methods=['POST'])


def _not_answered(
    request: requests.Request, error: Exception
) -> responses.Response:
    """Tell of a path or a method that there is not."""
    found = typing.cast(starlette_exceptions.HTTPException, error)
    return answers.error(
        found.status_code,
        f'{request.method} {request.url.path[:_SHOWN]}: {found.detail}; see '
        '/openapi.json.',
        found.headers,
    )


def _refuse(status: int) -> typing.Any:
    def handle(
        request: requests.Request, error: Exception
    ) -> responses.Response:
        return answers.error(status, str(error))

    return handle
