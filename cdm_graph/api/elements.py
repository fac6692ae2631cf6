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

"""Reading elements, and what is around them, over HTTP.

All of an answer is of one snapshot, whose ``sequence`` it tells, and of the
part of it that may be read.
"""

import collections.abc
import heapq
import typing

from starlette import concurrency
from starlette import datastructures
from starlette import requests
from starlette import responses

from cdm_graph import pacer
from cdm_graph import service
from cdm_graph.api import access
from cdm_graph.api import answers
from cdm_graph.api import events
from cdm_graph.api import parameters
from cdm_graph.api import turns
from cdm_graph.export import elements
from cdm_graph.export import host_map
from cdm_graph.model import neighbourhood
from cdm_graph.model import predicate
from cdm_graph.model import reference
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.model import selection

#: Relations from a root, and elements of a graph, at most.
_DEEPEST: typing.Final = 10
_MOST: typing.Final = 20_000
_Read = collections.abc.Callable[[root.ModelRoot], dict[str, typing.Any]]


class ElementResource:
    """Elements of the main model of a daemon."""

    def __init__(
        self, main: service.ClusterModelService, large: turns.Turns
    ) -> None:
        self._main = main
        self._large = large

    async def search(self, request: requests.Request) -> responses.Response:
        """Answer elements: of a kind, by their text, by conditions."""
        given = request.query_params
        kinds = parameters.kinds(given) or frozenset(schema.Kind)
        text = given.get('text', '').lower()
        conditions = predicate.read(parameters.json_object(given, 'where'))
        limit = parameters.limit(given)

        def read(model: root.ModelRoot) -> dict[str, typing.Any]:
            found = heapq.nsmallest(
                limit + 1,
                _matching(model, kinds, text, conditions),
                key=_place,
            )
            return {
                'elements': [
                    elements.row(each) for each in pacer.paced(found[:limit])
                ],
                'has_more': len(found) > limit,
            }

        return await self._large.run(self._answering(request, read))

    async def element(self, request: requests.Request) -> responses.Response:
        """Answer an element by its id or name, with its relations."""
        called = request.path_params['called']

        def read(model: root.ModelRoot) -> dict[str, typing.Any]:
            element = reference.find(model, called)
            return {
                'element': elements.row(element),
                'relations': elements.relations(model, element),
            }

        return await concurrency.run_in_threadpool(
            self._answering(request, read)
        )

    async def graph(self, request: requests.Request) -> responses.Response:
        """Answer what is around one element or several."""
        given = request.query_params
        roots = parameters.required(given, 'root')
        reach = _reach(given)

        def read(model: root.ModelRoot) -> dict[str, typing.Any]:
            several = [reference.find(model, called) for called in roots]
            return elements.graph(neighbourhood.around(model, several, reach))

        return await self._large.run(self._answering(request, read))

    async def host_map(self, request: requests.Request) -> responses.Response:
        """Answer all hosts and their instances, in columns."""

        def read(model: root.ModelRoot) -> dict[str, typing.Any]:
            log = self._main.change_log
            return {
                'event_id': events.event_id(log, model.sequence),
                **host_map.document(model),
            }

        return await self._large.run(self._answering(request, read))

    def _answering(
        self, request: requests.Request, read: _Read
    ) -> collections.abc.Callable[[], responses.Response]:
        scope = access.of(request).readable()

        def answer() -> responses.Response:
            model = scope.view(self._main.snapshot())
            return answers.answer({'sequence': model.sequence, **read(model)})

        return answer


def _matching(
    model: root.ModelRoot,
    kinds: frozenset[schema.Kind],
    text: str,
    conditions: tuple[predicate.Predicate, ...],
) -> collections.abc.Iterator[schema.Element]:
    for kind in kinds:
        for element in pacer.paced(model.each(kind)):
            if all(each.holds(element) for each in conditions) and (
                not text or _says(element, text)
            ):
                yield element


def _place(element: schema.Element) -> tuple[str, str, str]:
    """Return what elements are sorted by."""
    label, key = selection.name_of(element), schema.key_of(element).key
    return element.kind.value, label, key


def _says(element: schema.Element, text: str) -> bool:
    """Return whether a key, a name or a project has a text in it."""
    return any(
        text in each.lower()
        for each in (
            schema.key_of(element).key,
            selection.name_of(element),
            getattr(element, 'project_id', None) or '',
        )
    )


def _reach(given: datastructures.QueryParams) -> neighbourhood.Reach:
    return neighbourhood.Reach(
        depth=parameters.number(given, 'depth', 1, 1, _DEEPEST),
        relations=parameters.relations(given),
        kinds=parameters.kinds(given),
        most=parameters.number(given, 'limit', 1500, 1, _MOST),
    )
