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

"""The latency of requests, noted in front of a real application."""

import asyncio
import collections.abc
import typing

import prometheus_client
import pytest
from starlette import applications
from starlette import middleware
from starlette import requests
from starlette import responses
from starlette import routing
from starlette import types

from cdm_graph.api import latency
from tests.support import clock as clocks
from tests.support import unix_http
from tests.unit.api import support


class _Noted:
    """An application with routes of each sort, and what is noted of it."""

    def __init__(self, clock: clocks.FakeClock) -> None:
        self.clock = clock
        #: What was noted of a stream of events once it had begun.
        self.when_listened = (0.0, 0.0)
        self.registry = prometheus_client.CollectorRegistry()
        histogram = prometheus_client.Histogram(
            'latency',
            'How long it took.',
            ('route', 'status'),
            registry=self.registry,
        )
        self.application = applications.Starlette(
            routes=[
                routing.Route('/plain', self._plain),
                routing.Route('/of/{name}', self._plain),
                routing.Route('/fails', self._fail),
                routing.Route('/slow', self._slow),
                routing.Route('/events', self._events),
            ],
            middleware=[
                middleware.Middleware(
                    latency.RequestLatency, histogram=histogram, clock=clock
                )
            ],
        )

    def of(self, route: str, status: int) -> tuple[float, float]:
        """Return how many requests were noted, and their seconds."""
        labels = {'route': route, 'status': str(status)}
        count, seconds = (
            self.registry.get_sample_value(f'latency_{name}', labels) or 0.0
            for name in ('count', 'sum')
        )
        return count, seconds

    def labels(self) -> set[tuple[str, str]]:
        [metric] = self.registry.collect()
        return {
            (sample.labels['route'], sample.labels['status'])
            for sample in metric.samples
        }

    async def _plain(self, request: requests.Request) -> responses.Response:
        self.clock.advance(2.0)
        return responses.PlainTextResponse('here')

    async def _fail(self, request: requests.Request) -> responses.Response:
        raise KeyError('a mistake')

    async def _slow(self, request: requests.Request) -> responses.Response:
        return responses.StreamingResponse(self._pieces())

    async def _events(self, request: requests.Request) -> responses.Response:
        self.clock.advance(1.0)
        return responses.StreamingResponse(
            self._listened(), media_type='text/event-stream'
        )

    async def _listened(self) -> collections.abc.AsyncIterator[str]:
        self.when_listened = self.of('/events', 200)
        async for piece in self._pieces():
            yield piece

    async def _pieces(self) -> collections.abc.AsyncIterator[str]:
        for _ in range(3):
            self.clock.advance(10.0)
            yield 'piece'


@pytest.fixture
def noted(clock: clocks.FakeClock) -> _Noted:
    return _Noted(clock)


def _ask(noted: _Noted, *targets: str, **more: typing.Any) -> list[int]:
    with support.serving(noted.application) as path:
        return [
            unix_http.ask(path, target, **more).status for target in targets
        ]


def test_requests_are_noted_by_route_and_status(noted: _Noted) -> None:
    assert _ask(noted, '/plain', '/plain') == [200, 200]
    assert noted.of('/plain', 200) == (2, 4.0)


def test_a_path_is_never_a_label(noted: _Noted) -> None:
    """Or whoever asks for many paths would fill the memory."""
    targets = [f'/of/{number}' for number in range(20)]
    targets += [f'/nowhere/{number}' for number in range(20)]
    _ask(noted, *targets)
    assert noted.labels() == {
        ('/of/{name}', '200'),
        (latency.NO_ROUTE, '404'),
    }
    assert noted.of('/of/{name}', 200)[0] == 20


def test_a_method_that_is_not_offered_is_noted(noted: _Noted) -> None:
    assert _ask(noted, '/plain', method='BREW') == [405]
    assert noted.labels() == {('/plain', '405')}


def test_an_error_that_nobody_has_handled_is_noted(noted: _Noted) -> None:
    assert _ask(noted, '/fails') == [500]
    assert noted.of('/fails', 500)[0] == 1


def test_an_answer_counts_until_it_is_whole(noted: _Noted) -> None:
    assert _ask(noted, '/slow') == [200]
    assert noted.of('/slow', 200) == (1, 30.0)


def test_a_stream_of_events_counts_until_it_begins(noted: _Noted) -> None:
    assert _ask(noted, '/events') == [200]
    assert noted.when_listened == (1, 1.0)
    assert noted.of('/events', 200) == (1, 1.0)


def test_what_is_no_request_is_passed_on(noted: _Noted) -> None:
    seen: list[str] = []

    async def application(
        scope: types.Scope, receive: types.Receive, send: types.Send
    ) -> None:
        seen.append(scope['type'])

    async def receive() -> types.Message:
        return {}

    async def send(message: types.Message) -> None:
        """There is nobody to send to."""

    histogram = prometheus_client.Histogram(
        'latency', 'How long it took.', ('route', 'status'), registry=None
    )
    front = latency.RequestLatency(application, histogram)
    asyncio.run(front({'type': 'lifespan'}, receive, send))
    assert seen == ['lifespan']
    assert [each.samples for each in histogram.collect()] == [[]]
