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

"""What a daemon answers on its socket, asked by the daemon's own client."""

import collections.abc
import contextlib
import datetime
import itertools
import json
import math
import pathlib
import socket
import stat
import tempfile
import threading
import time
import typing

import pytest

from cdm_graph import exceptions
from cdm_graph.api import app
from cdm_graph.api import server
from cdm_graph.cmd import client
from cdm_graph.history import memory
from cdm_graph.history import past as pasts
from cdm_graph.model import answer
from cdm_graph.model import change_log as change_logs
from cdm_graph.model import live_model
from cdm_graph.model import mutation
from cdm_graph.model import root
from cdm_graph.model import schema
from cdm_graph.store import contract
from tests.support import clock as clocks
from tests.support import elements
from tests.unit.api import support

_HEADERS: typing.Final = 'Host: localhost\r\nConnection: close\r\n'
_NODE: typing.Final = '5bfbfd3c-0000-4000-8000-000000000001'


class _Service:
    """What the API needs of the daemon, as a test wants it."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.done = True
        self.timeouts: list[float] = []
        self.released = threading.Event()
        self.released.set()
        self.asked: list[tuple[typing.Any, ...]] = []
        self.found = answer.Answer(('a',), ((1,),))
        self.clock = clocks.FakeClock()
        self.model = live_model.LiveModel(clock=self.clock)
        self.model.mark_synchronized(1.0)
        self.log = change_logs.ChangeLog(self.model, self.clock, 100)

    @property
    def change_log(self) -> change_logs.ChangeLog:
        if self.error is not None:
            raise self.error
        return self.log

    @property
    def past(self) -> pasts.Past:
        return pasts.Past([memory.MemorySource(self.change_log, self.clock)])

    def change(self, name: str) -> None:
        self.model.apply([mutation.Put(elements.flavor(name))])

    def status(self) -> dict[str, typing.Any]:
        return {'state': 'ready'}

    def snapshot(self) -> root.ModelRoot:
        if self.error is not None:
            raise self.error
        node = schema.ComputeNode(
            uuid=_NODE, hostname='ö\U0001f701', service_host='one'
        )
        return live_model.LiveModel([node])

    def synchronize(self, timeout: float) -> bool:
        self.timeouts.append(timeout)
        self.released.wait(30)
        if self.error is not None:
            raise self.error
        return self.done

    @property
    def inquiry(self) -> '_Service':
        if self.error is not None:
            raise self.error
        return self

    def explain(self, text: str, given: dict[str, typing.Any]) -> str:
        self.asked.append((text, given))
        return 'a plan'

    def query(
        self, text: str, given: dict[str, typing.Any], **more: typing.Any
    ) -> answer.Answer:
        if self.error is not None:
            raise self.error
        self.asked.append((text, given, more))
        return self.found


@pytest.fixture
def path() -> collections.abc.Iterator[pathlib.Path]:
    with tempfile.TemporaryDirectory(prefix='cdm-graph-') as folder:
        yield pathlib.Path(folder) / 'cdm.sock'


@contextlib.contextmanager
def _serving(
    path: pathlib.Path, service: _Service | None = None
) -> collections.abc.Iterator[client.DaemonClient]:
    api = server.ApiService(
        app.build(service or _Service()), support.configuration(path)
    )
    api.start()
    try:
        yield client.DaemonClient(str(path), timeout=10)
    finally:
        api.stop()


def _ask(path: pathlib.Path, request: str) -> tuple[int, bytes]:
    """Ask as no client of ours does; return the status and the body."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(10)
        asking.connect(str(path))
        asking.sendall(f'{request} HTTP/1.1\r\n{_HEADERS}\r\n'.encode())
        answer = b''
        while block := asking.recv(1 << 16):
            answer += block
    head, _, body = answer.partition(b'\r\n\r\n')
    return int(head.split()[1]), body


# -- what is answered ---


def test_the_status_is_answered(path: pathlib.Path) -> None:
    with _serving(path) as daemon:
        assert daemon.status() == {'state': 'ready'}


def test_who_asks_for_the_history_gives_way_to_others(
    path: pathlib.Path, pauses: list[None]
) -> None:
    service = _Service()
    since = str(service.log.began_at)
    service.clock.advance(1)
    for name in 'abc':
        service.change(name)
    with _serving(path, service) as daemon:
        daemon.history([])
        # Each change, and each row.
        assert len(pauses) == 6
        pauses.clear()
        daemon.differences([('since', since)])
        # And each sum of changes, twice.
        assert len(pauses) == 12


