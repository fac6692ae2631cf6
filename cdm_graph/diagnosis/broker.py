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

"""Broker: what RabbitMQ says of its queues, over AMQP.

oslo.messaging tells nothing of queues, so this asks the broker itself, with
passive declarations: they change nothing.  It needs no management plugin and
no rights but those of the daemon.  Drivers other than that for RabbitMQ have
nothing like it.
"""

import collections.abc
import contextlib
import dataclasses
import ssl
import time
import typing

from kombu import connection as kombu_connection
from kombu import exceptions as kombu_exceptions
from oslo_config import cfg
from oslo_config import types
import oslo_messaging

_DRIVERS: typing.Final = frozenset({'rabbit', 'kombu'})
_GROUP: typing.Final = 'oslo_messaging_rabbit'
_PORT: typing.Final = 5672
#: Seconds in which the broker has to answer.
_TIMEOUT: typing.Final = 5.0
#: It has no types.
_CONNECTION: typing.Any = kombu_connection.Connection
#: AMQP's codes of replies.
_REFUSED: typing.Final = 403
_NOT_FOUND: typing.Final = 404
_CONFLICT: typing.Final = 406
#: How often a queue is deleted that comes back.
_DELETIONS: typing.Final = 5
#: Seconds by which it waits longer each time.
_PAUSE: typing.Final = 0.5


class BrokerError(Exception):
    """The broker does not answer, or refuses; the message says why."""


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """One server of the broker; ``error`` says why it cannot be used."""

    name: str
    error: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Queue:
    """A queue: messages that wait in it, and subscriptions to it."""

    name: str
    depth: int
    consumers: int


