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

"""ApiService: the daemon's HTTP, on its Unix socket and perhaps a port.

Who can connect to the Unix socket may do everything
(:mod:`cdm_graph.api.unix_socket`).  On the port either only this machine is
answered (:mod:`cdm_graph.api.loopback`), or whoever has a token of Keystone
(:mod:`cdm_graph.api.gate`).
"""

import collections.abc
import contextlib
import ssl
import threading
import typing

from oslo_config import cfg
from oslo_log import log
from oslo_service import service
from starlette import types
import uvicorn

from cdm_graph import exceptions
from cdm_graph.api import access
from cdm_graph.api import address as addresses
from cdm_graph.api import loopback
from cdm_graph.api import unix_socket

LOG = log.getLogger(__name__)

_STOP_TIMEOUT: typing.Final = 2.0
_KEYSTONE: typing.Final = 'keystone'


class ApiService(service.ServiceBase):  # type: ignore[misc]
    """Serves an application until it is stopped.

    :param conf: tells the path of the socket and the options of ``[api]``
    :raises cdm_graph.exceptions.DaemonAlreadyRunning: if another daemon
        serves on the socket
    :raises cdm_graph.exceptions.ConfigurationError: if it cannot serve there
    """

    def __init__(self, app: types.ASGIApp, conf: cfg.ConfigOpts) -> None:
        with contextlib.ExitStack() as opened:
            local = unix_socket.UnixSocket(conf.daemon.socket)
            opened.callback(local.close)
            self._servers = [
                _Server(access.Trusting(app), local.listening),
                *_on_port(app, conf, opened),
            ]
            self._sockets = opened.pop_all()
        # Both start and stop are called by threads of their own.
        self._stopping = threading.Lock()
        self._stopped = False

    def start(self) -> None:
        """Begin to answer; nothing happens once it was stopped."""
        with self._stopping:
            if not self._stopped:
                for server in self._servers:
                    server.start()

    def stop(self) -> None:
        """Answer no more, and remove the socket."""
        with self._stopping:
            self._stopped = True
            for server in self._servers:
                server.end()
            for server in self._servers:
                server.join()
            self._sockets.close()

    def wait(self) -> None:
        """Wait for nothing: :meth:`stop` has waited."""

    def reset(self) -> None:
        """Do nothing: no option of it can change."""


class _Server:
    """Serves an application on one socket, in a thread of its own."""

    def __init__(
        self, app: types.ASGIApp, listening: typing.Any, **tls: typing.Any
    ) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                lifespan='off',
                access_log=False,
                timeout_graceful_shutdown=1,
                **tls,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={'sockets': [listening]},
            name='api',
            daemon=True,
        )

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._server.should_exit = True

    def join(self) -> None:
        if self._thread.ident is not None:
            self._thread.join(_STOP_TIMEOUT)


def _on_port(
    app: types.ASGIApp, conf: cfg.ConfigOpts, opened: contextlib.ExitStack
) -> collections.abc.Iterator[_Server]:
    if not conf.api.listen:
        return
    address = addresses.read(conf.api.listen)
    tls = _tls(conf)
    guarded = _guarded(app, conf, address)
    listening = addresses.listen(address)
    opened.callback(listening.close)
    if not tls and not address.is_loopback:
        LOG.warning(
            '[api] cert_file is not set: tokens come to %s in the clear, '
            'unless a proxy that speaks TLS is before it.',
            conf.api.listen,
        )
    yield _Server(guarded, listening, **tls)


def _guarded(
    app: types.ASGIApp, conf: cfg.ConfigOpts, address: addresses.Address
) -> types.ASGIApp:
    if conf.api.auth_strategy == _KEYSTONE:
        return _with_keystone(app, conf)
    if not address.is_loopback:
        raise exceptions.ConfigurationError(
            f'[api] listen: {conf.api.listen} is not of the loopback '
            'interface, and [api] auth_strategy is noauth: set that to '
            'keystone, or listen on 127.0.0.1.'
        )
    return loopback.LocalOnly(app)


def _with_keystone(app: types.ASGIApp, conf: cfg.ConfigOpts) -> types.ASGIApp:
    try:
        from cdm_graph.api import gate
        from cdm_graph.api import policy
        from cdm_graph.api import tokens
    except ModuleNotFoundError as error:
        raise exceptions.ConfigurationError(
            f'[api] auth_strategy is keystone, and {error.name} is not '
            'installed: it comes with the extra "keystone" of cdm-graph.'
        ) from error
    return gate.Gate(app, tokens.Tokens(conf), policy.Policy(conf))


def _tls(conf: cfg.ConfigOpts) -> dict[str, str]:
    """Return what uvicorn is told of certificates, which can be used.

    :raises cdm_graph.exceptions.ConfigurationError: if they cannot
    """
    certificate, key = conf.api.cert_file, conf.api.key_file
    if not certificate:
        return {}
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key or None)
    except (OSError, ssl.SSLError) as error:
        raise exceptions.ConfigurationError(
            f'[api] cert_file, key_file: {certificate} cannot be used: '
            f'{error.strerror or error}.'
        ) from error
    return {
        'ssl_certfile': certificate,
        **({'ssl_keyfile': key} if key else {}),
    }