def test_the_history_is_answered(path: pathlib.Path) -> None:
    service = _Service()
    for name in 'abc':
        service.change(name)
    with _serving(path, service) as daemon:
        found = daemon.history([('limit', '2')])
        assert found['has_more']
        assert found['began_at'] == service.log.began_at
        assert [row['name'] for row in found['changes']] == ['b', 'c']
        found = daemon.history([('kind', 'Flavor'), ('element', 'b')])
        assert [row['name'] for row in found['changes']] == ['b']
        with pytest.raises(exceptions.DaemonError, match=r"kind: .*'x'"):
            daemon.history([('kind', 'x')])
        with pytest.raises(exceptions.DaemonError, match='limit'):
            daemon.history([('limit', 'x')])


def test_the_history_of_a_time_is_answered(path: pathlib.Path) -> None:
    service = _Service()
    for name in 'abc':
        service.clock.advance(10)
        service.change(name)
    now = service.clock.now
    with _serving(path, service) as daemon:
        found = daemon.history([('since', str(now - 10)), ('until', str(now))])
        assert [row['name'] for row in found['changes']] == ['c']
        assert found['gaps'] == []
        found = daemon.history([('until', '2027-01-15T08:00:20Z')])
        assert [row['name'] for row in found['changes']] == ['a', 'b']
        assert {row['run'] for row in found['changes']} == {service.log.epoch}
        with pytest.raises(
            exceptions.DaemonError, match=r"since: 'x' is no moment, such as"
        ):
            daemon.history([('since', 'x')])
        with pytest.raises(exceptions.DaemonError, match='not before until'):
            daemon.history([('since', '2'), ('until', '2')])


def test_what_is_different_is_answered(path: pathlib.Path) -> None:
    service = _Service()
    began_at = service.clock.now
    service.clock.advance(10)
    service.change('a')
    with _serving(path, service) as daemon:
        found = daemon.differences([('since', str(began_at))])
        assert (found['began_at'], found['gaps']) == (began_at, [])
        assert found['is_complete']
        (row,) = found['differences']
        assert (row['what'], row['name']) == ('created', 'a')
        found = daemon.differences(
            [('since', str(began_at)), ('kind', 'Port')]
        )
        assert found['differences'] == []
        with pytest.raises(
            exceptions.DaemonError, match='does not reach back that far'
        ):
            daemon.differences([('since', str(began_at - 1))])
        with pytest.raises(exceptions.DaemonError, match='since: it has to'):
            daemon.differences([])


def test_what_is_not_known_is_answered(path: pathlib.Path) -> None:
    service = _Service()
    model = live_model.LiveModel(clock=service.clock)
    model.mark_recalled(1.0)
    service.log = change_logs.ChangeLog(model, service.clock, 100)
    gap = {
        'since': '2027-01-15T08:00:00.000Z',
        'until': None,
        'reason': 'summed up',
    }
    since = ('since', str(service.clock.now))
    with _serving(path, service) as daemon:
        assert daemon.history([])['gaps'] == [gap]
        found = daemon.differences([since])
        assert (found['gaps'], found['is_complete']) == ([gap], False)


def test_changes_are_told_as_they_come(path: pathlib.Path) -> None:
    service = _Service()
    with _serving(path, service) as daemon:
        events = daemon.watch([('element', 'b')])
        start = next(events)
        assert start.name == 'start'
        for name in 'abc':
            service.change(name)
        event = next(events)
        assert (event.name, event.data['name']) == ('change', 'b')
        events.close()
        (event,) = itertools.islice(daemon.watch([], start.id), 1)
        assert event.data['name'] == 'a'
        with pytest.raises(exceptions.DaemonError, match='kind'):
            next(daemon.watch([('kind', 'x')]))


def test_there_is_no_history_before_there_is_a_daemon(
    path: pathlib.Path,
) -> None:
    service = _Service()
    service.error = exceptions.NotReady('Later.')
    with _serving(path, service) as daemon:
        with pytest.raises(exceptions.DaemonError, match='Later'):
            daemon.history([])
        with pytest.raises(exceptions.DaemonError, match='Later'):
            next(daemon.watch([]))


def test_every_format_is_answered(path: pathlib.Path) -> None:
    with _serving(path) as daemon:
        document = json.loads(''.join(daemon.export('json')))
        [node] = [each for each in document['nodes'] if each['id'] == _NODE]
        assert node['hostname'] == 'ö\U0001f701'
        text = ''.join(daemon.export('graphml'))
        assert '<data key="hostname">ö\U0001f701</data>' in text
        assert text.endswith('</graphml>\n')
        lines = ''.join(daemon.export('jsonl')).splitlines()
        assert json.loads(lines[0])['directed'] is True
        announced: list[int] = []
        list(daemon.export('jsonl', announced.append))
        assert announced == [len(lines) - 1]


