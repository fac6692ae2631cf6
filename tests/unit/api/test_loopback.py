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

import typing

import pytest
from starlette import requests
from starlette import responses
from starlette import testclient
from starlette import types

from cdm_graph.api import access
from cdm_graph.api import loopback

_HERE: typing.Final = '127.0.0.1:8780'


async def _application(
    scope: types.Scope, receive: types.Receive, send: types.Send
) -> None:
    access.of(requests.Request(scope)).check(access.Rule.SYNCHRONIZE)
    await responses.PlainTextResponse('yes')(scope, receive, send)


@pytest.fixture
def web() -> testclient.TestClient:
    return testclient.TestClient(
        loopback.LocalOnly(_application), f'http://{_HERE}'
    )


@pytest.mark.parametrize(
    'host', [_HERE, 'localhost:8780', '[::1]', '[::1]:1', 'LOCALHOST']
)
def test_who_is_here_may_do_everything(
    web: testclient.TestClient, host: str
) -> None:
    assert web.get('/', headers={'host': host}).text == 'yes'
    assert web.post('/', headers={'host': host}).text == 'yes'


@pytest.mark.parametrize(
    'host',
    ['example.com', f'localhost.example.com:{_HERE}', '[', '', '192.0.2.1'],
)
def test_a_name_of_another_site_is_refused(
    web: testclient.TestClient, host: str
) -> None:
    answer = web.get('/', headers={'host': host})
    assert answer.status_code == 403
    assert 'localhost' in answer.json()['error']


def test_the_page_itself_may_act(web: testclient.TestClient) -> None:
    origin = {'origin': f'http://{_HERE}'}
    assert web.post('/', headers=origin).text == 'yes'


@pytest.mark.parametrize(
    'origin', ['http://example.com', 'null', 'http://127.0.0.1:1', '']
)
def test_a_page_of_another_site_may_not_act(
    web: testclient.TestClient, origin: str
) -> None:
    assert web.post('/', headers={'origin': origin}).status_code == 403
    # What it reads the browser keeps from it.
    assert web.get('/', headers={'origin': origin}).text == 'yes'
