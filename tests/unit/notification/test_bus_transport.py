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

"""Tests of reading from the message bus in large pieces."""

import collections.abc
import contextlib
import socket
import threading
import typing

from amqp import transport as amqp_transports
from kombu import connection as kombu_connection
from kombu import transport as registry
import pytest

from cdm_graph.notification import bus_transport

_FRAME: typing.Final = b'\x01\x00\x01\x00\x00\x00\x05hello\xce'


class _Socket:
    """A socket that counts how often it is read."""

    def __init__(self, real: socket.socket) -> None:
        self._real = real
        self.reads = 0

    def recv(self, size: int) -> bytes:
        self.reads += 1
        return self._real.recv(size)

    read = recv

    def __getattr__(self, name: str) -> typing.Any:
        return getattr(self._real, name)


@pytest.fixture(autouse=True)
def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave kombu's register as it was."""
    monkeypatch.setattr(
        registry, 'TRANSPORT_ALIASES', dict(registry.TRANSPORT_ALIASES)
    )
    monkeypatch.setattr(registry, '_transport_cache', {})


def _connect(ssl: bool) -> typing.Any:
    """Return what reads the bus for a connection that oslo would make."""
    bus_transport.install()
    connection = kombu_connection.Connection('amqp://localhost/')
    transport = connection.transport
    made = transport.Connection('localhost:5672', ssl=ssl)
    return made.Transport(made.host, made.connect_timeout, made.ssl)


_Bus = tuple[typing.Any, socket.socket, socket.socket]


@contextlib.contextmanager
def _bus() -> collections.abc.Iterator[_Bus]:
    """Yield what reads the bus, its socket, and that of the broker."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        bus = _connect(ssl=False)
        bus.sock = ours
        bus._setup_transport()
        yield bus, ours, theirs


@pytest.mark.parametrize(
    ('ssl', 'kind'),
    [
        (False, amqp_transports.TCPTransport),
        (True, amqp_transports.SSLTransport),
    ],
)
def test_frames_that_came_together_are_read_at_once(
    ssl: bool, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        bus = _connect(ssl)
        assert isinstance(bus, kind)
        counting = _Socket(ours)
        bus.sock = counting
        # Shaking hands is not what this is about.
        monkeypatch.setattr(
            amqp_transports.SSLTransport,
            '_wrap_socket',
            lambda _self, sock, **_options: sock,
        )
        monkeypatch.setattr(
            _Socket, 'do_handshake', lambda _self: None, raising=False
        )
        bus._setup_transport()
        ours.settimeout(0.05)
        theirs.sendall(3 * _FRAME + _FRAME[:9])
        frames = [bus.read_frame() for _ in range(3)]
        assert frames == 3 * [(1, 1, b'hello')]
        assert counting.reads == 1
        with pytest.raises(TimeoutError):
            bus.read_frame()
        theirs.sendall(_FRAME[9:])
        assert bus.read_frame() == (1, 1, b'hello')


def test_an_object_larger_than_a_piece_is_read_whole() -> None:
    with _bus() as (bus, _, theirs):
        size = 100_000
        body = bytes(range(250)) * (size // 250)
        theirs.sendall(
            b'\x03\x00\x01' + size.to_bytes(4, 'big') + body + b'\xce'
        )
        assert bus.read_frame() == (3, 1, body)


def test_what_the_broker_ends_is_an_error_as_before() -> None:
    with _bus() as (bus, _, theirs):
        theirs.close()
        with pytest.raises(OSError, match='closed connection'):
            bus.read_frame()


def test_a_broker_is_connected_to_in_this_way() -> None:
    """The handshake begins; what answers here is no broker."""
    bus_transport.install()
    with socket.create_server(('localhost', 0)) as server:
        port = server.getsockname()[1]
        connection = kombu_connection.Connection(
            f'amqp://localhost:{port}/', connect_timeout=5
        )
        answers = threading.Thread(target=_answer, args=(server,))
        answers.start()
        assert isinstance(connection.transport, bus_transport.Transport)
        with pytest.raises(OSError, match='closed connection'):
            connection.transport.establish_connection()
        answers.join()


def _answer(server: socket.socket) -> None:
    peer, _address = server.accept()
    with peer:
        assert peer.recv(8) == b'AMQP\0\0\x09\x01'


def _acknowledgement(tag: int) -> memoryview:
    """Return what py-amqp writes: a part of a buffer that it writes anew."""
    frame = b'\x01\x00\x01\x00\x00\x00\x0d\x00\x3c\x00\x50'
    return memoryview(bytearray(frame + tag.to_bytes(8, 'big') + b'\x00\xce'))


@pytest.mark.parametrize('occasion', ['read', 'write'])
def test_acknowledgements_go_together_with_what_is_next(
    occasion: str,
) -> None:
    with _bus() as (bus, _, theirs):
        theirs.settimeout(0.05)
        sent = b''
        for tag in (1, 2):
            frame = _acknowledgement(tag)
            sent += bytes(frame)
            bus.write(frame)
            frame[:] = bytes(len(frame))
        with pytest.raises(TimeoutError):
            theirs.recv(100)
        if occasion == 'read':
            theirs.sendall(_FRAME)
            assert bus.read_frame() == (1, 1, b'hello')
        else:
            bus.write(_FRAME)
            sent += _FRAME
        assert theirs.recv(100) == sent


def test_a_reader_in_vain_has_sent_what_was_held_back() -> None:
    with _bus() as (bus, ours, theirs):
        ours.settimeout(0.05)
        bus.write(_acknowledgement(7))
        for _ in range(2):
            with pytest.raises(TimeoutError):
                bus.read_frame()
        assert theirs.recv(100) == bytes(_acknowledgement(7))


def test_all_that_came_is_handled_at_once() -> None:
    with _bus() as (bus, _, theirs):
        transport = kombu_connection.Connection('amqp://localhost/').transport
        connection = transport.Connection('localhost:5672')
        bus.connected = True
        connection.transport = bus
        handled: list[object] = []
        connection.on_inbound_frame = lambda frame: handled.append(frame) or 1
        theirs.sendall(3 * _FRAME + _FRAME[:9])
        transport.drain_events(connection, timeout=1.0)
        assert handled == 3 * [(1, 1, b'hello')]
        with pytest.raises(TimeoutError):
            transport.drain_events(connection, timeout=0.05)
        theirs.sendall(_FRAME[9:])
        transport.drain_events(connection, timeout=1.0)
        assert len(handled) == 4