def test_a_format_that_is_none_is_refused(path: pathlib.Path) -> None:
    with (
        _serving(path) as daemon,
        pytest.raises(
            exceptions.DaemonError,
            match="There is no format 'svg'; there are: graphml, json",
        ),
    ):
        list(daemon.export('svg'))


def test_a_model_that_is_not_ready_is_told(path: pathlib.Path) -> None:
    service = _Service()
    service.error = exceptions.NotReady('It is being filled.')
    with (
        _serving(path, service) as daemon,
        pytest.raises(exceptions.DaemonError, match='It is being filled'),
    ):
        list(daemon.export('json'))
    with _serving(path, service):
        assert _ask(path, 'GET /export')[0] == 503


def test_other_errors_are_told(path: pathlib.Path) -> None:
    service = _Service()
    service.error = exceptions.CollectorNotFound('No such collector.')
    with _serving(path, service):
        status, body = _ask(path, 'GET /export')
        assert status == 500
        assert json.loads(body) == {'error': 'No such collector.'}


def test_a_synchronize_is_waited_for(path: pathlib.Path) -> None:
    service = _Service()
    with _serving(path, service) as daemon:
        assert daemon.synchronize(2.5) == {'state': 'ready'}
    assert service.timeouts == [2.5]


def test_a_synchronize_that_takes_too_long_is_told(
    path: pathlib.Path,
) -> None:
    service = _Service()
    service.done = False
    with _serving(path, service) as daemon:
        with pytest.raises(
            exceptions.DaemonError, match=r'did not succeed within 2\.5 s'
        ):
            daemon.synchronize(2.5)
        assert _ask(path, 'POST /synchronize?timeout=1')[0] == 504


@pytest.mark.parametrize('timeout', ['long', 'nan', 'inf', ''])
def test_a_timeout_that_is_none_is_refused(
    path: pathlib.Path, timeout: str
) -> None:
    service = _Service()
    with _serving(path, service):
        status, body = _ask(path, f'POST /synchronize?timeout={timeout}')
    assert status == 400
    assert 'timeout' in json.loads(body)['error']
    assert service.timeouts == []


@pytest.mark.parametrize(
    ('request_', 'status'),
    [
        ('GET /nonsense', 404),
        ('POST /status', 405),
        ('GET /synchronize', 405),
        ('GET /query', 405),
        ('DELETE /export', 405),
    ],
)
def test_what_is_not_offered_is_refused(
    path: pathlib.Path, request_: str, status: int
) -> None:
    with _serving(path) as daemon:
        assert _ask(path, request_)[0] == status
        assert daemon.status() == {'state': 'ready'}


def test_a_synchronize_does_not_hold_up_the_others(
    path: pathlib.Path,
) -> None:
    service = _Service()
    service.released.clear()
    with _serving(path, service) as daemon:
        asking = threading.Thread(target=daemon.synchronize, args=(20,))
        asking.start()
        try:
            deadline = time.monotonic() + 10
            while not service.timeouts and time.monotonic() < deadline:
                time.sleep(0.01)
            assert daemon.status() == {'state': 'ready'}
        finally:
            service.released.set()
            asking.join()


# -- queries ---


def test_a_query_is_answered_in_plain_values(path: pathlib.Path) -> None:
    service = _Service()
    moment = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    service.found = answer.Answer(
        ('a', 'b'), ((1, [moment]), (None, {'x': math.nan})), True
    )
    with _serving(path, service) as daemon:
        found = daemon.query(
            {
                'text': 'MATCH',
                'parameters': {'p': [1, 'ö']},
                'current': False,
                'seconds': 2.5,
                'rows': 7,
            }
        )
    assert found == {
        'columns': ['a', 'b'],
        'rows': [[1, ['2026-01-02T00:00:00Z']], [None, {'x': 'nan'}]],
        'truncated': True,
    }
    assert service.asked == [
        (
            'MATCH',
            {'p': [1, 'ö']},
            {'current': False, 'limits': contract.Limits(2.5, 7)},
        )
    ]


def test_only_the_text_of_a_query_is_needed(path: pathlib.Path) -> None:
    service = _Service()
    with _serving(path, service) as daemon:
        daemon.query({'text': 'MATCH'})
    [(text, given, more)] = service.asked
    assert (text, given, more['current']) == ('MATCH', {}, True)
    # It may take what the daemon lets it.
    assert more['limits'].seconds == math.inf
    assert more['limits'].rows >= 2**31


