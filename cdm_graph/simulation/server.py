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

"""The HTTP server of a simulated cloud: its services on one port.

They are Keystone, Nova, Cinder in a cloud with storage, and Ironic in one
with bare machines.
"""

import asyncio
import secrets
import socket
import threading
import time
import typing

from starlette import applications
from starlette import requests
from starlette import responses
from starlette import routing
from starlette import types
import uvicorn

from cdm_graph import exceptions
from cdm_graph.simulation import api_error
from cdm_graph.simulation import cloud as cloud_module
from cdm_graph.simulation import faults as faults_module
from cdm_graph.simulation import keystone_api
from cdm_graph.simulation import microversions
from cdm_graph.simulation.cinder import api as cinder_api
from cdm_graph.simulation.ironic import api as ironic_api
from cdm_graph.simulation.nova import api as nova_api

_START_SECONDS: typing.Final = 10.0


def _quick(route: routing.BaseRoute) -> routing.BaseRoute:
    """Answer reads of one row without a thread, which would cost more."""
    if not isinstance(route, routing.Route) or not route.path.endswith('}'):
        return route
    endpoint = route.endpoint

    async def answer(request: requests.Request) -> responses.Response:
        response: responses.Response = endpoint(request)
        return response

    return routing.Route(route.path, answer)


def _late(send: types.Send, lag: float) -> types.Send:
    """Return what sends an answer that many seconds after it was made."""
    if not lag:
        return send

    async def send_late(message: types.Message) -> None:
        if message['type'] == 'http.response.start':
            await asyncio.sleep(lag)
        await send(message)

    return send_late


class _FaultyApp:
    """Counts requests, and lets those go wrong that shall."""

    def __init__(
        self, app: types.ASGIApp, faults: faults_module.Faults
    ) -> None:
        self._app = app
        self._faults = faults

    async def __call__(
        self, scope: types.Scope, receive: types.Receive, send: types.Send
    ) -> None:
        verdict = self._faults.judge(scope['path'])
        if verdict.seconds:
            await asyncio.sleep(verdict.seconds)
        if verdict.status is None:
            await self._app(scope, receive, _late(send, verdict.lag))
            return
        response = api_error.response(
            verdict.status, 'The simulated cloud was told to fail.'
        )
        await response(scope, receive, send)


class ApiServer:
    """Serves the API of a cloud on loopback, in a thread of its own.

    Port 0 is any that is free.  ``password`` is that of the cloud's
    administrator; one is made up if it is not told.
    """

    def __init__(
        self,
        cloud: cloud_module.SimulatedCloud,
        *,
        port: int = 0,
        password: str | None = None,
        max_microversion: microversions.Version = microversions.MAXIMUM,
        max_limit: int = 1000,
        token_lifetime: float = 3600.0,
    ) -> None:
        self.faults = faults_module.Faults()
        self.password = password or secrets.token_urlsafe()
        self.keystone = keystone_api.Keystone(
            cloud, self.password, token_lifetime
        )
        self._port = port
        nova = nova_api.NovaApi(
            cloud,
            self.faults,
            self.keystone.is_admin,
            max_microversion,
            max_limit,
        )
        app = applications.Starlette(
            routes=[
                routing.Route('/', lambda _: responses.Response('')),
                routing.Mount('/identity', routes=self.keystone.routes()),
                routing.Mount(
                    '/compute', routes=[*map(_quick, nova.routes())]
                ),
                *self._storage_routes(cloud, max_limit),
                *self._metal_routes(cloud, max_limit),
            ]
        )
        self._app = _FaultyApp(app, self.faults)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def _storage_routes(
        self, cloud: cloud_module.SimulatedCloud, max_limit: int
    ) -> list[routing.BaseRoute]:
        if not cloud.storage.backends:
            return []
        cinder = cinder_api.CinderApi(cloud, self.keystone.is_admin, max_limit)
        return [
            routing.Mount('/volume', routes=[*map(_quick, cinder.routes())])
        ]

    def _metal_routes(
        self, cloud: cloud_module.SimulatedCloud, max_limit: int
    ) -> list[routing.BaseRoute]:
        if not cloud.metal.machines:
            return []
        ironic = ironic_api.IronicApi(cloud, self.keystone.is_admin, max_limit)
        return [
            routing.Mount('/baremetal', routes=[*map(_quick, ironic.routes())])
        ]

    def start(self) -> str:
        """Serve; return the URL, below which the services are."""
        if self._server is not None:
            raise exceptions.SimulationError(
                'The API of the simulated cloud has already been started.'
            )
        listener = self._listen()
        config = uvicorn.Config(
            self._app,
            log_config=None,
            access_log=False,
            lifespan='off',
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={'sockets': [listener]},
            name='simulated-api',
            daemon=True,
        )
        self._thread.start()
        self._await_start()
        return f'http://127.0.0.1:{listener.getsockname()[1]}'

    def _listen(self) -> socket.socket:
        # With the protocol told, or asyncio leaves out TCP_NODELAY and every
        # answer waits for a delayed acknowledgement.
        listener = socket.socket(proto=socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(('127.0.0.1', self._port))
        except OSError as error:
            listener.close()
            raise exceptions.SimulationError(
                f'The API of the simulated cloud cannot listen on '
                f'127.0.0.1:{self._port} ({error.strerror}); choose another '
                f'port, or 0 for any that is free.'
            ) from error
        return listener

    def _await_start(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while self._server is not None and not self._server.started:
            if time.monotonic() > deadline:
                raise exceptions.SimulationError(
                    f'The API of the simulated cloud did not start within '
                    f'{_START_SECONDS:.0f} s.'
                )
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop serving; without effect if it does not serve."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join()
        self._server = self._thread = None
