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

"""Reading from the message bus in large pieces, and answering likewise.

py-amqp reads a message in nine pieces, each with a call of its own: three of
each frame, and three frames of a message.  Each call lets other threads
compute twice, once to wait for the socket and once to read it, and has to
wait for its turn afterwards.  In a daemon that has much to compute, as when
it lists a large cloud, a message then takes longer than the next one needs to
come, and the bus falls behind.

So the transport that kombu uses for AMQP is replaced, in its own register,
by one that takes as much as the socket has.  What is too much for one read
py-amqp keeps for the next one, as it always could.  Acknowledgements, which
are a call for each message as well, are held back until the socket is read,
or anything else is written; those of a connection that breaks before are lost
as they are when it breaks a little later, and the broker delivers again.
"""

import typing

from amqp import transport as amqp_transports
from kombu import transport as registry
from kombu.transport import pyamqp

_Any = typing.Any
#: Bytes that are taken at a time, if there are so many: a few messages.
_PIECE: typing.Final = 16_384
#: Where a frame says how long its payload is, and how much is around that.
_SIZE: typing.Final = slice(3, 7)
_AROUND: typing.Final = 8
#: Where a frame says what method it is, and how it says ``basic.ack``.
_METHOD: typing.Final = slice(7, 11)
_ACKNOWLEDGE: typing.Final = b'\x00\x3c\x00\x50'


class _Greedy:
    """Takes more from the socket than it is asked for, if there is more.

    It is used by one thread at a time, as py-amqp's own are.
    """

    _quick_recv: _Any
    _write: _Any
    _read_buffer: bytes

    def holds_frame(self) -> bool:
        """Return whether a whole frame was taken from the socket already."""
        taken = self._read_buffer
        size = int.from_bytes(taken[_SIZE], 'big')
        return len(taken) >= size + _AROUND

    def _setup_transport(self) -> None:
        super()._setup_transport()  # type: ignore[misc] # of the other base
        receive, send = self._quick_recv, self._write
        held_back: list[bytes] = []

        def release() -> None:
            if held_back:
                send(b''.join(held_back))
                held_back.clear()

        def receive_much(wanted: int) -> _Any:
            release()
            return receive(max(wanted, _PIECE))

        def send_later(frame: bytes) -> None:
            if frame[_METHOD] == _ACKNOWLEDGE:
                # py-amqp writes each into the same buffer.
                held_back.append(bytes(frame))
                return
            release()
            send(frame)

        self._quick_recv, self._write = receive_much, send_later


class _TCPTransport(
    _Greedy,
    amqp_transports.TCPTransport,  # type: ignore[misc] # no types
):
    pass


class _SSLTransport(
    _Greedy,
    amqp_transports.SSLTransport,  # type: ignore[misc] # no types
):
    pass


_GREEDY: typing.Final[dict[type, type]] = {
    amqp_transports.TCPTransport: _TCPTransport,
    amqp_transports.SSLTransport: _SSLTransport,
}


class _Connection(pyamqp.Connection):
    def Transport(self, *arguments: _Any, **named: _Any) -> _Any:
        transport = super().Transport(*arguments, **named)
        # Made as py-amqp makes it, whatever it takes.
        transport.__class__ = _GREEDY[type(transport)]
        return transport


class Transport(pyamqp.Transport):
    """kombu's transport for AMQP, but for how it reads."""

    Connection: _Any = _Connection

    def drain_events(self, connection: _Any, **options: _Any) -> _Any:
        """Wait for an event, and handle all that came with it.

        Who calls it for each event does much around it.
        """
        drain: _Any = super().drain_events
        result = drain(connection, **options)
        while connection.connected and connection.transport.holds_frame():
            connection.on_inbound_frame(connection.transport.read_frame())
        return result


def install() -> None:
    """Let the connections to a broker that are made from now on use it.

    kombu remembers what it has looked up: it has no effect in a process that
    has connected to a broker before.
    """
    registry.TRANSPORT_ALIASES['amqp'] = f'{__name__}:Transport'