def test_a_plan_is_answered(path: pathlib.Path) -> None:
    service = _Service()
    with _serving(path, service) as daemon:
        found = daemon.query(
            {'text': 'MATCH', 'parameters': {'a': 1}, 'explain': True}
        )
    assert found == {'plan': 'a plan'}
    assert service.asked == [('MATCH', {'a': 1})]


@pytest.mark.parametrize(
    ('asked', 'words'),
    [
        ({}, '^text: '),
        ({'text': 3}, '^text: '),
        ({'text': 'a', 'rows': 0}, '^rows: '),
        ({'text': 'a', 'seconds': 0}, '^seconds: '),
        ({'text': 'a', 'parameters': []}, '^parameters: '),
        ({'text': 'a', 'nonsense': 1}, '^nonsense: '),
        ([], 'The body: |text: '),
    ],
)
def test_what_is_no_query_is_refused_in_a_sentence(
    path: pathlib.Path, asked: typing.Any, words: str
) -> None:
    service = _Service()
    with _serving(path, service) as daemon:
        with pytest.raises(exceptions.DaemonError, match=words) as caught:
            daemon.query(asked)
        assert _ask(path, 'POST /query')[0] == 400
    assert str(caught.value).endswith('.')
    assert service.asked == []


@pytest.mark.parametrize(
    ('error', 'status'),
    [
        (exceptions.QueryInvalid('It is wrong.'), 400),
        (exceptions.QuestionNotFound('It is unknown.'), 400),
        (exceptions.StoreUnavailable('It is away.'), 503),
        (exceptions.StoreAccessDenied('It is closed.'), 503),
        (exceptions.QueryTooSlow('It is slow.'), 504),
    ],
)
@pytest.mark.parametrize('explain', [False, True])
def test_what_is_wrong_with_a_query_is_told(
    path: pathlib.Path, error: Exception, status: int, explain: bool
) -> None:
    service = _Service()
    service.error = error
    with _serving(path, service) as daemon:
        with pytest.raises(exceptions.DaemonError, match=str(error)):
            daemon.query({'text': 'MATCH', 'explain': explain})
        body = json.dumps({'text': 'MATCH', 'explain': explain})
        request = (
            f'POST /query HTTP/1.1\r\n{_HEADERS}'
            f'Content-Length: {len(body)}\r\n\r\n{body}'
        )
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(10)
            asking.connect(str(path))
            asking.sendall(request.encode())
            assert asking.recv(1 << 16).split()[1] == str(status).encode()


# -- the socket ---


def test_the_socket_is_its_owners_and_goes_with_the_service(
    path: pathlib.Path,
) -> None:
    deeper = path.parent / 'made' / 'on the way' / 'cdm.sock'
    with _serving(deeper) as daemon:
        assert stat.S_IMODE(deeper.stat().st_mode) == 0o600
        assert daemon.status() == {'state': 'ready'}
    assert not deeper.exists()
    with pytest.raises(exceptions.DaemonUnreachable):
        daemon.status()
    with _serving(deeper) as daemon:
        assert daemon.status() == {'state': 'ready'}


def test_it_can_be_stopped_before_it_has_started(path: pathlib.Path) -> None:
    server.ApiService(
        app.build(_Service()), support.configuration(path)
    ).stop()
    assert not path.exists()
    with _serving(path) as daemon:
        assert daemon.status() == {'state': 'ready'}


def test_it_can_be_started_after_it_was_stopped(path: pathlib.Path) -> None:
    # Both are called by threads of their own.
    api = server.ApiService(app.build(_Service()), support.configuration(path))
    api.stop()
    api.start()
    with _serving(path) as daemon:
        assert daemon.status() == {'state': 'ready'}


def test_a_request_under_way_does_not_keep_it_from_stopping(
    path: pathlib.Path,
) -> None:
    service = _Service()
    service.released.clear()

    def ask() -> None:
        with contextlib.suppress(exceptions.DaemonError):
            client.DaemonClient(str(path)).synchronize(20)

    asking = threading.Thread(target=ask)
    began = time.monotonic()
    with _serving(path, service):
        asking.start()
        while not service.timeouts and time.monotonic() < began + 10:
            time.sleep(0.01)
        began = time.monotonic()
    try:
        assert time.monotonic() - began < 4
        assert not path.exists()
    finally:
        service.released.set()
        asking.join()