class Broker:
    """The broker of a transport URL.

    :param conf: with the options of the driver, which are there once a
        transport was made
    """

    def __init__(
        self, conf: cfg.ConfigOpts, url: oslo_messaging.TransportURL
    ) -> None:
        self._conf = conf
        self._url = url
        self._names = {
            f'{host.hostname}:{host.port or _PORT}': host for host in url.hosts
        }

    def addresses(self) -> list[Address]:
        """Log in to each server, and return how that went."""
        return [
            Address(name, self._error_of(host))
            for name, host in self._names.items()
        ]

    def queues(
        self, names: collections.abc.Iterable[str]
    ) -> dict[str, Queue | None]:
        """Return queues by their names; none for one that is not there.

        One that may not be looked at is left out.

        :raises BrokerError: if the broker does not answer
        """
        found: dict[str, Queue | None] = {}
        with self._connection() as connection:
            for name in names:
                with contextlib.suppress(_Refused):
                    found[name] = self._queue(connection, name)
        return found

    def has_exchange(self, name: str) -> bool:
        """Return whether there is such an exchange.

        :raises BrokerError: if the broker does not answer
        """
        with self._connection() as connection:
            try:
                self._declare(connection, name, passive=True)
            except connection.channel_errors as error:
                return _code(error) != _NOT_FOUND
            return True

    def conflict(self, exchange: str) -> str | None:
        """Return why the daemon cannot declare an exchange, if it cannot.

        :raises BrokerError: if the broker does not answer
        """
        with self._connection() as connection:
            try:
                self._declare(connection, exchange, passive=False)
            except connection.channel_errors as error:
                if _code(error) in (_CONFLICT, _REFUSED):
                    return _words(error)
                raise
            return None

    def delete(self, names: collections.abc.Collection[str]) -> None:
        """Delete queues, whatever is in them.

        :raises BrokerError: if the broker does not answer, or if one is
            still there
        """
        for number in range(_DELETIONS):
            time.sleep(number * _PAUSE)
            with self._connection() as connection:
                for name in names:
                    with contextlib.suppress(*connection.channel_errors):
                        connection.channel().queue_delete(name)
            if not any(self.queues(names).values()):
                return
        raise BrokerError('They are declared again and again.')

    @property
    def is_durable(self) -> bool:
        """Whether the daemon declares what survives the broker."""
        return bool(
            self._option('amqp_durable_queues')
            or self._option('rabbit_quorum_queue')
        )

    def _declare(
        self, connection: typing.Any, name: str, *, passive: bool
    ) -> None:
        connection.channel().exchange_declare(
            name,
            'topic',
            passive=passive,
            durable=self.is_durable,
            auto_delete=bool(self._option('amqp_auto_delete')),
        )

    @staticmethod
    def _queue(connection: typing.Any, name: str) -> Queue | None:
        try:
            # A channel ends with the first thing that it is refused.
            reply = connection.channel().queue_declare(name, passive=True)
        except connection.channel_errors as error:
            if _code(error) == _NOT_FOUND:
                return None
            raise _Refused(_words(error)) from error
        return Queue(name, reply.message_count, reply.consumer_count)

    def _error_of(self, host: oslo_messaging.TransportHost) -> str | None:
        try:
            with self._open(host):
                return None
        except BrokerError as error:
            return str(error)

    @contextlib.contextmanager
    def _connection(self) -> collections.abc.Iterator[typing.Any]:
        """Connect to the first server that lets us in."""
        errors = []
        for host in self._names.values():
            with contextlib.ExitStack() as stack:
                try:
                    connection = stack.enter_context(self._open(host))
                except BrokerError as error:
                    errors.append(str(error))
                    continue
                yield connection
                return
        raise BrokerError(errors[0] if errors else 'It names no server.')

    @contextlib.contextmanager
    def _open(
        self, host: oslo_messaging.TransportHost
    ) -> collections.abc.Iterator[typing.Any]:
        connection = _CONNECTION(
            hostname=host.hostname,
            port=host.port or _PORT,
            userid=host.username,
            password=host.password,
            virtual_host=self._url.virtual_host or '/',
            ssl=self._ssl(),
            login_method=self._option('rabbit_login_method'),
            connect_timeout=_TIMEOUT,
            transport_options={
                'read_timeout': _TIMEOUT,
                'write_timeout': _TIMEOUT,
            },
        )
        try:
            connection.connect()
            yield connection
        except (
            OSError,
            kombu_exceptions.KombuError,
            *connection.connection_errors,
            *connection.channel_errors,
        ) as error:
            raise BrokerError(_words(error)) from error
        finally:
            with contextlib.suppress(Exception):
                connection.release()

    def _ssl(self) -> dict[str, typing.Any] | bool:
        """Return what the driver would give, from its options."""
        if not self._option('ssl'):
            return False
        given: dict[str, typing.Any] = {
            argument: self._option(name)
            for argument, name in (
                ('keyfile', 'ssl_key_file'),
                ('certfile', 'ssl_cert_file'),
                ('ca_certs', 'ssl_ca_file'),
            )
            if self._option(name)
        }
        if 'ca_certs' in given:
            given['cert_reqs'] = ssl.CERT_REQUIRED
        return given or True

    def _option(self, name: str) -> typing.Any:
        """Return an option of the driver; the URL may have it too."""
        value = self._conf[_GROUP][name]
        if name not in self._url.query:
            return value
        text = self._url.query[name]
        return types.Boolean()(text) if isinstance(value, bool) else text


class _Refused(Exception):
    """The broker has it, but we may not look at it."""


def find(conf: cfg.ConfigOpts, transport_url: str) -> Broker | None:
    """Return the broker of a transport URL; none for another driver's."""
    url = oslo_messaging.TransportURL.parse(conf, transport_url)
    return Broker(conf, url) if url.transport in _DRIVERS else None


def _code(error: BaseException) -> int:
    return int(getattr(error, 'reply_code', 0) or 0)


def _words(error: BaseException) -> str:
    """Return what an error says, in a line and without a full stop."""
    said = getattr(error, 'reply_text', None) or (
        error.strerror if isinstance(error, OSError) else None
    )
    text = str(said or '').strip() or str(error).strip()
    return (text or type(error).__name__).splitlines()[0].rstrip('.')
