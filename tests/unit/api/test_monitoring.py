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

"""What those ask that watch a daemon, over its socket."""

import concurrent.futures
import json
import pathlib
import threading
import typing

from prometheus_client import parser
from starlette import applications
from starlette import concurrency
from starlette import requests
from starlette import responses
from starlette import routing

from cdm_graph.api import app
from cdm_graph.api import monitoring
from tests.support import unix_http
from tests.unit.api import support

#: More than there are threads for requests.
_MANY: typing.Final = 60


class _Unfilled:
    """A daemon whose model was never filled."""

    def status(self) -> dict[str, typing.Any]:
        nova = {
            'state': 'not ready',
            'partial': [],
            'health': {'last_error': 'It is away.'},
        }
        return {'state': 'not ready', 'collectors': {'nova': nova}}


def _scrape(path: pathlib.Path) -> dict[tuple[str, ...], float]:
    """Return the samples, by name and values of labels."""
    answer = unix_http.ask(path, '/metrics')
    assert answer.status == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for each in parser.text_string_to_metric_families(answer.body.decode())
        for sample in each.samples
    }


def test_the_metrics_are_those_of_the_daemon(
    daemon: support.Daemon, served: pathlib.Path
) -> None:
    status = daemon.main.status()
    found = _scrape(served)
    nova = status['collectors']['nova']
    assert found['cdm_graph_model_state', 'nova', 'ready'] == 1
    assert (
        found['cdm_graph_model_elements', 'nova', 'Instance']
        == nova['elements']['Instance']
    )
    assert (
        found['cdm_graph_model_synchronized_timestamp_seconds', 'nova']
        == nova['synchronized_at']
    )
    assert found['cdm_graph_synchronizes_total', 'nova', 'succeeded'] >= 1


def test_requests_and_hand_outs_are_counted(served: pathlib.Path) -> None:
    before = _scrape(served)
    assert unix_http.ask(served, '/export?format=jsonl').status == 200
    hand_outs = ('cdm_graph_hand_out_duration_seconds_count',)
    assert _scrape(served)[hand_outs] == before[hand_outs] + 1
    name = 'cdm_graph_http_request_duration_seconds_count'
    # It is noted a moment after the answer.
    support.eventually(
        lambda: _scrape(served).get((name, '/export', '200')) == 1
    )
    assert _scrape(served)[name, '/metrics', '200'] >= 1


def test_the_text_says_what_it_is(served: pathlib.Path) -> None:
    answer = unix_http.ask(served, '/metrics')
    assert answer.headers.get_all('content-type') == [
        'text/plain; version=0.0.4; charset=utf-8'
    ]
    answer = unix_http.ask(
        served, '/metrics', accept='application/openmetrics-text'
    )
    assert answer.headers['content-type'].startswith(
        'application/openmetrics-text'
    )
    assert answer.body.endswith(b'# EOF\n')


def test_a_daemon_with_models_is_ready(served: pathlib.Path) -> None:
    answer = unix_http.ask(served, '/ready')
    assert answer.status == 200
    assert json.loads(answer.body) == {
        'ready': True,
        'state': 'ready',
        'collectors': {
            'nova': {'ready': True, 'state': 'ready', 'reasons': []}
        },
    }


def test_a_daemon_without_models_lives_and_is_not_ready() -> None:
    main: typing.Any = _Unfilled()
    with support.serving(app.build(main)) as path:
        answer = unix_http.ask(path, '/ready')
        assert unix_http.ask(path, '/health').status == 200
    assert answer.status == 503
    told = json.loads(answer.body)
    assert told['ready'] is False
    assert 'It is away.' in ' '.join(told['collectors']['nova']['reasons'])


def test_requests_that_take_all_threads_hide_nothing(
    daemon: support.Daemon,
) -> None:
    released = threading.Event()
    waiting = threading.Semaphore(0)

    def wait() -> None:
        waiting.release()
        released.wait(support.PATIENCE)

    async def slow(request: requests.Request) -> responses.Response:
        await concurrency.run_in_threadpool(wait)
        return responses.Response()

    watched = monitoring.Monitoring(daemon.main)
    application = applications.Starlette(
        routes=[routing.Route('/slow', slow), *watched.routes()],
        middleware=watched.middleware(),
    )
    with (
        support.serving(application) as path,
        concurrent.futures.ThreadPoolExecutor(_MANY) as asking,
    ):
        try:
            for _ in range(_MANY):
                asking.submit(unix_http.ask, path, '/slow')
            # Starlette has forty threads for all requests.
            for _ in range(40):
                assert waiting.acquire(timeout=support.PATIENCE)
            for target in ('/health', '/ready', '/metrics'):
                assert unix_http.ask(path, target).status == 200
        finally:
            released.set()
