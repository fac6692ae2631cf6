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

"""DaemonClient, and what it says when the daemon does not do its part."""

import collections.abc
import contextlib
import pathlib
import socket
import tempfile
import threading

import pytest

from cdm_graph import exceptions
from cdm_graph.cmd import client

_OK = b'HTTP/1.1 200 OK\r\nConnection: close\r\n'


@pytest.fixture
def path() -> collections.abc.Iterator[pathlib.Path]:
    with tempfile.TemporaryDirectory(prefix='cdm-graph-') as folder:
        yield pathlib.Path(folder) / 'cdm.sock'


@contextlib.contextmanager
def _answering(
    path: pathlib.Path, answer: bytes | None
) -> collections.abc.Iterator[list[bytes]]:
    """Answer one request, or take it and say nothing."""
    asked: list[bytes] = []
    done = threading.Event()

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            asked.append(_whole(peer))
            if answer is None:
                done.wait(10)
            else:
                peer.sendall(answer)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield asked
        finally:
            done.set()
            thread.join()


def _whole(peer: socket.socket) -> bytes:
    """Return a request with its body, which may come by itself."""
    request = peer.recv(1 << 16)
    head, _, body = request.partition(b'\r\n\r\n')
    for line in head.lower().splitlines():
        if line.startswith(b'content-length:'):
            missing = int(line.partition(b':')[2]) - len(body)
            while missing > 0:
                more = peer.recv(missing)
                request += more
                missing -= len(more)
    return request


def _refusal(line: str, body: bytes) -> bytes:
    head = f'HTTP/1.1 {line}\r\nContent-Length: {len(body)}\r\n\r\n'
    return head.encode() + body


def test_a_status_is_asked_for(path: pathlib.Path) -> None:
    with _answering(path, _OK + b'\r\n{"state": "ready"}') as asked:
        assert client.DaemonClient(str(path)).status() == {'state': 'ready'}
    assert asked[0].startswith(b'GET /status HTTP/1.1\r\n')


def test_a_synchronize_is_asked_for(path: pathlib.Path) -> None:
    with _answering(path, _OK + b'\r\n{}') as asked:
        client.DaemonClient(str(path)).synchronize(2.5)
    assert asked[0].startswith(b'POST /synchronize?timeout=2.5 HTTP/1.1\r\n')


def test_a_refresh_is_asked_for(path: pathlib.Path) -> None:
    with _answering(path, _OK + b'\r\n{}') as asked:
        wanted = [('element', 'vm 1'), ('element', 'vm/2')]
        client.DaemonClient(str(path)).refresh(wanted, 2.5)
    assert asked[0].startswith(
        b'POST /refresh?element=vm+1&element=vm%2F2&timeout=2.5 HTTP/1.1\r\n'
    )


def test_the_daemons_own_sentence_is_raised(path: pathlib.Path) -> None:
    answer = _refusal('503 Service Unavailable', b'{"error": "Not yet."}')
    with (
        _answering(path, answer),
        pytest.raises(exceptions.DaemonError, match=r'^Not yet\.$'),
    ):
        list(client.DaemonClient(str(path)).export('json'))


@pytest.mark.parametrize('body', [b'no JSON', b'[]', b'{}', b''])
def test_a_refusal_without_a_sentence_is_told(
    path: pathlib.Path, body: bytes
) -> None:
    with (
        _answering(path, _refusal('404 Not Found', body)),
        pytest.raises(
            exceptions.DaemonError,
            match=r'^The daemon answered 404 Not Found\.$',
        ),
    ):
        client.DaemonClient(str(path)).status()


def test_nobody_at_all_is_told(path: pathlib.Path) -> None:
    with pytest.raises(
        exceptions.DaemonUnreachable,
        match=rf'answers on {path} \(No such file or directory\)',
    ):
        client.DaemonClient(str(path)).status()


def test_a_dead_daemons_socket_is_told(path: pathlib.Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    with pytest.raises(
        exceptions.DaemonUnreachable, match=r'\(Connection refused\)'
    ):
        client.DaemonClient(str(path)).status()


def test_a_daemon_that_hangs_is_given_up(path: pathlib.Path) -> None:
    with (
        _answering(path, None),
        pytest.raises(exceptions.DaemonUnreachable, match='timed out'),
    ):
        client.DaemonClient(str(path), timeout=0.1).status()


@pytest.mark.parametrize(
    'answer', [b'', b'hello\r\n\r\n', _OK + b'Content-Length: 9\r\n\r\n{']
)
def test_an_answer_that_is_none_is_told(
    path: pathlib.Path, answer: bytes
) -> None:
    with _answering(path, answer), pytest.raises(exceptions.DaemonError):
        client.DaemonClient(str(path)).status()


def test_an_export_that_breaks_off_is_told(path: pathlib.Path) -> None:
    head = _OK + b'Transfer-Encoding: chunked\r\n\r\n'
    with (
        _answering(path, head + b'5\r\nhello\r\nff\r\nhel'),
        pytest.raises(exceptions.DaemonError),
    ):
        list(client.DaemonClient(str(path)).export('json'))


@pytest.mark.parametrize(
    ('header', 'lines'), [(b'cdm-graph-lines: 12\r\n', 12), (b'', 0)]
)
def test_how_long_an_export_is_is_told_before_it_begins(
    path: pathlib.Path, header: bytes, lines: int
) -> None:
    told: list[int] = []
    head = _OK + header + b'Content-Length: 5\r\n\r\n'
    with _answering(path, head + b'hello'):
        pieces = client.DaemonClient(str(path)).export('json', told.append)
        assert next(pieces) == 'hello'
        assert told == [lines]
        assert list(pieces) == []


@pytest.mark.parametrize('shift', range(4))
def test_a_character_on_the_border_of_two_blocks_is_whole(
    path: pathlib.Path, shift: int
) -> None:
    text = 'x' * shift + '\U0001f701' * 40_000
    body = text.encode()
    head = _OK + f'Content-Length: {len(body)}\r\n\r\n'.encode()
    with _answering(path, head + body):
        pieces = list(client.DaemonClient(str(path)).export('graphml'))
    assert len(pieces) > 1
    assert ''.join(pieces) == text


def test_a_query_is_asked_as_json(path: pathlib.Path) -> None:
    body = b'{"columns": ["a"], "rows": [[1]], "truncated": false}'
    head = _OK + f'Content-Length: {len(body)}\r\n\r\n'.encode()
    with _answering(path, head + body) as asked:
        found = client.DaemonClient(str(path)).query({'text': 'MATCH (n)'})
    assert found == {'columns': ['a'], 'rows': [[1]], 'truncated': False}
    assert asked[0].startswith(b'POST /query HTTP/1.1\r\n')
