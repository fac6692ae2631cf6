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

"""How fresh the models are, over HTTP, and having them made fresher."""

import asyncio
import math
import time
import typing
import uuid

from starlette import concurrency
from starlette import datastructures
from starlette import requests
from starlette import responses

from cdm_graph import exceptions
from cdm_graph import service
from cdm_graph.api import access
from cdm_graph.api import answers
from cdm_graph.api import parameters
from cdm_graph.export import elements
from cdm_graph.model import reference
from cdm_graph.model import root
from cdm_graph.model import schema

#: Seconds to wait, unless told otherwise; and at most.
_PATIENCE: typing.Final = 10.0
_SYNCHRONIZE: typing.Final = 300.0
_LONGEST: typing.Final = 86_400.0
_STEP: typing.Final = 0.05
_UUID: typing.Final = 'uuid'
#: Characters of a mistake that are shown.
_SHOWN: typing.Final = 60
#: Elements that may be refreshed by one request.
_MOST: typing.Final = 100
_FRESHNESS: typing.Final = (
    *('state', 'sequence', 'synchronized_at', 'as_of', 'age', 'partial'),
    'listing_since',
)
_DRIFT: typing.Final = (
    *('synchronizes', 'polls', 'last_synchronize', 'last_poll'),
)


class FreshnessResource:
    """How fresh the models of a daemon are."""

    def __init__(self, main: service.ClusterModelService) -> None:
        self._main = main

    async def known(self, request: requests.Request) -> responses.Response:
        """Answer how fresh the models are, or soon will be.

        With ``sequence`` or ``age`` it waits for a model that is as new.
        """
        access.of(request).readable()
        given = request.query_params
        sequence, age = _wanted_sequence(given), _wanted_age(given)
        patience = parameters.seconds(given, 'timeout', _PATIENCE, _LONGEST)
        deadline = time.monotonic() + patience
        while not self._main.model.freshness.is_as_new(sequence, age):
            if time.monotonic() >= deadline:
                return answers.error(
                    504,
                    f'The model did not become as new within {patience:g} s; '
                    'the freshness, without conditions, tells what it is.',
                )
            await asyncio.sleep(_STEP)
        status = await concurrency.run_in_threadpool(self._main.status)
        return answers.answer(
            {
                'state': status['state'],
                'bus': {
                    'configured': status['bus']['configured'],
                    'alive': status['bus'].get('alive'),
                },
                'has_store': status['store'] is not None,
                **_of_collectors(status, _FRESHNESS),
            }
        )

    async def drift(self, request: requests.Request) -> responses.Response:
        """Answer what reading the cloud had to correct, by collector."""
        status = await concurrency.run_in_threadpool(self._main.status)
        return answers.answer(_of_collectors(status, _DRIFT))

    async def refresh(self, request: requests.Request) -> responses.Response:
        """Have some elements read, and answer what they are then."""
        given = request.query_params
        called = parameters.required(given, 'element')
        kinds = parameters.kinds(given)
        patience = parameters.seconds(given, 'timeout', _PATIENCE, _LONGEST)
        return await concurrency.run_in_threadpool(
            self._refresh, called, kinds, patience
        )

    async def synchronize(
        self, request: requests.Request
    ) -> responses.Response:
        """Have the whole cloud read, and answer the status then."""
        patience = parameters.seconds(
            request.query_params, 'timeout', _SYNCHRONIZE, _LONGEST
        )
        done = await concurrency.run_in_threadpool(
            self._main.synchronize, patience
        )
        if not done:
            return answers.error(
                504,
                f'The synchronize did not succeed within {patience:g} s; '
                'status tells why.',
            )
        return answers.answer(self._main.status())

    def _refresh(
        self,
        called: list[str],
        kinds: frozenset[schema.Kind],
        patience: float,
    ) -> responses.Response:
        if len(called) > _MOST:
            raise exceptions.InvalidRequest(
                f'element: no more than {_MOST} at a time; synchronize reads '
                'all.'
            )
        model = self._main.snapshot()
        keys = [self._key(model, each, kinds) for each in called]
        if not self._main.collector_manager.refresh(keys, patience):
            return answers.error(
                504,
                f'Not all of that was read within {patience:g} s; it goes '
                'on, and status tells what keeps the cloud from being read.',
            )
        after = self._main.snapshot()
        found = [after.find(*key) for key in keys]
        return answers.answer(
            {
                'sequence': after.sequence,
                'elements': [elements.row(each) for each in found if each],
                'absent': [
                    key.vertex
                    for key, each in zip(keys, found, strict=True)
                    if each is None
                ],
            }
        )

    def _key(
        self,
        model: root.ModelRoot,
        called: str,
        kinds: frozenset[schema.Kind],
    ) -> schema.ElementKey:
        """Return what is to be read.

        With one kind it need not be in the model: it may have been missed.
        """
        try:
            key = schema.key_of(reference.find(model, called))
        except exceptions.NameUnknown as error:
            if len(kinds) != 1:
                raise exceptions.NameUnknown(
                    f'{error} Say its kind as well, and its UUID, to have it '
                    'looked for in the cloud.'
                ) from error
            [kind] = kinds
            key = _key_outside(kind, called)
        if not self._main.collector_manager.keeps(key.kind):
            raise exceptions.InvalidRequest(
                f'element: {called!r} is a {key.kind}, which the cloud is not '
                'asked for: it is what others refer to. Refresh those.'
            )
        return key


def _of_collectors(
    status: dict[str, typing.Any], names: tuple[str, ...]
) -> dict[str, typing.Any]:
    """Return a part of what a status tells of each collector."""
    return {
        'collectors': {
            collector: {name: shown[name] for name in names}
            for collector, shown in status['collectors'].items()
        }
    }


def _key_outside(kind: schema.Kind, called: str) -> schema.ElementKey:
    """Return the key of what the model lacks.

    What can be no key is not asked for: it could never be read, and would be
    tried for ever.
    """
    is_uuid = schema.ELEMENT_CLASSES[kind].key_field == _UUID
    if is_uuid and not _is_uuid(called):
        raise exceptions.InvalidRequest(
            f'element: {called[:_SHOWN]!r} is no UUID: say that of a {kind} '
            'that is not in the model.'
        )
    return schema.ElementKey(kind, called)


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _wanted_sequence(given: datastructures.QueryParams) -> int | None:
    if 'sequence' not in given:
        return None
    return parameters.number(given, 'sequence', 0, 0, 10**9 - 1)


def _wanted_age(given: datastructures.QueryParams) -> float | None:
    if 'age' not in given:
        return None
    return parameters.seconds(given, 'age', math.inf, _LONGEST)
