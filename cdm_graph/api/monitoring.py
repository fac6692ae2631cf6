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

"""What those ask that watch a daemon: its metrics, and whether it can serve.

They are answered by threads of their own, so that queries and synchronizes
that take all others keep nobody from seeing that.
"""

import asyncio
import dataclasses

from starlette import middleware
from starlette import requests
from starlette import responses
from starlette import routing

from cdm_graph import service
from cdm_graph.api import access
from cdm_graph.api import answers
from cdm_graph.api import exposition
from cdm_graph.api import family
from cdm_graph.api import latency
from cdm_graph.api import readiness


class Monitoring:
    """The part of an application that tells of the daemon itself."""

    def __init__(self, main: service.ClusterModelService) -> None:
        self._main = main
        self._exposition = exposition.Exposition(self._read_status)

    def routes(self) -> list[routing.Route]:
        """Return the routes that it answers."""
        return [
            routing.Route(
                '/metrics', access.only(access.Rule.STATUS, self._metrics)
            ),
            routing.Route('/health', self._health),
            routing.Route('/ready', self._ready),
        ]

    def middleware(self) -> list[middleware.Middleware]:
        """Return what notes how long the application takes to answer."""
        return [
            middleware.Middleware(
                latency.RequestLatency, histogram=self._exposition.latency
            )
        ]

    async def _metrics(self, request: requests.Request) -> responses.Response:
        written, media_type = await asyncio.to_thread(
            self._exposition.write, request.headers.get('accept', '')
        )
        # It has the character set already, which a media type would get.
        return responses.Response(
            written, headers={'content-type': media_type}
        )

    async def _health(self, request: requests.Request) -> responses.Response:
        return answers.answer({'alive': True})

    async def _ready(self, request: requests.Request) -> responses.Response:
        status = await asyncio.to_thread(self._read_status)
        verdict = readiness.judge(status)
        if access.Rule.STATUS not in access.of(request).rules:
            verdict = verdict.without_reasons()
        return answers.answer(
            dataclasses.asdict(verdict),
            200 if verdict.ready else 503,
        )

    def _read_status(self) -> family.Status:
        return self._main.status()
