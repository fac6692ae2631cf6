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

import collections.abc

import pytest
from starlette import applications
from starlette import requests
from starlette import responses
from starlette import routing
from starlette import testclient

from cdm_graph import exceptions
from cdm_graph.api import body


async def _size(request: requests.Request) -> responses.Response:
    try:
        found = await body.read(request)
    except exceptions.RequestTooLarge as error:
        return responses.PlainTextResponse(str(error), 413)
    return responses.PlainTextResponse(str(len(found)))


_WEB = testclient.TestClient(
    applications.Starlette(
        routes=[routing.Route('/', _size, methods=['POST'])]
    )
)


@pytest.mark.parametrize('size', [0, 1, body.MOST])
def test_a_body_is_read(size: int) -> None:
    assert _WEB.post('/', content=b'x' * size).text == str(size)


def test_a_body_that_is_too_large_is_not_held() -> None:
    def pieces() -> collections.abc.Iterator[bytes]:
        for _ in range(64):
            yield b'x' * (body.MOST // 4)

    answer = _WEB.post('/', content=pieces())
    assert (answer.status_code, answer.text) == (
        413,
        f'The body of a request has at most {body.MOST} bytes.',
    )
